# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to change on the SES account of one region. Pure: no calls."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account_require import paused_by_aws
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account_review import Decision, not_taken, review
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.quota_plan import decide, lacking, sandboxed
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.quota_request import QUOTA_CODES, QuotaRequest

Facts = Mapping[str, Any]
#: Requests for more, by the name of the quota, the newest first.
Requests = Mapping[str, Sequence[QuotaRequest]]
_DETAILS = (
    "mail_type",
    "website_url",
    "use_case_description",
    "contact_language",
    "additional_contact_email_addresses",
)
_SHOWN = (*_DETAILS, "review_status", "sending_enabled", "suppressed_reasons")
_OF_REVIEW = (*_DETAILS, "review_status", "review_case_id", "production_access_enabled", "sandbox")


@dataclass(frozen=True)
class Wanted:
    """What the user asked for; None leaves a setting as it is."""

    production_access: Optional[Mapping[str, Any]] = None
    quotas: Mapping[str, float] = field(default_factory=dict)
    sending_enabled: Optional[bool] = None
    suppressed_reasons: Optional[Sequence[str]] = None


@dataclass(frozen=True)
class Plan:
    """The account's facts before and after, what to ask AWS for, what to wait for, and what stands in the way."""

    before: Facts
    after: Facts
    ask_production: bool = False
    increases: Mapping[str, float] = field(default_factory=dict)
    requests: Tuple[QuotaRequest, ...] = ()
    pending: Tuple[str, ...] = ()
    problems: Tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything has to be done."""
        return self.before != self.after or bool(self.increases)

    def account(self) -> Dict[str, Any]:
        """Return the account afterwards, as a module returns it."""
        return {
            **self.after,
            "quota_requests": [request.visible() for request in self.requests],
            "pending": list(self.pending),
            "problems": list(self.problems),
        }

    def visible(self, *, after: bool) -> Dict[str, Any]:
        """Return one side for a diff."""
        facts = self.after if after else self.before
        asked = [request.visible() for request in self.requests]
        more = [{"quota": name, "desired_value": value} for name, value in self.increases.items()] if after else []
        return {"region": facts["region"], **{key: facts[key] for key in _SHOWN}, "quota_requests": asked + more}


def quotas_to_ask(facts: Facts, wanted: Wanted) -> List[str]:
    """Return the names of the quotas whose requests decide: those of which there is less than wanted.

    In the sandbox AWS raises no quota while it has not decided about production access, and that raises both.
    """
    waits = wanted.production_access is not None or facts["review_status"] == "PENDING"
    return [] if facts["sandbox"] and waits else lacking(facts, wanted.quotas)


def plan(facts: Facts, wanted: Wanted, *, requests: Requests, now: datetime) -> Plan:
    """Return what turns the account of ``facts`` into what is wanted; ``requests`` for all of quotas_to_ask."""
    after = dict(facts)
    asked = review(facts, wanted.production_access) if wanted.production_access is not None else Decision()
    decisions = [asked]
    if asked.ask and wanted.production_access is not None:
        after.update(wanted.production_access, review_status="PENDING", review_case_id=None)
        decisions.append(review(after, None))
    if wanted.suppressed_reasons is not None:
        after["suppressed_reasons"] = sorted({reason.upper() for reason in wanted.suppressed_reasons})
        if after["suppressed_reasons"] == sorted(facts["suppressed_reasons"]):
            after["suppressed_reasons"] = facts["suppressed_reasons"]
    decisions.append(_sending(after, wanted.sending_enabled))
    quotas = _quotas(facts, wanted, requests=requests, now=now)
    decisions += quotas.values()
    return Plan(
        before=dict(facts),
        after=after,
        ask_production=asked.ask,
        increases={name: wanted.quotas[name] for name, decision in quotas.items() if decision.ask},
        requests=tuple(request for name in QUOTA_CODES for request in requests.get(name, ())),
        pending=tuple(decision.pending for decision in decisions if decision.pending),
        problems=tuple(decision.problem for decision in decisions if decision.problem),
    )


def halted(todo: Plan) -> Plan:
    """Return the plan that does nothing of ``todo``, and still tells what waits and what stands in the way."""
    return replace(_unasked(todo), after=todo.before, increases={})


def unasked(todo: Plan, facts: Facts) -> Plan:
    """Return the plan after AWS took no request for production access; ``facts`` are those of the account then.

    A review that runs or was granted by now is another run's, or that of an attempt whose answer was lost.
    """
    now = review(facts, None)
    settled = facts["production_access_enabled"] or now.pending
    problem = "" if settled else not_taken(facts)
    return replace(
        _unasked(todo),
        after={**todo.after, **{key: facts[key] for key in _OF_REVIEW}},
        pending=(*filter(None, [now.pending]), *_unasked(todo).pending),
        problems=(*todo.problems, *filter(None, [problem])),
    )


def _unasked(todo: Plan) -> Plan:
    if not todo.ask_production:
        return todo
    foreseen = review(todo.after, None).pending
    return replace(todo, ask_production=False, pending=tuple(text for text in todo.pending if text != foreseen))


def _sending(after: Dict[str, Any], wanted: Optional[bool]) -> Decision:
    if wanted and after["enforcement_status"] == "SHUTDOWN":
        return Decision(problem=paused_by_aws(after["region"]))
    if wanted is not None:
        after["sending_enabled"] = wanted
    return Decision()


def _quotas(facts: Facts, wanted: Wanted, *, requests: Requests, now: datetime) -> Dict[str, Decision]:
    region = facts["region"]
    ask = quotas_to_ask(facts, wanted)
    return {
        name: decide(region, name, wanted.quotas[name], requests=requests.get(name, ()), now=now)
        if name in ask
        else sandboxed(region, name, wanted.quotas[name])
        for name in lacking(facts, wanted.quotas)
    }
