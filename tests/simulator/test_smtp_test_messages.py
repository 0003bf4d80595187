# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages that ses_smtp_test writes, as SES takes them."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from simulator_client import ADDRESSES, STARTTLS, Sender, Simulator

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.proof import prove

REGION = "eu-west-1"
NONE_GIVEN: dict[str, Any] = {
    "region": None,
    "encryption": None,
    "passwords": None,
    "recipients": ["success@simulator.amazonses.com"],
    "subject": "Test",
    "body": "Body",
    "html": None,
    "attachments": [],
    "headers": {},
    "configuration_set": None,
    "tags": {},
    "tenant": None,
    "source_arn": None,
    "stage": "send",
    "through": "ses",
    "probe": False,
    "timeout": 10.0,
    "retries": 0,
    "new_credential": False,
}


@pytest.fixture(autouse=True)
def _ses_is_the_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    really = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *a, **b: really(ADDRESSES[REGION], *a, **b))


def sent(simulator: Simulator, sender: Sender, **options: Any) -> dict[str, Any]:
    """Send a message, which SES must accept, and return what it kept."""
    given = {
        "host": f"email-smtp.{REGION}.amazonaws.com",
        "port": STARTTLS,
        "ca_path": simulator.ca,
        "username": sender.access_key_id,
        "password": sender.password(REGION),
        **options,
    }
    report = prove({**NONE_GIVEN, **given}, check_mode=False)
    assert report.failure is None
    (message,) = (kept for kept in simulator.messages() if kept["id"] == report.result["message_id"])
    return message


def test_all_that_a_message_may_have(simulator: Simulator, sender: Sender, tmp_path: Path) -> None:
    domain = simulator.verified("messages.example.com")
    simulator.client("sesv2").create_configuration_set(ConfigurationSetName="messages")
    (tmp_path / "a.bin").write_bytes(bytes(range(256)) * 1000)
    recipients = [f"success+{number}@simulator.amazonses.com" for number in range(50)]
    kept = sent(
        simulator,
        sender,
        mail_from=f"a@{domain}",
        recipients=recipients,
        subject="Grüße " * 30,
        html="<p>Grüße</p>",
        headers={"From": f"Jörg Müller <a@{domain}>", "Reply-To": "x@example.org", "X-A": ["1", "2"]},
        attachments=[{"path": str(tmp_path / "a.bin"), "name": f"Übersicht {number}.pdf"} for number in range(3)],
        configuration_set="messages",
        tags={f"tag-{number}": "x" * 40 for number in range(20)},
        tenant="one",
        source_arn=f"arn:aws:ses:{REGION}:123456789012:identity/{domain}",
    )
    assert kept["envelope"]["recipients"] == recipients
    assert (kept["configuration_set"], kept["tenant"]) == ("messages", "one")
    assert kept["source_arn"].endswith(f":identity/{domain}")
    assert kept["tags"] == {f"tag-{number}": "x" * 40 for number in range(20)}


def test_an_international_sender(simulator: Simulator, sender: Sender) -> None:
    simulator.verified("xn--mnchen-3ya.example")
    kept = sent(simulator, sender, mail_from="a@münchen.example", recipients=["success@simulator.amazonses.com"])
    assert kept["envelope"]["mail_from"] == "a@xn--mnchen-3ya.example"


@pytest.mark.parametrize("who", ["success", "bounce", "ooto", "complaint", "suppressionlist"])
def test_the_mailbox_simulator(simulator: Simulator, sender: Sender, who: str) -> None:
    domain = simulator.verified("messages.example.com")
    kept = sent(simulator, sender, mail_from=f"a@{domain}", recipients=[f"{who}+web1@simulator.amazonses.com"])
    assert kept["envelope"]["recipients"] == [f"{who}+web1@simulator.amazonses.com"]
