# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether IAM policies allow a request. Pure: three answers (allowed, denied, cannot tell), each with its reasons.

Source: IAM user guide, "Policy evaluation logic": an explicit Deny wins, then some Allow is needed, and a permissions
boundary has to allow it as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.policy_condition import (
    Answer,
    Request,
    condition_holds,
    either,
    every,
    like,
    opposite,
    resource_like,
    without_variables,
)

ALLOWED, DENIED, UNKNOWN = "allowed", "denied", "unknown"
#: How many near misses a decision names.
_SHOWN = 3


@dataclass(frozen=True)
class Policy:
    """A policy document; ``name`` completes "statement 1 of ..."."""

    name: str
    document: Mapping[str, Any]


@dataclass(frozen=True)
class UserPolicies:
    """The policies of a user; ``unread`` are sentences about those that the caller may not read."""

    policies: Tuple[Policy, ...] = ()
    boundary: Optional[Policy] = None
    unread: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """IAM's answer to one request.

    ``explicit`` tells a Deny from the lack of an Allow. ``why`` are sentences; ``misses`` are the condition keys (in lower
    case) and elements (``resource``) in which statements that allow the action differ from the request.
    """

    answer: str
    why: Tuple[str, ...] = ()
    explicit: bool = False
    misses: Tuple[str, ...] = ()


@dataclass(frozen=True)
class _Part:
    """One part of a statement: an element or a condition."""

    key: str
    holds: Answer
    text: str


@dataclass(frozen=True)
class _Statement:
    """A statement against a request."""

    label: str
    effect: str
    parts: Tuple[_Part, ...]

    @property
    def holds(self) -> Answer:
        return every(part.holds for part in self.parts)

    def differing(self, holds: Answer) -> Tuple[_Part, ...]:
        return tuple(part for part in self.parts if part.holds is holds)


def evaluate(
    request: Request, policies: Sequence[Policy], boundary: Optional[Policy] = None, *, incomplete: bool = False
) -> Decision:
    """Return IAM's answer; ``incomplete`` says that there are policies which could not be read.

    A request that no known policy allows is then not denied but unknown.
    """
    own = _decide(_statements(policies, request), "No policy of the user allows it.")
    if incomplete and own.answer == DENIED and not own.explicit:
        own = Decision(UNKNOWN, ("Not all policies could be read, and those that were read do not allow it.",))
    if boundary is None:
        return own
    limit = _decide(_statements([boundary], request), f"Nothing in {boundary.name} allows it.")
    denied = [each for each in (own, limit) if each.answer == DENIED]
    for each in [d for d in denied if d.explicit] + denied:
        return each
    return next((each for each in (own, limit) if each.answer == UNKNOWN), own)


def _decide(statements: Sequence[_Statement], nothing: str) -> Decision:
    allows = [each for each in statements if each.effect == "Allow"]
    denies = [each for each in statements if each.effect == "Deny"]
    for each in denies:
        if each.holds:
            return Decision(DENIED, (f"{each.label} denies it.",), explicit=True)
    allowed = either(each.holds for each in allows)
    if allowed is False:
        return _not_allowed(allows, nothing)
    unsure = [each for each in denies if each.holds is None]
    if allowed and not unsure:
        return Decision(ALLOWED)
    if not allowed:
        unsure = [each for each in allows if each.holds is None]
    why = (f"It depends on {_joined(each.differing(None))} in {each.label}." for each in unsure[:_SHOWN])
    return Decision(UNKNOWN, tuple(why))


def _not_allowed(allows: Sequence[_Statement], nothing: str) -> Decision:
    # Statements about other actions explain nothing.
    near = [each for each in allows if each.parts[0].holds]
    if not near:
        return Decision(DENIED, (nothing,))
    why = (f"{each.label} allows it only for {_joined(each.differing(False))}." for each in near[:_SHOWN])
    misses = dict.fromkeys(part.key for each in near for part in each.differing(False))
    return Decision(DENIED, tuple(why), misses=tuple(misses))


def _joined(parts: Sequence[_Part]) -> str:
    return " and ".join(part.text for part in parts)


def _statements(policies: Sequence[Policy], request: Request) -> List[_Statement]:
    found: List[_Statement] = []
    for policy in policies:
        variables = policy.document.get("Version") == "2012-10-17"
        for number, statement in enumerate(_many(policy.document.get("Statement")), 1):
            sid = statement.get("Sid")
            label = f"{f'The statement {sid}' if sid else f'Statement {number}'} of {policy.name}"
            parts = _parts(statement, request, variables=variables)
            found.append(_Statement(label, str(statement.get("Effect")), parts))
    return found


def _parts(statement: Mapping[str, Any], request: Request, *, variables: bool) -> Tuple[_Part, ...]:
    def patterns(value: Any) -> Tuple[str, ...]:
        return _texts(value) if variables else tuple(without_variables(text) for text in _texts(value))

    def action_like(pattern: str) -> Answer:
        return like(without_variables(pattern), request.action, request, ignore_case=True)

    def resource_is(pattern: str) -> Answer:
        return resource_like(pattern, request.resource, request)

    actions = _selects(statement, "Action", _texts, action_like)
    resources = _selects(statement, "Resource", patterns, resource_is)
    conditions = [
        _condition(operator, key, patterns(wanted), request)
        for operator, keys in (statement.get("Condition") or {}).items()
        for key, wanted in keys.items()
    ]
    # Whoever NotPrincipal spares has to be named in several ways at once; nobody is spared for sure here.
    spared = [_Part("principal", None, "whom NotPrincipal names")] if "NotPrincipal" in statement else []
    which = "whether Resource covers" if resources is None else "other resources than"
    resource = _Part("resource", resources, f"{which} {request.resource}")
    return (_Part("action", actions, "other actions"), resource, *spared, *conditions)


def _selects(
    statement: Mapping[str, Any],
    element: str,
    patterns: Callable[[Any], Tuple[str, ...]],
    matches: Callable[[str], Answer],
) -> Answer:
    if f"Not{element}" in statement:
        return opposite(either(matches(pattern) for pattern in patterns(statement[f"Not{element}"])))
    return either(matches(pattern) for pattern in patterns(statement.get(element)))


def _condition(operator: str, key: str, wanted: Sequence[str], request: Request) -> _Part:
    holds = condition_holds(operator, key, wanted, request)
    known = request.context.get(key.lower(), ())
    actual = ", ".join(known) if known else "not there" if known is None else "not known"
    return _Part(key.lower(), holds, f"{key} {operator} {', '.join(wanted)} (here it is {actual})")


def _many(value: Any) -> List[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _texts(value: Any) -> Tuple[str, ...]:
    # JSON allows true and 1 where IAM wants texts.
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in _many(value))
