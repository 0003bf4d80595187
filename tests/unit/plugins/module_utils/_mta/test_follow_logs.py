# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that grow and rotate while they are read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_logs import Logs

if TYPE_CHECKING:
    from pathlib import Path


def test_only_what_is_new(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_text("old\n")
    with Logs((str(path),)) as logs:
        assert logs.read(0.01) == []
        with path.open("a") as file:
            file.write("one\ntw")
        assert logs.read(0.01) == ["one"]
        with path.open("a") as file:
            file.write("o\n")
        assert logs.read(0.01) == ["two"]


def test_a_file_that_is_rotated_or_made_later(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    with Logs((str(path),)) as logs:
        assert logs.read(0.01) == []
        path.write_text("one\n")
        assert logs.read(0.01) == ["one"]
        with path.open("a") as file:
            file.write("two\n")
        path.rename(tmp_path / "mail.log.1")
        path.write_text("three\n")
        assert logs.read(0.01) + logs.read(0.01) == ["two", "three"]


def test_the_wait_is_bounded(tmp_path: Path) -> None:
    with Logs((str(tmp_path / "none"),)) as logs:
        begun = time.monotonic()
        for _time in range(30):
            logs.read(0.001)
        assert time.monotonic() - begun < 0.5
