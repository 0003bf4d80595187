# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's way to SES: looked at, set up, unchanged, killed half way, spoiled and mended.

The tests of this file build on each other's hosts, in this order.
"""

from __future__ import annotations

import os
import signal
import subprocess
from typing import Any

import pytest
from harness import Ansible, Host, Simulator, wait_for

MAIN_CF_OF_OTHERS = "# kept by another team\nmaximal_queue_lifetime = 2d\n"


def test_check_mode_shows_all_and_changes_nothing(
    ansible: Ansible, new_hosts: list[Host], credential: dict[str, Any], simulator: Simulator
) -> None:
    before = {host.name: host.configuration() for host in new_hosts}
    sent = len(simulator.messages())
    run = ansible.relay(credential, "--check", "--diff")
    assert run.status == 0, run.output
    assert set(run.counts("changed").values()) == {1}
    for shown in (
        "+package postfix",
        "+relayhost = [email-smtp.eu-west-1.amazonaws.com]:587",
        "/etc/postfix/ses/credentials",
    ):
        assert shown in run.output
    assert credential["ses_relay_password"] not in run.output
    assert {host.name: host.configuration() for host in new_hosts} == before
    assert len(simulator.messages()) == sent


# Runs on the host: when the file shows, every module of Ansible there is killed, in the middle of what it does.
KILLER = """
import glob, os, signal, sys, time
end = time.monotonic() + 120
while not os.path.exists(sys.argv[1]):
    if time.monotonic() > end:
        sys.exit("was never there")
    time.sleep(0.0005)
killed = 0
for path in glob.glob("/proc/[0-9]*/cmdline"):
    try:
        pid, words = int(path.split("/")[2]), open(path, "rb").read()
    except OSError:
        continue
    if b"AnsiballZ" in words and pid != os.getpid():
        os.kill(pid, signal.SIGKILL)
        killed += 1
if not killed:
    sys.exit("no module was running")
"""


@pytest.mark.parametrize(
    "moment",
    [
        "/usr/sbin/postconf",
        "/etc/postfix/ses/.credentials.ses-staged",
        "/etc/postfix/.ses-check",
        "/etc/postfix/.ses-unfinished",
    ],
    ids=["installing", "staging", "checking", "switching"],
)
def test_a_run_killed_half_way_is_healed_by_the_next(
    ansible: Ansible, new_hosts: list[Host], credential: dict[str, Any], moment: str
) -> None:
    """One host is killed at the moment when a file shows: the module on it, then the controller.

    The controller may have seen the module's end (status 137) before its own: what counts is that
    the module got no further than the moment.
    """
    host = new_hosts[-1]
    host.run("rm -rf /etc/postfix/ses")
    killer = subprocess.Popen([*host.entered(), "python3", "-c", KILLER, moment])
    process = _start_relay(ansible, credential, host)
    try:
        assert killer.wait(150) == 0, "no module was killed at that moment: the killer's last line says why"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        output, _nothing = process.communicate()
    assert "changed=1" not in output, f"the run had ended before it was killed:\n{output}"
    assert host.readable_by_others([credential["ses_relay_password"]]) == []

    again = ansible.relay(credential, "--limit", host.name)
    assert again.status == 0, again.output
    assert host.run("find /etc -name '*.ses-staged*' -o -name '.ses-*'") == ""


def _start_relay(ansible: Ansible, credential: dict[str, Any], host: Host) -> subprocess.Popen[str]:
    file = ansible.folder / "killed.yml"
    file.write_text(f"[{{name: Killed, hosts: {host.name}, gather_facts: false, roles: [cloudmail.ses.ses_relay]}}]")
    return ansible.start(str(file), credential)


def test_a_first_run_sets_up_every_host(
    ansible: Ansible, relaying: list[Host], simulator: Simulator, key: dict[str, str]
) -> None:
    for host in relaying:
        host.send(f"first from {host.name}", to="someone@example.org")
        message = simulator.message(subject=f"first from {host.name}")
        assert message["envelope"] == {"mail_from": "root@example.com", "recipients": ["someone@example.org"]}
        assert message["access_key_id"] == key["AccessKeyId"]
        assert message["region"] == "eu-west-1"
        assert message["tls"]["version"] in ("TLSv1.2", "TLSv1.3")
        assert "root@example.com" in dict(message["headers"])["From"]


def test_a_second_run_changes_nothing(ansible: Ansible, relaying: list[Host], credential: dict[str, Any]) -> None:
    before = {host.name: host.configuration() for host in relaying}
    run = ansible.relay(credential)
    assert run.status == 0, run.output
    assert set(run.counts("changed").values()) == {0}
    assert {host.name: host.configuration() for host in relaying} == before


def test_root_is_mailed_outside_and_listens_inside(relaying: list[Host], simulator: Simulator) -> None:
    for host in relaying:
        host.send(f"cron of {host.name}", to="root")
        assert simulator.message(subject=f"cron of {host.name}")["envelope"]["recipients"] == ["ops@example.com"]
        listening = host.run("ss -Hltn 'sport = 25' | awk '{print $4}'").split()
        assert listening and all(address.startswith(("127.0.0.1", "[::1]")) for address in listening), listening


def test_bounces_reach_root_and_leave_the_queue(relaying: list[Host], simulator: Simulator) -> None:
    """SES refuses the null sender; what has it goes to root, who here reads mail at ops@example.com."""
    for host in relaying:
        host.send(f"null sender of {host.name}", to="someone@example.org", sender="<>")
        message = simulator.message(subject=f"null sender of {host.name}")
        assert message["envelope"]["recipients"] == ["ops@example.com"]
        assert message["envelope"]["mail_from"].endswith("@example.com")
        wait_for("empty queue", lambda host=host: host.queue() == [])


def test_settings_of_others_stay(ansible: Ansible, relaying: list[Host], credential: dict[str, Any]) -> None:
    host = relaying[0]
    host.run(f"printf '%s' '{MAIN_CF_OF_OTHERS}' >>/etc/postfix/main.cf")
    settings = {"smtp_tls_loglevel": 2, "myorigin": "internal.example"}
    run = ansible.relay({**credential, "ses_relay_settings": {"postfix": settings}})
    assert run.status == 0, run.output
    assert set(run.counts("changed").values()) == {1}
    main_cf = host.run("cat /etc/postfix/main.cf")
    assert MAIN_CF_OF_OTHERS in main_cf
    assert "smtp_tls_loglevel = 2\n" in main_cf
    # The addresses of the new domain leave as the verified one, in this same run.
    assert "@internal.example @example.com\n" in host.run("cat /etc/postfix/ses/addresses")
    for each in relaying:
        each.run("postconf -X myorigin")
    assert set(ansible.relay(credential).counts("changed").values()) == {1}


SPOILT = [
    ("rm /etc/postfix/ses/credentials.db", "lookup table missing"),
    ("touch -d '1 hour ago' /etc/postfix/ses/credentials.db", "lookup table older than its source"),
    ("chmod 644 /etc/postfix/ses/credentials", "mode 0644, not 0600"),
    ("postconf -e 'relayhost = [mail.example.net]:25'", "-relayhost = [mail.example.net]:25"),
    ("systemctl stop postfix", "-stopped"),
    ("printf 'relayhost = twice\\n' >>/etc/postfix/main.cf", "-relayhost = twice"),
]


@pytest.mark.parametrize("first", range(0, len(SPOILT), 3))
def test_what_was_spoilt_is_seen_and_mended(
    ansible: Ansible, relaying: list[Host], credential: dict[str, Any], first: int
) -> None:
    """Each host is spoilt in another way; two runs for three of them."""
    for host, (command, _reason) in zip(relaying, SPOILT[first:]):
        host.run(command)
    run = ansible.relay(credential, "--diff")
    assert run.status == 0, run.output
    assert set(run.counts("changed").values()) == {1}
    assert [reason for _command, reason in SPOILT[first : first + 3] if reason not in run.output] == []
    assert set(ansible.relay(credential).counts("changed").values()) == {0}


@pytest.mark.parametrize("ports", [(25, 465, 2465), (2587, 25, 465)])
def test_every_port(
    ansible: Ansible,
    relaying: list[Host],
    credential: dict[str, Any],
    simulator: Simulator,
    ports: tuple[int, ...],
) -> None:
    """Each host on another one."""
    of_host = dict(zip(relaying, ports))
    run = ansible.relay_each({host.name: {**credential, "ses_relay_port": port} for host, port in of_host.items()})
    assert run.status == 0, run.output
    for host, port in of_host.items():
        host.send(f"port {port} from {host.name}")
        assert simulator.message(subject=f"port {port} from {host.name}")["port"] == port


def test_back_to_the_usual_port(ansible: Ansible, relaying: list[Host], credential: dict[str, Any]) -> None:
    assert ansible.relay(credential).status == 0
