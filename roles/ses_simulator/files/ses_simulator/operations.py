# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry of AWS operations that the simulator answers itself, and of checks before any call.

An operation is one function: ``@operation("GetAccount")`` over ``def get_account(region, params, simulation)``,
with ``service="iam"`` where it is not of SES v2. It gets the request's members by their names in the service
model, from path, query, form and body alike, and returns the response's members. What is not registered goes
on to moto.

A gate is a function that sees every call first, moto's as well: ``@gate`` over ``def check(request, simulation)``.
It lets the call pass by returning, and answers it by raising ServiceError.

Every module of this package whose name ends in ``_operations`` is imported at the start.
"""

from __future__ import annotations

import importlib
import operator
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, Shape, StringShape, StructureShape

import ses_simulator
from ses_simulator.services import SES, ServiceError, service_model

if TYPE_CHECKING:
    from ses_simulator.protocols import ApiRequest
    from ses_simulator.simulation import Simulation

Params = Mapping[str, Any]
Operation = Callable[[str, Params, "Simulation"], dict[str, Any]]
Gate = Callable[["ApiRequest", "Simulation"], None]
_OPERATIONS: dict[tuple[str, str], Operation] = {}
_GATES: list[Gate] = []
# What a service calls a request that its model forbids.
_INVALID = {SES: "BadRequestException", "service-quotas": "IllegalArgumentException"}


def operation(name: str, *, service: str = SES) -> Callable[[Operation], Operation]:
    """Register a function as an operation of a service, by botocore's name of the service."""

    def register(function: Operation) -> Operation:
        _OPERATIONS[service, name] = function
        return function

    return register


def gate(function: Gate) -> Gate:
    """Register a function that sees every call before it is carried out."""
    _GATES.append(function)
    return function


def load() -> None:
    """Import all modules that register operations and gates."""
    for module in pkgutil.iter_modules(ses_simulator.__path__, "ses_simulator."):
        if module.name.endswith("_operations"):
            importlib.import_module(module.name)


def registered(service: str = SES) -> tuple[str, ...]:
    """Return the names of all registered operations of a service."""
    return tuple(sorted(name for owner, name in _OPERATIONS if owner == service))


def is_registered(service: str, name: str) -> bool:
    """Tell whether the simulator answers this operation itself."""
    return (service, name) in _OPERATIONS


def pass_gates(request: ApiRequest, simulation: Simulation) -> None:
    """Let every gate see a call; raise the ServiceError of the first that holds it."""
    for function in _GATES:
        function(request, simulation)


def perform(request: ApiRequest, simulation: Simulation) -> dict[str, Any]:
    """Run a registered operation after the checks that the service model gives."""
    shape = service_model(request.service).operation_model(request.operation).input_shape
    params = request.params
    for complaint in _complaints(shape, params, "") if shape else ():
        raise ServiceError(_INVALID.get(request.service, "ValidationError"), complaint)
    return _OPERATIONS[request.service, request.operation](request.region, params, simulation)


def _complaints(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """Yield what AWS would say of missing members, of sizes, and of texts that are none of an enumeration."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        for name in shape.required_members:
            # At the top, an empty text is a name that is missing in the path; below it may be a tag's value.
            if value.get(name) is None or (not path and value[name] == ""):
                yield _violation("null", _joined(path, name), "Member must not be null")
        for name, member in shape.members.items():
            if name in value:
                yield from _complaints(member, value[name], _joined(path, name))
        return
    yield from _out_of_bounds(shape, value, path)
    if isinstance(shape, ListShape) and isinstance(value, list):
        for index, item in enumerate(value, 1):
            yield from _complaints(shape.member, item, f"{path}.{index}.member")
    elif isinstance(shape, StringShape) and shape.enum and isinstance(value, str) and value not in shape.enum:
        choices = ", ".join(shape.enum)
        yield _violation(f"'{value}'", path, f"Member must satisfy enum value set: [{choices}]")


def _out_of_bounds(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(value, (str, list)):
        size, what = float(len(value)), "Member must have length"
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        size, what = float(value), "Member must have value"
    else:
        return
    for bound, word, broken in (("min", "greater", operator.lt), ("max", "less", operator.gt)):
        limit = shape.metadata.get(bound)
        if limit is not None and broken(size, limit):
            yield _violation(f"'{value}'", path, f"{what} {word} than or equal to {limit}")


def _joined(path: str, name: str) -> str:
    lowered = name[0].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered


def _violation(value: str, path: str, constraint: str) -> str:
    return f"1 validation error detected: Value {value} at '{path}' failed to satisfy constraint: {constraint}"
