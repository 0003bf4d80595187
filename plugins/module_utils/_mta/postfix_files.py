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
        if not line.strip() or line.lstrip().startswith("#"):
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


def _replace(blocks: Iterable[Block], wanted: Mapping[str, str], same: Iterable[str]) -> str:
    """Put each wanted logical line where its key stands first, or at the end; drop repetitions."""
    keep = set(same)
    pending = dict(wanted)
    result: list[str] = []
    for block in blocks:
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
    lines = [line for line in value.splitlines() if not line.lstrip().startswith("#")]
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
    return _replace(_blocks(text, _SETTING), wanted, same)


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
    wanted = {key: line for key, line in services.items() if key not in same}
    return _replace(_blocks(text, _SERVICE), wanted, same)


def edit_aliases(text: str, aliases: Mapping[str, str]) -> str:
    """Return an aliases file in which these names, in whatever case, point to these addresses and nowhere else."""
    wanted = {name.lower(): f"{name}: {value}" for name, value in aliases.items()}
    blocks = [(_alias_name(block), block) for block in _blocks(text, _ALIAS)]
    repeated = _repeated(name for name, _block in blocks)
    have = {name: _normal(block.text.split(":", 1)[1]) for name, block in blocks if name}
    same = [
        name
        for name, line in wanted.items()
        if name not in repeated and have.get(name) == _normal(line.split(":", 1)[1])
    ]
    pending = {name: line for name, line in wanted.items() if name not in same}
    named = [block._replace(key=name) for name, block in blocks]
    return _replace(named, pending, same)


def _alias_name(block: Block) -> str | None:
    return block.key.strip('"').lower() if block.key else None


def changed_settings(before: str, after: str) -> dict[str, tuple[str | None, str]]:
    """Return name -> (value before, value after) for each setting that differs."""
    old, new = read_settings(before), read_settings(after)
    return {name: (old.get(name), value) for name, value in new.items() if old.get(name) != value}
