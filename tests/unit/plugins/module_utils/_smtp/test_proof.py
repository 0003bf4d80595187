# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module wants, checked and done against a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.proof import ProofError, prove

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Server

USERNAME = "AKIAIOSFODNN7EXAMPLE"
PASSWORD = "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"


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
        ({"host": None, "region": "me-south-1"}, "no SMTP endpoint in region me-south-1"),
        ({"host": "x.mail-manager-smtp.amazonaws.com"}, "Mail Manager"),
        ({"through": "mta"}, "host is of no use with through=mta"),
        ({"through": "mta", "host": None, "port": None}, "username is of no use"),
    ],
)
def test_what_cannot_be_right_is_refused_before_connecting(
    serve: Callable[..., Server], options: dict[str, Any], reason: str
) -> None:
    server = serve()
    with pytest.raises(ProofError, match=reason) as caught:
        prove(params(server, **options), check_mode=False)
    assert server.behaviour.connections == 0
    assert "wJalrX" not in str(caught.value)


def test_an_undocumented_region_warns() -> None:
    wanted = params(host=None, region="mx-central-1", stage="connect", timeout=0.001)
    report = prove(wanted, check_mode=False)
    assert "mx-central-1" in report.warnings[0]
    assert report.result["host"] == "email-smtp.mx-central-1.amazonaws.com"
