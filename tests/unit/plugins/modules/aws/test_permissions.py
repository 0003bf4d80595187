# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policies of docs/permissions.md are enough, and nothing in them is too much: run by users who have nothing else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parents[5]
COLLECTIONS = os.pathsep.join(path for path in sys.path if path and Path(path, "ansible_collections").is_dir())
ACCOUNT = "123456789012"
REGION = "eu-west-1"
_NUMBERS = count(1)
# Everybody may.
FREE = "sts:GetCallerIdentity"


def documented() -> dict[str, list[dict[str, Any]]]:
    """Return the statements of docs/permissions.md by the title above them."""
    text = (CHECKOUT / "docs/permissions.md").read_text(encoding="utf-8")
    found = {}
    for title, block in re.findall(r"^###? ([^\n]+)$(?:(?!^#).)*?```json\n(.*?)```", text, re.DOTALL | re.MULTILINE):
        value = json.loads(block)
        found[title] = value if isinstance(value, list) else value.get("Statement", [])
    return found


POLICIES = documented()
BASE = "For every run"


@dataclass(frozen=True)
class Caller:
    """An IAM user with some of the documented policies and nothing else, who runs modules and playbooks."""

    aws: Any
    arn: str

    def decisions(self) -> list[dict[str, Any]]:
        """Return what IAM was asked about this user since the last time."""
        found = self.aws.control("GET", "decisions")
        self.aws.control("DELETE", "decisions")
        return [one for one in found if one["user"] == self.arn]

    def runs(self, module: str, **options: Any) -> dict[str, Any]:
        """Run a module that must succeed."""
        result: dict[str, Any] = self.aws.module(module, **options)
        assert not result.get("failed"), result
        return result

    def provision(self, **variables: Any) -> str:
        """Run the playbook, which must succeed; return what it said."""
        command = [str(Path(sys.executable).with_name("ansible-playbook")), str(CHECKOUT / "playbooks/provision.yml")]
        settings = {
            "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS,
            "ANSIBLE_LOCALHOST_WARNING": "0",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": "1",
        }
        given = {"ses_provision_dns_directory": "", "ses_provision_region": REGION, **variables}
        done = subprocess.run(
            [*command, "-e", json.dumps(given)],
            env={**self.aws.environment, **settings},
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def root(aws: Any, service: str) -> Any:
    keys = {"aws_access_key_id": "root", "aws_secret_access_key": "root"}
    return boto3.client(service, region_name=REGION, endpoint_url=aws.url, **keys)


def caller(aws: Any, *titles: str) -> Caller:
    iam, name = root(aws, "iam"), f"operator-{next(_NUMBERS)}"
    document = {"Version": "2012-10-17", "Statement": [one for title in titles for one in POLICIES[title]]}
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="documented", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    keys = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    # Nothing here comes late, so what modules wait for is shortened.
    mine = replace(aws, environment={**aws.environment, **keys}, pace=0.05)
    return Caller(mine, f"arn:aws:iam::{ACCOUNT}:user/{name}")


def actions(title: str) -> set[str]:
    return {action for one in POLICIES[title] for action in one["Action"]}


def check(who: Caller, title: str) -> None:
    """Assert that nothing was refused, and that every action under the title was needed."""
    decisions = who.decisions()
    refused = [(one["action"], one["resource"]) for one in decisions if not one["allowed"]]
    assert refused == []
    asked = [(one["action"], one["resource"]) for one in decisions]
    for statement in POLICIES[title]:
        patterns = [re.escape(one).replace(r"\*", ".*") for one in statement["Resource"]]
        used = {action for action, resource in asked if any(re.fullmatch(one, resource) for one in patterns)}
        assert set(statement["Action"]) - used == set(), f"{title}, {statement['Sid']}: nothing needed these"


@pytest.fixture(autouse=True)
def _no_leftovers(aws: Any) -> Iterator[None]:
    yield
    aws.control("POST", "api", {"faults": []})


def credential(name: str, **options: Any) -> dict[str, Any]:
    return {"name": f"ses-smtp-{name}", "senders": ["example.com"], "regions": [REGION], **options}


def test_every_run(aws: Any) -> None:
    who = caller(aws, BASE)
    domain = {"ses_provision_domain": "permitted.example", "ses_provision_mail_from_subdomain": "bounce"}
    assert "Not ready" in who.provision(**domain)
    # The next run asks whether anybody has used the key that a killed run leaves.
    lost = {"service": "iam", "operation": "CreateAccessKey", "drop": True, "when": "after"}
    aws.control("POST", "api", {"faults": [lost]})
    assert who.aws.module("ses_smtp_credential", **credential("killed"))["failed"]
    assert "is not stored" in who.aws.module("ses_smtp_credential", **credential("killed"))["msg"]
    # A key that cannot be stored is deleted again.
    closed = {"service": "secretsmanager", "operation": "CreateSecret", "error": "AccessDeniedException", "status": 400}
    aws.control("POST", "api", {"faults": [closed]})
    assert "was deleted again" in who.aws.module("ses_smtp_credential", **credential("closed"))["msg"]
    aws.control("POST", "api", {"faults": []})
    # A key that somebody deleted is made anew.
    user = "ses-smtp-permitted-example"
    [key] = root(aws, "iam").list_access_keys(UserName=user)["AccessKeyMetadata"]
    root(aws, "iam").delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
    assert who.runs("ses_smtp_credential", **credential("permitted-example", tags={}))["changed"]
    check(who, BASE)


def test_settings_of_identities(aws: Any) -> None:
    who, title = caller(aws, BASE, "Settings of identities"), "Settings of identities"
    root(aws, "sesv2").create_configuration_set(ConfigurationSetName="permitted")
    named = {"name": "settings.example"}
    who.runs("ses_identity", **named, dkim_key_length=1024, policies=allowing("ses:SendEmail"))
    changed = {"dkim_signing": False, "feedback_forwarding": False, "configuration_set": "permitted"}
    who.runs("ses_identity", **named, **changed, policies=allowing("ses:SendRawEmail"))
    who.runs("ses_identity", **named, dkim_selector="mail", dkim_private_key=private_key())
    who.runs("ses_identity", **named, dkim="easy")
    who.runs("ses_identity", name="copied.example", regions=["us-east-1", REGION], dkim_origin_region="us-east-1")
    check(who, title)


def allowing(action: str, identity: str = "settings.example") -> dict[str, Any]:
    """Return a sending authorization policy."""
    arn = f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/{identity}"
    statement = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": action, "Resource": arn}
    return {"send": {"Version": "2012-10-17", "Statement": [statement]}}


def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, *form).decode()


def test_tags(aws: Any) -> None:
    who = caller(aws, BASE, "Tags")
    for team in ("mail", "web"):
        who.runs("ses_identity", name="tagged.example", tags={"team": team}, purge_tags=False)
        who.runs("ses_smtp_credential", **credential("tagged", tags={"team": team}, purge_tags=False))
    check(who, "Tags")


def test_a_configuration_set(aws: Any) -> None:
    who = caller(aws, BASE, "A configuration set")
    topic = {"name": "events", "events": ["bounce"], "sns_topic_arn": f"arn:aws:sns:{REGION}:{ACCOUNT}:mail"}
    stream = {
        "delivery_stream_arn": f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/mail",
        "iam_role_arn": f"arn:aws:iam::{ACCOUNT}:role/stream",
    }
    root(aws, "iam").create_role(RoleName="stream", AssumeRolePolicyDocument="{}")
    root(aws, "sns").create_topic(Name="mail")
    root(aws, "sesv2").create_dedicated_ip_pool(PoolName="permitted-pool")
    made = {"name": "permitted-set", "dedicated_pool": "permitted-pool"}
    who.runs("ses_configuration_set", **made, tags={"a": "b"}, event_destinations=[topic])
    changed = {"tls_policy": "require", "reputation_metrics": True, "sending_enabled": False}
    destinations = [
        {**topic, "events": ["bounce", "complaint"]},
        {"name": "all", "events": ["send"], "firehose": stream},
    ]
    who.runs(
        "ses_configuration_set",
        **made,
        tags={"a": "c"},
        suppressed_reasons=["bounce"],
        event_destinations=destinations,
        **changed,
    )
    check(who, "A configuration set")


def test_the_account(aws: Any) -> None:
    who = caller(aws, BASE, "The account")
    aws.control("POST", "account", {"region": REGION, "production_access": False})
    wanted = {
        "mail_type": "transactional",
        "website_url": "https://www.example.com/",
        "use_case_description": "Reports of our servers to their administrators.",
    }
    who.runs("ses_account", production_access=wanted, sending_enabled=False, suppressed_reasons=["bounce"])
    who.runs("ses_account", sending_enabled=True)
    check(who, "The account")


def test_quotas(aws: Any) -> None:
    who = caller(aws, BASE, "Quotas")
    aws.control("POST", "account", {"region": REGION, "production_access": True})
    who.runs("ses_account", max_24_hour_send=9_000_000, max_send_rate=900_000)
    check(who, "Quotas")


def test_route_53_with_a_configuration_set_and_tags(aws: Any) -> None:
    who = caller(aws, BASE, "Route 53", "A configuration set", "Tags")
    root(aws, "route53").create_hosted_zone(Name="zone.example", CallerReference="permissions")
    settings = {
        "ses_provision_route53_zone": "zone.example",
        "ses_provision_configuration_set": "zone",
        "ses_provision_configuration_set_tls_policy": "require",
        "ses_provision_tags": {"team": "mail"},
    }
    assert "changed=0" not in who.provision(ses_provision_domain="zone.example", **settings)
    check(who, "Route 53")


def test_the_parameter_store(aws: Any) -> None:
    statements = [one for one in POLICIES[BASE] if one["Sid"] != "Secrets"]
    who = caller(aws, "The SSM Parameter Store")
    allow(who, [*statements, *POLICIES["The SSM Parameter Store"]])
    stored = {"store": "ssm", "keep_secret_access_key": True, "purge_tags": False}
    for change in ({"tags": {"team": "mail"}}, {"tags": {"team": "web"}}, {"regions": [REGION, "us-east-1"]}):
        assert who.runs("ses_smtp_credential", **credential("parameter", **stored, **change))["changed"]
    rotated = who.runs("ses_smtp_credential", **credential("parameter", **stored, rotation="pending"))
    assert (rotated["rotation"], rotated["regions"]) == ("pending", [REGION, "us-east-1"])
    check(who, "The SSM Parameter Store")


def allow(who: Caller, statements: list[dict[str, Any]]) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    name = who.arn.rpartition("/")[2]
    root(who.aws, "iam").put_user_policy(UserName=name, PolicyName="documented", PolicyDocument=document)


def test_a_key_of_ones_own(aws: Any) -> None:
    title = "A KMS key of your own"
    who = caller(aws, BASE, "The SSM Parameter Store", title)
    keys = [root(aws, "kms").create_key()["KeyMetadata"]["Arn"] for _number in range(2)]
    for key in keys:
        for name, store in (("sealed", "secretsmanager"), ("sealed-parameter", "ssm")):
            who.runs("ses_smtp_credential", **credential(name, store=store, kms_key_id=key))
    check(who, title)


def test_path_and_boundary(aws: Any) -> None:
    title = "Path and permissions boundary"
    who = caller(aws, BASE, title)
    wider = [{**one, "Resource": [*one["Resource"], "arn:aws:iam::*:user/*/ses-smtp-*"]} for one in POLICIES[BASE]]
    allow(who, [*wider, *POLICIES[title]])
    boundary = managed(aws, "only-send-mail")
    who.runs("ses_smtp_credential", **credential("placed"))
    who.runs("ses_smtp_credential", **credential("placed", path="/mail/", permissions_boundary=boundary))
    who.runs("ses_smtp_credential", **credential("placed", path="/mail/", permissions_boundary=""))
    check(who, title)


def managed(aws: Any, name: str) -> str:
    """Make the boundary that the document tells of; return its ARN."""
    statement = {"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return str(root(aws, "iam").create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"])


def bound(boundary: str) -> list[dict[str, Any]]:
    """Return all statements about users, changed as the document says for users with a boundary."""
    text = (CHECKOUT / "docs/permissions.md").read_text(encoding="utf-8").partition("## Who may write")[2]
    block = text.partition("```json\n")[2].partition("```")[0]
    addition = json.loads(block.replace("arn:aws:iam::111122223333:policy/only-send-mail", boundary))
    narrowed, left_out = (
        set(re.findall(r"`(\w+)`", item)) for item in re.split(r"\n\d\. ", text.partition("```")[0])[2:]
    )
    found = [
        one for title in (BASE, "Path and permissions boundary", "Rotation", "Taking away") for one in POLICIES[title]
    ]
    names = {one["Sid"] for one in found}
    assert (narrowed | left_out) <= names, "the document names statements that it has not"
    return [{**one, **(addition if one["Sid"] in narrowed else {})} for one in found if one["Sid"] not in left_out]


def test_the_boundary_that_ends_escalation(aws: Any) -> None:
    boundary, other = managed(aws, "only-send-mail-2"), managed(aws, "other-boundary")
    who, administrator = caller(aws, BASE), root(aws, "iam")
    allow(who, bound(boundary))
    # All that the modules do with a user of that boundary,
    made = credential("bound", permissions_boundary=boundary)
    administrator.create_user(UserName=made["name"], PermissionsBoundary=other)
    for change in (
        {},
        {"rotation": "pending"},
        {"rotation": "promoted"},
        {"rotation": "inactive"},
        {"state": "absent"},
    ):
        assert who.runs("ses_smtp_credential", **made, **change)["changed"]
    assert "iam:CreateUser" in who.aws.module("ses_smtp_credential", **credential("escalating"))["msg"]
    # and nothing that would give a user more.
    administrator.create_user(UserName="ses-smtp-bound-2", PermissionsBoundary=boundary)
    administrator.create_user(UserName="ses-smtp-free")
    environment = who.aws.environment
    keys = {
        "aws_access_key_id": environment["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
    }
    iam = boto3.client("iam", region_name=REGION, endpoint_url=aws.url, **keys)
    policy = {
        "PolicyName": "more",
        "PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": POLICIES["Lists"]}),
    }
    for call, arguments in (
        (iam.create_user, {"UserName": "ses-smtp-other", "PermissionsBoundary": other}),
        (iam.put_user_policy, {"UserName": "ses-smtp-free", **policy}),
        (iam.put_user_permissions_boundary, {"UserName": "ses-smtp-bound-2", "PermissionsBoundary": other}),
        (iam.delete_user_permissions_boundary, {"UserName": "ses-smtp-bound-2"}),
    ):
        with pytest.raises(iam.exceptions.ClientError, match="AccessDenied"):
            call(**arguments)


def test_policies_that_others_attach(aws: Any) -> None:
    title = "Policies that others attach"
    who, iam = caller(aws, BASE, title), root(aws, "iam")
    boundary = managed(aws, "attached-boundary")
    who.runs("ses_smtp_credential", **credential("attached", permissions_boundary=boundary))
    iam.create_group(GroupName="senders")
    statement = {"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_group_policy(GroupName="senders", PolicyName="send", PolicyDocument=document)
    iam.add_user_to_group(GroupName="senders", UserName="ses-smtp-attached")
    aws.verify("example.com")
    aws.control("POST", "account", {"region": REGION, "production_access": True})
    sealed = {"name": "ses-smtp-attached"}
    who.runs("ses_preflight", sender="a@example.com", credential=sealed, simulate=True)
    check(who, title)


def test_rotation(aws: Any) -> None:
    who = caller(aws, BASE, "Rotation")
    who.runs("ses_smtp_credential", **credential("rotating"))
    for step in ("pending", "promoted", "inactive", "deleted"):
        assert who.runs("ses_smtp_credential", **credential("rotating", rotation=step))["changed"]
    who.runs("ses_smtp_credential_info", name="ses-smtp-rotating")
    check(who, "Rotation")


def test_taking_away(aws: Any) -> None:
    title = "Taking away"
    who, everything = caller(aws, BASE, title), caller(aws, *POLICIES)
    topic = {"name": "events", "events": ["bounce"], "sns_topic_arn": f"arn:aws:sns:{REGION}:{ACCOUNT}:away"}
    root(aws, "sns").create_topic(Name="away")
    tags = {"tags": {"team": "mail"}}
    everything.runs("ses_identity", name="away.example", policies=allowing("ses:SendEmail", "away.example"), **tags)
    everything.runs("ses_configuration_set", name="away", event_destinations=[topic], **tags)
    stores = {"away": {}, "away-parameter": {"store": "ssm"}}
    for name, store in stores.items():
        everything.runs("ses_smtp_credential", **credential(name, **store, **tags))
    reading = ["A configuration set", "Tags", "The SSM Parameter Store"]
    allow(who, [one for name in (BASE, title, *reading) for one in POLICIES[name]])
    none: dict[str, Any] = {"tags": {}, "purge_tags": True}
    who.runs("ses_identity", name="away.example", policies={}, purge_policies=True, **none)
    who.runs("ses_configuration_set", name="away", event_destinations=[], purge_event_destinations=True, **none)
    for name, store in stores.items():
        who.runs("ses_smtp_credential", **credential(name, **store, **none))
        who.runs("ses_smtp_credential", name=f"ses-smtp-{name}", state="absent", **store)
    who.runs("ses_identity", name="away.example", state="absent")
    who.runs("ses_configuration_set", name="away", state="absent")
    check(who, title)


def test_lists(aws: Any) -> None:
    who = caller(aws, BASE, "A configuration set", "Lists")
    for module in ("ses_identity_info", "ses_configuration_set_info", "ses_account_info"):
        who.runs(module)
    check(who, "Lists")


def test_what_everybody_may_is_left_out() -> None:
    assert FREE not in {action for title in POLICIES for action in actions(title)}
