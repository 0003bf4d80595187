# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of the playbook verify, with this machine as every host and the simulator in SES's place."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from simulator_client import ADDRESSES, Simulator

CHECKOUT = Path(__file__).resolve().parents[2]
REGION = "eu-west-1"
#: One of SES's ports that takes no root to listen on
PORT = 2587
VARIABLES = {"ses_relay_region": REGION, "ses_relay_sender_domain": "example.com", "ses_relay_port": PORT}
#: Nothing listens there, and nothing answers.
UNREACHABLE = {
    "ansible_connection": "ssh",
    "ansible_host": "127.0.0.1",
    "ansible_port": 9,
    "ansible_ssh_common_args": "-o BatchMode=yes -o ConnectTimeout=2",
}


@dataclass(frozen=True)
class Run:
    """What a run said, how it ended, and what it wrote."""

    output: str
    status: int
    folder: Path

    def report(self, name: str = "ses-verify") -> dict[str, Any]:
        """Return the report's data."""
        file = self.folder / f"{name}.json"
        assert file.exists(), self.output
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return found

    def states(self) -> dict[str, str]:
        """Return the state of each host in the report."""
        return {one["name"]: one["state"] for one in self.report()["hosts"]}

    def failed(self, host: str) -> str:
        """Return the message with which a host failed at the end."""
        found = re.findall(rf"^fatal: \[{host}\]: FAILED! => (\{{.*\}})$", self.output, re.MULTILINE)
        assert found, f"{host} did not fail:\n{self.output}"
        return str(json.loads(found[-1])["msg"])

    def counts(self, host: str) -> dict[str, int]:
        """Return the numbers of a host's line in the recap."""
        found = re.search(rf"^{host}\s+: (ok=.*)$", self.output, re.MULTILINE)
        assert found, self.output
        return {key: int(value) for key, value in (pair.split("=") for pair in found.group(1).split())}


@dataclass(frozen=True)
class Machine:
    """This machine, where SES's name leads to the simulator and its CA is trusted, for a run and nobody else."""

    folder: Path
    simulator: Simulator

    def run(self, playbook: str, hosts: dict[str, dict[str, Any]], *options: str, **variables: Any) -> Run:
        """Run a playbook for hosts with variables of their own."""
        inventory, values, names = (self.folder / name for name in ("hosts.yml", "variables.json", "hosts"))
        everywhere = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": everywhere}}))
        values.write_text(json.dumps({**VARIABLES, **variables}))
        names.write_text(f"127.0.0.1 localhost\n{ADDRESSES[REGION]} email-smtp.{REGION}.amazonaws.com\n")
        command = ["ansible-playbook", "-i", str(inventory), "-e", f"@{values}", *options, playbook]
        done = subprocess.run(
            # A mount namespace of its own: what it sees as /etc/hosts, nobody else sees.
            ["unshare", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]), "--mount", "sh", "-c"]
            + ['mount --bind "$0" /etc/hosts && exec "$@"', str(names), *command],
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        return Run(done.stdout, done.returncode, self.folder)

    def _environment(self) -> dict[str, str]:
        settings = self.folder / "ansible.cfg"
        settings.touch()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "AWS_"))}
        return {
            **kept,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            # Not what $0 was before: where the user is, the report is.
            "PWD": str(self.folder),
            "ANSIBLE_CONFIG": str(settings),
            "ANSIBLE_HOME": str(self.folder / ".ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".cache/import"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_HOST_KEY_CHECKING": "false",
            "AWS_ENDPOINT_URL": self.simulator.api,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "SSL_CERT_FILE": self.simulator.ca,
            "no_proxy": "*",
            "NO_PROXY": "*",
        }
