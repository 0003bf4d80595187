# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conditions and patterns of IAM policies. Pure; what cannot be known here is None, never a guess.

Source: IAM user guide, "IAM JSON policy elements: Condition operators", "Policy elements: Variables and tags".
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Callable, Dict, Iterable, List, Mapping, Match, Optional, Sequence, Tuple

#: True, False, or None where it cannot be told.
Answer = Optional[bool]
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_LITERAL = {"*", "?", "$"}


class Untold(Exception):
    """The request has this value, or has not: here it is not known."""


class Absent(Exception):
    """The request has no such value."""


@dataclass(frozen=True)
class Request:
    """One question to IAM: may this action touch this resource?

    ``context`` has the values of condition keys, named in lower case; None says that the request has no such key. Of a key
    that is not in there, nothing is known.
    """

    action: str
    resource: str
    context: Mapping[str, Optional[Tuple[str, ...]]]

    def values(self, key: str) -> Tuple[str, ...]:
        """Return the values of a condition key, none when the request lacks it. Raises Untold."""
        name = key.lower()
        if name not in self.context:
            raise Untold(key)
        return self.context[name] or ()


def either(answers: Iterable[Answer]) -> Answer:
    """Return whether any of them holds."""
    seen = list(answers)
    return True if True in seen else None if None in seen else False


def every(answers: Iterable[Answer]) -> Answer:
    """Return whether all of them hold."""
    seen = list(answers)
    return False if False in seen else None if None in seen else True


def opposite(answer: Answer) -> Answer:
    """Return the contrary."""
    return None if answer is None else not answer


def without_variables(pattern: str) -> str:
    """Return a pattern in which nothing is a variable, for what IAM takes as it stands."""
    return pattern.replace("${", "${$}{")


def like(pattern: str, value: str, request: Request, *, ignore_case: bool = False) -> Answer:
    """Return whether ``value`` matches a pattern with ``*``, ``?`` and policy variables."""
    try:
        pieces = _pieces(pattern, request)
    except Untold:
        return None
    except Absent:
        return False
    regex = "".join(re.escape(text) if literal else _wildcards(text) for literal, text in pieces)
    return re.fullmatch(regex, value, re.DOTALL | (re.IGNORECASE if ignore_case else 0)) is not None


def arn_like(pattern: str, value: str, request: Request) -> Answer:
    """Return whether an ARN matches a pattern, part by part: a ``*`` does not reach over a colon.

    Parts that a pattern leaves out at its end match anything, as IAM completes them.
    """
    parts = value.split(":", 5)
    if pattern == "*" or len(parts) < 6:
        return like(pattern, value, request)
    patterns = [part.replace("\0", ":") for part in _VARIABLE.sub(_without_colons, pattern).split(":", 5)]
    return every(like(p, part, request) for p, part in zip(patterns, parts))


def resource_like(pattern: str, value: str, request: Request) -> Answer:
    """Return whether a resource's ARN matches a pattern of the element Resource.

    There a ``*`` at the end of a part "can expand to match beyond the colon boundaries" (IAM user guide, "Using wildcards in
    resource ARNs"), which leaves open how far: what only such a ``*`` could match, cannot be told.
    """
    strict = arn_like(pattern, value, request)
    return None if strict is False and like(pattern, value, request) is not False else strict


def _without_colons(variable: Match[str]) -> str:
    return variable.group().replace(":", "\0")


def _wildcards(text: str) -> str:
    return re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")


def _pieces(text: str, request: Request) -> List[Tuple[bool, str]]:
    """Return the parts of a text, each with whether it is literal: what comes from a variable is no pattern."""
    pieces: List[Tuple[bool, str]] = []
    end = 0
    for found in _VARIABLE.finditer(text):
        pieces += [(False, text[end : found.start()]), (True, _variable(found.group(1), request))]
        end = found.end()
    return [*pieces, (False, text[end:])]


def _variable(text: str, request: Request) -> str:
    if text in _LITERAL:
        return text
    name, comma, default = text.partition(",")
    values = request.values(name.strip())
    if len(values) == 1:
        return values[0]
    if not values and comma:
        return default.strip().strip("'")
    raise Absent(name)


def _plain(text: str, request: Request) -> str:
    return "".join(piece for _literal, piece in _pieces(text, request))


def _equals(wanted: str, value: str, request: Request) -> Answer:
    return _plain(wanted, request) == value


def _equals_ignore_case(wanted: str, value: str, request: Request) -> Answer:
    return _plain(wanted, request).lower() == value.lower()


def _in_network(wanted: str, value: str, _request: Request) -> Answer:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


def _truth(wanted: str, value: str, _request: Request) -> Answer:
    return wanted.lower() == value.lower()


def _number(text: str) -> float:
    return float(text)


def _moment(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


_ORDER: Dict[str, Callable[[float, float], bool]] = {
    "Equals": lambda value, wanted: value == wanted,
    "LessThan": lambda value, wanted: value < wanted,
    "LessThanEquals": lambda value, wanted: value <= wanted,
    "GreaterThan": lambda value, wanted: value > wanted,
    "GreaterThanEquals": lambda value, wanted: value >= wanted,
}


def _ordered(read: Callable[[str], float], holds: Callable[[float, float], bool]) -> Callable[..., Answer]:
    def compare(wanted: str, value: str, _request: Request) -> Answer:
        try:
            return holds(read(value), read(wanted))
        except ValueError:
            return None

    return compare


_COMPARE: Dict[str, Callable[[str, str, Request], Answer]] = {
    "StringEquals": _equals,
    "StringEqualsIgnoreCase": _equals_ignore_case,
    "StringLike": like,
    "ArnEquals": arn_like,
    "ArnLike": arn_like,
    "Bool": _truth,
    "IpAddress": _in_network,
    **{f"Numeric{name}": _ordered(_number, holds) for name, holds in _ORDER.items()},
    **{f"Date{name}": _ordered(_moment, holds) for name, holds in _ORDER.items()},
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}
_IF_EXISTS = "IfExists"


def condition_holds(operator: str, key: str, wanted: Sequence[str], request: Request) -> Answer:
    """Return whether one condition of a statement holds, None for an unknown operator or an unknown value."""
    qualifier, _colon, name = operator.rpartition(":")
    try:
        values = request.values(key)
    except Untold:
        return None
    if name == "Null":
        return any((not values) == (item.lower() == "true") for item in wanted)
    if_exists = name.endswith(_IF_EXISTS)
    name = name[: -len(_IF_EXISTS)] if if_exists else name
    negated = name in _NEGATED
    compare = _COMPARE.get(_NEGATED.get(name, name))
    if compare is None or qualifier not in ("", "ForAllValues", "ForAnyValue"):
        return None
    if not values:
        return if_exists or qualifier == "ForAllValues" or (negated and qualifier != "ForAnyValue")
    answers = [_one(compare, wanted, value, request) for value in values]
    if negated:
        answers = [opposite(answer) for answer in answers]
    return _over_values(qualifier, answers)


def _one(compare: Callable[..., Answer], wanted: Sequence[str], value: str, request: Request) -> Answer:
    answers: List[Answer] = []
    for item in wanted:
        try:
            answers.append(compare(item, value, request))
        except Untold:
            answers.append(None)
        except Absent:
            answers.append(False)
    return either(answers)


def _over_values(qualifier: str, answers: Sequence[Answer]) -> Answer:
    if qualifier == "ForAllValues":
        return every(answers)
    if qualifier == "ForAnyValue":
        return either(answers)
    # AWS leaves open what several values mean without a qualifier.
    return every(answers) if every(answers) == either(answers) else None
