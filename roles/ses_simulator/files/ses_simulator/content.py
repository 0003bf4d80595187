# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A message's headers, read as SES reads them. Pure functions."""

from __future__ import annotations

import re
from email.utils import getaddresses

from ses_simulator.address_lists import fault_of_list

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
_ADDRESS_LISTS = {"bcc", "cc", "from", "reply-to", "return-path", "sender", "to"}
_MIME_SPECIALS = set('()<>@,;:\\"/[]?=')
_MIME_TYPE = re.compile(r"[^\s()<>@,;:\\\"/\[\]?=]+\s*(?P<slash>.?)")
_BOUNDARY = re.compile(rb'boundary=(?:"([^"\r\n]+)"|([^"\s;]+))', re.IGNORECASE)
_DELIMITER = re.compile(rb"^--(\S[^\r\n]*)\r?$", re.MULTILINE)
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
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
    lists = [value for name, value in headers if name.lower() in _ADDRESS_LISTS and value != "<>"]
    if not all(value.isascii() for value in lists):
        return "Local address contains control or whitespace"
    return (
        next(filter(None, map(fault_of_list, lists)), "") or _fault_of_parts(headers, content) or fault_of_tags(headers)
    )


def _fault_of_parts(headers: Headers, content: bytes) -> str:
    """Return what is wrong with the message's MIME structure, as JavaMail's parsers of it say."""
    kind = header(headers, "content-type")
    parsed = _MIME_TYPE.match(kind)
    if kind and parsed is None:
        return f"Expected MIME type, got {kind[0]}"
    if parsed and parsed["slash"] != "/":
        return f"Expected '/', got {parsed['slash'] or 'null'}"
    disposition = header(headers, "content-disposition")
    if disposition and disposition[0] in _MIME_SPECIALS:
        return f"Expected disposition, got {disposition[0]}"
    if not kind.lower().startswith("multipart/"):
        return ""
    boundary = _BOUNDARY.search(kind.encode("ascii", "replace"))
    if boundary and b"\n--" + boundary[boundary.lastindex or 0] not in content:
        return "Missing start boundary"
    if _count_parts(content) > MAX_MIME_PARTS:
        return f"Number of MIME parts exceeds {MAX_MIME_PARTS}."
    return ""


def _count_parts(content: bytes) -> int:
    """Return how many parts begin in a message, those within others as well; 0 where they are not worth counting."""
    if content.count(b"\n--") <= MAX_MIME_PARTS:
        # Not more than these; the exact number takes a second for a message of 40 MB.
        return 0
    boundaries = {found[found.lastindex or 0] for found in _BOUNDARY.finditer(content)}
    begun = (line.rstrip() for line in _DELIMITER.findall(content))
    return sum(line in boundaries for line in begun)


def tags_of(headers: Headers) -> dict[str, str]:
    """Return the message tags, by which events are told apart."""
    pairs = (pair.partition("=") for pair in header(headers, "x-ses-message-tags").split(",") if pair.strip())
    return {name.strip(): value.strip() for name, _sign, value in pairs}


def fault_of_tags(headers: Headers) -> str:
    """Return what is wrong with X-SES-MESSAGE-TAGS, in the words of the API, or an empty string."""
    for name, value in tags_of(headers).items():
        for what, text in (("name", name), ("value", value)):
            if not _TAG.fullmatch(text):
                rule = "only alphanumeric ASCII characters, '_', and '-' are allowed."
                return f"Invalid tag {what} <{text}>: {rule}"
    return ""
