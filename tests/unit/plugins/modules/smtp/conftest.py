# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module as Ansible runs it, against the SMTP server of the session's own tests."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[5]
_FIXTURES = CHECKOUT / "tests/unit/plugins/module_utils/_smtp/conftest.py"
MODULE = "ansible_collections.cloudmail.ses.plugins.modules.ses_smtp_test"

_spec = importlib.util.spec_from_file_location("smtp_server_fixtures", _FIXTURES)
assert _spec and _spec.loader
_server = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = _server
_spec.loader.exec_module(_server)

authority = _server.authority
ca_path = _server.ca_path
event_loop_thread = _server.event_loop_thread
serve = _server.serve


def _environment() -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    paths = [str(CHECKOUT / ".cache/import"), *(path for path in sys.path if path)]
    return {**environment, "PYTHONPATH": os.pathsep.join(paths), "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True)
class Runner:
    """Runs the module in a process, and playbooks at -vvvvv."""

    directory: Path

    def module(self, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        """Return the module's result, without what was asked for."""
        given = json.dumps({"ANSIBLE_MODULE_ARGS": {"_ansible_check_mode": check_mode, **options}})
        done = subprocess.run(
            [sys.executable, "-m", MODULE],
            input=given,
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.stdout.strip(), done.stderr
        result: dict[str, Any] = json.loads(done.stdout)
        return {**result, "rc": done.returncode}

    def playbook(self, tasks: list[dict[str, Any]], variables: dict[str, Any], *options: str) -> str:
        """Run tasks on this host, as talkative as Ansible can be; return all that it wrote anywhere."""
        log = self.directory / "ansible.log"
        play = [{"hosts": "localhost", "gather_facts": False, "connection": "local", "tasks": tasks}]
        (self.directory / "play.yml").write_text(json.dumps(play))
        (self.directory / "variables.json").write_text(json.dumps(variables))
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "ansible",
                "playbook",
                "play.yml",
                "-vvvvv",
                "--diff",
                "-e",
                "@variables.json",
                *options,
            ],
            cwd=self.directory,
            env={
                **_environment(),
                "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".cache/import"),
                "ANSIBLE_HOME": str(self.directory / "home"),
                "ANSIBLE_INJECT_FACT_VARS": "False",
                "ANSIBLE_LOCALHOST_WARNING": "False",
                "ANSIBLE_LOG_PATH": str(log),
                "ANSIBLE_NOCOLOR": "True",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        said = done.stdout + done.stderr + log.read_text()
        assert done.returncode == 0, said
        return said


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)
