# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bounce messages and the log of qmail as plain text: without the encodings that break a reply into pieces. Pure."""

from __future__ import annotations

import re

_BASE64 = re.compile(
    r"^Content-Transfer-Encoding:[ \t]*base64[^\n]*\n(?:[^\n]+\n){0,20}\n((?:[A-Za-z0-9+/=]{1,76}\n?)+)",
    re.IGNORECASE | re.MULTILINE,
)
_QMAIL = re.compile(r"[^\s_]*_(?:said|says|host)[^\n]*")


def plain_text(text: str) -> str:
    """Return ``text`` with line ends of one kind, and decoded where it is a message that says that it is encoded."""
    text = text.replace("\r\n", "\n")
    lower = text.lower()
    if "content-transfer-encoding" in lower:
        text = _BASE64.sub(_decoded, text) if "base64" in lower else text
        text = _unquoted_printable(text) if "quoted-printable" in lower else text
    elif "=\n" in text:
        text = text.replace("=\n", "")
    if "_said:_" in text:
        text = _QMAIL.sub(lambda match: match.group().replace("_", " ").rstrip("/ "), text)
    return text


def _decoded(match: re.Match[str]) -> str:
    import base64
    import binascii

    try:
        inside = base64.b64decode(match.group(1), validate=False).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return match.group()
    return match.group()[: match.start(1) - match.start()] + inside.replace("\r\n", "\n") + "\n"


def _unquoted_printable(text: str) -> str:
    import quopri

    return quopri.decodestring(text.encode("utf-8", "replace")).decode("utf-8", "replace")
