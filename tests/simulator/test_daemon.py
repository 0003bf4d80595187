# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state directory in the moments when it is held and nothing says by whom."""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path

import pytest

from ses_simulator import daemon


def test_one_that_ends_as_it_is_looked_at_is_not_running(tmp_path: Path) -> None:
    with open(tmp_path / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        threading.Timer(0.2, fcntl.flock, (lock, fcntl.LOCK_UN)).start()
        assert daemon.running(tmp_path) is None


def test_one_that_has_just_begun_is_waited_for(tmp_path: Path) -> None:
    about = tmp_path / "running.json"
    with open(tmp_path / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        threading.Timer(0.2, about.write_text, ('{"pid": 1, "settings": {}, "code": "c"}',)).start()
        assert daemon.running(tmp_path) == daemon.Running(1, {}, "c")


def test_one_that_never_says_who_it_is(tmp_path: Path) -> None:
    with open(tmp_path / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(daemon.DaemonError, match="does not say which: see 'fuser"):
            daemon.running(tmp_path)
