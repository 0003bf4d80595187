# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an SES account has to have, and in what it falls short. Pure: no calls."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account_review import denied
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.quota_request import amount, number

REQUIRE_ARGUMENT: Dict[str, Any] = {
    "type": "dict",
    "options": {
        "production_access": {"type": "bool"},
        "sending": {"type": "bool"},
        "max_send_rate": {"type": "float"},
        "max_24_hour_send": {"type": "float"},
        "remaining_24_hour_send": {"type": "float"},
    },
}
_PAUSED_BY_AWS = "SHUTDOWN"


def shortfalls(facts: Mapping[str, Any], require: Optional[Mapping[str, Any]]) -> List[str]:
    """Return a sentence for each requirement that the account of ``facts`` does not meet, with the next step."""
    wanted = require or {}
    short: List[str] = []
    if wanted.get("production_access") and not facts["production_access_enabled"]:
        short.append(_sandbox(facts))
    if wanted.get("sending"):
        short += paused(facts)
    for quota in ("max_24_hour_send", "max_send_rate"):
        least = wanted.get(quota)
        if least is not None and 0 <= facts[quota] < least:
            short.append(
                f"SES in {facts['region']} takes at most {amount(quota, facts[quota])}, and {number(least)} are required. "
                f"Ask AWS for more: set {quota} of cloudmail.ses.ses_account."
            )
    least, left = wanted.get("remaining_24_hour_send"), facts["remaining_24_hour_send"]
    if least is not None and left is not None and left < least:
        short.append(
            f"{number(left)} of {amount('max_24_hour_send', facts['max_24_hour_send'])} are left in {facts['region']}, and "
            f"{number(least)} are required. Wait until older messages are more than 24 hours old, or ask AWS for more: set "
            "max_24_hour_send of cloudmail.ses.ses_account."
        )
    return short


def paused(facts: Mapping[str, Any]) -> List[str]:
    """Return why the account may not send, as a list of at most one sentence."""
    if facts["enforcement_status"] == _PAUSED_BY_AWS:
        return [paused_by_aws(facts["region"])]
    if not facts["sending_enabled"]:
        text = f"Sending is paused in {facts['region']}. Find out who paused it and why, then resume it with "
        return [f"{text}sending_enabled of cloudmail.ses.ses_account."]
    return []


def paused_by_aws(region: str) -> str:
    """Return what to do about an account that AWS has shut down."""
    return (
        f"AWS has paused sending in {region} (enforcement status SHUTDOWN), which only AWS can undo. Read the case under "
        "Support Center in the AWS console, correct what it names, and ask there to resume sending."
    )


def _sandbox(facts: Mapping[str, Any]) -> str:
    if facts["review_status"] == "DENIED":
        # The same text as the problem's, so that it is said once.
        return denied(facts)
    start = f"SES in {facts['region']} is in the sandbox, where only verified recipients get mail, and production "
    status = facts["review_status"]
    case = f" (support case {facts['review_case_id']})" if facts["review_case_id"] else ""
    if status in ("PENDING", "GRANTED"):
        return f"{start}access is required; its review is {status}{case}. Wait for AWS, and answer its questions there."
    return f"{start}access is required. Ask for it: set production_access of cloudmail.ses.ses_account."


def failure(problems: Sequence[str], short: Sequence[str]) -> str:
    """Return one message for all problems and shortfalls, an empty text when there is none."""
    every = list(dict.fromkeys([*problems, *short]))
    if len(every) == 1:
        return every[0]
    numbered = " ".join(f"({number}) {text}" for number, text in enumerate(every, start=1))
    return f"{len(every)} things are not as they have to be. {numbered}" if every else ""
