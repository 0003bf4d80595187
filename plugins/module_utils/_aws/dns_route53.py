# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to write into a Route 53 zone, and what in it is somebody else's. Pure: no calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_record import (
    DEFAULT_TTL,
    check,
    family,
    question,
    state_of,
    unquoted,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_text import zone_data
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError

Record = Mapping[str, Any]
_NEXT = {
    "spf": "Add what SES needs to that record yourself, or use another MAIL FROM domain.",
    "dkim": "Sign with another selector, or remove that record when nobody signs with it any more.",
    "MX": "Mail for that name goes elsewhere: use another MAIL FROM domain, or remove that record yourself.",
}


@dataclass(frozen=True)
class RecordSet:
    """The values of one name and type, as Route 53 has and wants them."""

    name: str
    type: str
    ttl: int
    values: Tuple[str, ...]

    def as_dict(self) -> Dict[str, Any]:
        """Return what the module amazon.aws.route53 takes."""
        return {"record": self.name, "type": self.type, "ttl": self.ttl, "value": list(self.values)}


class Zone:
    """The record sets of a zone, in the shape of amazon.aws.route53_info."""

    def __init__(self, record_sets: Sequence[Mapping[str, Any]]) -> None:
        self._sets: Dict[str, Dict[str, List[Mapping[str, Any]]]] = {}
        for one in record_sets:
            name = unquoted_name(str(one["name"]))
            self._sets.setdefault(name, {}).setdefault(str(one["type"]), []).append(one)
        apex = [name for name, types in self._sets.items() if "SOA" in types]
        if len(apex) != 1:
            raise PlanError("The record sets are not those of one whole zone: they hold no SOA record, or several.")
        self.name = apex[0]

    def types(self, name: str) -> List[str]:
        """Return the types that ``name`` has."""
        return sorted(self._sets.get(name, {}))

    def values(self, name: str, kind: str) -> List[str]:
        """Return the values at ``name``, TXT without quotes; an alias counts as what it points to."""
        found: List[str] = []
        for one in self._sets.get(name, {}).get(kind, []):
            values = [str(record["value"]) for record in one.get("resource_records") or ()]
            alias = (one.get("alias_target") or {}).get("dns_name")
            found += values or ([f"alias {alias}"] if alias else [])
        return [unquoted(value) for value in found] if kind == "TXT" else found

    def written(self, name: str, kind: str) -> Tuple[str, ...]:
        """Return the values at ``name`` as Route 53 writes them."""
        sets = self._sets.get(name, {}).get(kind, [])
        return tuple(str(record["value"]) for one in sets for record in one.get("resource_records") or ())

    def ttl(self, name: str, kind: str) -> int:
        """Return the time to live of what is there, 0 when nothing is."""
        return max((int(one.get("ttl") or 0) for one in self._sets.get(name, {}).get(kind, [])), default=0)

    def is_routed(self, name: str, kind: str) -> bool:
        """Return whether Route 53 chooses between several answers there, or answers for an alias."""
        return any(
            one.get("set_identifier") or one.get("alias_target") for one in self._sets.get(name, {}).get(kind, [])
        )

    def holds(self, name: str) -> bool:
        """Return whether ``name`` is in this zone."""
        return name == self.name or name.endswith(f".{self.name}")

    def has_dmarc(self, name: str) -> bool:
        """Return whether the owner has said something about DMARC at ``name`` (``_dmarc.<domain>``) or above.

        It may also be a CNAME, or delegated to those who read the reports. A domain without a record of its own has
        the policy of the one above, which may be stricter than what we would write.
        """
        domain = name.partition(".")[2]
        while self.holds(domain):
            types = self.types(f"_dmarc.{domain}")
            if "CNAME" in types or "NS" in types:
                return True
            if any(family(value) == "dmarc" for value in self.values(f"_dmarc.{domain}", "TXT")):
                return True
            domain = domain.partition(".")[2]
        return False

    def delegated_at(self, name: str) -> str:
        """Return the name at or above ``name`` whose records are in another zone, else an empty text."""
        while name != self.name and self.holds(name):
            if "NS" in self._sets.get(name, {}):
                return name
            name = name.partition(".")[2]
        return ""


def unquoted_name(name: str) -> str:
    """Return a name of Route 53, which writes some characters in octal, in small letters and without the last dot."""
    return unquoted(f'"{name}"').lower().rstrip(".")


def route53_record_sets(records: Sequence[Record]) -> List[RecordSet]:
    """Return ``records`` as record sets: values of one name and type belong together."""
    check(records)
    return [
        RecordSet(
            name=name,
            type=kind,
            ttl=int(some[0].get("ttl") or DEFAULT_TTL),
            values=tuple(dict.fromkeys(zone_data(record) for record in some)),
        )
        for (name, kind), some in _together(records).items()
    ]


def plan(records: Sequence[Record], zones: Mapping[str, Sequence[Mapping[str, Any]]]) -> Dict[str, Any]:
    """Return what to do so that DNS has ``records``, and nobody loses anything.

    :param zones: the record sets of each zone, by the zone's ID; a record goes into the innermost zone for its name
    :return: ``publish`` (a list of what amazon.aws.route53 takes: ``hosted_zone_id``, ``record``, ``type``, ``ttl``,
        ``value``), and ``conflicts`` (sentences about records of somebody else, which stay as they are)
    """
    check(records)
    known = {zone_id: Zone(record_sets) for zone_id, record_sets in zones.items()}
    publish: List[Dict[str, Any]] = []
    conflicts: List[str] = []
    for (name, kind), some in _together(records).items():
        holding = [zone_id for zone_id, zone in known.items() if zone.holds(name)]
        if not holding:
            names = ", ".join(zone.name for zone in known.values())
            conflicts.append(
                f"{_wanted(some)} belongs into none of the zones {names}. Give its zone, or publish it yourself."
            )
            continue
        zone_id = max(holding, key=lambda one: len(known[one].name))
        zone = known[zone_id]
        found = zone.values(name, kind)
        values = [str(record["value"]) for record in some]
        lacking = [record for record in some if state_of(record, found, values) != "present"]
        if not lacking or (family(values[0]) == "dmarc" and zone.has_dmarc(name)):
            continue
        conflict = _conflict(zone, lacking, found)
        if conflict:
            conflicts.append(conflict)
        else:
            publish.append({"hosted_zone_id": zone_id, **_merged(zone, lacking).as_dict()})
    return {"publish": publish, "conflicts": conflicts}


def _together(records: Sequence[Record]) -> Dict[Tuple[str, str], List[Record]]:
    together: Dict[Tuple[str, str], List[Record]] = {}
    for record in records:
        together.setdefault(question(record), []).append(record)
    return together


def _wanted(records: Sequence[Record]) -> str:
    name, kind = question(records[0])
    return f"{name} {kind} {', '.join(str(record['value']) for record in records)}"


def _merged(zone: Zone, lacking: Sequence[Record]) -> RecordSet:
    """Return the record set with ``lacking``; other texts at the same name stay."""
    [one] = route53_record_sets(lacking)
    there = zone.written(one.name, one.type) if one.type == "TXT" else ()
    return RecordSet(one.name, one.type, zone.ttl(one.name, one.type) or one.ttl, there + one.values)


def _conflict(zone: Zone, lacking: Sequence[Record], found: Sequence[str]) -> str:
    """Return why ``lacking`` (records of one name and type) cannot be written, or an empty text."""
    name, kind = question(lacking[0])
    wanted = f"{name} {kind} {', '.join(str(record['value']) for record in lacking)}"
    if not zone.holds(name):
        return (
            f"{wanted} does not belong into the zone {zone.name}. Give the zone that holds it, or publish it yourself."
        )
    delegated = zone.delegated_at(name)
    if delegated:
        servers = ", ".join(zone.values(delegated, "NS"))
        return f"{wanted} belongs into the zone {delegated}, which is delegated to {servers}. Publish it there."
    there = _in_the_way(zone, lacking, found)
    if there is None:
        return ""
    other, step = there
    return f"{wanted} is needed, and there is {name} {other}, which was left alone. {step}"


def _in_the_way(zone: Zone, lacking: Sequence[Record], found: Sequence[str]) -> Optional[Tuple[str, str]]:
    """Return what is there of somebody else, and the next step."""
    name, kind = question(lacking[0])
    types = [one for one in zone.types(name) if (one == "CNAME") != (kind == "CNAME")]
    if types:
        values = zone.values(name, types[0])
        return f"{types[0]} {', '.join(values)}", "Nothing can stand beside a CNAME: remove one of them."
    if zone.is_routed(name, kind):
        return f"{kind} {', '.join(found)}", "Route 53 answers there by a policy or an alias: change that yourself."
    if kind == "MX" and any(_host(value) != _host(str(lacking[0]["value"])) for value in found):
        return f"MX {', '.join(found)}", _NEXT["MX"]
    if kind == "TXT":
        for record in lacking:
            own = family(str(record["value"]))
            others = [value for value in found if own and family(value) == own]
            if others:
                return f"TXT {', '.join(others)}", _NEXT.get(own, "")
    # A CNAME of Easy DKIM has a name that SES made up: another value there is an old one of SES.
    return None


def _host(mx: str) -> str:
    return mx.rsplit(maxsplit=1)[-1].lower().rstrip(".")
