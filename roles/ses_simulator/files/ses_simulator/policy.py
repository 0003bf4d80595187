# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM policy evaluation, as much of it as sending mail meets. Pure functions."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Policy = Mapping[str, Any]
# IAM's names of the three decisions
ALLOWED, EXPLICIT_DENY, IMPLICIT_DENY = "allowed", "explicitDeny", "implicitDeny"


@dataclass(frozen=True)
class Request:
    """One question to IAM: may this action touch this resource, in this context?

    ``context`` maps condition keys to their values; keys are compared without regard to case.
    """

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]]

    def values(self, key: str) -> tuple[str, ...] | None:
        """Return the values of a condition key, None when the request has no such key."""
        wanted = key.lower()
        return next((values for name, values in self.context.items() if name.lower() == wanted), None)


@dataclass(frozen=True)
class Verdict:
    """What one set of policies says: ``decision`` in IAM's words, and the places of the policies that made it."""

    decision: str
    matched: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return self.decision == ALLOWED


def evaluate(policies: Iterable[Policy], request: Request) -> Verdict:
    """Return what the policies say about the request: an Allow allows, unless there is a Deny."""
    effects: dict[str, list[int]] = {}
    for place, policy in enumerate(policies):
        for effect in {one.get("Effect") for one in _many(policy.get("Statement")) if _applies(one, request)}:
            effects.setdefault(str(effect), []).append(place)
    if "Deny" in effects:
        return Verdict(EXPLICIT_DENY, tuple(effects["Deny"]))
    return Verdict(ALLOWED, tuple(effects["Allow"])) if "Allow" in effects else Verdict(IMPLICIT_DENY)


def condition_keys(policy: Policy, request: Request) -> set[str]:
    """Return the condition keys of the statements that are about the request's action and resource."""
    return {
        key
        for statement in _many(policy.get("Statement"))
        if _concerns(statement, request)
        for keys in (statement.get("Condition") or {}).values()
        for key in keys
    }


def allowed(policies: Iterable[Policy], request: Request, *, boundary: Policy | None = None) -> bool:
    """Return whether the policies allow the request, and the permissions boundary as well where there is one."""
    return bool(evaluate(policies, request)) and (boundary is None or bool(evaluate([boundary], request)))


def _many(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


@lru_cache(maxsize=4096)
def _pattern(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    regex = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(regex, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _like(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    return _pattern(str(pattern), ignore_case).fullmatch(value) is not None


def _arn_like(pattern: str, value: str) -> bool:
    # Wildcards do not reach over the colons between the six parts; parts that a pattern leaves out match anything.
    if pattern == "*" or not value.startswith("arn:"):
        return _like(pattern, value)
    patterns = pattern.split(":", 5)
    patterns += ["*"] * (6 - len(patterns))
    values = value.split(":", 5)
    return len(values) == 6 and all(_like(one, part) for one, part in zip(patterns, values, strict=True))


def _applies(statement: Mapping[str, Any], request: Request) -> bool:
    return _concerns(statement, request) and _conditions_hold(statement, request)


def _concerns(statement: Mapping[str, Any], request: Request) -> bool:
    return _selects(statement, "Action", request.action, _action_like) and _selects(
        statement, "Resource", request.resource, _arn_like
    )


def _action_like(pattern: str, value: str) -> bool:
    return _like(pattern, value, ignore_case=True)


def _selects(statement: Mapping[str, Any], element: str, value: str, like: Callable[[str, str], bool]) -> bool:
    if "Not" + element in statement:
        return not any(like(str(p), value) for p in _many(statement["Not" + element]))
    return any(like(str(p), value) for p in _many(statement.get(element)))


def _conditions_hold(statement: Mapping[str, Any], request: Request) -> bool:
    # An operator that is not known here must not widen what is allowed nor narrow what is denied.
    unknown = statement.get("Effect") == "Deny"
    for operator, keys in (statement.get("Condition") or {}).items():
        for key, wanted in keys.items():
            holds = _holds(operator, tuple(str(item) for item in _many(wanted)), request.values(key))
            if not (unknown if holds is None else holds):
                return False
    return True


def _in_network(network: str, value: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, value: wanted == value,
    "StringEqualsIgnoreCase": lambda wanted, value: wanted.lower() == value.lower(),
    "StringLike": _like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": lambda wanted, value: wanted.lower() == value.lower(),
    "IpAddress": _in_network,
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
}


def _holds(operator: str, wanted: tuple[str, ...], values: tuple[str, ...] | None) -> bool | None:
    """Return whether one condition holds, None for an operator that is unknown here."""
    set_operator, _separator, name = operator.rpartition(":")
    if name == "Null":
        return any((values is None) == (item.lower() == "true") for item in wanted)
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    negated = name in _NEGATED
    compare = _COMPARE.get(_NEGATED.get(name, name))
    if compare is None:
        return None
    if not values:
        return if_exists or set_operator == "ForAllValues" or (negated and not set_operator)
    matches = [any(compare(item, value) for item in wanted) != negated for value in values]
    # Without a set operator, a negated condition must hold for every value, any other for some.
    return all(matches) if set_operator == "ForAllValues" or (negated and not set_operator) else any(matches)
