# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring an SES identity into the wanted state in one or several regions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, List, Mapping, Optional

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity import Identities
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_apply import ArnOf, apply, create
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_dkim import EASY_DKIM, OWN_KEY, parent_region
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_plan import Plan, Wanted, plan
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_policy import in_region
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_settings import Settings, settings_of

#: Returns the calls in a region that the task itself does not work in.
OpenRegion = Callable[[str], Identities]


@dataclass(frozen=True)
class Around:
    """What is asked for only when it is needed."""

    arn_of: ArnOf
    open_region: OpenRegion
    #: Whether a region (the first text) has a configuration set.
    has_configuration_set: Callable[[str, str], bool]
    #: Tells people what they have to know in check mode.
    warn: Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What was done about an identity in one region."""

    api: Identities
    plan: Plan
    #: GetEmailIdentity's answer after it, before it in check mode; None: no identity.
    answer: Optional[Mapping[str, Any]]


def ensure_identities(
    apis: Mapping[str, Identities], wanted: Mapping[str, Wanted], *, around: Around, check_mode: bool
) -> List[Outcome]:
    """Bring the identities in ``wanted`` (by region) into their state, and return what was done in each region.

    All regions are read and planned before anything is changed; raises PlanError with all contradictions.
    """
    answers = {region: apis[region].get(each.name) for region, each in wanted.items()}
    plans = _plans(answers, wanted, around.arn_of)
    check_parents(plans, wanted, around.open_region)
    lacking = lacking_configuration_set(plans, around.has_configuration_set)
    if lacking and not check_mode:
        raise PlanError(lacking)
    if lacking:
        # In check mode a task before this one has not made it.
        around.warn(f"{lacking} Unless a task before this one does, this one will fail.")
    if not check_mode:
        for region in sorted(plans, key=lambda region: _turn(plans[region])):
            if plans[region].changed:
                answers[region] = _carry_out(apis[region], wanted[region], plans[region], arn_of=around.arn_of)
    return [Outcome(apis[region], todo, answers[region]) for region, todo in plans.items()]


def _plans(
    answers: Mapping[str, Optional[Mapping[str, Any]]], wanted: Mapping[str, Wanted], arn_of: ArnOf
) -> Dict[str, Plan]:
    plans: Dict[str, Plan] = {}
    wrong: Dict[str, List[str]] = {}
    for region, answer in answers.items():
        try:
            here = _with_resources(wanted[region], region, arn_of)
            plans[region] = plan(settings_of(answer) if answer else None, here)
        except PlanError as exc:
            wrong.setdefault(str(exc.message), []).append(region)
    if wrong:
        # What is wrong everywhere, such as a name, is said once.
        raise PlanError(" ".join(f"In {', '.join(regions)}: {text}" for text, regions in wrong.items()))
    return plans


def _with_resources(wanted: Wanted, region: str, arn_of: ArnOf) -> Wanted:
    if wanted.policies is None or wanted.state == "absent":
        return wanted
    return replace(wanted, policies=in_region(wanted.policies, region, lambda: arn_of(wanted.name, region)))


def _turn(todo: Plan) -> int:
    # SES refuses a replica without its parent: parents come first, and go last.
    if todo.after is None:
        return 0 if todo.before and parent_region(todo.before.dkim_origin) else 1
    return 1 if parent_region(todo.after.dkim_origin) else 0


def check_parents(plans: Mapping[str, Plan], wanted: Mapping[str, Wanted], open_region: OpenRegion) -> None:
    """Raise PlanError when the identity that DKIM keys shall come from is missing, or has no keys to give."""
    for region, todo in plans.items():
        after = todo.after
        parent = parent_region(after.dkim_origin) if after else ""
        if not after or not parent or (todo.before and todo.before.dkim_origin == after.dkim_origin):
            continue
        name = wanted[region].name
        if parent in plans:
            source = plans[parent].after
        else:
            answer = open_region(parent).get(name)
            source = settings_of(answer) if answer else None
        if source is None:
            raise PlanError(
                f"The DKIM keys of {name} in {region} shall come from {parent}, where there is no identity {name}. Add "
                f"{parent} to regions, or make the identity there first."
            )
        if source.dkim_origin != EASY_DKIM:
            raise PlanError(
                f"The DKIM keys of {name} in {region} shall come from {parent}, but the identity there has keys of "
                f"{'its owner (BYODKIM)' if source.dkim_origin == OWN_KEY else parent_region(source.dkim_origin)}, which "
                "SES does not replicate. Name a region with Easy DKIM in dkim_origin_region, or set dkim: easy there."
            )


def lacking_configuration_set(plans: Mapping[str, Plan], exists: Callable[[str, str], bool]) -> str:
    """Return what to do about a configuration set that an identity shall get and its region has not, else an empty text."""
    lacking: Dict[str, List[str]] = {}
    for region, todo in plans.items():
        name = todo.after.configuration_set if todo.after else ""
        kept = todo.before is not None and todo.before.configuration_set == name
        if name and not kept and not exists(region, name):
            lacking.setdefault(name, []).append(region)
    return " ".join(
        f"There is no configuration set {name} in {' and '.join(regions)}. Create it there with "
        "cloudmail.ses.ses_configuration_set, or name another one: each region has its own."
        for name, regions in lacking.items()
    )


def _carry_out(api: Identities, wanted: Wanted, todo: Plan, *, arn_of: ArnOf) -> Optional[Dict[str, Any]]:
    if todo.after is None:
        api.delete(wanted.name)
        return None
    before = todo.before or create(api, wanted, todo.after)
    after: Optional[Settings] = todo.after
    if before is None:
        # Made by somebody else since it was looked for, or by an attempt of our own whose answer was lost.
        before = settings_of(api.get(wanted.name) or {})
        after = plan(before, _with_resources(wanted, api.region, arn_of)).after
    if after is not None:
        apply(api, wanted, before, after=after, arn_of=arn_of)
    return api.get(wanted.name)
