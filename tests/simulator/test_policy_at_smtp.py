# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The conditions of a policy on a real message: what SES tells IAM about it."""

from __future__ import annotations

from typing import Any

import pytest
from simulator_client import SEND, Sender, Simulator

DOMAIN = "context.example.com"
RECIPIENT = "success@simulator.amazonses.com"


def accepts(
    simulator: Simulator,
    sender: Sender,
    *,
    mail_from: str = f"app@{DOMAIN}",
    to: tuple[str, ...] = (RECIPIENT,),
    headers: str = f"From: The App <app@{DOMAIN}>\r\n",
) -> bool:
    """Tell whether SES takes the message; any refusal but one by IAM is an error."""
    connection = simulator.logged_in(sender)
    connection.mail(mail_from)
    for recipient in to:
        connection.rcpt(recipient)
    code, reply = connection.data(f"{headers}Subject: x\r\n\r\nx\r\n")
    connection.close()
    assert code == 250 or b"Access denied" in reply, reply
    return code == 250


def on(operator: str, key: str, *values: str) -> dict[str, Any]:
    return {**SEND, "Condition": {operator: {key: list(values)}}}


CONDITIONS = [
    (on("StringLike", "ses:FromAddress", f"*@{DOMAIN}"), {}, True),
    (on("StringLike", "ses:FromAddress", "*@example.org"), {}, False),
    # The address of the From header counts, not the envelope's.
    (on("StringLike", "ses:FromAddress", f"app@{DOMAIN}"), {"mail_from": f"bounce@{DOMAIN}"}, True),
    (on("StringLike", "ses:FromAddress", f"app@{DOMAIN}"), {"headers": f"From: root@{DOMAIN}\r\n"}, False),
    (on("StringLike", "ses:FromAddress", f"app@{DOMAIN}"), {"headers": ""}, True),
    (on("StringEquals", "ses:FromDisplayName", "The App"), {}, True),
    (on("StringEquals", "ses:FromDisplayName", "Somebody"), {}, False),
    (on("StringEquals", "ses:FeedbackAddress", f"app@{DOMAIN}"), {}, True),
    (on("StringEquals", "ses:FeedbackAddress", f"app@{DOMAIN}"), {"mail_from": f"bounce@{DOMAIN}"}, False),
    (
        on("StringEquals", "ses:FeedbackAddress", f"back@{DOMAIN}"),
        {"headers": f"From: app@{DOMAIN}\r\nReturn-Path: <back@{DOMAIN}>\r\n"},
        True,
    ),
    (on("ForAllValues:StringLike", "ses:Recipients", "*@simulator.amazonses.com"), {}, True),
    (
        on("ForAllValues:StringLike", "ses:Recipients", "*@simulator.amazonses.com"),
        {"to": (RECIPIENT, "a@example.org")},
        False,
    ),
    (on("ForAnyValue:StringLike", "ses:Recipients", "*@example.org"), {"to": (RECIPIENT, "a@example.org")}, True),
    (on("StringEquals", "aws:RequestedRegion", "eu-west-1"), {}, True),
    (on("StringEquals", "aws:RequestedRegion", "us-east-1"), {}, False),
]


@pytest.mark.parametrize(("statement", "message", "accepted"), CONDITIONS)
def test_conditions(simulator: Simulator, statement: dict[str, Any], message: dict[str, Any], accepted: bool) -> None:
    simulator.verified(DOMAIN)
    assert accepts(simulator, simulator.sender(statement), **message) is accepted


def test_where_a_host_is(simulator: Simulator) -> None:
    simulator.verified(DOMAIN)
    public = simulator.sender(on("IpAddress", "aws:SourceIp", "198.51.100.0/24"))
    inside = simulator.sender(on("StringEquals", "aws:SourceVpce", "vpce-0a1"))
    either = simulator.sender(
        on("IpAddress", "aws:SourceIp", "198.51.100.0/24"), on("StringEquals", "aws:SourceVpce", "vpce-0a1")
    )

    def who_may() -> list[bool]:
        return [accepts(simulator, one) for one in (public, inside, either)]

    assert who_may() == [False, False, False]
    try:
        simulator.control("POST", "origins", {"network": "127.0.0.0/8", "source_ip": "198.51.100.7"})
        assert who_may() == [True, False, True]
        # Through an endpoint there is no public address.
        simulator.control("POST", "origins", {"network": "127.0.0.0/8", "vpc_endpoint": "vpce-0a1"})
        assert who_may() == [False, True, True]
        [newest, _older] = simulator.control("GET", "origins")
        assert newest == {"network": "127.0.0.0/8", "source_ip": "", "vpc_endpoint": "vpce-0a1", "vpc": ""}
    finally:
        simulator.control("DELETE", "origins")
    assert simulator.control("GET", "origins") == []


@pytest.mark.parametrize(
    ("origin", "complaint"),
    [
        ({}, "network is missing"),
        ({"network": "127.0.0.0/8"}, "give either source_ip"),
        ({"network": "127.0.0.0/8", "source_ip": "192.0.2.1", "vpc_endpoint": "vpce-1"}, "give either source_ip"),
        ({"network": "127.0.0.0/8", "source_ip": "office"}, "does not appear to be an IPv4 or IPv6 address"),
        ({"network": "here", "source_ip": "192.0.2.1"}, "does not appear to be an IPv4 or IPv6 network"),
        ({"network": "127.0.0.0/8", "address": "192.0.2.1"}, "unknown field 'address'"),
    ],
)
def test_an_origin_that_cannot_be(simulator: Simulator, origin: dict[str, str], complaint: str) -> None:
    status, answer = simulator.http("POST", "origins", origin)
    assert status == 400
    assert complaint in answer.decode()
    assert simulator.control("GET", "origins") == []


def test_resources_that_ses_asks_about(simulator: Simulator) -> None:
    """The sender's identity is not all: the configuration set and, in the sandbox, the recipient's identity too."""
    simulator.verified(DOMAIN)
    simulator.verified("someone@example.net")
    simulator.client("sesv2").create_configuration_set(ConfigurationSetName="context")
    arn = "arn:aws:ses:eu-west-1:123456789012:"
    identity = simulator.sender({**SEND, "Resource": f"{arn}identity/{DOMAIN}"})
    both = simulator.sender({**SEND, "Resource": [f"{arn}identity/{DOMAIN}", f"{arn}configuration-set/context"]})
    every = simulator.sender({**SEND, "Resource": [f"{arn}identity/*", f"{arn}configuration-set/context"]})
    with_set = {"headers": f"From: app@{DOMAIN}\r\nX-SES-CONFIGURATION-SET: context\r\n"}
    assert accepts(simulator, identity)
    assert [accepts(simulator, one, **with_set) for one in (identity, both, every)] == [False, True, True]
    simulator.control("POST", "account", {"region": "eu-west-1", "production_access": False})
    to = {"to": ("someone@example.net",)}
    assert [accepts(simulator, one, **to) for one in (identity, both, every)] == [False, False, True]
    # The mailbox simulator is nobody's identity.
    assert accepts(simulator, identity)
