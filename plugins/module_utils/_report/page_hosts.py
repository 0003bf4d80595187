# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report's table: hosts by checks, failures first. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ansible_collections.cloudmail.ses.plugins.module_utils._report.markup import Markup, join, tag

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Seen and, in words for those who hear the page, said: never a colour alone.
_MARKS = {
    "ok": ("✓", "ok"),
    "warning": ("!", "warning"),
    "failed": ("✗", "failed"),
    "stopped": ("◐", "stopped"),
    "none": ("·", "no result"),
}
#: A space at which no line ends; a number and its unit stay together.
_FIRM = "\xa0"
_UNIT = re.compile(r"(?<=[0-9]) (?=m?s\b)")
_STATES = {
    "failed": "cannot send",
    "unreachable": "could not be reached",
    "untested": "not tested",
    "waiting": "not tested yet",
}


def table(report: Mapping[str, Any]) -> Markup:
    """Return the table of all hosts."""
    checks = report["checks"]
    head = tag("tr", tag("th", "Host", scope="col"), *(tag("th", _title(check), scope="col") for check in checks))
    # Which endpoint it was matters in a row where rows differ in it.
    several = len({(one["host"], one["port"]) for one in report["hosts"] if one["host"]}) > 1
    bodies = [_host(one, checks, endpoint=several) for one in report["hosts"]]
    return tag(
        "section",
        tag("h2", "Hosts", id="hosts"),
        tag("div", id="tools", class_="tools"),
        tag(
            "div",
            tag("table", tag("caption", _caption(report)), tag("thead", head), *bodies, class_="hosts"),
            # A region that scrolls must be reachable by keyboard.
            class_="scroll",
            tabindex="0",
            role="region",
            aria_labelledby="hosts",
        ),
    )


def _caption(report: Mapping[str, Any]) -> str:
    text = "What went wrong comes first. A test ends at the first thing that fails, so what would come after is not reached."
    if report["check_mode"]:
        text += " Check mode: the dialogue was reset after the envelope, nothing was sent."
    return text


def _title(check: Mapping[str, Any]) -> Markup:
    failed = check["failed"]
    return join([check["title"], tag("span", f"{failed:,} failed", class_="state") if failed else None])


def _host(one: Mapping[str, Any], checks: list[Mapping[str, Any]], *, endpoint: bool) -> Markup:
    state = _STATES.get(one["state"])
    where = f"{one['host']}:{one['port']}" if endpoint and one["host"] else None
    name = tag(
        "th",
        one["name"],
        tag("span", state, class_="state") if state else None,
        tag("span", where, class_="state") if where else None,
        scope="row",
    )
    cells = [_cell(check, one) for check in checks]
    more = _more(one)
    row = tag("tr", tag("td", more, colspan=len(checks) + 1), class_="more") if more else None
    shown = "warning" if one["state"] == "passed" and one["warning"] else one["state"]
    return tag("tbody", tag("tr", name, *cells), row, data_state=shown)


def _cell(check: Mapping[str, Any], one: Mapping[str, Any]) -> Markup:
    found = one["checks"][check["name"]]
    mark, word = _MARKS[found["state"]]
    # The mark is for the eye; the word takes its place for the ear.
    told = [
        tag("span", mark, class_="mark", aria_hidden="true"),
        _FIRM,
        None if found["state"] == "ok" else tag("span", f"{word}: ", class_="away"),
        _UNIT.sub(_FIRM, found["text"]),
    ]
    ids = {"straight": one["message_id"], "through": one["through"]["message_id"]}
    return tag(
        "td",
        tag("span", join(told)),
        class_=f"c-{found['state']}",
        data_title=check["title"],
        title=ids.get(check["name"]) or None,
    )


def _more(one: Mapping[str, Any]) -> Markup | None:
    dialogues = [(check, lines) for check, lines in one["transcript"].items() if lines]
    if not one["failures"] or not (dialogues or one["state"] == "failed"):
        return None
    titles = {"straight": "Straight to SES", "through": "Through the mail server"}
    told = [tag("p", titles.get(failure["check"], "Test"), ": ", failure["said"]) for failure in one["failures"]]
    shown = [join([tag("p", titles[check]), tag("pre", "\n".join(lines))]) for check, lines in dialogues]
    return tag(
        "details", tag("summary", "What was said", tag("span", f" on {one['name']}", class_="away")), *told, *shown
    )
