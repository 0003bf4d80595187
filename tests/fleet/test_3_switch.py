# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A relay that somebody else has set up, and another mail server in the place of one whose queue is not empty.

The tests of this file build on each other's host, in this order.
"""

from __future__ import annotations

from typing import Any, Iterator

import pytest
from harness import Ansible, Host, Simulator, wait_for

FOREIGN = "[mail.example.net]:25"


@pytest.fixture(scope="module")
def host(relaying: list[Host], credential: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Host:
    """A host with Postfix that relays through a server of somebody else."""
    host = relaying[1]
    taken_away = Ansible(tmp_path_factory.mktemp("absent")).relay(
        {**credential, "ses_relay_state": "absent"}, "--limit", host.name
    )
    assert taken_away.status == 0, taken_away.output
    assert host.run("postconf -h relayhost") == "\n"
    host.run(f"postconf -e 'relayhost = {FOREIGN}'")
    return host


@pytest.fixture
def throttled(host: Host, simulator: Simulator) -> Iterator[None]:
    """SES puts off whatever comes from the host."""
    fault = {"region": "eu-west-1", "kind": "throttle", "client": host.run("hostname -I").split()[0]}
    simulator.ask("POST", "faults", fault)
    yield
    simulator.ask("DELETE", "faults")


def test_a_relay_of_somebody_else_is_not_replaced_unasked(
    ansible: Ansible, host: Host, credential: dict[str, Any]
) -> None:
    before = host.configuration()
    run = ansible.relay(credential, "--limit", host.name)
    assert run.status != 0
    message = run.failure(host.name)
    for words in (FOREIGN, "[email-smtp.eu-west-1.amazonaws.com]:587", "ses_relay_take_over"):
        assert words in message
    assert host.configuration() == before


def test_it_is_replaced_when_asked_and_comes_back_in_the_end(
    ansible: Ansible, host: Host, credential: dict[str, Any], simulator: Simulator
) -> None:
    main_cf = host.run("cat /etc/postfix/main.cf")
    run = ansible.relay({**credential, "ses_relay_take_over": True}, "--limit", host.name)
    assert run.status == 0, run.output
    host.send(f"taken over from {host.name}")
    simulator.message(subject=f"taken over from {host.name}")
    gone = ansible.relay({**credential, "ses_relay_state": "absent"}, "--limit", host.name)
    assert gone.counts("changed") == {host.name: 1}, gone.output
    assert host.run("cat /etc/postfix/main.cf") == main_cf
    host.run("postconf -X relayhost")


def test_a_queue_that_is_not_empty_keeps_its_mail_server(
    ansible: Ansible, host: Host, credential: dict[str, Any], throttled: None
) -> None:
    assert ansible.relay(credential, "--limit", host.name).status != 0, "SES takes nothing from this host now"
    assert ansible.relay({**credential, "ses_relay_verify": False}, "--limit", host.name).status == 0
    host.send(f"waits on {host.name}")
    wait_for("message in the queue", lambda: [one for one in host.queue() if one["queue_name"] == "deferred"])
    before = host.configuration()
    exim = {**credential, "ses_relay_verify": False, "ses_relay_mta": "exim", "ses_relay_drain": 2}
    run = ansible.relay(exim, "--limit", host.name)
    assert run.status != 0
    assert "The queue of postfix is not empty after 2 s, and what it holds (messages: 1)" in run.failure(host.name)
    assert host.configuration() == before
    assert host.run("dpkg --list 'exim4*' | grep ^ii || true") == ""


def test_it_leaves_by_the_old_mail_server_and_then_the_new_one_takes_over(
    ansible: Ansible, host: Host, credential: dict[str, Any], simulator: Simulator
) -> None:
    run = ansible.relay({**credential, "ses_relay_mta": "exim"}, "--limit", host.name)
    assert run.status == 0, run.output
    simulator.message(subject=f"waits on {host.name}")
    assert host.readable_by_others([credential["ses_relay_password"]]) == []
    assert host.run(f"grep -rlF '{credential['ses_relay_password']}' /etc/postfix /var/lib/cloudmail-ses || true") == ""
    host.send(f"by Exim from {host.name}")
    message = simulator.message(subject=f"by Exim from {host.name}")
    assert message["envelope"]["mail_from"] == "root@example.com"
    assert host.run("dpkg --list postfix | grep ^ii || true") == ""


def test_auto_keeps_the_mail_server_that_the_host_has(ansible: Ansible, host: Host, credential: dict[str, Any]) -> None:
    run = ansible.relay({**credential, "ses_relay_mta": "auto"}, "--limit", host.name)
    assert run.status == 0, run.output
    assert run.counts("changed") == {host.name: 0}
