# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Exim's class finds on a host, and how it lets a daemon read a new configuration."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import exim
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.errors import MtaError
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.host import Outcome
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.mail_server import Request

RESTART = ["systemctl stop", "systemctl start"]
RELOAD = ["update-exim4.conf", "SIGHUP"]


class Host:
    """Files below a folder, and what was asked of the service and of the daemon."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.done: list[str] = []
        for name in ("WHOLE", "MADE_FROM", "TEMPLATE", "LOCAL_MACROS", "PID", "PROC"):
            monkeypatch.setattr(exim, name, str(root / name))
        monkeypatch.setattr(exim, "run", self.run)
        monkeypatch.setattr(exim, "_service", lambda verb: self.done.append(f"systemctl {verb}"))
        monkeypatch.setattr(exim, "_end", lambda daemon: None)
        monkeypatch.setattr(os, "kill", lambda pid, number: self.done.append(signal.Signals(number).name))
        monkeypatch.setattr(exim.time, "sleep", lambda seconds: None)
        self.verified = ""

    def run(self, command: list[str]) -> Outcome:
        if command[0] == "dpkg":
            return Outcome(0, self.verified, "")
        self.done.append(command[0])
        return Outcome(0, "", "")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def daemon(self, status: str, program: str = "exim4") -> None:
        self.write("PID", "77\n")
        self.write("PROC/77/comm", f"{program}\n")
        self.write("PROC/77/status", f"Name:\t{program}\n{status}Seccomp:\t0\n")


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("status", "done"),
    [
        ("NoNewPrivs:\t0\n", RELOAD),
        # A daemon that may not become root again could not open its sockets after SIGHUP.
        ("NoNewPrivs:\t1\n", RESTART),
        # A kernel that does not say so
        ("", RELOAD),
        ("NoNewPrivs:\t10\n", RELOAD),
    ],
)
def test_a_daemon_that_cannot_become_root_again_is_restarted(host: Host, status: str, done: list[str]) -> None:
    host.daemon(status)
    exim.Exim(Request()).load([])
    assert host.done == done


@pytest.mark.parametrize(("program", "runs"), [("exim4", True), ("python3", False)])
def test_the_process_of_the_pid_file_is_the_daemon(host: Host, program: str, runs: bool) -> None:
    host.daemon("", program)
    assert exim.Exim(Request()).running() is runs


def test_no_daemon_without_a_pid_file(host: Host) -> None:
    assert not exim.Exim(Request()).running()


@pytest.mark.parametrize(
    ("files", "verified", "found"),
    [
        ({"MADE_FROM": "dc_use_split_config='true'\n"}, "", []),
        ({"MADE_FROM": "dc_use_split_config='false'\n"}, "", []),
        ({"MADE_FROM": "dc_use_split_config='false'\n"}, "??5?????? c TEMPLATE", ["which somebody has changed"]),
        ({"MADE_FROM": "dc_use_split_config='true'\n", "WHOLE": "\n"}, "", ["was made by somebody else"]),
        ({"MADE_FROM": "dc_use_split_config='true'\n", "LOCAL_MACROS": "A=b\n"}, "", []),
        ({"MADE_FROM": "dc_use_split_config='false'\n", "LOCAL_MACROS": "A=b\n"}, "", ["which somebody has made"]),
        (
            {
                "MADE_FROM": "dc_eximconfig_configtype='smarthost'\n"
                "dc_smarthost='mx.example.net'\ndc_use_split_config='true'\n"
            },
            "",
            ["dc_smarthost is mx.example.net"],
        ),
        # Debian leaves the name of a smart host that is used no more.
        (
            {
                "MADE_FROM": "dc_eximconfig_configtype='local'\n"
                "dc_smarthost='mx.example.net'\ndc_use_split_config='true'\n"
            },
            "",
            [],
        ),
    ],
)
def test_what_of_somebody_else_would_be_lost(
    host: Host, files: dict[str, str], verified: str, found: list[str]
) -> None:
    for name, text in files.items():
        host.write(name, text)
    host.verified = verified.replace("TEMPLATE", exim.TEMPLATE)
    said = exim.Exim(Request()).conflicts()
    assert len(said) == len(found)
    assert all(part in sentence for part, sentence in zip(found, said))


def test_a_refused_configuration_names_the_file_and_not_the_copy() -> None:
    said = Outcome(1, "", "main option in /etc/exim4/.ses-check/conf.d/main/x: for the second time")
    with pytest.raises(MtaError) as caught:
        exim._refuse(said, "/etc/exim4/.ses-check")
    assert ".ses-check" not in str(caught.value)
    assert "the new /etc/exim4/conf.d/main/x" in str(caught.value)
    assert "Set the macro" in str(caught.value)
