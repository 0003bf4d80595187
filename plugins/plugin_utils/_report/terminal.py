# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report in some lines for a terminal. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.cloudmail.ses.plugins.plugin_utils._report.checks import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A larger fleet is told by its totals and causes; the page has every host.
_ALL_HOSTS = 20
_NAMES = 10


def headline(report: Mapping[str, Any]) -> str:
    """Return the outcome in one sentence."""
    totals = report["totals"]
    what = "go as far as the envelope" if report["check_mode"] else "can send through Amazon SES"
    done = totals["hosts"] - totals["waiting"]
    text = f"{totals['passed']:,} of {_hosts(done)} {what}"
    if not totals["hosts"]:
        text = "No hosts were tested"
    words = {"failed": "failed", "unreachable": "could not be reached", "untested": "not tested"}
    bad = [f"{totals[name]:,} {word}" for name, word in words.items() if totals[name]]
    waiting = f"{totals['waiting']:,} still to come" if totals["waiting"] else ""
    rest = ", ".join(part for part in [*bad, waiting] if part)
    return f"{text}: {rest}." if rest else f"{text}."


def summary(report: Mapping[str, Any], path: str = "") -> list[str]:
    """Return the lines of the summary; ``path`` is where the page is, or empty."""
    lines = []
    if len(report["hosts"]) <= _ALL_HOSTS:
        for one in report["hosts"]:
            lines += _host(one, check_mode=report["check_mode"])
    for group in report["groups"]:
        lines += _group(group)
    account = report["account"]
    lines += [f"AWS: {problem['message']} {problem['fix']}".rstrip() for problem in account["problems"]]
    lines += [f"Note: {note}" for note in account["notes"]]
    lines.append(headline(report) + (" Check mode: nothing was sent." if report["check_mode"] else ""))
    return lines + ([f"Report: {path}"] if path else [])


def names(hosts: list[str], most: int = _NAMES) -> str:
    """Return the names of hosts, of many only the first ones."""
    more = len(hosts) - most
    return ", ".join(hosts[:most]) + (f" and {more:,} more" if more > 0 else "")


def _host(one: Mapping[str, Any], *, check_mode: bool) -> list[str]:
    states = {"failed": "FAILED", "unreachable": "UNREACHABLE", "untested": "not tested", "waiting": "not tested yet"}
    if one["state"] != "passed":
        failed = [check["text"] for check in one["checks"].values() if check["state"] == "failed"]
        return [f"{one['name']}: {states[one['state']]}" + (f" ({', '.join(dict.fromkeys(failed))})" if failed else "")]
    lines = [f"{one['name']}: ok" + (" (check mode: stopped after the envelope)" if check_mode else "")]
    tls = one["tls"] or {}
    certificate = one["checks"]["certificate"]["text"]
    lines.append(f"  {one['host']}:{one['port']}, {tls.get('version')}, certificate {certificate}")
    if one["message_id"]:
        lines.append(f"  straight: {one['message_id']} in {seconds(one['timings'].get('total'))}")
    through = one["through"]
    if through["message_id"]:
        taken = f"{through['message_id']} in {seconds(through['timings'].get('total'))}"
        lines.append(
            f"  {through['mta']}: {taken}" + (f" (queue ID {through['queue_id']})" if through["queue_id"] else "")
        )
    return lines


def _group(group: Mapping[str, Any]) -> list[str]:
    hosts = group["hosts"]
    lines = [f"{_hosts(len(hosts))}: {group['cause']}"]
    if group["said"] and group["said"] != group["cause"]:
        lines.append(f"  said: {group['said']}")
    if group["fix"]:
        lines.append(f"  fix: {group['fix']}")
    return [*lines, f"  on: {names(hosts)}"]


def _hosts(count: int) -> str:
    return f"{count:,} host" + ("" if count == 1 else "s")
