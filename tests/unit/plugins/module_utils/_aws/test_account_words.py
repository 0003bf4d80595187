# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people read about an account: numbers as they write them, and which details AWS reviews."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account import account_facts
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account_require import shortfalls
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account_review import review, wanted_details
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_question import question
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_ses import SesState, ses_findings
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.quota_request import amount, wanted_quotas

BIG = {"Max24HourSend": 1234567.0, "MaxSendRate": 1234567.0, "SentLast24Hours": 1234560.0}


def account(**answer: Any) -> dict[str, Any]:
    start = {"ProductionAccessEnabled": True, "SendingEnabled": True, "EnforcementStatus": "HEALTHY", "SendQuota": BIG}
    return account_facts({**start, **answer}, "eu-west-1")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1 recipient a second"),
        (0.5, "0.5 recipients a second"),
        (100000, "100000 recipients a second"),
        (999999.6, "1000000 recipients a second"),
        (-1, "no limit"),
    ],
)
def test_amounts(value: float, text: str) -> None:
    assert amount("max_send_rate", value) == text


def test_big_numbers() -> None:
    require = {"max_24_hour_send": 7654321, "max_send_rate": 7654321, "remaining_24_hour_send": 2000000}
    about = question("app@example.com", ["customer@example.net"], messages=3456789, rate=2345678)
    texts = shortfalls(account(), require)
    state = SesState("eu-west-1", account(), {"example.com": {"VerifiedForSendingStatus": True}}, {})
    texts += [reason.message for reason in ses_findings(about, state).reasons]
    with pytest.raises(PlanError) as caught:
        wanted_quotas({"max_24_hour_send": 1.5e10, "max_send_rate": None})
    texts.append(str(caught.value))
    assert len(texts) == 6
    for text, number in zip(texts, ("7654321", "7654321", "2000000", "3456789", "2345678", "15000000000"), strict=True):
        assert number in text
        assert "e+" not in text


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, ""),
        ({"use_case_description": "Not given back by SES"}, ""),
        ({"website_url": "https://new.example"}, "What it reviews are older details: website_url of"),
        ({"mail_type": "marketing", "website_url": "https://new.example"}, "older details: mail_type, website_url of"),
    ],
)
def test_other_details_while_a_review_runs(changes: dict[str, str], says: str) -> None:
    asked = {"MailType": "TRANSACTIONAL", "WebsiteURL": "https://www.example.com"}
    facts = account(ProductionAccessEnabled=False, Details={**asked, "ReviewDetails": {"Status": "PENDING"}})
    details = {"mail_type": "transactional", "website_url": "https://www.example.com", **changes}
    decision = review(facts, wanted_details(details))
    assert (decision.ask, decision.problem) == (False, "")
    assert decision.pending.startswith("AWS reviews the request for production access in eu-west-1")
    assert ("older details" in decision.pending) is bool(says)
    assert says in decision.pending
