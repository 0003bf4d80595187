# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS as SES serves it: 1.2 or newer, name and chain verified, always."""

from __future__ import annotations

import os
import ssl
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.certificate import Certificate


def make_context(ca_path: str | None = None) -> ssl.SSLContext:
    """Return a verifying context. ``ca_path`` is a PEM file or a hashed directory in place of the system's CAs."""
    try:
        if ca_path is None:
            context = ssl.create_default_context()
        elif os.path.isdir(ca_path):
            context = ssl.create_default_context(capath=ca_path)
        else:
            context = ssl.create_default_context(cafile=ca_path)
    except OSError as exc:
        raise OSError(f"cannot load certificates of CAs from {ca_path or 'the system'}: {exc}") from exc
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Python 3.13 began to refuse CAs that lack some extensions, as those of companies often do. The mail servers
    # whose way is tested here take them; chain, validity and name are verified as before.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def make_blind_context() -> ssl.SSLContext:
    """Return a context that verifies nothing: for a look at a certificate that was refused, never for a dialogue."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def describe(sock: ssl.SSLSocket) -> dict[str, Any]:
    """Return what was agreed on and the server's verified certificate; ``days_left`` counts from now."""
    shown: dict[str, Any] = sock.getpeercert() or {}
    names = [value for kind, value in shown.get("subjectAltName", ()) if kind in ("DNS", "IP Address")]
    subject = _name(shown.get("subject", ())) or ", ".join(names)
    issuer = _name(shown.get("issuer", ()))
    begin, end = (int(ssl.cert_time_to_seconds(shown[key])) for key in ("notBefore", "notAfter"))
    return _described(sock, names=(subject, issuer, names), validity=(begin, end), verified=True)


def describe_unverified(sock: ssl.SSLSocket, shown: Certificate) -> dict[str, Any]:
    """Return the same of a certificate that was ``shown`` and not accepted."""
    names = (shown.subject, shown.issuer, list(shown.names))
    return _described(sock, names=names, validity=(shown.not_before, shown.not_after), verified=False)


def _described(
    sock: ssl.SSLSocket, *, names: tuple[str, str, list[str]], validity: tuple[int, int], verified: bool
) -> dict[str, Any]:
    cipher = sock.cipher()
    subject, issuer, alternatives = names
    return {
        "version": sock.version(),
        "cipher": cipher[0] if cipher else None,
        "verified": verified,
        "subject": subject,
        "names": alternatives,
        "issuer": issuer,
        "not_before": _stamp(validity[0]),
        "not_after": _stamp(validity[1]),
        "days_left": int((validity[1] - time.time()) // 86400),
    }


def _stamp(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _name(rdns: Any) -> str:
    short = {"commonName": "CN", "organizationName": "O", "organizationalUnitName": "OU", "countryName": "C"}
    return ", ".join(f"{short.get(key, key)}={value}" for rdn in rdns for key, value in rdn)
