# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pure reading of msmtp's configuration file, and of aliases the way msmtp reads them."""

from __future__ import annotations

import re
from typing import Mapping

_COMMAND = re.compile(r"\s*(?P<name>[a-z_]+)\s+(?P<value>.*?)\s*$")

# src/aliases.c, MAXLINE: the buffer of 512 bytes must not be full, the line's end and a zero included.
_ALIAS_LINE_BYTES = 509


def values(text: str, name: str) -> list[str]:
    """Return the values that a configuration file gives to a command (C(host)), in order, without quotes."""
    found = []
    for line in text.splitlines():
        match = _COMMAND.match(line)
        if match and match.group("name") == name:
            found.append(match.group("value").strip('"'))
    return found


def accounts(text: str) -> list[str]:
    """Return the names of the accounts of a configuration file."""
    return [value.partition(":")[0].strip() for value in values(text, "account")]


def without_passwords(text: str) -> str:
    """Return a configuration file with a word in place of each password."""
    return re.sub(r"(?m)^([ \t]*password[ \t]+).*$", r"\1masked", text)


def rules(text: str) -> Mapping[str, str]:
    """Return the rules of a part of an AppArmor profile, each by itself."""
    return {line.strip(): line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")}


def edit_rules(text: str, changes: Mapping[str, str | None]) -> str:
    """Return a part of an AppArmor profile with other rules."""
    lines = [line for line in text.splitlines() if line.strip() not in changes]
    return "".join(line + "\n" for line in lines + [line for line in changes.values() if line is not None])


def alias_problem(text: str) -> str:
    """Return the first thing in an aliases file that msmtp does not read, with its line; empty where it reads all.

    It wants lines of one name, one colon and addresses or names: no programs, files, quotes or continued lines, no name
    twice. Of a file with anything else it reads nothing.
    """
    seen = set()
    for number, line in enumerate(text.splitlines(), 1):
        if len(line.encode("utf-8", "surrogateescape")) > _ALIAS_LINE_BYTES:
            return f"line {number} is longer than {_ALIAS_LINE_BYTES} bytes"
        parts = [part.strip() for part in line.partition("#")[0].split(":")]
        if parts == [""]:
            continue
        if len(parts) != 2:
            return f"line {number} is not a name, a colon and addresses"
        if not parts[0] or "@" in parts[0]:
            return f"line {number} has no name before its colon"
        if parts[0] in seen:
            return f"line {number} names {parts[0]} a second time"
        seen.add(parts[0])
    return ""
