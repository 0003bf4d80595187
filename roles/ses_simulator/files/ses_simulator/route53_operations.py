# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations of Route 53 that moto does not answer as its model says."""

from __future__ import annotations

from typing import Any

from moto.route53.models import FakeZone, route53_backends

from ses_simulator.iam import ACCOUNT_ID, partition_of
from ses_simulator.operations import Params, operation
from ses_simulator.simulation import Simulation
from ses_simulator.zones import normal

_PAGE_SIZE = 100


def _order(zone: FakeZone) -> tuple[list[str], str]:
    """Return what Route 53 sorts by: the labels from the last to the first, then the ID."""
    return _labels(zone.name), zone.resource_id


def _labels(name: str) -> list[str]:
    return normal(name).split(".")[::-1]


def _shown(zone: FakeZone) -> dict[str, Any]:
    config = {name: value for name, value in zone.config.items() if value is not None}
    return {
        "Id": zone.id,
        "Name": zone.name,
        "CallerReference": zone.caller_reference,
        "Config": config,
        "ResourceRecordSetCount": zone.resource_record_set_count,
    }


@operation("ListHostedZonesByName", service="route53")
def list_by_name(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """List hosted zones in the order of their names, from a name on."""
    name, identifier = params.get("DNSName"), str(params.get("HostedZoneId") or "")
    size = int(params.get("MaxItems") or _PAGE_SIZE)
    zones = sorted(route53_backends[ACCOUNT_ID][partition_of(region)].zones.values(), key=_order)
    if name:
        zones = [zone for zone in zones if _order(zone) >= (_labels(str(name)), identifier)]
    page, rest = zones[:size], zones[size:]
    answer: dict[str, Any] = {
        "HostedZones": [_shown(zone) for zone in page],
        "IsTruncated": bool(rest),
        "MaxItems": str(size),
    }
    if name:
        answer["DNSName"] = str(name)
    if identifier:
        answer["HostedZoneId"] = identifier
    if rest:
        answer["NextDNSName"], answer["NextHostedZoneId"] = rest[0].name, rest[0].resource_id
    return answer
