# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plot of latencies, as SVG within the page: bars for some hosts, dots for many. Pure.

Positions across are in percent and text keeps its size, so one drawing is readable on a phone and on a wall.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ansible_collections.cloudmail.ses.plugins.module_utils._report import latency
from ansible_collections.cloudmail.ses.plugins.module_utils._report.checks import seconds
from ansible_collections.cloudmail.ses.plugins.module_utils._report.markup import Markup, join, tag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: With more hosts than these, bars would fill pages: then dots for all, and bars for the slowest ones.
_BARS, _SLOWEST = 30, 12
_BAR, _LANE = 36, 48


def section(report: Mapping[str, Any]) -> Markup | None:
    """Return the part of the page about latencies, None when nothing was measured."""
    hosts = [one for one in report["hosts"] if one["state"] == "passed" and latency.stages(one)]
    if not hosts:
        return None
    hosts.sort(key=lambda one: -sum(latency.stages(one).values()))
    many = len(hosts) > _BARS
    shown = hosts[:_SLOWEST] if many else hosts
    title = (
        f"The {len(shown)} slowest hosts, stage by stage"
        if many
        else "Straight to SES, stage by stage, the slowest first"
    )
    return tag(
        "section",
        tag("h2", "Latencies"),
        tag("div", tag("h3", f"All {len(hosts):,} hosts, a dot for each"), dots(report, hosts), class_="card")
        if many
        else None,
        tag("div", tag("h3", title), _legend(), bars(shown), class_="card"),
        _numbers(report["latencies"]),
    )


def bars(hosts: Sequence[Mapping[str, Any]]) -> Markup:
    """Return a stacked bar for each host, its stages in their order."""
    stages = [latency.stages(one) for one in hosts]
    ticks = latency.nice_ticks(max(sum(one.values()) for one in stages))
    height = len(hosts) * _BAR + 22
    parts = [_grid(tick, 100 * tick / ticks[-1], bottom=height - 18) for tick in ticks]
    for index, (one, taken) in enumerate(zip(hosts, stages)):
        parts += _bar(one["name"], taken, top=index * _BAR, scale=100 / ticks[-1])
    told = "; ".join(f"{one['name']} {seconds(sum(taken.values()))}" for one, taken in zip(hosts, stages))
    return _drawing(parts, height=height, title="Seconds for each host by stage", told=told)


def dots(report: Mapping[str, Any], hosts: Sequence[Mapping[str, Any]]) -> Markup:
    """Return a lane for each stage and way with a dot for each host, on a logarithmic axis."""
    lanes = report["latencies"]
    low = math.floor(math.log10(max(0.0001, min(lane["min"] for lane in lanes))))
    high = max(low + 1, math.ceil(math.log10(max(lane["max"] for lane in lanes) or 1)))
    height = len(lanes) * _LANE + 22

    def across(value: float) -> float:
        return 100 * (math.log10(max(value, 10.0**low)) - low) / (high - low)

    parts = [_grid(10.0**power, across(10.0**power), bottom=height - 18) for power in range(low, high + 1)]
    measured = [latency.durations(one) for one in hosts]
    for index, lane in enumerate(lanes):
        values = [one[lane["name"]] for one in measured if lane["name"] in one]
        parts += _lane(lane, [across(value) for value in values], top=index * _LANE, median=across(lane["median"]))
    told = "; ".join(
        f"{lane['title']}: median {seconds(lane['median'])}, at most {seconds(lane['max'])}" for lane in lanes
    )
    return _drawing(parts, height=height, title="Seconds of all hosts by stage, logarithmic", told=told)


def _bar(name: str, taken: Mapping[str, float], *, top: int, scale: float) -> list[Markup]:
    parts = [
        tag("text", _short(name), x="0", y=top + 13),
        tag("text", seconds(sum(taken.values())), x="100%", y=top + 13, text_anchor="end", class_="soft"),
    ]
    left = 0.0
    for stage, title in latency.STAGES:
        if stage not in taken:
            continue
        width = taken[stage] * scale
        parts.append(
            tag(
                "rect",
                tag("title", f"{name}, {title}: {seconds(taken[stage])}"),
                x=f"{left:.3f}%",
                y=top + 18,
                width=f"{width:.3f}%",
                height=12,
                class_=f"f-{stage}",
            )
        )
        left += width
    return parts


def _lane(lane: Mapping[str, Any], positions: Sequence[float], *, top: int, median: float) -> list[Markup]:
    said = f"median {seconds(lane['median'])}"
    parts = [
        tag("text", lane["title"], x="0", y=top + 13),
        tag("text", said, x="100%", y=top + 13, text_anchor="end", class_="soft"),
    ]
    # Dots that would cover each other go into rows; what then still falls together is drawn once.
    drawn = {(round(position * 4) / 4, index % 5) for index, position in enumerate(positions)}
    for position, row in sorted(drawn):
        parts.append(tag("circle", cx=f"{position:g}%", cy=top + 21 + row * 4, r="2.5", class_=f"f-{lane['name']}"))
    parts.append(tag("line", x1=f"{median:.2f}%", x2=f"{median:.2f}%", y1=top + 17, y2=top + 42, class_="median"))
    return parts


def _grid(value: float, position: float, *, bottom: int) -> Markup:
    anchor = "start" if position < 5 else "end" if position > 95 else "middle"
    return join(
        [
            tag("line", x1=f"{position:.2f}%", x2=f"{position:.2f}%", y1=0, y2=bottom),
            tag("text", _tick(value), x=f"{position:.2f}%", y=bottom + 14, text_anchor=anchor, class_="soft"),
        ]
    )


def _tick(value: float) -> str:
    return "0" if value == 0 else f"{value * 1000:g} ms" if value < 1 else f"{value:g} s"


def _drawing(parts: Sequence[Markup], *, height: int, title: str, told: str) -> Markup:
    return tag(
        "svg", tag("title", title), tag("desc", told), *parts, width="100%", height=height, role="img", aria_label=title
    )


def _legend() -> Markup:
    square = tag("rect", width="11", height="11")
    items = [
        tag(
            "li",
            tag("svg", Markup(square.replace("<rect", f'<rect class="f-{stage}"')), width="11", height="11"),
            title,
        )
        for stage, title in latency.STAGES
    ]
    return tag("ul", *items, class_="legend")


def _numbers(rows: Sequence[Mapping[str, Any]]) -> Markup:
    columns = (("min", "Least"), ("median", "Median"), ("p95", "95% within"), ("max", "Most"))
    head = [tag("th", title, scope="col", class_="number") for title in ("Hosts", *(title for _name, title in columns))]
    body = [
        tag(
            "tr",
            tag("th", row["title"], scope="row"),
            tag("td", f"{row['hosts']:,}", class_="number"),
            *(tag("td", seconds(row[name]), class_="number") for name, _title in columns),
        )
        for row in rows
    ]
    table = tag(
        "table",
        tag("caption", "Of the hosts that passed. The way through the mail server includes its queue."),
        tag("thead", tag("tr", tag("th", "Stage", scope="col"), *head)),
        tag("tbody", *body),
    )
    return tag("div", table, class_="scroll", tabindex="0", role="region", aria_label="Latencies in numbers")


def _short(name: str, most: int = 34) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"
