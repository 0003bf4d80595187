# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ses_smtp_test with through=mta on every MTA: accepted, put off, refused, and what SES said as each MTA logs it."""

from __future__ import annotations

import json
import os
import re
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Iterator

import mtas
import pytest
from harness import CHECKOUT, DOMAIN, REGION, Ansible, Simulator, aws, relay_variables

sys.path.insert(0, str(CHECKOUT / "tests"))

from reply_rows import REFUSALS

ENDPOINT = f"email-smtp.{REGION}.amazonaws.com"
CORPUS = CHECKOUT / "tests/unit/plugins/module_utils/_smtp/texts/mta"
LOGGING = tuple(mta for mta in mtas.MTAS if mta.name in ("postfix", "exim", "sendmail", "opensmtpd"))
"""Those whose logs people read, and ask about."""
RECIPIENT = "success@simulator.amazonses.com"


@pytest.fixture(scope="module")
def relay(key: dict[str, str]) -> mtas.Relay:
    credential = relay_variables(key)
    return mtas.Relay(ENDPOINT, 587, credential["ses_relay_username"], credential["ses_relay_password"])


@pytest.fixture(scope="module", autouse=True)
def hosts(simulator: Simulator, relay: mtas.Relay) -> None:
    mtas.make(simulator, relay, anew="REUSE_MTAS" not in os.environ)


@pytest.fixture
def fleet(tmp_path: Path) -> Ansible:
    return Ansible(tmp_path, mtas.INVENTORY)


@pytest.fixture(autouse=True)
def faultless(simulator: Simulator) -> Iterator[None]:
    yield
    simulator.ask("DELETE", "faults")


RESULT = re.compile(r"^(?:ok|fatal): \[(?P<host>\S+)\](?:: FAILED!)? => (?P<result>\{.*\})$", re.MULTILINE)


def follow(fleet: Ansible, *options: str, **module: Any) -> dict[str, dict[str, Any]]:
    """Run ses_smtp_test on all hosts; return its result by the MTA's name."""
    arguments = {
        "through": "mta",
        "region": REGION,
        "mail_from": f"app@{DOMAIN}",
        "recipients": [RECIPIENT, "other@example.org"],
        "subject": f"{{{{ inventory_hostname }}}} {fleet.folder.name}",
        "timeout": 30,
        **module,
    }
    mtas.in_parallel(lambda mta: mta.start_afresh())
    run = fleet.play(json.dumps([{"name": "Follow", "cloudmail.ses.ses_smtp_test": arguments}]), {}, "-v", *options)
    results = {match["host"]: json.loads(match["result"]) for match in RESULT.finditer(run.output)}
    assert set(results) == {mta.host.name for mta in mtas.MTAS}, run.output
    return {mta.name: results[mta.host.name] for mta in mtas.MTAS}


def assert_failed(results: dict[str, dict[str, Any]], kind: str, *words: str) -> None:
    """Every MTA's result says the same, as far as its log tells it; nothing of the message is left in a queue."""
    wanted = {name: mtas.BY_NAME[name].hides.get(kind, kind) for name in results}
    assert {name: result["diagnosis"]["kind"] for name, result in results.items()} == wanted
    for name, result in results.items():
        assert not result["accepted"] and result["message_id"] is None
        missing = [word for word in words if word not in result["msg"]]
        assert missing == [] or wanted[name] != kind, f"{name}: {result['msg']}"
        assert mtas.BY_NAME[name].queued() == [], name


def test_accepted(fleet: Ansible, simulator: Simulator) -> None:
    for name, result in follow(fleet).items():
        message = simulator.message(subject=f"ses-{name} {fleet.folder.name}")
        assert result["accepted"] and result["message_id"] == message["id"]
        assert message["envelope"]["mail_from"] == f"app@{DOMAIN}"
        assert sorted(message["envelope"]["recipients"]) == ["other@example.org", RECIPIENT]
        assert (result["mta"], result["host"], result["code"]) == (name, ENDPOINT, 250)
        assert result["tls"] is None or result["tls"]["verified"]
        assert any(message["id"] in line for line in result["transcript"])
        assert mtas.BY_NAME[name].queued() == []


def test_check_mode_submits_nothing(fleet: Ansible, simulator: Simulator) -> None:
    for name, result in follow(fleet, "--check").items():
        assert not result["accepted"] and "nothing was submitted" in result["msg"]
        assert simulator.messages(subject=f"ses-{name} {fleet.folder.name}") == []


def test_throttled_and_tried_again(fleet: Ansible, simulator: Simulator) -> None:
    reply = "454 Throttling failure: Maximum sending rate exceeded."
    for client in mtas.in_parallel(lambda mta: mtas.address(mta.host)).values():
        fault = {"kind": "reply", "stage": "message", "reply": reply, "count": 1, "client": client, "region": REGION}
        simulator.ask("POST", "faults", fault)
    for name, result in follow(fleet).items():
        assert result["accepted"] and result["attempts"] == 2, f"{name}: {result}"
        assert any(reply.rstrip(".") in line for line in result["transcript"])
        simulator.message(subject=f"ses-{name} {fleet.folder.name}")


def test_quota_used_up_is_not_tried_again(fleet: Ansible, simulator: Simulator) -> None:
    simulator.ask("POST", "account", {"region": REGION, "max_24_hour_send": 0})
    try:
        results = follow(fleet)
    finally:
        simulator.ask("POST", "account", {"region": REGION, "max_24_hour_send": -1})
    assert_failed(results, "daily_quota", "454 Throttling failure: Daily message quota exceeded")
    assert {result["attempts"] for result in results.values()} == {1}


def test_sender_that_is_not_verified(fleet: Ansible) -> None:
    results = follow(fleet, mail_from="app@unverified.example")
    assert_failed(results, "not_verified", "554", REGION)
    for result in results.values():
        assert result["diagnosis"]["identities"] == ["app@unverified.example"]


def test_credential_that_is_not_valid_any_more(fleet: Ansible, relay: mtas.Relay) -> None:
    iam = aws("iam")
    key = {"UserName": "fleet-test", "AccessKeyId": relay.username}
    iam.update_access_key(**key, Status="Inactive")
    try:
        results = follow(fleet)
    finally:
        iam.update_access_key(**key, Status="Active")
    assert_failed(results, "credentials", "535 Authentication Credentials Invalid")
    assert relay.password not in json.dumps(results)


@pytest.mark.parametrize(("fault", "kind"), [("expired", "tls_expired"), ("wrong_name", "tls_wrong_name")])
def test_certificate(fleet: Ansible, simulator: Simulator, fault: str, kind: str) -> None:
    simulator.ask("POST", "faults", {"region": REGION, "kind": fault})
    assert_failed(follow(fleet), kind, ENDPOINT)


def test_server_that_does_not_answer(fleet: Ansible, simulator: Simulator) -> None:
    """The message is still being delivered when the time is up: it is removed, or stays, and then the result says so."""
    simulator.ask("POST", "faults", {"region": REGION, "kind": "delay", "seconds": 60})
    for name, result in follow(fleet, timeout=6).items():
        mta = mtas.BY_NAME[name]
        assert result["diagnosis"]["kind"] in ("still_queued", "timed_out"), f"{name}: {result}"
        left = mta.queued()
        assert bool(left) == (f"It is still in the queue as {result['queue_id']}" in result["msg"]), (
            result["msg"],
            left,
        )
        if left:
            mta.host.run(mta.clear or mta.afresh)


@pytest.fixture(scope="module")
def replies(simulator: Simulator, hosts: None) -> dict[str, dict[str, dict[str, Any]]]:
    """What came of a message that met each reply of SES, by MTA and row; all MTAs at the same time."""

    results: dict[str, dict[str, Any]] = {mta.name: {} for mta in LOGGING}
    with ExitStack() as stack:
        drivers = {mta.name: stack.enter_context(mtas.Driver(mta.host)) for mta in LOGGING}

        def send(mta: mtas.Mta) -> dict[str, Any]:
            mta.start_afresh()
            result = drivers[mta.name].send(timeout=15, retries=0, sender=f"app@{DOMAIN}", recipients=[RECIPIENT])
            return {**result, "left": mta.queued()}

        for row in REFUSALS:
            # Until all have met it: some MTAs log in by the other mechanism, or try again, on their own.
            simulator.ask("POST", "faults", {**row.forced, "region": REGION, "count": None})
            for name, result in mtas.in_parallel(send, LOGGING).items():
                results[name][row.name] = result
            simulator.ask("DELETE", "faults")
    if os.environ.get("WRITE_CORPUS"):
        for name, rows in results.items():
            hides = mtas.BY_NAME[name].hides
            lines = [(hides.get(row.kind, row.kind), rows[row.name]["transcript"]) for row in REFUSALS]
            mtas.write_corpus(CORPUS / f"{name}.log", lines)
    return results


@pytest.mark.parametrize("name", [mta.name for mta in LOGGING])
def test_every_reply_is_read_from_the_log(replies: dict[str, dict[str, dict[str, Any]]], name: str) -> None:
    hides = mtas.BY_NAME[name].hides
    for row in REFUSALS:
        result = replies[name][row.name]
        found, said = result["diagnosis"], result["said"]
        kind = hides.get(row.kind, row.kind)
        assert (row.name, found["kind"], said["kind"]) == (row.name, kind, kind), result["transcript"]
        if row.kind not in hides:
            assert (found["code"], found["reply"]) == (row.code, row.said)
            assert tuple(said["identities"]) == row.identities
        assert result["left"] == [], row.name
