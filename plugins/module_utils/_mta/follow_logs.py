# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the mail log gets from now on: from files, and from systemd's journal."""

from __future__ import annotations

import contextlib
import os
import time
from types import TracebackType
from typing import IO

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import follow_journal

_SHORTEST_STEP, _LONGEST_STEP = 0.005, 0.1


class Logs:
    """A context in which read() returns the lines that were logged since it was made.

    ``journal`` is what entries in systemd's journal must have, as FIELD=value; without it the journal is left alone.
    """

    def __init__(self, paths: tuple[str, ...], *, journal: str = "") -> None:
        self._tails = [_Tail(path) for path in paths]
        self._paths = paths
        self._journal: follow_journal.Journal | None = None
        self._problem = ""
        self._step = _SHORTEST_STEP
        if journal and follow_journal.is_running():
            try:
                self._journal = follow_journal.Journal(journal)
            except follow_journal.JournalError as exc:
                self._problem = f" ({exc})"

    @property
    def description(self) -> str:
        """Where the lines come from, for messages."""
        names = list(self._paths) + (["the journal"] if self._journal else [])
        return (" and ".join(names) or "any log") + self._problem

    def __enter__(self) -> Logs:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._journal:
            self._journal.close()
        for tail in self._tails:
            tail.close()

    def read(self, longest: float) -> list[str]:
        """Return the new lines; when there are none yet, wait a little first, at most ``longest`` seconds."""
        lines = self._read()
        if lines:
            self._step = _SHORTEST_STEP
            return lines
        wait = max(0.0, min(self._step, longest))
        if self._journal:
            self._journal.wait(wait)
        else:
            time.sleep(wait)
        self._step = min(self._step * 1.3, _LONGEST_STEP)
        return self._read()

    def _read(self) -> list[str]:
        lines = self._journal.read() if self._journal else []
        for tail in self._tails:
            lines.extend(tail.read())
        return lines


class _Tail:
    """The lines that a file gets from now on, across its rotation."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._partial = b""
        self._file: IO[bytes] | None = self._open()
        if self._file:
            self._file.seek(0, os.SEEK_END)

    def read(self) -> list[str]:
        got = self._file.read() if self._file else b""
        if not got and self._is_replaced():
            self.close()
            self._file = self._open()
            got = self._file.read() if self._file else b""
        *whole, self._partial = (self._partial + got).split(b"\n")
        return [line.decode("utf-8", "replace") for line in whole]

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None

    def _open(self) -> IO[bytes] | None:
        with contextlib.suppress(OSError):
            return open(self._path, "rb")
        return None

    def _is_replaced(self) -> bool:
        try:
            there = os.stat(self._path)
        except OSError:
            return False
        if self._file is None:
            return True
        here = os.fstat(self._file.fileno())
        return (here.st_dev, here.st_ino) != (there.st_dev, there.st_ino)
