# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SES would refuse fails before the mail server is touched, with cause and fix, and mail goes on as before."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

import pytest
from harness import Ansible, Host, Simulator

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import derive_smtp_password

FAULT = "faults"


class Case(NamedTuple):
    """Variables of the role that are wrong, made from the IAM key; words of the error; what the simulator does."""

    wrong: Callable[[dict[str, str]], dict[str, Any]]
    words: list[str]
    fault: dict[str, Any] | None = None


def setting(name: str, value: str) -> dict[str, Any]:
    return {"ses_relay_settings": {"postfix": {name: value}}}


CASES = {
    "wrong password": Case(
        lambda key: {"ses_relay_password": derive_smtp_password("another+secret+key", "eu-west-1")},
        ["535", "eu-west-1", "password"],
    ),
    "password of another region": Case(
        lambda key: {"ses_relay_password": derive_smtp_password(key["SecretAccessKey"], "us-east-1")},
        ["535", "eu-west-1", "region"],
    ),
    "IAM secret in place of the password": Case(
        lambda key: {"ses_relay_password": key["SecretAccessKey"]}, ["secret access key", "smtp_password"]
    ),
    "temporary key": Case(lambda key: {"ses_relay_username": "ASIA" + key["AccessKeyId"][4:]}, ["ASIA", "temporary"]),
    "unverified sender": Case(
        lambda key: {"ses_relay_sender_domain": "unverified.example"},
        ["554", "unverified.example", "eu-west-1", "erify"],
    ),
    "closed port": Case(lambda key: {"ses_relay_host": "localhost"}, ["localhost:587", "refused"]),
    "address in place of a name": Case(lambda key: {"ses_relay_host": "10.86.6.11"}, ["10.86.6.11", "no host name"]),
    "name that nobody knows": Case(lambda key: {"ses_relay_host": "nowhere.fleet.example"}, ["nowhere.fleet.example"]),
    "certificate for another name": Case(
        lambda key: {"ses_relay_port": 2587},
        ["certificate", "email-smtp.eu-west-1.amazonaws.com"],
        {"port": 2587, "kind": "wrong_name"},
    ),
    "certificate of an unknown authority": Case(
        lambda key: {"ses_relay_port": 2465},
        ["Nobody whom this host trusts", "CA certificates"],
        {"port": 2465, "kind": "unknown_ca"},
    ),
    "region without SMTP": Case(lambda key: {"ses_relay_region": "eu-south-1"}, ["eu-south-1", "SMTP"]),
    "setting that Postfix does not know": Case(lambda key: setting("relayhots", "x"), ["relayhots", "postconf(5)"]),
    "setting that Postfix refuses": Case(lambda key: setting("inet_interfaces", "203.0.113.9"), ["203.0.113.9"]),
}
# As many as there are hosts are asked for at the same time, each on a host.
TOGETHER = 3


@pytest.mark.parametrize("first", range(0, len(CASES), TOGETHER))
def test_is_refused_before_anything_is_touched(
    ansible: Ansible,
    relaying: list[Host],
    credential: dict[str, Any],
    key: dict[str, str],
    simulator: Simulator,
    first: int,
) -> None:
    cases = dict(zip(relaying, list(CASES.values())[first : first + TOGETHER]))
    before = {host.name: host.configuration() for host in cases}
    usual = {"ses_relay_host": "", "ses_relay_port": 587, "ses_relay_settings": {}, **credential}
    for case in cases.values():
        if case.fault:
            simulator.ask("POST", FAULT, {"region": "eu-west-1", **case.fault})
    try:
        run = ansible.relay_each(
            {host.name: {**usual, "ses_relay_verify_timeout": 10, **case.wrong(key)} for host, case in cases.items()}
        )
    finally:
        simulator.ask("DELETE", FAULT)
    assert run.status != 0
    assert set(run.counts("failed").values()) == {1}, run.output
    assert credential["ses_relay_password"] not in run.output
    assert {host.name: host.configuration() for host in cases} == before
    for host, case in cases.items():
        message = run.failure(host.name)
        assert [word for word in case.words if word.lower() not in message.lower()] == [], message
        host.send(f"after refusal {first} from {host.name}")
        simulator.message(subject=f"after refusal {first} from {host.name}")
