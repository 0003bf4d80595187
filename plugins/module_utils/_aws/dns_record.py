# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the values of DNS records mean, and when two of them are the same. Pure: no calls."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, Sequence, Set, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError

#: The types of the records that SES wants.
TYPES = ("CNAME", "MX", "TXT")
#: The time to live, in seconds, of a record that says nothing of it.
DEFAULT_TTL = 1800
#: A character string in DNS holds no more octets (RFC 1035, section 3.3); a TXT record holds several.
STRING_LENGTH = 255
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(r"\\([0-7]{3}|.)", re.DOTALL)


def check(records: Sequence[Mapping[str, Any]]) -> None:
    """Raise PlanError unless each record has a name, a type that is known here, and a value."""
    for record in records:
        missing = [key for key in ("name", "type", "value") if not record.get(key)]
        if missing:
            raise PlanError(
                f"The record {dict(record)} has no {' and no '.join(missing)}. Each needs name, type and value."
            )
        if record["type"] not in TYPES:
            raise PlanError(
                f"The record {record['name']} has the type {record['type']}, and only {', '.join(TYPES)} are known "
                "here: SES wants no others. Leave it out."
            )


def question(record: Mapping[str, Any]) -> Tuple[str, str]:
    """Return the name, without the dot at its end and in small letters, and the type."""
    return str(record["name"]).lower().rstrip("."), str(record["type"])


def state_of(record: Mapping[str, Any], found: Sequence[str], wanted: Sequence[str]) -> str:
    """Return ``present``, ``different`` or ``missing`` for a record.

    ``found`` are the values that DNS has at its name and type (TXT without quotes), ``wanted`` all that should be there.
    """
    value = str(record["value"])
    kind = family(value) if record["type"] == "TXT" else ""
    if kind:
        found = [one for one in found if family(one) == kind]
    if not found:
        return "missing"
    if kind == "dmarc":
        # Whatever it says: the policy is the domain owner's.
        return "present"
    if kind == "spf":
        # A second SPF record makes both void (RFC 7208, section 4.5).
        return "present" if len(found) == 1 and _mechanisms(value) <= _mechanisms(found[0]) else "different"
    have = {_normal(one, record["type"]) for one in found}
    if _normal(value, record["type"]) not in have:
        return "different"
    # SES takes a MAIL FROM domain only when its MX record is the only one.
    extra = have - {_normal(one, "MX") for one in wanted} if record["type"] == "MX" else set()
    return "different" if extra else "present"


def sentences(records: Sequence[Mapping[str, Any]]) -> List[str]:
    """Return what DNS has for each of ``records``; those that could not be looked up for the same reason, together."""
    unknown: Dict[str, List[str]] = {}
    for record in records:
        if record["state"] == "unknown":
            unknown.setdefault(record["problem"], []).append(f"{record['name']} {record['type']}")
    return [
        *(_sentence(record) for record in records if record["state"] != "unknown"),
        *(f"{', '.join(names)} could not be looked up ({problem})" for problem, names in unknown.items()),
    ]


def _sentence(record: Mapping[str, Any]) -> str:
    """Return what DNS has for a record with its ``state`` and what was ``found``, in words."""
    wanted = f"{record['name']} {record['type']} {record['value']}"
    if record["state"] == "present":
        return f"{wanted} is in DNS"
    if record["state"] == "missing":
        return f"{wanted} is missing in DNS"
    return f"{wanted} is not what DNS has, which is {', '.join(record['found'])}"


def family(value: str) -> str:
    """Return ``spf``, ``dmarc`` or ``dkim`` for a text that may stand at a name only once, else an empty text."""
    start = "".join(value.split()).lower()
    if start == "v=spf1" or value.strip().lower().startswith("v=spf1 "):
        return "spf"
    if start.startswith("v=dmarc1"):
        return "dmarc"
    return "dkim" if start.startswith(("v=dkim1", "p=", "k=rsa")) else ""


def quoted(value: str) -> str:
    """Return the value of a TXT record as zone files and Route 53 have it: in quotes, no string over 255 octets."""
    parts: List[str] = [""]
    for character in value:
        if len((parts[-1] + character).encode("utf-8")) > STRING_LENGTH:
            parts.append("")
        parts[-1] += character
    return " ".join('"{}"'.format(part.replace("\\", "\\\\").replace('"', '\\"')) for part in parts)


def unquoted(text: str) -> str:
    """Return the value behind the quoted strings of a TXT record; Route 53 writes some characters in octal."""
    parts = _QUOTED.findall(text)
    return "".join(_ESCAPED.sub(_character, part) for part in parts) if parts else text


def _character(match: re.Match[str]) -> str:
    escaped = match.group(1)
    return chr(int(escaped, 8)) if len(escaped) == 3 else escaped


def _normal(value: str, kind: str) -> str:
    if kind == "TXT":
        return _dkim_key(value) if family(value) == "dkim" else value
    return " ".join(value.lower().rstrip(".").split())


def _dkim_key(value: str) -> str:
    """Return the key of a DKIM record: lines, blanks and other tags may differ between those who pass it on."""
    tags = "".join(value.split()).split(";")
    return next((tag for tag in tags if tag.startswith("p=")), value)


def _mechanisms(spf: str) -> Set[str]:
    """Return what an SPF record names; its end (``~all``) is the owner's choice."""
    return {term.lower().lstrip("+") for term in spf.split() if not term.lower().endswith("all")}
