# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the caller of an AWS API may do what it asks for: an IAM user by its policies, everybody else anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.iam.models import User

from ses_simulator import iam
from ses_simulator.authorization_questions import Question, questions
from ses_simulator.decisions import Decision
from ses_simulator.policy import ALLOWED, EXPLICIT_DENY, Request
from ses_simulator.protocols import ApiRequest, protocol_of
from ses_simulator.services import ServiceError
from ses_simulator.simulation import Simulation

Context = dict[str, tuple[str, ...]]
# What the services call a caller without permission, and one whose key they do not know.
_QUERY = ("query", "rest-xml")
# Who gets a role that is handed over in a call, where that is not botocore's name of the service.
_PRINCIPALS = {"sesv2": "ses"}
_NO_KEY = "The security token included in the request is invalid."


def authorize(request: ApiRequest, simulation: Simulation) -> None:
    """Raise ServiceError unless the caller may do this; whoever is no IAM user here is the account's root."""
    found = iam.owner_of(request.region, request.access_key_id)
    if found is None:
        if iam.was_made_here(request.access_key_id):
            raise _unknown_key(request)
        return
    user, key = found
    if key.status != "Active":
        raise _unknown_key(request)
    iam.note_use(key, service=request.service, region=request.region)
    permissions = iam.permissions_of(request.region, user.name)
    context = _context(request, user, simulation)
    for question in questions(request):
        of_action = _of_action(request, question.action)
        own, boundary = permissions.evaluate(Request(question.action, question.resource, {**context, **of_action}))
        refusal = _refusal(own.decision, question.action, "identity-based policy", "an") or (
            "" if boundary is None else _refusal(boundary.decision, question.action, "permissions boundary", "a")
        )
        simulation.decisions.add(Decision(user.arn, question.action, question.resource, allowed=not refusal))
        if refusal:
            raise _denied(request, user, question, refusal)


def _unknown_key(request: ApiRequest) -> ServiceError:
    old = protocol_of(request.service) in _QUERY
    return ServiceError("InvalidClientTokenId" if old else "UnrecognizedClientException", _NO_KEY, status=403)


def _refusal(decision: str, action: str, layer: str, article: str) -> str:
    if decision == ALLOWED:
        return ""
    if decision == EXPLICIT_DENY:
        return f" with an explicit deny in {article} {layer}"
    return f" because no {layer} allows the {action} action"


def _denied(request: ApiRequest, user: User, question: Question, why: str) -> ServiceError:
    on = f" on resource: {question.shown}" if question.shown else ""
    message = f"User: {user.arn} is not authorized to perform: {question.action}{on}{why}"
    if protocol_of(request.service) in _QUERY:
        return ServiceError("AccessDenied", message, status=403)
    # The JSON protocols say 400, the REST ones 403.
    return ServiceError("AccessDeniedException", message, status=400 if protocol_of(request.service) == "json" else 403)


def _context(request: ApiRequest, user: User, simulation: Simulation) -> Context:
    keys: Context = {
        "aws:username": (user.name,),
        "aws:PrincipalArn": (user.arn,),
        "aws:PrincipalAccount": (iam.ACCOUNT_ID,),
        "aws:RequestedRegion": (_requested_region(request),),
        "aws:SecureTransport": ("true",),
        **simulation.origins.context(request.source_ip),
    }
    params = request.params
    tags = {tag.get("Key", ""): tag.get("Value", "") for tag in params.get("Tags") or () if isinstance(tag, dict)}
    keys |= {f"aws:RequestTag/{name}": (str(value),) for name, value in tags.items()}
    names = tuple(map(str, tags or params.get("TagKeys") or ()))
    if names:
        keys["aws:TagKeys"] = names
    return keys | _of_service(request, params)


def _requested_region(request: ApiRequest) -> str:
    # IAM and Route 53 have one endpoint in a partition, wherever a client thinks it is.
    at = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1"}.get(iam.partition_of(request.region))
    return at if at and request.service in ("iam", "route53") else request.region


def _of_service(request: ApiRequest, params: Mapping[str, Any]) -> Context:
    if request.service == "iam":
        return _iam_keys(request, params)
    if request.service == "service-quotas":
        return {"servicequotas:service": (str(params.get("ServiceCode", "")),)}
    return {"ses:ApiVersion": ("2",)} if request.service == "sesv2" else {}


def _iam_keys(request: ApiRequest, params: Mapping[str, Any]) -> Context:
    user = iam.backend(request.region).users.get(str(params.get("UserName")))
    keys: Context = {}
    for tag in (user.tags or []) if user else []:
        keys |= {f"{prefix}:ResourceTag/{tag['Key']}": (tag["Value"],) for prefix in ("aws", "iam")}
    return keys


# The actions about users that have the condition key iam:PermissionsBoundary. All others, those about access keys among
# them, come without it, so that a statement with that condition does not allow them.
_BOUND = tuple(
    f"iam:{name}"
    for name in (
        "AttachUserPolicy",
        "CreateUser",
        "DeleteUserPermissionsBoundary",
        "DeleteUserPolicy",
        "DetachUserPolicy",
        "PutUserPermissionsBoundary",
        "PutUserPolicy",
    )
)


def _of_action(request: ApiRequest, action: str) -> Context:
    """Return the condition keys that this action alone has. Source: Service Authorization Reference, IAM."""
    if action == "iam:PassRole":
        return {"iam:PassedToService": (f"{_PRINCIPALS.get(request.service, request.service)}.amazonaws.com",)}
    if action == "iam:CreateServiceLinkedRole":
        return {"iam:AWSServiceName": ("servicequotas.amazonaws.com",)}
    if action not in _BOUND:
        return {}
    user = iam.backend(request.region).users.get(str(request.params.get("UserName")))
    asked = request.params.get("PermissionsBoundary") or (iam.boundary_of(user) if user else "")
    return {"iam:PermissionsBoundary": (str(asked),)} if asked else {}
