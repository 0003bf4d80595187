# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting, finding and stopping a simulator."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from simulator_client import ADDRESSES, FILES, STARTTLS, run_command, start_options

API_PORT = 24580
ADDRESS = ADDRESSES["eu-west-1"]
MAIN = "from ses_simulator.cli import main; sys.exit(main())"
OPTIONS = start_options(api_port=API_PORT, offset=100)


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "state"
    assert run_command("stop", tmp_path / "state").returncode == 0


def pid_of(directory: Path) -> int:
    return int((directory / "simulator.pid").read_text(encoding="ascii"))


def test_from_start_to_stop(directory: Path) -> None:
    started = run_command("start", directory, *OPTIONS)
    assert started.returncode == 0, started.stderr
    assert "started" in started.stdout
    for told in (f"http://{ADDRESS}:{API_PORT}", str(directory / "ca.pem"), f"SMTP eu-west-1: {ADDRESS}"):
        assert told in started.stdout
    pid, authority = pid_of(directory), (directory / "ca.pem").read_bytes()

    again = run_command("start", directory, *OPTIONS)
    assert (again.returncode, pid_of(directory)) == (0, pid)
    assert "already running" in again.stdout

    status = json.loads(run_command("status", directory, "--json").stdout)
    assert (status["running"], status["pid"], status["current"]) == (True, pid, True)

    other = run_command("start", directory, *OPTIONS, "--verify-identities")
    assert other.returncode == 1
    assert "other options" in other.stderr

    replaced = run_command("start", directory, *OPTIONS, "--verify-identities", "--replace")
    assert "restarted" in replaced.stdout
    assert pid_of(directory) != pid
    assert (directory / "ca.pem").read_bytes() == authority

    assert "stopped" in run_command("stop", directory).stdout
    assert "not running" in run_command("stop", directory).stdout
    assert run_command("status", directory).returncode == 3
    assert not (directory / "simulator.pid").exists()


def test_a_killed_simulator_does_not_block_the_next(directory: Path) -> None:
    assert run_command("start", directory, *OPTIONS).returncode == 0
    pid = pid_of(directory)
    os.kill(pid, 9)
    started = run_command("start", directory, *OPTIONS)
    assert started.returncode == 0, started.stderr
    assert pid_of(directory) != pid


def test_identities_verified_at_once(directory: Path) -> None:
    assert run_command("start", directory, *OPTIONS, "--verify-identities").returncode == 0
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    ses = boto3.client("sesv2", region_name="eu-west-1", endpoint_url=f"http://{ADDRESS}:{API_PORT}", **keys)
    made = ses.create_email_identity(EmailIdentity="auto.example.com")
    assert (made["VerifiedForSendingStatus"], made["DkimAttributes"]["Status"]) == (True, "SUCCESS")


@pytest.mark.parametrize("port", [STARTTLS + 100, API_PORT])
def test_a_taken_port(directory: Path, port: int) -> None:
    with socket.create_server((ADDRESS, port)):
        failed = run_command("start", directory, *OPTIONS)
    assert failed.returncode == 1
    assert f"cannot listen on {ADDRESS} port {port}: another program listens there" in failed.stderr
    assert "ss -ltnp" in failed.stderr


def test_an_address_that_the_machine_does_not_have(directory: Path) -> None:
    failed = run_command("start", directory, "--region", "eu-west-1=192.0.2.77", "--port", "20700")
    assert failed.returncode == 1
    assert "cannot listen on 192.0.2.77 port 20700: this machine has no such address" in failed.stderr
    assert "ip address add 192.0.2.77/32" in failed.stderr


def test_a_missing_package(directory: Path) -> None:
    # A virtualenv's interpreter without its site-packages has nothing but the standard library.
    failed = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(FILES)!r})\n{MAIN}",
            "serve",
            "--state-dir",
            str(directory),
            *OPTIONS,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert failed.returncode == 1
    assert "is missing: run '" in failed.stderr
    assert "requirements.txt" in failed.stderr
    assert "Traceback" not in failed.stderr


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--region", "eu-west-1"], "give REGION=ADDRESS"),
        (["--region", "eu-west-1=host"], "give REGION=ADDRESS"),
        (["--region", f"eu-west-1={ADDRESS}", "--api", "4579"], "give ADDRESS:PORT"),
        (["--region", f"eu-west-1={ADDRESS}", "--port", "25/ssl"], "'starttls' or 'tls'"),
        (["--region", f"eu-west-1={ADDRESS}", "--idle-timeout", "never"], "number of seconds"),
    ],
)
def test_options_that_cannot_be(directory: Path, options: list[str], complaint: str) -> None:
    failed = run_command("start", directory, *options)
    assert failed.returncode == 2
    assert complaint in failed.stderr
