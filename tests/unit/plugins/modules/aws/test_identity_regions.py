# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules ses_identity and ses_identity_info in several regions of the simulator."""

from __future__ import annotations

from typing import Any

import pytest

REGIONS = ["eu-west-1", "us-east-1"]


def mail_from(name: str) -> dict[str, str]:
    return {region: f"bounce-{region}.{name}" for region in REGIONS}


def test_one_call_makes_a_domain_in_two_regions(aws: Any) -> None:
    name = "two-regions.example"
    options = {
        "name": name,
        "regions": REGIONS,
        "mail_from_domains": mail_from(name),
        "mail_from_on_mx_failure": "reject_message",
        "tags": {"team": "mail"},
        "purge_tags": False,
    }
    foreseen = aws.module("ses_identity", check_mode=True, **options)
    assert [(each["exists"], each["changed"]) for each in foreseen["identities"]] == [(False, True)] * 2
    assert not [call for call in aws.calls() if call[1]]

    made = aws.module("ses_identity", **options)
    assert (made["rc"], made["changed"], made["ready"]) == (0, True, False)
    assert made["diff"] == foreseen["diff"]
    assert [each["region"] for each in made["identities"]] == REGIONS
    assert "identity" not in made
    # Each region is named in front of what it waits for: DKIM and MAIL FROM.
    assert [text.partition(":")[0] for text in made["pending"]] == ["eu-west-1", "eu-west-1", "us-east-1", "us-east-1"]
    mx = {r["name"]: (r["value"], r["regions"]) for r in made["dns_records"] if r["type"] == "MX"}
    assert mx == {
        f"bounce-{region}.{name}": (f"10 feedback-smtp.{region}.amazonses.com", [region]) for region in REGIONS
    }
    # What both regions look for is there once.
    assert [r["regions"] for r in made["dns_records"] if r["purpose"] == "dmarc"] == [REGIONS]
    aws.calls()

    again = aws.module("ses_identity", **options)
    assert (again["rc"], again["changed"]) == (0, False)
    assert aws.calls() == [("GetEmailIdentity", False)] * 2
    info = aws.module("ses_identity_info", name=name, regions=REGIONS)
    for each in (*again["identities"], *info["identities"]):
        # When SES has looked last changes from one call to the next.
        each["identity"].pop("verification_info")
    assert again["identities"] == [{**each, "changed": False} for each in info["identities"]]
    assert info["dns_records"] == again["dns_records"]

    changed = aws.module("ses_identity", name=name, regions=REGIONS, mail_from_domains={"us-east-1": ""})
    assert [each["changed"] for each in changed["identities"]] == [False, True]
    gone = aws.module("ses_identity", name=name, regions=REGIONS, state="absent")
    assert (gone["changed"], gone["pending"], [e["exists"] for e in gone["identities"]]) == (True, [], [False, False])


def test_ready_means_ready_in_all_regions(aws: Any) -> None:
    name = "half-ready.example"
    aws.module("ses_identity", name=name, regions=REGIONS)
    aws.verify(name)
    info = aws.module("ses_identity_info", name=name, regions=REGIONS)
    assert [each["ready"] for each in info["identities"]] == [True, False]
    assert (info["ready"], [text.partition(":")[0] for text in info["pending"]]) == (False, ["us-east-1"])

    waited = aws.module("ses_identity", name=name, regions=REGIONS, wait=True, wait_timeout=1, wait_delay=1)
    assert waited["rc"] == 1
    assert f"{name} in us-east-1 is not ready" in waited["msg"]
    assert "eu-west-1" not in waited["msg"]


@pytest.mark.parametrize(
    ("options", "texts"),
    [
        (
            {"regions": REGIONS, "mail_from_domain": "bounce.wrong.example"},
            ["one MX record", "names one region", "mail_from_domains"],
        ),
        ({"regions": REGIONS, "mail_from_domains": {"eu-west-2": "b.wrong.example"}}, ["eu-west-2", "Add the region"]),
        (
            {"regions": REGIONS, "mail_from_domains": dict.fromkeys(REGIONS, "b.wrong.example")},
            ["b.wrong.example to eu-west-1 and us-east-1", "a name of its own"],
        ),
        (
            {"regions": REGIONS, "mail_from_domains": {"eu-west-1": "b.wrong.example", "us-east-1": "b.other.example"}},
            ["In us-east-1: The MAIL FROM domain b.other.example is not a subdomain"],
        ),
        ({"regions": ["eu-west"]}, ["'eu-west' is not an AWS region"]),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_changed(aws: Any, options: dict[str, Any], texts: list[str]) -> None:
    done = aws.module("ses_identity", name="wrong.example", **options)
    assert done["rc"] == 1
    for text in texts:
        assert text in done["msg"]
    assert not [call for call in aws.calls() if call[1]]


def fault(aws: Any, operation: str, **fields: Any) -> None:
    aws.control("POST", "api", {"faults": [{"service": "sesv2", "operation": operation, **fields}]})


def test_a_creation_whose_answer_was_lost_goes_on(aws: Any) -> None:
    name = "lost-answer.example"
    # The identity is made, and the answer lost: the next attempt finds it there.
    fault(aws, "CreateEmailIdentity", when="after", drop=True)
    done = aws.module("ses_identity", name=name, mail_from_domain=f"b.{name}", feedback_forwarding=False)
    assert (done["rc"], done["changed"]) == (0, True), done
    assert done["identity"]["feedback_forwarding_status"] is False
    assert done["identity"]["mail_from_attributes"]["mail_from_domain"] == f"b.{name}"
    assert [call[0] for call in aws.calls()].count("CreateEmailIdentity") == 2
    assert not aws.module("ses_identity", name=name, mail_from_domain=f"b.{name}", feedback_forwarding=False)["changed"]


def test_a_permission_that_lacks_is_named_with_the_region_and_the_next_run_goes_on(aws: Any) -> None:
    options = {"name": "denied.example", "regions": REGIONS, "mail_from_domains": mail_from("denied.example")}
    fault(
        aws,
        "PutEmailIdentityMailFromAttributes",
        error="AccessDeniedException",
        message=(
            "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: "
            "ses:PutEmailIdentityMailFromAttributes on resource: "
            "arn:aws:ses:us-east-1:123456789012:identity/denied.example"
        ),
        region="us-east-1",
    )
    done = aws.module("ses_identity", **options)
    assert done["rc"] == 1
    assert "Could not set the MAIL FROM domain bounce-us-east-1.denied.example" in done["msg"]
    assert "in us-east-1. The caller lacks the permission ses:PutEmailIdentityMailFromAttributes" in done["msg"]
    again = aws.module("ses_identity", **options)
    assert [each["changed"] for each in again["identities"]] == [False, True]
