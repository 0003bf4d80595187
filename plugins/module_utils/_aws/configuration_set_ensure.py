# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read an SES configuration set, and bring it into the wanted state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Dict, Mapping, Optional, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.arn import Arns
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.configuration_set import ConfigurationSets
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.configuration_set_plan import (
    Destinations,
    Plan,
    State,
    Wanted,
    plan,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.configuration_set_settings import (
    Settings,
    delivery_options,
    settings_of,
    suppression_options,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.event_destination_api import EventDestinations
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.tags import tag_change

Answer = Optional[Dict[str, Any]]


@dataclass(frozen=True)
class Api:
    """The calls about one configuration set in one region."""

    sets: ConfigurationSets
    destinations: EventDestinations

    @property
    def region(self) -> str:
        """The region of the calls."""
        return self.sets.region


def open_api(client: Any, name: str) -> Api:
    """Return the calls about the configuration set ``name`` through ``client``."""
    return Api(ConfigurationSets(client), EventDestinations(client, name))


def shown(name: str, region: str, state: Optional[State]) -> Dict[str, Any]:
    """Return a configuration set (None: there is none) as a module returns it."""
    return {"name": name, "region": region, "exists": state is not None, **(state.visible() if state else {})}


def read(api: Api, name: str, *, destinations: bool) -> Tuple[Answer, Optional[State]]:
    """Return GetConfigurationSet's answer and the state in it; event destinations take a second call."""
    answer = api.sets.get(name)
    if answer is None:
        return None, None
    return answer, State(settings_of(answer), api.destinations.all() if destinations else None)


def ensure_configuration_set(api: Api, wanted: Wanted, *, arns: Arns, check_mode: bool) -> Plan:
    """Return the plan that was carried out (that would be, in check mode)."""
    look = wanted.event_destinations is not None
    answer, before = read(api, wanted.name, destinations=look)
    todo = plan(before, wanted)
    if not todo.changed or check_mode:
        return todo
    if todo.after is None:
        api.sets.delete(wanted.name)
    elif before is not None:
        _change(api, wanted.name, answer or {}, before=before, after=todo.after, arns=arns)
    elif api.sets.create(wanted.name, todo.after.settings):
        _publish(api.destinations, {}, todo.after.destinations or {})
    else:
        _adopt(api, wanted, arns)
    return todo


def _adopt(api: Api, wanted: Wanted, arns: Arns) -> None:
    # It appeared between reading and creating: another run, or a first attempt whose answer was lost.
    answer, found = read(api, wanted.name, destinations=wanted.event_destinations is not None)
    if answer is None or found is None:
        raise SesError(
            f"The configuration set {wanted.name} in {api.region} was made and deleted by somebody while this task "
            "ran. Run again."
        )
    after = plan(found, wanted).after
    if after is not None:
        _change(api, wanted.name, answer, before=found, after=after, arns=arns)


def _change(api: Api, name: str, answer: Mapping[str, Any], *, before: State, after: State, arns: Arns) -> None:
    _set(api.sets, name, answer, before=before.settings, after=after.settings)
    tags = tag_change(before.settings.tags, after.settings.tags)
    if tags:
        api.sets.tag(name, tags, arn=arns.of(f"configuration-set/{name}", api.region))
    _publish(api.destinations, before.destinations or {}, after.destinations or {})


def _set(sets: ConfigurationSets, name: str, answer: Mapping[str, Any], *, before: Settings, after: Settings) -> None:
    if replace(before, tls_policy=after.tls_policy, dedicated_pool=after.dedicated_pool) != before:
        sets.set_delivery(name, delivery_options(after, answer.get("DeliveryOptions") or {}))
    if before.reputation_metrics != after.reputation_metrics:
        sets.set_reputation_metrics(name, after.reputation_metrics)
    if before.suppressed_reasons != after.suppressed_reasons:
        sets.set_suppression(name, suppression_options(after, answer.get("SuppressionOptions") or {}))
    if before.sending_enabled != after.sending_enabled:
        sets.set_sending(name, after.sending_enabled)


def _publish(api: EventDestinations, before: Destinations, after: Destinations) -> None:
    # Those to go go first: a set takes ten.
    for name in sorted(set(before) - set(after)):
        api.delete(name)
    for name in sorted(after):
        if name not in before:
            api.create(after[name])
        elif before[name] != after[name]:
            api.update(after[name])
