# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of a message. Pure.

They are of email.message.Message: EmailMessage, and all of email.mime, load a parser of headers that a message which
is only written does not need, for half as much time again on every host.
"""

from __future__ import annotations

import base64
import re
from email.message import Message

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_address import MessageError

_LINE_END = re.compile(r"\r\n|\r|\n")
#: Characters that not every server takes as they are, and lines that are too long (RFC 5322, section 2.1.1).
_NOT_PLAIN = re.compile(r"[^\t\r\n -~]|^[^\r\n]{999}", re.MULTILINE)
_WIRE = Message().policy.clone(linesep="\r\n")
_BASE64_LINE = 76


def text_part(text: str, subtype: str) -> Message:
    """Return ``text`` as it is when every server takes it so, in base64 otherwise."""
    text = _LINE_END.sub("\r\n", text)
    part = Message()
    part["Content-Type"] = f"text/{subtype}"
    try:
        part.set_payload(text, "utf-8" if _NOT_PLAIN.search(text) else "us-ascii")
    except UnicodeEncodeError:
        option = "html" if subtype == "html" else "body"
        raise MessageError(f"{option} has bytes that are not UTF-8. Save its source as UTF-8.") from None
    return part


def file_part(name: str, content_type: str, data: bytes) -> Message:
    """Return an attachment."""
    part = Message()
    part["Content-Type"] = content_type
    part.add_header("Content-Disposition", "attachment", filename=name)
    # As email.encoders does, which would copy the bytes several times.
    part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(base64.encodebytes(data).decode("ascii"))
    return part


def multipart(subtype: str, parts: list[Message]) -> Message:
    """Return several parts as one; a single one stays as it is."""
    if len(parts) == 1:
        return parts[0]
    whole = Message()
    whole["MIME-Version"] = "1.0"
    whole["Content-Type"] = f"multipart/{subtype}"
    for part in parts:
        whole.attach(part)
    return whole


def as_bytes(message: Message) -> bytes:
    """Return headers and content, with CRLF line ends."""
    return message.as_bytes(policy=_WIRE)


def encoded_size(size: int) -> int:
    """Return what ``size`` bytes become in base64, line ends included: about 137 %."""
    characters = (size + 2) // 3 * 4
    return characters + (characters + _BASE64_LINE - 1) // _BASE64_LINE * 2
