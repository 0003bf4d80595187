# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sending authorization policies: read, filled in for a region, compared as policies."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_policy import (
    in_region,
    planned,
    read_option,
)

ARN = "arn:aws:ses:eu-west-1:111122223333:identity/example.com"
STATEMENT = {
    "Sid": "partner",
    "Effect": "Allow",
    "Principal": {"AWS": "444455556666"},
    "Action": ["ses:SendEmail", "ses:SendRawEmail"],
    "Resource": ARN,
}
POLICY = {"Version": "2012-10-17", "Statement": [STATEMENT]}


def changed(**elements: Any) -> dict[str, Any]:
    return {**POLICY, "Statement": [{**STATEMENT, **elements}]}


@pytest.mark.parametrize(
    "wanted",
    [
        POLICY,
        {**POLICY, "Statement": STATEMENT},
        changed(Action=["ses:SendRawEmail", "ses:SendEmail"]),
        changed(Resource=[ARN]),
        changed(Principal={"AWS": ["444455556666"]}),
        changed(Principal={"AWS": "arn:aws:iam::444455556666:root"}),
    ],
)
def test_the_same_in_other_words_stays_as_it_is(wanted: Any) -> None:
    assert planned({"p": POLICY}, {"p": wanted}, purge=True) == {"p": POLICY}


@pytest.mark.parametrize(
    "wanted",
    [
        changed(Effect="Deny"),
        changed(Action=["ses:SendEmail"]),
        changed(Principal={"AWS": "444455556667"}),
        changed(Condition={"StringLike": {"ses:FromAddress": "*@example.com"}}),
        {**POLICY, "Version": "2008-10-17"},
        {"Statement": [STATEMENT]},
        {**POLICY, "Statement": [STATEMENT, {**STATEMENT, "Sid": "other", "Effect": "Deny"}]},
    ],
)
def test_what_says_something_else_is_changed(wanted: Any) -> None:
    assert planned({"p": POLICY}, {"p": wanted}, purge=False) == {"p": wanted}


@pytest.mark.parametrize(
    ("wanted", "purge", "names"),
    [
        (None, True, ["p", "q"]),
        ({}, False, ["p", "q"]),
        ({}, True, []),
        ({"p": POLICY}, True, ["p"]),
        ({"r": POLICY}, False, ["p", "q", "r"]),
    ],
)
def test_other_policies(wanted: Any, purge: bool, names: list[str]) -> None:
    assert sorted(planned({"p": POLICY, "q": "no JSON"}, wanted, purge=purge)) == names


def test_one_that_is_no_json_is_replaced() -> None:
    assert planned({"p": "no JSON"}, {"p": POLICY}, purge=False) == {"p": POLICY}


def test_policies_are_dictionaries_or_json() -> None:
    assert read_option({"a": POLICY, "b": json.dumps(POLICY)}) == {"a": POLICY, "b": POLICY}
    assert read_option(None) is None


@pytest.mark.parametrize("policy", ["{", "text", [], {}, {"Statement": []}, {"Statement": "x"}, None, "[1]"])
def test_what_is_no_policy(policy: Any) -> None:
    with pytest.raises(PlanError, match="The policy p is not an IAM policy"):
        read_option({"p": policy})


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(PlanError, match=r"'a b' cannot be the name of a policy.*The policy p is not an IAM policy"):
        read_option({"a b": POLICY, "p": "{"})


def test_a_statement_without_a_resource_is_about_the_identity() -> None:
    bare = {key: value for key, value in STATEMENT.items() if key != "Resource"}
    policies = {"p": {**POLICY, "Statement": bare}, "q": {**POLICY, "Statement": [bare, STATEMENT]}}
    found = in_region(policies, "eu-west-1", lambda: ARN)
    assert found == {"p": POLICY, "q": {**POLICY, "Statement": [STATEMENT, STATEMENT]}}


def test_the_account_is_asked_for_only_when_it_is_needed() -> None:
    def asked() -> str:
        raise AssertionError

    assert in_region({"p": POLICY}, "eu-west-1", asked) == {"p": POLICY}
    assert in_region({"p": changed(Resource="*")}, "us-east-1", asked) == {"p": changed(Resource="*")}


@pytest.mark.parametrize("resource", [ARN, ["*", ARN]])
def test_a_resource_of_another_region(resource: Any) -> None:
    with pytest.raises(PlanError, match=rf"{ARN}, which is not in us-east-1\. Leave Resource out"):
        in_region({"p": changed(Resource=resource)}, "us-east-1", lambda: ARN)
