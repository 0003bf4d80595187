# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules ses_account and ses_account_info against the simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

REGIONS = ["eu-west-1", "us-east-1"]
RATE = "L-CDEF9B6B"
DETAILS: dict[str, Any] = {
    "mail_type": "transactional",
    "website_url": "https://www.example.com",
    "use_case_description": "Receipts for customers of our shop.",
    "additional_contact_email_addresses": ["postmaster@example.com"],
}
NEW: dict[str, Any] = {
    "review": None,
    "production_access": False,
    "sending_enabled": True,
    "max_send_rate": 1,
    "max_24_hour_send": 200,
    "enforcement_status": "HEALTHY",
    "suppressed_reasons": ["BOUNCE", "COMPLAINT"],
}
PRODUCTION = {"production_access": True, "max_send_rate": 14, "max_24_hour_send": 50000}
ASK = ("PutAccountDetails", True)
READ = ("GetAccount", False)
HISTORY = ("ListRequestedServiceQuotaChangeHistoryByQuota", False)
INCREASE = ("RequestServiceQuotaIncrease", True)


@pytest.fixture
def new(aws: Any) -> Iterator[Any]:
    """New accounts in both regions, before and after."""
    for _again in range(2):
        aws.control("POST", "account", NEW)
        aws.control("DELETE", "quotas")
        aws.calls()
        if not _again:
            yield aws


def account(aws: Any, **changes: Any) -> None:
    aws.control("POST", "account", {"region": "eu-west-1", **changes})


def decide(aws: Any, status: str) -> None:
    aws.control("POST", "quotas", {"region": "eu-west-1", "quota": RATE, "status": status})


def test_the_life_of_a_review(new: Any) -> None:
    foreseen = new.module("ses_account", check_mode=True, production_access=DETAILS)
    assert foreseen["changed"]
    assert new.calls() == [READ]

    asked = new.module("ses_account", production_access=DETAILS)
    assert (asked["rc"], asked["changed"], asked["diff"]) == (0, True, foreseen["diff"])
    assert new.calls() == [READ, ASK]
    assert asked["accounts"] == foreseen["accounts"]
    assert (asked["account"]["review_status"], asked["account"]["sandbox"]) == ("PENDING", True)
    assert "AWS reviews the request for production access in eu-west-1" in asked["account"]["pending"][0]

    pending = new.module("ses_account", production_access=DETAILS)
    assert (pending["rc"], pending["changed"], pending["diff"]) == (0, False, [])
    assert new.calls() == [READ]
    assert pending["account"]["review_case_id"] in pending["account"]["pending"][0]
    assert {key: pending["account"][key] for key in DETAILS} == {**DETAILS, "mail_type": "TRANSACTIONAL"}

    account(new, review="denied")
    new.calls()
    denied = new.module("ses_account", production_access=DETAILS, suppressed_reasons=[])
    assert (denied["rc"], denied["changed"]) == (1, False)
    assert "AWS has denied production access in eu-west-1 (support case" in denied["msg"]
    assert denied["account"]["problems"] == [denied["msg"]]
    assert new.calls() == [READ]
    info = new.module("ses_account_info")
    assert (info["rc"], info["account"]["problems"]) == (0, denied["account"]["problems"])
    new.calls()

    account(new, review="granted")
    new.calls()
    granted = new.module("ses_account", production_access=DETAILS)
    assert (granted["rc"], granted["changed"], granted["account"]["sandbox"]) == (0, False, False)
    assert (granted["account"]["pending"], granted["account"]["problems"]) == ([], [])
    assert new.calls() == [READ]


def test_who_was_denied_answers_in_the_case(new: Any) -> None:
    new.module("ses_account", production_access=DETAILS)
    account(new, review="denied")
    case = new.module("ses_account_info")["account"]["review_case_id"]
    better = {**DETAILS, "use_case_description": "Receipts; who complains gets no more mail."}
    new.calls()
    for changed in (True, False):
        again = new.module("ses_account", production_access=better, suppressed_reasons=["bounce"])
        assert f"(support case {case}), and takes no second request by its API. Answer in that case" in again["msg"]
        # All else was carried out, and told, and nothing is said to wait.
        assert (again["rc"], again["changed"], again["account"]["pending"]) == (1, changed, [])
        assert (again["account"]["review_status"], again["account"]["suppressed_reasons"]) == ("DENIED", ["BOUNCE"])
        assert again["account"]["use_case_description"] == DETAILS["use_case_description"]
        setting = [("PutAccountSuppressionAttributes", True)] if changed else []
        assert new.calls() == [READ, *setting, ASK, READ]


def test_details_may_differ_after_a_review_that_failed(new: Any) -> None:
    new.module("ses_account", production_access=DETAILS)
    account(new, review="failed")
    assert new.module("ses_account", production_access={**DETAILS, "mail_type": "marketing"})["changed"]


def test_the_life_of_a_quota(new: Any) -> None:
    account(new, **PRODUCTION)
    new.calls()
    wanted = {"max_send_rate": 50, "max_24_hour_send": 50000}
    assert new.module("ses_account", check_mode=True, **wanted)["changed"]
    assert new.calls() == [READ, HISTORY]

    asked = new.module("ses_account", **wanted)
    assert (asked["rc"], asked["changed"]) == (0, True)
    assert new.calls() == [READ, HISTORY, INCREASE]
    (request,) = asked["account"]["quota_requests"]
    assert (request["quota"], request["status"], request["desired_value"]) == ("max_send_rate", "PENDING", 50.0)
    assert "not decided on the request for 50 recipients a second" in asked["account"]["pending"][0]

    decide(new, "case_opened")
    new.calls()
    pending = new.module("ses_account", **wanted)
    assert (pending["rc"], pending["changed"]) == (0, False)
    assert new.calls() == [READ, HISTORY]
    assert "support case" in pending["account"]["pending"][0]

    more = new.module("ses_account", max_send_rate=80)
    assert more["rc"] == 1
    assert "request for only 50 recipients a second" in more["msg"]

    for status in ("denied", "not_approved", "case_closed"):
        decide(new, status)
        new.calls()
        refused = new.module("ses_account", **wanted)
        assert (refused["rc"], refused["changed"]) == (1, False)
        assert "50 recipients a second (request" in refused["msg"]
        assert "it is asked for when it differs from the refused one" in refused["msg"]
        assert new.calls() == [READ, HISTORY]
    info = new.module("ses_account_info", include_quota_requests=True)["account"]
    assert [each["status"] for each in info["quota_requests"]] == ["CASE_CLOSED"]
    assert info["problems"] == refused["account"]["problems"]

    assert new.module("ses_account", max_send_rate=40)["changed"]
    decide(new, "approved")
    new.calls()
    enough = new.module("ses_account", max_send_rate=40)
    assert (enough["rc"], enough["changed"], enough["account"]["max_send_rate"]) == (0, False, 40.0)
    assert new.calls() == [READ]


def test_quotas_wait_for_production_access(new: Any) -> None:
    done = new.module("ses_account", production_access=DETAILS, max_send_rate=50)
    assert (done["rc"], done["changed"], len(done["account"]["pending"])) == (0, True, 2)
    assert new.calls() == [READ, ASK]


def test_settings_are_one_call_each_and_heal(new: Any) -> None:
    off = {"sending_enabled": False, "suppressed_reasons": ["complaint"]}
    done = new.module("ses_account", **off)
    assert done["changed"]
    assert new.calls() == [READ, ("PutAccountSuppressionAttributes", True), ("PutAccountSendingAttributes", True)]
    info = new.module("ses_account_info")["account"]
    assert (info["sending_enabled"], info["suppressed_reasons"]) == (False, ["COMPLAINT"])
    assert {key: done["account"][key] for key in info} == info
    new.calls()
    assert not new.module("ses_account", **off)["changed"]
    assert new.calls() == [READ]
    assert new.module("ses_account", sending_enabled=True)["account"]["sending_enabled"]


def test_a_problem_in_one_region_changes_nothing_in_the_others(new: Any) -> None:
    account(new, enforcement_status="SHUTDOWN")
    new.calls()
    require = {"max_send_rate": 10}
    done = new.module(
        "ses_account",
        regions=["us-east-1", "eu-west-1"],
        sending_enabled=True,
        suppressed_reasons=[],
        require=require,
        region="",
    )
    assert (done["rc"], done["changed"]) == (1, False)
    assert new.calls() == [READ, READ]
    assert done["msg"].startswith("3 things are not as they have to be. (1) AWS has paused sending in eu-west-1")
    assert [text[:20] for text in done["shortfalls"]] == ["SES in us-east-1 tak", "SES in eu-west-1 tak"]


def test_several_regions(new: Any) -> None:
    account(new, **PRODUCTION)
    new.calls()
    done = new.module("ses_account", regions=REGIONS, production_access=DETAILS)
    assert new.calls() == [READ, READ, ASK]
    assert [each["review_status"] for each in done["accounts"]] == [None, "PENDING"]
    assert "account" not in done
    assert len(done["diff"]) == 1


@pytest.mark.parametrize("module", ["ses_account", "ses_account_info"])
def test_everything_that_is_missing_is_listed_at_once(new: Any, module: str) -> None:
    account(new, **PRODUCTION)
    new.control("POST", "account", {"region": "us-east-1", "sending_enabled": False})
    new.calls()
    require = {"production_access": True, "sending": True, "max_send_rate": 20.0, "remaining_24_hour_send": 1000.0}
    done = new.module(module, regions=REGIONS, require=require)
    assert (done["rc"], done["changed"], len(done["accounts"])) == (1, False, 2)
    assert new.calls() == [READ, READ]
    regions = [("eu-west-1" in text, "us-east-1" in text) for text in done["shortfalls"]]
    assert regions == [(True, False), *[(False, True)] * 4]
    assert all(text in done["msg"] for text in done["shortfalls"])
    assert new.module(module, require={"sending": True, "max_send_rate": 14.0})["rc"] == 0


def test_requirements_are_looked_at_after_the_change(new: Any) -> None:
    account(new, sending_enabled=False)
    for check_mode in (True, False):
        done = new.module("ses_account", check_mode=check_mode, sending_enabled=True, require={"sending": True})
        assert (done["rc"], done["changed"]) == (0, True)
    asked = new.module("ses_account", production_access=DETAILS, require={"production_access": True})
    assert (asked["rc"], asked["changed"]) == (1, True)
    assert "its review is PENDING" in asked["msg"]


def test_what_aws_would_not_take_is_said_before_any_call(new: Any) -> None:
    for options in ({"max_send_rate": 0}, {"production_access": {**DETAILS, "website_url": ""}}):
        assert new.module("ses_account", **options)["rc"] == 1
    assert new.module("ses_account_info", regions=["Ireland"])["msg"].startswith("'Ireland' is not an AWS region")
    assert new.calls() == []


@pytest.fixture
def lost(new: Any) -> Iterator[Any]:
    """Let a call be carried out and its answer be lost, so that the SDK repeats it."""

    def order(service: str, operation: str) -> None:
        fault = {
            "service": service,
            "operation": operation,
            "error": "ServiceException",
            "status": 500,
            "when": "after",
        }
        new.control("POST", "api", {"faults": [fault]})

    yield order
    new.control("DELETE", "api")


def test_an_increase_whose_answer_was_lost(new: Any, lost: Any) -> None:
    account(new, **PRODUCTION)
    lost("service-quotas", "RequestServiceQuotaIncrease")
    asked = new.module("ses_account", max_send_rate=50)
    assert (asked["rc"], asked["changed"], len(asked["account"]["quota_requests"])) == (0, True, 1), asked
    assert len(new.control("GET", "quotas?region=eu-west-1")) == 1
    assert not new.module("ses_account", max_send_rate=50)["changed"]


def test_a_review_whose_answer_was_lost(new: Any, lost: Any) -> None:
    lost("sesv2", "PutAccountDetails")
    asked = new.module("ses_account", production_access=DETAILS)
    assert (asked["rc"], asked["changed"], asked["account"]["review_status"]) == (0, True, "PENDING"), asked
    assert not new.module("ses_account", production_access=DETAILS)["changed"]
