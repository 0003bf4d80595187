# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module ses_preflight against the simulator."""

from __future__ import annotations

from typing import Any

REGION = "eu-west-1"


def codes(result: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in result["reasons"]]


def test_nothing_there(aws: Any) -> None:
    done = aws.module("ses_preflight", sender="app@nothing.example", credential={"name": "nothing"})
    assert done["rc"] == 1
    assert codes(done) == ["identity_missing", "credential_missing"]
    assert "(1) No identity in eu-west-1 covers the sender app@nothing.example" in done["msg"]
    assert "(2) There is no credential nothing in Secrets Manager in eu-west-1." in done["msg"]
    assert not [operation for operation, write in aws.calls() if write]


def test_all_is_well_with_few_calls(aws: Any) -> None:
    aws.verify("well.example")
    aws.module("ses_smtp_credential", name="well", senders=["well.example"])
    aws.calls()
    done = aws.module("ses_preflight", sender="app@well.example", credential={"name": "well"})
    assert done["rc"] == 0, done
    assert (done["accepted"], done["complete"], done["reasons"]) == (True, True, [])
    assert (done["user_name"], done["regions"][0]["identity"]) == ("well", "well.example")
    assert [operation for operation, _write in aws.calls()] == [
        "GetSecretValue",
        "GetUser",
        "ListAccessKeys",
        "ListUserPolicies",
        "GetUserPolicy",
        "ListAttachedUserPolicies",
        "ListGroupsForUser",
        "GetAccount",
        "GetEmailIdentity",
        "GetEmailIdentity",
    ]
