# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for several regions: when it ends, and what it says then."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_describe import merge_records
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_wait import (
    NotReadyError,
    Pause,
    dns_sentences,
    wait_for_identities,
)

MAIL_FROM = {"MailFromDomain": "b.example.com", "MailFromDomainStatus": "SUCCESS"}


def answer(status: str, *, mail_from: str = "") -> dict[str, Any]:
    found = {
        "VerifiedForSendingStatus": status == "SUCCESS",
        "VerificationStatus": status,
        "DkimAttributes": {"Status": status, "Tokens": ["t1"], "SigningHostedZone": "dkim.amazonses.com"},
    }
    return {**found, "MailFromAttributes": {**MAIL_FROM, "MailFromDomainStatus": mail_from}} if mail_from else found


class Region:
    """Answers of one region in a row; the last one stays."""

    def __init__(self, region: str, *answers: dict[str, Any] | None) -> None:
        self.region = region
        self.answers = list(answers)
        self.asked = 0

    def get(self, _name: str) -> dict[str, Any] | None:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def wait(*regions: Region, name: str = "example.com", timeout: float = 0.05, look: Any = None) -> Any:
    apis: Any = {each.region: each for each in regions}
    first = {region: api.get(name) for region, api in apis.items()}
    return wait_for_identities(apis, name, first, pause=Pause(timeout, 0.01), look=look)


def test_only_regions_that_are_not_ready_are_asked_again() -> None:
    ireland = Region("eu-west-1", answer("SUCCESS"))
    virginia = Region("us-east-1", answer("PENDING"), answer("PENDING"), answer("SUCCESS"))
    found = wait(ireland, virginia, timeout=5)
    assert {region: each["VerificationStatus"] for region, each in found.items()} == {
        "eu-west-1": "SUCCESS",
        "us-east-1": "SUCCESS",
    }
    assert (ireland.asked, virginia.asked) == (1, 3)


def test_the_time_is_for_all_regions_together_and_each_is_named() -> None:
    with pytest.raises(NotReadyError) as caught:
        wait(Region("eu-west-1", answer("PENDING")), Region("us-east-1", answer("SUCCESS", mail_from="PENDING")))
    text = str(caught.value.message)
    assert "example.com in eu-west-1 is not ready: DKIM is PENDING; needed in DNS: t1._domainkey.example.com" in text
    assert "example.com in us-east-1 is not ready: MAIL FROM is PENDING; needed in DNS: b.example.com MX 10" in text
    assert "Waited 0.05 seconds" in text
    # What SES said last goes with it.
    assert sorted(caught.value.answers) == ["eu-west-1", "us-east-1"]


def test_an_address_waits_for_its_owner_and_not_for_dns() -> None:
    with pytest.raises(NotReadyError) as caught:
        wait(Region("eu-west-1", {**answer("PENDING"), "DkimAttributes": {}}), name="app@example.com")
    text = str(caught.value.message)
    assert "open the link in the mail that SES sent to app@example.com" in text
    assert "Look for the mail of SES in the mailbox of app@example.com" in text
    assert "DNS" not in text


@pytest.mark.parametrize(
    ("name", "given_up", "step"),
    [
        (
            "example.com",
            answer("FAILED"),
            "SES has given up on its verification in us-east-1 (it looks for 72 hours). Delete the identity example.com",
        ),
        (
            "app@example.com",
            answer("FAILED"),
            "the link in its mail works for 24 hours. Delete the identity app@example.com (state: absent) and make it",
        ),
        (
            "example.com",
            answer("SUCCESS", mail_from="FAILED"),
            "given up on the MAIL FROM domain b.example.com in us-east-1 (it looks for 72 hours). Put its two records",
        ),
    ],
)
def test_what_ses_has_given_up_on_ends_the_wait_at_once(name: str, given_up: Any, step: str) -> None:
    pending = Region("eu-west-1", answer("PENDING"))
    with pytest.raises(NotReadyError) as caught:
        wait(pending, Region("us-east-1", given_up), name=name, timeout=60)
    text = str(caught.value.message)
    assert step in text
    # All that is missing is said, and a region that may still become ready gets no advice to begin anew.
    assert f"{name} in eu-west-1 is not ready" in text
    assert "given up on its verification in eu-west-1" not in text
    assert pending.asked == 1


def test_an_identity_that_is_deleted_meanwhile() -> None:
    with pytest.raises(SesError, match=r"example\.com in eu-west-1 was deleted by somebody while this task waited"):
        wait(Region("eu-west-1", answer("PENDING"), None), timeout=5)


def test_dns_is_asked_once_for_the_records_that_ses_waits_for() -> None:
    asked: list[Any] = []

    def look(records: Any) -> list[str]:
        asked.append(records)
        return ["DNS says no."]

    pending = answer("PENDING", mail_from="SUCCESS")
    with pytest.raises(NotReadyError, match=r"DNS says no\. Waited"):
        wait(Region("eu-west-1", pending), Region("us-east-1", answer("PENDING")), look=look)
    # The same record of both regions once; neither MAIL FROM, which SES has found, nor DMARC, which it ignores.
    ((record,),) = asked
    assert (record["name"], record["regions"]) == ("t1._domainkey.example.com", ["eu-west-1", "us-east-1"])


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ({"state": "missing", "found": []}, "n.example.com CNAME v.example is missing in DNS."),
        (
            {"state": "different", "found": ["x.example", "y.example"]},
            "n.example.com CNAME v.example is not what DNS has, which is x.example, y.example.",
        ),
        (
            {"state": "present", "found": ["v.example"]},
            "n.example.com CNAME v.example is in DNS, and SES has not looked since.",
        ),
        (
            {"state": "unknown", "found": [], "problem": "no name server answered in time"},
            "n.example.com CNAME could not be looked up (no name server answered in time).",
        ),
    ],
)
def test_what_dns_has(found: dict[str, Any], sentence: str) -> None:
    record = {"name": "n.example.com", "type": "CNAME", "value": "v.example", **found}
    assert dns_sentences([record]) == [sentence]


@pytest.mark.parametrize(
    ("statuses", "worst"),
    [
        (["SUCCESS", "PENDING"], "PENDING"),
        (["FAILED", "SUCCESS"], "FAILED"),
        (["PENDING", "TEMPORARY_FAILURE"], "TEMPORARY_FAILURE"),
        ([None, None], None),
        (["SUCCESS", "SUCCESS"], "SUCCESS"),
    ],
)
def test_one_record_for_several_regions_has_the_worst_status(statuses: list[Any], worst: Any) -> None:
    records = [
        {"name": "n", "type": "TXT", "value": "v", "status": status, "region": f"r{number}"}
        for number, status in enumerate(statuses)
    ]
    (record,) = merge_records(records)
    assert (record["status"], record["regions"]) == (worst, ["r0", "r1"])
