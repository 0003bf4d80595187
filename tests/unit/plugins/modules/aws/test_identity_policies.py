# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sending authorization policies of ses_identity in the simulator."""

from __future__ import annotations

import json
from typing import Any

REGIONS = ["eu-west-1", "us-east-1"]
STATEMENT = {
    "Effect": "Allow",
    "Principal": {"AWS": "444455556666"},
    "Action": ["ses:SendEmail", "ses:SendRawEmail"],
}


def policy(**elements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{**STATEMENT, **elements}]}


def writes(aws: Any) -> list[str]:
    return [name for name, write in aws.calls() if write and name != "GetCallerIdentity"]


def test_life_of_a_policy(aws: Any) -> None:
    options = {"name": "policy.example", "regions": REGIONS, "policies": {"partner": policy()}}
    made = aws.module("ses_identity", **options)
    assert (made["rc"], made["changed"]) == (0, True), made
    # Each region's policy is about the identity of that region.
    stored = [json.loads(each["identity"]["policies"]["partner"]) for each in made["identities"]]
    assert [each["Statement"][0]["Resource"] for each in stored] == [
        f"arn:aws:ses:{region}:123456789012:identity/policy.example" for region in REGIONS
    ]
    assert writes(aws) == ["CreateEmailIdentity", "CreateEmailIdentityPolicy"] * 2

    # The same in other words, as JSON text
    words = json.dumps(policy(Action=["ses:SendRawEmail", "ses:SendEmail"], Principal={"AWS": ["444455556666"]}))
    assert not aws.module("ses_identity", **{**options, "policies": {"partner": words}})["changed"]
    assert not writes(aws)

    one = {"name": "policy.example", "region": "us-east-1"}
    changed = aws.module("ses_identity", policies={"partner": policy(Effect="Deny")}, **one)
    assert (changed["changed"], writes(aws)) == (True, ["UpdateEmailIdentityPolicy"])
    foreseen = aws.module("ses_identity", policies={"other": policy()}, purge_policies=True, check_mode=True, **one)
    assert (foreseen["changed"], writes(aws)) == (True, [])
    aws.module("ses_identity", policies={"other": policy()}, **one)
    assert writes(aws) == ["CreateEmailIdentityPolicy"]
    purged = aws.module("ses_identity", policies={"other": policy()}, purge_policies=True, **one)
    assert (list(purged["identity"]["policies"]), writes(aws)) == (["other"], ["DeleteEmailIdentityPolicy"])
    assert not aws.module("ses_identity", **one)["changed"]


def test_policies_that_ses_would_not_take(aws: Any) -> None:
    elsewhere = policy(Resource="arn:aws:ses:us-east-1:123456789012:identity/wrong-policy.example")
    for policies, text in (
        ({"partner": elsewhere}, "which is not in eu-west-1. Leave Resource out"),
        ({"partner": "{", "a b": policy()}, "The policy partner is not an IAM policy"),
        ({"partner": "{", "a b": policy()}, "'a b' cannot be the name of a policy"),
    ):
        done = aws.module("ses_identity", name="wrong-policy.example", policies=policies)
        assert (done["rc"], text in done["msg"]) == (1, True), done["msg"]
    assert not writes(aws)
