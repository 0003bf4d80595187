# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module ses_preflight against the simulator: its options, its calls, what its caller may do."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.retries import RetryingBotoClientWrapper
from botocore.exceptions import ClientError

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import RETRY
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight import Iam, preflight
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_credential import Named
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_question import question
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store_open import open_store
from ansible_collections.cloudmail.ses.plugins.modules.ses_preflight import DOCUMENTATION

REGION = "eu-west-1"
#: What the documentation says that the module needs, but for KMS, which is needed for keys of one's own alone.
PERMISSIONS = sorted(set(re.findall(r"C\(((?:iam|secretsmanager|ses|ssm):\w+)\)", DOCUMENTATION)))
OF_USER = [
    "GetUser",
    "ListAccessKeys",
    "ListUserPolicies",
    "GetUserPolicy",
    "ListAttachedUserPolicies",
    "ListGroupsForUser",
]


def codes(result: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in result["reasons"]]


@functools.cache
def client(service: str, url: str, *key: str) -> Any:
    keys = dict(zip(("aws_access_key_id", "aws_secret_access_key"), key or ("testing", "testing"), strict=True))
    return boto3.client(service, region_name=REGION, endpoint_url=url, **keys)


def ask(aws: Any, sender: str, named: Named, *, key: tuple[str, ...] = (), **options: Any) -> dict[str, Any]:
    """Ask in this process, which takes a hundredth of the time; ``key`` is that of the caller."""
    ses, iam, secrets, ssm = (
        RetryingBotoClientWrapper(client(service, aws.url, *key), RETRY)
        for service in ("sesv2", "iam", "secretsmanager", "ssm")
    )
    simulate = options.pop("simulate", False)
    kind = "none" if not named.name else "ssm" if named.name.startswith("/") else "secretsmanager"
    store = open_store(kind, {"ssm": ssm, "secretsmanager": secrets}.get(kind))
    asked = question(sender, ["success@simulator.amazonses.com"], **options)
    return preflight(asked, [ses], Iam(iam, named, store, simulate=simulate))


def names_of(calls: list[tuple[str, bool]]) -> list[str]:
    assert not any(write for _name, write in calls)
    return [name for name, _write in calls]


def test_nothing_there(aws: Any) -> None:
    done = aws.module("ses_preflight", sender="app@nothing.example", credential={"name": "nothing"})
    assert done["rc"] == 1
    assert codes(done) == ["identity_missing", "credential_missing"]
    assert "(1) No identity in eu-west-1 covers the sender app@nothing.example" in done["msg"]
    assert "(2) There is no credential nothing in Secrets Manager in eu-west-1. Create it with" in done["msg"]
    assert names_of(aws.calls()) == ["GetSecretValue", "GetAccount", *["GetEmailIdentity"] * 2]


@pytest.mark.parametrize(
    ("store", "name", "read"), [("secretsmanager", "well", "GetSecretValue"), ("ssm", "/well/ssm", "GetParameter")]
)
def test_all_is_well_with_few_calls(aws: Any, store: str, name: str, read: str) -> None:
    aws.verify("well.example")
    made = aws.module("ses_smtp_credential", name=name, store=store, senders=["well.example"])
    aws.calls()
    done = aws.module("ses_preflight", sender="app@well.example", credential={"name": name, "store": store})
    assert done["rc"] == 0, done
    assert (done["accepted"], done["complete"], done["reasons"]) == (True, True, [])
    assert (done["user_name"], done["access_key_id"]) == (made["user_name"], made["username"])
    (region,) = done["regions"]
    assert (region["region"], region["identity"], region["accepted"]) == (REGION, "well.example", True)
    assert region["notes"] == done["notes"]
    assert names_of(aws.calls()) == [read, *OF_USER, "GetAccount", *["GetEmailIdentity"] * 2]


def test_several_regions(aws: Any) -> None:
    """IAM is read once, a region without SMTP not at all; what holds everywhere is said once."""
    aws.verify("regions.example")
    aws.module("ses_smtp_credential", name="regions", senders=["other.example"])
    aws.calls()
    options = {"sender": "app@regions.example", "credential": {"name": "regions"}}
    regions = [REGION, "us-east-1", "eu-south-1", REGION]
    done = aws.module("ses_preflight", regions=regions, fail_when_refused=False, **options)
    assert (done["rc"], done["accepted"]) == (0, False)
    found = {each["region"]: codes(each) for each in done["regions"]}
    assert found == {
        REGION: ["policy_does_not_allow"],
        "us-east-1": ["identity_missing", "password_missing", "policy_does_not_allow"],
        "eu-south-1": ["region_without_smtp"],
    }
    assert done["regions"][2]["reasons"][0]["fix"].startswith("Use a nearby region with SMTP")
    calls = names_of(aws.calls())
    assert (calls.count("GetUser"), calls.count("GetSecretValue"), calls.count("GetAccount")) == (1, 1, 2)
    assert len(done["reasons"]) == 5

    failed = aws.module("ses_preflight", regions=regions, check_mode=True, **options)
    assert failed["rc"] == 1
    assert all(f"{reason['message']} {reason['fix']}" in failed["msg"] for reason in done["reasons"])
    assert failed["regions"] == done["regions"]


def test_only_regions_without_smtp_make_no_call(aws: Any) -> None:
    done = aws.module("ses_preflight", sender="app@x.example", regions=["af-south-1"], credential={"name": "x"})
    assert codes(done) == ["region_without_smtp"]
    assert aws.calls() == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sender": "example.com"}, "The sender 'example.com' is not an e-mail address. Use app@example.com."),
        (
            {"sender": "x", "recipients": ["y", "z@z.example"], "source_address": "here", "messages": 0, "rate": -1},
            (
                "The sender 'x' is not an e-mail address. Use app@example.com. The recipient 'y' is not an e-mail address. "
                "Use app@example.com. source_address 'here' is not an IP address. Use one such as 192.0.2.10. "
                "messages is 0: it must be more than 0. rate is -1.0: it must be more than 0."
            ),
        ),
        ({"sender": "a@b.example", "recipients": []}, "There is no recipient. Leave recipients out"),
        ({"sender": "a@b.example", "regions": ["eu-west"]}, "'eu-west' is not an AWS region."),
        ({"sender": "a@b.example", "credential": {"name": "x"}, "access_key_id": "y"}, "mutually exclusive"),
    ],
)
def test_input_that_cannot_be_meant(aws: Any, options: dict[str, Any], message: str) -> None:
    done = aws.module("ses_preflight", **options)
    assert done["rc"] == 1
    assert message in done["msg"]
    assert aws.calls() == []


def test_quota_and_rate_for_a_campaign(aws: Any) -> None:
    aws.verify("campaign.example")
    options = {"sender": "news@campaign.example", "recipients": ["a@campaign.example", "b@campaign.example"]}
    assert aws.module("ses_preflight", **options)["rc"] == 0
    done = aws.module("ses_preflight", messages=101, rate=2, **options)
    assert codes(done) == ["quota_spent", "rate_too_low"]
    assert "The quota of eu-west-1 is 200 recipients in 24 hours" in done["msg"]
    assert "and this needs 202." in done["msg"]
    assert "SES takes 1 recipients a second in eu-west-1; this needs 4." in done["msg"]
    aws.control("POST", "account", {"region": REGION, "max_send_rate": 4, "max_24_hour_send": 10000})
    try:
        assert aws.module("ses_preflight", messages=101, rate=2, **options)["rc"] == 0
    finally:
        aws.control("POST", "account", {"region": REGION, "max_send_rate": 1, "max_24_hour_send": 200})


def document(*actions: str, **elements: Any) -> str:
    statement = {"Effect": "Allow", "Action": actions or "ses:SendRawEmail", "Resource": "*", **elements}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_user_or_a_key_alone(aws: Any) -> None:
    aws.verify("alone.example")
    made = aws.module("ses_smtp_credential", name="alone", senders=["alone.example"])
    for named in (Named(user_name="alone"), Named(access_key_id=made["username"])):
        aws.calls()
        done = ask(aws, "app@alone.example", named)
        assert (done["accepted"], done["user_name"], done["complete"]) == (True, "alone", True), done
        owner = ["GetAccessKeyLastUsed"] if named.access_key_id else []
        assert names_of(aws.calls()) == [*owner, *OF_USER, "GetAccount", *["GetEmailIdentity"] * 2]
    by_module = aws.module("ses_preflight", sender="app@alone.example", access_key_id=made["username"])
    assert {key: by_module[key] for key in done} == done
    assert codes(ask(aws, "app@alone.example", Named(user_name="nobody"))) == ["user_missing"]
    assert codes(ask(aws, "app@alone.example", Named(access_key_id="AKIANOSUCHKEYORUSER0"))) == ["key_unknown"]


def test_a_user_with_several_keys_needs_one_active(aws: Any) -> None:
    iam = client("iam", aws.url)
    aws.verify("keys.example")
    iam.create_user(UserName="keys")
    iam.put_user_policy(UserName="keys", PolicyName="p", PolicyDocument=document())
    asked = ("app@keys.example", Named(user_name="keys"))
    assert codes(ask(aws, *asked)) == ["key_missing"]
    ids = [iam.create_access_key(UserName="keys")["AccessKey"]["AccessKeyId"] for _number in range(2)]
    iam.update_access_key(UserName="keys", AccessKeyId=ids[0], Status="Inactive")
    assert codes(ask(aws, *asked)) == []
    iam.update_access_key(UserName="keys", AccessKeyId=ids[1], Status="Inactive")
    (reason,) = ask(aws, *asked)["reasons"]
    assert reason["code"] == "key_inactive"
    assert all(key_id in reason["message"] for key_id in ids)


def test_a_stored_credential_whose_key_is_gone(aws: Any) -> None:
    aws.verify("gone.example")
    made = aws.module("ses_smtp_credential", name="gone", senders=["gone.example"])
    client("iam", aws.url).delete_access_key(UserName="gone", AccessKeyId=made["username"])
    (reason,) = ask(aws, "app@gone.example", Named(name="gone"))["reasons"]
    assert reason["code"] == "key_not_of_user"
    assert f"The access key {made['username']} is not one of the IAM user gone, which has none" in reason["message"]


@dataclass
class Lagging:
    """A client of IAM whose servers have not heard of new things for a number of calls."""

    client: Any
    calls: int

    def __getattr__(self, name: str) -> Any:
        return functools.partial(self._call, name)

    def _call(self, name: str, **args: Any) -> Any:
        self.calls -= 1
        if self.calls >= 0:
            raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": "not heard of"}}, name)
        return getattr(self.client, name)(**args)


def test_iam_that_has_not_heard_of_a_new_user_is_asked_again(aws: Any) -> None:
    aws.verify("lag.example")
    aws.module("ses_smtp_credential", name="lag", senders=["lag.example"])
    ses, iam, secrets = (client(service, aws.url) for service in ("sesv2", "iam", "secretsmanager"))
    store = open_store("secretsmanager", RetryingBotoClientWrapper(secrets, RETRY))
    asked = question("app@lag.example", ["success@simulator.amazonses.com"])
    late = Lagging(RetryingBotoClientWrapper(iam, RETRY), 1)
    done = preflight(asked, [RetryingBotoClientWrapper(ses, RETRY)], Iam(late, Named(name="lag"), store))
    assert (done["accepted"], done["complete"], late.calls < 0) == (True, True, True)


class Caller:
    """An IAM user that asks, with all permissions of the documentation but one."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.iam = client("iam", aws.url)
        self.iam.create_user(UserName="caller")
        key = self.iam.create_access_key(UserName="caller")["AccessKey"]
        self.key = (key["AccessKeyId"], key["SecretAccessKey"])
        # A sender for which all reading calls are needed
        aws.verify("caller.example")
        name = "caller-sender"
        arn = self.iam.create_policy(PolicyName="of-caller", PolicyDocument=document())["Policy"]["Arn"]
        options = {"senders": ["caller.example"], "permissions_boundary": arn}
        self.sender = str(aws.module("ses_smtp_credential", name=name, **options)["username"])
        aws.module("ses_smtp_credential", name=f"/{name}", store="ssm", user_name="caller-ssm", **options)
        self.iam.attach_user_policy(UserName=name, PolicyArn=arn)
        self.iam.create_group(GroupName=name)
        self.iam.put_group_policy(GroupName=name, PolicyName="g", PolicyDocument=document())
        self.iam.attach_group_policy(GroupName=name, PolicyArn=arn)
        self.iam.add_user_to_group(UserName=name, GroupName=name)
        client("sesv2", aws.url).create_configuration_set(ConfigurationSetName="of-caller")

    def ask(self, missing: str, sender: str = "app@caller.example", **options: Any) -> dict[str, Any]:
        text = document(*(each for each in PERMISSIONS if each != missing))
        self.iam.put_user_policy(UserName="caller", PolicyName="p", PolicyDocument=text)
        named = {
            "ssm:GetParameter": Named(name="/caller-sender", user_name="caller-ssm"),
            "iam:GetAccessKeyLastUsed": Named(access_key_id=self.sender),
        }.get(missing, Named(name="caller-sender"))
        self.aws.calls()
        return ask(self.aws, sender, named, key=self.key, configuration_set="of-caller", **options)


CALLERS: dict[str, Caller] = {}


@pytest.fixture
def caller(aws: Any) -> Caller:
    if aws.url not in CALLERS:
        CALLERS[aws.url] = Caller(aws)
    return CALLERS[aws.url]


def test_the_documented_permissions_are_enough_and_used(caller: Caller) -> None:
    done = caller.ask("", simulate=True)
    assert (done["accepted"], done["complete"]) == (True, True), done
    called = set(names_of(caller.aws.calls()))
    documented = {permission.partition(":")[2] for permission in PERMISSIONS}
    # For the other store, and for a key that is named alone
    assert documented - called == {"GetParameter", "GetAccessKeyLastUsed"}
    assert called <= documented


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_a_permission_that_lacks_is_named_and_stops_nothing_else(caller: Caller, permission: str) -> None:
    by_iam = permission == "iam:SimulatePrincipalPolicy"
    done = caller.ask(permission, simulate=by_iam)
    said = [reason["message"] for reason in done["reasons"]] + done["notes"]
    assert any(f"Allow {permission} in the caller's IAM policy" in text for text in said), said
    # Without the sender's identity there is no answer; what IAM's simulator says, only confirms a complete one.
    essential = permission == "ses:GetEmailIdentity"
    assert (done["accepted"], codes(done)) == (not essential, ["not_readable"] if essential else [])
    assert done["complete"] is by_iam


def test_iams_simulator_makes_up_for_policies_that_are_unread(caller: Caller) -> None:
    assert not caller.ask("iam:GetPolicyVersion")["complete"]
    assert caller.ask("iam:GetPolicyVersion", simulate=True)["complete"]


def test_what_is_refused_for_sure_is_refused_although_something_is_unread(caller: Caller) -> None:
    done = caller.ask("iam:ListGroupsForUser", sender="app@nobody.example")
    assert codes(done) == ["identity_missing"]
    assert not done["complete"]


def test_a_user_that_may_not_be_read_and_does_not_exist(aws: Any, caller: Caller) -> None:
    caller.iam.put_user_policy(
        UserName="caller", PolicyName="p", PolicyDocument=document("ses:*", "iam:ListAccessKeys")
    )
    done = ask(aws, "app@caller.example", Named(user_name="nobody"), key=caller.key)
    assert (codes(done), done["complete"]) == (["key_missing"], False)


def test_a_key_of_another_account_and_one_that_may_not_be_asked_about(aws: Any, caller: Caller) -> None:
    """IAM refuses both in the same words when the caller may ask only about some users."""
    arn = "arn:aws:iam::123456789012:user/caller-*"
    statements = [
        json.loads(document(action, Resource=arn))["Statement"][0] for action in PERMISSIONS if "iam:" in action
    ]
    statements += json.loads(document("ses:*"))["Statement"]
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    caller.iam.put_user_policy(UserName="caller", PolicyName="p", PolicyDocument=text)
    done = ask(aws, "app@caller.example", Named(access_key_id="AKIAIOSFODNN7EXAMPLE"), key=caller.key)
    assert (codes(done), done["complete"]) == ([], False)
    said = " ".join(done["notes"])
    assert (
        "The access key AKIAIOSFODNN7EXAMPLE is not one of this account, or the caller may not ask whose it is." in said
    )
    assert "lacks the permission iam:GetAccessKeyLastUsed for access key AKIAIOSFODNN7EXAMPLE." in said


def test_what_is_unread_could_allow_it(aws: Any, caller: Caller) -> None:
    caller.iam.delete_group_policy(GroupName="caller-sender", PolicyName="g")
    arn = caller.iam.list_attached_user_policies(UserName="caller-sender")["AttachedPolicies"][0]["PolicyArn"]
    caller.iam.detach_user_policy(UserName="caller-sender", PolicyArn=arn)
    aws.verify("more.example")
    try:
        # The user's own policy does not allow this sender, the group's attached one does.
        assert caller.ask("", sender="app@more.example")["complete"]
        done = caller.ask("iam:ListAttachedGroupPolicies", sender="app@more.example")
        assert (done["accepted"], done["complete"]) == (True, False)
        assert any("Not all policies could be read" in note for note in done["notes"])
    finally:
        caller.iam.put_group_policy(GroupName="caller-sender", PolicyName="g", PolicyDocument=document())
        caller.iam.attach_user_policy(UserName="caller-sender", PolicyArn=arn)


def test_iams_own_simulator(aws: Any) -> None:
    """It settles what cannot be told here, and its refusal counts."""
    iam = client("iam", aws.url)
    aws.verify("simulate.example")
    iam.create_user(UserName="simulate")
    iam.create_access_key(UserName="simulate")

    def with_condition(condition: dict[str, Any], **options: Any) -> dict[str, Any]:
        text = document(Condition=condition)
        iam.put_user_policy(UserName="simulate", PolicyName="p", PolicyDocument=text)
        return ask(aws, "app@simulate.example", Named(user_name="simulate"), **options)

    network = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    assert with_condition({"StringLike": {"ses:FromAddress": "*@simulate.example"}}, simulate=True)["complete"]
    unknown = with_condition(network)
    assert (unknown["accepted"], unknown["complete"]) == (True, False)
    assert "depends on aws:SourceIp IpAddress 203.0.113.0/24 (here it is not known)" in " ".join(unknown["notes"])
    still = with_condition(network, simulate=True)
    assert (still["accepted"], still["complete"]) == (True, False)
    assert "IAM's simulator cannot tell" in " ".join(still["notes"])
    assert with_condition(network, simulate=True, source_address="203.0.113.9")["complete"]
    refused = with_condition(network, simulate=True, source_address="198.51.100.9")
    assert codes(refused) == ["policy_does_not_allow", "simulator_does_not_allow"]
