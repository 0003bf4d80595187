# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One host in the report: its checks, and why it cannot send. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.endpoint import region_of_host
from ansible_collections.cloudmail.ses.plugins.plugin_utils._report import checks
from ansible_collections.cloudmail.ses.plugins.plugin_utils._report.checks import Check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ansible_collections.cloudmail.ses.plugins.plugin_utils._report.account import Account

#: In the order in which they stand in the report
STATES = ("failed", "unreachable", "untested", "waiting", "passed")
#: Lines of a dialogue that are enough to see where it ended
_LINES = 40


@dataclass(frozen=True)
class Seen:
    """What the run knows of a host. ``active`` is false when it failed or was lost before it could be tested."""

    name: str
    about: Mapping[str, Any] = field(default_factory=dict)
    straight: Mapping[str, Any] = field(default_factory=dict)
    through: Mapping[str, Any] = field(default_factory=dict)
    active: bool = True


@dataclass(frozen=True)
class Failure:
    """Why a host cannot send. ``check`` is straight, through, or empty for a host that could not be tested."""

    check: str
    kind: str
    said: str
    cause: str
    fix: str
    retry: str = "never"


def failures(seen: Seen) -> list[Failure]:
    """Return why a host cannot send; nothing for one that can, and for one that was not tested yet."""
    if seen.straight.get("unreachable") or seen.through.get("unreachable"):
        said = str((seen.straight if seen.straight.get("unreachable") else seen.through).get("msg") or "")
        return [_unreachable(said)]
    if not seen.straight:
        return [] if seen.active else [_UNTESTED]
    tests = (("straight", seen.straight), ("through", seen.through))
    return [_failure(check, result) for check, result in tests if _failed(result)]


def state(seen: Seen) -> str:
    """Return one of STATES."""
    found = failures(seen)
    if not found:
        return "passed" if seen.straight else "waiting"
    return found[0].kind if found[0].kind in ("unreachable", "untested") else "failed"


def describe(seen: Seen, account: Account, *, certificate_days: int) -> dict[str, Any]:
    """Return a host as the report's data."""
    found = failures(seen)
    cells = _cells(seen, account, certificate_days=certificate_days)
    return {
        "name": seen.name,
        "state": state(seen),
        "warning": any(cell.state == checks.WARNING for cell in cells.values()),
        "host": _endpoint(seen),
        "port": seen.straight.get("port") or seen.about.get("port"),
        "region": _region(seen),
        "sender": seen.about.get("sender") or None,
        "tested": seen.about.get("tested") or None,
        "checks": {name: cells[name].as_dict() for name, _title in checks.CHECKS},
        "failures": [vars(one) for one in found],
        "timings": dict(seen.straight.get("timings") or {}),
        "tls": dict(seen.straight.get("tls") or {}) or None,
        "message_id": seen.straight.get("message_id"),
        "through": {
            "mta": seen.through.get("mta"),
            "queue_id": seen.through.get("queue_id"),
            "message_id": seen.through.get("message_id"),
            "timings": dict(seen.through.get("timings") or {}),
        },
        # What was said matters where it went wrong; for hundreds of good hosts it would only be long.
        "transcript": _transcript(seen, found),
    }


def explain(failure: Failure) -> str:
    """Return a failure in one text: what was said, the cause, and the next step."""
    where = {"straight": "Straight to SES: ", "through": "Through the mail server: "}.get(failure.check, "")
    cause = "" if failure.cause == failure.said else f"Cause: {failure.cause}" if failure.said else failure.cause
    fix = f"Fix: {failure.fix}" if failure.fix else ""
    return where + " ".join(part for part in (_sentence(failure.said), cause, fix) if part)


_UNTESTED = Failure(
    "",
    "untested",
    "",
    "Nothing was tested: the run lost this host before, see its error further up.",
    "Correct that, then run it again for this host (--limit).",
)


def _unreachable(said: str) -> Failure:
    return Failure(
        "",
        "unreachable",
        said,
        "Ansible could not log in to the host, so nothing was tested.",
        "Check the host's address, the user and the key in the inventory, and that it is up: ansible -m ping HOST.",
    )


def _failed(result: Mapping[str, Any]) -> bool:
    if not result or result.get("skipped"):
        return False
    # A module that ended before its first stage has a message alone.
    return bool(result.get("failed") or result.get("diagnosis") or not result.get("stage"))


def _failure(check: str, result: Mapping[str, Any]) -> Failure:
    diagnosis = result.get("diagnosis") or {}
    said = str(result.get("msg") or "no reason given")
    if not diagnosis:
        return Failure(check, "not_tested", said, said, "")
    return Failure(
        check,
        str(diagnosis.get("kind") or "unknown"),
        str(diagnosis.get("reply") or result.get("reply") or said),
        str(diagnosis.get("cause") or ""),
        str(diagnosis.get("fix") or ""),
        str(diagnosis.get("retry") or "never"),
    )


def _cells(seen: Seen, account: Account, *, certificate_days: int) -> dict[str, Check]:
    if not seen.straight or seen.straight.get("unreachable"):
        text = "not yet" if state(seen) == "waiting" else "not tested"
        return {name: Check(checks.NONE, text) for name, _title in checks.CHECKS}
    cells = checks.checks_of_straight(seen.straight, certificate_days=certificate_days)
    cells["through"] = checks.check_of_through(seen.through)
    region, sender = _region(seen), str(seen.about.get("sender") or "")
    for name, told in (("identity", account.identity(sender, region)), ("quota", account.quota(region))):
        # SES's answer to this very message counts more than what AWS says of the account.
        if cells[name].state == checks.NONE:
            accepted = bool(seen.straight.get("accepted"))
            cells[name] = Check(checks.WARNING, told.text) if accepted and told.state == checks.FAILED else told
    return cells


def _endpoint(seen: Seen) -> str | None:
    return seen.straight.get("host") or seen.about.get("host") or None


def _region(seen: Seen) -> str:
    return str(seen.about.get("region") or region_of_host(_endpoint(seen) or "") or "")


def _transcript(seen: Seen, found: list[Failure]) -> dict[str, list[str]]:
    tests = {"straight": seen.straight, "through": seen.through}
    return {one.check: list(tests[one.check].get("transcript") or ())[-_LINES:] for one in found if one.check in tests}


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if not text or text.endswith((".", "!", "?")) else text + "."
