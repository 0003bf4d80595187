# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A message's headers: which may stand there, and how they are written. Pure."""

from __future__ import annotations

import re
from email.header import Header
from email.utils import formataddr, getaddresses
from typing import Any

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_address import MessageError, bare_address
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.shortfalls import Shortfalls

#: "The following fields can't appear more than once" (SES developer guide, "Amazon SES header fields"), and To and Cc, for
#: which RFC 5322, section 3.6, says so.
_SINGLE = """
    accept-language acceptlanguage archived-at auto-submitted bounces-to cc comments content-alternative content-base
    content-class content-description content-disposition content-duration content-id content-language content-length
    content-location content-md5 content-transfer-encoding content-type date delivered-to disposition-notification-options
    disposition-notification-to dkim-signature domainkey-signature errors-to from importance in-reply-to keywords
    list-archive list-help list-id list-owner list-post list-subscribe list-unsubscribe list-unsubscribe-post
    message-context message-id mime-version organization original-from original-message-id original-recipient
    original-subject precedence priority references reply-to return-path return-receipt-to sender sensitivity solicitation
    subject thread-index thread-topic to user-agent vbr-info
    x-ses-configuration-set x-ses-message-tags x-ses-source-arn x-ses-tenant
"""
SINGLE = frozenset(_SINGLE.split())
_ADDRESSES = frozenset(["from", "sender", "reply-to", "to", "cc", "return-path"])
_OF_THE_BODY = frozenset(["content-type", "content-transfer-encoding", "mime-version", "content-disposition"])
_NAME = re.compile(r"[!-9;-~]{1,76}")
_MESSAGE_ID = re.compile(r"<[^<>@\s]+@[^<>@\s]+>")
#: RFC 5322, section 2.1.1: what a line may have, and what it should have.
_LONGEST_LINE, _USUAL_LINE = 998, 78
_CRLF = "\r\n"
_CONTROL = re.compile("[\0-\x08\n-\x1f\x7f-\x9f\u2028\u2029]")


def with_given(ours: dict[str, str], given: dict[str, Any]) -> list[tuple[str, str]]:
    """Return all headers, those that are ``given`` in place of ours of that name, and checked.

    A value of ``given`` is a text, or a list of texts for a header that may be repeated. Raises MessageError with all
    that SES would refuse.
    """
    findings = Shortfalls(MessageError)
    checked = [pair for item in given.items() for pair in findings.check(_checked, *item) or ()]
    names = [str(name).lower() for name in given]
    findings.found.extend(
        f"headers: {name} is there twice, spelled differently. Give it once."
        for name in dict.fromkeys(n for n in names if names.count(n) > 1)
    )
    findings.found.extend(
        f"headers: {name} is what an option of its own says already. Give one of the two."
        for name in ours
        if name.startswith("X-SES-") and name.lower() in names
    )
    if findings.found:
        raise MessageError(*findings.found)
    return [(name, value) for name, value in ours.items() if name.lower() not in names] + checked


def write_header(name: str, value: str) -> str:
    """Return the lines of a header, folded, with CRLF; what is not ASCII becomes encoded words (RFC 2047)."""
    if _CONTROL.search(value):
        raise MessageError(f"headers: the value of {name} has a line break or another control character. Remove it.")
    _check_unicode(name, value)
    # Those for SES stay on one line: whether its reader of them unfolds is not documented. MTAs log a Message-ID as it is.
    longest = _LONGEST_LINE if name.upper().startswith(("X-SES-", "MESSAGE-ID")) else _USUAL_LINE
    header = Header(value.strip(" \t"), maxlinelen=longest, header_name=name)
    text = f"{name}: {header.encode(linesep=_CRLF)}"
    if any(len(line) > _LONGEST_LINE for line in text.split(_CRLF)):
        raise MessageError(
            f"headers: {name} has more than {_LONGEST_LINE} characters without a space, which no line may. Shorten it."
        )
    return text + _CRLF


def _checked(name: object, value: object) -> list[tuple[str, str]]:
    name = str(name)
    lowered = name.lower()
    if not _NAME.fullmatch(name):
        raise MessageError(f"headers: {name!r} is not the name of a header: at most 76 of printable ASCII, no colon.")
    if lowered in _OF_THE_BODY:
        raise MessageError(f"headers: {name} follows from body, html and attachments. Remove it.")
    if lowered == "bcc":
        raise MessageError(
            "headers: Bcc would show to everybody. Put the address into recipients, and give a To without it."
        )
    values = value if isinstance(value, (list, tuple)) else [value]
    if not values or any(text is None or isinstance(text, (dict, list, tuple)) for text in values):
        raise MessageError(f"headers: {name} has no text as its value. Give one, or remove the header.")
    if len(values) > 1 and lowered in SINGLE:
        raise MessageError(
            f"headers: {name} is there {len(values)} times; SES refuses that ('Duplicate header'). Give it once."
        )
    texts = [str(text) for text in values]
    if lowered in _ADDRESSES:
        texts = [_addresses(name, text) for text in texts]
    if lowered == "message-id" and not _MESSAGE_ID.fullmatch(texts[0]):
        raise MessageError(
            f"headers: {name} is not of the form <unique@domain>. Correct it, or remove it to get a new one."
        )
    for text in texts:
        write_header(name, text)
    return [(name, text) for text in texts]


def _addresses(name: str, value: str) -> str:
    """Return a list of addresses, their names encoded one by one: an encoded word must not hold an address."""
    if name.lower() == "return-path" and value.strip() == "<>":
        return "<>"
    _check_unicode(name, value)
    pairs = getaddresses([value])
    if not any(address for _name, address in pairs):
        raise MessageError(
            f"headers: {name} holds no address. Write Name <local-part@domain>, a name with a comma in quotes."
        )
    return ", ".join(formataddr((shown, bare_address(f"headers: {name}", address))) for shown, address in pairs)


def _check_unicode(name: str, text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise MessageError(f"{name} has bytes that are not UTF-8. Save its source as UTF-8.") from None
