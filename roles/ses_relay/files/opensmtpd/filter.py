# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A filter of OpenSMTPD (smtpd-filters(7)) for mail that leaves the host through SES.

Such mail gets the headers of the configuration, in place of those of their names that it has, and addresses of the host
in From, Sender and Reply-To become those of the verified domain. Mail that stays on the host is passed on as it came.

OpenSMTPD itself ends when a filter does, so nothing that a message contains may end this one: a message that cannot be
understood is passed on as it is. The configuration has a word and its values on each line: rewrite-to DOMAIN,
own DOMAIN (addresses to rewrite), local DOMAIN (delivered on the host), exception ADDRESS ADDRESS, header NAME VALUE,
aliases FILE.
"""

from __future__ import annotations

import os
import pwd
import re
import sys
from email.utils import formataddr, getaddresses
from typing import BinaryIO, Dict, Iterator, List, Optional, Set, Tuple

REWRITTEN = ("from", "sender", "reply-to")
ENCODING = ("utf-8", "surrogateescape")
MAX_HEADER_LINES = 10000
# OpenSMTPD before 7.4 cuts what a filter returns at 2048 bytes, without a word.
MAX_LINE = 1900
_CUTS_LINES = re.compile(r"(?:[0-6]|7\.[0-3])(?:\.|$)")
MAX_DEPTH = 10

_FIELD = re.compile(r"([!-9;-~]+)[ \t]*:")
_ADDRESS = re.compile(r"([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+)@([A-Za-z0-9.-]+)")
_ALIAS = re.compile(r"(\"[^\"]*\"|[^\s:#]+)\s*:(.*)", re.DOTALL)
_ITEM = re.compile(r"\|?\"(?:[^\"\\]|\\.)*\"|[^,\s]+")


class Configuration:
    """What the file says."""

    def __init__(self, text: str) -> None:
        self.rewrite_to = ""
        self.own: Set[str] = set()
        self.local: Set[str] = set()
        self.exceptions: Dict[str, str] = {}
        self.headers: List[Tuple[str, str]] = []
        self.aliases: List[str] = []
        for line in text.splitlines():
            word, _space, value = line.strip().partition(" ")
            self._take(word, value.strip())
        self.own.discard(self.rewrite_to)

    def _take(self, word: str, value: str) -> None:
        if word == "rewrite-to":
            self.rewrite_to = value.lower()
        elif word == "own":
            self.own.add(value.lower())
            self.local.add(value.lower())
        elif word == "local":
            self.local.add(value.lower())
        elif word == "exception":
            address, _space, becomes = value.partition(" ")
            self.exceptions[address.lower()] = becomes.strip()
        elif word == "header":
            name, _space, content = value.partition(" ")
            self.headers.append((name, content))
        elif word == "aliases":
            self.aliases.append(value)


class Forwards:
    """Whether mail for a user of this host leaves it, by the aliases and the users' own .forward files."""

    def __init__(self, local: Set[str], files: List[str]) -> None:
        self._local = local
        self._files = files

    def leaves(self, address: str, depth: int = 0) -> bool:
        """Tell whether mail for an address goes to another host."""
        user, _at, domain = address.rpartition("@")
        if not user:
            user, domain = domain, ""
        if domain and domain.lower() not in self._local:
            return True
        if depth > MAX_DEPTH:
            return False
        return any(
            self.leaves(item, depth + 1) for item in self._expand(user.lower()) if item.lower() != address.lower()
        )

    def _expand(self, user: str) -> Iterator[str]:
        """Yield the addresses that a user's mail goes to; what is no address stays on this host."""
        for name in (user, user.partition("+")[0]):
            for path in self._files:
                for found in _logical_lines(_read(path)):
                    match = _ALIAS.match(found)
                    if match and match.group(1).strip('"').lower() == name:
                        yield from _items(match.group(2))
                        return
        try:
            home = pwd.getpwnam(user.partition("+")[0]).pw_dir
        except (KeyError, ValueError):
            return
        yield from _items(_read(os.path.join(home, ".forward")))


def _logical_lines(text: str) -> List[str]:
    """Return the logical lines of an aliases file."""
    lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    blocks: List[str] = []
    for line in lines:
        if line[0] in " \t" and blocks:
            blocks[-1] += " " + line.strip()
        else:
            blocks.append(line)
    return blocks


def _items(text: str, depth: int = 0) -> Iterator[str]:
    """Yield the addresses and users of the right side of an alias, or of a .forward file."""
    for line in text.splitlines():
        for quoted in _ITEM.findall(line.partition("#")[0]):
            item = quoted.strip('"').lstrip("\\")
            if item.startswith(":include:") and depth < MAX_DEPTH:
                yield from _items(_read(item[len(":include:") :]), depth + 1)
            elif item and item[0] not in "|/:" and not item.startswith("error:"):
                yield item


def _read(path: str) -> str:
    """Return a file's text, nothing of one that this user cannot read."""
    try:
        with open(path, "rb") as stream:
            return stream.read(1 << 20).decode(*ENCODING)
    except OSError:
        return ""


def rewrite_addresses(value: str, wanted: Configuration) -> str:
    """Return a header's value with the host's own addresses as they leave it."""
    pairs = getaddresses([value])
    bare = [address for _name, address in pairs if address and "@" not in address]
    if bare and all(address and " " not in address for _name, address in pairs):
        # "root (Cron Daemon)": the mail server would add the host's name.
        named = [(name, address if "@" in address else f"{address}@{wanted.rewrite_to}") for name, address in pairs]
        try:
            value = " " + ", ".join(map(formataddr, named))
        except UnicodeError:
            return value

    def leave(match: re.Match[str]) -> str:
        known = wanted.exceptions.get(match.group(0).lower())
        if known is not None:
            return known
        return f"{match.group(1)}@{wanted.rewrite_to}" if match.group(2).lower() in wanted.own else match.group(0)

    return _ADDRESS.sub(leave, value)


def change_header(lines: List[str], wanted: Configuration) -> List[str]:
    """Return a message's header as it leaves the host."""
    fields: List[List[str]] = []
    for line in lines:
        if line[:1] in (" ", "\t") and fields:
            fields[-1].append(line)
        else:
            fields.append([line])
    names = {name.lower() for name, _value in wanted.headers}
    changed = [f"{name}: {value}" for name, value in wanted.headers]
    for field in fields:
        match = _FIELD.match(field[0])
        name = match.group(1).lower() if match else ""
        if match and name in REWRITTEN and wanted.rewrite_to:
            text = "\n".join(field)
            changed += (text[: match.end()] + rewrite_addresses(text[match.end() :], wanted)).split("\n")
        elif name not in names:
            changed += field
    return changed


def whole_lines(line: str, limit: int) -> Iterator[str]:
    """Yield a line in pieces that are not too long, cut at a space where there is one."""
    while limit and len(line.encode(*ENCODING)) > limit:
        cut = line.rfind(" ", 1, limit // 4)
        cut = cut if cut > 0 else limit // 4
        yield line[:cut]
        line = line[cut:]
    yield line


class Session:
    """A session's message: who gets it, and the lines of its header as long as they are not complete."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.recipients: List[str] = []
        self.started = False
        self.header: Optional[List[str]] = None


class Filter:
    """The dialogue with OpenSMTPD."""

    def __init__(self, wanted: Configuration, output: BinaryIO) -> None:
        self._wanted = wanted
        self._forwards = Forwards(wanted.local, wanted.aliases)
        self._output = output
        self._sessions: Dict[str, Session] = {}
        self._limit = MAX_LINE

    def take(self, line: str) -> None:
        """Take one line of OpenSMTPD."""
        kind, _bar, rest = line.partition("|")
        if kind == "filter":
            # filter|version|time|smtp-in|data-line|session|token|line
            _version, _time, _subsystem, _phase, session, token, text = rest.split("|", 6)
            self._data(session, token, text)
        elif kind == "report":
            self._report(rest.split("|", 5))
        elif line == "config|ready":
            events = ("tx-begin", "tx-rcpt", "tx-reset", "tx-commit", "tx-rollback", "link-disconnect")
            self._say(*("register|report|smtp-in|" + event for event in events))
            self._say("register|filter|smtp-in|data-line", "register|ready")
        elif line.startswith("config|smtpd-version|"):
            self._limit = MAX_LINE if _CUTS_LINES.match(line.split("|")[2]) else 0

    def _say(self, *lines: str) -> None:
        self._output.write("".join(line + "\n" for line in lines).encode(*ENCODING))

    def _report(self, fields: List[str]) -> None:
        # version|time|smtp-in|event|session|parameters
        event, session, parameters = fields[3], fields[4], "".join(fields[5:])
        if event == "link-disconnect":
            self._sessions.pop(session, None)
        elif event == "tx-rcpt":
            _message, _bar, rest = parameters.partition("|")
            result, _bar, address = rest.partition("|")
            if result == "ok":
                self._sessions.setdefault(session, Session()).recipients.append(address.strip("<>"))
        elif session in self._sessions:
            self._sessions[session].reset()

    def _data(self, session: str, token: str, line: str) -> None:
        message = self._sessions.setdefault(session, Session())
        for text in self._lines(message, line):
            for piece in whole_lines(text, self._limit):
                self._say(f"filter-dataline|{session}|{token}|{piece}")
        if line == ".":
            message.reset()

    def _lines(self, message: Session, line: str) -> List[str]:
        """Return the lines that can go on: of a header that changes, all or none."""
        if not message.started:
            message.started = True
            message.header = [] if self._leaves(message.recipients) else None
        if message.header is None:
            return [line]
        continues = line[:1] in (" ", "\t") and bool(message.header)
        if (continues or _FIELD.match(line)) and len(message.header) < MAX_HEADER_LINES:
            message.header.append(line)
            return []
        header, message.header = message.header, None
        try:
            return [*change_header(header, self._wanted), line]
        except Exception as error:
            _complain("A message's header stays as it is", error)
            return [*header, line]

    def _leaves(self, recipients: List[str]) -> bool:
        try:
            return any(map(self._forwards.leaves, recipients))
        except Exception as error:
            _complain("Where a message goes is not known, so it counts as one that leaves", error)
            return True


def _complain(what: str, error: Exception) -> None:
    """Write to OpenSMTPD's log."""
    sys.stderr.write(f"{what}: {type(error).__name__}: {error}\n".replace("\n", " ").rstrip() + "\n")
    sys.stderr.flush()


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as stream:
        wanted = Configuration(stream.read())
    output = os.fdopen(1, "wb", closefd=False)
    filtering = Filter(wanted, output)
    try:
        for line in iter(sys.stdin.buffer.readline, b""):
            filtering.take(line.rstrip(b"\n").decode(*ENCODING))
            output.flush()
    except BrokenPipeError:
        os._exit(0)


if __name__ == "__main__":
    main()
