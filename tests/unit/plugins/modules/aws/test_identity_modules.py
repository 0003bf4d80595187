# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules ses_identity, ses_identity_info and ses_account_info against the simulator."""

from __future__ import annotations

import threading
from typing import Any

import pytest

READS = ("ses_identity_info", "ses_account_info")
OPTIONS: dict[str, Any] = {
    "dkim_key_length": 2048,
    "mail_from_on_mx_failure": "reject_message",
    "feedback_forwarding": False,
    "tags": {"team": "mail"},
}


def test_life_of_a_domain(aws: Any) -> None:
    options = {**OPTIONS, "name": "life.example", "mail_from_domain": "bounce.life.example"}
    foreseen = aws.module("ses_identity", check_mode=True, **options)
    assert foreseen["changed"]
    assert not [call for call in aws.calls() if call[1]]

    made = aws.module("ses_identity", **options)
    assert made["changed"]
    assert made["diff"] == foreseen["diff"]
    assert (made["ready"], len(made["pending"])) == (False, 2)
    assert made["identity"]["tags"] == {"team": "mail"}
    assert made["identity"]["feedback_forwarding_status"] is False
    assert made["identity"]["mail_from_attributes"]["behavior_on_mx_failure"] == "REJECT_MESSAGE"
    zone = made["identity"]["dkim_attributes"]["signing_hosted_zone"]
    cnames = [r for r in made["dns_records"] if r["purpose"] == "dkim"]
    assert len(cnames) == 3
    assert all(r["value"].endswith(f".{zone}") and r["name"].endswith("._domainkey.life.example") for r in cnames)
    aws.calls()

    again = aws.module("ses_identity", **options)
    assert (again["rc"], again["changed"]) == (0, False)
    assert aws.calls() == [("GetEmailIdentity", False)]

    info = aws.module("ses_identity_info", name="life.example")
    for each in (again, info):
        # When SES has looked last changes from one call to the next.
        each["identity"].pop("verification_info")
    assert {key: again[key] for key in ("identity", "dns_records", "ready", "pending")} == {
        key: info[key] for key in ("identity", "dns_records", "ready", "pending")
    }

    aws.verify("life.example")
    ready = aws.module("ses_identity", name="life.example", wait=True, wait_timeout=5)
    assert (ready["rc"], ready["changed"], ready["ready"], ready["pending"]) == (0, False, True, [])

    aws.calls()
    gone = aws.module("ses_identity", name="life.example", state="absent")
    assert gone["changed"]
    assert aws.calls() == [("GetEmailIdentity", False), ("DeleteEmailIdentity", True)]
    assert not aws.module("ses_identity", name="life.example", state="absent")["changed"]
    info = aws.module("ses_identity_info", name="life.example")
    assert [(each["region"], each["exists"]) for each in info["identities"]] == [("eu-west-1", False)]
    assert info["pending"] == ["eu-west-1: there is no identity life.example in eu-west-1"]


@pytest.mark.parametrize(
    ("option", "value", "call"),
    [
        ("dkim_key_length", 1024, "PutEmailIdentityDkimSigningAttributes"),
        ("dkim_signing", False, "PutEmailIdentityDkimAttributes"),
        ("mail_from_domain", "b.change.example", "PutEmailIdentityMailFromAttributes"),
        ("feedback_forwarding", False, "PutEmailIdentityFeedbackAttributes"),
        ("tags", {"b": "2"}, "TagResource"),
        ("tags", {}, "UntagResource"),
    ],
)
def test_one_change_is_one_call_and_heals(aws: Any, option: str, value: Any, call: str) -> None:
    start = {"name": "change.example", "tags": {"a": "1"}}
    aws.module("ses_identity", state="absent", name="change.example")
    aws.module("ses_identity", **start)
    aws.calls()
    done = aws.module("ses_identity", **{**start, "purge_tags": value == {}, option: value})
    assert done["changed"], done
    assert [name for name, write in aws.calls() if write] == [call]
    again = aws.module("ses_identity", **{**start, "purge_tags": value == {}, option: value})
    assert (again["rc"], again["changed"]) == (0, False)


def test_removing_what_was_set(aws: Any) -> None:
    name = "remove.example"
    aws.module("ses_identity", name=name, mail_from_domain=f"b.{name}", mail_from_on_mx_failure="reject_message")
    done = aws.module("ses_identity", name=name, mail_from_domain="")
    assert done["changed"]
    assert "mail_from_domain" not in done["identity"]["mail_from_attributes"]
    assert [r["purpose"] for r in done["dns_records"]] == ["dkim", "dkim", "dkim", "dmarc"]
    assert not aws.module("ses_identity", name=name, mail_from_domain="")["changed"]


def test_an_address(aws: Any) -> None:
    made = aws.module("ses_identity", name="App@Address.example")
    assert made["identity"]["name"] == "App@address.example"
    assert made["dns_records"] == []
    assert "open the link" in made["pending"][0]
    assert not aws.module("ses_identity", name="App@Address.example")["changed"]


def test_waiting_ends_when_ses_has_verified(aws: Any) -> None:
    aws.module("ses_identity", name="wait.example")
    threading.Timer(2, aws.verify, ["wait.example"]).start()
    done = aws.module("ses_identity", name="wait.example", wait=True, wait_timeout=30, wait_delay=1)
    assert (done["rc"], done["ready"], done["changed"]) == (0, True, False)


def test_waiting_is_bounded_and_says_what_is_missing(aws: Any) -> None:
    done = aws.module("ses_identity", name="slow.example", wait=True, wait_timeout=2, wait_delay=1)
    assert done["rc"] == 1
    assert "slow.example in eu-west-1 is not ready: DKIM is PENDING" in done["msg"]
    assert "_domainkey.slow.example CNAME" in done["msg"]
    assert "Waited 2 seconds" in done["msg"]


def test_waiting_ends_when_ses_has_given_up(aws: Any) -> None:
    aws.module("ses_identity", name="failed.example")
    aws.verify("failed.example", "failed")
    done = aws.module("ses_identity", name="failed.example", wait=True, wait_timeout=60)
    assert done["rc"] == 1
    assert "SES has given up" in done["msg"]


def test_a_configuration_set_that_does_not_exist(aws: Any) -> None:
    aws.calls()
    done = aws.module("ses_identity", name="set.example", configuration_set="nowhere")
    assert done["rc"] == 1
    assert done["msg"].startswith("There is no configuration set nowhere in eu-west-1. Create it there")
    assert [name for name, write in aws.calls() if write] == []


def test_all_identities_and_no_writing(aws: Any) -> None:
    for name in ("one.example", "two.example"):
        aws.module("ses_identity", name=name)
    aws.calls()
    found = {each["identity"]["name"] for each in aws.module("ses_identity_info")["identities"]}
    assert {"one.example", "two.example"} <= found
    calls = aws.calls()
    assert calls.count(("GetEmailIdentity", False)) == len(found)
    assert not [call for call in calls if call[1]]


def test_the_account(aws: Any) -> None:
    limits = {"max_send_rate": 14, "max_24_hour_send": 50000}
    state = {"production_access": False, "sending_enabled": True, "enforcement_status": "PROBATION"}
    aws.control("POST", "account", {"region": "eu-west-1", **state, **limits})
    aws.calls()
    account = aws.module("ses_account_info")["account"]
    assert aws.calls() == [("GetAccount", False)]
    assert (account["sandbox"], account["enforcement_status"]) == (True, "PROBATION")
    assert (account["max_send_rate"], account["remaining_24_hour_send"]) == (14.0, 50000.0)


def test_no_region_and_no_endpoint(aws: Any) -> None:
    done = aws.module("ses_account_info", region="eu-west-1", endpoint_url="http://127.0.0.1:9", aws_config=FAST)
    assert done["rc"] == 1
    assert "cannot be reached. Check region, endpoint_url" in done["msg"]


FAST = {"retries": {"total_max_attempts": 1}, "connect_timeout": 2}
