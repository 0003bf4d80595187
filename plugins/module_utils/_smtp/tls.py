# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS as SES serves it: 1.2 or newer, name and chain verified, always."""

from __future__ import annotations

import os
import ssl
import time
from typing import Any


def make_context(ca_path: str | None = None) -> ssl.SSLContext:
    """Return a verifying context. ``ca_path`` is a PEM file or a hashed directory in place of the system's CAs."""
    if ca_path is None:
        context = ssl.create_default_context()
    elif os.path.isdir(ca_path):
        context = ssl.create_default_context(capath=ca_path)
    else:
        context = ssl.create_default_context(cafile=ca_path)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def describe(sock: ssl.SSLSocket) -> dict[str, Any]:
    """Return what was agreed on and the server's certificate; ``days_left`` counts from now."""
    certificate: dict[str, Any] = sock.getpeercert() or {}
    cipher = sock.cipher()
    not_after = ssl.cert_time_to_seconds(certificate["notAfter"])
    names = [value for kind, value in certificate.get("subjectAltName", ()) if kind in ("DNS", "IP Address")]
    return {
        "version": sock.version(),
        "cipher": cipher[0] if cipher else None,
        "subject": _name(certificate.get("subject", ())) or ", ".join(names),
        "names": names,
        "issuer": _name(certificate.get("issuer", ())),
        "not_after": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(not_after)),
        "days_left": int((not_after - time.time()) // 86400),
    }


def _name(rdns: Any) -> str:
    short = {"commonName": "CN", "organizationName": "O", "organizationalUnitName": "OU", "countryName": "C"}
    return ", ".join(f"{short.get(key, key)}={value}" for rdn in rdns for key, value in rdn)
