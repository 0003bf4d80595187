# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pure edits of Postfix's files: text in, text out, everything that is not ours untouched.

The syntax is that of postconf(5), master(5) and aliases(5): a line that starts
with white space continues the one before it, and C(#) starts a comment line.
"""

from __future__ import annotations

import re
from typing import Iterable, Iterator, Mapping, NamedTuple


class Block(NamedTuple):
    """A logical line with its continuation lines, or a run of comments and blank lines."""

    text: str
    key: str | None


_SETTING = re.compile(r"([A-Za-z0-9_.$+-]+)\s*=")
_SERVICE = re.compile(r"(\S+)\s+(\S+)\s")
_ALIAS = re.compile(r"(\"[^\"]*\"|[^\s:#]+)\s*:")


def _blocks(text: str, pattern: re.Pattern[str]) -> Iterator[Block]:
    """Split into logical lines; comments between a line and its continuation stay inside it."""
    current: list[str] = []
    trailing: list[str] = []
    key: str | None = None
    for line in text.splitlines(keepends=True):
        if not line.strip() or line.startswith("#"):
            trailing.append(line)
        elif line[0] in " \t" and current:
            current += [*trailing, line]
            trailing = []
        else:
            if current:
                yield Block("".join(current), key)
            if trailing:
                yield Block("".join(trailing), None)
            match = pattern.match(line)
            key = "/".join(match.groups()) if match else None
            current, trailing = [line], []
    if current:
        yield Block("".join(current), key)
    if trailing:
        yield Block("".join(trailing), None)


def _replace(text: str, wanted: Mapping[str, str], pattern: re.Pattern[str], same: Iterable[str]) -> str:
    """Put each wanted logical line where its key stands first, or at the end; drop repetitions."""
    keep = set(same)
    pending = dict(wanted)
    result: list[str] = []
    for block in _blocks(text, pattern):
        if block.key in keep:
            result.append(block.text)
        elif block.key in pending:
            result.append(pending.pop(block.key) + "\n")
        elif block.key not in wanted:
            result.append(block.text)
    if pending and result and not result[-1].endswith("\n"):
        result.append("\n")
    result += [line + "\n" for line in pending.values()]
    return "".join(result)


def _normal(value: str) -> str:
    """Fold white space and drop comment lines: two values that Postfix reads alike compare alike."""
    lines = [line for line in value.splitlines() if not line.startswith("#")]
    return " ".join(" ".join(lines).split())


def read_settings(text: str) -> dict[str, str]:
    """Return the settings that a main.cf gives; of a repeated one the last counts, as for Postfix."""
    settings = {}
    for block in _blocks(text, _SETTING):
        if block.key is not None:
            settings[block.key] = _normal(block.text.split("=", 1)[1])
    return settings


def edit_settings(text: str, settings: Mapping[str, str]) -> str:
    """Return main.cf with these settings; one that already has its value stays as it is written."""
    have = read_settings(text)
    repeated = _repeated(block.key for block in _blocks(text, _SETTING))
    same = [name for name, value in settings.items() if have.get(name) == _normal(value) and name not in repeated]
    wanted = {name: f"{name} = {value}" for name, value in settings.items() if name not in same}
    return _replace(text, wanted, _SETTING, same)


def _repeated(keys: Iterable[str | None]) -> set[str]:
    seen: set[str] = set()
    twice: set[str] = set()
    for key in keys:
        if key is not None:
            (twice if key in seen else seen).add(key)
    return twice


def edit_services(text: str, services: Mapping[str, str]) -> str:
    """Return master.cf with these services, keyed by name and type (C(ses-bounces/unix))."""
    have = {block.key: _normal(block.text) for block in _blocks(text, _SERVICE) if block.key}
    same = [key for key, line in services.items() if have.get(key) == _normal(line)]
    return _replace(text, {key: line for key, line in services.items() if key not in same}, _SERVICE, same)


def edit_aliases(text: str, aliases: Mapping[str, str]) -> str:
    """Return an aliases file in which these names point to these addresses."""
    have = {block.key: _normal(block.text.split(":", 1)[1]) for block in _blocks(text, _ALIAS) if block.key}
    same = [name for name, value in aliases.items() if have.get(name) == _normal(value)]
    wanted = {name: f"{name}: {value}" for name, value in aliases.items() if name not in same}
    return _replace(text, wanted, _ALIAS, same)


def changed_settings(before: str, after: str) -> dict[str, tuple[str | None, str]]:
    """Return name -> (value before, value after) for each setting that differs."""
    old, new = read_settings(before), read_settings(after)
    return {name: (old.get(name), value) for name, value in new.items() if old.get(name) != value}
