# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plots of latencies as numbers, which the page draws: bars for some hosts, dots for many. Pure.

What is across is in percent of the width, what is down in pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.cloudmail.ses.plugins.plugin_utils._report import latency
from ansible_collections.cloudmail.ses.plugins.plugin_utils._report.checks import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: With more hosts than these, bars would fill pages: then dots for all, and bars for the slowest ones.
BARS, SLOWEST = 30, 12
_BAR, _LANE, _AXIS = 36, 48, 22


@dataclass(frozen=True)
class Tick:
    """A line of the grid with its value."""

    at: float
    anchor: str
    text: str


@dataclass(frozen=True)
class Part:
    """A stage in a bar, and what it says when it is pointed at."""

    stage: str
    left: float
    width: float
    told: str


@dataclass(frozen=True)
class Row:
    """A host with its bar of parts, or a stage with a dot for each host and a line at their median."""

    name: str
    title: str
    value: str
    top: int
    parts: Sequence[Part] = ()
    dots: Sequence[tuple[float, int]] = ()
    median: float | None = None


@dataclass(frozen=True)
class Plot:
    """A drawing; ``told`` says it to those who do not see it."""

    title: str
    told: str
    height: int
    ticks: Sequence[Tick]
    rows: Sequence[Row]


def measured(hosts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the hosts that passed and have times, the slowest first."""
    found = [one for one in hosts if one["state"] == "passed" and latency.stages(one)]
    return sorted(found, key=lambda one: -sum(latency.stages(one).values()))


def bars(hosts: Sequence[Mapping[str, Any]]) -> Plot:
    """Return a bar of stages for each of ``measured``; of many, for the slowest ones."""
    shown = hosts[:SLOWEST] if len(hosts) > BARS else hosts
    stages = [latency.stages(one) for one in shown]
    ticks = latency.nice_ticks(max(sum(taken.values()) for taken in stages))
    rows = [
        Row(
            name=one["name"],
            title=_short(one["name"]),
            value=seconds(sum(taken.values())),
            top=index * _BAR,
            parts=_parts(one["name"], taken, scale=100 / ticks[-1]),
        )
        for index, (one, taken) in enumerate(zip(shown, stages))
    ]
    return Plot(
        title="Seconds for each host by stage",
        told="; ".join(f"{row.name} {row.value}" for row in rows),
        height=len(rows) * _BAR + _AXIS,
        ticks=[_tick(value, 100 * value / ticks[-1]) for value in ticks],
        rows=rows,
    )


def dots(hosts: Sequence[Mapping[str, Any]], lanes: Sequence[Mapping[str, Any]]) -> Plot:
    """Return a lane for each of latency.statistics() with a dot for each of ``measured``, on a logarithmic axis."""
    low = math.floor(math.log10(max(0.0001, min(lane["min"] for lane in lanes))))
    high = max(low + 1, math.ceil(math.log10(max(lane["max"] for lane in lanes) or 1)))

    def across(value: float) -> float:
        return 100 * (math.log10(max(value, 10.0**low)) - low) / (high - low)

    durations = [latency.durations(one) for one in hosts]
    rows = [_lane(lane, durations, across, top=index * _LANE) for index, lane in enumerate(lanes)]
    return Plot(
        title="Seconds of all hosts by stage, logarithmic",
        told="; ".join(
            f"{lane['title']}: median {seconds(lane['median'])}, at most {seconds(lane['max'])}" for lane in lanes
        ),
        height=len(rows) * _LANE + _AXIS,
        ticks=[_tick(10.0**power, across(10.0**power)) for power in range(low, high + 1)],
        rows=rows,
    )


def _parts(name: str, taken: Mapping[str, float], *, scale: float) -> list[Part]:
    parts, left = [], 0.0
    for stage, title in latency.STAGES:
        if stage in taken:
            width = taken[stage] * scale
            parts.append(Part(stage, round(left, 3), round(width, 3), f"{name}, {title}: {seconds(taken[stage])}"))
            left += width
    return parts


def _lane(
    lane: Mapping[str, Any], durations: Sequence[Mapping[str, float]], across: Callable[[float], float], *, top: int
) -> Row:
    positions = [across(one[lane["name"]]) for one in durations if lane["name"] in one]
    # Dots that would cover each other go into rows; what then still falls together is drawn once.
    drawn = {(round(position * 4) / 4, top + 21 + index % 5 * 4) for index, position in enumerate(positions)}
    return Row(
        name=lane["name"],
        title=lane["title"],
        value=f"median {seconds(lane['median'])}",
        top=top,
        dots=sorted(drawn),
        median=round(across(lane["median"]), 2),
    )


def _tick(value: float, position: float) -> Tick:
    anchor = "start" if position < 5 else "end" if position > 95 else "middle"
    text = "0" if value == 0 else f"{value * 1000:g} ms" if value < 1 else f"{value:g} s"
    return Tick(round(position, 2), anchor, text)


def _short(name: str, most: int = 34) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"
