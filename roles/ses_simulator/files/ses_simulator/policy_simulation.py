# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM's policy simulator: what policies say about actions that nobody carries out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ses_simulator.iam import Permissions, Source
from ses_simulator.policy import ALLOWED, EXPLICIT_DENY, IMPLICIT_DENY, Policy, Request, condition_keys
from ses_simulator.services import ServiceError

Params = Mapping[str, Any]
ANY = "*"
_STRICTNESS = (ALLOWED, IMPLICIT_DENY, EXPLICIT_DENY)


def simulate(permissions: Permissions, params: Params) -> dict[str, Any]:
    """Return the response of SimulatePrincipalPolicy and SimulateCustomPolicy: each action on each resource."""
    bearing = _with_given(permissions, params)
    entries = params.get("ContextEntries") or []
    context = {one["ContextKeyName"]: tuple(map(str, one.get("ContextKeyValues") or ())) for one in entries}
    arns = [str(arn) for arn in params.get("ResourceArns") or ()]
    results = [
        _about_all(bearing, Request(str(action), ANY, context), [arn for arn in arns if arn != ANY])
        for action in params["ActionNames"]
    ]
    return {"EvaluationResults": results, "IsTruncated": False}


def _with_given(permissions: Permissions, params: Params) -> Permissions:
    given = [
        Source(f"PolicyInputList.{number}", "none", _policy(text))
        for number, text in enumerate(params.get("PolicyInputList") or (), 1)
    ]
    boundaries = [_policy(text) for text in params.get("PermissionsBoundaryPolicyInputList") or ()]
    # A boundary that is given counts instead of the user's own.
    boundary = boundaries[0] if boundaries else permissions.boundary
    return replace(permissions, policies=(*permissions.policies, *given), boundary=boundary)


def _policy(text: str) -> Policy:
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict) or "Statement" not in document:
        raise ServiceError("InvalidInput", "Syntax errors in policy.")
    return document


def _about_all(permissions: Permissions, request: Request, arns: list[str]) -> dict[str, Any]:
    """Return the result for an action: of its own without resources, else what the results for these come to."""
    if not arns:
        decision, details = _result(permissions, request)
        name, specific = ANY, {}
    else:
        each = [(arn, *_result(permissions, replace(request, resource=arn))) for arn in arns]
        decision = max((one[1] for one in each), key=_STRICTNESS.index)
        matched = [statement for one in each if one[1] == decision for statement in one[2]["MatchedStatements"]]
        # What is missing, is told for each resource.
        details = {"MatchedStatements": _once(matched), "MissingContextValues": []}
        name = _template(arns)
        specific = {
            "ResourceSpecificResults": [
                {"EvalResourceName": arn, "EvalResourceDecision": decided, **more} for arn, decided, more in each
            ]
        }
    return {
        "EvalActionName": request.action,
        "EvalResourceName": name,
        "EvalDecision": decision,
        **details,
        **specific,
    }


def _once(statements: list[dict[str, str]]) -> list[dict[str, str]]:
    return [one for place, one in enumerate(statements) if one not in statements[:place]]


def _template(arns: list[str]) -> str:
    """Return how ARNs of this kind are written: IAM names here none of the resources that it was asked about."""
    parts = [arn.split(":", 5) for arn in arns]
    kinds = {(one[2], one[5].partition("/")[0]) for one in parts if len(one) == 6}
    if len(kinds) != 1:
        return ANY
    service, kind = kinds.pop()
    return f"arn:${{Partition}}:{service}:${{Region}}:${{Account}}:{kind}/${{Name}}"


def _result(permissions: Permissions, request: Request) -> tuple[str, dict[str, Any]]:
    own, boundary = permissions.evaluate(request)
    documents = [source.document for source in permissions.policies]
    missing = _missing([*documents, *([permissions.boundary] if permissions.boundary else [])], request)
    sources = [permissions.policies[place] for place in own.matched]
    decision = own.decision if boundary is None or own.decision != ALLOWED else boundary.decision
    details: dict[str, Any] = {
        "MatchedStatements": [{"SourcePolicyId": one.name, "SourcePolicyType": one.kind} for one in sources],
        "MissingContextValues": missing,
    }
    if boundary is not None:
        details["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": bool(boundary)}
    return decision, details


def _missing(policies: Iterable[Policy], request: Request) -> list[str]:
    keys = {key for policy in policies for key in condition_keys(policy, request)}
    return sorted(key for key in keys if request.values(key) is None)
