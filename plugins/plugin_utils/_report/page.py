# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as one HTML page: report.html.j2 with its style sheet and script, which are read from beside this file."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from ansible_collections.cloudmail.ses.plugins.plugin_utils._report import latency, plot, terminal
from ansible_collections.cloudmail.ses.plugins.plugin_utils._report.checks import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

_HERE = Path(__file__).resolve().parent
#: Control characters have no place in HTML, and those that turn the direction of writing would show a text as another
#: one; a reply may hold any of them.
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_UNIT = re.compile(r"(?<=[0-9]) (?=m?s\b)")


def page(report: Mapping[str, Any]) -> str:
    """Return the report's data as an HTML document."""
    style, script = _read("report.css"), _read("report.js")
    hosts = plot.measured(report["hosts"])
    return (
        _environment()
        .from_string(_read("report.html.j2"))
        .render(
            report=report,
            headline=terminal.headline(report),
            endpoints=sorted({f"{one['host']}:{one['port']}" for one in report["hosts"] if one["host"]}),
            senders=sorted({one["sender"] for one in report["hosts"] if one["sender"]}),
            measured=len(hosts),
            bars=plot.bars(hosts) if hosts else None,
            dots=plot.dots(hosts, report["latencies"]) if len(hosts) > plot.BARS else None,
            stages=latency.STAGES,
            style=style,
            script=script,
            # Nothing may be loaded, and of scripts and styles only ours run: what a server said is text even if we err.
            policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'",
        )
    )


def printable(value: Any) -> Any:
    """Return what is put into the page: text without the characters that it must not hold, and markup as it is."""
    return value if isinstance(value, Markup) else _CONTROL.sub("\ufffd", str(value))


def number(value: float) -> str:
    """Return a number for people: ``48,766``."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,}"


def _environment() -> Environment:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=printable, trim_blocks=True, keep_trailing_newline=True
    )
    environment.filters.update(
        number=number,
        seconds=seconds,
        some=lambda names: terminal.names(names, 5),
        # No line ends between a number and its unit.
        firm=lambda text: _UNIT.sub("\xa0", text),
        extract=lambda key, values: values[key],
    )
    return environment


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
