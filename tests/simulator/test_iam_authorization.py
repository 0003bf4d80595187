# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an IAM user's key may do at the AWS API, and how each protocol words a refusal."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from simulator_client import Sender, Simulator

ACCOUNT = "123456789012"
REGION = "eu-west-1"


def allow(*actions: str, resource: Any = "*", **elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **elements}


def client(simulator: Simulator, caller: Sender, service: str) -> Any:
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=simulator.api,
        aws_access_key_id=caller.access_key_id,
        aws_secret_access_key=caller.secret,
        config=Config(retries={"total_max_attempts": 1}),
    )


def attempt(
    simulator: Simulator, caller: Sender, service: str, operation: str, **arguments: Any
) -> tuple[int, str, str]:
    """Return HTTP status, error code and message of a call, 200 and nothing where it succeeds."""
    try:
        getattr(client(simulator, caller, service), operation)(**arguments)
    except ClientError as error:
        found = error.response
        return found["ResponseMetadata"]["HTTPStatusCode"], found["Error"]["Code"], found["Error"]["Message"]
    return 200, "", ""


def decisions(simulator: Simulator) -> list[tuple[str, str, bool]]:
    """Return what IAM was asked since the last time: action, resource and answer."""
    found = simulator.control("GET", "decisions")
    simulator.control("DELETE", "decisions")
    return [(one["action"], one["resource"], one["allowed"]) for one in found]


def denied(caller: Sender, action: str, *, on: str = "", why: str = "") -> str:
    shown = f" on resource: {on}" if on else ""
    reason = why or f" because no identity-based policy allows the {action} action"
    return f"User: arn:aws:iam::{ACCOUNT}:user/{caller.name} is not authorized to perform: {action}{shown}{reason}"


REFUSALS = [
    ("iam", "get_user", {"UserName": "bob"}, (403, "AccessDenied"), "iam:GetUser", "user bob"),
    (
        "iam",
        "create_user",
        {"UserName": "bob", "Path": "/mail/"},
        (403, "AccessDenied"),
        "iam:CreateUser",
        f"arn:aws:iam::{ACCOUNT}:user/mail/bob",
    ),
    ("iam", "list_users", {}, (403, "AccessDenied"), "iam:ListUsers", ""),
    (
        "iam",
        "get_access_key_last_used",
        {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"},
        (403, "AccessDenied"),
        "iam:GetAccessKeyLastUsed",
        "access key AKIAIOSFODNN7EXAMPLE",
    ),
    ("sesv2", "get_account", {}, (403, "AccessDeniedException"), "ses:GetAccount", ""),
    (
        "sesv2",
        "get_email_identity",
        {"EmailIdentity": "example.com"},
        (403, "AccessDeniedException"),
        "ses:GetEmailIdentity",
        f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.com",
    ),
    (
        "sesv2",
        "put_configuration_set_sending_options",
        {"ConfigurationSetName": "news", "SendingEnabled": True},
        (403, "AccessDeniedException"),
        "ses:PutConfigurationSetSendingOptions",
        f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/news",
    ),
    (
        "secretsmanager",
        "get_secret_value",
        {"SecretId": "nothing"},
        (400, "AccessDeniedException"),
        "secretsmanager:GetSecretValue",
        "nothing",
    ),
    (
        "ssm",
        "get_parameter",
        {"Name": "/mail/smtp"},
        (400, "AccessDeniedException"),
        "ssm:GetParameter",
        f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/mail/smtp",
    ),
    ("route53", "list_hosted_zones", {}, (403, "AccessDenied"), "route53:ListHostedZones", ""),
    (
        "route53",
        "list_resource_record_sets",
        {"HostedZoneId": "Z123"},
        (403, "AccessDenied"),
        "route53:ListResourceRecordSets",
        "arn:aws:route53:::hostedzone/Z123",
    ),
    (
        "service-quotas",
        "request_service_quota_increase",
        {"ServiceCode": "ses", "QuotaCode": "L-804C8AE8", "DesiredValue": 5.0},
        (400, "AccessDeniedException"),
        "servicequotas:RequestServiceQuotaIncrease",
        f"arn:aws:servicequotas:{REGION}:{ACCOUNT}:ses/L-804C8AE8",
    ),
]


@pytest.mark.parametrize(("service", "operation", "arguments", "answer", "action", "on"), REFUSALS)
def test_refused_in_the_words_of_the_service(
    simulator: Simulator,
    service: str,
    operation: str,
    arguments: dict[str, Any],
    answer: tuple[int, str],
    action: str,
    on: str,
) -> None:
    caller = simulator.sender(allow("ses:SendRawEmail"))
    decisions(simulator)
    found = attempt(simulator, caller, service, operation, **arguments)
    assert found == (*answer, denied(caller, action, on=on))
    [(asked, _resource, allowed)] = decisions(simulator)
    assert (asked, allowed) == (action, False)


def test_what_is_allowed_is_done_and_nothing_else(simulator: Simulator) -> None:
    mine = f"arn:aws:ses:*:{ACCOUNT}:identity/*.allowed.example"
    caller = simulator.sender(allow("ses:CreateEmailIdentity", "ses:GetEmailIdentity", resource=mine))
    for name, status in (("a.allowed.example", 200), ("other.example", 403)):
        assert attempt(simulator, caller, "sesv2", "create_email_identity", EmailIdentity=name)[0] == status
    known = [one["IdentityName"] for one in simulator.client("sesv2").list_email_identities()["EmailIdentities"]]
    assert "a.allowed.example" in known
    assert "other.example" not in known
    # Whoever is no user of IAM is the account itself.
    simulator.client("sesv2").create_email_identity(EmailIdentity="other.example")


def test_an_explicit_deny_and_a_boundary_in_their_words(simulator: Simulator) -> None:
    iam = simulator.client("iam")
    caller = simulator.sender(allow("*"), {"Effect": "Deny", "Action": "ses:GetAccount", "Resource": "*"})
    why = " with an explicit deny in an identity-based policy"
    assert attempt(simulator, caller, "sesv2", "get_account")[2] == denied(caller, "ses:GetAccount", why=why)
    for name, statements, why in (
        ("b1", [allow("iam:*")], " because no permissions boundary allows the ses:ListEmailIdentities action"),
        (
            "b2",
            [allow("*"), {"Effect": "Deny", "Action": "ses:List*", "Resource": "*"}],
            " with an explicit deny in a permissions boundary",
        ),
    ):
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        arn = iam.create_policy(PolicyName=f"authorization-{name}", PolicyDocument=document)["Policy"]["Arn"]
        iam.put_user_permissions_boundary(UserName=caller.name, PermissionsBoundary=arn)
        found = attempt(simulator, caller, "sesv2", "list_email_identities")
        assert found[2] == denied(caller, "ses:ListEmailIdentities", why=why)
    iam.delete_user_permissions_boundary(UserName=caller.name)
    assert attempt(simulator, caller, "sesv2", "list_email_identities")[0] == 200


def test_everybody_may_ask_who_they_are(simulator: Simulator) -> None:
    caller = simulator.sender({"Effect": "Deny", "Action": "*", "Resource": "*"})
    who = client(simulator, caller, "sts").get_caller_identity()
    assert (who["Account"], who["Arn"]) == (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/{caller.name}")


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("iam", "list_users", "InvalidClientTokenId"),
        ("sesv2", "get_account", "UnrecognizedClientException"),
        ("secretsmanager", "list_secrets", "UnrecognizedClientException"),
    ],
)
def test_an_inactive_or_deleted_key_is_no_key(simulator: Simulator, service: str, operation: str, code: str) -> None:
    caller = simulator.sender(allow("*"))
    assert attempt(simulator, caller, service, operation)[0] == 200
    key = {"UserName": caller.name, "AccessKeyId": caller.access_key_id}
    simulator.client("iam").update_access_key(**key, Status="Inactive")
    assert attempt(simulator, caller, service, operation)[:2] == (403, code)
    simulator.client("iam").delete_access_key(**key)
    # It does not become a caller without limits when it is gone.
    assert attempt(simulator, caller, service, operation)[:2] == (403, code)
    other = replace(caller, access_key_id="AKIAIOSFODNN7EXAMPLE")
    assert attempt(simulator, other, service, operation)[0] == 200


@pytest.fixture(scope="session")
def boundary(running: Simulator) -> str:
    """A managed policy that may be a boundary."""
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("ses:*")]})
    made = running.client("iam").create_policy(PolicyName="authorization-boundary", PolicyDocument=document)
    return str(made["Policy"]["Arn"])


TAGS = [{"Key": "team", "Value": "mail"}]
CREATIONS = [
    ("iam", "create_user", {"UserName": "tagged-1", "Tags": TAGS}, "iam:CreateUser", "iam:TagUser"),
    (
        "secretsmanager",
        "create_secret",
        {"Name": "tagged-1", "SecretString": "x", "Tags": TAGS},
        "secretsmanager:CreateSecret",
        "secretsmanager:TagResource",
    ),
    (
        "ssm",
        "put_parameter",
        {"Name": "tagged-1", "Value": "x", "Type": "SecureString", "Tags": TAGS},
        "ssm:PutParameter",
        "ssm:AddTagsToResource",
    ),
    (
        "secretsmanager",
        "create_secret",
        {"Name": "sealed-1", "SecretString": "x", "KmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/abc"},
        "secretsmanager:CreateSecret",
        "kms:GenerateDataKey",
    ),
]


@pytest.mark.parametrize(("service", "operation", "arguments", "action", "further"), CREATIONS)
def test_what_a_call_needs_besides_its_own_action(
    simulator: Simulator, service: str, operation: str, arguments: dict[str, Any], action: str, further: str
) -> None:
    caller = simulator.sender(allow(action))
    status, _code, message = attempt(simulator, caller, service, operation, **arguments)
    assert status in (400, 403)
    assert f"is not authorized to perform: {further} on resource: " in message
    plain = {name: value for name, value in arguments.items() if name not in ("Tags", "KmsKeyId")}
    assert attempt(simulator, caller, service, operation, **plain)[0] == 200


def test_a_role_is_handed_over_only_by_who_may_pass_it(simulator: Simulator) -> None:
    simulator.client("sesv2").create_configuration_set(ConfigurationSetName="authorization-stream")
    role = f"arn:aws:iam::{ACCOUNT}:role/stream"
    stream = f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/mail"
    arguments = {
        "ConfigurationSetName": "authorization-stream",
        "EventDestinationName": "stream",
        "EventDestination": {
            "Enabled": True,
            "MatchingEventTypes": ["BOUNCE"],
            "KinesisFirehoseDestination": {"IamRoleArn": role, "DeliveryStreamArn": stream},
        },
    }
    operation = "create_configuration_set_event_destination"
    caller = simulator.sender(allow("ses:*"))
    assert attempt(simulator, caller, "sesv2", operation, **arguments)[2] == denied(caller, "iam:PassRole", on=role)
    decisions(simulator)
    passing = simulator.sender(allow("ses:*"), allow("iam:PassRole", resource=role))
    attempt(simulator, passing, "sesv2", operation, **arguments)
    assert ("iam:PassRole", role, True) in decisions(simulator)
    for service, allowed in (("ses", True), ("firehose", False)):
        to = {"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}}
        passing = simulator.sender(allow("ses:*"), allow("iam:PassRole", resource=role, Condition=to))
        attempt(simulator, passing, "sesv2", operation, **arguments)
        assert ("iam:PassRole", role, allowed) in decisions(simulator)


def test_moving_a_user_needs_both_places(simulator: Simulator) -> None:
    iam = simulator.client("iam")
    iam.create_user(UserName="placed-1")
    here = simulator.sender(allow("iam:UpdateUser", resource=f"arn:aws:iam::{ACCOUNT}:user/placed-*"))
    move = {"UserName": "placed-1", "NewPath": "/mail/"}
    assert attempt(simulator, here, "iam", "update_user", **move)[0] == 403
    both = [f"arn:aws:iam::{ACCOUNT}:user/placed-*", f"arn:aws:iam::{ACCOUNT}:user/mail/*"]
    assert (
        attempt(simulator, simulator.sender(allow("iam:UpdateUser", resource=both)), "iam", "update_user", **move)[0]
        == 200
    )


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({"StringEquals": {"aws:RequestTag/team": "mail"}}, 200),
        ({"StringEquals": {"aws:RequestTag/team": "web"}}, 403),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}, 200),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["owner"]}}, 403),
        ({"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/authorization-boundary"}}, 200),
        ({"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/another"}}, 403),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, 403),
    ],
)
def test_conditions_on_what_is_made(
    simulator: Simulator, boundary: str, condition: dict[str, Any], status: int
) -> None:
    # iam:TagUser has no such condition as iam:PermissionsBoundary.
    caller = simulator.sender(allow("iam:CreateUser", Condition=condition), allow("iam:TagUser"))
    made = {"UserName": f"made-by-{caller.name}", "Tags": TAGS, "PermissionsBoundary": boundary}
    assert attempt(simulator, caller, "iam", "create_user", **made)[0] == status


def test_a_boundary_is_a_condition_of_some_actions_alone(simulator: Simulator, boundary: str) -> None:
    """A statement with it allows no call about keys, whatever boundary their user has."""
    condition = {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    caller = simulator.sender(allow("iam:*", Condition=condition))
    simulator.client("iam").create_user(UserName="conditional-1", PermissionsBoundary=boundary)
    user = {"UserName": "conditional-1"}
    policy = {"PolicyName": "p", "PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [allow("ses:*")]})}
    calls = [
        ("put_user_policy", policy, 200),
        ("put_user_permissions_boundary", {"PermissionsBoundary": boundary}, 200),
        ("put_user_permissions_boundary", {"PermissionsBoundary": f"{boundary}-2"}, 403),
        ("delete_user_policy", {"PolicyName": "p"}, 200),
        ("create_access_key", {}, 403),
        ("list_access_keys", {}, 403),
        ("tag_user", {"Tags": TAGS}, 403),
        ("delete_user", {}, 403),
        ("delete_user_permissions_boundary", {}, 200),
        ("put_user_policy", policy, 403),
    ]
    for operation, arguments, status in calls:
        assert attempt(simulator, caller, "iam", operation, **user, **arguments)[0] == status, operation


def test_a_new_key_for_what_an_old_one_seals(simulator: Simulator) -> None:
    keys = [simulator.client("kms").create_key()["KeyMetadata"]["Arn"] for _number in range(2)]
    simulator.client("secretsmanager").create_secret(Name="sealed-2", SecretString="x", KmsKeyId=keys[0])
    change = {"SecretId": "sealed-2", "SecretString": "y", "KmsKeyId": keys[1]}
    use = ("kms:Decrypt", "kms:GenerateDataKey")
    caller = simulator.sender(allow("secretsmanager:UpdateSecret"), allow(*use, resource=keys[1]))
    refused = attempt(simulator, caller, "secretsmanager", "update_secret", **change)
    assert refused[2] == denied(caller, "kms:Decrypt", on=keys[0])
    both = simulator.sender(allow("secretsmanager:UpdateSecret"), allow(*use, resource=keys))
    assert attempt(simulator, both, "secretsmanager", "update_secret", **change)[0] == 200


def test_a_pool_is_a_resource_of_its_own(simulator: Simulator) -> None:
    sets = f"arn:aws:ses:*:{ACCOUNT}:configuration-set/*"
    pool = f"arn:aws:ses:{REGION}:{ACCOUNT}:dedicated-ip-pool/authorization"
    simulator.client("sesv2").create_dedicated_ip_pool(PoolName="authorization")
    made = {"ConfigurationSetName": "pooled", "DeliveryOptions": {"SendingPoolName": "authorization"}}
    caller = simulator.sender(allow("ses:*", resource=sets))
    refused = attempt(simulator, caller, "sesv2", "create_configuration_set", **made)
    assert refused[2] == denied(caller, "ses:CreateConfigurationSet", on=pool)
    caller = simulator.sender(allow("ses:*", resource=[sets, pool]))
    assert attempt(simulator, caller, "sesv2", "create_configuration_set", **made)[0] == 200


def test_where_the_caller_is(simulator: Simulator) -> None:
    inside = {"StringEquals": {"aws:SourceVpce": "vpce-0a1"}}
    office = {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}
    at_office = simulator.sender(allow("ses:GetAccount", Condition=office))
    in_vpc = simulator.sender(allow("ses:GetAccount", Condition=inside))

    def who_may() -> list[bool]:
        return [attempt(simulator, one, "sesv2", "get_account")[0] == 200 for one in (at_office, in_vpc)]

    assert who_may() == [False, False]
    try:
        simulator.control("POST", "origins", {"network": "127.0.0.0/8", "source_ip": "198.51.100.7"})
        assert who_may() == [True, False]
        simulator.control("POST", "origins", {"network": "127.0.0.0/8", "vpc_endpoint": "vpce-0a1", "vpc": "vpc-1"})
        assert who_may() == [False, True]
    finally:
        simulator.control("DELETE", "origins")
    assert who_may() == [False, False]
