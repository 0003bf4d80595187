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
# How many coincidences are looked at before a text counts as one without such a reply.
_MOST_BARE, _MOST_QUOTED = 50, 2000
# "554 text", "554-text", "(554, b'text')", and a bounce that breaks the line after the code.
_CODE = re.compile(r"(?<![0-9A-Za-z.,:/\[#-])([2-5][0-5][0-9])(?=[ -]|, ?b?[\"']|\n[ \t])")
_ACCEPTED = re.compile(r"(?<![0-9A-Za-z.,:/\[#-])250(?=[ -](?:2\.[0-9.]+ +)?Ok +[0-9A-Za-z-]{16})", re.IGNORECASE)
# Sendmail leaves the code out.
_SENT = re.compile(r"stat=Sent \((Ok +[0-9A-Za-z-]{16,})")
_BY_CODE = {
    str(code): re.compile("|".join(case.pattern for case in replies.REPLIES if code in case.codes), re.IGNORECASE)
    for code in {code for case in replies.REPLIES for code in case.codes}
}
_BEFORE = ":;=\"'(`<>*~-]\n"
_FIRST = re.compile(r"([2-5][0-5][0-9])(?:, ?b?(?P<quote>[\"'])|[ \n-])\s*")
_ENHANCED = re.compile(r"(?:[245]\.[0-9]{1,3}\.[0-9]{1,3}[ :]+)+")
#: A line that goes on with the dialogue, not with the reply: a stack, a field, what the client said.
_OTHER_LINE = re.compile(
    r"\s*$|\s+(?:at |File \"|#[0-9]+ |from /|\.\.\. [0-9]+ more|[\w'\"-]+: |[<>=~*-]{2,3}|\}|\]|\^)"
)
_MARK = re.compile(r"(?:<<<|<\*\*|<~\*|<~|<-|<|S:)\s*(?=[2-5][0-9]{2}[ -])")
_END = re.compile(
    r"\s*\(in reply to |, stat=|\s*SMTP code: |\s*Additional SMTP info|\s*Request I[dD]: "
    r"|\s+(?:DT|QT|C)=[0-9\"]|\s+\[(?:http|https)://|\s+\{\"exception\""
)
_UNIT = re.compile(
    r"(?:[kmg]i?b|bytes?|octets?|ms|s|sec\w*|min\w*|hours?|days?|times?|of|%|e?-?mails?|messages?|recipients?|hosts?|lines?"
    r"|files?|connections?|requests?|and|or|to)(?=[\s,.;)]|$)"
    # The words of HTTP, whose codes look the same.
    r"|Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time|Bad Request|Unauthorized|Forbidden|Not Found|OK$",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"(?:\b(?:said|says|reason|response|replied|reply|stat|status|deferred|code|error|errormsg|smtpmsg|message|failed"
    r"|refused|rejected|data|server|smtp)|\bs:|after (?:[A-Z]{4}|end of|pipelined)[^\n]{0,110}|\w+(?:Error|Exception)|SMTP\w+|<<<|<\*\*|<~\*|<~|<-|^<|\])"
    r"\s*[:;=]?\s*[\"'(`]*$",
    re.IGNORECASE | re.MULTILINE,
)
# What Sendmail itself puts in the place of a reply when TLS fails.
_SENDMAILS = re.compile(r"[ -]4\.7\.0 (?:authentication fail|CN )")
# What stands before a reply without its code.
_INTRODUCTIONS = ("the server response was: ", "smtp server error: ", "detail: ")
# How a reply of SES begins, or ends, that some programs (.NET, PHPMailer, laminas-mail) report without its code.
_BARE = (
    *_INTRODUCTIONS,
    "throttling failure: ",
    "message rejected: ",
    "transaction failed: ",
    "authentication credentials invalid",
    "account not subscribed to ses",
    "email address is not verified",
    "access denied: user ",
    "configuration set does not exist",
    "mail from domain not verified",
    "invalid mail from address provided",
    "must issue a starttls command first",
    "too many concurrent smtp connections",
    "timeout waiting for data from client",
    "temporary authentication failure",
    "temporary auth failure",
    "temporary failure, connection abort",
    "temporary service failure",
)


@dataclass(frozen=True)
class Found:
    """A reply at a place in a text; ``case`` is None when SES is not known to say it."""

    start: int
    code: int
    text: str
    case: Case | None


def last_accepted(text: str) -> Found | None:
    """Return the last reply in ``text`` with which SES accepted a message."""
    found = list(_ACCEPTED.finditer(text))
    last = _read(text, found[-1]) if found else None
    sent = list(_SENT.finditer(text))
    if sent and (last is None or sent[-1].start() > last.start):
        return Found(sent[-1].start(), 250, f"250 {sent[-1].group(1)}", replies.REPLIES[0])
    return last


def first_known(text: str, since: int, *, refused: bool) -> Found | None:
    """Return the first reply from ``since`` on that SES is known to say: a refusal, or else one that refuses nothing."""
    for match in _CODE.finditer(text, since):
        code = match.group(1)
        if code not in _BY_CODE or (code[0] > "3") != refused:
            continue
        # Much cheaper than to read the reply to its end; a log has a number in every line.
        words = " ".join(text[match.end() : match.end() + 200].split()).lstrip("-,b\"' ")
        if not _may_be_known(code, words):
            continue
        found = _read(text, match)
        if found.case is not None:
            return found
    return None


def first_quoted(text: str, since: int, *, refused: bool) -> Found | None:
    """Return the first reply from ``since`` on where a text quotes a server, whatever the server."""
    looked_at = 0
    for match in _CODE.finditer(text, since):
        if (match.group(1)[0] > "3") != refused or not _may_be_quoted(text, match):
            continue
        found = _read(text, match)
        if found.text[4:] and not _UNIT.match(found.text[4:]) and _is_quoted(text, match):
            return found
        looked_at += 1
        if looked_at > _MOST_QUOTED:
            break
    return None


def is_said(text: str, place: int) -> bool:
    """Whether what is at ``place`` is a part of a refusal that ``text`` quotes."""
    line = text.rfind("\n", 0, place) + 1
    for match in _CODE.finditer(text, max(line, place - _LONGEST), place):
        if match.group(1)[0] < "4" or _SENDMAILS.match(text, match.end()) or not _may_be_quoted(text, match):
            continue
        found = _read(text, match)
        if place < match.start() + len(found.text) and not _UNIT.match(found.text[4:]) and _is_quoted(text, match):
            return True
    return False


def first_bare(text: str, lower: str) -> Found | None:
    """Return the first reply of SES in ``text`` that has lost its code; ``lower`` is the text in small letters."""
    found = [each for words in _BARE for each in _bare(text, lower, words)]
    return min(found, key=lambda each: each.start) if found else None


def _bare(text: str, lower: str, words: str) -> Iterator[Found]:
    start = -1
    for _time in range(_MOST_BARE):
        start = lower.find(words, start + 1)
        if start < 0:
            return
        place = start + len(words) if words in _INTRODUCTIONS else start
        line = _ended(text[place : place + _LONGEST].split("\n", 1)[0])
        case = next((one for one in replies.REPLIES if min(one.codes) > 399 and _matches(one, line)), None)
        if case is not None:
            yield Found(place, case.codes[0], f"{case.codes[0]} {line}", case)
            return


def _may_be_known(code: str, words: str) -> bool:
    start = 4 if words[:3] == code else 0
    enhanced = _ENHANCED.match(words, start)
    return _BY_CODE[code].match(words, enhanced.end() if enhanced else start) is not None


def _may_be_quoted(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - 3) : match.start()].rstrip(" ")
    return not before or before[-1] in _BEFORE or text[max(0, match.start() - 5) : match.start()].lower() == "code "


def _is_quoted(text: str, match: re.Match[str]) -> bool:
    if not text[: match.start()].strip() or text[match.end() : match.end() + 4].startswith((", b'", ', b"')):
        return True
    return _SAID.search(text[max(0, match.start() - 130) : match.start()]) is not None


def _read(text: str, match: re.Match[str]) -> Found:
    """Return the whole reply whose code begins where ``match`` does."""
    window = text[match.start() : match.start() + _LONGEST]
    first = _FIRST.match(window)
    if first is None:  # Not possible: the match asked for the same.
        return Found(match.start(), int(window[:3]), window[:3], None)
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


def _matches(case: Case, body: str) -> bool:
    enhanced = _ENHANCED.match(body)
    return re.compile(case.pattern, re.IGNORECASE).match(body, enhanced.end() if enhanced else 0) is not None


def of_other_server(code: int, text: str) -> Case:
    """Return what a reply means that SES is not known to give."""
    body = text[4:] if text.startswith(str(code)) else text
    known = (case for case in replies.OTHER_SERVERS if code in case.codes and _matches(case, body))
    return next(known, replies.CLASSES[code // 100])
