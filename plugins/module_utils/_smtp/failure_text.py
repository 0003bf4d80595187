# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failures of the network and of TLS in any text. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.failures import FAILURES
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply_text import is_said

if TYPE_CHECKING:
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.case import Case

_LONGEST_LINE = 1000
# How many replies of a server with the same words are passed over.
_MOST_SAID = 200


def find_failure(text: str, lower: str) -> tuple[Case, str] | None:
    """Return the failure that ``text`` names, and the line that names it; ``lower`` is the text in small letters.

    What a server says in a reply is no failure of the way to it.
    """
    # A pattern may ask for the start or end of a line, which the first and last one of a text have too.
    text, lower = f"\n{text}\n", f"\n{lower}\n"
    for case in FAILURES:
        places = [place for place in (_place(words, text, lower) for words in case.pattern.split("|")) if place >= 0]
        if places:
            return case, _line_at(text, min(places))
    return None


def _place(words: str, text: str, lower: str) -> int:
    """Return where ``words`` are outside the replies of servers, -1 for nowhere."""
    place = _next(words, lower, 0)
    for _time in range(_MOST_SAID):
        if place < 0 or not is_said(text, place):
            return place
        place = _next(words, lower, place + 1)
    return -1


def _next(words: str, lower: str, since: int) -> int:
    """Return where ``words`` are next. A regular expression alone takes seconds for a large log."""
    parts = words.split("*")
    if len(parts) == 1 or any(part not in lower for part in parts):
        return lower.find(words, since)
    match = re.compile("[^\n]{0,300}?".join(map(re.escape, parts))).search(lower, since)
    return match.start() if match else -1


def _line_at(text: str, place: int) -> str:
    place += text[place] == "\n"
    start = text.rfind("\n", 0, place) + 1
    end = text.find("\n", place)
    line = text[start : end if end >= 0 else len(text)].strip()
    if len(line) <= _LONGEST_LINE:
        return line
    # A log without line ends, such as one line of JSON.
    start = max(start, place - _LONGEST_LINE // 2)
    return text[start : start + _LONGEST_LINE].strip()
