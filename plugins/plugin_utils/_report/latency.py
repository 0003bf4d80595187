# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long the stages took: numbers over a fleet. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: The stages of a dialogue in their order, with titles; ``connect`` includes ``dns`` as the module counts it.
STAGES = (
    ("dns", "Name look-up"),
    ("connect", "Connection and greeting"),
    ("tls", "TLS"),
    ("auth", "Login"),
    ("envelope", "Sender and recipients"),
    ("send", "Message"),
)
#: Whole ways
WAYS = (("straight", "Straight to SES"), ("through", "Through the mail server"))


def stages(host: Mapping[str, Any]) -> dict[str, float]:
    """Return the seconds of each stage that a host passed, none of them counted twice."""
    timings = host["timings"]
    found = {name: float(timings[name]) for name, _title in STAGES if isinstance(timings.get(name), (int, float))}
    if "dns" in found and "connect" in found:
        found["connect"] = max(0.0, found["connect"] - found["dns"])
    return found


def durations(host: Mapping[str, Any]) -> dict[str, float]:
    """Return the seconds of each stage and of the ways on which SES accepted a message."""
    found = stages(host)
    ways = {
        "straight": (host["message_id"], host["timings"]),
        "through": (host["through"]["message_id"], host["through"]["timings"]),
    }
    for name, (accepted, timings) in ways.items():
        if accepted and isinstance(timings.get("total"), (int, float)):
            found[name] = float(timings["total"])
    return found


def statistics(hosts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return for each stage and way how many hosts have it, and the least, median, 95th percentile and most seconds.

    Only hosts that passed count: how long a failed stage took is its time-out, not the network's speed.
    """
    measured = [durations(one) for one in hosts if one["state"] == "passed"]
    rows = []
    for name, title in STAGES + WAYS:
        values = sorted(one[name] for one in measured if name in one)
        if values:
            rows.append(
                {
                    "name": name,
                    "title": title,
                    "hosts": len(values),
                    "min": values[0],
                    "median": percentile(values, 50),
                    "p95": percentile(values, 95),
                    "max": values[-1],
                }
            )
    return rows


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile of values in ascending order."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def nice_ticks(most: float, *, count: int = 4) -> list[float]:
    """Return round values from 0 to at least ``most`` for a linear axis, about ``count`` steps."""
    if most <= 0:
        return [0.0, 1.0]
    raw = most / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    return [round(step * index, 10) for index in range(math.ceil(most / step * 0.999) + 1)]
