# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A message's headers, read as SES reads them. Pure functions."""

from __future__ import annotations

import re
from email.utils import getaddresses

# "Must appear once" in the developer guide, and what senders were seen to be refused for.
_SINGLE = {
    "bcc",
    "cc",
    "content-transfer-encoding",
    "content-type",
    "date",
    "dkim-signature",
    "from",
    "list-unsubscribe",
    "message-id",
    "mime-version",
    "reply-to",
    "return-path",
    "sender",
    "subject",
    "to",
}
_ADDRESS = re.compile(r"[!-?A-~]+@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_FORBIDDEN = re.compile(r'[<>()\[\],;:\\"]')
_FOLD = re.compile(r"\r?\n[ \t]+")
MAX_MIME_PARTS = 500

Headers = tuple[tuple[str, str], ...]


def parse_headers(content: bytes) -> Headers:
    """Return the header fields in order, unfolded, undecoded."""
    head = content.partition(b"\r\n\r\n")[0].decode("utf-8", "surrogateescape")
    fields = []
    for line in _FOLD.sub(" ", head).split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            break
        fields.append((name.strip(), value.strip().encode("utf-8", "replace").decode("utf-8")))
    return tuple(fields)


def header(headers: Headers, name: str) -> str:
    """Return the first header of that name, or an empty string."""
    return next((value for key, value in headers if key.lower() == name), "")


def address_in(value: str) -> tuple[str, str]:
    """Return display name and address of a From-like header; empty strings when there is none."""
    pairs = getaddresses([value]) if value else []
    return pairs[0] if pairs else ("", "")


def is_address(address: str) -> bool:
    """Tell whether this is an address that SES takes: 7-bit ASCII, one @, a host name after it."""
    local = address.rpartition("@")[0]
    if local.startswith('"') and local.endswith('"') and len(local) > 2:
        return _ADDRESS.fullmatch("quoted@" + address.rpartition("@")[2]) is not None
    return "@" not in local and not _FORBIDDEN.search(local) and _ADDRESS.fullmatch(address) is not None


def fault_of(headers: Headers, content: bytes) -> str:
    """Return what SES says after ``554 Transaction failed:``, or an empty string for a sound message."""
    seen: set[str] = set()
    for name, _value in headers:
        lowered = name.lower()
        if lowered in _SINGLE and lowered in seen:
            return f"Duplicate header '{name}'."
        seen.add(lowered)
    for name in ("from", "sender", "return-path"):
        value = header(headers, name)
        if value.strip() not in ("", "<>") and "@" not in address_in(value)[1]:
            return "Missing final '@domain'."
    if any(not value.isascii() for name, value in headers if name.lower() in ("from", "to", "cc", "sender")):
        return "Local address contains control or whitespace."
    if content.count(b"\nContent-Type:") > MAX_MIME_PARTS:
        return f"Number of MIME parts exceeds {MAX_MIME_PARTS}."
    return ""
