# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry of SES v2 operations that the simulator answers itself, and how requests reach them.

An operation is one function: ``@operation("GetAccount")`` over ``def get_account(region, params, simulation)``.
It gets the request's members by their names in the service model, from path, query and body alike,
and returns the response's members. What is not registered goes on to moto.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel

from ses_simulator.simulation import Simulation

Params = Mapping[str, Any]
Operation = Callable[[str, Params, Simulation], dict[str, Any]]
_OPERATIONS: dict[str, Operation] = {}
# botocore 1.43.105 moved these; older clients still use the documented places.
_OLDER_ROUTES = {
    "sesv2": (
        ("GET", "/v2/email/identities", "ListEmailIdentities"),
        ("GET", "/v2/email/configuration-sets", "ListConfigurationSets"),
    ),
}


class ServiceError(Exception):
    """An error that a client sees as the service's own."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def not_found(message: str) -> ServiceError:
    """Return SES's NotFoundException."""
    return ServiceError("NotFoundException", message, status=404)


def bad_request(message: str) -> ServiceError:
    """Return SES's BadRequestException."""
    return ServiceError("BadRequestException", message)


def operation(name: str) -> Callable[[Operation], Operation]:
    """Register a function as an SES v2 operation."""

    def register(function: Operation) -> Operation:
        _OPERATIONS[name] = function
        return function

    return register


def registered() -> tuple[str, ...]:
    """Return the names of all registered operations."""
    return tuple(sorted(_OPERATIONS))


@cache
def service_model(service: str) -> ServiceModel:
    """Return botocore's model of a service."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


@dataclass(frozen=True)
class Route:
    """A method and a pattern of paths that belong to one operation."""

    method: str
    pattern: re.Pattern[str]
    operation: str


@cache
def _routes(service: str) -> tuple[Route, ...]:
    model = service_model(service)
    known = [
        (m.http["method"], m.http["requestUri"], m.name) for m in map(model.operation_model, model.operation_names)
    ]
    routes = []
    for method, uri, name in (*known, *_OLDER_ROUTES.get(service, ())):
        path = re.sub(r"\{(\w+)\+?\}", r"(?P<\1>[^/]+)", uri.partition("?")[0].rstrip("/"))
        routes.append(Route(method, re.compile(path + "/?"), name))
    # Fixed paths before those with a placeholder in the same position.
    return tuple(sorted(routes, key=lambda route: route.pattern.groups))


def match(service: str, method: str, path: str) -> tuple[str, dict[str, str]] | None:
    """Return the operation and the path's members for a REST request, None when there is none."""
    for route in _routes(service):
        found = route.pattern.fullmatch(path) if route.method == method else None
        if found:
            return route.operation, {name: unquote(value) for name, value in found.groupdict().items()}
    return None


def members(model: OperationModel, in_path: Mapping[str, str], query: str, body: bytes) -> dict[str, Any]:
    """Return all members of a request by name, numbers of the query as numbers."""
    params: dict[str, Any] = dict(in_path)
    fields = model.input_shape.members if model.input_shape else {}
    by_location = {shape.serialization.get("name", name): (name, shape) for name, shape in fields.items()}
    for key, values in parse_qs(query).items():
        name, shape = by_location.get(key, (key, None))
        kind = shape.type_name if shape is not None else "string"
        params[name] = values if kind == "list" else int(values[0]) if kind == "integer" else values[0]
    if body.strip():
        try:
            params.update(json.loads(body))
        except ValueError as error:
            raise ServiceError("SerializationException", f"the body is not JSON: {error}") from error
    return params


def is_registered(name: str) -> bool:
    """Tell whether the simulator answers this operation itself."""
    return name in _OPERATIONS


def perform(name: str, region: str, params: Params, simulation: Simulation) -> dict[str, Any]:
    """Run a registered operation after the checks that the service model gives."""
    shape = service_model("sesv2").operation_model(name).input_shape
    for member in shape.required_members if shape else ():
        if params.get(member) in (None, ""):
            raise bad_request(f"{member} is required")
    return _OPERATIONS[name](region, params, simulation)
