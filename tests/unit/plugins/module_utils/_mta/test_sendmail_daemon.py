# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether Sendmail's daemon runs, and whether the host starts it at boot."""

from __future__ import annotations

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
    ("program", "namespaces", "found"),
    [
        ("sendmail-mta", "77", True),
        ("sendmail", "77", True),
        ("python3", "77", False),
        # The daemon of a container, which this host sees among its own processes
        ("sendmail-mta", "77\t12", False),
        ("", "", False),
    ],
)
def test_the_process_of_the_pid_file_is_the_daemon(
    monkeypatch: pytest.MonkeyPatch, program: str, namespaces: str, found: bool
) -> None:
    texts = {
        "/run/own.pid": "77\n/usr/sbin/sendmail-mta -bd\n",
        "/proc/77/comm": f"{program}\n",
        "/proc/77/status": f"Name:\t{program}\nNSpid:\t{namespaces}\nNSpgid:\t77\n",
    }
    monkeypatch.setattr(sendmail_daemon, "_read", lambda path: texts.get(path, ""))
    assert sendmail_daemon.pid({"PidFile": "/run/own.pid"}) == (77 if found else 0)


def test_without_a_pid_file_no_process_is_the_daemon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sendmail_daemon, "PID_FILES", (str(tmp_path / "none"),))
    assert sendmail_daemon.pid({}) == 0
