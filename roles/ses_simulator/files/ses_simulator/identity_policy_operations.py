# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SES v2 operations on the policies of identities: who else may send with them."""

from __future__ import annotations

import json
import re
from typing import Any

from ses_simulator.identities import SimulatedIdentity
from ses_simulator.identity_operations import existing
from ses_simulator.operations import Params, operation
from ses_simulator.services import ServiceError, bad_request, not_found
from ses_simulator.simulation import Simulation

MAX_POLICIES = 20
MAX_BYTES = 4096
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_STATEMENT = {"Effect": ("Allow", "Deny"), "Principal": (), "Action": (), "Resource": ()}


def check_policy(name: str, text: str) -> str:
    """Return a policy's text; raise BadRequestException for what SES would not take."""
    if not _NAME.fullmatch(name):
        raise bad_request(f"Policy name <{name}> may have at most 64 of A-Z, a-z, 0-9, _ and -.")
    if len(text.encode()) > MAX_BYTES:
        raise bad_request(f"Policy <{name}> is longer than {MAX_BYTES} bytes.")
    try:
        document = json.loads(text)
    except ValueError as error:
        raise bad_request(f"Policy <{name}> is not valid JSON: {error}") from error
    statements = document.get("Statement") if isinstance(document, dict) else None
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not statements:
        raise bad_request(f"Policy <{name}> has no Statement.")
    for statement in statements:
        _check_statement(name, statement)
    return text


def _check_statement(name: str, statement: object) -> None:
    if not isinstance(statement, dict):
        raise bad_request(f"Policy <{name}>: a statement is no object.")
    for element, choices in _STATEMENT.items():
        present = statement.get(element) or statement.get("Not" + element)
        if not present or (choices and present not in choices):
            raise bad_request(f"Policy <{name}>: {element} is missing or wrong in a statement.")


def _with_policy(region: str, params: Params) -> tuple[SimulatedIdentity, str]:
    identity, name = existing(region, str(params["EmailIdentity"])), str(params["PolicyName"])
    if name not in identity.policies:
        raise not_found(f"Policy <{name}> does not exist for identity <{identity.email_identity}>.")
    return identity, name


@operation("GetEmailIdentityPolicies")
def get_policies(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Show all policies of an identity."""
    return {"Policies": dict(existing(region, str(params["EmailIdentity"])).policies)}


@operation("CreateEmailIdentityPolicy")
def create_policy(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Add a policy."""
    identity, name = existing(region, str(params["EmailIdentity"])), str(params["PolicyName"])
    text = check_policy(name, str(params["Policy"]))
    if name in identity.policies:
        raise ServiceError("AlreadyExistsException", f"Policy <{name}> already exists.")
    if len(identity.policies) >= MAX_POLICIES:
        raise ServiceError("LimitExceededException", f"An identity can have at most {MAX_POLICIES} policies.")
    identity.policies[name] = text
    return {}


@operation("UpdateEmailIdentityPolicy")
def update_policy(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Replace a policy."""
    identity, name = _with_policy(region, params)
    identity.policies[name] = check_policy(name, str(params["Policy"]))
    return {}


@operation("DeleteEmailIdentityPolicy")
def delete_policy(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Remove a policy; one that is not there is no error."""
    existing(region, str(params["EmailIdentity"])).policies.pop(str(params["PolicyName"]), None)
    return {}
