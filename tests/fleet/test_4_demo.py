# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo as `make demo` runs it, on new hosts, at the highest verbosity; and where its secrets are."""

from __future__ import annotations

import base64
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from harness import CHECKOUT, FLEET, STATE, Ansible, Run, Simulator, aws, fleet_hosts, make_hosts

pytestmark = pytest.mark.usefixtures("simulator")


class ProcessList(threading.Thread):
    """Collects the command line of every process on this machine, those in the hosts' containers among them."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: set[bytes] = set()
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(0.02):
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    self.seen.add((process / "cmdline").read_bytes())
                except OSError:
                    continue

    def stop(self) -> bytes:
        self._done.set()
        self.join()
        return b"\n".join(self.seen)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, bytes, dict[str, Any]]:
    """A run of the demo with the process list meanwhile, and the credential that it stored."""
    for host in fleet_hosts():
        host.remove()
    make_hosts()
    # The secret access key is kept just so that the test knows what to look for.
    variables = {"ses_provision_keep_secret_access_key": True, "ses_provision_credential_name": "demo"}
    processes = ProcessList()
    processes.start()
    try:
        run = Ansible(tmp_path_factory.mktemp("demo")).run(
            "cloudmail.ses.demo", variables, "-vvvvv", "--diff", "-e", f"@{FLEET}/demo.yml"
        )
    finally:
        seen = processes.stop()
    assert run.status == 0, run.output[-20000:]
    stored = json.loads(aws("secretsmanager").get_secret_value(SecretId="demo")["SecretString"])
    return run, seen, stored


@pytest.fixture(scope="module")
def secrets(demo: tuple[Run, bytes, dict[str, Any]]) -> list[str]:
    """The secret access key and the password, plain and as SMTP's AUTH sends them."""
    stored = demo[2]
    password = stored["passwords"]["eu-west-1"]
    plain = base64.b64encode(f"\0{stored['username']}\0{password}".encode()).decode()
    return [stored["secret_access_key"], password, plain, base64.b64encode(password.encode()).decode()]


def test_shows_every_host_and_what_arrived(demo: tuple[Run, bytes, dict[str, Any]], simulator: Simulator) -> None:
    run, _seen, stored = demo
    for host in fleet_hosts():
        for subject in (f"Check of {host.name}, straight to SES", f"Check of {host.name}, through its mail server"):
            message = simulator.message(subject=subject)
            assert message["access_key_id"] == stored["username"]
            assert message["id"] in run.output


def test_writes_a_report_of_every_host(demo: tuple[Run, bytes, dict[str, Any]], secrets: list[str]) -> None:
    page = CHECKOUT / ".cache/ses-verify.html"
    assert f"Report: {page}" in demo[0].output
    report = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert {one["name"]: one["state"] for one in report["hosts"]} == {host.name: "passed" for host in fleet_hosts()}
    # Of a good host, everything is as it should be, and nothing is left out.
    states = {check["state"] for one in report["hosts"] for check in one["checks"].values()}
    assert states == {"ok"}, report["hosts"]
    assert {one["through"]["mta"] for one in report["hosts"]} == {"postfix"}
    for file in (page, page.with_suffix(".json")):
        assert file.stat().st_mode & 0o777 == 0o600
        assert [secret[:4] for secret in secrets if secret in file.read_text(encoding="utf-8")] == []


def test_no_secret_in_the_output(demo: tuple[Run, bytes, dict[str, Any]], secrets: list[str]) -> None:
    assert "TASK [" in demo[0].output and "PODMAN" in demo[0].output.upper()
    assert [secret[:4] for secret in secrets if secret in demo[0].output] == []


def test_no_secret_in_the_process_list(demo: tuple[Run, bytes, dict[str, Any]], secrets: list[str]) -> None:
    assert b"AnsiballZ_mta_config" in demo[1]
    assert [secret[:4] for secret in secrets if secret.encode() in demo[1]] == []


def test_no_secret_in_a_file_that_others_can_read(secrets: list[str]) -> None:
    for host in fleet_hosts():
        assert host.readable_by_others(secrets) == []
        assert host.readable_by_others(["relayhost ="]) != [], "this search finds nothing at all"
        host.write("/root/patterns", "\n".join(secrets) + "\n")
        own = sorted(host.run("grep -rlFf /root/patterns /etc /var/lib /var/spool").split())
        logged = host.run("journalctl --no-pager -o cat | grep -cFf /root/patterns; true").strip()
        host.run("rm /root/patterns")
        assert own == ["/etc/postfix/ses/credentials", "/etc/postfix/ses/credentials.db"]
        assert host.run("stat -c %a " + " ".join(own)).split() == ["600", "600"]
        assert logged == "0"


def test_no_secret_left_on_the_controller(secrets: list[str]) -> None:
    for folder in (STATE, CHECKOUT / ".cache/ansible"):
        for file in folder.rglob("*"):
            if file.is_file() and "venv" not in file.parts:
                content = file.read_bytes()
                assert not any(secret.encode() in content for secret in secrets), file


def test_the_whole_way_again_changes_nothing(
    ansible: Ansible, demo: tuple[Run, bytes, dict[str, Any]], simulator: Simulator
) -> None:
    """The playbook site, by the name that users give it, on the account and the hosts that the demo has set up."""
    simulator.ask("DELETE", "calls")
    variables = {
        "ses_hosts": "fleet",
        "ses_provision_domain": "example.com",
        "ses_provision_region": "eu-west-1",
        "ses_provision_credential_name": "demo",
        "ses_provision_keep_secret_access_key": True,
        "ses_relay_region": "eu-west-1",
        "ses_relay_sender_domain": "example.com",
        "ses_relay_root_alias": "ops@example.com",
    }
    run = ansible.run("cloudmail.ses.site", variables)
    assert run.status == 0, run.output
    assert set(run.counts("changed").values()) == {0}
    calls = simulator.ask("GET", "calls")
    assert calls
    assert [call["operation"] for call in calls if call["write"]] == []
