# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules ses_configuration_set and ses_configuration_set_info against the simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULE = "ses_configuration_set"
TOPIC = "arn:aws:sns:{region}:123456789012:bounces"
SETTINGS: dict[str, Any] = {
    "tls_policy": "require",
    "reputation_metrics": True,
    "sending_enabled": False,
    "suppressed_reasons": ["complaint"],
    "tags": {"team": "mail"},
}


def sns(name: str, *events: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "events": list(events or ["bounce"]), "sns_topic_arn": TOPIC, **more}


def writes(aws: Any) -> list[str]:
    return [name for name, write in aws.calls() if write]


def test_life(aws: Any) -> None:
    options = {**SETTINGS, "name": "life"}
    foreseen = aws.module(MODULE, check_mode=True, **options)
    assert foreseen["changed"]
    assert writes(aws) == []

    made = aws.module(MODULE, **options)
    assert (made["rc"], made["changed"], made["diff"]) == (0, True, foreseen["diff"])
    assert made["configuration_set"] == foreseen["configuration_set"]
    assert writes(aws) == ["CreateConfigurationSet"]

    again = aws.module(MODULE, **options)
    assert (again["rc"], again["changed"], again["diff"]) == (0, False, [])
    assert aws.calls() == [("GetConfigurationSet", False)]

    (found,) = aws.module("ses_configuration_set_info", name="life")["configuration_sets"]
    assert found == {"name": "life", "region": "eu-west-1", "exists": True, "dedicated_pool": "", **SETTINGS} | {
        "event_destinations": []
    }

    aws.calls()
    gone = aws.module(MODULE, name="life", state="absent")
    assert (gone["changed"], gone["configuration_set"]["exists"]) == (True, False)
    assert aws.calls() == [("GetConfigurationSet", False), ("DeleteConfigurationSet", True)]
    assert not aws.module(MODULE, name="life", state="absent")["changed"]
    assert aws.module("ses_configuration_set_info", name="life")["configuration_sets"] == []


@pytest.mark.parametrize(
    ("option", "value", "call"),
    [
        ("tls_policy", "require", "PutConfigurationSetDeliveryOptions"),
        ("reputation_metrics", True, "PutConfigurationSetReputationOptions"),
        ("sending_enabled", False, "PutConfigurationSetSendingOptions"),
        ("suppressed_reasons", [], "PutConfigurationSetSuppressionOptions"),
        ("suppressed_reasons", ["bounce"], "PutConfigurationSetSuppressionOptions"),
        ("tags", {"b": "2"}, "TagResource"),
        ("tags", {}, "UntagResource"),
    ],
)
def test_one_change_is_one_call(aws: Any, option: str, value: Any, call: str) -> None:
    start = {"name": "change", "tags": {"a": "1"}}
    aws.module(MODULE, state="absent", name="change")
    aws.module(MODULE, **start)
    aws.calls()
    options = {**start, "purge_tags": value == {}, option: value}
    assert aws.module(MODULE, **options)["changed"]
    assert writes(aws) == [call]
    (found,) = aws.module("ses_configuration_set_info", name="change")["configuration_sets"]
    assert found[option] == (value if option != "tags" else {} if value == {} else {"a": "1", **value})
    again = aws.module(MODULE, **options)
    assert (again["rc"], again["changed"]) == (0, False)


def test_suppression_goes_back_to_the_account(aws: Any) -> None:
    aws.module(MODULE, name="back", suppressed_reasons=[])
    aws.calls()
    for changed in (True, False):
        done = aws.module(MODULE, name="back", suppressed_reasons=["account"])
        assert (done["rc"], done["changed"]) == (0, changed)
        assert done["configuration_set"]["suppressed_reasons"] is None
        assert writes(aws) == ["PutConfigurationSetSuppressionOptions"] * changed
    (found,) = aws.module("ses_configuration_set_info", name="back")["configuration_sets"]
    assert found["suppressed_reasons"] is None


def test_tags_in_several_regions_ask_for_the_account_once(aws: Any) -> None:
    options = {"name": "tagged", "regions": ["eu-west-1", "us-east-1"], "region": ""}
    aws.module(MODULE, **options)
    aws.calls()
    assert aws.module(MODULE, **options, tags={"a": "1"})["rc"] == 0
    assert [name for name, _write in aws.calls()].count("GetCallerIdentity") == 1
    found = aws.module("ses_configuration_set_info", name="tagged", regions=options["regions"])
    assert [each["tags"] for each in found["configuration_sets"]] == [{"a": "1"}] * 2


def test_event_destinations(aws: Any) -> None:
    name = "events"
    first = [sns("bounces", "bounce", "complaint"), {**metrics(), "enabled": False}]
    foreseen = aws.module(MODULE, check_mode=True, name=name, event_destinations=first)
    assert aws.calls() == [("GetConfigurationSet", False)]
    made = aws.module(MODULE, name=name, event_destinations=first)
    assert (made["rc"], made["diff"]) == (0, foreseen["diff"])
    create = "CreateConfigurationSetEventDestination"
    assert aws.calls() == [
        ("GetConfigurationSet", False),
        ("CreateConfigurationSet", True),
        (create, True),
        (create, True),
    ]
    (found,) = aws.module("ses_configuration_set_info", name=name)["configuration_sets"]
    assert found["event_destinations"] == made["configuration_set"]["event_destinations"]
    assert found["event_destinations"][0]["sns_topic_arn"] == TOPIC.replace("{region}", "eu-west-1")
    aws.calls()

    again = aws.module(
        MODULE, name=name, event_destinations=[metrics(enabled=False), sns("bounces", "complaint", "bounce")]
    )
    assert (again["rc"], again["changed"]) == (0, False)
    assert aws.calls() == [("GetConfigurationSet", False), ("GetConfigurationSetEventDestinations", False)]

    assert aws.module(MODULE, name=name, event_destinations=[metrics()])["changed"]
    assert writes(aws) == ["UpdateConfigurationSetEventDestination"]
    purged = aws.module(MODULE, name=name, event_destinations=[sns("other")], purge_event_destinations=True)
    assert purged["changed"]
    assert writes(aws) == [*["DeleteConfigurationSetEventDestination"] * 2, create]
    (found,) = aws.module("ses_configuration_set_info", name=name)["configuration_sets"]
    assert [each["name"] for each in found["event_destinations"]] == ["other"]


def metrics(**more: Any) -> dict[str, Any]:
    dimensions = [
        {"name": "application", "default": "none"},
        {"name": "host", "source": "email_header", "default": "x"},
        # A tag that SES gives.
        {"name": "ses:from-domain", "default": "none"},
    ]
    return {"name": "metrics", "events": ["send"], "cloudwatch_dimensions": dimensions, **more}


def test_several_regions(aws: Any) -> None:
    options = {"name": "everywhere", "regions": ["eu-west-1", "us-east-1"], "event_destinations": [sns("bounces")]}
    aws.module(MODULE, name="everywhere", region="us-east-1")
    aws.calls()
    made = aws.module(MODULE, **options)
    assert [each["changed"] for each in made["configuration_sets"]] == [True, True]
    assert "configuration_set" not in made
    found = aws.module("ses_configuration_set_info", name="everywhere", regions=options["regions"])
    topics = [each["event_destinations"][0]["sns_topic_arn"] for each in found["configuration_sets"]]
    assert topics == [TOPIC.replace("{region}", region) for region in options["regions"]]
    aws.calls()
    assert not aws.module(MODULE, **options)["changed"]
    assert writes(aws) == []


def test_all_sets_of_a_region(aws: Any) -> None:
    for name in ("all-1", "all-2"):
        aws.module(MODULE, name=name)
    found = aws.module("ses_configuration_set_info")["configuration_sets"]
    assert {"all-1", "all-2"} <= {each["name"] for each in found}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"name": "no.dots"}, "'no.dots' cannot be the name of a configuration set"),
        (
            {
                "regions": ["eu-west-1", "us-east-1"],
                "event_destinations": [sns("x") | {"sns_topic_arn": TOPIC.format(region="eu-west-1")}],
            },
            "cannot work in us-east-1",
        ),
        ({"event_destinations": [{"name": "x", "events": ["send"]}]}, "one of the following is required"),
        ({"event_destinations": [sns("x", event_bus_arn="y")]}, "mutually exclusive"),
    ],
)
def test_what_cannot_work_is_said_before_any_call(aws: Any, options: dict[str, Any], text: str) -> None:
    done = aws.module(MODULE, **{"name": "wrong", "tls_policy": "require", **options})
    assert done["rc"] == 1
    assert text in done["msg"]
    assert aws.calls() == []


@pytest.fixture
def faults(aws: Any) -> Iterator[Any]:
    """Order failures of the API; they end with the test."""
    yield lambda *orders, **rate: aws.control(
        "POST", "api", {"faults": [{"service": "sesv2", **o} for o in orders], **rate}
    )
    aws.control("DELETE", "api")


@pytest.mark.parametrize("operation", ["CreateConfigurationSet", "CreateConfigurationSetEventDestination"])
def test_a_lost_answer(aws: Any, faults: Any, operation: str) -> None:
    """The SDK repeats the call, and SES answers that it exists."""
    name = f"lost-{len(operation)}"
    options = {"name": name, "tls_policy": "require", "event_destinations": [sns("bounces")], "tags": {"a": "1"}}
    faults({"operation": operation, "error": "InternalServiceErrorException", "when": "after"})
    made = aws.module(MODULE, **options)
    assert (made["rc"], made["changed"]) == (0, True), made
    assert not aws.module(MODULE, **options)["changed"]


def test_a_permission_that_lacks(aws: Any, faults: Any) -> None:
    operation = "PutConfigurationSetReputationOptions"
    aws.module(MODULE, name="denied")
    faults({"operation": operation, "error": "AccessDeniedException"})
    done = aws.module(MODULE, name="denied", reputation_metrics=True, sending_enabled=False)
    assert done["rc"] == 1
    assert "Could not set the reputation metrics of the configuration set denied in eu-west-1." in done["msg"]
    assert f"Allow ses:{operation}" in done["msg"]
    again = aws.module(MODULE, name="denied", reputation_metrics=True, sending_enabled=False)
    assert (again["rc"], again["changed"]) == (0, True)


def test_one_call_a_second(aws: Any, faults: Any) -> None:
    faults(max_rate=1)
    made = aws.module(MODULE, name="slow", event_destinations=[sns("bounces")])
    assert (made["rc"], made["changed"]) == (0, True), made
