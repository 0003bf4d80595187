# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface under /_simulator/, and the AWS services that moto serves."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest
from simulator_client import ADDRESSES, Sender, Simulator


def test_health(simulator: Simulator) -> None:
    health = simulator.control("GET", "health")
    assert (health["status"], health["regions"]) == ("ok", ADDRESSES)


def test_ca(simulator: Simulator) -> None:
    assert simulator.http("GET", "ca.pem") == (200, Path(simulator.ca).read_bytes())


def test_keys_are_private(simulator: Simulator) -> None:
    assert (simulator.directory / "ca.key").stat().st_mode & 0o777 == 0o600
    holders = [path.name for path in simulator.directory.iterdir() if b"PRIVATE KEY" in path.read_bytes()]
    assert holders == ["ca.key"]


def test_no_password_in_the_log(simulator: Simulator, sender: Sender) -> None:
    simulator.logged_in(sender).quit()
    simulator.smtp().docmd("AUTH", "PLAIN c2VjcmV0")
    log = (simulator.directory / "simulator.log").read_text(encoding="utf-8")
    for secret in (sender.password(), sender.secret, "c2VjcmV0"):
        assert secret not in log


def test_messages_can_be_filtered_and_deleted(simulator: Simulator, sender: Sender) -> None:
    simulator.verified("filter.example.com")
    connection = simulator.logged_in(sender)
    for name in ("one", "two"):
        to = f"success+{name}@simulator.amazonses.com"
        connection.sendmail(f"{name}@filter.example.com", to, f"Subject: about {name}\r\n\r\nx\r\n")
    assert [message["headers"] for message in simulator.messages()] == [
        [["Subject", "about one"]],
        [["Subject", "about two"]],
    ]
    for query in (
        {"recipient": "success%2Btwo@simulator.amazonses.com"},
        {"mail_from": "two@filter.example.com"},
        {"subject": "two"},
    ):
        assert [message["envelope"]["mail_from"] for message in simulator.messages(**query)] == [
            "two@filter.example.com"
        ]
    assert len(simulator.messages(region="eu-west-1")) == 2
    assert simulator.messages(region="us-east-1") == []
    [first] = simulator.control("GET", "messages?limit=1")
    simulator.control("DELETE", "messages")
    assert simulator.messages() == []
    assert simulator.http("GET", f"messages/{first['id']}")[0] == 404


def test_calls_are_counted(simulator: Simulator) -> None:
    simulator.client("sesv2").get_account()
    simulator.client("sesv2", "us-east-1").create_configuration_set(ConfigurationSetName="counted")
    simulator.client("sesv2").list_email_identities()
    simulator.client("ses").list_identities()
    simulator.client("iam").create_user(UserName="counted")
    simulator.client("sts").get_caller_identity()
    simulator.client("secretsmanager").create_secret(Name="counted", SecretString="x")
    simulator.client("ssm").put_parameter(Name="/counted", Value="x", Type="SecureString")
    simulator.client("route53").list_hosted_zones()
    calls = [
        (call["service"], call["operation"], call["region"], call["write"], call["status"])
        for call in simulator.control("GET", "calls")
    ]
    assert calls == [
        ("sesv2", "GetAccount", "eu-west-1", False, 200),
        ("sesv2", "CreateConfigurationSet", "us-east-1", True, 200),
        ("sesv2", "ListEmailIdentities", "eu-west-1", False, 200),
        ("ses", "ListIdentities", "eu-west-1", False, 200),
        ("iam", "CreateUser", "eu-west-1", True, 200),
        ("sts", "GetCallerIdentity", "eu-west-1", False, 200),
        ("secretsmanager", "CreateSecret", "eu-west-1", True, 200),
        ("ssm", "PutParameter", "eu-west-1", True, 200),
        ("route53", "ListHostedZones", "eu-west-1", False, 200),
    ]
    simulator.control("DELETE", "calls")
    assert simulator.control("GET", "calls") == []


def test_an_older_client_lists_by_the_documented_path(simulator: Simulator) -> None:
    simulator.verified("older.example.com")
    request = urllib.request.Request(f"{simulator.api}/v2/email/identities?PageSize=1000")
    scope = "Credential=test/20260101/eu-west-1/ses/aws4_request"
    request.add_header("Authorization", f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0")
    with urllib.request.urlopen(request) as answer:
        assert b"older.example.com" in answer.read()


@pytest.mark.parametrize(
    ("path", "body", "complaint"),
    [
        ("identities", {"region": "eu-west-1", "identity": "a.example.com", "status": "maybe"}, "status 'maybe'"),
        ("identities", {"region": "mars", "identity": "a.example.com", "status": "verified"}, "region 'mars'"),
        ("account", {"region": "eu-west-1", "colour": "red"}, "unknown field 'colour'"),
        (
            "account",
            {"region": "eu-west-1", "production_access": "false"},
            "production_access is 'false': it must be true",
        ),
        ("account", {"region": "eu-west-1", "sending_enabled": 1}, "sending_enabled is 1: it must be true or false"),
        ("account", {"region": "eu-west-1", "max_send_rate": True}, "max_send_rate is True: it must be a number"),
        ("account", {"region": "eu-west-1", "max_send_rate": "1"}, "max_send_rate is '1': it must be a number"),
        ("account", {"region": "eu-west-1", "enforcement_status": False}, "enforcement_status is False: it must be"),
        ("account", {"key_delay": -1}, "key_delay is -1"),
        ("account", {"region": None}, "region None is not served"),
        ("account", [], "must be a JSON object"),
    ],
)
def test_bad_requests(simulator: Simulator, path: str, body: object, complaint: str) -> None:
    status, answer = simulator.http("POST", path, body)
    assert status == 400
    assert complaint in answer.decode()


def test_a_bad_account_request_changes_nothing(simulator: Simulator) -> None:
    before = simulator.control("POST", "account", {"region": "eu-west-1"})
    wrong = {"region": "eu-west-1", "max_send_rate": 3, "sending_enabled": "no"}
    assert simulator.http("POST", "account", wrong)[0] == 400
    assert simulator.control("POST", "account", {"region": "eu-west-1"}) == before


def test_unknown_paths_and_filters(simulator: Simulator) -> None:
    assert simulator.http("GET", "nothing")[0] == 404
    assert simulator.http("GET", "messages?color=red")[0] == 400
