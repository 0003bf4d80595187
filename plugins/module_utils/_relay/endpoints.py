# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The endpoints that mail goes to, as they are written for the whole host and for some senders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional

from ansible_collections.cloudmail.ses.plugins.module_utils._relay.credentials import Credential, read_credential
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.endpoint import (
    HostError,
    check_region,
    wanted_endpoint,
)

if TYPE_CHECKING:
    from ansible_collections.cloudmail.ses.plugins.module_utils._relay.findings import Findings

_FIELDS = ("region", "host", "username", "password")
# A host may be in any region, in one that is documented to have no SMTP too.
_REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-[0-9]{1,2}")
_ADDRESS = re.compile(r"[0-9.]+|.*:.*")


@dataclass(frozen=True)
class Place:
    """An endpoint. ``credential`` is its own, empty in what it does not say; ``region`` is empty where nothing tells it."""

    variable: str
    host: str
    region: str
    credential: Credential
    warning: str = ""


def read_places(found: Findings, start: str, given: Mapping[str, Any]) -> List[Place]:
    """Return the endpoints in order of preference: those of ``endpoints``, or the one of ``region`` and ``host``.

    ``start`` is what the variables' names begin with.
    """
    listed = found.entries(f"{start}endpoints", given.get("endpoints"))
    region, host = (found.text(start + name, given.get(name)) for name in ("region", "host"))
    if region and host.lower() == f"email-smtp.{region}.amazonaws.com":
        # It says no more than the region, and may be a default.
        host = ""
    if not listed:
        if not region and not host:
            return []
        place = _place(
            found, start, {"region": region, "host": host}, variable=f"{start}{'host' if host else 'region'}"
        )
        return [place] if place else []
    places = [_entry(found, f"{start}endpoints[{number}]", entry) for number, entry in enumerate(listed)]
    right = [place for place in places if place]
    _check_twice(found, right)
    if len(right) == len(places):
        _check_listed(found, start, right, region=region, host=host)
    return right


def _entry(found: Findings, variable: str, entry: Any) -> Optional[Place]:
    if isinstance(entry, str):
        found_region = found.check(variable, _region, entry)
        return _place(found, f"{variable}.", {"region": entry}, variable=variable) if found_region else None
    if not isinstance(entry, Mapping):
        found.add(
            variable, "is neither a region nor a dictionary. Write eu-west-1, or {region: eu-west-1}, or {host: ...}."
        )
        return None
    found.fields(variable, entry, known=_FIELDS)
    return _place(found, f"{variable}.", entry, variable=variable)


def _region(text: str) -> str:
    try:
        check_region(text)
    except ValueError as exc:
        hint = f" A host is written {{host: {text}}}." if "." in text else ""
        raise HostError(f"{exc}{hint}") from None
    return text


def _place(found: Findings, start: str, entry: Mapping[str, Any], *, variable: str) -> Optional[Place]:
    region, host = (found.text(start + name, entry.get(name)) for name in ("region", "host"))
    credential = read_credential(found, start, {name: entry.get(name) for name in ("username", "password")})
    endpoint = found.check(variable, _endpoint, region, host)
    if not endpoint:
        return None
    name = endpoint.host.lower().rstrip(".")
    return Place(variable, name, endpoint.region, credential, warning=endpoint.warning or "")


def _endpoint(region: str, host: str) -> Any:
    if host and _ADDRESS.fullmatch(host):
        raise HostError(
            f"{host!r} is no host name. The mail server verifies the name of the server, and no certificate of SES has an "
            "address in it. Give the name of the endpoint."
        )
    if host and region and not _REGION.fullmatch(region):
        check_region(region)
    return wanted_endpoint(region, host)


def _check_twice(found: Findings, places: List[Place]) -> None:
    first: Dict[str, Place] = {}
    for place in places:
        other = first.setdefault(place.host, place)
        if other is not place:
            found.add(place.variable, f"{place.host} is {other.variable} already. Name it once.")


def _check_listed(found: Findings, start: str, places: List[Place], *, region: str, host: str) -> None:
    """Find a region or a host that is set beside the list and would mean nothing."""
    if region and region not in [place.region for place in places]:
        found.add(
            f"{start}region",
            f"{region!r} is not among {start}endpoints, which says where mail goes. Leave it out or add it.",
        )
    if host and host.lower().rstrip(".") not in [place.host for place in places]:
        found.add(
            f"{start}host",
            f"{host!r} is not among {start}endpoints, which says where mail goes. Leave it out or add it.",
        )
