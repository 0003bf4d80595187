# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be known before a change is told before it; what fails in the middle says what was changed."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

REGIONS = ["eu-west-1", "us-east-1"]
DETAILS = {"mail_type": "transactional", "website_url": "https://www.example.com"}


@pytest.fixture
def failing(aws: Any) -> Iterator[Any]:
    """The simulator, whose faults end with the test."""
    yield aws
    aws.control("DELETE", "api")


def refuse(aws: Any, operation: str, region: str) -> None:
    """Let a call fail once in a region."""
    fault = {"service": "sesv2", "operation": operation, "error": "BadRequestException", "status": 400}
    aws.control("POST", "api", {"faults": [{**fault, "region": region}]})


def test_a_configuration_set_that_is_missing(aws: Any) -> None:
    name = "no-set.example"
    assert aws.module("ses_configuration_set", name="no-set-here")["rc"] == 0
    assert aws.module("ses_identity", name=name)["rc"] == 0
    aws.calls()
    options = {"name": name, "mail_from_domains": {"eu-west-1": f"bounce.{name}"}, "feedback_forwarding": False}

    both = aws.module("ses_identity", configuration_set="no-set", regions=REGIONS, **options)
    assert both["msg"].startswith(
        "There is no configuration set no-set in eu-west-1 and us-east-1. Create it there with "
        "cloudmail.ses.ses_configuration_set"
    )
    one = aws.module("ses_identity", configuration_set="no-set-here", regions=REGIONS, **options)
    assert "no configuration set no-set-here in us-east-1." in one["msg"]
    assert [(each["rc"], each["changed"]) for each in (both, one)] == [(1, False)] * 2
    assert not [operation for operation, writes in aws.calls() if writes]

    foreseen = aws.module("ses_identity", configuration_set="no-set", regions=REGIONS, check_mode=True, **options)
    assert (foreseen["rc"], foreseen["changed"]) == (0, True)
    assert "no configuration set no-set in eu-west-1 and us-east-1" in json.dumps(foreseen["warnings"])
    aws.calls()

    made = aws.module("ses_identity", configuration_set="no-set-here", name=name)
    assert (made["rc"], made["changed"]) == (0, True)
    assert ("GetConfigurationSet", False) in aws.calls()
    again = aws.module("ses_identity", configuration_set="no-set-here", name=name)
    assert (again["rc"], again["changed"]) == (0, False)
    assert aws.calls() == [("GetEmailIdentity", False)]


def test_what_one_region_has_when_the_next_fails(failing: Any) -> None:
    name = "half.example"
    assert failing.module("ses_identity", name=name, regions=REGIONS)["rc"] == 0
    options = {"name": name, "regions": REGIONS, "feedback_forwarding": False}
    options["mail_from_domains"] = {"us-east-1": f"bounce.{name}"}
    refuse(failing, "PutEmailIdentityFeedbackAttributes", "us-east-1")
    result = failing.module("ses_identity", **options)
    assert (result["rc"], result["changed"]) == (1, True)
    assert (
        "Done before that: PutEmailIdentityFeedbackAttributes in eu-west-1, "
        "PutEmailIdentityMailFromAttributes in us-east-1. AWS says: An error occurred (BadRequestException)"
    ) in result["msg"]

    # Nothing was done, and nothing is said to be.
    refuse(failing, "PutEmailIdentityFeedbackAttributes", "us-east-1")
    result = failing.module("ses_identity", **options)
    assert (result["rc"], result["changed"], "Done before" in result["msg"]) == (1, False, False)


def test_a_configuration_set_in_one_region_of_two(failing: Any) -> None:
    assert failing.module("ses_configuration_set", name="half", region="us-east-1")["rc"] == 0
    refuse(failing, "PutConfigurationSetDeliveryOptions", "us-east-1")
    result = failing.module("ses_configuration_set", name="half", regions=REGIONS, tls_policy="require")
    assert (result["rc"], result["changed"]) == (1, True)
    assert "Done before that: CreateConfigurationSet in eu-west-1." in result["msg"]


def test_accounts(failing: Any) -> None:
    refuse(failing, "PutAccountSendingAttributes", "us-east-1")
    result = failing.module("ses_account", regions=REGIONS, suppressed_reasons=["bounce"], sending_enabled=False)
    assert (result["rc"], result["changed"]) == (1, True)
    assert (
        "Done before that: PutAccountSuppressionAttributes in eu-west-1, PutAccountSendingAttributes in eu-west-1, "
        in result["msg"]
    )
    failing.control("DELETE", "api")
    assert (
        failing.module(
            "ses_account", regions=REGIONS, suppressed_reasons=["bounce", "complaint"], sending_enabled=True
        )["rc"]
        == 0
    )


@pytest.mark.parametrize(
    ("module", "options"),
    [("ses_account_info", {}), ("ses_identity", {"name": "nowhere.example"})],
)
def test_no_region_at_all(aws: Any, module: str, options: dict[str, Any]) -> None:
    environment = {name: value for name, value in aws.environment.items() if "REGION" not in name}
    result = dataclasses.replace(aws, environment=environment).module(module, region="", **options)
    assert result["rc"] == 1
    assert result["msg"] == (
        "There is no region. Name one in region, or several in regions, or set the environment variable AWS_REGION."
    )


def test_keys_that_other_regions_have(aws: Any) -> None:
    name = "kept.example"
    assert aws.module("ses_identity", name=name, regions=REGIONS, dkim_origin_region="eu-west-1")["rc"] == 0
    result = aws.module("ses_identity", name=name, region="eu-west-1", state="absent")
    assert (result["rc"], result["changed"]) == (1, False)
    assert f"does not delete the identity {name} in eu-west-1, probably because identities of other" in result["msg"]
    assert "Delete those first, or give them keys of their own with dkim: easy" in result["msg"]
    assert result["msg"].endswith("cannot be deleted until its replicas are: us-east-1.")
    assert aws.module("ses_identity", name=name, region="us-east-1", dkim="easy")["rc"] == 0
    gone = aws.module("ses_identity", name=name, region="eu-west-1", state="absent")
    assert (gone["rc"], gone["changed"]) == (0, True)


@pytest.mark.parametrize("option", ["wait_timeout", "wait_delay"])
def test_times_below_zero(aws: Any, option: str) -> None:
    result = aws.module("ses_identity", name="negative.example", wait=True, **{option: -1})
    assert (result["rc"], aws.calls()) == (1, [])
    assert result["msg"] == f"{option} is -1: it must be 0 seconds or more. Leave it out for its default."
