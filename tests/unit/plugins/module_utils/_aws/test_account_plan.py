# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Production access, quotas, thresholds: what is asked, waited for, explained. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account import account_facts
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account_plan import (
    Plan,
    Wanted,
    halted,
    plan,
    quotas_to_ask,
    unasked,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account_require import failure, shortfalls
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account_review import review, wanted_details
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.quota_plan import decide
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.quota_request import (
    QuotaRequest,
    request_of,
    wanted_quotas,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
DETAILS: dict[str, Any] = {
    "mail_type": "transactional",
    "website_url": "https://www.example.com",
    "use_case_description": "Receipts for customers",
    "contact_language": "en",
    "additional_contact_email_addresses": ["a@example.com", "b@example.com"],
}
API_DETAILS: dict[str, Any] = {
    "MailType": "TRANSACTIONAL",
    "WebsiteURL": "https://www.example.com",
    "UseCaseDescription": "Receipts for customers",
    "ContactLanguage": "EN",
    "AdditionalContactEmailAddresses": ["b@example.com", "a@example.com"],
}


def account(*, review: str | None = None, production: bool = False, **answer: Any) -> dict[str, Any]:
    """Return facts of a healthy account with 1 a second and 200 a day, or 14 and 50,000 in production."""
    quota = {"Max24HourSend": 5e4, "MaxSendRate": 14.0} if production else {"Max24HourSend": 200.0, "MaxSendRate": 1.0}
    start: dict[str, Any] = {
        "ProductionAccessEnabled": production,
        "SendingEnabled": True,
        "EnforcementStatus": "HEALTHY",
        "SendQuota": {**quota, "SentLast24Hours": 0.0, **answer.pop("SendQuota", {})},
        "SuppressionAttributes": {"SuppressedReasons": ["COMPLAINT", "BOUNCE"]},
    }
    if review:
        start["Details"] = {**API_DETAILS, "ReviewDetails": {"Status": review, "CaseId": "42"}}
    return account_facts({**start, **answer}, "eu-west-1")


def request(status: str, value: float, *, hours: float = 1, quota: str = "max_send_rate") -> QuotaRequest:
    moment = (NOW - timedelta(hours=hours)).isoformat()
    return QuotaRequest(quota, "L-CDEF9B6B", status, value, id="r1", case_id="77", created=moment, last_updated=moment)


def planned(facts: dict[str, Any], *requests: QuotaRequest, **wanted: Any) -> Plan:
    return plan(facts, Wanted(**wanted), requests={"max_send_rate": requests} if requests else {}, now=NOW)


@pytest.mark.parametrize(
    ("facts", "changes", "ask", "pending", "problem"),
    [
        (account(), {}, True, "", ""),
        (account(review="FAILED"), {}, True, "", ""),
        (account(review="PENDING"), {}, False, r"reviews .* in eu-west-1 \(support case 42\)", ""),
        (account(review="PENDING"), {"website_url": "https://other.example"}, False, "reviews", ""),
        (account(review="GRANTED"), {}, False, "granted .* not in effect yet", ""),
        (account(review="GRANTED", production=True), {}, False, "", ""),
        (account(production=True), {}, False, "", ""),
        # Asked and denied: the same again would be denied again.
        (
            account(review="DENIED"),
            {},
            False,
            "",
            r"denied .* \(support case 42\).*Support.*answer there.*asked again; AWS may take",
        ),
        (account(review="DENIED"), {"use_case_description": " Receipts\n for customers "}, False, "", "denied"),
        (account(review="DENIED"), {"contact_language": None}, False, "", "denied"),
        (account(review="DENIED"), {"use_case_description": "Receipts, opt-in"}, True, "", ""),
        (account(review="DENIED"), {"mail_type": "marketing"}, True, "", ""),
        (account(review="DENIED"), {"additional_contact_email_addresses": ["a@example.com"]}, True, "", ""),
    ],
)
def test_production_access(
    facts: dict[str, Any], changes: dict[str, Any], ask: bool, pending: str, problem: str
) -> None:
    decision = review(facts, wanted_details({**DETAILS, **changes}))
    assert decision.ask == ask
    for found, expected in ((decision.pending, pending), (decision.problem, problem)):
        assert bool(found) == bool(expected)
        assert not expected or matches(expected, found)


def matches(pattern: str, text: str) -> bool:
    return re.search(pattern, text) is not None


def test_a_use_case_that_ses_does_not_give_back_is_not_asked_again_and_again() -> None:
    facts = {**account(review="DENIED"), "use_case_description": None}
    assert not review(facts, wanted_details(DETAILS)).ask


@pytest.mark.parametrize(
    ("facts", "problem", "pending"),
    [
        (account(), "", ""),
        (account(review="PENDING"), "", "reviews the request"),
        (account(review="DENIED"), "has denied", ""),
        (account(review="FAILED"), "did not receive .* Ask again", ""),
        (account(review="DENIED", production=True), "", ""),
    ],
)
def test_review_when_nothing_is_wanted(facts: dict[str, Any], problem: str, pending: str) -> None:
    decision = review(facts, None)
    assert not decision.ask
    assert matches(problem, decision.problem) and bool(problem) == bool(decision.problem)
    assert matches(pending, decision.pending) and bool(pending) == bool(decision.pending)


def test_details_that_aws_would_not_take_are_said_all_at_once() -> None:
    wrong = {
        **DETAILS,
        "website_url": "",
        "use_case_description": "x" * 5001,
        "additional_contact_email_addresses": list("abcde"),
    }
    with pytest.raises(PlanError, match=r"website_url .*; use_case_description .*; additional_contact") as caught:
        wanted_details(wrong)
    assert "xxx" not in caught.value.message


@pytest.mark.parametrize(
    ("requests", "ask", "pending", "problem"),
    [
        ([], True, "", ""),
        ([request("PENDING", 50)], False, "not decided on the request for 50 recipients a second", ""),
        ([request("CASE_OPENED", 80)], False, r"\(request r1, support case 77\) in eu-west-1 in a support case", ""),
        ([request("PENDING", 20)], False, "", r"50 .* is wanted .* request for only 20 .* is PENDING; .*one request"),
        # A newer one that is closed does not hide the open one.
        ([request("DENIED", 50), request("PENDING", 60)], False, "60 recipients", ""),
        ([request("DENIED", 50)], False, "", "AWS has denied 50 .*support case 77.*differs from the refused one"),
        ([request("NOT_APPROVED", 50)], False, "", "AWS has not approved 50"),
        ([request("CASE_CLOSED", 50)], False, "", "case was closed without it for 50"),
        ([request("INVALID_REQUEST", 50)], False, "", "could not process 50"),
        ([request("DENIED", 100)], True, "", ""),
        ([request("DENIED", 40)], True, "", ""),
        ([request("DENIED", 40), request("DENIED", 50)], True, "", ""),
        ([request("APPROVED", 50)], False, "approved 50 .* does not have it yet", ""),
        ([request("APPROVED", 80)], False, "approved 80", ""),
        ([request("APPROVED", 20)], True, "", ""),
        # Lowered again since, or never carried out.
        ([request("APPROVED", 50, hours=49)], True, "", ""),
        ([request("APPROVED", 80, hours=49)], True, "", ""),
    ],
)
def test_more_quota(requests: list[QuotaRequest], ask: bool, pending: str, problem: str) -> None:
    decision = decide("eu-west-1", "max_send_rate", 50.0, requests=requests, now=NOW)
    assert decision.ask == ask
    assert matches(pending, decision.pending) and bool(pending) == bool(decision.pending)
    assert matches(problem, decision.problem) and bool(problem) == bool(decision.problem)


@pytest.mark.parametrize(
    ("facts", "wanted", "ask"),
    [
        (account(), {"quotas": {"max_send_rate": 50.0}}, ["max_send_rate"]),
        (account(), {"quotas": {"max_send_rate": 1.0}}, []),
        (account(), {"quotas": {"max_send_rate": 0.5, "max_24_hour_send": 201.0}}, ["max_24_hour_send"]),
        (account(production=True), {"quotas": {"max_send_rate": 14.0}}, []),
        (account(SendQuota={"Max24HourSend": -1.0}), {"quotas": {"max_24_hour_send": 1e6}}, []),
        # AWS raises both quotas with production access.
        (account(), {"quotas": {"max_send_rate": 50.0}, "production_access": {}}, []),
        (account(review="PENDING"), {"quotas": {"max_send_rate": 50.0}}, []),
        (
            account(production=True),
            {"quotas": {"max_send_rate": 50.0}, "production_access": {}},
            ["max_send_rate"],
        ),
    ],
)
def test_which_quotas_are_looked_at(facts: dict[str, Any], wanted: dict[str, Any], ask: list[str]) -> None:
    assert quotas_to_ask(facts, Wanted(**wanted)) == ask


def test_a_new_account_asks_for_production_access_first() -> None:
    details = wanted_details(DETAILS)
    todo = planned(account(), production_access=details, quotas={"max_send_rate": 50.0})
    assert (todo.changed, todo.ask_production, todo.increases, todo.problems) == (True, True, {}, ())
    assert len(todo.pending) == 2
    assert "50 recipients a second in eu-west-1 is asked for when" in todo.pending[1]
    assert todo.visible(after=False)["review_status"] is None
    after = todo.visible(after=True)
    assert (after["review_status"], after["mail_type"]) == ("PENDING", "TRANSACTIONAL")
    assert after["additional_contact_email_addresses"] == ["a@example.com", "b@example.com"]


@pytest.mark.parametrize(
    ("then", "changed", "pending", "problem"),
    [
        # Another run was faster, or it was our own attempt, whose answer was lost.
        (account(review="PENDING"), True, r"reviews .* \(support case 42\)", ""),
        (account(review="GRANTED"), True, "granted .* not in effect yet", ""),
        (account(review="GRANTED", production=True), True, "", ""),
        (account(), False, "", r"took no request .* \(ConflictException\), .* run again later"),
        (account(review="FAILED"), True, "", "took no request .* open"),
    ],
)
def test_a_request_that_aws_did_not_take(then: dict[str, Any], changed: bool, pending: str, problem: str) -> None:
    todo = unasked(planned(account(), production_access=wanted_details(DETAILS), quotas={"max_send_rate": 50.0}), then)
    assert (todo.changed, todo.ask_production, todo.after["review_status"]) == (changed, False, then["review_status"])
    told = [text for text in todo.pending if "recipients a second" not in text]
    assert len(told) == bool(pending) and matches(pending, "".join(told))
    assert len(todo.problems) == bool(problem) and matches(problem, "".join(todo.problems))


def test_a_denied_request_that_aws_did_not_take() -> None:
    denied = account(review="DENIED")
    todo = unasked(planned(denied, production_access=wanted_details({**DETAILS, "mail_type": "marketing"})), denied)
    assert (todo.changed, todo.pending) == (False, ())
    assert matches(
        r"denied .* \(support case 42\), and takes no second request .* Answer in that case", todo.problems[0]
    )


def test_a_plan_that_is_not_carried_out_tells_of_no_request() -> None:
    todo = halted(planned(account(), production_access=wanted_details(DETAILS), sending_enabled=False))
    assert (todo.changed, todo.pending, todo.account()["review_status"]) == (False, (), None)


def test_nothing_to_do() -> None:
    facts = account(review="GRANTED", production=True)
    todo = planned(
        facts,
        production_access=wanted_details(DETAILS),
        quotas={"max_send_rate": 14.0},
        sending_enabled=True,
        suppressed_reasons=["bounce", "complaint"],
    )
    assert not todo.changed
    assert (todo.pending, todo.problems, todo.ask_production) == ((), (), False)
    assert todo.visible(after=True) == todo.visible(after=False)


@pytest.mark.parametrize(
    ("wanted", "key", "value"),
    [
        ({"sending_enabled": False}, "sending_enabled", False),
        ({"suppressed_reasons": []}, "suppressed_reasons", []),
        ({"suppressed_reasons": ["bounce"]}, "suppressed_reasons", ["BOUNCE"]),
    ],
)
def test_a_setting(wanted: dict[str, Any], key: str, value: Any) -> None:
    todo = planned(account(production=True), **wanted)
    assert todo.changed
    changed = {name for name, after in todo.after.items() if todo.before[name] != after}
    assert (changed, todo.after[key]) == ({key}, value)


def test_an_increase_is_a_change_that_the_diff_shows() -> None:
    todo = planned(account(production=True), quotas={"max_send_rate": 50.0})
    assert (todo.changed, todo.increases) == (True, {"max_send_rate": 50.0})
    assert todo.visible(after=True)["quota_requests"] == [{"quota": "max_send_rate", "desired_value": 50.0}]
    assert todo.visible(after=False)["quota_requests"] == []


def test_an_open_request_is_no_change() -> None:
    todo = planned(account(production=True), request("PENDING", 50), quotas={"max_send_rate": 50.0})
    assert not todo.changed
    assert [each["id"] for each in todo.account()["quota_requests"]] == ["r1"]


def test_sending_that_aws_paused_cannot_be_resumed() -> None:
    todo = planned(account(EnforcementStatus="SHUTDOWN", SendingEnabled=False), sending_enabled=True)
    (problem,) = todo.problems
    assert matches(r"AWS has paused sending in eu-west-1 \(enforcement status SHUTDOWN\).*ask there to resume", problem)
    assert not todo.changed
    off = planned(account(EnforcementStatus="SHUTDOWN"), sending_enabled=False)
    assert (off.changed, off.problems) == (True, ())


@pytest.mark.parametrize(
    ("facts", "require", "texts"),
    [
        (account(), None, []),
        (account(), {}, []),
        (account(), {"production_access": False, "sending": False}, []),
        (account(production=True), {"production_access": True, "sending": True, "max_send_rate": 14.0}, []),
        (account(), {"production_access": True}, ["sandbox, .*Ask for it: set production_access"]),
        (account(review="PENDING"), {"production_access": True}, [r"review is PENDING \(support case 42\)\. Wait"]),
        (
            account(review="DENIED"),
            {"production_access": True},
            [r"AWS has denied production access in eu-west-1 \(support case 42\)\. Read"],
        ),
        (account(EnforcementStatus="SHUTDOWN", SendingEnabled=False), {"sending": True}, ["AWS has paused"]),
        (account(SendingEnabled=False), {"sending": True}, ["Sending is paused in eu-west-1.*sending_enabled"]),
        (account(EnforcementStatus="PROBATION"), {"sending": True}, []),
        (account(), {"max_send_rate": 14.0}, ["at most 1 recipient a second, and 14 are required.*max_send_rate"]),
        (account(), {"max_24_hour_send": 201.0}, ["at most 200 recipients in 24 hours, and 201"]),
        (account(SendQuota={"Max24HourSend": -1.0}), {"max_24_hour_send": 1e9, "remaining_24_hour_send": 1e9}, []),
        (account(SendQuota={"SentLast24Hours": 150.0}), {"remaining_24_hour_send": 50.0}, []),
        (
            account(SendQuota={"SentLast24Hours": 150.0}),
            {"remaining_24_hour_send": 51.0},
            ["50 of 200 recipients in 24 hours are left in eu-west-1, and 51 are required. Wait"],
        ),
        (
            account(SendingEnabled=False, SendQuota={"SentLast24Hours": 200.0}),
            {
                "production_access": True,
                "sending": True,
                "max_send_rate": 2.0,
                "max_24_hour_send": 1e3,
                "remaining_24_hour_send": 1.0,
            },
            ["sandbox", "paused", "200 recipients in 24 hours", "1 recipient a second", "0 of 200"],
        ),
    ],
)
def test_shortfalls(facts: dict[str, Any], require: dict[str, Any] | None, texts: list[str]) -> None:
    short = shortfalls(facts, require)
    assert len(short) == len(texts)
    for text, pattern in zip(short, texts):
        assert matches(pattern, text)


def test_a_denied_review_is_said_once() -> None:
    facts = account(review="DENIED")
    problems = planned(facts, production_access=wanted_details(DETAILS)).problems
    assert failure(problems, shortfalls(facts, {"production_access": True})) == problems[0]


@pytest.mark.parametrize(
    ("problems", "short", "text"),
    [
        ([], [], ""),
        (["A."], [], "A."),
        (["A."], ["A."], "A."),
        (["A."], ["B.", "C."], "3 things are not as they have to be. (1) A. (2) B. (3) C."),
    ],
)
def test_one_message_for_all(problems: list[str], short: list[str], text: str) -> None:
    assert failure(problems, short) == text


def test_a_request_of_the_api() -> None:
    answer = {"Id": "x", "QuotaCode": "L-804C8AE8", "Status": "CASE_OPENED", "DesiredValue": 1e6, "Created": NOW}
    assert request_of(answer).visible() == {
        "quota": "max_24_hour_send",
        "quota_code": "L-804C8AE8",
        "status": "CASE_OPENED",
        "desired_value": 1e6,
        "id": "x",
        "case_id": None,
        "created": "2026-11-20T12:00:00+00:00",
        "last_updated": None,
    }


@pytest.mark.parametrize("value", [0.0, -1.0, 2e10, float("nan")])
def test_a_quota_that_cannot_be(value: float) -> None:
    with pytest.raises(PlanError, match=r"^max_send_rate is .*Use a number above 0"):
        wanted_quotas({"max_24_hour_send": None, "max_send_rate": value})
