# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM operations that moto lacks, and those that it does not do as IAM does."""

from __future__ import annotations

from typing import Any

from moto.iam.models import User

from ses_simulator import authorization, iam
from ses_simulator.operations import Params, gate, operation
from ses_simulator.policy_simulation import simulate
from ses_simulator.protocols import ApiRequest
from ses_simulator.services import ServiceError
from ses_simulator.simulation import Simulation

Answer = dict[str, Any]


@gate
def authorize(request: ApiRequest, simulation: Simulation) -> None:
    """Refuse what the caller may not do."""
    authorization.authorize(request, simulation)


def _no_such_entity(message: str) -> ServiceError:
    return ServiceError("NoSuchEntity", message, status=404)


def _user(region: str, params: Params) -> User:
    name = str(params["UserName"])
    found = iam.backend(region).users.get(name)
    if found is None:
        raise _no_such_entity(f"The user with name {name} cannot be found.")
    return found


def _attachable(region: str, params: Params) -> str:
    """Return the ARN of the managed policy that is to be the boundary."""
    arn = str(params.get("PermissionsBoundary") or "")
    if arn and arn not in iam.backend(region).managed_policies:
        raise _no_such_entity(f"Scope ARN: {arn} does not exist or is not attachable.")
    return arn


@operation("CreateUser", service="iam")
def create_user(region: str, params: Params, _simulation: Simulation) -> Answer:
    """Make a user, with its boundary from the first moment."""
    name = str(params["UserName"])
    boundary = _attachable(region, params)
    backend = iam.backend(region)
    if name in backend.users:
        raise ServiceError("EntityAlreadyExists", f"User with name {name} already exists.", status=409)
    user = backend.create_user(region, name, str(params.get("Path") or "/"), list(params.get("Tags") or []))
    iam.set_boundary(user, boundary)
    shown = {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.id,
        "Arn": user.arn,
        "CreateDate": user.create_date,
        "PermissionsBoundary": iam.shown_boundary(user),
        "Tags": user.tags,
    }
    return {"User": {name: value for name, value in shown.items() if value}}


@operation("UpdateUser", service="iam")
def update_user(region: str, params: Params, _simulation: Simulation) -> Answer:
    """Rename or move a user, who keeps the tags."""
    user, backend = _user(region, params), iam.backend(region)
    name = str(params.get("NewUserName") or user.name)
    if name != user.name and name in backend.users:
        raise ServiceError("EntityAlreadyExists", f"User with name {name} already exists.", status=409)
    tags = backend.tagger.list_tags_for_resource(user.arn)["Tags"]
    backend.tagger.delete_all_tags_for_resource(user.arn)
    backend.update_user(user.name, params.get("NewPath"), params.get("NewUserName"))
    backend.tagger.tag_resource(user.arn, tags)
    return {}


@operation("DeleteUser", service="iam")
def delete_user(region: str, params: Params, _simulation: Simulation) -> Answer:
    """Delete a user who has nothing left."""
    user, backend = _user(region, params), iam.backend(region)
    left = {
        "delete access keys": user.access_keys,
        "delete policies": user.policies,
        "detach all policies": user.managed_policies,
        "remove users from group": backend.get_groups_for_user(user.name),
    }
    for what, things in left.items():
        if things:
            raise ServiceError("DeleteConflict", f"Cannot delete entity, must {what} first.", status=409)
    backend.delete_user(user.name)
    return {}


@operation("PutUserPermissionsBoundary", service="iam")
def put_user_permissions_boundary(region: str, params: Params, _simulation: Simulation) -> Answer:
    """Set what a user may do at most."""
    user = _user(region, params)
    iam.set_boundary(user, _attachable(region, params))
    return {}


@operation("DeleteUserPermissionsBoundary", service="iam")
def delete_user_permissions_boundary(region: str, params: Params, _simulation: Simulation) -> Answer:
    """Take the boundary away."""
    user = _user(region, params)
    if not iam.boundary_of(user):
        raise _no_such_entity(f"The user {user.name} does not have a permissions boundary.")
    iam.set_boundary(user, "")
    return {}


@operation("SimulatePrincipalPolicy", service="iam")
def simulate_principal_policy(region: str, params: Params, _simulation: Simulation) -> Answer:
    """Tell what a user's policies and boundary say."""
    arn = str(params["PolicySourceArn"])
    users = [user for user in list(iam.backend(region).users.values()) if user.arn == arn]
    if not users:
        raise _no_such_entity(f"Entity {arn} does not exist.")
    return simulate(iam.permissions_of(region, users[0].name), params)


@operation("SimulateCustomPolicy", service="iam")
def simulate_custom_policy(_region: str, params: Params, _simulation: Simulation) -> Answer:
    """Tell what the given policies say."""
    return simulate(iam.Permissions(), params)
