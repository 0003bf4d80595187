# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every reply that the collection knows comes out of the simulator, and the module says of it what it is."""

from __future__ import annotations

import json
import re
import socket
from typing import Any

import pytest
import reply_rows
from ansible.module_utils.testing import patch_module_args
from reply_rows import REFUSALS, ROWS, Mail, Produce, Row
from simulator_client import ADDRESSES, SEND, STARTTLS, Sender, Simulator

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import replies, session
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply import Context, Diagnosis, diagnose
from ansible_collections.cloudmail.ses.plugins.modules import ses_smtp_test
from ses_simulator.password import legacy_smtp_password

REGION = "eu-west-1"
HOST = f"email-smtp.{REGION}.amazonaws.com"
DOMAIN = "rows.example.com"
# The stage of the module in which a stage of the simulator falls
STAGES = {"connect": "connect", "auth": "auth", "mail": "envelope", "rcpt": "envelope", "message": "send"}


def by_name(rows: tuple[Row, ...]) -> dict[str, Any]:
    return {"argvalues": rows, "ids": [row.name for row in rows]}


@pytest.fixture
def account(simulator: Simulator) -> Simulator:
    """The simulator with a new identity and none of the configuration sets of the rows."""
    ses = simulator.client("sesv2")
    if DOMAIN in [one["IdentityName"] for one in ses.list_email_identities()["EmailIdentities"]]:
        ses.delete_email_identity(EmailIdentity=DOMAIN)
    for name in {"fleet", "silenced"} & set(ses.list_configuration_sets()["ConfigurationSets"]):
        ses.delete_configuration_set(ConfigurationSetName=name)
    simulator.verified(DOMAIN)
    return simulator


def bring_about(simulator: Simulator, produce: Produce) -> Sender:
    """Bring the account into the state, and return the user of a key that meets it."""
    for service, method, arguments in produce.calls:
        getattr(simulator.client(service), method)(**arguments)
    for identity in produce.identities:
        simulator.control("POST", "identities", {"region": REGION, **identity})
    if produce.account:
        simulator.control("POST", "account", {"region": REGION, **produce.account})
    return simulator.sender(*(produce.policy or (SEND,)))


def content(mail: Mail) -> bytes:
    given = {name.lower() for name, _value in mail.headers}
    headers = [("From", mail.sender), ("To", ",\r\n ".join(mail.recipients)), ("Subject", "rows"), *mail.headers]
    head = "".join(
        f"{name}: {value}\r\n" for name, value in headers if (name, value) in mail.headers or name.lower() not in given
    )
    line = 76 * "x" + "\r\n"
    return (head + "\r\n" + mail.body + line * (mail.size // len(line))).encode()


def talk(simulator: Simulator, sender: Sender, produce: Produce) -> session.Outcome:
    password = {
        "good": sender.password(REGION),
        "legacy": legacy_smtp_password(sender.secret),
        "other_region": sender.password("us-east-1"),
    }[produce.password]
    target = session.Target(
        host=HOST, port=STARTTLS, encryption="starttls", timeout=60, ca_path=simulator.ca, address=ADDRESSES[REGION]
    )
    mail = produce.mail
    return session.run_session(
        target,
        session.Mail(sender.access_key_id, password, mail.sender, mail.recipients, content(mail)),
    )


def reply_to_other_client(simulator: Simulator, produce: Produce) -> str:
    """Return what SES says to a client that is not the module: it always begins TLS, logs in and goes on."""
    if produce.client == "silent":
        with simulator.socket() as connection:
            return connection.makefile("rb").read().decode().splitlines()[-1]
    connection = simulator.smtp(tls=produce.client != "plain")
    connection.ehlo()
    code, text = connection.mail(produce.mail.sender)
    return f"{code} {text.decode()}"


def check(row: Row, found: Diagnosis, reply: str) -> None:
    assert re.fullmatch(row.reply, reply), reply
    assert (found.kind, found.code, found.region) == (row.kind, row.code, REGION)
    assert found.identities == row.identities
    assert found.reply == reply
    assert found.cause and found.fix and "{" not in found.cause + found.fix


PRODUCED = tuple(row for row in ROWS if row.produce)
BY_MODULE = tuple(row for row in REFUSALS if row.produce and row.produce.client in ("session", "crowd", "second"))


@pytest.mark.parametrize("row", **by_name(BY_MODULE))
def test_a_state_of_the_account_or_the_message(account: Simulator, row: Row) -> None:
    produce = row.produce
    assert produce
    sender = bring_about(account, produce)
    if produce.client == "second":
        assert talk(account, sender, produce).accepted
    crowd = [account.socket()] if produce.client == "crowd" else []
    try:
        outcome = talk(account, sender, produce)
    finally:
        for connection in crowd:
            connection.close()
    assert outcome.diagnosis, outcome
    check(row, outcome.diagnosis, outcome.reply)
    assert outcome.stage == STAGES[row.stage]
    if row.kind == "access_denied":
        assert outcome.diagnosis.user_arn == f"arn:aws:iam::123456789012:user/{sender.name}"
    assert account.messages(mail_from=produce.mail.sender) == [] or produce.client == "second"


@pytest.mark.parametrize("row", **by_name(tuple(row for row in REFUSALS if row.produce and row not in BY_MODULE)))
def test_a_client_that_does_less_than_the_module(account: Simulator, row: Row) -> None:
    assert row.produce
    reply = reply_to_other_client(account, row.produce)
    check(row, diagnose(reply, Context(host=HOST)), reply)


@pytest.mark.parametrize("row", **by_name(tuple(row for row in ROWS if row not in REFUSALS)))
def test_all_goes_well(account: Simulator, row: Row) -> None:
    assert row.produce
    outcome = talk(account, bring_about(account, row.produce), row.produce)
    assert outcome.accepted and outcome.diagnosis is None
    said = [line[3:] for line in outcome.transcript if line.startswith("S: ")]
    [reply] = [line for line in said if re.fullmatch(row.reply, line)]
    check(row, diagnose(reply, Context(host=HOST)), reply)


@pytest.mark.parametrize("row", **by_name(REFUSALS))
def test_the_module_on_a_forced_reply(
    account: Simulator,
    sender: Sender,
    row: Row,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The whole of what the module returns, for the rows too that no state leads to."""
    really = socket.getaddrinfo
    ours = {(HOST, 587): (ADDRESSES[REGION], STARTTLS)}
    monkeypatch.setattr(socket, "getaddrinfo", lambda h, p, *a, **b: really(*ours.get((h, p), (h, p)), *a, **b))
    account.control("POST", "faults", row.fault(REGION, sender=reply_rows.SENDER, client="127.0.0.1"))
    options = {
        "region": REGION,
        "username": sender.access_key_id,
        "password": sender.password(),
        "mail_from": reply_rows.SENDER,
        "ca_path": account.ca,
        "retries": 0,
    }
    with patch_module_args(options), pytest.raises(SystemExit):
        ses_smtp_test.main()
    result = json.loads(capsys.readouterr().out)
    assert result["failed"] and not result["accepted"]
    found = result["diagnosis"]
    assert found, result["msg"]
    assert (found["kind"], found["code"], found["region"]) == (row.kind, row.code, REGION)
    assert (result["reply"], result["stage"]) == (row.said, STAGES[row.stage])
    assert tuple(found["identities"]) == row.identities
    assert all(text in result["msg"] for text in (row.said.rstrip("."), found["cause"], found["fix"]))
    assert account.control("GET", "faults") == []


def test_the_table_and_the_rows_have_the_same_kinds() -> None:
    assert {row.kind for row in ROWS} == {case.kind for case in replies.REPLIES}


@pytest.mark.parametrize("case", replies.REPLIES, ids=[case.kind for case in replies.REPLIES])
def test_the_documented_example_is_what_a_row_says(case: Any) -> None:
    """All but names and the full stop: "A trailing . may follow"."""
    said = [row.said.rstrip(".") for row in ROWS if row.kind == case.kind]
    assert {row.code for row in ROWS if row.kind == case.kind} <= set(case.codes)
    names = re.compile(r"<[^>]*>|'[^']*'|`[^']*'|: [^ ]*@[^ ]*$|: \S+\.example\.com$| \S+-000000$")
    assert names.sub("", case.examples[0].rstrip(".")) in [names.sub("", one) for one in said]
