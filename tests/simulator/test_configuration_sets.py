# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration sets and their event destinations."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError
from simulator_client import Simulator

_NUMBERS = count(1)
_ARN = "arn:aws:{}:eu-west-1:123456789012:{}"
TOPIC = _ARN.format("sns", "bounces")
BUS = _ARN.format("events", "event-bus/default")
STREAM = _ARN.format("firehose", "deliverystream/mail")
ROLE = "arn:aws:iam::123456789012:role/service/ses"
DIMENSION = {"DimensionName": "fleet", "DimensionValueSource": "MESSAGE_TAG", "DefaultDimensionValue": "none"}
TARGETS: dict[str, dict[str, Any]] = {
    "SnsDestination": {"TopicArn": TOPIC},
    "EventBridgeDestination": {"EventBusArn": BUS},
    "KinesisFirehoseDestination": {"IamRoleArn": ROLE, "DeliveryStreamArn": STREAM},
    "CloudWatchDestination": {"DimensionConfigurations": [DIMENSION]},
}


@pytest.fixture
def ses(simulator: Simulator) -> Any:
    return simulator.client("sesv2")


@pytest.fixture
def name(ses: Any) -> str:
    made = f"set-{next(_NUMBERS)}"
    ses.create_configuration_set(ConfigurationSetName=made)
    return made


def error(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


def definition(kind: str, **more: Any) -> dict[str, Any]:
    return {"Enabled": True, "MatchingEventTypes": ["BOUNCE", "COMPLAINT"], kind: TARGETS[kind], **more}


def test_a_new_set_shows_what_ses_sets_by_itself(ses: Any, name: str) -> None:
    shown = ses.get_configuration_set(ConfigurationSetName=name)
    shown.pop("ResponseMetadata")
    assert shown == {
        "ConfigurationSetName": name,
        "SendingOptions": {"SendingEnabled": True},
        "ReputationOptions": {"ReputationMetricsEnabled": False},
        "DeliveryOptions": {"TlsPolicy": "OPTIONAL"},
        "Tags": [],
    }


def test_all_options_can_be_changed(ses: Any, name: str) -> None:
    here = {"ConfigurationSetName": name}
    ses.create_dedicated_ip_pool(PoolName="pool")
    ses.put_configuration_set_delivery_options(**here, TlsPolicy="REQUIRE", SendingPoolName="pool")
    ses.put_configuration_set_reputation_options(**here, ReputationMetricsEnabled=True)
    ses.put_configuration_set_sending_options(**here, SendingEnabled=False)
    ses.put_configuration_set_suppression_options(**here, SuppressedReasons=[])
    ses.put_configuration_set_tracking_options(**here, CustomRedirectDomain="click.example.com")
    shown = ses.get_configuration_set(**here)
    assert shown["DeliveryOptions"] == {"TlsPolicy": "REQUIRE", "SendingPoolName": "pool"}
    assert shown["ReputationOptions"]["ReputationMetricsEnabled"] is True
    assert shown["SendingOptions"]["SendingEnabled"] is False
    # An empty list switches off what the account does; nothing at all follows the account.
    assert shown["SuppressionOptions"] == {"SuppressedReasons": []}
    assert shown["TrackingOptions"] == {"CustomRedirectDomain": "click.example.com"}
    ses.put_configuration_set_suppression_options(**here)
    ses.put_configuration_set_tracking_options(**here)
    shown = ses.get_configuration_set(**here)
    assert not {"SuppressionOptions", "TrackingOptions"} & set(shown)


def test_what_ses_refuses_leaves_no_set(ses: Any) -> None:
    create = ses.create_configuration_set
    absent = {"DeliveryOptions": {"SendingPoolName": "absent"}}
    assert error(create, ConfigurationSetName="refused", **absent) == "NotFoundException"
    tags = [{"Key": "aws:a", "Value": "b"}]
    assert error(create, ConfigurationSetName="refused", Tags=tags) == "BadRequestException"
    long = {"DeliveryOptions": {"MaxDeliverySeconds": 50401}}
    assert error(create, ConfigurationSetName="refused", **long) == "BadRequestException"
    assert error(ses.get_configuration_set, ConfigurationSetName="refused") == "NotFoundException"


def test_sets_in_pages(ses: Any) -> None:
    wanted = [f"page-{number}" for number in range(5)]
    for one in wanted:
        ses.create_configuration_set(ConfigurationSetName=one)
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = ses.list_configuration_sets(PageSize=2, **token)
        found += page["ConfigurationSets"]
        if "NextToken" not in page:
            break
        assert len(page["ConfigurationSets"]) == 2
        token = {"NextToken": page["NextToken"]}
    assert [one for one in found if one in wanted] == wanted
    assert error(ses.list_configuration_sets, NextToken="nonsense") == "InvalidNextTokenException"


@pytest.mark.parametrize("kind", TARGETS)
def test_an_event_destination_of_every_kind(ses: Any, name: str, kind: str) -> None:
    here = {"ConfigurationSetName": name, "EventDestinationName": "events"}
    ses.create_configuration_set_event_destination(**here, EventDestination=definition(kind))

    def shown() -> list[dict[str, Any]]:
        answer = ses.get_configuration_set_event_destinations(ConfigurationSetName=name)
        return list(answer["EventDestinations"])

    assert shown() == [{"Name": "events", **definition(kind)}]
    other = definition(kind, Enabled=False, MatchingEventTypes=["SEND"])
    assert error(ses.create_configuration_set_event_destination, **here, EventDestination=other) == (
        "AlreadyExistsException"
    )
    ses.update_configuration_set_event_destination(**here, EventDestination=other)
    assert shown() == [{"Name": "events", **other}]
    ses.delete_configuration_set_event_destination(**here)
    assert shown() == []
    assert error(ses.delete_configuration_set_event_destination, **here) == "NotFoundException"
    assert error(ses.update_configuration_set_event_destination, **here, EventDestination=other) == "NotFoundException"


def dimension(**more: str) -> dict[str, Any]:
    return {"DimensionConfigurations": [{**DIMENSION, **more}]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"Enabled": True, "MatchingEventTypes": ["BOUNCE"]},
        definition("SnsDestination", EventBridgeDestination={"EventBusArn": BUS}),
        definition("SnsDestination", MatchingEventTypes=[]),
        definition("SnsDestination", MatchingEventTypes=["LOST"]),
        definition("SnsDestination", SnsDestination={"TopicArn": TOPIC.replace("eu-west-1", "us-east-1")}),
        definition("SnsDestination", SnsDestination={"TopicArn": "bounces"}),
        definition("EventBridgeDestination", EventBridgeDestination={"EventBusArn": BUS.replace("default", "mail")}),
        definition(
            "KinesisFirehoseDestination",
            KinesisFirehoseDestination={"IamRoleArn": STREAM, "DeliveryStreamArn": STREAM},
        ),
        definition("CloudWatchDestination", CloudWatchDestination={"DimensionConfigurations": []}),
        definition("CloudWatchDestination", CloudWatchDestination=dimension(DimensionName="a b")),
        definition("CloudWatchDestination", CloudWatchDestination=dimension(DefaultDimensionValue="")),
        definition("CloudWatchDestination", CloudWatchDestination=dimension(DimensionValueSource="DICE")),
        definition("CloudWatchDestination", CloudWatchDestination={"DimensionConfigurations": [DIMENSION] * 2}),
    ],
)
def test_event_destinations_that_ses_refuses(ses: Any, name: str, wrong: dict[str, Any]) -> None:
    here = {"ConfigurationSetName": name, "EventDestinationName": "events"}
    create = ses.create_configuration_set_event_destination
    assert error(create, **here, EventDestination=wrong) == "BadRequestException"
    assert ses.get_configuration_set_event_destinations(ConfigurationSetName=name)["EventDestinations"] == []


def test_ten_event_destinations_are_enough(ses: Any, name: str) -> None:
    def create(number: int) -> Any:
        return ses.create_configuration_set_event_destination(
            ConfigurationSetName=name,
            EventDestinationName=f"events-{number}",
            EventDestination=definition("SnsDestination"),
        )

    for number in range(10):
        create(number)
    assert error(create, number=10) == "LimitExceededException"
    ses.delete_configuration_set(ConfigurationSetName=name)
    ses.create_configuration_set(ConfigurationSetName=name)
    assert ses.get_configuration_set_event_destinations(ConfigurationSetName=name)["EventDestinations"] == []
