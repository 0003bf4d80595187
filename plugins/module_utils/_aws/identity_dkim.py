# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The three ways to DKIM: keys of SES, keys of one's own, keys of another region. Pure: no calls."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from typing import Any, Mapping, Optional

try:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    HAS_CRYPTOGRAPHY = True
except ImportError:
    HAS_CRYPTOGRAPHY = False

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.region import check_region

#: SES makes the DKIM keys itself, and for this region (Easy DKIM).
EASY_DKIM = "AWS_SES"
#: The key is one's own (BYODKIM).
OWN_KEY = "EXTERNAL"
#: SES never shows a key of one's own: the fingerprint of its public half is kept in this tag of the identity.
KEY_TAG = "cloudmail.ses:dkim"
#: The lengths that SES takes, in bits.
_SHORTEST, _LONGEST = 1024, 2048
_SELECTOR = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


@dataclass(frozen=True)
class OwnKey:
    """An RSA key of one's own. What is secret stays out of the object's text."""

    selector: str
    #: PKCS #8 as SES takes it: base64 without header and line breaks.
    private_key: str = field(repr=False)
    #: What the TXT record holds: base64 of the SubjectPublicKeyInfo.
    public_key: str
    fingerprint: str


@dataclass(frozen=True)
class Dkim:
    """Where the DKIM keys of an identity shall come from."""

    origin: str = EASY_DKIM
    key: Optional[OwnKey] = None


def replica_origin(region: str) -> str:
    """Return what SES calls keys that come from ``region`` (deterministic Easy DKIM)."""
    return f"{EASY_DKIM}_{region.upper().replace('-', '_')}"


def parent_region(origin: str) -> str:
    """Return the region that the keys of ``origin`` come from, an empty text for keys of this region or one's own."""
    start = f"{EASY_DKIM}_"
    return origin[len(start) :].lower().replace("_", "-") if origin.startswith(start) else ""


def wanted_dkim(params: Mapping[str, Any], region: str) -> Optional[Dkim]:
    """Return what a module's options ask for in ``region``; None leaves DKIM as it is. Raises PlanError."""
    if params.get("dkim_private_key"):
        return Dkim(OWN_KEY, own_key(params["dkim_private_key"], params["dkim_selector"]))
    parent = (params.get("dkim_origin_region") or "").strip()
    if parent:
        check_region(parent, "dkim_origin_region")
        return Dkim(EASY_DKIM if parent == region else replica_origin(parent))
    return Dkim(EASY_DKIM) if params.get("dkim") == "easy" else None


def own_key(text: str, selector: str) -> OwnKey:
    """Return the key in ``text`` (PEM, or its base64 alone) for the records at ``selector``. Raises PlanError."""
    if not HAS_CRYPTOGRAPHY:
        raise PlanError(
            "dkim_private_key cannot be checked, because the Python library cryptography is missing where this task "
            "runs. Install it there."
        )
    if not _SELECTOR.fullmatch(selector):
        raise PlanError(
            f"{selector!r} is not a DKIM selector. Use letters, digits and hyphens in dkim_selector, such as s2026, without "
            "._domainkey and the domain."
        )
    key = _load(text)
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return OwnKey(
        selector=selector,
        private_key=base64.b64encode(private).decode(),
        public_key=base64.b64encode(public).decode(),
        fingerprint=f"sha256:{hashlib.sha256(public).hexdigest()}",
    )


def _load(text: str) -> RSAPrivateKey:
    # What is wrong with a key is told in words of our own: a library's may quote it.
    problem = ""
    key: Any = None
    try:
        if "-----BEGIN" in text:
            key = serialization.load_pem_private_key(text.strip().encode(), password=None)
        else:
            key = serialization.load_der_private_key(
                base64.b64decode("".join(text.split()), validate=True), password=None
            )
    except TypeError:
        problem = "is protected by a passphrase; decrypt it first (openssl pkey -in KEY)"
    except (ValueError, binascii.Error, UnicodeError):
        problem = "cannot be read as a private key; give it as PEM, with the lines BEGIN and END"
    except Exception:
        problem = "is of a kind that cannot be read; use an RSA key"
    if not problem and not isinstance(key, RSAPrivateKey):
        problem = "is no RSA key, the only kind that SES takes"
    if not problem and not _SHORTEST <= key.key_size <= _LONGEST:
        problem = f"has {key.key_size} bits; SES takes {_SHORTEST} to {_LONGEST}"
    if problem:
        raise PlanError(
            f"dkim_private_key {problem}. A new one: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048"
        )
    loaded: RSAPrivateKey = key
    return loaded
