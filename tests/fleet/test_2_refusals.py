# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SES would refuse fails before the mail server is touched, with cause and fix, and mail goes on as before."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from harness import Ansible, Host, Simulator

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import derive_smtp_password

FAULT = "faults"
Case = Callable[[dict[str, str]], dict[str, Any]]

# What is wrong, as variables of the role made from the IAM key; a fault of the simulator; words of cause and fix.
CASES: dict[str, tuple[Case, dict[str, Any] | None, list[str]]] = {
    "wrong password": (
        lambda key: {"ses_relay_password": derive_smtp_password("another+secret+key", "eu-west-1")},
        None,
        ["535", "eu-west-1", "password"],
    ),
    "password of another region": (
        lambda key: {"ses_relay_password": derive_smtp_password(key["SecretAccessKey"], "us-east-1")},
        None,
        ["535", "eu-west-1", "region"],
    ),
    "IAM secret in place of the password": (
        lambda key: {"ses_relay_password": key["SecretAccessKey"]},
        None,
        ["secret access key", "smtp_password"],
    ),
    "temporary key": (lambda key: {"ses_relay_username": "ASIA" + key["AccessKeyId"][4:]}, None, ["ASIA", "temporary"]),
    "unverified sender": (
        lambda key: {"ses_relay_sender_domain": "unverified.example"},
        None,
        ["554", "unverified.example", "eu-west-1", "erify"],
    ),
    "closed port": (lambda key: {"ses_relay_host": "localhost"}, None, ["localhost:587", "refused"]),
    "address in place of a name": (lambda key: {"ses_relay_host": "10.86.6.11"}, None, ["10.86.6.11", "no host name"]),
    "name that nobody knows": (
        lambda key: {"ses_relay_host": "nowhere.fleet.example"},
        None,
        ["nowhere.fleet.example"],
    ),
    "certificate for another name": (
        lambda key: {"ses_relay_port": 2587},
        {"region": "eu-west-1", "port": 2587, "kind": "wrong_name"},
        ["certificate", "email-smtp.eu-west-1.amazonaws.com"],
    ),
    "certificate of an unknown authority": (
        lambda key: {"ses_relay_port": 2587},
        {"region": "eu-west-1", "port": 2587, "kind": "unknown_ca"},
        ["Nobody whom this host trusts", "CA certificates"],
    ),
    "region without SMTP": (lambda key: {"ses_relay_region": "eu-south-1"}, None, ["eu-south-1", "SMTP"]),
    "setting that Postfix does not know": (
        lambda key: {"ses_relay_settings": {"postfix": {"relayhots": "x"}}},
        None,
        ["relayhots", "postconf(5)"],
    ),
    "setting that Postfix refuses": (
        lambda key: {"ses_relay_settings": {"postfix": {"inet_interfaces": "203.0.113.9"}}},
        None,
        ["203.0.113.9"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_is_refused_before_anything_is_touched(
    ansible: Ansible,
    relaying: list[Host],
    credential: dict[str, Any],
    key: dict[str, str],
    simulator: Simulator,
    case: str,
) -> None:
    wrong, fault, words = CASES[case]
    before = {host.name: host.configuration() for host in relaying}
    if fault:
        simulator.ask("POST", FAULT, fault)
    try:
        run = ansible.relay({**credential, **wrong(key), "ses_relay_verify_timeout": 10})
    finally:
        simulator.ask("DELETE", FAULT)
    assert run.status != 0
    assert set(run.counts("failed").values()) == {1}, run.output
    assert {host.name: host.configuration() for host in relaying} == before
    for host in relaying:
        message = run.failure(host.name)
        assert [word for word in words if word.lower() not in message.lower()] == [], message
        assert credential["ses_relay_password"] not in run.output
        host.send(f"after {case} from {host.name}")
        simulator.message(subject=f"after {case} from {host.name}")
