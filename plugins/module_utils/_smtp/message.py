# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The message of a test."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import formatdate, make_msgid
from typing import TYPE_CHECKING, Any

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import message_mime
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_address import MessageError
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_headers import with_given, write_header
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.shortfalls import Shortfalls

if TYPE_CHECKING:
    from email.message import Message

    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_attachments import Attachment

#: SES developer guide, "Service quotas": the message as it goes over the wire, and its parts.
MAX_BYTES = 40 * 1024 * 1024
MAX_PARTS = 500
#: By how much one Message-ID may be longer than another.
_SPREAD = 20


@dataclass(frozen=True)
class Content:
    """What a message says. An empty ``sender`` leaves From to the MTA; ``ses_headers`` are checked already."""

    sender: str
    recipients: tuple[str, ...]
    subject: str
    body: str
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    headers: dict[str, Any] = field(default_factory=dict)
    ses_headers: dict[str, str] = field(default_factory=dict)


def check(content: Content) -> None:
    """Raise MessageError with all that SES would refuse in a message, without reading its attachments."""
    findings = Shortfalls(MessageError)
    _id, head = findings.check(_head, content) or ("", "")
    text = findings.check(_text, content)
    findings.check(_check_parts, content)
    if text is not None:
        size = len(_written(head, text, content.attachments, [b""] * len(content.attachments))) + _SPREAD
        size += sum(message_mime.encoded_size(one.size) for one in content.attachments)
        findings.check(_check_size, size, content.attachments)
    if findings.found:
        raise MessageError(*findings.found)


def compose(content: Content) -> tuple[str, bytes]:
    """Return a new message's Message-ID and its text with CRLF line ends. ``content`` passed check() before.

    Raises MessageError for files that have changed since.
    """
    message_id, head = _head(content)
    data = _written(head, _text(content), content.attachments, _contents(content.attachments))
    # A file may have grown since it was looked at.
    _check_size(len(data), content.attachments)
    return message_id, data


def _head(content: Content) -> tuple[str, str]:
    """Return the Message-ID and the headers."""
    domain = content.sender.rpartition("@")[2] or "localhost"
    ours = {"Date": formatdate(), "Message-ID": make_msgid(domain=domain)}
    if content.sender:
        ours["From"] = content.sender
    ours.update({"To": ", ".join(content.recipients), "Subject": content.subject, **content.ses_headers})
    # A header that the caller gives takes the place of ours: SES refuses a second From, Subject, Date, ...
    headers = with_given(ours, content.headers)
    message_id = next(value for name, value in headers if name.lower() == "message-id")
    return message_id, "".join(write_header(name, value) for name, value in headers)


def _text(content: Content) -> Message:
    # RFC 2046, section 5.1.4: the best one last.
    texts = [message_mime.text_part(content.body, "plain")]
    if content.html is not None:
        texts.append(message_mime.text_part(content.html, "html"))
    return message_mime.multipart("alternative", texts)


def _contents(attachments: tuple[Attachment, ...]) -> list[bytes]:
    if not attachments:
        return []
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_attachments import read

    return [read(one) for one in attachments]


def _written(head: str, text: Message, attachments: tuple[Attachment, ...], contents: list[bytes]) -> bytes:
    files = [message_mime.file_part(one.name, one.content_type, data) for one, data in zip(attachments, contents)]
    return head.encode("ascii") + message_mime.as_bytes(message_mime.multipart("mixed", [text, *files]))


def _check_parts(content: Content) -> None:
    count = (1 if content.html is None else 3) + (len(content.attachments) + 1 if content.attachments else 0)
    if count > MAX_PARTS:
        raise MessageError(
            f"{len(content.attachments)} attachments make {count} MIME parts, and SES takes at most {MAX_PARTS} a message. "
            "Pack them into an archive."
        )


def _check_size(size: int, attachments: tuple[Attachment, ...]) -> None:
    if size <= MAX_BYTES:
        return
    largest = sorted(attachments, key=lambda one: -one.size)[:3]
    files = "".join(f" {one.path} has {one.size:,} bytes." for one in largest)
    raise MessageError(
        f"The message has {size:,} bytes as it goes over the wire, and SES takes at most {MAX_BYTES:,} (40 MB). Base64, in "
        f"which attachments go, adds 37 %.{files} Send less, or a link to it."
    )
