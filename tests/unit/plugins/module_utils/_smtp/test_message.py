# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The message of a test, read back with Python's parser."""

from __future__ import annotations

import email
import email.policy
from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message import (
    Content,
    MessageError,
    check_addresses,
    compose,
)


def composed(**options: Any) -> tuple[str, Any]:
    values: dict[str, Any] = {
        "sender": "a@example.com",
        "recipients": ("b@example.net", "c@example.net"),
        "subject": "Test",
        "body": "First\nSecond\n",
    }
    values.update(options)
    message_id, data = compose(Content(**values))
    assert data.replace(b"\r\n", b"").count(b"\n") == 0
    return message_id, email.message_from_bytes(data, policy=email.policy.default)


def test_the_usual_headers() -> None:
    message_id, message = composed(configuration_set="fleet")
    assert message["From"] == "a@example.com"
    assert message["To"] == "b@example.net, c@example.net"
    assert message["Subject"] == "Test"
    assert message["Message-ID"] == message_id and message_id.endswith("@example.com>")
    assert message["Date"].datetime is not None
    assert message["X-SES-CONFIGURATION-SET"] == "fleet"
    assert message.get_content().replace("\r\n", "\n") == "First\nSecond\n"
    assert message_id != composed()[0]


def test_a_given_header_replaces_ours() -> None:
    headers = {"from": "Ops <ops@example.com>", "MESSAGE-ID": "<x@example.com>", "X-A": "1"}
    message_id, message = composed(headers=headers)
    assert message.get_all("From") == ["Ops <ops@example.com>"]
    assert message.get_all("Message-ID") == ["<x@example.com>"] and message_id == "<x@example.com>"
    assert message["X-A"] == "1"


def test_without_a_sender_the_mta_writes_from() -> None:
    assert composed(sender="")[1]["From"] is None


@pytest.mark.parametrize("body", ["Grüße\n", "x" * 2000 + "\n", "From here\n.\n"])
def test_bodies_survive(body: str) -> None:
    _id, message = composed(subject="Grüße aus Köln", body=body)
    assert message["Subject"] == "Grüße aus Köln"
    assert message.get_content().replace("\r\n", "\n") == body
    assert all(len(line) <= 998 for line in message.as_string().splitlines())


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"headers": {"X-A": "1\r\nBcc: x@example.org"}}, "line break"),
        ({"subject": "a\nBcc: x@example.org"}, "line break"),
        ({"headers": {"X A": "1"}}, "not the name of a header"),
        ({"configuration_set": "a b"}, "at most 64"),
        ({"configuration_set": "x" * 65}, "at most 64"),
    ],
)
def test_refused_headers(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(MessageError, match=reason):
        composed(**options)


@pytest.mark.parametrize(
    ("sender", "recipients", "reason"),
    [
        ("a@example.com>\r\nDATA", ("b@example.net",), "not a bare address"),
        ("a@exämple.com", ("b@example.net",), "punycode"),
        ("Me <a@example.com>", ("b@example.net",), "not a bare address"),
        ("root", ("b@example.net",), "not a bare address"),
        ("a@example.com", (), "no recipient"),
        ("a@example.com", ("b@example.net",) * 51, "51 recipients are too many"),
        ("a@example.com", ("b@example.net", "-x"), "recipients: '-x' is not"),
    ],
)
def test_refused_addresses(sender: str, recipients: tuple[str, ...], reason: str) -> None:
    with pytest.raises(MessageError, match=reason):
        check_addresses(sender, recipients)


def test_addresses_that_pass() -> None:
    check_addresses(None, ("success+web1@simulator.amazonses.com",))
