# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pure edits of Postfix's files: text in, text out, everything that is not ours untouched.

The syntax is that of postconf(5), master(5) and aliases(5): a line that starts
with white space continues the one before it, and C(#) starts a comment line.
"""

from __future__ import annotations

import re
from typing import Callable, Iterable, Iterator, Mapping, NamedTuple, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._mta.journal import Lines


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


def _replace(blocks: Iterable[Block], wanted: Lines, same: Iterable[str]) -> str:
    """Put each wanted logical line where its key stands first, or at the end; drop repetitions, and keys without a line."""
    keep = set(same)
    pending = {key: line.rstrip("\n") for key, line in wanted.items() if line is not None}
    result: list[str] = []
    for block in blocks:
        if block.key in keep:
            result.append(block.text)
        elif block.key in pending:
            result.append(pending.pop(block.key) + "\n")
        elif block.key not in wanted:
            result.append(block.text)
    added = [line + "\n" for key, line in pending.items() if key not in keep]
    if added and result and not result[-1].endswith("\n"):
        result.append("\n")
    return "".join(result + added)


def _edit(blocks: Sequence[Block], wanted: Lines, value: Callable[[str], str]) -> str:
    """Replace logical lines whose C(value), which is what the MTA makes of a line, is not the wanted one."""
    have = {block.key: value(block.text) for block in blocks if block.key is not None}
    repeated = _repeated(block.key for block in blocks)
    same = [
        key for key, line in wanted.items() if line is not None and have.get(key) == value(line) and key not in repeated
    ]
    return _replace(blocks, wanted, same)


def _lines(blocks: Iterable[Block]) -> dict[str, str]:
    return {block.key: block.text for block in blocks if block.key is not None}


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


def setting_lines(text: str) -> dict[str, str]:
    """Return the logical lines of a main.cf by the names of their settings."""
    return _lines(_blocks(text, _SETTING))


def write_settings(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the line that gives each setting its value."""
    return {name: f"{name} = {value}" for name, value in settings.items()}


def edit_settings(text: str, lines: Lines) -> str:
    """Return main.cf with these lines by name; a setting that already has its value stays as it is written."""
    return _edit(list(_blocks(text, _SETTING)), lines, lambda line: _normal(line.split("=", 1)[1]))


def _repeated(keys: Iterable[str | None]) -> set[str]:
    seen: set[str] = set()
    twice: set[str] = set()
    for key in keys:
        if key is not None:
            (twice if key in seen else seen).add(key)
    return twice


def service_lines(text: str) -> dict[str, str]:
    """Return the logical lines of a master.cf by service name and type (C(ses-bounces/unix))."""
    return _lines(_blocks(text, _SERVICE))


def edit_services(text: str, lines: Lines) -> str:
    """Return master.cf with these lines by service name and type."""
    return _edit(list(_blocks(text, _SERVICE)), lines, _normal)


def _alias_blocks(text: str) -> list[Block]:
    blocks = _blocks(text, _ALIAS)
    return [block._replace(key=block.key.strip('"').lower() if block.key else None) for block in blocks]


def alias_lines(text: str) -> dict[str, str]:
    """Return the logical lines of an aliases file by the names in lower case."""
    return _lines(_alias_blocks(text))


def write_aliases(aliases: Mapping[str, str]) -> dict[str, str]:
    """Return the line that sends mail for each name to its addresses."""
    return {name.lower(): f"{name}: {value}" for name, value in aliases.items()}


def edit_aliases(text: str, lines: Lines) -> str:
    """Return an aliases file in which these names, in lower case, have these lines and no others."""
    return _edit(_alias_blocks(text), lines, lambda line: _normal(line.split(":", 1)[1]))


def changed_settings(before: str, after: str) -> dict[str, tuple[str | None, str | None]]:
    """Return name -> (value before, value after) for each setting that differs; None for one that is not there."""
    old, new = read_settings(before), read_settings(after)
    return {name: (old.get(name), new.get(name)) for name in {**old, **new} if old.get(name) != new.get(name)}
