# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One file of a host: what is there, what is wanted, and how the one becomes the other.

Nothing here knows an MTA. A file is always replaced by renaming a complete
copy over it, and that copy carries its final owner and mode before its first
byte, so no reader ever sees half a file or a secret it may not read.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass

STAGED_SUFFIX = ".ses-staged"
"""Fixed, not random, so that the next run finds and removes what a killed run left behind."""

OWN_FOLDER = "ses"
"""The name of the folders that are made for files of ours alone: /etc/postfix/ses."""


@dataclass(frozen=True)
class FileState:
    """What is on disk at a path; C(content) is None where there is no file."""

    content: bytes | None = None
    mode: int = 0
    uid: int = 0
    gid: int = 0
    mtime_ns: int = 0

    @property
    def exists(self) -> bool:
        return self.content is not None


@dataclass(frozen=True)
class Table:
    """How a text file becomes the indexed table that the MTA reads.

    C(command) and C(kind) make the call (C(postmap), C(hash)), C(suffix) is what the command
    appends to the name (C(.db)).
    """

    command: str
    kind: str
    suffix: str


@dataclass(frozen=True)
class WantedFile:
    """The whole of what a file should be.

    C(mode) None keeps the mode and the owner that an existing file has. C(uid) and C(gid) are who owns it otherwise,
    None for the user who runs this, root. C(absent) is a file that should not be.
    """

    path: str
    content: bytes
    mode: int | None = None
    secret: bool = False
    table: Table | None = None
    uid: int | None = None
    gid: int | None = None
    absent: bool = False

    @property
    def owner(self) -> tuple[int, int]:
        return (
            os.geteuid() if self.uid is None else self.uid,
            os.getegid() if self.gid is None else self.gid,
        )

    @property
    def staged_path(self) -> str:
        folder, name = os.path.split(self.path)
        return os.path.join(folder, "." + name + STAGED_SUFFIX)

    @property
    def table_path(self) -> str | None:
        return self.path + self.table.suffix if self.table else None

    @property
    def staged_table_path(self) -> str | None:
        return self.staged_path + self.table.suffix if self.table else None


@dataclass(frozen=True)
class FileChange:
    """A file that is not as wanted: its state before, what is wanted, and why it differs."""

    before: FileState
    before_table: FileState
    wanted: WantedFile
    reason: str

    @property
    def mode(self) -> int:
        if self.wanted.mode is not None:
            return self.wanted.mode
        return self.before.mode if self.before.exists else 0o644


def read_state(path: str | None) -> FileState:
    """Read a regular file with what is needed to put it back; a missing one is an empty state."""
    if path is None:
        return FileState()
    try:
        with open(path, "rb") as stream:
            info = os.fstat(stream.fileno())
            return FileState(
                content=stream.read(),
                mode=stat.S_IMODE(info.st_mode),
                uid=info.st_uid,
                gid=info.st_gid,
                mtime_ns=info.st_mtime_ns,
            )
    except FileNotFoundError:
        return FileState()


def compare(wanted: WantedFile) -> FileChange | None:
    """Say what stands between the disk and C(wanted); None where nothing does."""
    before, before_table = read_state(wanted.path), read_state(wanted.table_path)
    reason = _difference(before, before_table, wanted)
    if reason is None:
        return None
    return FileChange(before=before, before_table=before_table, wanted=wanted, reason=reason)


def _difference(before: FileState, before_table: FileState, wanted: WantedFile) -> str | None:
    if wanted.absent:
        return "not wanted any more" if before.exists or before_table.exists else None
    if not before.exists:
        return "missing"
    if before.content != wanted.content:
        return "content"
    if wanted.mode is not None and before.mode != wanted.mode:
        return f"mode {before.mode:04o}, not {wanted.mode:04o}"
    if wanted.mode is not None and (before.uid, before.gid) != wanted.owner:
        return "owned by {}:{}, not {}:{}".format(before.uid, before.gid, *wanted.owner)
    if wanted.table is None:
        return None
    if not before_table.exists:
        return "lookup table missing"
    if before_table.mtime_ns < before.mtime_ns:
        return "lookup table older than its source"
    if wanted.secret and before_table.mode & 0o077:
        return f"lookup table readable by others (mode {before_table.mode:04o})"
    return None


def write_whole(path: str, content: bytes, *, mode: int, uid: int, gid: int) -> None:
    """Write a new file that nobody could open with another owner or mode than the final ones."""
    with suppress(FileNotFoundError):
        os.unlink(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        os.fchown(descriptor, uid, gid)
        os.fchmod(descriptor, mode)
        stream.write(content)
        stream.flush()
        os.fsync(descriptor)


def stage(change: FileChange) -> None:
    """Write the wanted content beside its target."""
    if change.wanted.absent:
        return
    os.makedirs(os.path.dirname(change.wanted.path), mode=0o755, exist_ok=True)
    keep_owner = change.wanted.mode is None and change.before.exists
    uid, gid = (change.before.uid, change.before.gid) if keep_owner else change.wanted.owner
    write_whole(change.wanted.staged_path, change.wanted.content, mode=change.mode, uid=uid, gid=gid)


def swap_in(change: FileChange) -> None:
    """Rename the staged file, then its table, over what is there.

    In this order a run killed in between leaves a table older than its source,
    which the next run sees.
    """
    wanted = change.wanted
    if wanted.absent:
        _remove(wanted)
        return
    os.replace(wanted.staged_path, wanted.path)
    if wanted.table_path and wanted.staged_table_path:
        os.replace(wanted.staged_table_path, wanted.table_path)


def _remove(wanted: WantedFile) -> None:
    """Remove a file and its table, and the folder that was made for such files once it is empty."""
    for path in (wanted.table_path, wanted.path):
        if path is not None:
            with suppress(FileNotFoundError):
                os.unlink(path)
    folder = os.path.dirname(wanted.path)
    if os.path.basename(folder) == OWN_FOLDER:
        with suppress(OSError):
            os.rmdir(folder)


def put_back(change: FileChange) -> None:
    """Restore file and table to the bytes, owner, mode and time they had before."""
    wanted = change.wanted
    _restore(wanted.path, change.before, copy=wanted.staged_path)
    if wanted.table_path and wanted.staged_table_path:
        _restore(wanted.table_path, change.before_table, copy=wanted.staged_table_path)


def _restore(path: str, state: FileState, *, copy: str) -> None:
    if state.content is None:
        with suppress(FileNotFoundError):
            os.unlink(path)
        return
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    write_whole(copy, state.content, mode=state.mode, uid=state.uid, gid=state.gid)
    os.utime(copy, ns=(state.mtime_ns, state.mtime_ns))
    os.replace(copy, path)


def has_staged(wanted: WantedFile) -> bool:
    """Tell whether a killed run left a staged file behind."""
    return any(path is not None and os.path.exists(path) for path in (wanted.staged_path, wanted.staged_table_path))


def remove_staged(wanted: WantedFile) -> None:
    """Remove what this run, or one killed before it, staged for a file."""
    for path in (wanted.staged_path, wanted.staged_table_path):
        if path is not None:
            with suppress(FileNotFoundError):
                os.unlink(path)
