# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to change on an SES configuration set. Pure: no calls."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.configuration_set_settings import Settings
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.event_destination import Destination
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.tags import wanted_tags

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST_DESTINATIONS = 10
#: Stands for no reasons of the configuration set's own.
OF_THE_ACCOUNT = "account"
Destinations = Mapping[str, Destination]


@dataclass(frozen=True)
class Wanted:
    """What the user asked for; None leaves a setting as it is, an empty pool removes it."""

    name: str
    state: str = "present"
    tls_policy: Optional[str] = None
    dedicated_pool: Optional[str] = None
    reputation_metrics: Optional[bool] = None
    sending_enabled: Optional[bool] = None
    suppressed_reasons: Optional[Sequence[str]] = None
    event_destinations: Optional[Destinations] = None
    purge_event_destinations: bool = False
    tags: Optional[Mapping[str, Any]] = None
    purge_tags: bool = True


@dataclass(frozen=True)
class State:
    """A configuration set; ``destinations`` None means that nobody looked."""

    settings: Settings
    destinations: Optional[Destinations] = None

    def visible(self) -> Dict[str, Any]:
        """Return this as a module returns it."""
        shown = self.settings.visible()
        if self.destinations is not None:
            shown["event_destinations"] = [self.destinations[name] for name in sorted(self.destinations)]
        return shown


@dataclass(frozen=True)
class Plan:
    """The configuration set before and after; None stands for none."""

    before: Optional[State]
    after: Optional[State]

    @property
    def changed(self) -> bool:
        """Whether anything has to be done."""
        return self.before != self.after


def check_name(name: str) -> str:
    """Return the name of a configuration set. Raises PlanError for one that SES does not take."""
    if not _NAME.fullmatch(name):
        raise PlanError(
            f"{name!r} cannot be the name of a configuration set. Use at most 64 of A-Z, a-z, 0-9, _ and -."
        )
    return name


def plan(before: Optional[State], wanted: Wanted) -> Plan:
    """Return what turns ``before`` (None: no configuration set) into what is wanted."""
    if wanted.state == "absent":
        return Plan(before, None)
    start = before.settings if before else Settings()
    after = replace(start, tags=wanted_tags(start.tags, wanted.tags, purge=wanted.purge_tags))
    for setting in ("tls_policy", "dedicated_pool", "reputation_metrics", "sending_enabled"):
        value = getattr(wanted, setting)
        if value is not None:
            after = replace(after, **{setting: value})
    if wanted.suppressed_reasons is not None:
        after = replace(after, suppressed_reasons=_reasons(wanted.suppressed_reasons))
    return Plan(before, State(after, _destinations(before.destinations if before else {}, wanted)))


def _reasons(wanted: Sequence[str]) -> Optional[Tuple[str, ...]]:
    reasons = tuple(sorted(set(wanted)))
    if OF_THE_ACCOUNT not in reasons:
        return reasons
    if len(reasons) > 1:
        raise PlanError(
            f"suppressed_reasons has {', '.join(reasons)}. Give {OF_THE_ACCOUNT} alone for the reasons of the account, "
            "or the reasons that this configuration set shall have instead."
        )
    return None


def _destinations(before: Optional[Destinations], wanted: Wanted) -> Optional[Destinations]:
    if wanted.event_destinations is None:
        return before
    after = {**({} if wanted.purge_event_destinations else before or {}), **wanted.event_destinations}
    if len(after) > MOST_DESTINATIONS:
        raise PlanError(
            f"The configuration set {wanted.name} would have {len(after)} event destinations, and SES takes at most "
            f"{MOST_DESTINATIONS}: {', '.join(sorted(after))}. Leave some out, with purge_event_destinations if they are "
            "there already, or spread them over several configuration sets."
        )
    return after
