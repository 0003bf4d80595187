# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SES SMTP credentials: the derivation of the password, and wrong kinds of input told apart by their shape.

No message of this file contains a secret, nor a part of one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import endpoint
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.shortfalls import ShortfallError

_SMTP_PASSWORD = re.compile(r"B[A-P][A-Za-z0-9+/]{42}")
_LEGACY_PASSWORD = re.compile(r"A[g-v][A-Za-z0-9+/]{42}")
_SECRET = re.compile(r"[A-Za-z0-9+/]{40}")
_UNIQUE_ID = re.compile(r"(A[A-Z]{3})[A-Z0-9]{12,124}")
_KEY_ID = re.compile(r"[A-Za-z0-9_]{16,128}")
_SESSION_TOKEN_LENGTH = 200
_PASSWORD_INSIDE = re.compile(r"(?<![A-Za-z0-9+/])B[A-P][A-Za-z0-9+/]{42}(?![A-Za-z0-9+/=])")
_UNRESOLVED = re.compile(
    r"\{\{.*\}\}|\{%|^\$ANSIBLE_VAULT|^\$\{?[A-Za-z_][A-Za-z0-9_]*\}?$|VARIABLE IS NOT DEFINED|^AnsibleUndefined|^None$"
)

#: Prefixes of IAM's unique identifiers that are not access keys (IAM user guide, "IAM identifiers").
_NOT_A_KEY = {
    "ABIA": "a service bearer token",
    "ACCA": "a context-specific credential",
    "AGPA": "a user group",
    "AIDA": "an IAM user",
    "AIPA": "an EC2 instance profile",
    "ANPA": "a managed policy",
    "ANVA": "a version of a managed policy",
    "APKA": "a public key",
    "AROA": "an IAM role",
    "ASCA": "a certificate",
}

_MAKE_KEY = "Create an access key (AKIA...) for an IAM user that may use ses:SendRawEmail, and use that."
_DERIVE = "Derive the SMTP password of the region with the filter cloudmail.ses.smtp_password."


class CredentialError(ShortfallError):
    """A credential of the wrong kind; the text says which kind it is, and what to use instead."""


def derive_smtp_password(secret_access_key: str, region: str, *, check_region: bool = True) -> str:
    """Return the 44-character SES SMTP password (version 4) of an IAM secret access key in ``region``.

    ``check_region=False`` derives for regions that are documented to have no SMTP endpoint.
    Raises CredentialError for a wrong kind of secret and endpoint.RegionError for a wrong region.
    Source: SES developer guide, "Obtaining Amazon SES SMTP credentials".
    """
    check_secret_access_key(secret_access_key)
    if check_region:
        endpoint.check_region(region)
    key = ("AWS4" + secret_access_key).encode("ascii")
    for part in ("11111111", region, "ses", "aws4_request", "SendRawEmail"):
        key = hmac.new(key, part.encode("ascii"), hashlib.sha256).digest()
    return base64.b64encode(b"\x04" + key).decode("ascii")


def check_secret_access_key(secret: str) -> None:
    """Raise CredentialError when ``secret`` is recognisably not an IAM secret access key."""
    what = "The secret access key"
    _check_text(what, secret)
    kind = _kind_of(secret)
    if kind == "password":
        raise CredentialError(
            f"{what} is an SES SMTP password already (44 characters, version 4). Use it as the password as it is, "
            "or give the 40-character secret access key that it was derived from."
        )
    if kind == "legacy":
        raise CredentialError(
            f"{what} is an SES SMTP password of the old kind (before 2019), which SES throttles and retires. "
            "It cannot be turned into a new one: " + _MAKE_KEY
        )
    if kind == "key_id":
        raise CredentialError(
            f"{what} is an access key ID (the user name). Give the 40-character secret that was shown once when the "
            "key was created; when it is lost, create another key."
        )
    if kind == "session_token":
        raise CredentialError(f"{what} is a session token of temporary credentials, which SMTP refuses. {_MAKE_KEY}")


def check_access_key_id(access_key_id: str) -> None:
    """Raise CredentialError when ``access_key_id`` cannot be the user name of an SES SMTP session."""
    what = "The access key ID (the SMTP user name)"
    _check_text(what, access_key_id)
    match = _UNIQUE_ID.fullmatch(access_key_id)
    prefix = match.group(1) if match else ""
    if prefix == "ASIA":
        raise CredentialError(
            f"{what} {access_key_id} is temporary (ASIA): it belongs to a role or a session, and SES refuses those "
            f"over SMTP. {_MAKE_KEY}"
        )
    if prefix in _NOT_A_KEY:
        raise CredentialError(
            f"{what} {access_key_id} is the unique identifier of {_NOT_A_KEY[prefix]}, not of an access key. {_MAKE_KEY}"
        )
    if _kind_of(access_key_id) is not None and prefix != "AKIA":
        raise CredentialError(
            f"{what} looks like a secret. Were user name and secret swapped? The user name starts with AKIA."
        )
    if "@" in access_key_id:
        raise CredentialError(f"{what} is an e-mail address. SES wants the access key ID, which starts with AKIA.")
    if not _KEY_ID.fullmatch(access_key_id):
        raise CredentialError(
            f"{what} is not an access key ID: those are 16 to 128 letters and digits and start with AKIA. "
            "The name of the IAM user (such as ses-smtp-user.20260101-120000) is not it either."
        )


def holds_secret(username: str) -> bool:
    """Whether what was given as a user name holds a secret, which must not be shown then."""
    parts = re.split(r"[\s:'\",]+", username)
    return any(_kind_of(part) not in (None, "key_id") for part in parts)


def check_credential(username: str, password: str) -> None:
    """Raise CredentialError unless both have the shape of what SES takes over SMTP."""
    if _kind_of(password.strip()) == "key_id" and _kind_of(username.strip()) in ("password", "legacy", "secret"):
        raise CredentialError(
            "User name and password are swapped: the user name is the access key ID (AKIA...). Exchange the two."
        )
    found = []
    for check, text in ((check_access_key_id, username), (check_smtp_password, password)):
        try:
            check(text)
        except CredentialError as exc:
            found.append(str(exc))
    if found:
        raise CredentialError(*found)


def check_smtp_password(password: str) -> None:
    """Raise CredentialError unless ``password`` has the shape of an SES SMTP password of version 4."""
    what = "The SMTP password"
    _check_wrapping(what, password)
    _check_text(what, password)
    kind = _kind_of(password)
    if kind == "password":
        return
    reasons = {
        "legacy": "is of the old kind (before 2019), which is bound to no region and which SES throttles. " + _DERIVE,
        "secret": "is an IAM secret access key itself; SES answers 535 to it. " + _DERIVE,
        "key_id": "is an access key ID, which is the user name. " + _DERIVE,
        "session_token": "is a session token of temporary credentials, which SES refuses. " + _MAKE_KEY,
    }
    other = (
        f"is not one of SES: those have 44 characters and start with B (this one has {len(password)} characters). "
        + _DERIVE
    )
    raise CredentialError(f"{what} {reasons.get(kind or '', other)}")


def _check_wrapping(what: str, text: str) -> None:
    """Raise CredentialError for a password that stands inside of something else."""
    if not isinstance(text, str) or _SMTP_PASSWORD.fullmatch(text) or _UNRESOLVED.search(text) or text != text.strip():
        return
    inside = len(_PASSWORD_INSIDE.findall(text))
    if inside and text[0] in "{[":
        raise CredentialError(f"{what} is a whole dictionary or list. Choose the region's, or give it as passwords.")
    if inside and text[0] in "'\"" and text[0] == text[-1]:
        raise CredentialError(f"{what} has quotes around it that belong to it. Remove them.")
    if inside and re.match(r"A[A-Z]{3}[A-Z0-9]{12,}:", text):
        raise CredentialError(
            f"{what} has the user name and a colon before it, as in a map of Postfix. Give what is after the colon."
        )
    if re.search(r"%2[BbFf]", text) and _SMTP_PASSWORD.fullmatch(_without_escapes(text)):
        raise CredentialError(
            f"{what} is written as in a URL (%2B for +, %2F for /). Give it as it is (filter urldecode)."
        )
    if _SMTP_PASSWORD.fullmatch(_decoded(text)):
        raise CredentialError(
            f"{what} is in base64 once more, as in a Kubernetes secret. Decode it (in Ansible: the filter b64decode)."
        )


def _without_escapes(text: str) -> str:
    return re.sub(r"%2[Bb]", "+", re.sub(r"%2[Ff]", "/", text))


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("ascii").strip()
    except ValueError:
        return ""


def _kind_of(text: str) -> str | None:
    # A secret that happens to look like a password cannot exist: 40 characters against 44.
    if _SMTP_PASSWORD.fullmatch(text):
        return "password"
    if _LEGACY_PASSWORD.fullmatch(text):
        return "legacy"
    match = _UNIQUE_ID.fullmatch(text)
    if match and (match.group(1) in ("AKIA", "ASIA") or match.group(1) in _NOT_A_KEY) and len(text) <= 32:
        return "key_id"
    if len(text) > _SESSION_TOKEN_LENGTH:
        return "session_token"
    return "secret" if _SECRET.fullmatch(text) else None


def _check_text(what: str, text: str) -> None:
    if not isinstance(text, str) or not text.strip():
        raise CredentialError(f"{what} is empty. Give it, or check the variable that should hold it.")
    if _UNRESOLVED.search(text):
        raise CredentialError(
            f"{what} is a template, a variable or a vault that was not resolved. Check its name, its quoting and that the "
            "vault was opened."
        )
    if text != text.strip():
        raise CredentialError(
            f"{what} begins or ends with white space, probably from copy and paste or from a file's last line. "
            "Remove it (in Ansible: the filter trim)."
        )
    if any(c.isspace() for c in text):
        raise CredentialError(f"{what} has white space inside. Was a line of another thing copied with it?")
    if not text.isascii() or not text.isprintable():
        raise CredentialError(
            f"{what} has characters outside ASCII, such as a typographic quote or an invisible space. Copy it again."
        )
