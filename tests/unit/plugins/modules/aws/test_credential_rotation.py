# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rotation by the module, seen by the lookup, by the module _info, and by the SMTP server."""

from __future__ import annotations

import json
import smtplib
import ssl
from typing import Any

import boto3
import pytest

from .test_credential_module import lookup


def iam(aws: Any) -> Any:
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return boto3.client("iam", "eu-west-1", endpoint_url=aws.url, **keys)


def credential(aws: Any, name: str, **options: str) -> dict[str, Any]:
    read = lookup(aws, name, **options)
    assert read.returncode == 0, read.stderr
    (found,) = json.loads(read.stdout)
    return dict(found)


def info(aws: Any, name: str, **options: str) -> dict[str, Any]:
    done = aws.module("ses_smtp_credential_info", name=name, **options)
    assert (done["rc"], done.get("changed")) == (0, False), done
    return dict(done["credential"])


def logs_in(aws: Any, key: dict[str, Any]) -> bool:
    """Whether SMTP takes this user name and password."""
    context = ssl.create_default_context(cafile=aws.ca_path)
    # The test server is reached by its address; the fleet's tests check names.
    context.check_hostname = False
    with smtplib.SMTP(aws.smtp[0], aws.smtp[1], timeout=10) as smtp:
        smtp.starttls(context=context)
        try:
            smtp.login(key["username"], key["passwords"]["eu-west-1"])
        except smtplib.SMTPAuthenticationError:
            return False
    return True


@pytest.mark.parametrize(("store", "name"), [("secretsmanager", "turned"), ("ssm", "/turned/ssm")])
def test_mail_goes_on_through_a_whole_rotation(aws: Any, store: str, name: str) -> None:
    options = {"name": name, "store": store, "senders": ["turned.example"]}
    results = [aws.module("ses_smtp_credential", **options)]
    old = credential(aws, name, store=store)
    assert sorted(old) == ["created", "passwords", "user_name", "username"]

    results.append(aws.module("ses_smtp_credential", **options, rotation="pending"))
    during = credential(aws, name, store=store)
    new = during.pop("pending")
    assert during == old
    assert sorted(new) == ["created", "passwords", "username"]
    assert results[-1]["pending"] == {key: new[key] for key in ("username", "created")} | {"regions": ["eu-west-1"]}
    assert (results[-1]["rotation"], results[-1]["username"]) == ("pending", old["username"])
    assert [logs_in(aws, key) for key in (old, new)] == [True, True]

    results.append(aws.module("ses_smtp_credential", **options, rotation="promoted"))
    after = credential(aws, name, store=store)
    assert (after.pop("previous"), after.pop("user_name")) == (old["username"], old["user_name"])
    assert after == new
    assert results[-1]["previous"]["username"] == old["username"]
    assert [logs_in(aws, key) for key in (old, new)] == [True, True]

    results.append(aws.module("ses_smtp_credential", **options, rotation="inactive"))
    assert [logs_in(aws, key) for key in (old, new)] == [False, True]
    results.append(aws.module("ses_smtp_credential", **options, rotation="deleted"))
    assert [logs_in(aws, key) for key in (old, new)] == [False, True]
    assert "previous" not in credential(aws, name, store=store)
    aws.calls()
    again = aws.module("ses_smtp_credential", **options, rotation="deleted")
    assert (again["changed"], again["rotation"], again["username"]) == (False, "none", new["username"])
    assert [call for call in aws.calls() if call[1]] == []

    assert [(result["rc"], result["changed"]) for result in results] == [(0, True)] * 5
    for hidden in (*old["passwords"].values(), *new["passwords"].values()):
        assert hidden not in json.dumps([*results, info(aws, name, store=store)])


def test_the_state_of_a_credential(aws: Any) -> None:
    assert info(aws, "known")["exists"] is False
    options = {"name": "known", "senders": ["known.example"], "regions": ["eu-west-1", "us-east-1"], "tags": {"a": "b"}}
    made = aws.module("ses_smtp_credential", **options)
    aws.calls()
    state = info(aws, "known")
    calls = ["GetUser", "ListAccessKeys", "GetAccessKeyLastUsed", "GetSecretValue", "GetUserPolicy"]
    assert aws.calls() == [(call, False) for call in calls]
    (key,) = state.pop("keys")
    assert {name: key.pop(name) for name in ("id", "role", "status", "age_days")} == {
        "id": made["username"],
        "role": "current",
        "status": "Active",
        "age_days": 0,
    }
    assert (key["last_used"], key["last_used_service"], key["regions"]) == (None, None, ["eu-west-1", "us-east-1"])
    assert state == {
        "exists": True,
        "user_name": "known",
        "user": {"arn": made["user_arn"], "path": "/", "permissions_boundary": "", "tags": {"a": "b"}},
        "rotation": "none",
        "regions": ["eu-west-1", "us-east-1"],
        "secret_access_key_kept": False,
        "store": made["store"],
        "policy": made["policy"],
        "problems": [],
    }
    assert logs_in(aws, credential(aws, "known"))
    (key,) = info(aws, "known")["keys"]
    assert (key["last_used_service"], key["last_used_region"]) == ("ses", "eu-west-1")
    assert key["last_used"] >= made["created"]


def test_the_keys_of_a_rotation_and_of_others(aws: Any) -> None:
    options = {"name": "roles", "senders": ["roles.example"]}
    first = aws.module("ses_smtp_credential", **options)["username"]
    second = aws.module("ses_smtp_credential", **options, rotation="pending")["pending"]["username"]
    state = info(aws, "roles")
    assert [(key["id"], key["role"]) for key in state["keys"]] == [(first, "current"), (second, "pending")]
    for step in ("promoted", "inactive"):
        aws.module("ses_smtp_credential", **options, rotation=step)
    state = info(aws, "roles")
    assert [(key["id"], key["role"], key["status"]) for key in state["keys"]] == [
        (second, "current", "Active"),
        (first, "previous", "Inactive"),
    ]
    assert (state["rotation"], state["problems"]) == ("inactive", [])
    aws.module("ses_smtp_credential", **options, rotation="deleted")
    theirs = iam(aws).create_access_key(UserName="roles")["AccessKey"]["AccessKeyId"]
    state = info(aws, "roles")
    assert [(key["id"], key["role"]) for key in state["keys"]] == [(second, "current"), (theirs, "foreign")]
    (problem,) = state["problems"]
    assert f"{theirs} of the IAM user roles is not of this credential" in problem


def test_without_a_store_the_state_is_that_of_the_key(aws: Any) -> None:
    made = aws.module("ses_smtp_credential", name="bare", store="none", senders=["bare.example"])
    state = info(aws, "bare", store="none")
    assert [(key["id"], key["role"]) for key in state["keys"]] == [(made["username"], "current")]
    assert (state["exists"], state["problems"], state["regions"]) == (True, [], [])


def test_the_permissions_boundary_is_set_and_removed(aws: Any) -> None:
    allow = {"Effect": "Allow", "Action": "ses:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    arn = iam(aws).create_policy(PolicyName="credential-boundary", PolicyDocument=document)["Policy"]["Arn"]
    options = {"name": "bounded", "senders": ["bounded.example"]}
    aws.module("ses_smtp_credential", **options)
    for wanted in (arn, ""):
        done = aws.module("ses_smtp_credential", **options, permissions_boundary=wanted)
        assert (done["rc"], done["changed"]) == (0, True), done
        assert info(aws, "bounded")["user"]["permissions_boundary"] == wanted
        assert not aws.module("ses_smtp_credential", **options, permissions_boundary=wanted)["changed"]
        assert not aws.module("ses_smtp_credential", **options)["changed"]


def test_a_step_out_of_order_is_one_clear_message(aws: Any) -> None:
    options = {"name": "early", "senders": ["early.example"]}
    aws.module("ses_smtp_credential", **options)
    aws.calls()
    done = aws.module("ses_smtp_credential", **options, rotation="promoted")
    assert done["rc"] == 1
    assert "Start with rotation=pending" in done["msg"]
    assert [call for call in aws.calls() if call[1]] == []


def test_limits_of_the_policy(aws: Any) -> None:
    limits = {
        "recipients": ["example.org"],
        "source_addresses": ["198.51.100.0/24"],
        "vpc_endpoints": ["vpce-01234567"],
        "configuration_sets": ["news"],
    }
    options = {"name": "limited", "senders": ["limited.example"], **limits}
    made = aws.module("ses_smtp_credential", **options)
    assert [s["Sid"] for s in made["policy"]["document"]["Statement"]] == [
        "SendFromTheseNetworks",
        "SendThroughTheseEndpoints",
    ]
    assert info(aws, "limited")["policy"] == made["policy"]
    assert not aws.module("ses_smtp_credential", **options)["changed"]
    wrong = aws.module("ses_smtp_credential", **{**options, "source_addresses": ["10.0.0.1"], "recipients": ["*"]})
    assert wrong["rc"] == 1
    assert "'10.0.0.1' is not public" in wrong["msg"]
    assert "The recipient '*'" in wrong["msg"]
