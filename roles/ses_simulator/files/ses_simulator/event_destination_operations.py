# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SES v2 operations on event destinations: where a configuration set's events go."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ses_simulator.configuration_operations import existing
from ses_simulator.operations import Params, operation
from ses_simulator.services import ServiceError, bad_request, not_found
from ses_simulator.simulation import Simulation

MAX_DESTINATIONS = 10
MAX_DIMENSIONS = 10
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
# With a colon: the names of the tags that SES gives, such as ses:configuration-set.
_DIMENSION_NAME = re.compile(r"[A-Za-z0-9_:-]{1,255}")
_DIMENSION_VALUE = re.compile(r"[A-Za-z0-9_@.-]{1,255}")
# moto's configuration sets have no room for these.
_ATTRIBUTE = "destinations_by_name"
Destinations = dict[str, dict[str, Any]]


def _destinations(region: str, params: Params) -> Destinations:
    held = existing(region, str(params["ConfigurationSetName"]))
    found: Destinations = vars(held).setdefault(_ATTRIBUTE, {})
    return found


def _check_arn(arn: object, pattern: str, what: str) -> None:
    if not re.fullmatch(pattern, str(arn)):
        raise bad_request(f"{what} <{arn}> is not valid.")


def _arn(service: str, region: str, resource: str) -> str:
    return rf"arn:aws[a-z-]*:{service}:{re.escape(region)}:\d{{12}}:{resource}"


def _check_sns(target: Mapping[str, Any], region: str) -> None:
    _check_arn(target["TopicArn"], _arn("sns", region, r"[A-Za-z0-9_-]{1,256}(\.fifo)?"), "SNS topic")


def _check_event_bridge(target: Mapping[str, Any], region: str) -> None:
    _check_arn(target["EventBusArn"], _arn("events", region, "event-bus/default"), "Event bus")


def _check_firehose(target: Mapping[str, Any], region: str) -> None:
    stream = _arn("firehose", region, r"deliverystream/[A-Za-z0-9_.-]{1,64}")
    _check_arn(target["DeliveryStreamArn"], stream, "Delivery stream")
    _check_arn(target["IamRoleArn"], _arn("iam", "", r"role/[\w+=,.@/-]+"), "IAM role")


def _check_cloud_watch(target: Mapping[str, Any], _region: str) -> None:
    dimensions = target["DimensionConfigurations"]
    if not 1 <= len(dimensions) <= MAX_DIMENSIONS:
        raise bad_request(f"CloudWatch destination must have 1 to {MAX_DIMENSIONS} dimensions.")
    if len({dimension["DimensionName"] for dimension in dimensions}) < len(dimensions):
        raise bad_request("Dimension names must be unique.")
    for dimension in dimensions:
        name, value = dimension["DimensionName"], dimension["DefaultDimensionValue"]
        if not _DIMENSION_NAME.fullmatch(name):
            raise bad_request(f"Dimension name <{name}> may have 1 to 255 of A-Z, a-z, 0-9, _, - and :.")
        if not _DIMENSION_VALUE.fullmatch(value):
            raise bad_request(f"Dimension value <{value}> may have 1 to 255 of A-Z, a-z, 0-9, _, -, @ and a period.")


def _check_pinpoint(target: Mapping[str, Any], region: str) -> None:
    _check_arn(target.get("ApplicationArn"), _arn("mobiletargeting", region, r"apps/[A-Za-z0-9]+"), "Application")


_CHECKS: dict[str, Callable[[Mapping[str, Any], str], None]] = {
    "SnsDestination": _check_sns,
    "EventBridgeDestination": _check_event_bridge,
    "KinesisFirehoseDestination": _check_firehose,
    "CloudWatchDestination": _check_cloud_watch,
    "PinpointDestination": _check_pinpoint,
}


def _definition(region: str, params: Params) -> dict[str, Any]:
    """Return an event destination as it is shown; raise BadRequestException for what SES would not take."""
    wanted, name = params["EventDestination"], str(params["EventDestinationName"])
    if not _NAME.fullmatch(name):
        raise bad_request(f"Event destination name <{name}> may have at most 64 of A-Z, a-z, 0-9, _ and -.")
    targets = [kind for kind in _CHECKS if wanted.get(kind)]
    if len(targets) != 1:
        raise bad_request("An event destination must have exactly one of " + ", ".join(_CHECKS) + ".")
    if not wanted.get("MatchingEventTypes"):
        raise bad_request("An event destination must have at least one matching event type.")
    _CHECKS[targets[0]](wanted[targets[0]], region)
    return {
        "Name": name,
        "Enabled": bool(wanted.get("Enabled")),
        "MatchingEventTypes": list(dict.fromkeys(wanted["MatchingEventTypes"])),
        targets[0]: wanted[targets[0]],
    }


def _no_such(params: Params) -> ServiceError:
    return not_found(
        f"Event destination <{params['EventDestinationName']}> does not exist"
        f" for configuration set <{params['ConfigurationSetName']}>."
    )


@operation("GetConfigurationSetEventDestinations")
def get_destinations(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Show all event destinations of a configuration set."""
    return {"EventDestinations": list(_destinations(region, params).values())}


@operation("CreateConfigurationSetEventDestination")
def create_destination(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Add an event destination."""
    destinations, made = _destinations(region, params), _definition(region, params)
    if made["Name"] in destinations:
        raise ServiceError("AlreadyExistsException", f"Event destination <{made['Name']}> already exists.")
    if len(destinations) >= MAX_DESTINATIONS:
        raise ServiceError(
            "LimitExceededException", f"A configuration set can have at most {MAX_DESTINATIONS} event destinations."
        )
    destinations[made["Name"]] = made
    return {}


@operation("UpdateConfigurationSetEventDestination")
def update_destination(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Replace an event destination."""
    destinations = _destinations(region, params)
    if params["EventDestinationName"] not in destinations:
        raise _no_such(params)
    made = _definition(region, params)
    destinations[made["Name"]] = made
    return {}


@operation("DeleteConfigurationSetEventDestination")
def delete_destination(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Remove an event destination."""
    if _destinations(region, params).pop(str(params["EventDestinationName"]), None) is None:
        raise _no_such(params)
    return {}
