# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulator's Route 53 would answer to a DNS query."""

from __future__ import annotations

import re

from moto.route53.models import FakeZone, RecordSet, route53_backends

from ses_simulator.iam import ACCOUNT_ID, partition_of

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")


def normal(name: str) -> str:
    """Return a DNS name in lower case without the final dot."""
    return name.strip().lower().rstrip(".")


def text_of(value: str) -> str:
    """Return the text of a TXT record as Route 53 holds it: quoted pieces of at most 255 octets, joined."""
    pieces = _QUOTED.findall(value)
    return "".join(_ESCAPED.sub(r"\1", piece) for piece in pieces) if pieces else value


def zone_of(region: str, name: str) -> FakeZone | None:
    """Return the public hosted zone that a name belongs to: the one with the longest name."""
    wanted = "." + normal(name)
    zones = route53_backends[ACCOUNT_ID][partition_of(region)].zones
    found = [
        zone for zone in list(zones.values()) if not zone.private_zone and wanted.endswith("." + normal(zone.name))
    ]
    return max(found, key=lambda zone: len(zone.name), default=None)


def record_sets(zone: FakeZone, name: str) -> list[RecordSet]:
    """Return all records of a name in a zone."""
    wanted = normal(name)
    return [record_set for record_set in list(zone.rrsets) if normal(record_set.name) == wanted]


def lookup(region: str, name: str, kind: str) -> list[str] | None:
    """Return the values of a name's records of one type, None when the name does not exist at all.

    TXT values are unquoted; other values are as Route 53 has them, such as ``10 mail.example.com``.
    """
    zone = zone_of(region, name)
    sets = record_sets(zone, name) if zone is not None else []
    if not sets:
        return None
    values = [str(value) for record_set in sets if record_set.type == kind for value in record_set.records or ()]
    return [text_of(value) if kind == "TXT" else value for value in values]
