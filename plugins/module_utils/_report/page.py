# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as one HTML page that needs nothing else: no other file, no network, no script. Pure."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from ansible_collections.cloudmail.ses.plugins.module_utils._report import page_hosts, page_latency, terminal
from ansible_collections.cloudmail.ses.plugins.module_utils._report.markup import Markup, escape, join, tag
from ansible_collections.cloudmail.ses.plugins.module_utils._report.page_style import SCRIPT, STYLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Hosts of one cause that are shown at once; the others are behind a click.
_NAMES = 12
_RETRY = {
    "soon": "It may pass by itself within seconds.",
    "later": "It may pass by itself, but not soon.",
}


def page(report: Mapping[str, Any]) -> str:
    """Return the report's data as an HTML document."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy()),
        tag("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name_="robots", content="noindex"),
        tag("meta", name_="referrer", content="no-referrer"),
        tag("title", f"{report['title']}: {terminal.headline(report)}"),
        tag("style", Markup(STYLE)),
    )
    parts = [
        _causes(report["groups"]),
        page_hosts.table(report),
        page_latency.section(report),
        _account(report["account"]),
    ]
    body = tag("body", _header(report), tag("main", *parts), _footer(report), tag("script", Markup(SCRIPT)))
    return "<!DOCTYPE html>\n" + tag("html", head, body, lang="en") + "\n"


def _policy() -> str:
    """Nothing may be loaded, and of scripts and styles only our own run: what a server said is text even if we err."""
    style, script = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (STYLE, SCRIPT))
    return f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"


def _header(report: Mapping[str, Any]) -> Markup:
    totals = report["totals"]
    words = {"failed": "Failed", "unreachable": "Unreachable", "untested": "Not tested", "waiting": "To come"}
    tiles = [("", "Hosts", totals["hosts"]), ("ok" if totals["passed"] else "", "Passed", totals["passed"])]
    tiles += [
        ("failed" if name != "waiting" else "", word, totals[name]) for name, word in words.items() if totals[name]
    ]
    tiles += [("warning", "With warnings", totals["warnings"])] if totals["warnings"] else []
    shown = [tag("div", tag("dt", word), tag("dd", f"{count:,}"), class_=style or None) for style, word, count in tiles]
    note = "Check mode: nothing was sent, so identities and quotas are not proven." if report["check_mode"] else None
    return tag(
        "header",
        tag("h1", report["title"]),
        tag("p", terminal.headline(report), class_="outcome"),
        tag("p", note) if note else None,
        tag("dl", *shown, class_="tiles"),
        _facts(report),
    )


def _facts(report: Mapping[str, Any]) -> Markup:
    endpoints = sorted({f"{one['host']}:{one['port']}" for one in report["hosts"] if one["host"]})
    senders = sorted({one["sender"] for one in report["hosts"] if one["sender"]})
    facts = [
        ("Made", _time(report["made"])),
        ("Tested from", _time(report["started"])),
        ("Endpoint", terminal.names(endpoints, 5)),
        ("Sender", terminal.names(senders, 5)),
        ("With", ", ".join(f"{name} {version}" for name, version in report["versions"].items())),
    ]
    return tag("dl", *(join([tag("dt", name), tag("dd", value)]) for name, value in facts if value), class_="facts")


def _time(text: str | None) -> Markup | None:
    if not text:
        return None
    return tag("time", text.replace("T", " ").replace("Z", " UTC"), datetime=text)


def _causes(groups: Sequence[Mapping[str, Any]]) -> Markup | None:
    if not groups:
        return None
    return tag("section", tag("h2", "What is wrong, and what to do"), *(_cause(group) for group in groups))


def _cause(group: Mapping[str, Any]) -> Markup:
    ways = {"straight": "straight to SES", "through": "through the mail server"}
    said = group["said"] if group["said"] != group["cause"] else ""
    others = group["others_said"]
    rows = [
        ("Fix", group["fix"]),
        ("Said", join([tag("code", said), f" and {others:,} similar" if others > 0 else None]) if said else None),
        ("Where", " and ".join(ways[check] for check in group["checks"])),
        ("Retry", _RETRY.get(group["retry"])),
        ("Hosts", _names(group["hosts"])),
    ]
    count = len(group["hosts"])
    title = tag("h3", tag("span", f"{count:,} host{'' if count == 1 else 's'}", class_="badge"), group["cause"])
    shown = [join([tag("dt", name), tag("dd", value)]) for name, value in rows if value]
    return tag("article", title, tag("dl", *shown), class_="card cause")


def _names(hosts: Sequence[str]) -> Markup:
    if len(hosts) <= _NAMES:
        return escape(", ".join(hosts))
    rest = tag("details", tag("summary", f"and {len(hosts) - _NAMES:,} more"), ", ".join(hosts[_NAMES:]))
    return join([", ".join(hosts[:_NAMES]), rest])


def _account(account: Mapping[str, Any]) -> Markup:
    if not account["asked"]:
        told = (
            "AWS was not asked. That a message was accepted proves the sender's identity and that there was quota left. "
            "With ses_verify_account, the report also has what AWS says of them."
        )
        return tag("section", tag("h2", "Account"), tag("p", told, class_="soft"))
    problems = [tag("li", f"{one['message']} {one['fix']}".rstrip()) for one in account["problems"]]
    notes = [tag("li", note) for note in account["notes"]]
    return tag(
        "section",
        tag("h2", "Account"),
        _regions(account["regions"]) if account["regions"] else None,
        tag("div", tag("h3", "SES would refuse mail"), tag("ul", *problems), class_="card cause") if problems else None,
        tag("div", tag("h3", "Good to know"), tag("ul", *notes), class_="card") if notes else None,
    )


def _regions(regions: Sequence[Mapping[str, Any]]) -> Markup:
    titles = ("Region", "Account", "Sending", "Left of 24 hours", "Quota of 24 hours", "Recipients a second")
    rows = [
        tag(
            "tr",
            tag("th", one["region"], scope="row"),
            tag("td", "sandbox" if one["sandbox"] else "production"),
            tag(
                "td", "enabled" if one["sending_enabled"] else "paused", f" ({str(one['enforcement_status']).lower()})"
            ),
            *(_number(one[name]) for name in ("remaining_24_hour_send", "max_24_hour_send", "max_send_rate")),
        )
        for one in regions
    ]
    head = [tag("th", title, scope="col", class_="number" if index > 2 else None) for index, title in enumerate(titles)]
    table = tag(
        "table", tag("caption", "As AWS said during the run"), tag("thead", tag("tr", *head)), tag("tbody", *rows)
    )
    return tag("div", table, class_="scroll", tabindex="0", role="region", aria_label="Account by region")


def _number(value: Any) -> Markup:
    unlimited = value is None or value == -1
    text = "no limit" if unlimited else f"{value:,.0f}" if float(value).is_integer() else f"{value:,}"
    return tag("td", text, class_="number")


def _footer(report: Mapping[str, Any]) -> Markup:
    days = report["certificate_days"]
    return tag(
        "footer",
        tag(
            "p",
            "A message that SES accepted is not delivered yet: whether the recipient's server takes it, SES learns later. "
            f"A certificate that ends within {days} days is a warning. All times are in UTC.",
        ),
        tag("p", "Made by the role cloudmail.ses.ses_verify. The JSON file beside this page has the same and more."),
    )
