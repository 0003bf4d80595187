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
from ses_simulator.operations import ServiceError
from ses_simulator.policy import ALLOWED, Policy, Request, condition_keys

Params = Mapping[str, Any]


def simulate(permissions: Permissions, params: Params) -> dict[str, Any]:
    """Return the response of SimulatePrincipalPolicy and SimulateCustomPolicy: each action on each resource."""
    bearing = _with_given(permissions, params)
    entries = params.get("ContextEntries") or []
    context = {one["ContextKeyName"]: tuple(map(str, one.get("ContextKeyValues") or ())) for one in entries}
    results = [
        _result(bearing, Request(str(action), str(resource), context))
        for action in params["ActionNames"]
        for resource in params.get("ResourceArns") or ["*"]
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


def _result(permissions: Permissions, request: Request) -> dict[str, Any]:
    own, boundary = permissions.evaluate(request)
    documents = [source.document for source in permissions.policies]
    missing = _missing([*documents, *([permissions.boundary] if permissions.boundary else [])], request)
    sources = [permissions.policies[place] for place in own.matched]
    result: dict[str, Any] = {
        "EvalActionName": request.action,
        "EvalResourceName": request.resource,
        "EvalDecision": own.decision if boundary is None or own.decision != ALLOWED else boundary.decision,
        "MatchedStatements": [{"SourcePolicyId": one.name, "SourcePolicyType": one.kind} for one in sources],
        "MissingContextValues": missing,
    }
    if boundary is not None:
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": bool(boundary)}
    return result


def _missing(policies: Iterable[Policy], request: Request) -> list[str]:
    keys = {key for policy in policies for key in condition_keys(policy, request)}
    return sorted(key for key in keys if request.values(key) is None)
