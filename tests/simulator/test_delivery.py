# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SES says to a whole message, and what is kept of an accepted one."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

import pytest
from simulator_client import SEND, Sender, Simulator

RECIPIENT = "success@simulator.amazonses.com"
ACCEPTED = re.compile(rb"Ok [0-9a-f]{16}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-000000")


def submit(
    simulator: Simulator,
    sender: Sender,
    mail_from: str,
    *,
    to: Iterable[str] = (RECIPIENT,),
    headers: str = "Subject: test\r\n",
    region: str = "eu-west-1",
) -> tuple[int, str]:
    connection = simulator.logged_in(sender, region)
    assert connection.mail(mail_from)[0] == 250
    for recipient in to:
        assert connection.rcpt(recipient)[0] == 250
    code, text = connection.data(f"{headers}\r\nbody\r\n")
    connection.quit()
    return code, text.decode()


def unverified(region: str, *identities: str) -> tuple[int, str]:
    return 554, (
        "Message rejected: Email address is not verified. The following identities failed the check"
        f" in region {region}: {', '.join(identities)}"
    )


def test_accepted_and_kept(simulator: Simulator, sender: Sender) -> None:
    simulator.verified("kept.example.com")
    headers = "From: Root <root@kept.example.com>\r\nSubject: kept\r\nX-SES-MESSAGE-TAGS: fleet=a\r\n"
    connection = simulator.logged_in(sender)
    connection.mail("root@kept.example.com")
    connection.rcpt(RECIPIENT)
    connection.rcpt("bounce@simulator.amazonses.com")
    code, reply = connection.data(headers + "\r\nhello\r\n.dot\r\n")
    assert code == 250
    assert ACCEPTED.fullmatch(reply)
    identifier = reply.decode().removeprefix("Ok ")
    [message] = simulator.messages(subject="kept")
    assert message["id"] == identifier
    assert message["region"] == "eu-west-1"
    assert message["tls"]["version"] in ("TLSv1.2", "TLSv1.3")
    assert message["access_key_id"] == sender.access_key_id
    assert message["user_arn"] == f"arn:aws:iam::123456789012:user/{sender.name}"
    assert message["envelope"] == {
        "mail_from": "root@kept.example.com",
        "recipients": [RECIPIENT, "bounce@simulator.amazonses.com"],
    }
    assert ["X-SES-MESSAGE-TAGS", "fleet=a"] in message["headers"]
    assert message["body"].splitlines() == ["hello", ".dot"]
    status, raw = simulator.http("GET", f"messages/{identifier}")
    assert (status, raw) == (200, (headers + "\r\nhello\r\n.dot\r\n").encode())
    assert message["size"] == len(raw)


def test_ids_tell_the_region(simulator: Simulator, sender: Sender) -> None:
    for region, prefix in (("eu-west-1", "0102"), ("us-east-1", "0100")):
        simulator.verified("ids.example.com", region)
        code, text = submit(simulator, sender, "a@ids.example.com", region=region)
        assert (code, text[:7]) == (250, f"Ok {prefix}")


@pytest.mark.parametrize(
    ("identity", "mail_from", "covered"),
    [
        ("c1.example.com", "a@c1.example.com", True),
        ("c2.example.com", "a@deep.host.c2.example.com", True),
        ("c3.example.com", "a@notc3.example.com", False),
        ("Root@c4.example.com", "Root@c4.example.com", True),
        ("Root@c5.example.com", "root@c5.example.com", False),
        ("root@c6.example.com", "root@C6.Example.com", True),
        ("root@c7.example.com", "root+cron@c7.example.com", True),
        ("root@c8.example.com", "other@c8.example.com", False),
        ("root@c9.example.com", "root@host.c9.example.com", False),
    ],
)
def test_what_an_identity_covers(
    simulator: Simulator, sender: Sender, identity: str, mail_from: str, covered: bool
) -> None:
    simulator.verified(identity)
    code, text = submit(simulator, sender, mail_from)
    assert code == 250 if covered else (code, text) == unverified("EU-WEST-1", mail_from)


@pytest.mark.parametrize("status", ["pending", "failed"])
def test_an_identity_must_be_verified(simulator: Simulator, sender: Sender, status: str) -> None:
    identity = f"{status}.example.com"
    simulator.control("POST", "identities", {"region": "eu-west-1", "identity": identity, "status": status})
    assert submit(simulator, sender, f"a@{identity}") == unverified("EU-WEST-1", f"a@{identity}")
    simulator.verified(identity)
    assert submit(simulator, sender, f"a@{identity}")[0] == 250


def test_verified_in_another_region_is_not_verified_here(simulator: Simulator, sender: Sender) -> None:
    simulator.verified("regional.example.com", "eu-west-1")
    answer = submit(simulator, sender, "a@regional.example.com", region="us-east-1")
    assert answer == unverified("US-EAST-1", "a@regional.example.com")


def test_from_header_sender_and_return_path_are_checked_too(simulator: Simulator, sender: Sender) -> None:
    simulator.verified("envelope.example.com")
    headers = "From: <a@h1.example.org>\r\nSender: b@h2.example.org\r\nReturn-Path: <c@h3.example.org>\r\n"
    assert submit(simulator, sender, "a@envelope.example.com", headers=headers) == unverified(
        "EU-WEST-1", "a@h1.example.org", "b@h2.example.org", "c@h3.example.org"
    )


def test_sandbox_takes_verified_recipients_and_the_mailbox_simulator(simulator: Simulator, sender: Sender) -> None:
    simulator.verified("sandbox.example.com")
    simulator.control("POST", "account", {"region": "eu-west-1", "production_access": False})
    for to in (RECIPIENT, "complaint+run1@simulator.amazonses.com", "colleague@sandbox.example.com"):
        assert submit(simulator, sender, "a@sandbox.example.com", to=[to])[0] == 250
    outside = ["x@example.org", "colleague@sandbox.example.com", "y@example.net"]
    refused = unverified("EU-WEST-1", "x@example.org", "y@example.net")
    assert submit(simulator, sender, "a@sandbox.example.com", to=outside) == refused
    simulator.control("POST", "account", {"region": "eu-west-1", "production_access": True})
    assert submit(simulator, sender, "a@sandbox.example.com", to=outside)[0] == 250


def denied(sender: Sender, resource: str) -> tuple[int, str]:
    return 554, (
        f"Access denied: User `arn:aws:iam::123456789012:user/{sender.name}' is not authorized to perform"
        f" `ses:SendRawEmail' on resource `arn:aws:ses:eu-west-1:123456789012:{resource}'"
    )


def test_policy_without_permission(simulator: Simulator) -> None:
    simulator.verified("policy.example.com")
    for nobody in (simulator.sender(), simulator.sender({**SEND, "Action": "ses:SendEmail"})):
        answer = submit(simulator, nobody, "a@host.policy.example.com")
        assert answer == denied(nobody, "identity/policy.example.com")


def test_policy_narrowed_to_a_sender(simulator: Simulator) -> None:
    simulator.verified("narrow.example.com")
    narrow = simulator.sender({**SEND, "Condition": {"StringLike": {"ses:FromAddress": "*@narrow.example.com"}}})
    assert submit(simulator, narrow, "a@narrow.example.com")[0] == 250
    assert submit(simulator, narrow, "a@host.narrow.example.com") == denied(narrow, "identity/narrow.example.com")


def test_policy_scoped_to_the_identity_forgets_the_recipient_and_the_configuration_set(simulator: Simulator) -> None:
    simulator.verified("scoped.example.com")
    simulator.verified("colleague@example.org")
    scoped = simulator.sender({**SEND, "Resource": "arn:aws:ses:*:*:identity/scoped.example.com"})
    assert submit(simulator, scoped, "a@scoped.example.com")[0] == 250
    simulator.client("sesv2").create_configuration_set(ConfigurationSetName="scoped")
    headers = "X-SES-CONFIGURATION-SET: scoped\r\n"
    answer = submit(simulator, scoped, "a@scoped.example.com", headers=headers)
    assert answer == denied(scoped, "configuration-set/scoped")
    simulator.control("POST", "account", {"region": "eu-west-1", "production_access": False})
    answer = submit(simulator, scoped, "a@scoped.example.com", to=["colleague@example.org"])
    assert answer == denied(scoped, "identity/colleague@example.org")


def test_configuration_set(simulator: Simulator, sender: Sender) -> None:
    simulator.verified("sets.example.com")
    headers = "X-SES-CONFIGURATION-SET: fleet\r\n"
    assert submit(simulator, sender, "a@sets.example.com", headers=headers) == (
        554,
        "Configuration Set does not exist: Configuration set <fleet> does not exist.",
    )
    simulator.client("sesv2").create_configuration_set(ConfigurationSetName="fleet")
    assert submit(simulator, sender, "a@sets.example.com", headers=headers)[0] == 250


@pytest.mark.parametrize(
    "change", [{"sending_enabled": False}, {"enforcement_status": "SHUTDOWN"}], ids=["paused", "shutdown"]
)
def test_paused_account(simulator: Simulator, sender: Sender, change: dict[str, object]) -> None:
    simulator.verified("paused.example.com")
    simulator.control("POST", "account", {"region": "eu-west-1", **change})
    code, text = submit(simulator, sender, "a@paused.example.com")
    assert (code, text.partition(".")[0]) == (554, "Message rejected: Sending paused for this account")


@pytest.mark.parametrize(
    ("headers", "fault"),
    [
        ("Subject: 1\r\nsubject: 2\r\n", "Duplicate header 'subject'."),
        ("From: root\r\n", "Missing final '@domain'"),
    ],
)
def test_transaction_failed(simulator: Simulator, sender: Sender, headers: str, fault: str) -> None:
    simulator.verified("headers.example.com")
    answer = submit(simulator, sender, "a@headers.example.com", headers=headers)
    assert answer == (554, f"Transaction failed: {fault}")


def test_recipient_limit(simulator: Simulator, sender: Sender) -> None:
    simulator.verified("many.example.com")
    to = [f"success+{number}@simulator.amazonses.com" for number in range(51)]
    assert submit(simulator, sender, "a@many.example.com", to=to[:50])[0] == 250
    answer = submit(simulator, sender, "a@many.example.com", to=to)
    assert answer == (554, "Transaction failed: Recipient count exceeds 50.")


def test_rate(simulator: Simulator, sender: Sender) -> None:
    simulator.verified("rate.example.com")
    simulator.control("POST", "account", {"region": "eu-west-1", "max_send_rate": 1})
    assert submit(simulator, sender, "a@rate.example.com")[0] == 250
    exceeded = (454, "Throttling failure: Maximum sending rate exceeded.")
    assert submit(simulator, sender, "a@rate.example.com") == exceeded
    time.sleep(1.1)
    assert submit(simulator, sender, "a@rate.example.com")[0] == 250
    assert len(simulator.messages(mail_from="a@rate.example.com")) == 2


def test_daily_quota_does_not_count_the_mailbox_simulator(simulator: Simulator, sender: Sender) -> None:
    simulator.verified("quota.example.com", "us-east-1")
    account = simulator.client("sesv2", "us-east-1").get_account
    before = account()["SendQuota"]["SentLast24Hours"]
    simulator.control("POST", "account", {"region": "us-east-1", "max_24_hour_send": before + 2})

    def send(*to: str) -> tuple[int, str]:
        return submit(simulator, sender, "a@quota.example.com", to=to, region="us-east-1")

    assert send(RECIPIENT)[0] == 250
    assert send("a@example.org", "b@example.org")[0] == 250
    assert account()["SendQuota"]["SentLast24Hours"] == before + 2
    assert send("a@example.org") == (454, "Throttling failure: Daily message quota exceeded.")
    assert send(RECIPIENT)[0] == 250


def test_custom_mail_from_that_rejects_on_mx_failure(simulator: Simulator, sender: Sender) -> None:
    name = "mailfrom.example.com"
    simulator.verified(name)
    attributes = {"MailFromDomain": f"bounce.{name}", "BehaviorOnMxFailure": "REJECT_MESSAGE"}
    simulator.client("sesv2").put_email_identity_mail_from_attributes(EmailIdentity=name, **attributes)
    answer = submit(simulator, sender, f"a@{name}")
    assert answer == (554, f"MAIL FROM domain not verified: bounce.{name}")
    identity = {"region": "eu-west-1", "identity": name, "status": "verified", "mail_from_status": "verified"}
    simulator.control("POST", "identities", identity)
    assert submit(simulator, sender, f"a@{name}")[0] == 250


def test_tags_tenant_and_source_are_kept(simulator: Simulator, sender: Sender) -> None:
    simulator.verified("tagged.example.com")
    simulator.client("sesv2").create_configuration_set(ConfigurationSetName="tags")
    arn = "arn:aws:ses:eu-west-1:123456789012:identity/tagged.example.com"
    headers = (
        "X-SES-MESSAGE-TAGS: fleet=a,\r\n host=b-1\r\nX-SES-TENANT: customer-1\r\n"
        f"X-SES-SOURCE-ARN: {arn}\r\nX-SES-CONFIGURATION-SET: tags\r\n"
    )
    assert submit(simulator, sender, "a@tagged.example.com", headers=headers)[0] == 250
    assert submit(simulator, sender, "b@tagged.example.com")[0] == 250
    with_all, without = (simulator.messages(mail_from=f"{name}@tagged.example.com")[0] for name in "ab")
    shown = ("tags", "tenant", "source_arn", "configuration_set")
    assert [with_all[name] for name in shown] == [{"fleet": "a", "host": "b-1"}, "customer-1", arn, "tags"]
    assert [without[name] for name in shown] == [{}, "", "", ""]


def test_source_arn(simulator: Simulator) -> None:
    simulator.verified("source.example.com")
    simulator.verified("other.example.com")
    simulator.control(
        "POST", "identities", {"region": "eu-west-1", "identity": "sub.source.example.com", "status": "pending"}
    )
    one_identity = "identity/source.example.com"
    narrow = simulator.sender({**SEND, "Resource": f"arn:aws:ses:eu-west-1:123456789012:{one_identity}"})
    wide = simulator.sender(SEND)

    def by(user: Sender, arn: str, mail_from: str = "a@sub.source.example.com") -> tuple[int, str]:
        return submit(simulator, user, mail_from, headers=f"X-SES-SOURCE-ARN: {arn}\r\n")

    ours = "arn:aws:ses:eu-west-1:123456789012:identity/"
    # The identity of the ARN is asked about, and nothing else.
    assert by(narrow, f"{ours}source.example.com")[0] == 250
    assert by(narrow, f"{ours}other.example.com") == denied(narrow, "identity/other.example.com")
    simulator.verified("b@source.example.com")
    assert by(narrow, f"{ours}source.example.com", "b@source.example.com")[0] == 250
    assert submit(simulator, narrow, "b@source.example.com") == denied(narrow, "identity/b@source.example.com")
    # It must be one that the address can use, and verified itself.
    refused = unverified("EU-WEST-1", "a@sub.source.example.com")
    assert by(wide, f"{ours}source.example.com")[0] == 250
    assert by(wide, f"{ours}other.example.com") == refused
    assert by(wide, f"{ours}sub.source.example.com") == refused
    assert by(wide, f"{ours}nowhere.example.com") == refused
    # Of another account or region, nobody here can have allowed it.
    for foreign in (ours.replace("123456789012", "210987654321"), ours.replace("eu-west-1", "us-east-1")):
        code, text = by(wide, f"{foreign}source.example.com")
        assert (code, text[-len(foreign) - 20 :]) == (554, f"`{foreign}source.example.com'")
