# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the mail of which senders goes, and as whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._relay.addresses import read_senders
from ansible_collections.cloudmail.ses.plugins.module_utils._relay.credentials import (
    Choice,
    Credential,
    read_credential,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._relay.endpoints import Place, read_places

if TYPE_CHECKING:
    from ansible_collections.cloudmail.ses.plugins.module_utils._relay.findings import Findings

_FIELDS = ("senders", "endpoints", "region", "host", "username", "password", "passwords")
_PLACES = ("endpoints", "region", "host")


@dataclass(frozen=True)
class Relay:
    """The relay of some senders, of all others without ``senders``; ``start`` is what its variables' names begin with.

    Where ``own_places`` is false, the places are those of the whole host, and ``credential`` goes before theirs.
    """

    start: str
    senders: Sequence[str]
    places: Sequence[Place]
    credential: Credential
    own_places: bool = True


def read_relays(found: Findings, given: Mapping[str, Any]) -> List[Relay]:
    """Return the relay of the whole host, and those of some senders."""
    places = read_places(found, "ses_relay_", given)
    if not places and not any(given.get(name) for name in _PLACES):
        found.add(
            "ses_relay_region",
            "is empty. Give the region of SES such as eu-west-1, or ses_relay_endpoints or ses_relay_host.",
        )
    relays = [Relay("ses_relay_", (), places, read_credential(found, "ses_relay_", given))]
    for number, entry in enumerate(found.entries("ses_relay_senders", given.get("senders"))):
        variable = f"ses_relay_senders[{number}]"
        if isinstance(entry, Mapping):
            relays.append(_of_senders(found, variable, entry, whole=relays[0]))
        else:
            found.add(variable, "is not a dictionary. Write {senders: [app@example.net], region: us-east-1}.")
    _check_twice(found, relays)
    return relays


def with_credentials(found: Findings, relays: Sequence[Relay]) -> List[Dict[str, Any]]:
    """Return each relay with user name and password of each endpoint."""
    choice = Choice(found)
    full = []
    for number, relay in enumerate(relays, 1):
        endpoints = []
        for place in relay.places:
            username, password = choice.choose(
                place.variable if relay.own_places else relay.start.rstrip("."),
                place.region,
                _said(relay, place, whole=relays[0].credential),
            )
            endpoints.append(
                {
                    "host": place.host,
                    "region": place.region,
                    "username": username,
                    "password": password,
                    "sender": _address(relay),
                }
            )
        name = "ses" if number == 1 else f"ses-{number}"
        full.append({"name": name, "senders": list(relay.senders), "endpoints": endpoints})
    choice.check_regions()
    return full


def _address(relay: Relay) -> str:
    """Return an address that this relay is for, empty for the relay of the whole host."""
    sender = relay.senders[0] if relay.senders else ""
    return f"postmaster{sender}" if sender.startswith("@") else sender


def _of_senders(found: Findings, variable: str, entry: Mapping[str, Any], *, whole: Relay) -> Relay:
    start = f"{variable}."
    found.fields(variable, entry, known=_FIELDS)
    senders = read_senders(found, f"{start}senders", entry.get("senders"))
    credential = read_credential(found, start, entry)
    own_places = any(entry.get(name) for name in _PLACES)
    if not own_places and not credential:
        found.add(
            variable, "says neither where the mail of its senders goes nor as whom. Give region, endpoints or username."
        )
    places = read_places(found, start, entry) if own_places else whole.places
    return Relay(start, senders, places, credential, own_places=own_places)


def _said(relay: Relay, place: Place, *, whole: Credential) -> List[Credential]:
    """Return what holds for an endpoint, from the nearest on."""
    if relay.credential is whole:
        return [place.credential, whole]
    if relay.own_places:
        return [place.credential, relay.credential, whole]
    return [relay.credential, place.credential, whole]


def _check_twice(found: Findings, relays: Sequence[Relay]) -> None:
    """Find senders of two relays. Tables of mail servers know no capitals."""
    first: Dict[str, str] = {}
    for relay in relays:
        for sender in relay.senders:
            if sender.lower() in first:
                variable = first[sender.lower()]
                found.add(f"{relay.start}senders", f"{sender} is in {variable} already. Name each sender once.")
            first.setdefault(sender.lower(), f"{relay.start}senders")
