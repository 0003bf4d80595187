# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a fleet as data: totals, failures grouped by their cause, hosts with failures first, latencies. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ansible_collections.cloudmail.ses.plugins.plugin_utils._report import checks, host, latency
from ansible_collections.cloudmail.ses.plugins.plugin_utils._report.account import Account

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Run:
    """What a run knows when the report is written. Times are in UTC, as ``2026-11-23T20:15:00Z``."""

    hosts: Sequence[host.Seen]
    account: Account = field(default_factory=lambda: Account({}, ()))
    made: str = ""
    check_mode: bool = False
    certificate_days: int = 14
    versions: Mapping[str, str] = field(default_factory=dict)


def report(run: Run) -> dict[str, Any]:
    """Return the report as data, which is also what stands in the JSON file."""
    hosts = [host.describe(seen, run.account, certificate_days=run.certificate_days) for seen in run.hosts]
    order = {name: index for index, name in enumerate(host.STATES)}
    # sorted() is stable: hosts of one state stay in the order of the inventory.
    hosts = sorted(hosts, key=lambda one: (order[one["state"]], not one["warning"]))
    return {
        "title": "Mail through Amazon SES",
        "made": run.made,
        "started": min((one["tested"] for one in hosts if one["tested"]), default=None),
        "check_mode": run.check_mode,
        "versions": dict(run.versions),
        "certificate_days": run.certificate_days,
        "totals": _totals(hosts),
        "checks": [{"name": name, "title": title, **_count(hosts, name)} for name, title in checks.CHECKS],
        "groups": _groups(hosts),
        "account": run.account.as_dict(),
        "latencies": latency.statistics(hosts),
        "hosts": hosts,
    }


def _totals(hosts: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    states = [one["state"] for one in hosts]
    return {"hosts": len(hosts), **{name: states.count(name) for name in host.STATES}, "warnings": _warnings(hosts)}


def _warnings(hosts: Sequence[Mapping[str, Any]]) -> int:
    return sum(1 for one in hosts if one["warning"])


def _count(hosts: Sequence[Mapping[str, Any]], name: str) -> dict[str, int]:
    states = [one["checks"][name]["state"] for one in hosts]
    return {state: states.count(state) for state in (checks.OK, checks.WARNING, checks.FAILED)}


def _groups(hosts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return each cause once, with the hosts that have it; what most hosts have comes first."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for one in hosts:
        for failure in one["failures"]:
            # A message may name its host; what is the same otherwise is one cause.
            key = tuple(_anonymous(failure[part], one["name"]) for part in ("kind", "cause", "fix"))
            group = found.setdefault(
                (key[0], key[1], key[2]), {**failure, "checks": [], "hosts": [], "others_said": 0, "_said": set()}
            )
            group["_said"].add(_anonymous(failure["said"], one["name"]))
            if one["name"] not in group["hosts"]:
                group["hosts"].append(one["name"])
            if failure["check"] and failure["check"] not in group["checks"]:
                group["checks"].append(failure["check"])
    for group in found.values():
        group["others_said"] = len(group.pop("_said")) - 1
        del group["check"]
    return sorted(found.values(), key=lambda group: -len(group["hosts"]))


def _anonymous(text: str, name: str) -> str:
    return text.replace(name, "HOST") if len(name) > 2 else text
