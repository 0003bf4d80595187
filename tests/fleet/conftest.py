# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the tests on real hosts. `make fleet-test` makes the hosts and runs them all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator

import boto3
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import API, FLEET, Ansible, Host, Simulator, fleet_hosts, inventory

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import derive_smtp_password

REGION = "eu-west-1"
DOMAIN = "example.com"


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """A simulator of our own, with an account that is out of the sandbox."""
    simulator = Simulator()
    simulator.stop()
    simulator.start()
    for region in (REGION, "us-east-1"):
        simulator.ask("POST", "account", {"region": region, "production_access": True, "max_send_rate": 500})
    yield simulator
    simulator.stop()


def aws(service: str, region: str = REGION) -> Any:
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=f"http://{API}",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture(scope="session")
def key(simulator: Simulator) -> dict[str, str]:
    """An IAM key that may send as DOMAIN, which is verified in REGION alone."""
    aws("sesv2").create_email_identity(EmailIdentity=DOMAIN)
    iam = aws("iam")
    iam.create_user(UserName="fleet-test")
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*"}],
    }
    iam.put_user_policy(UserName="fleet-test", PolicyName="send", PolicyDocument=json.dumps(policy))
    made: dict[str, str] = iam.create_access_key(UserName="fleet-test")["AccessKey"]
    return made


@pytest.fixture(scope="session")
def credential(key: dict[str, str]) -> dict[str, Any]:
    """The variables of ses_relay for a host that relays through REGION."""
    return {
        "ses_relay_username": key["AccessKeyId"],
        "ses_relay_password": derive_smtp_password(key["SecretAccessKey"], REGION),
        "ses_relay_region": REGION,
        "ses_relay_sender_domain": DOMAIN,
        "ses_relay_root_alias": f"ops@{DOMAIN}",
    }


@pytest.fixture
def ansible(tmp_path: Path) -> Ansible:
    return Ansible(tmp_path)


def trust(hosts: list[Host], simulator: Simulator) -> None:
    """Let hosts trust the simulator's CA, which is all that tells them from hosts in production."""
    certificate = simulator.ca.read_text()
    for host in hosts:
        host.write("/usr/local/share/ca-certificates/ses-simulator.crt", certificate)
        host.run("update-ca-certificates")


def make_hosts() -> list[Host]:
    subprocess.run(
        ["ansible-playbook", "-i", str(inventory()), str(FLEET / "create.yml")], check=True, stdout=sys.stderr
    )
    return list(fleet_hosts())


@pytest.fixture(scope="session")
def new_hosts(simulator: Simulator) -> list[Host]:
    """The hosts as they come out of the box: systemd and Python, no mail server, nothing left by an earlier run."""
    for host in fleet_hosts():
        host.remove()
    hosts = make_hosts()
    trust(hosts, simulator)
    return hosts


@pytest.fixture(scope="session")
def relaying(new_hosts: list[Host], credential: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> list[Host]:
    """Hosts that the role has set up, and that a second run leaves as they are."""
    run = Ansible(tmp_path_factory.mktemp("relay")).relay(credential)
    assert run.status == 0, run.output
    return new_hosts
