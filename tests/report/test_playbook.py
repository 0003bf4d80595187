# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook verify: whatever becomes of its hosts, all of them are in the report, and then the bad ones fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from runs import PORT, REGION, UNREACHABLE, Machine, Run
from simulator_client import ADDRESSES, API_PORT, SEND, Simulator, run_command

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.document import Document, StoredKey, write_document

VERIFY = "cloudmail.ses.verify"
WRONG = {"ses_verify_password": "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"}
#: There may be a mail server on this machine, which is none of ours to send mail with.
STRAIGHT = {"ses_verify_through_mta": False, "ses_verify_timeout": 10}


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """A simulator with the credential that the playbook looks for."""
    directory = tmp_path_factory.mktemp("simulator")
    options = ["--region", f"{REGION}={ADDRESSES[REGION]}", "--api", f"{ADDRESSES[REGION]}:{API_PORT}"]
    options += ["--port", f"{PORT}/starttls"]
    started = run_command("start", directory, *options)
    assert started.returncode == 0, started.stderr
    simulator = Simulator(directory)
    account = {"production_access": True, "max_send_rate": 1000, "max_24_hour_send": 50000}
    simulator.control("POST", "account", {"region": REGION, **account})
    simulator.verified("example.com")
    sender = simulator.sender(SEND)
    key = StoredKey(sender.access_key_id, "2026-01-01T00:00:00Z", {REGION: sender.password()})
    stored = write_document(Document(sender.name, key))
    simulator.client("secretsmanager").create_secret(Name="ses-smtp-example-com", SecretString=stored)
    yield simulator
    run_command("stop", directory)


@pytest.fixture
def machine(tmp_path: Path, simulator: Simulator) -> Machine:
    simulator.control("DELETE", "messages")
    simulator.control("DELETE", "faults")
    simulator.control("DELETE", "calls")
    return Machine(tmp_path, simulator)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory, simulator: Simulator) -> Run:
    """A run in two batches, of which all hosts of the first one fail: a wrong password, a host that is away, one that
    can send, and one that lacks a variable. The limit leaves another one out."""
    hosts = {
        "wrong1": WRONG,
        "away1": UNREACHABLE,
        "good1": {},
        "lacks1": {"ses_verify_sender": "{{ not_there }}"},
        "other1": WRONG,
    }
    folder = tmp_path_factory.mktemp("mixed")
    return Machine(folder, simulator).run(VERIFY, hosts, "--limit", "!other1", ses_verify_serial=2, **STRAIGHT)


def test_every_host_is_in_the_report_whatever_became_of_it(mixed: Run) -> None:
    """A batch of which all hosts fail does not end the run, and a limit leaves the others out."""
    assert mixed.states() == {"wrong1": "failed", "away1": "unreachable", "lacks1": "untested", "good1": "passed"}
    assert [one["name"] for one in mixed.report()["hosts"]][-1] == "good1", mixed.output


def test_hosts_that_cannot_send_fail_after_the_report_was_written(mixed: Run) -> None:
    assert mixed.status != 0
    assert "535 Authentication Credentials Invalid" in mixed.failed("wrong1")
    assert "Derive the password" in mixed.failed("wrong1")
    assert "could not log in" in mixed.failed("away1")
    assert mixed.counts("good1")["failed"] == 0
    assert "1 of 4 hosts can send through Amazon SES: 1 failed, 1 could not be reached, 1 not tested." in mixed.output
    assert mixed.output.count("can send through Amazon SES") == 1


def test_what_aws_says_is_in_the_report(mixed: Run) -> None:
    found = mixed.report()
    assert [one["region"] for one in found["account"]["regions"]] == [REGION]
    good = next(one for one in found["hosts"] if one["name"] == "good1")
    assert good["checks"]["quota"]["text"].endswith("of 50,000 left")
    assert good["checks"]["identity"] == {"state": "ok", "text": "message accepted"}
    wrong = next(one for one in found["hosts"] if one["name"] == "wrong1")
    assert wrong["checks"]["identity"] == {"state": "ok", "text": "example.com verified"}


def test_files_are_for_their_owner_alone_and_hold_no_secret(mixed: Run, simulator: Simulator) -> None:
    secret = json.loads(
        simulator.client("secretsmanager").get_secret_value(SecretId="ses-smtp-example-com")["SecretString"]
    )
    for name in ("ses-verify.html", "ses-verify.json"):
        file = mixed.folder / name
        assert file.stat().st_mode & 0o777 == 0o600
        assert secret["passwords"][REGION] not in file.read_text()
        assert WRONG["ses_verify_password"] not in file.read_text()
    assert "<!DOCTYPE html>" in (mixed.folder / "ses-verify.html").read_text()


def test_a_fleet_that_can_send_ends_well_and_asks_aws_once(machine: Machine) -> None:
    run = machine.run(VERIFY, {f"web{number}": {} for number in range(4)}, "--diff", **STRAIGHT)
    assert run.status == 0, run.output
    assert run.report()["totals"]["passed"] == 4
    assert "4 of 4 hosts can send through Amazon SES." in run.output
    assert f"Report: {run.folder}/ses-verify.html" in run.output
    assert all(run.counts(f"web{number}")["changed"] == 0 for number in range(4))
    assert "<!DOCTYPE" not in run.output
    calls = [call["operation"] for call in machine.simulator.control("GET", "calls")]
    # However many hosts there are
    assert len(calls) <= 6, calls


def test_check_mode_stops_after_the_envelope_and_aws_that_does_not_answer_is_a_note(machine: Machine) -> None:
    fault = {"service": "sesv2", "error": "AccessDeniedException", "count": None}
    faults = [{**fault, "operation": name} for name in ("GetAccount", "GetEmailIdentity")]
    machine.simulator.control("POST", "api", {"faults": faults})
    try:
        run = machine.run(VERIFY, {"web1": {}}, "--check", **{**STRAIGHT, "ses_verify_through_mta": True})
    finally:
        machine.simulator.control("DELETE", "api")
    assert run.status == 0, run.output
    [host] = run.report()["hosts"]
    assert host["checks"]["straight"] == {"state": "stopped", "text": "stopped after the envelope"}
    assert host["checks"]["through"] == {"state": "none", "text": "not asked"}
    assert "Check mode: nothing was sent." in run.output
    assert machine.simulator.messages() == []
    assert any("AWS could not be asked" in note for note in run.report()["account"]["notes"])


def own_credential(simulator: Simulator) -> dict[str, str]:
    """Return the credential as somebody has it who keeps it in the inventory."""
    stored = json.loads(
        simulator.client("secretsmanager").get_secret_value(SecretId="ses-smtp-example-com")["SecretString"]
    )
    return {"ses_relay_username": stored["username"], "ses_relay_password": stored["passwords"][REGION]}


def test_hosts_with_a_credential_of_their_own_need_no_store(machine: Machine) -> None:
    own = own_credential(machine.simulator)
    machine.simulator.control("DELETE", "calls")
    wrong = {**own, "ses_relay_password": WRONG["ses_verify_password"]}
    run = machine.run(VERIFY, {"web1": own, "wrong1": wrong}, ses_relay_credential="not-there", **STRAIGHT)
    assert run.states() == {"wrong1": "failed", "web1": "passed"}
    assert machine.simulator.control("GET", "calls") == []


def test_the_role_in_plays_of_its_own(machine: Machine) -> None:
    """It writes where it is told and nothing otherwise, and fails hosts unless that is not wanted."""
    (machine.folder / "play.yml").write_text(
        yaml.safe_dump(
            [
                _play("Nobody fails", ses_verify_fail=False, ses_verify_report="fleet/today.htm"),
                _play("No report"),
                _play("A folder that is not there", ses_verify_report="away/today.html"),
            ]
        )
    )
    (machine.folder / "fleet").mkdir()
    given = own_credential(machine.simulator)
    run = machine.run("play.yml", {"web1": {}, "wrong1": WRONG}, **given, **STRAIGHT)
    assert run.status != 0
    first, second, third = run.output.split("PLAY RECAP")[0].split("PLAY [")[1:]
    assert "fatal" not in first
    assert (machine.folder / "fleet/today.htm").exists()
    assert run.report("fleet/today")["totals"]["failed"] == 1
    assert "535" in run.failed("wrong1") and "fatal: [wrong1]" in second and "fatal: [web1]" not in second
    assert "away does not exist" in third
    assert sorted(path.name for path in machine.folder.rglob("*.htm*")) == ["today.htm"]


def _play(name: str, **variables: Any) -> dict[str, Any]:
    role = {"role": "cloudmail.ses.ses_verify"}
    return {"name": name, "hosts": "all", "gather_facts": False, "become": False, "vars": variables, "roles": [role]}
