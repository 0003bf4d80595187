# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module wants, checked and done against a real server."""

from __future__ import annotations

import email
import email.policy
import socket
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import probe
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import derive_smtp_password
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.proof import ProofError, nothing_done, prove

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Server

USERNAME = "AKIAIOSFODNN7EXAMPLE"
PASSWORD = "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"
VIRGINIA = derive_smtp_password("some+secret+key", "us-east-1")
BOTH = {"eu-west-1": PASSWORD, "us-east-1": VIRGINIA}
ARN = "arn:aws:ses:eu-west-1:111122223333:identity/example.com"


def params(server: Server | None = None, **options: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "region": None,
        "host": "localhost",
        "port": server.port if server else None,
        "encryption": None,
        "username": USERNAME,
        "password": PASSWORD,
        "mail_from": "a@example.com",
        "recipients": ["success@simulator.amazonses.com"],
        "subject": "Test",
        "body": "Body",
        "headers": {},
        "html": None,
        "attachments": [],
        "configuration_set": None,
        "tags": {},
        "tenant": None,
        "source_arn": None,
        "passwords": None,
        "probe": False,
        "stage": "send",
        "through": "ses",
        "ca_path": server.ca_path if server else None,
        "timeout": 5.0,
        "retries": 0,
        "new_credential": False,
    }
    values.update(options)
    return values


def test_accepted(serve: Callable[..., Server]) -> None:
    server = serve()
    report = prove(params(server, headers={"X-Run": 7}), check_mode=False)
    assert report.failure is None
    assert report.result["accepted"] and report.result["message_id"].startswith("0102018f")
    (envelope,) = server.behaviour.messages
    assert b"X-Run: 7\r\n" in envelope.content


def test_check_mode_sends_nothing(serve: Callable[..., Server]) -> None:
    server = serve()
    report = prove(params(server), check_mode=True)
    assert report.failure is None
    assert (report.result["accepted"], report.result["stage"]) == (False, "envelope")
    assert "nothing was sent" in report.result["msg"]
    assert server.behaviour.messages == [] and server.behaviour.resets == 1


def test_a_failure_is_one_message(serve: Callable[..., Server]) -> None:
    server = serve()
    said = "554 Message rejected: Sending paused for this account."
    server.behaviour.data_replies = [said]
    report = prove(params(server), check_mode=False)
    assert report.failure is not None
    for part in (
        f"stage send failed against localhost:{server.port}: 554 Message rejected",
        "Cause: AWS or an operator paused",
        "Fix: ",
    ):
        assert part in report.failure
    assert report.result["diagnosis"]["kind"] == "paused"


def test_a_reply_that_was_lost_is_said_to_be(serve: Callable[..., Server]) -> None:
    server = serve()
    server.behaviour.data_replies = ["drop"]
    report = prove(params(server), check_mode=False)
    assert report.failure is not None and "may have accepted" in report.failure


def test_a_stage_before_needs_no_more_than_it_uses(serve: Callable[..., Server]) -> None:
    server = serve()
    few = {"username": None, "password": None, "mail_from": None}
    report = prove(params(server, stage="tls", **few), check_mode=False)
    assert report.failure is None and report.result["tls"]["version"] == "TLSv1.3"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"username": "ASIAIOSFODNN7EXAMPLE"}, "is temporary"),
        ({"password": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}, "secret access key itself"),
        ({"username": None}, "username is missing"),
        ({"password": None}, "password is missing"),
        ({"mail_from": None}, "mail_from is missing"),
        ({"mail_from": "root"}, "not a bare address"),
        ({"recipients": []}, "no recipient"),
        ({"ca_path": "/does/not/exist"}, "does not exist on this host"),
        ({"timeout": 0.0}, "timeout must be more than 0"),
        ({"retries": -1}, "retries must be 0 or more"),
        ({"host": None}, "neither a region nor a host"),
        ({"host": None, "region": "me-south-1"}, "no SMTP endpoint in region me-south-1"),
        ({"host": "x.mail-manager-smtp.amazonaws.com"}, "Mail Manager"),
        ({"ca_path": "/dev/null"}, "/dev/null holds no certificate"),
        ({"timeout": float("nan")}, "timeout must be more than 0"),
        ({"port": 0}, "port must be 1 to 65535"),
        (
            {"host": "email-smtp.eu-west-1.amazonaws.com", "port": 465, "encryption": "starttls"},
            "does not go with port 465",
        ),
        (
            {"host": "email-smtp.eu-west-1.amazonaws.com", "region": "us-east-1"},
            "is in eu-west-1, but region is us-east-1",
        ),
        (
            {"region": "eu-west-1", "password": VIRGINIA, "passwords": BOTH},
            "is that of us-east-1, but the endpoint is in eu-",
        ),
        ({"password": None, "passwords": BOTH}, "Give region too"),
        ({"attachments": [{"path": "/does/not/exist"}]}, "/does/not/exist does not exist on this host"),
        ({"tags": {"a": "b c"}}, "tags: names and values"),
        ({"region": "us-east-1", "source_arn": ARN}, "is of an identity in eu-west-1"),
        ({"headers": {"Subject": "1", "subject": "2"}}, "subject is there twice"),
        ({"probe": True}, "port is of no use with probe=true"),
        ({"through": "mta", "passwords": BOTH}, "passwords is of no use with through=mta"),
        ({"through": "mta"}, "host is of no use with through=mta"),
        ({"through": "mta", "host": None, "port": None}, "username is of no use"),
    ],
)
def test_what_cannot_be_right_is_refused_before_connecting(
    serve: Callable[..., Server], options: dict[str, Any], reason: str
) -> None:
    server = serve()
    for check_mode in (False, True):
        with pytest.raises(ProofError, match=reason) as caught:
            prove(params(server, **options), check_mode=check_mode)
    assert server.behaviour.connections == 0
    assert len(caught.value.shortfalls) == 1 or options.get("through") == "mta"
    assert "wJalrX" not in str(caught.value)


def test_a_port_that_ses_does_not_have_warns() -> None:
    wanted = params(host="email-smtp.eu-west-1.amazonaws.com", port=2525, stage="connect", timeout=0.001)
    (warning,) = prove(wanted, check_mode=False).warnings
    assert warning.startswith("SES does not listen on port 2525. It has 587")


def test_an_undocumented_region_warns() -> None:
    wanted = params(host=None, region="mx-central-1", stage="connect", timeout=0.001)
    report = prove(wanted, check_mode=False)
    assert "mx-central-1" in report.warnings[0]
    assert report.result["host"] == "email-smtp.mx-central-1.amazonaws.com"


def test_a_message_with_everything(serve: Callable[..., Server], tmp_path: Path) -> None:
    server = serve()
    data = bytes(range(256)) * 100
    (tmp_path / "a.bin").write_bytes(data)
    wanted = params(
        server,
        region="eu-west-1",
        mail_from="Absender@münchen.example",
        recipients=["b@例え.example", "c@example.net"],
        subject="Grüße",
        html="<p>Body</p>",
        attachments=[{"path": str(tmp_path / "a.bin"), "name": "Übersicht.bin", "content_type": None}],
        headers={"From": "Jörg <Absender@münchen.example>", "X-Run": ["1", "2"]},
        configuration_set="fleet",
        tags={"host": "web1", "number": 7},
        tenant="one",
        source_arn=ARN,
    )
    assert prove(wanted, check_mode=False).failure is None
    (envelope,) = server.behaviour.messages
    assert envelope.mail_from == "Absender@xn--mnchen-3ya.example"
    assert envelope.rcpt_tos == ["b@xn--r8jz45g.example", "c@example.net"]
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert str(message["From"]) == "Jörg <Absender@xn--mnchen-3ya.example>"
    assert message["To"] == "b@xn--r8jz45g.example, c@example.net"
    assert message.get_all("X-Run") == ["1", "2"]
    for name, value in {
        "X-SES-CONFIGURATION-SET": "fleet",
        "X-SES-MESSAGE-TAGS": "host=web1, number=7",
        "X-SES-TENANT": "one",
        "X-SES-SOURCE-ARN": ARN,
    }.items():
        assert message.get_all(name) == [value]
    (attachment,) = message.iter_attachments()
    assert (attachment.get_filename(), attachment.get_content()) == ("Übersicht.bin", data)


def test_all_that_is_wrong_is_said_at_once(serve: Callable[..., Server]) -> None:
    server = serve()
    wrong: dict[str, Any] = {
        "username": "ASIAIOSFODNN7EXAMPLE",
        "password": "hunter2",
        "mail_from": "root",
        "recipients": ["x"],
        "ca_path": "/does/not/exist",
        "timeout": 0.0,
        "tenant": "a b",
        "headers": {"X A": "1"},
        "attachments": [{"path": "/does/not/exist"}],
    }
    with pytest.raises(ProofError) as caught:
        prove(params(server, **wrong), check_mode=False)
    assert len(caught.value.shortfalls) == len(wrong)
    assert str(caught.value).startswith("9 things have to be corrected. (1) timeout must be")
    assert server.behaviour.connections == 0


def test_the_password_of_the_region_is_chosen(serve: Callable[..., Server]) -> None:
    server = serve()
    report = prove(params(server, region="eu-west-1", password=None, passwords=BOTH), check_mode=False)
    assert report.failure is None and report.result["accepted"]


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        (
            {"region": "us-east-1", "password": None},
            "is the one of us-east-1 in passwords: so the key AKIAIOSFODNN7EXAMPLE is",
        ),
        ({"password": VIRGINIA}, "According to passwords the password is that of us-east-1"),
        ({"password": PASSWORD[:-1] + "3", "region": "eu-west-1"}, "is not the one of eu-west-1 in passwords"),
    ],
)
def test_a_refused_password_is_explained_by_the_others(
    serve: Callable[..., Server], options: dict[str, Any], cause: str
) -> None:
    report = prove(params(serve(), passwords=BOTH, stage="auth", **options), check_mode=False)
    assert report.failure is not None and report.result["diagnosis"]["kind"] == "credentials"
    assert cause in report.result["diagnosis"]["cause"] and cause in report.failure
    assert not [secret for secret in (*BOTH.values(), options["password"]) if secret and secret in str(report)]


def test_a_region_beside_a_host_of_ones_own_is_named_in_the_explanation(serve: Callable[..., Server]) -> None:
    server = serve()
    server.behaviour.data_replies = ["454 Throttling failure: Daily message quota exceeded."]
    report = prove(params(server, region="eu-north-1"), check_mode=False)
    assert report.result["diagnosis"]["region"] == "eu-north-1"
    assert "in eu-north-1" in report.result["diagnosis"]["cause"]


def test_a_verified_server_that_greets_oddly_is_a_warning(serve: Callable[..., Server]) -> None:
    report = prove(params(serve(hostname="relay.corp.example", ident="ESMTP Postfix")), check_mode=False)
    assert report.failure is None and "relay.corp.example" in report.warnings[0]


def test_check_mode_reads_no_attachment_but_looks_at_it(serve: Callable[..., Server], tmp_path: Path) -> None:
    server = serve()
    with (tmp_path / "large").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ProofError, match="at most 41,943,040"):
        prove(params(server, attachments=[{"path": str(tmp_path / "large")}]), check_mode=True)
    assert server.behaviour.connections == 0


@pytest.mark.parametrize("check_mode", [False, True])
def test_every_result_has_the_same_keys(serve: Callable[..., Server], check_mode: bool) -> None:
    server = serve()
    good = params(server)
    reports = [
        prove({**good, **options}, check_mode=check_mode).result
        for options in ({}, {"stage": "connect"}, {"password": VIRGINIA}, {"port": 1}, {"ca_path": None})
    ]
    for result in reports:
        assert set(result) - {"msg"} == set(nothing_done(good))


def test_probing_needs_no_credential_and_sends_nothing(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    starttls, wrapper = serve(), serve(wrapper=True)
    monkeypatch.setattr(
        probe.probe_doors,
        "__kwdefaults__",
        {**probe.probe_doors.__kwdefaults__, "ports": (starttls.port, wrapper.port)},
    )
    nobody = {"username": None, "password": None, "mail_from": None, "recipients": []}
    report = prove(params(port=None, ca_path=starttls.ca_path, probe=True, timeout=1.0, **nobody), check_mode=True)
    assert report.failure is None
    assert report.result["recommended"] == {"port": starttls.port, "encryption": "starttls"}
    assert (report.result["port"], report.result["stage"]) == (starttls.port, "tls")
    assert report.result["tls"]["version"] == "TLSv1.3"
    assert f"Use port {starttls.port}" in report.result["msg"]
    assert set(report.result) - {"msg"} == set(nothing_done({"through": "ses", "probe": True}))
    assert starttls.behaviour.messages == []


def test_no_door_is_one_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = params(host="127.0.0.1", probe=True, timeout=3.0)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        ports = (closed.getsockname()[1],)
        monkeypatch.setattr(probe.probe_doors, "__kwdefaults__", {**probe.probe_doors.__kwdefaults__, "ports": ports})
        report = prove(wanted, check_mode=False)
    assert report.failure is not None and "No port of 127.0.0.1 works." in report.failure
    assert report.result["recommended"] is None and report.result["diagnosis"]["kind"] == "refused"
    assert [door["works"] for door in report.result["doors"]] == [False]
    assert set(report.result) == set(nothing_done(wanted))
