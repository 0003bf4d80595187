# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The replies of a mail server in any text: a log line, a bounce, a traceback, a dialogue. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import replies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.case import Case

# A reply has at most 512 octets a line (RFC 5321, section 4.5.3.1.5); SES sends one or two lines.
_LONGEST = 2000
_MOST_LINES = 8
# How often one of the texts in replies.BARE is looked at: enough for every log in which it is not a coincidence.
_MOST_BARE = 50
# "554 text", "554-text", "(554, b'text')", and a bounce that breaks the line after the code.
_CODE = re.compile(r"(?<![0-9A-Za-z.,:/\[#-])([2-5][0-5][0-9])(?=[ -]|, ?b?[\"']|\n[ \t])")
_FIRST = re.compile(r"([2-5][0-5][0-9])(?:, ?b?(?P<quote>[\"'])|[ \n-])\s*")
_ENHANCED = re.compile(r"(?:[245]\.[0-9]{1,3}\.[0-9]{1,3}[ :]+)+")
#: A line that goes on with the dialogue, not with the reply: a stack, a field, what the client said.
_OTHER_LINE = re.compile(
    r"\s*$|\s+(?:at |File \"|#[0-9]+ |from /|\.\.\. [0-9]+ more|[\w'\"-]+: |[<>=~*-]{2,3}|\}|\]|\^)"
)
_MARK = re.compile(r"(?:<<<|<\*\*|<~\*|<~|<-|<|S:)\s*(?=[2-5][0-9]{2}[ -])")
_END = re.compile(
    r"\s*\(in reply to |\s*SMTP code: |\s*Additional SMTP info|\s*Request I[dD]: |\s+(?:DT|QT|C)=[0-9\"]|\s+\[(?:http|https)://"
)
_UNIT = re.compile(
    r"(?:[kmg]i?b|bytes?|octets?|ms|s|sec\w*|min\w*|hours?|days?|times?|of|%|e?-?mails?|messages?|recipients?|hosts?|lines?"
    r"|files?|connections?|requests?|and|or|to)\b"
    # The words of HTTP, whose codes look the same.
    r"|Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time|Bad Request|Unauthorized|Forbidden|Not Found|OK$",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"(?:\b(?:said|says|reason|response|replied|reply|stat|status|deferred|code|error|errormsg|smtpmsg|message|failed"
    r"|refused|rejected|data|server|smtp|s)|after [^:\n]{1,100}|\w+(?:Error|Exception)|<<<|<\*\*|<~\*|<~|<-|^<|\])"
    r"\s*[:;=]?\s*[\"'(`]*$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True)
class Found:
    """A reply at a place in a text; ``case`` is None when SES is not known to say it."""

    start: int
    code: int
    text: str
    case: Case | None


def find_replies(text: str) -> Iterator[Found]:
    """Yield the replies in ``text`` as they stand there; those that SES does not say, only where a server is quoted."""
    for match in _CODE.finditer(text):
        found = _read(text, match)
        if found.case is not None or _is_said(text, match, found):
            yield found


def find_bare_replies(text: str, lower: str) -> list[Found]:
    """Return replies of SES in ``text`` that have lost their code, in their order; ``lower`` is it in small letters."""
    found = []
    for words in replies.BARE:
        start = -1
        for _time in range(_MOST_BARE):
            start = lower.find(words, start + 1)
            if start < 0:
                break
            place = start + len(words) if words.startswith(("the server", "detail")) else start
            line = _ended(text[place : place + _LONGEST].split("\n", 1)[0])
            case = _case_of(line)
            if case is not None:
                found.append(Found(place, case.codes[0], f"{case.codes[0]} {line}", case))
    return sorted(found, key=lambda each: each.start)


def _read(text: str, match: re.Match[str]) -> Found:
    window = text[match.start() : match.start() + _LONGEST]
    first = _FIRST.match(window)
    if first is None:  # Not possible: _CODE asks for the same.
        return Found(match.start(), int(match.group(1)), match.group(1), None)
    quote = first.group("quote") or text[match.start() - 1 : match.start()]
    body = _ended(_unquoted(_joined(window, first), quote))
    code = int(first.group(1))
    case = next((one for one in replies.REPLIES if code in one.codes and _matches(one, body)), None)
    return Found(match.start(), code, f"{code} {body}".strip(), case)


def _joined(window: str, first: re.Match[str]) -> str:
    """Return the words of a reply in one line: its own lines, and those that a bounce has folded."""
    code = first.group(1)
    lines = window[first.end() :].split("\n")
    kept = [lines[0]]
    more = window[3:4] == "-"
    for line in lines[1:_MOST_LINES]:
        if kept[-1].endswith("(in reply to"):
            break
        mark = _MARK.match(line)
        plain = line[mark.end() :] if mark else line
        if more and plain[:3] == code and plain[3:4] in ("-", " "):
            kept.append(plain[4:])
            more = plain[3:4] == "-"
        elif line[:1] in (" ", "\t") and not _OTHER_LINE.match(line):
            kept.append(line.strip())
        else:
            break
    joined = " ".join(part.strip() for part in kept)
    # Some write a line end as \n, others as nothing but a space before the code of the next line.
    joined = re.sub(rf"(?:\\r)?\\n{code}[ -]", " ", joined)
    return re.sub(rf" {code}[ -]", " ", joined) if window[3:4] == "-" else joined


def _unquoted(body: str, quote: str) -> str:
    if quote == '"':
        end = re.search(r'(?<!\\)"', body)
    elif quote == "'":
        # The words of a reply may have such quotes too.
        end = re.search(r"(?<!\\)'(?=[,)}\];]|$|\s\w+=)", body)
    else:
        end = None
    body = body[: end.start()] if end else body
    return body.replace("\\'", "'").replace('\\"', '"')


def _ended(body: str) -> str:
    end = _END.search(body)
    body = (body[: end.start()] if end else body).split("\\r")[0].split("\\n")[0].rstrip()
    if body.endswith(")") and body.count(")") > body.count("("):
        body = body[:-1]
    return body.strip()


def _case_of(body: str) -> Case | None:
    return next((one for one in replies.REPLIES if one.kind != "accepted" and _matches(one, body)), None)


def _matches(case: Case, body: str) -> bool:
    enhanced = _ENHANCED.match(body)
    return re.compile(case.pattern, re.IGNORECASE).match(body, enhanced.end() if enhanced else 0) is not None


def _is_said(text: str, match: re.Match[str], found: Found) -> bool:
    words = found.text[4:]
    if not words or _UNIT.match(words):
        return False
    if not text[: match.start()].strip() or text[match.end() : match.end() + 1] == ",":
        return True
    return _SAID.search(text[max(0, match.start() - 130) : match.start()]) is not None
