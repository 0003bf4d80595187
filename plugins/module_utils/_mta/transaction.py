# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take a host's mail server from what is on disk to what is wanted, whole or not at all.

1. Stage every file beside its target, and build the lookup tables from the staged files.
2. Let the MTA itself check the staged configuration.
3. Rename everything into place and let the MTA load it.

Whatever fails in 1 or 2 leaves the host as it was. Whatever fails in 3 is put
back. A run that is killed leaves a marker, so that the next one knows that
the MTA may not have loaded what is on disk.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import files
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.errors import MtaError

if TYPE_CHECKING:
    # Not in Python 3.7
    from typing import Protocol

    class Mta(Protocol):
        """What a transaction asks of a mail server."""

        @property
        def marker_path(self) -> str: ...
        def build_table(self, wanted: files.WantedFile) -> None: ...
        def validate(self, changes: Sequence[files.FileChange]) -> None: ...
        def running(self) -> bool: ...
        def load(self, changes: Sequence[files.FileChange]) -> None: ...


# In a folder where only root can make files, so that nobody else can hold the lock.
LOCK_PATH = "/run/cloudmail-ses-mta.lock"
LOCK_SECONDS = 120


@dataclass(frozen=True)
class Plan:
    """What a run would do: the files that change, and whether the MTA has to load or start."""

    wanted: Sequence[files.WantedFile]
    changes: Sequence[files.FileChange]
    closing: Sequence[files.FileChange]
    interrupted: bool
    stopped: bool

    @property
    def changed(self) -> bool:
        return bool(self.changes) or bool(self.closing) or self.interrupted or self.stopped


def make_plan(
    mta: Mta, wanted: Sequence[files.WantedFile], closing: Sequence[files.WantedFile] = (), *, must_run: bool
) -> Plan:
    """Compare the disk and the running service with what is wanted; changes nothing.

    C(closing) are files that are written after the MTA has loaded the others. C(must_run) says whether a stopped
    service is to be started.
    """
    return Plan(
        wanted=[*wanted, *closing],
        changes=_changes(wanted),
        closing=_changes(closing),
        interrupted=os.path.exists(mta.marker_path) or any(map(files.has_staged, [*wanted, *closing])),
        stopped=must_run and not mta.running(),
    )


def _changes(wanted: Sequence[files.WantedFile]) -> list[files.FileChange]:
    return [change for change in map(files.compare, wanted) if change is not None]


@contextmanager
def exclusive(path: str = LOCK_PATH, *, seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Keep two runs on one host from interleaving; the second waits for the first, but not for ever."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        end = time.monotonic() + seconds
        while not _locked(descriptor):
            if time.monotonic() > end:
                raise MtaError(
                    f"Another run has been changing this host's mail server for {seconds:.0f} s (it holds {path}). "
                    "Wait for it, or end it if it hangs, and run again."
                )
            time.sleep(0.2)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def clean_up(plan: Plan) -> None:
    """Remove what a killed run staged, secrets first of all."""
    for wanted in plan.wanted:
        files.remove_staged(wanted)


def apply_plan(mta: Mta, plan: Plan) -> None:
    """Carry a plan out. Raises MtaError, with the host as it was before, when any step fails."""
    clean_up(plan)
    try:
        for change in plan.changes:
            files.stage(change)
            if not change.wanted.absent:
                mta.build_table(change.wanted)
        mta.validate(plan.changes)
        _switch(mta, plan)
    finally:
        clean_up(plan)


def _switch(mta: Mta, plan: Plan) -> None:
    for change in plan.changes:
        if files.read_state(change.wanted.path) != change.before:
            raise MtaError(
                f"{change.wanted.path} was changed by somebody else during this run. Nothing was changed; run again."
            )
    files.write_whole(
        mta.marker_path, b"A configuration run has not finished.\n", mode=0o600, uid=os.geteuid(), gid=os.getegid()
    )
    try:
        for change in plan.changes:
            files.swap_in(change)
        if plan.changes or plan.interrupted or plan.stopped:
            mta.load(plan.changes)
    except (MtaError, OSError) as error:
        _undo(mta, plan, error)
    for change in plan.closing:
        files.stage(change)
        files.swap_in(change)
    os.unlink(mta.marker_path)


def _undo(mta: Mta, plan: Plan, error: Exception) -> None:
    """Put everything back and raise C(error) with what came of that; go on with the next file when one fails."""
    trouble = []
    for change in reversed(plan.changes):
        try:
            files.put_back(change)
        except OSError as second:
            trouble.append(f"{change.wanted.path} could not be put back: {second}")
    if not plan.stopped:
        try:
            mta.load(plan.changes)
        except (MtaError, OSError) as second:
            trouble.append(f"The mail server did not load the former configuration either: {second}")
    if trouble:
        raise MtaError(
            "\n".join([str(error), *trouble, "Mend what these lines name; the next run goes on from what is on disk."])
        ) from error
    with suppress(FileNotFoundError):
        os.unlink(mta.marker_path)
    raise MtaError(f"{error}\nEverything is back as it was before this run; mail goes on as before.") from error
