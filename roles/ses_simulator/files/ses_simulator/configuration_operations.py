# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SES v2 operations on configuration sets. The sets themselves live in moto's state."""

from __future__ import annotations

import re
from typing import Any

from moto.ses.models import ConfigurationSet

from ses_simulator import identities
from ses_simulator.iam import ses_arn
from ses_simulator.operations import Params, ServiceError, bad_request, not_found, operation
from ses_simulator.simulation import Simulation

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


def _existing(region: str, name: str) -> ConfigurationSet:
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
    made = sets[name] = ConfigurationSet(configuration_set_name=name)
    for member, attribute in _OPTIONS.items():
        setattr(made, attribute, {**_DEFAULTS.get(member, {}), **(params.get(member) or {})})
    if params.get("Tags"):
        arn = ses_arn(region, "configuration-set", name)
        identities.backend(region).tagger.tag_resource(arn, params["Tags"])
    return {}


@operation("GetConfigurationSet")
def get_configuration_set(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Show a configuration set; options that were never set are absent, as SES leaves them out."""
    name = str(params["ConfigurationSetName"])
    found = _existing(region, name)
    shown: dict[str, Any] = {"ConfigurationSetName": name}
    for member, attribute in _OPTIONS.items():
        value = {**_DEFAULTS.get(member, {}), **(getattr(found, attribute) or {})}
        if value:
            shown[member] = value
    arn = ses_arn(region, "configuration-set", name)
    shown["Tags"] = identities.backend(region).tagger.list_tags_for_resource(arn)["Tags"]
    return shown


@operation("ListConfigurationSets")
def list_configuration_sets(region: str, _params: Params, _simulation: Simulation) -> dict[str, Any]:
    """List all names."""
    return {"ConfigurationSets": sorted(identities.backend(region).config_sets)}


@operation("DeleteConfigurationSet")
def delete_configuration_set(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Remove a configuration set and its tags."""
    name = str(params["ConfigurationSetName"])
    _existing(region, name)
    state = identities.backend(region)
    state.tagger.delete_all_tags_for_resource(ses_arn(region, "configuration-set", name))
    del state.config_sets[name]
    return {}


def _replace(region: str, params: Params, member: str) -> dict[str, Any]:
    options = {key: value for key, value in params.items() if key != "ConfigurationSetName"}
    setattr(_existing(region, str(params["ConfigurationSetName"])), _OPTIONS[member], options)
    return {}


@operation("PutConfigurationSetDeliveryOptions")
def put_delivery_options(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Set the TLS policy, the pool and how long to try."""
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
    """Set the redirect domain."""
    return _replace(region, params, "TrackingOptions")
