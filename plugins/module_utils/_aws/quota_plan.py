# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""More quota: whether to ask AWS for it, to wait, or to explain a refusal. Pure: no calls."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, List, Mapping, Optional, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account_review import Decision
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.quota_request import QuotaRequest, amount

OPEN = ("PENDING", "CASE_OPENED")
_REFUSED = {
    "DENIED": "AWS has denied",
    "NOT_APPROVED": "AWS has not approved",
    "CASE_CLOSED": "The support case was closed without it for",
    "INVALID_REQUEST": "AWS could not process",
}
#: How long an approved quota may take until SES has it.
_SETTLING = timedelta(days=2)


def lacking(facts: Mapping[str, Any], quotas: Mapping[str, float]) -> List[str]:
    """Return the names of the wanted ``quotas`` of which the account has less. SES writes "no limit" as -1."""
    return [name for name, wanted in quotas.items() if 0 <= facts[name] < wanted]


def sandboxed(region: str, quota: str, wanted: float) -> Decision:
    """Return the decision about a quota while production access is not granted."""
    return Decision(
        pending=f"{amount(quota, wanted)} in {region} is asked for when AWS has granted production access there. "
        "Run again after that."
    )


def decide(region: str, quota: str, wanted: float, *, requests: Sequence[QuotaRequest], now: datetime) -> Decision:
    """Return what follows for a quota of which the account has less than ``wanted``; the newest of ``requests`` first."""
    still_open = [request for request in requests if request.status in OPEN]
    enough = [request for request in still_open if request.desired_value >= wanted]
    if enough:
        return Decision(pending=waiting(region, enough[0]))
    if still_open:
        return Decision(
            problem=f"{amount(quota, wanted)} is wanted in {region}, and a request for only {still_open[0].words()} is "
            f"{still_open[0].status}; AWS takes one request for a quota at a time. Ask for more in its support case, or "
            "run again when AWS has decided."
        )
    newest = requests[0] if requests else None
    if newest is None or newest.desired_value != wanted:
        approved = newest is not None and newest.desired_value > wanted and _settling(newest, now)
        return Decision(pending=_settles(region, newest)) if newest and approved else Decision(ask=True)
    if newest.status in _REFUSED:
        return Decision(problem=refusal(region, newest))
    return Decision(pending=_settles(region, newest)) if _settling(newest, now) else Decision(ask=True)


def waiting(region: str, request: QuotaRequest) -> str:
    """Return what an open request waits for."""
    if request.status == "CASE_OPENED":
        return f"AWS handles the request for {request.words()} in {region} in a support case. Watch it for questions."
    return f"AWS has not decided on the request for {request.words()} in {region} yet. Run again later."


def refusal(region: str, request: QuotaRequest) -> str:
    """Return why a refused request is stuck, and what to do."""
    return (
        f"{_REFUSED[request.status]} {request.words()} in {region}. Read the reasons in the support case, or contact "
        "AWS Support, and answer there; or want another value: it is asked for when it differs from the refused one."
    )


def account_of_requests(region: str, requests: Sequence[QuotaRequest]) -> Decision:
    """Return what the newest of the ``requests`` for one quota says, nothing being wanted."""
    newest = requests[0] if requests else None
    if newest is not None and newest.status in OPEN:
        return Decision(pending=waiting(region, newest))
    if newest is not None and newest.status in _REFUSED:
        return Decision(problem=refusal(region, newest))
    return Decision()


def _settling(request: QuotaRequest, now: datetime) -> bool:
    changed = _moment(request.last_updated or request.created)
    return request.status == "APPROVED" and changed is not None and now - changed < _SETTLING


def _settles(region: str, request: QuotaRequest) -> str:
    return f"AWS has approved {request.words()} in {region}, and SES does not have it yet. Run again later."


def _moment(text: Optional[str]) -> Optional[datetime]:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
