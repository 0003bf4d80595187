# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What systemd's journal gets from now on.

Read with libsystemd itself. The command journalctl takes a process to start, and is told of new entries up to a
quarter of a second late (journald's POST_CHANGE_TIMER_INTERVAL_USEC), each time that the message goes a step.
"""

from __future__ import annotations

import ctypes
import os
import time

_LOCAL_ONLY, _SYSTEM = 1, 4  # sd-journal.h: SD_JOURNAL_LOCAL_ONLY, SD_JOURNAL_SYSTEM
_SOCKET = "/run/systemd/journal/socket"


class JournalError(OSError):
    """The journal cannot be read."""


def is_running() -> bool:
    """Whether this host has systemd's journal."""
    return os.path.exists(_SOCKET)


class Journal:
    """The entries with ``match`` (FIELD=value) from one second ago on; JournalError when there is no reading them."""

    def __init__(self, match: str) -> None:
        self._handle = ctypes.c_void_p()
        try:
            self._library = ctypes.CDLL("libsystemd.so.0")
            self._call("sd_journal_open", ctypes.byref(self._handle), _LOCAL_ONLY | _SYSTEM)
            self._call("sd_journal_add_match", self._handle, match.encode("utf-8"), ctypes.c_size_t(0))
            since = ctypes.c_uint64(int((time.time() - 1) * 1_000_000))
            self._call("sd_journal_seek_realtime_usec", self._handle, since)
        except (OSError, AttributeError) as exc:
            raise JournalError(f"the journal cannot be read: {exc}") from exc

    def wait(self, seconds: float) -> None:
        """Wait for new entries; this also takes notice of the journal's rotation."""
        self._library.sd_journal_wait(self._handle, ctypes.c_uint64(int(seconds * 1_000_000)))

    def read(self) -> list[str]:
        """Return the new entries as lines of the form that syslog gives them."""
        lines = []
        while self._library.sd_journal_next(self._handle) > 0:
            name = self._field("SYSLOG_IDENTIFIER")
            pid = self._field("SYSLOG_PID") or self._field("_PID")
            lines.append(f"{self._time()} {name}[{pid}]: {self._field('MESSAGE')}")
        return lines

    def close(self) -> None:
        """Let go of the journal."""
        self._library.sd_journal_close(self._handle)

    def _call(self, name: str, *arguments: object) -> None:
        status = int(getattr(self._library, name)(*arguments))
        if status < 0:
            raise OSError(-status, f"{name}: {os.strerror(-status)}")

    def _field(self, name: str) -> str:
        data, size = ctypes.c_void_p(), ctypes.c_size_t()
        status = self._library.sd_journal_get_data(
            self._handle, name.encode("ascii"), ctypes.byref(data), ctypes.byref(size)
        )
        if status < 0:
            return ""
        return ctypes.string_at(data, size.value)[len(name) + 1 :].decode("utf-8", "replace")

    def _time(self) -> str:
        stamp = ctypes.c_uint64()
        self._library.sd_journal_get_realtime_usec(self._handle, ctypes.byref(stamp))
        return time.strftime("%b %d %H:%M:%S", time.localtime(stamp.value / 1_000_000))
