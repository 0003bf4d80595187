# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configuration sets and event destinations: what is compared, what is kept, what cannot work. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.configuration_set_plan import (
    State,
    Wanted,
    check_name,
    plan,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.configuration_set_settings import (
    Settings,
    delivery_options,
    settings_of,
    suppression_options,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.event_destination import wanted_destinations
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.event_destination_api import (
    definition,
    destination_of,
)

ARN = "arn:aws:{}:eu-west-1:123456789012:{}"
TOPIC = ARN.format("sns", "bounces")
BUS = ARN.format("events", "event-bus/default")
STREAM = {
    "delivery_stream_arn": ARN.format("firehose", "deliverystream/mail"),
    "iam_role_arn": "arn:aws:iam::123456789012:role/ses",
}
DIMENSION = {"name": "app", "source": "message_tag", "default": "none"}
FULL = Settings(
    tls_policy="require",
    dedicated_pool="own",
    reputation_metrics=True,
    sending_enabled=False,
    suppressed_reasons=("bounce",),
    tags={"a": "1"},
)


def option(name: str = "d", **target: Any) -> dict[str, Any]:
    """Return an event destination as Ansible hands it over: all suboptions, most of them None."""
    start = {"name": name, "enabled": True, "events": ["send", "bounce"]}
    targets = dict.fromkeys(("sns_topic_arn", "event_bus_arn", "firehose", "cloudwatch_dimensions"))
    return {**start, **targets, **(target or {"sns_topic_arn": TOPIC})}


@pytest.mark.parametrize(
    ("answer", "settings"),
    [
        ({}, Settings()),
        ({"SuppressionOptions": {}}, Settings()),
        ({"SuppressionOptions": {"SuppressedReasons": []}}, Settings(suppressed_reasons=())),
        ({"DeliveryOptions": {"MaxDeliverySeconds": 300}}, Settings()),
        (
            {
                "DeliveryOptions": {"TlsPolicy": "REQUIRE", "SendingPoolName": "own"},
                "ReputationOptions": {"ReputationMetricsEnabled": True},
                "SendingOptions": {"SendingEnabled": False},
                "SuppressionOptions": {"SuppressedReasons": ["BOUNCE"]},
                "Tags": [{"Key": "a", "Value": "1"}],
            },
            FULL,
        ),
    ],
)
def test_settings(answer: dict[str, Any], settings: Settings) -> None:
    assert settings_of(answer) == settings


@pytest.mark.parametrize(
    ("before", "wanted", "after"),
    [
        (None, {}, Settings()),
        (None, {"tls_policy": "require", "suppressed_reasons": []}, Settings("require", suppressed_reasons=())),
        (FULL, {}, FULL),
        (FULL, {"tls_policy": "optional"}, replace(FULL, tls_policy="optional")),
        (FULL, {"dedicated_pool": ""}, replace(FULL, dedicated_pool="")),
        (FULL, {"suppressed_reasons": ["bounce", "bounce"]}, FULL),
        (FULL, {"suppressed_reasons": []}, replace(FULL, suppressed_reasons=())),
        (FULL, {"suppressed_reasons": ["account"]}, replace(FULL, suppressed_reasons=None)),
        (None, {"suppressed_reasons": ["account"]}, Settings()),
        (FULL, {"tags": {"b": 2}}, replace(FULL, tags={"b": "2"})),
        (FULL, {"tags": {"b": 2}, "purge_tags": False}, replace(FULL, tags={"a": "1", "b": "2"})),
        (
            FULL,
            {"sending_enabled": True, "reputation_metrics": False},
            replace(FULL, sending_enabled=True, reputation_metrics=False),
        ),
    ],
)
def test_plan(before: Settings | None, wanted: dict[str, Any], after: Settings) -> None:
    todo = plan(State(before) if before else None, Wanted("fleet", **wanted))
    assert todo.after is not None
    assert todo.after.settings == after
    assert todo.changed == (before != after)


def test_the_reasons_of_the_account_stand_alone() -> None:
    with pytest.raises(PlanError, match=r"^suppressed_reasons has account, bounce\. Give account alone"):
        plan(State(FULL), Wanted("fleet", suppressed_reasons=["bounce", "account"]))


def test_absent() -> None:
    assert plan(State(FULL), Wanted("fleet", state="absent")).after is None
    assert not plan(None, Wanted("fleet", state="absent")).changed


@pytest.mark.parametrize(
    ("wanted", "purge", "names"),
    [
        (None, False, ["a", "b"]),
        ([], False, ["a", "b"]),
        ([], True, []),
        (["a"], True, ["a"]),
        (["c"], False, ["a", "b", "c"]),
    ],
)
def test_which_event_destinations_stay(wanted: list[str] | None, purge: bool, names: list[str]) -> None:
    before = wanted_destinations([option("a"), option("b")], "eu-west-1")
    options = None if wanted is None else [option(name) for name in wanted]
    state = State(Settings(), before)
    destinations = wanted_destinations(options, "eu-west-1")
    todo = plan(state, Wanted("fleet", event_destinations=destinations, purge_event_destinations=purge))
    assert todo.after is not None
    assert [each["name"] for each in todo.after.visible()["event_destinations"]] == names
    assert todo.changed == (names != ["a", "b"])


def test_more_event_destinations_than_ses_takes() -> None:
    options = [option(f"d{number}") for number in range(10)]
    wanted = Wanted("fleet", event_destinations=wanted_destinations(options, "eu-west-1"))
    assert plan(State(Settings(), {}), wanted).changed
    before = State(Settings(), wanted_destinations([option("old")], "eu-west-1"))
    with pytest.raises(PlanError, match=r"fleet would have 11 event destinations.*at most 10: d0, .*, old\. Leave"):
        plan(before, wanted)
    assert plan(before, replace(wanted, purge_event_destinations=True)).changed


def test_what_this_collection_does_not_manage_stays() -> None:
    """Each of these calls replaces all options of its kind."""
    delivery = {"TlsPolicy": "OPTIONAL", "SendingPoolName": "old", "MaxDeliverySeconds": 300}
    assert delivery_options(Settings(tls_policy="require"), delivery) == {
        "TlsPolicy": "REQUIRE",
        "MaxDeliverySeconds": 300,
    }
    suppression = {"SuppressedReasons": ["BOUNCE"], "SuppressionScope": "TENANT"}
    off = Settings(suppressed_reasons=())
    assert suppression_options(off, suppression) == {"SuppressedReasons": [], "SuppressionScope": "TENANT"}
    assert suppression_options(Settings(), suppression) == {"SuppressionScope": "TENANT"}


@pytest.mark.parametrize(
    "target",
    [
        {"sns_topic_arn": TOPIC},
        {"event_bus_arn": BUS},
        {"firehose": STREAM},
        {"cloudwatch_dimensions": [DIMENSION, {"name": "a", "source": "link_tag", "default": "x"}]},
        {"sns_topic_arn": TOPIC, "enabled": False},
    ],
)
def test_what_ses_gives_back_is_what_was_wanted(target: dict[str, Any]) -> None:
    wanted = wanted_destinations([option(**target)], "eu-west-1")
    assert wanted is not None
    answer = definition(wanted["d"])
    # SES keeps no order.
    answer["MatchingEventTypes"].reverse()
    if "CloudWatchDestination" in answer:
        answer["CloudWatchDestination"]["DimensionConfigurations"].reverse()
    assert destination_of({"Name": "d", **answer}) == wanted["d"]


def test_a_target_of_another_kind_is_a_difference() -> None:
    pinpoint = destination_of({"Name": "d", "Enabled": True, "MatchingEventTypes": ["SEND"], "PinpointDestination": {}})
    assert pinpoint == {"name": "d", "enabled": True, "events": ["send"]}
    todo = plan(
        State(Settings(), {"d": pinpoint}),
        Wanted(
            "fleet", event_destinations=wanted_destinations([option(events=["send"], sns_topic_arn=TOPIC)], "eu-west-1")
        ),
    )
    assert todo.changed


def test_one_arn_for_several_regions() -> None:
    target = {"sns_topic_arn": TOPIC.replace("eu-west-1", "{region}")}
    for region in ("eu-west-1", "us-gov-west-1"):
        wanted = wanted_destinations([option(**target)], region)
        assert wanted is not None
        assert wanted["d"]["sns_topic_arn"] == TOPIC.replace("eu-west-1", region)


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ({"sns_topic_arn": "bounces"}, "d: 'bounces' is not an ARN of sns"),
        ({"sns_topic_arn": BUS}, "is not an ARN of sns"),
        ({"sns_topic_arn": TOPIC + ".fifo"}, "is a FIFO topic, .*use a standard topic"),
        (
            {"sns_topic_arn": TOPIC.replace("eu-west-1", "us-east-1")},
            r"is in us-east-1, and SES publishes in its own region only; with several regions, write \{region\} in the ARN",
        ),
        ({"event_bus_arn": ARN.format("events", "event-bus/mine")}, "default event bus only"),
        ({"firehose": {**STREAM, "iam_role_arn": "ses"}}, "'ses' is not an ARN of iam"),
        ({"firehose": {**STREAM, "delivery_stream_arn": TOPIC}}, "is not an ARN of firehose"),
        ({"cloudwatch_dimensions": []}, "needs at least one"),
        ({"cloudwatch_dimensions": [DIMENSION, DIMENSION]}, "dimension app is there twice"),
        ({"cloudwatch_dimensions": [{**DIMENSION, "name": "a b"}]}, "name 'a b' may have"),
        ({"cloudwatch_dimensions": [{**DIMENSION, "default": ""}]}, "default '' may have"),
        ({"events": [], "sns_topic_arn": TOPIC}, "events is empty; .*set enabled to false"),
        ({"name": "a b", "sns_topic_arn": TOPIC}, "a b: a name has at most 64"),
    ],
)
def test_what_cannot_work(target: dict[str, Any], text: str) -> None:
    with pytest.raises(PlanError, match=f"^These event_destinations cannot work in eu-west-1: .*{text}"):
        wanted_destinations([{**option(), "sns_topic_arn": None, **target}], "eu-west-1")


def test_all_that_is_wrong_is_said_at_once() -> None:
    twice = [option(), option(sns_topic_arn="x"), option("e", event_bus_arn="y")]
    with pytest.raises(PlanError, match=r"name d is there twice; .*; d: 'x' is .*; e: 'y' is .*default event bus"):
        wanted_destinations(twice, "eu-west-1")


@pytest.mark.parametrize("name", ["", "a b", "a.b", "x" * 65])
def test_names_that_ses_does_not_take(name: str) -> None:
    with pytest.raises(PlanError, match="Use at most 64 of"):
        check_name(name)
