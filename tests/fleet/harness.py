# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Handles for the tests on real hosts: the hosts, the simulator, and runs of ansible-playbook."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterator

import boto3
import yaml

sys.path.append(str(Path(__file__).resolve().parent / "connection_plugins"))

from entered import command_in

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import derive_smtp_password

CHECKOUT = Path(__file__).resolve().parent.parent.parent
FLEET = CHECKOUT / "tests/fleet"
STATE = CHECKOUT / ".cache/fleet/simulator"
VARS = yaml.safe_load((FLEET / "vars.yml").read_text())
REGIONS: dict[str, str] = VARS["fleet_regions"]
REGION = "eu-west-1"
DOMAIN = "example.com"
API = f"{VARS['fleet_simulator_api']}:4579"


def inventory() -> Path:
    """Return the inventory that `make` was told to use."""
    return CHECKOUT / os.environ.get("INVENTORY", "tests/fleet/inventory.yml")


def wait_for(what: str, seen: Callable[[], Any], *, seconds: float = 20) -> Any:
    """Return the first true answer of C(seen); fail with C(what) when there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = seen()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"no {what} within {seconds} s")


class Simulator:
    """The simulator's own HTTP interface, and its life."""

    def __init__(self) -> None:
        self.ca = STATE / "ca.pem"

    def _command(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "ses_simulator", *arguments, "--state-dir", str(STATE)],
            cwd=CHECKOUT / "roles/ses_simulator/files",
            check=True,
        )

    def start(self) -> None:
        regions = [f"--region={name}={address}" for name, address in REGIONS.items()]
        self._command("start", f"--api={API}", "--verify-identities", *regions)

    def stop(self) -> None:
        self._command("stop")

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            f"http://{API}/_simulator/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read().decode()
        return json.loads(text) if text.strip() else None

    def messages(self, **wanted: str) -> list[dict[str, Any]]:
        """Return the accepted messages with this recipient, mail_from, subject or region, oldest first."""
        found: list[dict[str, Any]] = self.ask("GET", "messages?" + urllib.parse.urlencode(wanted))
        return found

    def message(self, **wanted: str) -> dict[str, Any]:
        """Return the one message that arrives within some seconds."""
        found: list[dict[str, Any]] = wait_for(f"message with {wanted}", lambda: self.messages(**wanted))
        assert len(found) == 1, found
        return found[0]


@dataclass(frozen=True)
class Host:
    """A test host, reached past Ansible."""

    name: str

    def entered(self) -> list[str]:
        """Return the beginning of a command that runs on the host."""
        return command_in(CHECKOUT / f".cache/fleet/{self.name}.pid")

    def run(self, command: str, *, check: bool = True) -> str:
        done = subprocess.run(
            [*self.entered(), "bash", "-c", command],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert not check or done.returncode == 0, f"{self.name}: {command}: {done.stdout}{done.stderr}"
        return done.stdout

    def remove(self) -> None:
        subprocess.run(["podman", "rm", "--force", "--time=0", self.name], check=True, stdout=subprocess.DEVNULL)

    def write(self, path: str, content: str) -> None:
        subprocess.run([*self.entered(), "tee", path], input=content, text=True, check=True, stdout=-3)

    def readable_by_others(self, secrets: list[str]) -> list[str]:
        """Return the files in which an account without any rights finds one of the secrets."""
        search = ["runuser", "-u", "nobody", "--", "grep", "-rlsFf", "-", "--devices=skip"]
        places = [f"/{name}" for name in self.run("ls /").split() if name not in ("dev", "proc", "sys")]
        done = subprocess.run(
            [*self.entered(), *search, *places],
            input="\n".join(secrets) + "\n",
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode in (0, 1, 2) and not done.stderr, done.stderr
        return done.stdout.splitlines()

    def configuration(self) -> dict[str, str]:
        """Return owner, mode, size and time of the last change of all that a relay's configuration could touch."""
        listed = self.run(
            "find /etc /usr/sbin /var/mail /var/lib/dpkg/status -xdev ! -type d -printf '%p %u:%g %m %s %C@ %l\\n'"
        )
        return dict(line.split(" ", 1) for line in listed.splitlines())

    def send(self, subject: str, *, to: str = "success@simulator.amazonses.com", sender: str = "") -> None:
        """Hand a message to the host's mail server as cron would."""
        option = f"-f '{sender}'" if sender else ""
        self.run(f"printf 'Subject: {subject}\\n\\nHello.\\n' | /usr/sbin/sendmail {option} '{to}'")

    def queue(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.run("postqueue -j").splitlines()]


@dataclass
class Run:
    """What a run of ansible-playbook did."""

    output: str
    status: int
    stats: dict[str, dict[str, int]] = field(default_factory=dict)

    def failure(self, host: str) -> str:
        """Return the message with which a host failed."""
        found = re.search(rf"fatal: \[{host}\]: FAILED! => (\{{.*\}})", self.output)
        assert found, f"{host} did not fail:\n{self.output}"
        return str(json.loads(found.group(1))["msg"])

    def counts(self, name: str) -> dict[str, int]:
        return {host: stats[name] for host, stats in self.stats.items()}


RECAP = re.compile(r"^(\S+)\s+: (ok=.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Ansible:
    """Runs of ansible-playbook on the fleet, with the collection as it is installed."""

    folder: Path
    inventory: Path = field(default_factory=inventory)

    def start(self, playbook: str, variables: dict[str, Any], *options: str) -> subprocess.Popen[str]:
        """Start a run; its variables are in a file that nobody else can read."""
        file = self.folder / "variables.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(variables))
        environment = {
            **os.environ,
            "AWS_ENDPOINT_URL": f"http://{API}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_FORKS": "8",
        }
        return subprocess.Popen(
            ["ansible-playbook", "-i", str(self.inventory), "-e", f"@{file}", *options, playbook],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, playbook: str, variables: dict[str, Any], *options: str) -> Run:
        process = self.start(playbook, variables, *options)
        output, _nothing = process.communicate(timeout=600)
        stats = {
            host: {key: int(value) for key, value in (pair.split("=") for pair in counts.split())}
            for host, counts in RECAP.findall(output)
        }
        return Run(output=output, status=process.returncode, stats=stats)

    def play(self, tasks: str, variables: dict[str, Any], *options: str) -> Run:
        """Run a play of these tasks on the fleet."""
        file = self.folder / "play.yml"
        play = {"name": "Test", "hosts": "fleet", "gather_facts": False, "tasks": yaml.safe_load(tasks)}
        file.write_text(yaml.safe_dump([play]))
        return self.run(str(file), variables, *options)

    def relay_each(self, variables: dict[str, dict[str, Any]]) -> Run:
        """Run the role on hosts with variables of their own: by host, each with the same names."""
        names = {name for values in variables.values() for name in values}
        of_host = {name: f"{{{{ of_host[inventory_hostname].{name} }}}}" for name in names}
        return self.relay({"of_host": variables, **of_host}, "--limit", ",".join(variables))

    def relay(self, variables: dict[str, Any], *options: str) -> Run:
        """Run the role ses_relay on the fleet."""
        return self.play(
            "[{name: Relay, ansible.builtin.import_role: {name: cloudmail.ses.ses_relay}}]", variables, *options
        )


def aws(service: str, region: str = REGION) -> Any:
    """Return a client of the simulator's AWS API."""
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=f"http://{API}",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def start_simulator() -> Simulator:
    """Start a simulator with an empty account that is out of the sandbox."""
    simulator = Simulator()
    simulator.stop()
    simulator.start()
    for region in (REGION, "us-east-1"):
        simulator.ask("POST", "account", {"region": region, "production_access": True, "max_send_rate": 500})
    return simulator


def make_key() -> dict[str, str]:
    """Make an IAM key that may send, as DOMAIN, which is verified in REGION alone."""
    aws("sesv2").create_email_identity(EmailIdentity=DOMAIN)
    iam = aws("iam")
    iam.create_user(UserName="fleet-test")
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*"}],
    }
    iam.put_user_policy(UserName="fleet-test", PolicyName="send", PolicyDocument=json.dumps(policy))
    key: dict[str, str] = iam.create_access_key(UserName="fleet-test")["AccessKey"]
    return key


def relay_variables(key: dict[str, str]) -> dict[str, Any]:
    """Return the variables of ses_relay for a host that relays through REGION."""
    return {
        "ses_relay_username": key["AccessKeyId"],
        "ses_relay_password": derive_smtp_password(key["SecretAccessKey"], REGION),
        "ses_relay_region": REGION,
        "ses_relay_sender_domain": DOMAIN,
        "ses_relay_root_alias": f"ops@{DOMAIN}",
    }


def make_hosts() -> list[Host]:
    """Make the hosts of the inventory that do not exist yet."""
    subprocess.run(
        ["ansible-playbook", "-i", str(inventory()), str(FLEET / "create.yml")], check=True, stdout=sys.stderr
    )
    return list(fleet_hosts())


def trust(hosts: list[Host], simulator: Simulator) -> None:
    """Let hosts trust the simulator's CA, which is all that tells them from hosts in production."""
    certificate = simulator.ca.read_text()
    for host in hosts:
        host.write("/usr/local/share/ca-certificates/ses-simulator.crt", certificate)
        host.run("update-ca-certificates")


def fleet_hosts() -> Iterator[Host]:
    """Yield the hosts of the inventory."""
    for name in yaml.safe_load(inventory().read_text())["fleet"]["hosts"]:
        yield Host(name)
