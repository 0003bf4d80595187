# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of MAIL and RCPT. Pure functions."""

from __future__ import annotations

import re

MAX_MESSAGE_BYTES = 40 * 1024 * 1024
_PATH = re.compile(r"\s*<([^<>]*)>\s*(.*)|\s*(\S+)\s*(.*)")
_PARAMETERS = re.compile(r"(BODY=(7BIT|8BITMIME)|SIZE=\d+|AUTH=\S+)", re.IGNORECASE)


def parse_path(arg: str | None, *, keyword: str) -> tuple[str, str]:
    """Return the address after ``FROM:`` or ``TO:``, or an empty one and the reply to the error.

    The null sender is an empty address with an empty reply.
    """
    syntax = f"501 Syntax: {keyword}<address>"
    if arg is None or not arg.upper().startswith(keyword):
        return "", syntax
    match = _PATH.fullmatch(arg[len(keyword) :])
    if match is None:
        return "", syntax
    bracketed = match[1] is not None
    address, options = (match[1], match[2]) if bracketed else (str(match[3]), str(match[4]))
    for option in options.split():
        if not _PARAMETERS.fullmatch(option):
            return "", f"555 {keyword} parameters not recognized or not implemented"
        if option.upper().startswith("SIZE=") and int(option[5:]) > MAX_MESSAGE_BYTES:
            return "", "552 Message is too long."
    return address.strip(), ""
