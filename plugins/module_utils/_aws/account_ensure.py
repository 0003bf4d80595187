# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the SES accounts of some regions, and bring them into the wanted state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Callable, Dict, List, Mapping, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account import (
    account_facts,
    get_account,
    request_production_access,
    set_sending,
    set_suppressed_reasons,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account_plan import (
    Plan,
    Wanted,
    halted,
    plan,
    quotas_to_ask,
    unasked,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account_review import review
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import RETRY, SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.failure import note_writes
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.quota import Quotas
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.quota_plan import (
    OPEN,
    account_of_requests,
    decide,
    waiting,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.quota_request import QUOTA_CODES, QuotaRequest, amount
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.region import clients


@dataclass(frozen=True)
class Api:
    """The clients of one region; that of Service Quotas is made when it is needed."""

    ses: Any
    quotas: Callable[[], Quotas]


def account_apis(module: Any) -> List[Api]:
    """Return the clients for each region of a module's options."""

    def quotas_of(region: str) -> Callable[[], Quotas]:
        return lru_cache(maxsize=None)(
            lambda: Quotas(note_writes(module.client("service-quotas", retry_decorator=RETRY, region=region)))
        )

    return [Api(client, quotas_of(client.meta.region_name)) for client in clients(module, "sesv2")]


def read_account(api: Api, *, quota_requests: bool) -> Dict[str, Any]:
    """Return the facts of an account, with what waits for AWS and what AWS has refused."""
    facts = account_facts(get_account(api.ses), api.ses.meta.region_name)
    requests = _requests(api, list(QUOTA_CODES)) if quota_requests else {}
    decisions = [review(facts, None), *(account_of_requests(facts["region"], each) for each in requests.values())]
    return {
        **facts,
        "quota_requests": [request.visible() for each in requests.values() for request in each],
        "pending": [decision.pending for decision in decisions if decision.pending],
        "problems": [decision.problem for decision in decisions if decision.problem],
    }


def ensure_accounts(apis: Sequence[Api], wanted: Wanted, *, now: datetime, check_mode: bool) -> List[Plan]:
    """Return the plans that were carried out (that would be, in check mode), one for each region.

    A problem in any region, and nothing is changed in any of them: the caller fails with the plans' problems. One that
    only asking brings to light is in the plan of its region; all else was carried out.
    """
    answers = [get_account(api.ses) for api in apis]
    plans = [_plan(api, answer, wanted, now=now) for api, answer in zip(apis, answers)]
    if any(todo.problems for todo in plans):
        return [halted(todo) for todo in plans]
    if check_mode:
        return plans
    return [_apply(api, answer, todo, now=now) for api, answer, todo in zip(apis, answers, plans)]


def _plan(api: Api, answer: Mapping[str, Any], wanted: Wanted, *, now: datetime) -> Plan:
    facts = account_facts(answer, api.ses.meta.region_name)
    return plan(facts, wanted, requests=_requests(api, quotas_to_ask(facts, wanted)), now=now)


def _requests(api: Api, names: Sequence[str]) -> Dict[str, List[QuotaRequest]]:
    return {name: api.quotas().requests(name) for name in names}


def _apply(api: Api, answer: Mapping[str, Any], todo: Plan, *, now: datetime) -> Plan:
    before, after = todo.before, todo.after
    if before["suppressed_reasons"] != after["suppressed_reasons"]:
        set_suppressed_reasons(api.ses, after["suppressed_reasons"], answer.get("SuppressionAttributes") or {})
    if before["sending_enabled"] != after["sending_enabled"]:
        set_sending(api.ses, after["sending_enabled"])
    if todo.ask_production and not request_production_access(api.ses, after):
        todo = unasked(todo, account_facts(get_account(api.ses), before["region"]))
    for name, value in todo.increases.items():
        made = _increase(api, name, value, now=now)
        waits = waiting(before["region"], made) if made.status in OPEN else ""
        todo = replace(todo, requests=(made, *todo.requests), pending=(*todo.pending, *filter(None, [waits])))
    return todo


def _increase(api: Api, name: str, value: float, *, now: datetime) -> QuotaRequest:
    made = api.quotas().increase(name, value)
    if made is not None:
        return made
    # Another request was faster, or it is our own, whose answer was lost.
    requests = api.quotas().requests(name)
    decision = decide(api.quotas().region, name, value, requests=requests, now=now)
    if decision.pending:
        return requests[0]
    raise SesError(
        decision.problem
        or f"AWS refused the request for {amount(name, value)} in {api.quotas().region}, because there is another one "
        "that it does not show. Look under Service Quotas in the AWS console, and run again."
    )
