# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the proofs play: the scenario's hosts, all at the same time, the simulator, and runs of the role."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, TypeVar

import yaml

TESTS = Path(__file__).resolve().parents[4] / "tests/fleet"
# The last is where the collection is installed that the role's runs take.
sys.path += [str(TESTS), str(TESTS / "connection_plugins"), str(Path(__file__).parent)]
sys.path += os.environ["ANSIBLE_COLLECTIONS_PATH"].split(":")

from entered import command_in
from harness import CHECKOUT, RECAP, Simulator, aws, wait_for
from mail_servers import MAIL_SERVERS, MailServer

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import derive_smtp_password

SCENARIOS = CHECKOUT / "extensions/molecule"
FIRST, SECOND = "eu-west-1", "us-east-1"
RECIPIENT = "success@simulator.amazonses.com"
# Left by prepare.yml: prints all of /etc, and is run by apt after each installation, into this file.
LOOK = "/usr/local/sbin/look-at-etc"
AS_INSTALLED = "/var/tmp/etc-as-installed"

T = TypeVar("T")


@dataclass(frozen=True)
class Host:
    """A host of the scenario, entered past Ansible. Its commands run as its own administrator's would."""

    name: str
    mail_server: MailServer

    @property
    def fqdn(self) -> str:
        return f"{self.name}.fleet.example"

    @property
    def release(self) -> str:
        """Return the number of its Debian."""
        return self.name[-2:]

    def run(self, command: str, *, check: bool = True, stdin: str = "") -> str:
        """Run a command of the shell; return what it prints."""
        return self._enter(command, check=check, stdin=stdin).stdout

    def _enter(self, command: str, *, check: bool, stdin: str) -> subprocess.CompletedProcess[str]:
        entered = command_in(CHECKOUT / f".cache/fleet/{self.name}.pid")
        done = subprocess.run(
            # What a login shell or cron has, whose environment has no name of the host.
            [*entered, "env", "-u", "HOSTNAME", "bash", "-c", command],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
        assert not check or done.returncode == 0, f"{self.name}: {command}: {done.stdout}{done.stderr}"
        return done

    def send(
        self, subject: str, headers: str = "", *, command: str = "/usr/sbin/sendmail -t", check: bool = True
    ) -> int:
        """Hand a message to the host's mail server; return the command's exit status."""
        header = f"Subject: {subject}\n{headers}"
        to = "" if "To:" in header else f"To: {RECIPIENT}\n"
        return self._enter(command, check=check, stdin=f"{header}{to}\nHello.\n").returncode

    def queued(self) -> list[str]:
        return self.run(self.mail_server.queue).splitlines()

    def flush(self) -> None:
        """Let the mail server try again what waits."""
        self.run(self.mail_server.flush, check=False)

    def address(self) -> str:
        """Return the address that its connections come from."""
        return self.run("hostname -I").split()[0]

    def etc(self, *, times: bool = False) -> list[str]:
        """Return owner, mode and content of each file below /etc, and when it was written."""
        return self.run(f"{LOOK} {'times' if times else ''}").splitlines()


@dataclass(frozen=True)
class Run:
    """What a run of the role did."""

    output: str
    status: int
    changed: dict[str, int]

    def failure(self, host: str) -> str:
        """Return the message with which a host failed."""
        found = re.search(rf"fatal: \[{host}\]: FAILED! => (?={{)", self.output)
        assert found, f"{host} did not fail:\n{self.output}"
        result, _end = json.JSONDecoder().raw_decode(self.output, found.end())
        return str(result["msg"])


class FailedOnHostsError(AssertionError):
    """A proof failed on some of the hosts."""

    def __init__(self, failed: dict[Host, BaseException | None]) -> None:
        super().__init__("\n".join(f"{host.name}: {error}" for host, error in failed.items()))
        self.hosts = list(failed)


@dataclass
class Stage:
    """The scenario that is being proved."""

    mta: str
    inventory: str
    simulator: Simulator
    hosts: list[Host]
    refused: dict[str, dict[str, Any]]
    queues: bool
    done: dict[str, dict[str, str]] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)

    def each(self, do: Callable[[Host], T]) -> dict[Host, T]:
        """Return what ``do`` returns for each host, all at the same time; fail with all that failed."""
        with ThreadPoolExecutor(len(self.hosts)) as pool:
            begun = {host: pool.submit(do, host) for host in self.hosts}
        failed = {host: one.exception() for host, one in begun.items() if one.exception() is not None}
        if failed:
            raise FailedOnHostsError(failed)
        return {host: one.result() for host, one in begun.items()}

    def possible(self, variables: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """Return those variables, given by the word of their proof, that the mail server does not refuse."""
        return {
            name: value for word, some in variables.items() if word not in self.refused for name, value in some.items()
        }

    def relay(self, variables: dict[str, Any], *options: str) -> Run:
        """Run the role on all hosts, as `molecule converge` does, with other variables."""
        playbook = SCENARIOS / "shared/converge.yml"
        with NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(variables, file)
            file.flush()
            command = ["ansible-playbook", "-i", self.inventory, str(playbook), "-e", f"@{file.name}", *options]
            environment = {**os.environ, "ANSIBLE_NOCOLOR": "true", "ANSIBLE_FORCE_COLOR": "false"}
            done = subprocess.run(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, env=environment
            )
        recap = {host: re.search(r"changed=(\d+)", counts) for host, counts in RECAP.findall(done.stdout)}
        changed = {host: int(found[1]) for host, found in recap.items() if found and host != "localhost"}
        return Run(done.stdout, done.returncode, changed)

    def fault(self, region: str, kind: str, **fields: Any) -> None:
        self.simulator.ask("POST", "faults", {"region": region, "kind": kind, **fields})

    def heal(self) -> None:
        """End all misbehaviour of SES."""
        if self.simulator.ask("GET", "faults"):
            self.simulator.ask("DELETE", "faults")
            self._forgive()

    def begin_anew(self) -> None:
        """Close and forget all connections to SES."""
        self.simulator.ask("DELETE", "connections")
        self._forgive()

    def _forgive(self) -> None:
        self.each(lambda host: host.run(host.mail_server.forgive))

    def tried(self, host: Host) -> list[dict[str, Any]]:
        """Return the connections to SES that the host has made since they were forgotten."""
        found: list[dict[str, Any]] = self.simulator.ask("GET", f"connections?client={host.address()}")
        return found

    def arrived(self, host: Host, subject: str, *, seconds: float = 30, flushing: bool = False) -> dict[str, Any]:
        """Return the one message with this subject that SES takes within some time."""

        def seen() -> Any:
            found = self.simulator.messages(subject=subject)
            if flushing and not found:
                host.flush()
            return found

        found = wait_for(f"message {subject!r}", seen, seconds=seconds)
        assert len(found) == 1, found
        message: dict[str, Any] = found[0]
        assert message["tls"]["version"] in ("TLSv1.2", "TLSv1.3"), message
        return message

    def empty(self, host: Host, *, seconds: float = 30) -> None:
        """Wait until nothing is left in the host's queue."""
        wait_for(f"empty queue on {host.name}", lambda: not host.queued(), seconds=seconds)


def new_key(user: str, *, old: str) -> dict[str, Any]:
    """Make a second IAM key: return its user name and passwords, as the credential's lookup does, and whose it is."""
    key = aws("iam").create_access_key(UserName=user)["AccessKey"]
    passwords = {region: derive_smtp_password(key["SecretAccessKey"], region) for region in (FIRST, SECOND)}
    return {"username": key["AccessKeyId"], "passwords": passwords, "user": user, "old": old}


def set_old(key: dict[str, Any], status: str) -> None:
    """Make the key that a new one has replaced C(Inactive), or C(Active) again."""
    aws("iam").update_access_key(UserName=key["user"], AccessKeyId=key["old"], Status=status)


def delete(key: dict[str, Any]) -> None:
    """Delete a new key; the next scenario begins with the old one."""
    set_old(key, "Active")
    aws("iam").delete_access_key(UserName=key["user"], AccessKeyId=key["username"])


def header(message: dict[str, Any], name: str) -> list[str]:
    """Return the values of all headers of that name."""
    return [value for key, value in message["headers"] if key.lower() == name.lower()]


def scenario(name: str) -> dict[str, Any]:
    """Return a scenario's own variables."""
    settings = yaml.safe_load((SCENARIOS / name / "molecule.yml").read_text())
    variables: dict[str, Any] = settings["provisioner"]["inventory"]["group_vars"]["fleet"]
    return variables


def refused(name: str) -> dict[str, dict[str, Any]]:
    """Return the variables that a scenario's mail server refuses, by the proof that they stand for."""
    found: dict[str, dict[str, Any]] = scenario(name).get("molecule_refused", {})
    return found


def make(name: str, inventory: str) -> Stage:
    """Return the stage of a scenario."""
    variables = scenario(name)
    mta = variables["ses_relay_mta"]
    names = [platform["name"] for platform in yaml.safe_load((SCENARIOS / "base.yml").read_text())["platforms"]]
    hosts = [Host(name, MAIL_SERVERS[mta]) for name in names]
    return Stage(mta, inventory, Simulator(), hosts, refused(name), variables.get("molecule_queues", True))
