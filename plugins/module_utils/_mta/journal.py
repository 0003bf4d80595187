# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stood on a host before us, so that it can be put back when it is wanted no more.

For a file that others write too, the logical lines that we replaced, by their keys; for a file that is ours alone, the
whole file that stood in its place. The journal may hold others' secrets, so only root can read it, and it is never shown.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, NamedTuple, Optional, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._mta.errors import MtaError
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.files import (
    FileState,
    Table,
    WantedFile,
    read_state,
)

FOLDER = "/var/lib/cloudmail-ses"

Lines = Mapping[str, Optional[str]]
"""Logical lines of a file by their keys; None for one that is not there, or is to go."""


class Edit(NamedTuple):
    """What is wanted in a file that others write too: C(wanted) has whole logical lines by their keys.

    C(read) takes the file's text and returns all its logical lines by key, C(write) returns the text with some of them
    replaced, added or (None) removed, and everything else as it was. Both are pure.
    """

    path: str
    wanted: Mapping[str, str]
    read: Callable[[str], Mapping[str, str]]
    write: Callable[[str, Lines], str]
    table: Table | None = None


@dataclass(frozen=True)
class Journal:
    """C(lines): file -> key -> the line before us. C(files): file -> the file before us. None where there was none."""

    lines: Mapping[str, Lines] = field(default_factory=dict)
    files: Mapping[str, FileState | None] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.lines.values()) or bool(self.files)


class Composition(NamedTuple):
    """The files of a run, and the journal while it runs and after it.

    During a run the journal has both what the run adds and what it gives back: killed at any moment, the next run knows
    all of it.
    """

    files: list[WantedFile]
    during: Journal
    after: Journal


def compose(edits: Sequence[Edit], own: Sequence[WantedFile], journal: Journal) -> Composition:
    """Return what the files have to be so that all that is wanted is there, and all else as it was before us."""
    files = list(own)
    during, after = {}, {}
    for edit in edits:
        text = (read_state(edit.path).content or b"").decode("utf-8", "surrogateescape")
        before = edit.read(text)
        recorded = journal.lines.get(edit.path, {})
        during[edit.path] = {**{key: before.get(key) for key in edit.wanted}, **recorded}
        after[edit.path] = {key: during[edit.path][key] for key in edit.wanted}
        changes: Lines = {**recorded, **edit.wanted}
        if changes:
            content = edit.write(text, changes).encode("utf-8", "surrogateescape")
            files.append(WantedFile(path=edit.path, content=content, table=edit.table))
    kept = {file.path: _before(file.path, journal) for file in own}
    # Last, when no file names them any more.
    files += [_given_back(path, state, journal) for path, state in journal.files.items() if path not in kept]
    tables = {file.path: file.table for file in own if file.table}
    return Composition(
        files,
        Journal(_filled(during), {**journal.files, **kept}, {**journal.tables, **tables}),
        Journal(_filled(after), kept, tables),
    )


def _filled(lines: Mapping[str, Lines]) -> Mapping[str, Lines]:
    return {path: keys for path, keys in lines.items() if keys}


def _before(path: str, journal: Journal) -> FileState | None:
    if path in journal.files:
        return journal.files[path]
    state = read_state(path)
    return state if state.exists else None


def _given_back(path: str, state: FileState | None, journal: Journal) -> WantedFile:
    table = journal.tables.get(path)
    if state is None or state.content is None:
        return WantedFile(path=path, content=b"", table=table, secret=True, absent=True)
    return WantedFile(
        path=path, content=state.content, mode=state.mode, uid=state.uid, gid=state.gid, table=table, secret=True
    )


def journal_path(name: str) -> str:
    """Return where the journal of an MTA is."""
    return os.path.join(FOLDER, name + ".json")


def is_journal(path: str) -> bool:
    """Tell whether a file is a journal, which is nothing to show."""
    return os.path.dirname(path) == FOLDER


def journal_file(name: str, journal: Journal) -> WantedFile:
    """Return the file that a journal is kept in; an empty journal has none."""
    return WantedFile(path=journal_path(name), content=_encode(journal), mode=0o600, secret=True, absent=not journal)


def read_journal(name: str) -> Journal:
    """Return the journal of an MTA, an empty one where there is none. Raises MtaError for one that cannot be read."""
    content = read_state(journal_path(name)).content
    if content is None:
        return Journal()
    try:
        data = json.loads(content.decode("utf-8"))
        return Journal(
            lines=data["lines"],
            files={path: _decode_state(state) for path, state in data["files"].items()},
            tables={path: Table(**table) for path, table in data["tables"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MtaError(
            f"{journal_path(name)}, which says what this host's {name} had before it relayed through SES, cannot be read: "
            f"{error}. Put it back from a backup; or remove it, and what is there now counts as what was there before."
        ) from None


def _encode(journal: Journal) -> bytes:
    data = {
        "lines": journal.lines,
        "files": {path: _encode_state(state) for path, state in journal.files.items()},
        "tables": {path: vars(table) for path, table in journal.tables.items()},
    }
    return (json.dumps(data, indent=1, sort_keys=True) + "\n").encode("utf-8")


def _encode_state(state: FileState | None) -> dict[str, Any] | None:
    if state is None or state.content is None:
        return None
    content = base64.b64encode(state.content).decode("ascii")
    return {"content": content, "mode": state.mode, "uid": state.uid, "gid": state.gid}


def _decode_state(data: Mapping[str, Any] | None) -> FileState | None:
    if data is None:
        return None
    return FileState(content=base64.b64decode(data["content"]), mode=data["mode"], uid=data["uid"], gid=data["gid"])
