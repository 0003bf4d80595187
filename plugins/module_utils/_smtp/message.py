# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The message of a test."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass, field

_ADDRESS = re.compile(r"[!-;=?A-~]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_HEADER = re.compile(r"[!-9;-~]+")
_CONFIGURATION_SET = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_RECIPIENTS = 50


class MessageError(ValueError):
    """Something that SES would refuse, or that would break the dialogue."""


@dataclass(frozen=True)
class Content:
    """What a message says. An empty ``sender`` leaves From to the MTA."""

    sender: str
    recipients: tuple[str, ...]
    subject: str
    body: str
    configuration_set: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


def check_addresses(sender: str | None, recipients: tuple[str, ...]) -> None:
    """Raise MessageError for what is not an address that SES takes. Source: SES developer guide, "Email format"."""
    if sender:
        _check_address("mail_from", sender)
    if not recipients:
        raise MessageError("There is no recipient. Give at least one in recipients.")
    if len(recipients) > _MAX_RECIPIENTS:
        raise MessageError(f"{len(recipients)} recipients are too many: SES takes at most {_MAX_RECIPIENTS} a message.")
    for recipient in recipients:
        _check_address("recipients", recipient)


def compose(content: Content) -> tuple[str, bytes]:
    """Return a new message's Message-ID and its text with CRLF line ends; raise MessageError for bad headers."""
    # Loaded here because most stages need no message; and Message rather than EmailMessage, because
    # loading the latter's policy takes longer than the mail takes to go out.
    from email.header import Header
    from email.message import Message
    from email.utils import formatdate

    domain = content.sender.rpartition("@")[2] or "localhost"
    message_id = f"<{time.strftime('%Y%m%d%H%M%S', time.gmtime())}.{os.urandom(12).hex()}@{domain}>"
    wanted = {"Date": formatdate(), "Message-ID": message_id}
    if content.sender:
        wanted["From"] = content.sender
    wanted.update({"To": ", ".join(content.recipients), "Subject": content.subject})
    if content.configuration_set is not None:
        wanted["X-SES-CONFIGURATION-SET"] = _checked_set(content.configuration_set)
    # A header that the caller gives takes the place of ours: SES refuses a second From, Subject, Date, ...
    given = {name.lower() for name in content.headers}
    wanted = {name: value for name, value in wanted.items() if name.lower() not in given}
    wanted.update(content.headers)
    message = Message()
    for name, value in wanted.items():
        _check_header(name, value)
        message[name] = value if value.isascii() else Header(value, "utf-8", header_name=name).encode()
    # RFC 5321, section 4.5.3.1.6: a line has at most 998 characters.
    plain = content.body.isascii() and all(len(line) <= 998 for line in content.body.splitlines())
    message.set_payload(content.body, None if plain else "utf-8")
    message_id = wanted.get("Message-ID") or next(v for n, v in wanted.items() if n.lower() == "message-id")
    return message_id, message.as_bytes(
        policy=message.policy.clone(linesep="\r\n", max_line_length=998, mangle_from_=False)
    )


def _check_address(option: str, address: str) -> None:
    if not address.isascii():
        raise MessageError(f"{option}: {address!r} is not ASCII, which SES requires. Write the domain in punycode.")
    if not _ADDRESS.fullmatch(address):
        raise MessageError(f"{option}: {address!r} is not a bare address. Write local-part@domain, without a name.")


def _checked_set(name: str) -> str:
    if not _CONFIGURATION_SET.fullmatch(name):
        raise MessageError(f"configuration_set: {name!r} is not a name of one: at most 64 of A-Z a-z 0-9 _ and -.")
    return name


def _check_header(name: str, value: str) -> None:
    if not _HEADER.fullmatch(name):
        raise MessageError(f"headers: {name!r} is not the name of a header: printable ASCII without a colon.")
    if any(c in value for c in "\r\n\0"):
        raise MessageError(f"headers: the value of {name} has a line break. Give it on one line.")
