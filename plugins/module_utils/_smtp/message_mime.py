# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of a message, as bytes with CRLF line ends. Pure.

Written here and not with Python's email package: loading that takes longer than a mail takes to go out, and it copies
attachments several times.
"""

from __future__ import annotations

import base64
import os
import re
from dataclasses import dataclass

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_address import MessageError

_LINE_END = re.compile(r"\r\n|\r|\n")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: RFC 5322, section 2.1.1, and RFC 2045, section 6.8.
_LONGEST_LINE, _BASE64_LINE = 998, 76


@dataclass(frozen=True)
class Part:
    """The headers of a part, each with its CRLF, and its content."""

    head: str
    content: bytes

    def as_bytes(self) -> bytes:
        return self.head.encode("ascii") + b"\r\n" + self.content


def text_part(text: str, subtype: str) -> Part:
    """Return ``text`` as it is when every server takes it so, in base64 otherwise."""
    lines = _LINE_END.split(text)
    if text.isascii() and not _CONTROL.search(text) and all(len(line) <= _LONGEST_LINE for line in lines):
        return Part(f"Content-Type: text/{subtype}; charset=us-ascii\r\n", "\r\n".join(lines).encode("ascii"))
    try:
        data = "\r\n".join(lines).encode("utf-8")
    except UnicodeEncodeError:
        option = "html" if subtype == "html" else "body"
        raise MessageError(f"{option} has bytes that are not UTF-8. Save its source as UTF-8.") from None
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n"
    return Part(head, _base64(data))


def file_part(name: str, content_type: str, data: bytes) -> Part:
    """Return an attachment."""
    head = (
        f"Content-Type: {content_type}\r\n"
        f"Content-Disposition: attachment;{_file_name(name)}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
    )
    return Part(head, _base64(data))


def multipart(subtype: str, parts: list[Part]) -> Part:
    """Return several parts as one; a single one stays as it is."""
    if len(parts) == 1:
        return parts[0]
    # "=_" is in no base64 (RFC 2045, section 6.7), and nothing in a text is this by chance.
    boundary = f"=_{os.urandom(12).hex()}"
    begin, end = f"--{boundary}\r\n".encode("ascii"), f"--{boundary}--\r\n".encode("ascii")
    pieces: list[bytes] = []
    for part in parts:
        pieces += (begin, part.as_bytes(), b"\r\n")
    return Part(f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n', b"".join([*pieces, end]))


def encoded_size(size: int) -> int:
    """Return what ``size`` bytes become in base64, line ends included: about 137 %."""
    characters = (size + 2) // 3 * 4
    return characters + (characters + _BASE64_LINE - 1) // _BASE64_LINE * 2


def _base64(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def _file_name(name: str) -> str:
    """Return the parameter: quoted, or as RFC 2231 says for what is not ASCII."""
    if name.isascii():
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'\r\n filename="{quoted}"'
    from urllib.parse import quote

    return f"\r\n filename*=utf-8''{quote(name, safe='')}"
