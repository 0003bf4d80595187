# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules tell about an SES identity in one or several regions. Pure: no calls."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_dkim import OwnKey
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_dns import dns_records, pending
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_settings import identity_facts

#: What SES says of a record, the worst first: of one that several regions look for, the worst counts.
_STATUSES = ("FAILED", "TEMPORARY_FAILURE", "PENDING", "NOT_STARTED", "SUCCESS")


def describe(
    name: str, answer: Optional[Mapping[str, Any]], region: str, *, key: Optional[OwnKey] = None
) -> Dict[str, Any]:
    """Return what there is to tell about the identity in one region, from GetEmailIdentity's answer (None: no identity).

    ``key`` is the DKIM key of one's own, if it is known. The keys are ``region``, ``exists``, ``identity`` (when it
    exists), ``dns_records``, ``ready`` and ``pending``.
    """
    if answer is None:
        nothing = [f"there is no identity {name} in {region}"]
        return {"region": region, "exists": False, "dns_records": [], "ready": False, "pending": nothing}
    waits_for = pending(name, answer, region, key=key)
    return {
        "region": region,
        "exists": True,
        "identity": identity_facts(name, answer, region),
        "dns_records": dns_records(name, answer, region, key=key),
        "ready": not waits_for,
        "pending": waits_for,
    }


def merge(described: Sequence[Mapping[str, Any]]) -> Dict[str, Any]:
    """Return ``dns_records`` (each record once), ``ready`` and ``pending`` of all regions, ``identity`` when it is one."""
    merged: Dict[str, Any] = {
        "dns_records": merge_records([record for each in described for record in each["dns_records"]]),
        "ready": all(each["ready"] for each in described),
        "pending": [f"{each['region']}: {sentence}" for each in described for sentence in each["pending"]],
    }
    if len(described) == 1 and described[0]["exists"]:
        merged["identity"] = described[0]["identity"]
    return merged


def merge_records(records: Sequence[Mapping[str, Any]]) -> List[Dict[str, Any]]:
    """Return each record once, in order, with the ``regions`` that look for it and the worst ``status`` of them."""
    found: Dict[Tuple[str, str, str], Dict[str, Any]] = {}
    for record in records:
        key = (record["name"], record["type"], record["value"])
        same = found.setdefault(key, {**record, "regions": []})
        if record["region"] not in same["regions"]:
            same["regions"].append(record["region"])
        same["status"] = _worse(same["status"], record["status"])
    return list(found.values())


def _worse(one: Optional[str], other: Optional[str]) -> Optional[str]:
    known = [status for status in (one, other) if status is not None]
    return min(known, key=lambda status: _STATUSES.index(status) if status in _STATUSES else 0, default=None)
