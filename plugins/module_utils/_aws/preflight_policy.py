# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the policies of the sending IAM user allow a message. Pure: no calls."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.iam_user import User
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.policy_condition import Request
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.policy_evaluation import (
    ALLOWED,
    UNKNOWN,
    Decision,
    Policy,
    UserPolicies,
    evaluate,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_question import (
    Findings,
    Question,
    Reason,
    together,
    unknown,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_ses import SesState
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import remedies

ACTION = "ses:SendRawEmail"
Context = Mapping[str, Optional[Tuple[str, ...]]]
_CREDENTIAL = "cloudmail.ses.ses_smtp_credential"
#: The next step for each condition key that a policy was too narrow in.
_FIXES = {
    "ses:fromaddress": f"Use a sender that the policy allows, or add this one to senders of {_CREDENTIAL}.",
    "ses:recipients": f"Use recipients that the policy allows, or add these to recipients of {_CREDENTIAL}.",
    "aws:sourceip": f"Send from an address that the policy allows, or add this one to source_addresses of {_CREDENTIAL}.",
    "aws:sourcevpce": f"Send through a VPC endpoint that the policy allows, or add it to vpc_endpoints of {_CREDENTIAL}.",
    "resource": (
        "For one message SES asks about the sender's identity, the configuration set and, in the sandbox, the recipients' "
        f"identities: allow {ACTION} on all of them, or use the policy of {_CREDENTIAL}."
    ),
}
#: The next step when nothing allows it.
ALLOW_IT = remedies.ALLOW_SENDING


@dataclass(frozen=True)
class Sending:
    """What IAM is asked for one message in one region.

    ``denials`` are statements of the owner of the sender's identity (its sending authorization policies), which is the first
    of the resources. What those policies allow is for other accounts; what they deny, they deny to everybody they name.
    """

    resources: Tuple[str, ...]
    context: Context
    denials: Tuple[Policy, ...] = ()


def sending(question: Question, state: SesState, user: User) -> Sending:
    """Return the resources and the context that SES gives to IAM for this message."""
    return Sending(
        _resources(question, state, user), _context(question, state.region, user), _denials(question, state, user)
    )


def _resources(question: Question, state: SesState, user: User) -> Tuple[str, ...]:
    partition, account = user.arn.split(":")[1], user.arn.split(":")[4]
    addresses = [question.sender, *(question.outside_recipients if state.in_sandbox else ())]
    names = [f"identity/{state.covering(address)[0] or address}" for address in addresses]
    configuration_set = state.effective_configuration_set(question)
    if configuration_set:
        names.append(f"configuration-set/{configuration_set}")
    return tuple(dict.fromkeys(f"arn:{partition}:ses:{state.region}:{account}:{name}" for name in names))


def _denials(question: Question, state: SesState, user: User) -> Tuple[Policy, ...]:
    name, answer = state.covering(question.sender)
    texts: Mapping[str, str] = (answer.get("Policies") if isinstance(answer, Mapping) else None) or {}
    found: List[Policy] = []
    for policy_name, text in sorted(texts.items()):
        document = json.loads(text)
        statements = document.get("Statement") or []
        statements = statements if isinstance(statements, list) else [statements]
        denials = [each for each in statements if each.get("Effect") == "Deny" and _may_be_about(each, user)]
        found.append(Policy(f"the policy {policy_name} of the identity {name}", {**document, "Statement": denials}))
    return tuple(found)


def _may_be_about(statement: Mapping[str, Any], user: User) -> bool:
    if "NotPrincipal" in statement:
        return True
    principal = statement.get("Principal")
    named = principal.get("AWS") if isinstance(principal, dict) else principal
    partition, account = user.arn.split(":")[1], user.arn.split(":")[4]
    these = ("*", account, f"arn:{partition}:iam::{account}:root", user.arn)
    return any(each in these for each in (named if isinstance(named, list) else [named]))


def _context(question: Question, region: str, user: User) -> Context:
    now = datetime.now(timezone.utc)
    context: Dict[str, Optional[Tuple[str, ...]]] = {
        "ses:fromaddress": (question.sender,),
        "ses:fromdisplayname": (question.display_name,),
        "ses:feedbackaddress": (question.sender,),
        "ses:recipients": question.recipients,
        "aws:securetransport": ("true",),
        "aws:username": (user.name,),
        "aws:principalarn": (user.arn,),
        "aws:principalaccount": (user.arn.split(":")[4],),
        "aws:principaltype": ("User",),
        "aws:requestedregion": (region,),
        "aws:currenttime": (now.strftime("%Y-%m-%dT%H:%M:%SZ"),),
        "aws:epochtime": (str(int(now.timestamp())),),
        "aws:viaawsservice": ("false",),
        "aws:principalisawsservice": ("false",),
        # A long-term key has no session, and SMTP no second factor.
        "aws:multifactorauthpresent": None,
        "aws:multifactorauthage": None,
        "aws:tokenissuetime": None,
        **_origin(question),
    }
    context.update({f"aws:principaltag/{name.lower()}": (value,) for name, value in user.tags.items()})
    return context


def _origin(question: Question) -> Dict[str, Optional[Tuple[str, ...]]]:
    """Return what is known of where a message comes from. Nothing, when nobody said it."""
    origin: Dict[str, Optional[Tuple[str, ...]]] = {}
    if question.source_address:
        origin["aws:sourceip"] = (question.source_address,)
        origin["aws:sourcevpce"] = origin["aws:sourcevpc"] = None
    if question.vpc_endpoint:
        # Through an endpoint AWS sees the private address, under another key.
        origin.setdefault("aws:sourceip", None)
        origin["aws:sourcevpce"] = (question.vpc_endpoint,)
        origin.pop("aws:sourcevpc", None)
    return origin


def own_findings(asked: Sending, policies: UserPolicies, user: User) -> Findings:
    """Return what this collection's own evaluation of the policies finds."""
    decisions = {
        resource: evaluate(
            Request(ACTION, resource, asked.context),
            (*policies.policies, *(asked.denials if resource == asked.resources[0] else ())),
            policies.boundary,
            incomplete=bool(policies.unread),
        )
        for resource in asked.resources
    }
    found = together([unknown(why) for why in policies.unread])
    return found + together([_finding(user, resource, decision) for resource, decision in decisions.items()])


def _finding(user: User, resource: str, decision: Decision) -> Findings:
    if decision.answer == ALLOWED:
        return Findings()
    why = " ".join(decision.why)
    if decision.answer == UNKNOWN:
        note = f"Whether the IAM user {user.name} may use {ACTION} on {resource} cannot be told. {why}"
        return unknown(note)
    code = "policy_denies" if decision.explicit else "policy_does_not_allow"
    fixes = [_FIXES[miss] for miss in decision.misses if miss in _FIXES]
    fix = "Remove or narrow that statement." if decision.explicit else " ".join(fixes) or ALLOW_IT
    message = f"The IAM user {user.name} may not use {ACTION} on {resource}. {why}"
    return Findings(reasons=(Reason(code, message, fix),))
