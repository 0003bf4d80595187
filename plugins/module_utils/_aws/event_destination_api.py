# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a configuration set's events go: the calls of the API, and its answers as this collection's values."""

from __future__ import annotations

from typing import Any, Dict, Mapping

try:
    from botocore.exceptions import ClientError
except ImportError:
    pass  # AnsibleAWSModule reports a missing SDK.

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import calling, error_code
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.event_destination import Destination


def destination_of(answer: Mapping[str, Any]) -> Destination:
    """Return an EventDestination of the API as this collection's value; an unknown target has none of TARGETS."""
    found: Destination = {
        "name": str(answer["Name"]),
        "enabled": bool(answer.get("Enabled", False)),
        "events": sorted(str(event).lower() for event in answer.get("MatchingEventTypes") or ()),
    }
    if answer.get("SnsDestination"):
        found["sns_topic_arn"] = answer["SnsDestination"]["TopicArn"]
    if answer.get("EventBridgeDestination"):
        found["event_bus_arn"] = answer["EventBridgeDestination"]["EventBusArn"]
    if answer.get("KinesisFirehoseDestination"):
        firehose = answer["KinesisFirehoseDestination"]
        found["firehose"] = {
            "delivery_stream_arn": firehose["DeliveryStreamArn"],
            "iam_role_arn": firehose["IamRoleArn"],
        }
    if answer.get("CloudWatchDestination"):
        dimensions = [
            {
                "name": each["DimensionName"],
                "source": each["DimensionValueSource"].lower(),
                "default": each["DefaultDimensionValue"],
            }
            for each in answer["CloudWatchDestination"].get("DimensionConfigurations") or ()
        ]
        found["cloudwatch_dimensions"] = sorted(dimensions, key=lambda each: str(each["name"]))
    return found


def definition(destination: Destination) -> Dict[str, Any]:
    """Return the API's EventDestinationDefinition."""
    made: Dict[str, Any] = {
        "Enabled": destination["enabled"],
        "MatchingEventTypes": [event.upper() for event in destination["events"]],
    }
    if "sns_topic_arn" in destination:
        made["SnsDestination"] = {"TopicArn": destination["sns_topic_arn"]}
    elif "event_bus_arn" in destination:
        made["EventBridgeDestination"] = {"EventBusArn": destination["event_bus_arn"]}
    elif "firehose" in destination:
        made["KinesisFirehoseDestination"] = {
            "DeliveryStreamArn": destination["firehose"]["delivery_stream_arn"],
            "IamRoleArn": destination["firehose"]["iam_role_arn"],
        }
    else:
        made["CloudWatchDestination"] = {
            "DimensionConfigurations": [
                {
                    "DimensionName": each["name"],
                    "DimensionValueSource": each["source"].upper(),
                    "DefaultDimensionValue": each["default"],
                }
                for each in destination["cloudwatch_dimensions"]
            ]
        }
    return made


class EventDestinations:
    """The calls of SES v2 about the event destinations of one configuration set."""

    def __init__(self, client: Any, configuration_set: str) -> None:
        self._client = client
        self._set = configuration_set
        self._where = f"of the configuration set {configuration_set} in {client.meta.region_name}"

    def all(self) -> Dict[str, Destination]:
        """Return the event destinations by name."""
        with calling("ses:GetConfigurationSetEventDestinations", f"read the event destinations {self._where}"):
            answer = self._client.get_configuration_set_event_destinations(
                aws_retry=True, ConfigurationSetName=self._set
            )
        found = (destination_of(item) for item in answer.get("EventDestinations") or ())
        return {destination["name"]: destination for destination in found}

    def create(self, destination: Destination) -> None:
        """Create an event destination; one that appeared meanwhile is updated."""
        with calling(
            "ses:CreateConfigurationSetEventDestination",
            f"create the event destination {destination['name']} {self._where}",
        ):
            try:
                self._client.create_configuration_set_event_destination(aws_retry=True, **self._request(destination))
                return
            except ClientError as exc:
                if error_code(exc) != "AlreadyExistsException":
                    raise
        self.update(destination)

    def update(self, destination: Destination) -> None:
        """Replace an event destination."""
        with calling(
            "ses:UpdateConfigurationSetEventDestination",
            f"change the event destination {destination['name']} {self._where}",
        ):
            self._client.update_configuration_set_event_destination(aws_retry=True, **self._request(destination))

    def delete(self, name: str) -> None:
        """Delete an event destination; one that is gone is no error."""
        with calling(
            "ses:DeleteConfigurationSetEventDestination", f"delete the event destination {name} {self._where}"
        ):
            try:
                self._client.delete_configuration_set_event_destination(
                    aws_retry=True, ConfigurationSetName=self._set, EventDestinationName=name
                )
            except ClientError as exc:
                if error_code(exc) != "NotFoundException":
                    raise

    def _request(self, destination: Destination) -> Dict[str, Any]:
        return {
            "ConfigurationSetName": self._set,
            "EventDestinationName": destination["name"],
            "EventDestination": definition(destination),
        }
