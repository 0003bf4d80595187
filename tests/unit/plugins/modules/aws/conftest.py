# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules as Ansible runs them, each in a process of its own, against a running simulator."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parents[5]
SIMULATOR = CHECKOUT / "roles" / "ses_simulator" / "files"
MODULE_SERVER = Path(__file__).with_name("module_server.py")
MODULES = "ansible_collections.cloudmail.ses.plugins.modules"
REGION = "eu-west-1"


@dataclass(frozen=True)
class Aws:
    """A simulator, and modules that talk to it."""

    url: str
    smtp: tuple[str, int]
    ca_path: str
    environment: dict[str, str]
    #: Runs modules; see module_server.py.
    server: subprocess.Popen[str]
    #: How much of a module's pauses is waited for.
    pace: float = 1.0

    def module(self, module: str, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        """Run a module; return its result, with ``rc``."""
        settings = {"_ansible_check_mode": check_mode, "_ansible_diff": True, "region": REGION}
        order = {
            "module": f"{MODULES}.{module}",
            "input": json.dumps({"ANSIBLE_MODULE_ARGS": {**settings, **options}}),
            "environment": self.environment,
            "pace": self.pace,
        }
        assert self.server.stdin
        assert self.server.stdout
        self.server.stdin.write(json.dumps(order) + "\n")
        self.server.stdin.flush()
        done = json.loads(self.server.stdout.readline())
        assert done["stdout"].strip(), done
        result: dict[str, Any] = {"rc": done["rc"], **json.loads(done["stdout"])}
        # What was asked for is not what came out.
        result.pop("invocation", None)
        return result

    def control(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_simulator/{path}", data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def calls(self) -> list[tuple[str, bool]]:
        """Return the calls since the last time: the operation, and whether it writes."""
        calls = self.control("GET", "calls")
        self.control("DELETE", "calls")
        return [(call["operation"], call["write"]) for call in calls]

    def verify(self, identity: str, status: str = "verified") -> None:
        self.control("POST", "identities", {"region": REGION, "identity": identity, "status": status})


def _free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    directory = str(tmp_path_factory.mktemp("simulator"))
    # An address of this process, so that several can run side by side.
    address = f"127.{21 + os.getpid() % 200}.{os.getpid() // 200 % 250}.9"
    url = f"{address}:{_free_port(address)}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_"))}
    paths = [str(SIMULATOR), *(path for path in sys.path if path)]
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    command = [sys.executable, "-m", "ses_simulator"]
    start = [
        "start",
        "--state-dir",
        directory,
        "--region",
        f"{REGION}={address}",
        "--region",
        f"us-east-1={address[:-1]}8",
        "--api",
        url,
    ]
    smtp_port = _free_port(address)
    subprocess.run(
        [*command, *start, "--port", f"{smtp_port}/starttls"],
        env=environment,
        check=True,
        timeout=90,
        stdout=subprocess.DEVNULL,
    )
    credentials = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, str(MODULE_SERVER)], env=environment, **pipes) as server:
        yield Aws(
            f"http://{url}",
            (address, smtp_port),
            f"{directory}/ca.pem",
            {**environment, **credentials, "AWS_ENDPOINT_URL": f"http://{url}"},
            server,
        )
    stop = [*command, "stop", "--state-dir", directory]
    subprocess.run(stop, env=environment, check=True, timeout=90, stdout=subprocess.DEVNULL)


@pytest.fixture
def aws(running: Aws) -> Aws:
    """The simulator of this session with no calls noted; each test uses names of its own."""
    running.calls()
    return running
