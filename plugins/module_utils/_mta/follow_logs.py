# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the mail log gets from now on: from files, and from systemd's journal."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import time
from types import TracebackType
from typing import IO

_MAIL_FACILITY = "SYSLOG_FACILITY=2"
_SHORTEST_STEP, _LONGEST_STEP = 0.03, 0.25


class Logs:
    """A context in which read() returns the lines that were logged since it was entered."""

    def __init__(self, paths: tuple[str, ...], *, journal: bool) -> None:
        self._tails = [_Tail(path) for path in paths]
        self._paths = paths
        self._wants_journal = journal and os.path.exists("/run/systemd/journal/socket")
        self._journal: subprocess.Popen[bytes] | None = None
        self._partial = b""
        self._step = _SHORTEST_STEP

    @property
    def description(self) -> str:
        """Where the lines come from, for messages."""
        names = list(self._paths) + (["the journal"] if self._journal else [])
        return " and ".join(names) or "any log"

    def __enter__(self) -> Logs:
        command = shutil.which("journalctl") if self._wants_journal else None
        if command:
            # One process that follows, instead of one for each look.
            self._journal = subprocess.Popen(
                [
                    command,
                    "--quiet",
                    "--follow",
                    "--no-tail",
                    f"--since=@{int(time.time()) - 1}",
                    "--output=short",
                    _MAIL_FACILITY,
                ],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._journal:
            self._journal.kill()
            self._journal.communicate()
        for tail in self._tails:
            tail.close()

    def read(self, longest: float) -> list[str]:
        """Wait a little, or until the journal says something, and return the new lines."""
        wait = max(0.0, min(self._step, longest))
        lines = self._read_journal(wait)
        for tail in self._tails:
            lines.extend(tail.read())
        self._step = _SHORTEST_STEP if lines else min(self._step * 1.3, _LONGEST_STEP)
        return lines

    def _read_journal(self, wait: float) -> list[str]:
        stream = self._journal.stdout if self._journal else None
        if stream is None:
            time.sleep(wait)
            return []
        ready, _, _ = select.select([stream], [], [], wait)
        if not ready:
            return []
        got = os.read(stream.fileno(), 65536)
        if not got:  # journalctl ended; the files may still say something.
            time.sleep(wait)
            return []
        *whole, self._partial = (self._partial + got).split(b"\n")
        return [line.decode("utf-8", "replace") for line in whole]


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
