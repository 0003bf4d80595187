# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SES v2 operations on configuration sets. The sets themselves live in moto's state."""

from __future__ import annotations

import re
from typing import Any

from moto.ses.models import ConfigurationSet

from ses_simulator import identities
from ses_simulator.operations import Params, operation
from ses_simulator.pages import page_of
from ses_simulator.services import ServiceError, bad_request, not_found
from ses_simulator.simulation import Simulation
from ses_simulator.tag_operations import add_tags, check_tags, forget_tags, tags_of

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
# A response member, and the attribute of moto's configuration set that holds it.
_OPTIONS = {
    "TrackingOptions": "tracking_options",
    "DeliveryOptions": "delivery_options",
    "ReputationOptions": "reputation_options",
    "SendingOptions": "enabled",
    "SuppressionOptions": "suppression_options",
    "VdmOptions": "vdm_options",
}
_DEFAULTS: dict[str, dict[str, Any]] = {
    "SendingOptions": {"SendingEnabled": True},
    "ReputationOptions": {"ReputationMetricsEnabled": False},
    "DeliveryOptions": {"TlsPolicy": "OPTIONAL"},
}


# Pools that every account has.
_BUILT_IN_POOLS = ("ses-shared-pool", "ses-default-dedicated-pool")
_PAGE_SIZE = 1000


def existing(region: str, name: str) -> ConfigurationSet:
    """Return a configuration set of a region; raise NotFoundException when there is none of that name."""
    found = identities.backend(region).config_sets.get(name)
    if found is None:
        raise not_found(f"Configuration set <{name}> does not exist.")
    return found


@operation("CreateConfigurationSet")
def create_configuration_set(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Make a configuration set."""
    name = str(params["ConfigurationSetName"])
    if not _NAME.fullmatch(name):
        raise bad_request(f"Configuration set name <{name}> may have at most 64 of A-Z, a-z, 0-9, _ and -.")
    sets = identities.backend(region).config_sets
    if name in sets:
        raise ServiceError("AlreadyExistsException", f"Configuration set <{name}> already exists.")
    _check_pool(region, params.get("DeliveryOptions") or {})
    tags = check_tags(params.get("Tags") or [])
    made = sets[name] = ConfigurationSet(configuration_set_name=name)
    for member, attribute in _OPTIONS.items():
        setattr(made, attribute, {**_DEFAULTS.get(member, {}), **(params.get(member) or {})})
    add_tags(region, "configuration-set", name, tags)
    return {}


def _check_pool(region: str, options: Params) -> None:
    pool = options.get("SendingPoolName")
    if pool and pool not in (*_BUILT_IN_POOLS, *identities.backend(region).dedicated_ip_pools):
        raise not_found(f"Dedicated IP pool <{pool}> does not exist.")


@operation("GetConfigurationSet")
def get_configuration_set(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Show a configuration set; options that were never set are absent, as SES leaves them out."""
    name = str(params["ConfigurationSetName"])
    found = existing(region, name)
    shown: dict[str, Any] = {"ConfigurationSetName": name}
    for member, attribute in _OPTIONS.items():
        value = {**_DEFAULTS.get(member, {}), **(getattr(found, attribute) or {})}
        if value:
            shown[member] = value
    shown["Tags"] = tags_of(region, "configuration-set", name)
    return shown


@operation("ListConfigurationSets")
def list_configuration_sets(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """List the names in pages."""
    names = sorted(identities.backend(region).config_sets)
    size = int(params.get("PageSize") or _PAGE_SIZE)
    shown, following = page_of(names, token=params.get("NextToken"), size=size)
    return {"ConfigurationSets": shown, **following}


@operation("DeleteConfigurationSet")
def delete_configuration_set(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Remove a configuration set and its tags."""
    name = str(params["ConfigurationSetName"])
    existing(region, name)
    forget_tags(region, "configuration-set", name)
    del identities.backend(region).config_sets[name]
    return {}


def _replace(region: str, params: Params, member: str) -> dict[str, Any]:
    options = {key: value for key, value in params.items() if key != "ConfigurationSetName"}
    setattr(existing(region, str(params["ConfigurationSetName"])), _OPTIONS[member], options)
    return {}


@operation("PutConfigurationSetDeliveryOptions")
def put_delivery_options(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Set the TLS policy, the pool and how long to try."""
    _check_pool(region, params)
    return _replace(region, params, "DeliveryOptions")


@operation("PutConfigurationSetReputationOptions")
def put_reputation_options(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Switch reputation metrics."""
    return _replace(region, params, "ReputationOptions")


@operation("PutConfigurationSetSendingOptions")
def put_sending_options(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Pause or resume a configuration set."""
    return _replace(region, params, "SendingOptions")


@operation("PutConfigurationSetSuppressionOptions")
def put_suppression_options(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Set the reasons of suppression."""
    return _replace(region, params, "SuppressionOptions")


@operation("PutConfigurationSetTrackingOptions")
def put_tracking_options(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Set the redirect domain, or without one remove all of it."""
    if not params.get("CustomRedirectDomain"):
        params = {"ConfigurationSetName": params["ConfigurationSetName"]}
    return _replace(region, params, "TrackingOptions")


@operation("PutConfigurationSetVdmOptions")
def put_vdm_options(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Set what the Virtual Deliverability Manager does."""
    name, options = params["ConfigurationSetName"], params.get("VdmOptions") or {}
    return _replace(region, {"ConfigurationSetName": name, **options}, "VdmOptions")
