# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether Sendmail's daemon runs, and whether the host starts it at boot."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import sendmail_daemon

WANTED = "etc/systemd/system/multi-user.target.wants/sendmail.service"
UNIT = "usr/lib/systemd/system/sendmail.service"
SCRIPT = "etc/rc3.d/S01sendmail"


@pytest.mark.parametrize(
    ("files", "starts"),
    [
        ([], False),
        ([SCRIPT], True),
        ([UNIT], False),
        # Debian 13 as installed: the unit hides the script.
        ([UNIT, SCRIPT], False),
        ([UNIT, SCRIPT, WANTED], True),
        (["etc/rc3.d/K01sendmail", "etc/rc3.d/S01exim4"], False),
    ],
)
def test_starts_at_boot(tmp_path: Path, files: list[str], starts: bool) -> None:
    for name in files:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert sendmail_daemon.starts_at_boot(str(tmp_path)) is starts


@pytest.mark.parametrize(
    ("title", "leads", "found"),
    [
        ("sendmail: MTA: accepting connections", True, True),
        ("sendmail: rejecting connections on daemon MTA-v4: load average: 20", True, True),
        ("sendmail: MTA: accepting connections", False, False),
        ("sendmail: running queue: /var/spool/mqueue", True, False),
    ],
)
def test_a_daemon_without_a_pid_file_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, title: str, leads: bool, found: bool
) -> None:
    monkeypatch.setattr(sendmail_daemon, "PID_FILES", (str(tmp_path / "none"),))
    process = subprocess.Popen([title, "30"], executable="/bin/sleep", start_new_session=leads)
    try:
        # A process has no title for a moment after it was started.
        while not Path(f"/proc/{process.pid}/cmdline").read_bytes():
            time.sleep(0.01)
        assert sendmail_daemon.pid({}) == (process.pid if found else 0)
    finally:
        process.kill()
        process.wait()
