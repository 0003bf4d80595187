# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many messages a second a host may send."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Mapping, Optional

if TYPE_CHECKING:
    from ansible_collections.cloudmail.ses.plugins.module_utils._relay.findings import Findings


def read_rate(found: Findings, given: Mapping[str, Any]) -> Optional[float]:
    """Return the messages a second of this host, None without a limit."""
    rate = _number(found, "ses_relay_rate", given.get("rate"))
    account_rate = _number(found, "ses_relay_account_rate", given.get("account_rate"))
    if rate and account_rate:
        found.add(
            "ses_relay_rate",
            "is this host's own, and ses_relay_account_rate is shared over the hosts of the play: with both, one of them would "
            "not hold. Leave one out.",
        )
    if not account_rate:
        return rate
    return account_rate / _sharing(found, given)


def _sharing(found: Findings, given: Mapping[str, Any]) -> int:
    """Return how many hosts share the rate of the account."""
    told, limit = given.get("account_rate_hosts"), given.get("limit")
    if told not in (None, ""):
        if isinstance(told, bool) or not str(told).isdigit() or not int(told):
            found.add("ses_relay_account_rate_hosts", f"{told!r} is not a number of hosts. Give 1 or more.")
            return 1
        return int(told)
    if limit:
        found.add(
            "ses_relay_account_rate",
            f"is shared by the hosts of the play, of which --limit {limit} may leave some out: the others would get more than "
            "their share. Set ses_relay_account_rate_hosts to how many hosts share it (the playbook cloudmail.ses.relay does so).",
        )
    return max(1, int(given.get("hosts") or 1))


def _number(found: Findings, variable: str, value: Any) -> Optional[float]:
    if value is None or value == "":
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (OverflowError, TypeError, ValueError):
        number = math.nan
    if not 0 < number < math.inf:
        shown = repr(value) if isinstance(value, (str, int, float)) else f"a {type(value).__name__}"
        found.add(
            variable,
            f"{shown} is not a number of messages a second above 0. Give one such as 5 or 0.5, or leave it out.",
        )
        return None
    return number
