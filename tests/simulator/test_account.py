# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account: reviews for production access, suppression, and quotas that are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from simulator_client import Simulator

DETAILS = {
    "MailType": "TRANSACTIONAL",
    "WebsiteURL": "https://example.com",
    "UseCaseDescription": "Receipts",
    "ContactLanguage": "EN",
    "AdditionalContactEmailAddresses": ["admin@example.com"],
    "ProductionAccessEnabled": True,
}
DAILY, RATE = {"ServiceCode": "ses", "QuotaCode": "L-804C8AE8"}, {"ServiceCode": "ses", "QuotaCode": "L-CDEF9B6B"}
# A region that no other test uses: quota requests stay.
REGION = "us-east-1"
SANDBOX = {"production_access": False, "max_send_rate": 1, "max_24_hour_send": 200, "review": None}


@pytest.fixture
def sandboxed(simulator: Simulator) -> Iterator[Simulator]:
    simulator.control("POST", "account", {"region": REGION, **SANDBOX})
    yield simulator
    simulator.control("POST", "account", {"region": REGION, "review": None, "suppressed_reasons": ["BOUNCE"]})


@pytest.fixture
def ses(sandboxed: Simulator) -> Any:
    return sandboxed.client("sesv2", REGION)


@pytest.fixture
def quotas(sandboxed: Simulator) -> Iterator[Any]:
    yield sandboxed.client("service-quotas", REGION)
    sandboxed.control("DELETE", "quotas")


def error(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


def review(simulator: Simulator, state: str) -> None:
    simulator.control("POST", "account", {"region": REGION, "review": state})


def test_a_review_is_pending_until_it_is_granted(sandboxed: Simulator, ses: Any) -> None:
    assert "Details" not in ses.get_account()
    ses.put_account_details(**DETAILS)
    account = ses.get_account()
    assert account["Details"]["ReviewDetails"]["Status"] == "PENDING"
    assert account["Details"]["AdditionalContactEmailAddresses"] == ["admin@example.com"]
    assert account["ProductionAccessEnabled"] is False
    assert error(ses.put_account_details, **DETAILS) == "ConflictException"
    review(sandboxed, "granted")
    granted = ses.get_account()
    assert granted["Details"]["ReviewDetails"] == {
        "Status": "GRANTED",
        "CaseId": account["Details"]["ReviewDetails"]["CaseId"],
    }
    assert granted["ProductionAccessEnabled"] is True
    assert (granted["SendQuota"]["Max24HourSend"], granted["SendQuota"]["MaxSendRate"]) == (50000, 14)


def test_a_denied_review_leaves_the_sandbox_and_cannot_be_asked_for_again(sandboxed: Simulator, ses: Any) -> None:
    ses.put_account_details(**DETAILS)
    review(sandboxed, "denied")
    account = ses.get_account()
    assert account["Details"]["ReviewDetails"]["Status"] == "DENIED"
    assert (account["ProductionAccessEnabled"], account["SendQuota"]["Max24HourSend"]) == (False, 200)
    better = {**DETAILS, "UseCaseDescription": "Receipts, asked for by the customer"}
    assert error(ses.put_account_details, **better) == "ConflictException"
    assert ses.get_account()["Details"] == account["Details"]


def test_a_review_that_failed_may_be_asked_for_again(sandboxed: Simulator, ses: Any) -> None:
    ses.put_account_details(**DETAILS)
    review(sandboxed, "failed")
    account = ses.get_account()
    ses.put_account_details(**{**DETAILS, "UseCaseDescription": "Receipts, asked for by the customer"})
    again = ses.get_account()["Details"]
    assert (again["ReviewDetails"]["Status"], again["UseCaseDescription"]) == (
        "PENDING",
        "Receipts, asked for by the customer",
    )
    assert again["ReviewDetails"]["CaseId"] != account["Details"]["ReviewDetails"]["CaseId"]


def test_what_is_said_beside_a_granted_review_counts(sandboxed: Simulator, ses: Any) -> None:
    body = {"region": REGION, "max_send_rate": 3, "review": "granted", "max_24_hour_send": 1000}
    told = sandboxed.control("POST", "account", body)
    assert (told["review"], told["production_access"], told["max_send_rate"]) == ("granted", True, 3)
    assert ses.get_account()["SendQuota"]["Max24HourSend"] == 1000


@pytest.mark.parametrize(
    "wrong",
    [
        {"MailType": "SPAM"},
        {"ContactLanguage": "DE"},
        {"WebsiteURL": "example.com"},
        {"UseCaseDescription": "x" * 5001},
        {"AdditionalContactEmailAddresses": [f"{number}@example.com" for number in range(5)]},
    ],
)
def test_details_that_ses_refuses(ses: Any, wrong: dict[str, Any]) -> None:
    assert error(ses.put_account_details, **{**DETAILS, **wrong}) == "BadRequestException"
    assert "Details" not in ses.get_account()


def test_suppression_of_the_account(ses: Any) -> None:
    for reasons in (["COMPLAINT"], [], ["BOUNCE", "COMPLAINT"]):
        ses.put_account_suppression_attributes(SuppressedReasons=reasons)
        assert ses.get_account()["SuppressionAttributes"]["SuppressedReasons"] == reasons
    assert error(ses.put_account_suppression_attributes, SuppressedReasons=["OPEN"]) == "BadRequestException"


def test_the_quotas_are_the_accounts(ses: Any, quotas: Any) -> None:
    listed = {quota["QuotaCode"]: quota["Value"] for quota in quotas.list_service_quotas(ServiceCode="ses")["Quotas"]}
    assert listed == {"L-804C8AE8": 200, "L-CDEF9B6B": 1}
    assert quotas.get_service_quota(**RATE)["Quota"]["Value"] == ses.get_account()["SendQuota"]["MaxSendRate"]


def test_an_approved_request_raises_the_quota(sandboxed: Simulator, ses: Any, quotas: Any) -> None:
    asked = quotas.request_service_quota_increase(**DAILY, DesiredValue=100000)["RequestedQuota"]
    assert (asked["Status"], asked["DesiredValue"]) == ("PENDING", 100000)
    assert error(quotas.request_service_quota_increase, **DAILY, DesiredValue=200000) == (
        "ResourceAlreadyExistsException"
    )
    for status, is_open in (("case_opened", True), ("approved", False)):
        sandboxed.control("POST", "quotas", {"region": REGION, "quota": "L-804C8AE8", "status": status})
        shown = quotas.get_requested_service_quota_change(RequestId=asked["Id"])["RequestedQuota"]
        assert (shown["Status"], "CaseId" in shown) == (status.upper(), True)
        assert (ses.get_account()["SendQuota"]["Max24HourSend"] == 200) is is_open
    assert ses.get_account()["SendQuota"]["Max24HourSend"] == 100000
    assert error(quotas.request_service_quota_increase, **DAILY, DesiredValue=100000) == "IllegalArgumentException"


def test_a_denied_request_changes_nothing_and_another_may_follow(sandboxed: Simulator, quotas: Any) -> None:
    quotas.request_service_quota_increase(**RATE, DesiredValue=5)
    told = sandboxed.control("POST", "quotas", {"region": REGION, "quota": "L-CDEF9B6B", "status": "denied"})
    assert [one["status"] for one in told] == ["DENIED"]
    quotas.request_service_quota_increase(**RATE, DesiredValue=6)
    history = quotas.list_requested_service_quota_change_history_by_quota
    assert [(one["Status"], one["DesiredValue"]) for one in history(**RATE)["RequestedQuotas"]] == [
        ("PENDING", 6),
        ("DENIED", 5),
    ]
    assert [one["DesiredValue"] for one in history(**RATE, Status="DENIED")["RequestedQuotas"]] == [5]
    page = history(**RATE, MaxResults=1)
    assert [one["DesiredValue"] for one in history(**RATE, NextToken=page["NextToken"])["RequestedQuotas"]] == [5]
    assert history(**DAILY)["RequestedQuotas"] == []
    assert quotas.get_service_quota(**RATE)["Quota"]["Value"] == 1


def test_what_service_quotas_does_not_know(sandboxed: Simulator, quotas: Any) -> None:
    assert error(quotas.get_service_quota, ServiceCode="ses", QuotaCode="L-00000000") == "NoSuchResourceException"
    assert error(quotas.list_service_quotas, ServiceCode="ec2") == "NoSuchResourceException"
    assert error(quotas.get_requested_service_quota_change, RequestId="nothing") == "NoSuchResourceException"
    for body, complaint in (
        ({"region": REGION, "quota": "L-0", "status": "denied"}, "quota 'L-0' is unknown"),
        ({"region": REGION, "quota": "L-CDEF9B6B", "status": "denied"}, "nobody has asked"),
    ):
        status, answer = sandboxed.http("POST", "quotas", body)
        assert (status, complaint in answer.decode()) == (400, True)
