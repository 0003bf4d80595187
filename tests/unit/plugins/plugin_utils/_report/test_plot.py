# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The geometry of the plots, and what the page's template makes of texts."""

from __future__ import annotations

from typing import Any

import pytest
from markupsafe import Markup

from ansible_collections.cloudmail.ses.plugins.plugin_utils._report import latency, plot
from ansible_collections.cloudmail.ses.plugins.plugin_utils._report.page import number, printable


def host(name: str, *, state: str = "passed", **timings: float) -> dict[str, Any]:
    through = {"message_id": None, "timings": {}}
    return {"name": name, "state": state, "message_id": "id", "timings": timings, "through": through}


def test_bars_are_stacked_and_fill_what_their_value_says() -> None:
    hosts = plot.measured([host("fast", dns=0.1, connect=0.2), host("slow", dns=0.2, connect=0.6, tls=0.4)])
    drawn = plot.bars(hosts)
    assert [row.title for row in drawn.rows] == ["slow", "fast"]
    assert [tick.text for tick in drawn.ticks] == ["0", "500 ms", "1 s"]
    # The connection includes the look-up, which is not drawn twice.
    assert [(part.stage, part.left, part.width) for part in drawn.rows[0].parts] == [
        ("dns", 0.0, 20.0),
        ("connect", 20.0, 40.0),
        ("tls", 60.0, 40.0),
    ]
    assert drawn.rows[1].value == "200 ms" and drawn.rows[1].top == drawn.height - plot.bars(hosts[:1]).height


def test_only_hosts_that_passed_are_drawn_and_of_many_the_slowest() -> None:
    hosts = [host(f"web{number}", connect=number / 10) for number in range(1, 40)]
    hosts.append(host("broken", state="failed", connect=60.0))
    found = plot.measured(hosts)
    assert len(found) == 39
    rows = plot.bars(found).rows
    assert len(rows) == plot.SLOWEST and rows[0].title == "web39"


def test_dots_stand_on_a_logarithmic_axis() -> None:
    hosts = plot.measured([host("a", connect=0.01, total=0.01), host("b", connect=0.1), host("c", connect=1.0)])
    [lane, *_rest] = plot.dots(hosts, latency.statistics(hosts)).rows
    assert lane.name == "connect"
    assert [across for across, _down in lane.dots] == [0.0, 50.0, 100.0]
    assert lane.median == 50.0


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a\x00\u202eb", "a\ufffd\ufffdb"), ("a\nb\tc", "a\nb\tc"), (3, "3"), (Markup("<br>"), Markup("<br>"))],
)
def test_what_may_stand_in_the_page(value: Any, expected: str) -> None:
    assert printable(value) == expected
    assert isinstance(printable(value), Markup) is isinstance(value, Markup)


@pytest.mark.parametrize(("value", "text"), [(48766.0, "48,766"), (14, "14"), (0.5, "0.5")])
def test_numbers_for_people(value: float, text: str) -> None:
    assert number(value) == text
