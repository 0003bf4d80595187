# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What SES replies to a message whose headers or parts it cannot read: "554 Transaction failed: ...".

AWS documents none of them. The examples are of public reports; the patterns know more endings of the parsers that these
come from (JavaMail's InternetAddress, ContentType and ContentDisposition). The first match wins.
"""

from __future__ import annotations

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import remedies
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.case import NEVER, Case

_FAILED = r"(?:Message rejected: |Transaction failed: )?"

MESSAGE_REPLIES = (
    Case(
        "too_many_recipients",
        (554, 452),
        _FAILED + r"(?:Recipient count exceeds|Too many recipients)",
        NEVER,
        "The message has more than 50 recipients; To, Cc and Bcc count together.",
        remedies.TOO_MANY_RECIPIENTS + " In Postfix: default_destination_recipient_limit = 50.",
        ("554 Transaction failed: Recipient count exceeds 50.",),
        observed=True,
    ),
    Case(
        "duplicate_header",
        (554,),
        _FAILED + r"Duplicate header",
        NEVER,
        "A header that may stand once stands twice in the message, often because both the program and its mail library add "
        "it.",
        "Leave one of them out. From, Subject, Date, Message-ID, Reply-To, Sender, Return-Path, Content-Type and "
        "MIME-Version may stand once.",
        (
            "554 Transaction failed: Duplicate header 'Content-Type'.",
            "554 Transaction failed: Duplicate header 'From'.",
        ),
        observed=True,
    ),
    Case(
        "address_without_domain",
        (554,),
        _FAILED + r"(?:Missing (?:final )?'?@?domain'?|User name is missing|Missing local name)",
        NEVER,
        "An address in the message's headers is no whole address: it has no @domain, as in To: root.",
        "Give every address in From, Sender, To, Cc, Bcc, Reply-To and Return-Path as local-part@domain. For mail of the "
        "system itself let the MTA add the domain (Postfix: append_at_myorigin, myorigin, remote_header_rewrite_domain).",
        (
            "554 Transaction failed: Missing final '@domain'",
            "554 Transaction failed: User name is missing: 'AKIAIOSFODNN7EXAMPLE'",
        ),
        observed=True,
    ),
    Case(
        "address_characters",
        (554,),
        _FAILED
        + r"(?:(?:Domain|Local address) (?:contains|starts|ends)|Illegal (?:character|whitespace)|.{0,40}non-ASCII)",
        NEVER,
        "An address in the message's headers has a character that addresses may not have, such as a space or a letter "
        "outside ASCII, or was encoded as a whole (=?utf-8?Q?a@b.c?=).",
        "Write addresses in ASCII, domains in punycode; encode the display name alone, never the address.",
        (
            "554 Transaction failed: Domain contains illegal character",
            "554 Transaction failed: Local address contains illegal character",
        ),
        observed=True,
    ),
    Case(
        "address_list",
        (554,),
        _FAILED
        + r"(?:Illegal semicolon|Illegal address|Illegal route-addr|Extra route-addr|Empty address|Missing ['\"][<>)\"(]['\"])",
        NEVER,
        "A list of addresses in the message's headers cannot be read: addresses are separated by commas, and a display name "
        "with a comma or another special character needs quotes.",
        "Separate addresses by commas (never by semicolons), quote display names, leave out empty entries and empty headers.",
        ("554 Transaction failed: Illegal semicolon, not in group",),
        observed=True,
    ),
    Case(
        "message_parts",
        (554,),
        _FAILED
        + r"(?:(?:In \S+ string \S+ )?Expected|Missing start boundary|.{0,60}boundary|Unable to parse|.{0,40}MIME part)",
        NEVER,
        "The message's MIME structure cannot be read: a Content-Type without a subtype, a Content-Disposition without a "
        "value, a boundary that never comes, or too many parts (500).",
        'Correct that header: Content-Type: text/plain; charset=utf-8, Content-Disposition: attachment; filename="a.pdf". '
        "Headers end with an empty line, and no empty line stands between them.",
        (
            "554 Transaction failed: Expected '/', got ;",
            "554 Transaction failed: Expected disposition, got =",
            "554 Transaction failed: Missing start boundary",
        ),
        observed=True,
    ),
    Case(
        "message_tags",
        (554,),
        _FAILED + r"(?:Invalid (?:message )?tag|.{0,40}message tag)",
        NEVER,
        "A name or value in X-SES-MESSAGE-TAGS has other characters than letters, digits, - and _ of ASCII, or is too long.",
        "Correct the header: X-SES-MESSAGE-TAGS: name1=value1, name2=value2.",
        (
            (
                "554 Transaction failed: Invalid tag value <a b>: only alphanumeric ASCII characters, '_', and '-' are "
                "allowed."
            ),
        ),
        inferred=True,
    ),
    Case(
        "message",
        (554,),
        r"Transaction failed",
        NEVER,
        "SES could not read the message: a header stands twice, is malformed, or holds an incomplete address.",
        "Correct what the reply names. From, Subject, Date, Message-ID, Reply-To, Sender, Return-Path, Content-Type "
        "and MIME-Version may stand once; every address needs its @domain.",
        ("554 Transaction failed: Invalid header found",),
        observed=True,
    ),
)
