# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pure edits of smtpd.conf: text in, text out, everything that is not ours untouched.

The first rule that matches decides, and a name has to be defined above the line that uses it. So two lines of ours are
bound to their places: what defines our names stands first, and our rules stand right before the first rule that would
send a local message for any domain off the host. Source of the syntax: smtpd.conf(5) of OpenSMTPD 6.8 and 7.6.
"""

from __future__ import annotations

import re
from typing import Iterator, Mapping, NamedTuple, Sequence

FILTER = "ses-relay"
SETTINGS = 'include "/etc/smtpd-ses/ses.conf"'
RULES = 'include "/etc/smtpd-ses/rules.conf"'

_WORD = re.compile(r"\"(?:[^\"\\]|\\.)*\"|[{},!]|[^\s\"{},!]+")
# What opens a comment, and not what a pair of quotes holds
_COMMENT = re.compile(r"\"(?:[^\"\\]|\\.)*\"|(#)", re.DOTALL)


class Statement(NamedTuple):
    """A statement with its continuation lines, or a line without one: then C(words) is empty."""

    text: str
    words: tuple[str, ...]

    @property
    def line(self) -> str:
        return self.text.rstrip("\n")

    @property
    def kind(self) -> str:
        return self.words[0] if self.words else ""

    @property
    def name(self) -> str:
        """The second word: an action's name."""
        return self.words[1].strip('"') if len(self.words) > 1 else ""

    @property
    def key(self) -> str:
        """What it is known by: a listener by all but its filters, an action by its name, an include by its file."""
        if self.kind == "listen":
            return " ".join(_cut_filters(self.words)[0])
        if self.kind == "action":
            return f'action "{self.name}"'
        return self.line.strip() if self.line.strip() in (SETTINGS, RULES) else ""


def read_statements(text: str) -> Iterator[Statement]:
    """Split into statements; a backslash at its end continues a line, but not a comment's."""
    current = ""
    for line in text.splitlines(keepends=True):
        current += line
        code = _code(current)
        if code.rstrip("\n").endswith("\\"):
            continue
        yield Statement(current, tuple(_WORD.findall(code.replace("\\\n", " "))))
        current = ""
    if current:
        yield Statement(current, tuple(_WORD.findall(_code(current))))


def _code(text: str) -> str:
    """Return a text up to its comment, which its end of line ends."""
    for match in _COMMENT.finditer(text):
        if match.group(1):
            return text[: match.start()]
    return text


def read_lines(text: str) -> dict[str, str]:
    """Return the listeners, actions and lines of ours by their keys."""
    return {statement.key: statement.line for statement in read_statements(text) if statement.key}


def edit_lines(text: str, lines: Mapping[str, str | None]) -> str:
    """Return smtpd.conf with these lines by key; None removes a line. Ours go to their places."""
    places = {SETTINGS, RULES} & set(lines)
    kept: list[Statement] = []
    for statement in read_statements(text):
        if statement.key in places:
            continue
        line = lines.get(statement.key, statement.line) if statement.key else statement.line
        if line is not None:
            changed = line != statement.line
            kept.append(next(read_statements(line + "\n")) if changed else statement)
    for key, place in ((RULES, _place_of_rules), (SETTINGS, _place_of_settings)):
        if lines.get(key):
            kept.insert(place(kept), Statement(key + "\n", tuple(_WORD.findall(key))))
    result = ""
    for statement in kept:
        result += statement.text if not result or result.endswith("\n") else "\n" + statement.text
    return result


def _place_of_settings(statements: Sequence[Statement]) -> int:
    return next((index for index, statement in enumerate(statements) if statement.words), len(statements))


def _place_of_rules(statements: Sequence[Statement]) -> int:
    """Before the first rule that sends local mail off the host, or behind all rules."""
    relays = {statement.name for statement in statements if is_relay(statement)}
    leading = (
        index
        for index, statement in enumerate(statements)
        if is_way_out(statement) and _takes_local_mail(statement) and action_of(statement) in relays
    )
    return next(leading, len(statements))


def is_relay(statement: Statement) -> bool:
    """Whether this is an action that sends mail to another host."""
    return statement.kind == "action" and "relay" in statement.words[2:3]


def is_way_out(statement: Statement) -> bool:
    """Whether this is a rule for mail to any domain (C(for any), C(! for local), C(! for domain …))."""
    if statement.kind != "match" or "for" not in statement.words:
        return False
    place = statement.words.index("for")
    negated = statement.words[place - 1] == "!"
    return not negated if statement.words[place + 1 : place + 2] == ("any",) else negated


def _takes_local_mail(statement: Statement) -> bool:
    """Whether a rule is for mail from this host; without C(from) it is."""
    words = statement.words
    if "auth" in words and words[words.index("auth") - 1] != "!":
        return False
    if "from" not in words:
        return True
    place = words.index("from")
    return words[place + 1] in ("local", "any", "socket") and words[place - 1] != "!"


def action_of(statement: Statement) -> str:
    """Return the action of a rule."""
    return statement.words[-1].strip('"') if "action" in statement.words else ""


def relay_host(statement: Statement) -> str:
    """Return the host, or the table of hosts, that an action relays to; empty where DNS decides."""
    words = statement.words
    return words[words.index("host") + 1].strip('"') if "host" in words[3:-1] else ""


def ways_out(text: str) -> dict[str, Statement]:
    """Return the relay actions of rules for any domain, by name; not those of a backup mail exchanger."""
    statements = list(read_statements(text))
    used = {action_of(statement) for statement in statements if is_way_out(statement)}
    return {
        statement.name: statement
        for statement in statements
        if is_relay(statement) and statement.name in used and "backup" not in statement.words
    }


def with_filter(statement: Statement) -> str:
    """Return a listener's line with our filter behind those it has."""
    filters = _cut_filters(statement.words)[1]
    if f'"{FILTER}"' in filters:
        return statement.line
    clause = f'filter "{FILTER}"' if not filters else f"filter {{ {', '.join([*filters, _quoted(FILTER)])} }}"
    if filters:
        return " ".join([*_cut_filters(statement.words)[0], clause])
    code = _code(statement.text).rstrip()
    return f"{code} {clause}{statement.line[len(code) :]}"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _cut_filters(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return a listener's words without its filters, and the filters."""
    if "filter" not in words:
        return list(words), []
    place = words.index("filter")
    end = place + 2
    if words[place + 1 : place + 2] == ("{",) and "}" in words:
        end = words.index("}") + 1
    return [*words[:place], *words[end:]], [word for word in words[place + 1 : end] if word not in "{},"]


def local_delivery(text: str) -> str:
    """Return how mail for local users is delivered (C(maildir), C(mbox), C(mda "…")), as the first such action says."""
    for statement in read_statements(text):
        words = statement.words[2:]
        if statement.kind == "action" and words and words[0] in ("mbox", "maildir", "mda", "lmtp"):
            argument = [word for word in words[1:2] if word.startswith('"')]
            return " ".join([words[0], *argument])
    return "mbox"
