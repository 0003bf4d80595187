# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring an SES identity into the wanted state in one or several regions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, List, Mapping, Optional

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity import Identities, Settings, settings_of
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_plan import Plan, Wanted, defaults_of, plan
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.tags import tag_change

#: Returns the ARN of an identity by its name and region; called only when tags of an existing identity change.
ArnOf = Callable[[str, str], str]


@dataclass(frozen=True)
class Outcome:
    """What was done about an identity in one region."""

    api: Identities
    plan: Plan
    #: GetEmailIdentity's answer after it, before it in check mode; None: no identity.
    answer: Optional[Mapping[str, Any]]


def ensure_identities(
    apis: Mapping[str, Identities], wanted: Mapping[str, Wanted], *, arn_of: ArnOf, check_mode: bool
) -> List[Outcome]:
    """Bring the identities in ``wanted`` (by region) into their state, and return what was done in each region.

    All regions are read and planned before anything is changed; raises PlanError with all contradictions.
    """
    answers = {region: apis[region].get(each.name) for region, each in wanted.items()}
    plans = _plans(answers, wanted)
    found: List[Outcome] = []
    for region, todo in plans.items():
        api, answer = apis[region], answers[region]
        if todo.changed and not check_mode:
            answer = _carry_out(api, wanted[region], todo, arn_of=arn_of)
        found.append(Outcome(api, todo, answer))
    return found


def _plans(answers: Mapping[str, Optional[Dict[str, Any]]], wanted: Mapping[str, Wanted]) -> Dict[str, Plan]:
    plans: Dict[str, Plan] = {}
    wrong: Dict[str, List[str]] = {}
    for region, answer in answers.items():
        try:
            plans[region] = plan(settings_of(answer) if answer else None, wanted[region])
        except PlanError as exc:
            wrong.setdefault(str(exc.message), []).append(region)
    if wrong:
        # What is wrong everywhere, such as a name, is said once.
        raise PlanError(" ".join(f"In {', '.join(regions)}: {text}" for text, regions in wrong.items()))
    return plans


def _carry_out(api: Identities, wanted: Wanted, todo: Plan, *, arn_of: ArnOf) -> Optional[Dict[str, Any]]:
    if todo.after is None:
        api.delete(wanted.name)
        return None
    _apply(api, wanted, todo.before, after=todo.after, arn_of=arn_of)
    return api.get(wanted.name)


def _apply(api: Identities, wanted: Wanted, before: Optional[Settings], *, after: Settings, arn_of: ArnOf) -> None:
    name = wanted.name
    if before is None:
        api.create(
            name,
            tags=after.tags,
            key_length=after.dkim_key_length if wanted.dkim_key_length else None,
            configuration_set=after.configuration_set,
        )
        before = _as_created(name, after)
    if (before.mail_from_domain, before.mail_from_on_mx_failure) != (
        after.mail_from_domain,
        after.mail_from_on_mx_failure,
    ):
        api.set_mail_from(name, domain=after.mail_from_domain, behavior=after.mail_from_on_mx_failure)
    if before.dkim_key_length != after.dkim_key_length:
        api.set_key_length(name, after.dkim_key_length)
    if before.dkim_signing != after.dkim_signing:
        api.set_dkim_signing(name, after.dkim_signing)
    if before.feedback_forwarding != after.feedback_forwarding:
        api.set_feedback_forwarding(name, after.feedback_forwarding)
    if before.configuration_set != after.configuration_set:
        api.set_configuration_set(name, after.configuration_set)
    tags = tag_change(before.tags, after.tags)
    if tags:
        api.tag(name, arn=arn_of(name, api.region), put=tags.put, remove=tags.remove)


def _as_created(name: str, after: Settings) -> Settings:
    # What CreateEmailIdentity takes is as wanted already; the rest has the defaults of SES.
    return replace(
        defaults_of(name),
        dkim_key_length=after.dkim_key_length,
        configuration_set=after.configuration_set,
        tags=after.tags,
    )
