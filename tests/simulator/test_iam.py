# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM as far as moto does not have it: boundaries of users, the policy simulator, when a key was last used."""

from __future__ import annotations

import datetime
import json
import smtplib
from itertools import count
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from simulator_client import SEND, Sender, Simulator

RECIPIENT = "success@simulator.amazonses.com"
_NUMBERS = count(1)


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def managed(simulator: Simulator, *statements: dict[str, Any]) -> str:
    """Make a managed policy; return its ARN."""
    iam = simulator.client("iam")
    arn: str = iam.create_policy(PolicyName=f"iam-test-{next(_NUMBERS)}", PolicyDocument=document(*statements))[
        "Policy"
    ]["Arn"]
    return arn


def send(simulator: Simulator, sender: Sender, mail_from: str) -> None:
    connection = simulator.logged_in(sender)
    connection.sendmail(mail_from, RECIPIENT, f"From: {mail_from}\nSubject: x\n\n")
    connection.quit()


def code_of(call: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_a_boundary_from_the_start_and_later(simulator: Simulator) -> None:
    iam = simulator.client("iam")
    arn, other = managed(simulator, SEND), managed(simulator, SEND)
    shown = {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": arn}
    made = iam.create_user(
        UserName="bounded", Path="/mail/", PermissionsBoundary=arn, Tags=[{"Key": "a", "Value": "b"}]
    )
    assert made["User"]["PermissionsBoundary"] == shown
    assert made["User"]["Arn"] == "arn:aws:iam::123456789012:user/mail/bounded"
    assert iam.get_user(UserName="bounded")["User"]["PermissionsBoundary"] == shown
    iam.put_user_permissions_boundary(UserName="bounded", PermissionsBoundary=other)
    found = iam.get_user(UserName="bounded")["User"]
    assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == other
    assert found["Tags"] == [{"Key": "a", "Value": "b"}]
    iam.delete_user_permissions_boundary(UserName="bounded")
    assert "PermissionsBoundary" not in iam.get_user(UserName="bounded")["User"]
    assert code_of(iam.delete_user_permissions_boundary, UserName="bounded")[0] == "NoSuchEntity"
    assert (
        code_of(iam.put_user_permissions_boundary, UserName="bounded", PermissionsBoundary=f"{arn}x")[0]
        == "NoSuchEntity"
    )
    assert code_of(iam.create_user, UserName="bounded-2", PermissionsBoundary=f"{arn}x")[0] == "NoSuchEntity"
    assert code_of(iam.get_user, UserName="bounded-2")[0] == "NoSuchEntity"
    assert code_of(iam.create_user, UserName="bounded")[0] == "EntityAlreadyExists"


def test_a_boundary_narrows_what_may_be_sent(simulator: Simulator) -> None:
    simulator.verified("boundary.example.com")
    sender = simulator.sender(SEND)
    narrow = managed(simulator, {**SEND, "Condition": {"StringLike": {"ses:FromAddress": "app@*"}}})
    simulator.client("iam").put_user_permissions_boundary(UserName=sender.name, PermissionsBoundary=narrow)
    send(simulator, sender, "app@boundary.example.com")
    with pytest.raises(smtplib.SMTPDataError, match="Access denied"):
        send(simulator, sender, "root@boundary.example.com")
    # A boundary alone gives nothing.
    simulator.client("iam").delete_user_policy(UserName=sender.name, PolicyName="send")
    with pytest.raises(smtplib.SMTPDataError, match="Access denied"):
        send(simulator, sender, "app@boundary.example.com")


def test_a_user_keeps_its_tags_when_it_moves(simulator: Simulator) -> None:
    iam = simulator.client("iam")
    iam.create_user(UserName="moving", Tags=[{"Key": "team", "Value": "mail"}])
    iam.update_user(UserName="moving", NewPath="/mail/")
    found = iam.get_user(UserName="moving")["User"]
    assert (found["Path"], found["Tags"]) == ("/mail/", [{"Key": "team", "Value": "mail"}])
    assert code_of(iam.update_user, UserName="nobody", NewPath="/mail/")[0] == "NoSuchEntity"


def test_a_user_with_something_left_is_not_deleted(simulator: Simulator) -> None:
    iam, sender = simulator.client("iam"), simulator.sender(SEND)
    code, message = code_of(iam.delete_user, UserName=sender.name)
    assert (code, message) == ("DeleteConflict", "Cannot delete entity, must delete access keys first.")
    iam.delete_access_key(UserName=sender.name, AccessKeyId=sender.access_key_id)
    assert "must delete policies" in code_of(iam.delete_user, UserName=sender.name)[1]
    iam.delete_user_policy(UserName=sender.name, PolicyName="send")
    iam.delete_user(UserName=sender.name)
    assert code_of(iam.get_user, UserName=sender.name)[0] == "NoSuchEntity"


def test_last_use(simulator: Simulator) -> None:
    iam, sender = simulator.client("iam"), simulator.sender(SEND)

    def last_used() -> dict[str, Any]:
        used: dict[str, Any] = iam.get_access_key_last_used(AccessKeyId=sender.access_key_id)["AccessKeyLastUsed"]
        return used

    assert last_used() == {"ServiceName": "N/A", "Region": "N/A"}
    wrong = Sender(sender.name, sender.access_key_id, sender.secret + "x")
    with pytest.raises(smtplib.SMTPAuthenticationError):
        simulator.logged_in(wrong)
    assert "LastUsedDate" not in last_used()
    begin = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    simulator.logged_in(sender, "us-east-1").quit()
    used = last_used()
    assert (used["ServiceName"], used["Region"]) == ("ses", "us-east-1")
    assert used["LastUsedDate"] >= begin
    client(simulator, sender, "sts").get_caller_identity()
    assert last_used()["ServiceName"] == "sts"


def client(simulator: Simulator, sender: Sender, service: str, region: str = "eu-west-1") -> Any:
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=simulator.api,
        aws_access_key_id=sender.access_key_id,
        aws_secret_access_key=sender.secret,
    )


def simulated(simulator: Simulator, sender: Sender, **arguments: Any) -> list[dict[str, Any]]:
    arn = f"arn:aws:iam::123456789012:user/{sender.name}"
    wanted = {"PolicySourceArn": arn, "ActionNames": ["ses:SendRawEmail"], **arguments}
    results: list[dict[str, Any]] = simulator.client("iam").simulate_principal_policy(**wanted)["EvaluationResults"]
    return results


def test_the_policy_simulator(simulator: Simulator) -> None:
    sender = simulator.sender({**SEND, "Condition": {"StringLike": {"ses:FromAddress": "*@example.com"}}})
    entry = {"ContextKeyName": "ses:FromAddress", "ContextKeyType": "string"}
    [unknown] = simulated(simulator, sender)
    assert (unknown["EvalDecision"], unknown["MissingContextValues"]) == ("implicitDeny", ["ses:FromAddress"])
    [wrong] = simulated(simulator, sender, ContextEntries=[{**entry, "ContextKeyValues": ["a@example.org"]}])
    assert (wrong["EvalDecision"], wrong["MissingContextValues"]) == ("implicitDeny", [])
    right = [{**entry, "ContextKeyValues": ["a@example.com"]}]
    arns = [f"arn:aws:ses:eu-west-1:123456789012:{what}" for what in ("identity/example.com", "configuration-set/x")]
    by = [{"SourcePolicyId": f"user_{sender.name}_send", "SourcePolicyType": "user"}]
    [both] = simulated(simulator, sender, ContextEntries=right, ResourceArns=arns)
    assert (both["EvalDecision"], both["EvalResourceName"], both["MatchedStatements"]) == ("allowed", "*", by)
    each = both["ResourceSpecificResults"]
    assert [(one["EvalResourceDecision"], one["EvalResourceName"]) for one in each] == [
        ("allowed", arn) for arn in arns
    ]
    # With resources, what is missing is told for them, and the result's own name of a resource is a template.
    [one] = simulated(simulator, sender, ResourceArns=arns[:1])
    assert one["EvalResourceName"] == "arn:${Partition}:ses:${Region}:${Account}:identity/${Name}"
    assert (one["EvalDecision"], one["MissingContextValues"]) == ("implicitDeny", [])
    assert one["ResourceSpecificResults"][0]["MissingContextValues"] == ["ses:FromAddress"]
    deny = document({"Effect": "Deny", "Action": "*", "Resource": "*"})
    [denied] = simulated(simulator, sender, ContextEntries=right, PolicyInputList=[deny])
    assert denied["EvalDecision"] == "explicitDeny"
    narrow = managed(simulator, {"Effect": "Allow", "Action": "iam:*", "Resource": "*"})
    simulator.client("iam").put_user_permissions_boundary(UserName=sender.name, PermissionsBoundary=narrow)
    [bounded] = simulated(simulator, sender, ContextEntries=right)
    assert bounded["EvalDecision"] == "implicitDeny"
    assert bounded["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}


def test_the_policy_simulator_without_a_user(simulator: Simulator) -> None:
    iam = simulator.client("iam")
    asked = {"PolicyInputList": [document(SEND)], "ActionNames": ["ses:SendRawEmail", "ses:SendEmail"]}
    results = iam.simulate_custom_policy(**asked)["EvaluationResults"]
    assert [one["EvalDecision"] for one in results] == ["allowed", "implicitDeny"]
    assert code_of(iam.simulate_custom_policy, **{**asked, "PolicyInputList": ["no"]})[0] == "InvalidInput"
    nobody = "arn:aws:iam::123456789012:user/nobody"
    assert code_of(iam.simulate_principal_policy, PolicySourceArn=nobody, ActionNames=["a:b"])[0] == "NoSuchEntity"
