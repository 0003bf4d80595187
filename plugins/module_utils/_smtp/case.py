# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The row of the tables in replies.py and failures.py, and the words that rows share."""

from __future__ import annotations

from dataclasses import dataclass

#: Retry within seconds; only after a longer while, which a mail queue does; or never without a fix.
SOON, LATER, NEVER = "soon", "later", "never"

BACK_OFF = "Wait and try again with growing pauses."
DERIVE = "Derive the password from the secret access key for {region} (filter cloudmail.ses.smtp_password)."
OTHER_PORT = "Open it, or use another one: cloudmail.ses.ses_smtp_test with probe tells which of 587, 2587, 465, 2465 and 25 work."
CLOCK = "Check the host's clock first; then check whether something between this host and SES replaces certificates."


@dataclass(frozen=True)
class Case:
    """A reply of SES (with its codes), or a failure without a reply (no codes), and how to recognise it.

    The pattern of a reply is a regular expression and begins right after code and enhanced code. That of a failure is a
    list of texts in small letters, separated by |, that may stand anywhere; * is anything within the line. Cause and fix
    may hold {host}, {port} and {region}. The first of the examples is the text as it is documented, or as it is seen most
    often. Observed means that servers were seen to say it, and that AWS does not document it; inferred, that the words are
    those of SES's API and were not seen at an SMTP server. The note is for who searches the page for what a log says.
    """

    kind: str
    codes: tuple[int, ...]
    pattern: str
    retry: str
    cause: str
    fix: str
    examples: tuple[str, ...]
    observed: bool = False
    inferred: bool = False
    note: str = ""
