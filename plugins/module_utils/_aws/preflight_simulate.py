# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The answer of IAM's own policy simulator, which knows the policies of the organisation too."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Union

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import calling
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.iam_user import User
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.policy_evaluation import ALLOWED
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_policy import (
    ACTION,
    ALLOW_IT,
    Context,
    Sending,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_question import (
    Findings,
    Reason,
    together,
    unknown,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.unread import Unread
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.user_policies import pages

Results = Union[List[Mapping[str, Any]], Unread]
#: What IAM's simulator has to be told, and the type of the value. The principal it knows itself.
_TYPES = {
    "ses:fromaddress": ("ses:FromAddress", "string"),
    "ses:fromdisplayname": ("ses:FromDisplayName", "string"),
    "ses:feedbackaddress": ("ses:FeedbackAddress", "string"),
    "ses:recipients": ("ses:Recipients", "stringList"),
    "aws:sourceip": ("aws:SourceIp", "ip"),
    "aws:sourcevpce": ("aws:SourceVpce", "string"),
    "aws:securetransport": ("aws:SecureTransport", "boolean"),
    "aws:requestedregion": ("aws:RequestedRegion", "string"),
}


def simulate(client: Any, asked: Sending, user: User) -> List[Mapping[str, Any]]:
    """Return IAM's own EvaluationResults for the resources of a message."""
    with calling("iam:SimulatePrincipalPolicy", f"ask IAM what the policies of the user {user.name} allow"):
        return pages(
            client.simulate_principal_policy,
            "EvaluationResults",
            PolicySourceArn=user.arn,
            ActionNames=[ACTION],
            ResourceArns=list(asked.resources),
            ContextEntries=_entries(asked.context),
        )


def _entries(context: Context) -> List[Dict[str, Any]]:
    return [
        {"ContextKeyName": name, "ContextKeyValues": list(context[key] or ()), "ContextKeyType": kind}
        for key, (name, kind) in _TYPES.items()
        # What the request lacks, is left out.
        if context.get(key)
    ]


def settles(results: Results, asked: Sending) -> bool:
    """Return whether IAM allows all that was asked and misses nothing, so that no doubt is left."""
    if isinstance(results, Unread):
        return False
    answers = _answers(results, asked)
    sure = all(each["EvalDecision"] == ALLOWED and not each.get("MissingContextValues") for each in answers)
    return sure and not _unanswered(answers, asked)


def _answers(results: List[Mapping[str, Any]], asked: Sending) -> List[Mapping[str, Any]]:
    """Return IAM's answer for each resource, in the shape of an EvaluationResult.

    A result is about an action; the decision on a resource, and what is missing for it, is in ResourceSpecificResults,
    while the result's own name of a resource is a template such as ``arn:${Partition}:ses:...``. Without these it speaks
    for all resources, unless it names one of them. Source: API reference of IAM, EvaluationResult.
    """
    found: List[Mapping[str, Any]] = []
    for result in results:
        specific = result.get("ResourceSpecificResults") or []
        organization = {name: value for name, value in result.items() if name == "OrganizationsDecisionDetail"}
        found += [{**organization, **each, "EvalDecision": each["EvalResourceDecision"]} for each in specific]
        if not specific:
            one = result.get("EvalResourceName")
            names = [str(one)] if one in asked.resources else asked.resources
            found += [{**result, "EvalResourceName": name} for name in names]
    return found


def _unanswered(answers: List[Mapping[str, Any]], asked: Sending) -> List[str]:
    answered = {each["EvalResourceName"] for each in answers}
    return [resource for resource in asked.resources if resource not in answered]


def simulated_findings(results: Results, asked: Sending, user: User) -> Findings:
    """Return what IAM's simulator finds."""
    if isinstance(results, Unread):
        return Findings(notes=(results.why,))
    answers = _answers(results, asked)
    silent = [unknown(f"IAM's simulator says nothing about {resource}.") for resource in _unanswered(answers, asked)]
    return together([*(_simulated(each, user) for each in answers), *silent])


def _simulated(result: Mapping[str, Any], user: User) -> Findings:
    if result["EvalDecision"] == ALLOWED:
        return Findings()
    missing = list(result.get("MissingContextValues") or [])
    resource = result["EvalResourceName"]
    if missing:
        return unknown(f"IAM's simulator cannot tell about {resource} without {', '.join(missing)}.")
    explicit = result["EvalDecision"] == "explicitDeny"
    organization = (result.get("OrganizationsDecisionDetail") or {}).get("AllowedByOrganizations", True)
    boundary = (result.get("PermissionsBoundaryDecisionDetail") or {}).get("AllowedByPermissionsBoundary", True)
    whose = [f"the statement in {each.get('SourcePolicyId')}" for each in result.get("MatchedStatements") or []]
    if not organization:
        whose.append("a policy of the AWS organisation")
    if not boundary:
        whose.append("the permissions boundary")
    by = f" because of {', '.join(dict.fromkeys(whose))}" if whose else ""
    return Findings(
        reasons=(
            Reason(
                "simulator_denies" if explicit else "simulator_does_not_allow",
                f"IAM's own simulator says that the user {user.name} may not use {ACTION} on {resource}{by}.",
                ALLOW_IT if organization else f"Ask whoever manages the organisation to allow {ACTION}.",
            ),
        )
    )
