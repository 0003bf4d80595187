# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a fleet: order, totals, causes, numbers, and its forms."""

from __future__ import annotations

import json
import time
from html.parser import HTMLParser
from typing import Any

import fleets
import pytest
from ansible.release import __version__

from ansible_collections.cloudmail.ses.plugins.filter.verify_report import verify_report
from ansible_collections.cloudmail.ses.plugins.plugin_utils._report.latency import nice_ticks, percentile


def run(hosts: dict[str, Any], **options: Any) -> dict[str, Any]:
    active = [name for name in hosts if name not in fleets.lost()]
    return verify_report(hosts, list(hosts), active, made=fleets.MADE, **options)


def data_of(hosts: dict[str, Any], **options: Any) -> dict[str, Any]:
    [_page, data] = run(hosts, path="report.html", files=True, **options)["files"]
    assert data["path"] == "report.json"
    found: dict[str, Any] = json.loads(data["content"])
    return found


def page_of(hosts: dict[str, Any]) -> str:
    return str(run(hosts, path="report.html", files=True)["files"][0]["content"])


def test_totals_and_order() -> None:
    data = data_of(fleets.mixed())
    totals = {"hosts": 14, "failed": 8, "unreachable": 1, "untested": 1, "waiting": 1, "passed": 3, "warnings": 1}
    assert data["totals"] == totals
    states = [one["state"] for one in data["hosts"]]
    assert states == ["failed"] * 8 + ["unreachable", "untested", "waiting"] + ["passed"] * 3
    assert data["hosts"][-3]["name"] == "web3.example.com", "the certificate that ends soon before those that are well"


def test_data_are_json() -> None:
    data = data_of(fleets.mixed())
    assert data["made"] == fleets.MADE and data["started"] == fleets.ABOUT["tested"]
    assert data["versions"]["ansible-core"] == __version__ and data["versions"]["cloudmail.ses"]


def test_hosts_that_fail_the_same_way_are_one_cause() -> None:
    groups = data_of(fleets.large())["groups"]
    assert [(one["kind"], len(one["hosts"])) for one in groups] == [
        ("credentials", 26),
        ("unreachable", 17),
        ("not_tested", 1),
    ]
    # Every message named its host; that makes them no different.
    assert groups[1]["others_said"] == 0


def test_the_same_cause_both_ways_is_one_cause() -> None:
    groups = {one["kind"]: one for one in data_of(fleets.mixed())["groups"]}
    assert groups["not_verified"]["checks"] == ["straight", "through"]
    assert groups["not_verified"]["hosts"] == ["<b>bold</b>"]


def test_failures_are_told_for_each_host_that_has_one() -> None:
    told = run(fleets.mixed())["failures"]
    assert "web1.example.com" not in told and "next1.example.com" not in told
    assert "535 Authentication Credentials Invalid" in told["db1.example.com"]
    assert told["<b>bold</b>"].count("not verified") >= 2


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ({"a": fleets.good()}, "1 of 1 host can send through Amazon SES."),
        ({"a": fleets.good(), "b": {}}, "1 of 1 host can send through Amazon SES: 1 still to come."),
        ({}, "No hosts were tested."),
    ],
)
def test_outcome_in_a_sentence(hosts: dict[str, Any], expected: str) -> None:
    assert run(hosts)["summary"][-1] == expected


def test_summary_has_every_host_of_a_small_fleet() -> None:
    lines = run(fleets.mixed(), path="/srv/report.html")["summary"]
    assert lines[-1] == "Report: /srv/report.html"
    text = "\n".join(lines)
    assert all(f"{name}: " in text for name in fleets.mixed())
    assert "  postfix: 0102018f2a5b7c1d-aaaaaaaa" in text and "(queue ID 4WbX2k3Yz1z9s)" in text


def test_summary_of_a_large_fleet_is_short() -> None:
    lines = run(fleets.large())["summary"]
    assert len(lines) < 20
    assert "26 hosts: SES does not know this pair" in "\n".join(lines)
    assert any(line.endswith(" and 16 more") for line in lines)


def test_check_mode_is_said() -> None:
    stopped = fleets.variables(fleets.accepted(accepted=False, message_id=None, stage="envelope"))
    assert data_of({"web1": stopped}, check_mode=True)["totals"]["passed"] == 1
    found = run({"web1": stopped}, check_mode=True)
    assert found["files"] == [], "only where they are asked for"
    assert found["summary"][-1].endswith("Check mode: nothing was sent.")


class Reader(HTMLParser):
    """Collects elements, and texts outside of scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, Any]]] = []
        self.texts: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        if self._inside not in ("script", "style"):
            self.texts.append(data)


def test_page_loads_nothing_and_every_text_is_escaped() -> None:
    reader = Reader()
    reader.feed(page_of(fleets.mixed()))
    names = [name for name, _attributes in reader.elements]
    assert names.count("script") == 1 and not {"img", "b", "link", "iframe"} & set(names)
    loading = [(name, key) for name, found in reader.elements for key in found if key in ("src", "href", "onerror")]
    assert loading == []
    assert any("<script>document.title" in text for text in reader.texts)
    assert "\x07" not in "".join(reader.texts) and "\u202e" not in "".join(reader.texts)


def test_large_fleet_takes_no_time() -> None:
    began = time.process_time()
    page = page_of(fleets.large(500))
    assert time.process_time() - began < 3
    assert page.count("<tbody data-state") == 500


def test_nothing_of_a_host_that_is_no_host_is_an_error() -> None:
    from ansible.errors import AnsibleFilterError

    with pytest.raises(AnsibleFilterError, match="for the role ses_verify"):
        verify_report({}, ["a"])


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([1.0], 95, 1.0), ([1.0, 2.0], 50, 1.0), ([1.0, 2.0, 3.0], 50, 2.0), (list(range(1, 101)), 95, 95)],
)
def test_percentiles(values: list[float], percent: float, expected: float) -> None:
    assert percentile(values, percent) == expected


@pytest.mark.parametrize("most", [0.0007, 0.432, 1.0, 1.3, 9.99, 59.0, 300.0])
def test_ticks_reach_over_all_values_in_few_round_steps(most: float) -> None:
    ticks = nice_ticks(most)
    assert ticks[0] == 0 and ticks[-1] >= most * 0.999
    assert 3 <= len(ticks) <= 6
    assert nice_ticks(0) == [0.0, 1.0]
