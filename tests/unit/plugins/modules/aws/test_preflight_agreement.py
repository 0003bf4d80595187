# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The preflight says yes exactly when SES then takes the message: both are asked in each of many states.

``@`` stands for the domain of a state in all texts, ``ARN:`` for the beginning of an ARN of SES there.
"""

from __future__ import annotations

import functools
import json
import smtplib
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.retries import RetryingBotoClientWrapper

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import RETRY
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight import Iam, preflight
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_credential import Named
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_question import question
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store import NoStore
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import derive_smtp_password
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply import Context, diagnose

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "eu-west-1"
PRODUCTION = {"production_access": True}
NORMAL = {
    "production_access": False,
    "sending_enabled": True,
    "max_send_rate": 1000.0,
    "max_24_hour_send": 100000.0,
    "enforcement_status": "HEALTHY",
}
#: The reasons of the preflight that SES gives too, each with the kind of its diagnosis.
SAME = {
    "account_shutdown": "paused",
    "sending_paused": "paused",
    "quota_spent": "daily_quota",
    "recipient_unverified": "not_verified",
    "configuration_set_missing": "configuration_set",
    "configuration_set_paused": "configuration_set_paused",
    "mail_from_failed": "mail_from_domain",
    "too_many_recipients": "too_many_recipients",
}
TEST_RECIPIENT = "success@simulator.amazonses.com"
OUTSIDE = "customer@outside.example"
ENDPOINT = "vpce-0123456789abcdef0"
Document = dict[str, Any]


def allow(effect: str = "Allow", **elements: Any) -> Document:
    """Return a policy of one statement; condition keys are written as ses_FromAddress."""
    statement = {"Effect": effect, "Action": "ses:SendRawEmail", "Resource": "*", **elements}
    for element in ("Action", "Resource"):
        if f"Not{element}" in elements:
            del statement[element]
    return {"Version": "2012-10-17", "Statement": [statement]}


def when(operator: str, key: str, *values: str) -> Document:
    return allow(Condition={operator: {key: list(values)}})


def unless(operator: str, key: str, *values: str) -> list[Document]:
    return [allow(), allow("Deny", Sid="Never", Condition={operator: {key: list(values)}})]


@dataclass(frozen=True)
class State:
    """What there is, what is sent, and the reasons that the preflight has to give; none of them means accepted."""

    name: str
    reasons: tuple[str, ...] = ()
    identities: dict[str, Any] = field(default_factory=lambda: {"@": "verified"})
    account: dict[str, Any] = field(default_factory=dict)
    configuration_sets: dict[str, bool] = field(default_factory=dict)
    inline: Document | list[Document] | None = field(default_factory=allow)
    attached: Document | None = None
    of_group: Document | None = None
    attached_to_group: Document | None = None
    boundary: Document | None = None
    key: str = "active"
    sender: str = "app@@"
    recipients: tuple[str, ...] = (TEST_RECIPIENT,)
    configuration_set: str = ""
    origin: str = ""
    note: str = ""


STATES = [
    State("fine"),
    # ---- the sender
    State("no-identity", ("identity_missing",), identities={}),
    State("pending", ("identity_pending",), identities={"@": "pending"}),
    State("failed", ("identity_failed",), identities={"@": "failed"}),
    State("subdomain", sender="app@a.b.@"),
    State("parent-is-not-covered", ("identity_missing",), identities={"sub.@": "verified"}),
    State("other-domain-with-the-same-end", ("identity_missing",), sender="app@not-@"),
    State("address", identities={"app@@": "verified"}),
    State("other-address", ("identity_missing",), identities={"ops@@": "verified"}),
    State("address-in-other-case", ("identity_missing",), identities={"App@@": "verified"}),
    State("address-with-label", identities={"app@@": "verified"}, sender="app+orders@@"),
    State("pending-address-in-verified-domain", identities={"@": "verified", "app@@": "pending"}),
    State("verified-address-in-pending-domain", identities={"@": "pending", "app@@": "verified"}),
    State("failed-below-verified", identities={"@": "verified", "mail.@": "failed"}, sender="app@mail.@"),
    State("sender-in-capitals", sender="app@MAIL.@"),
    State("display-name", sender="Shop of ours <app@@>"),
    State("dkim-failed", identities={"@": {"dkim_status": "failed"}}, note="DKIM of @ is FAILED"),
    State("mail-from-failed", ("mail_from_failed",), identities={"@": {"mail_from": "REJECT_MESSAGE"}}),
    State(
        "mail-from-default", identities={"@": {"mail_from": "USE_DEFAULT_VALUE"}}, note="MAIL FROM domain b.@ of @ is"
    ),
    # ---- the account
    State("sandbox", ("recipient_unverified",), recipients=(OUTSIDE,), note="in the sandbox"),
    State("sandbox-and-own-domain", recipients=("ops@@",)),
    State("sandbox-and-verified-address", identities={"@": "verified", "x@to-@": "verified"}, recipients=("x@to-@",)),
    State(
        "sandbox-and-pending",
        ("recipient_unverified",),
        identities={"@": "verified", "to-@": "pending"},
        recipients=("x@to-@",),
    ),
    State("sandbox-and-one-of-two", ("recipient_unverified",), recipients=(TEST_RECIPIENT, OUTSIDE)),
    State(
        "sandbox-and-not-quite-a-test-recipient",
        ("recipient_unverified",),
        recipients=("other@simulator.amazonses.com",),
    ),
    State("test-recipient-with-label", recipients=("bounce+1@simulator.amazonses.com",)),
    State("production", account=PRODUCTION, recipients=(OUTSIDE,)),
    State("paused", ("sending_paused",), account={"sending_enabled": False}),
    State("shut-down", ("account_shutdown",), account={"enforcement_status": "SHUTDOWN"}),
    State("under-review", account={"enforcement_status": "PROBATION"}, note="under review"),
    State("quota-spent", ("quota_spent",), account={**PRODUCTION, "max_24_hour_send": "spent"}, recipients=(OUTSIDE,)),
    State("quota-spent-for-tests", account={**PRODUCTION, "max_24_hour_send": "spent"}),
    State("quota-for-one", account={**PRODUCTION, "max_24_hour_send": "one"}, recipients=(OUTSIDE,)),
    State(
        "quota-for-one-of-two",
        ("quota_spent",),
        account={**PRODUCTION, "max_24_hour_send": "one"},
        recipients=(OUTSIDE, "x@outside.example"),
    ),
    State("no-quota", account={**PRODUCTION, "max_24_hour_send": -1}, recipients=(OUTSIDE,)),
    State("fifty", recipients=tuple(f"success+{n}@simulator.amazonses.com" for n in range(50))),
    State(
        "fifty-one",
        ("too_many_recipients",),
        recipients=tuple(f"success+{n}@simulator.amazonses.com" for n in range(51)),
    ),
    # ---- configuration sets
    State("set", configuration_sets={"fleet": True}, configuration_set="fleet"),
    State("set-paused", ("configuration_set_paused",), configuration_sets={"quiet": False}, configuration_set="quiet"),
    State("default-set", configuration_sets={"fleet": True}, identities={"@": {"configuration_set": "fleet"}}),
    State(
        "default-set-paused",
        ("configuration_set_paused",),
        configuration_sets={"quiet": False},
        identities={"@": {"configuration_set": "quiet"}},
    ),
    State(
        "default-set-not-allowed",
        ("policy_does_not_allow",),
        configuration_sets={"fleet": True},
        identities={"@": {"configuration_set": "fleet"}},
        inline=allow(Resource="ARN:identity/*"),
    ),
    State("set-missing", ("configuration_set_missing",), configuration_set="no-such-set"),
    # ---- the key
    State("key-inactive", ("key_inactive",), key="inactive"),
    State("key-deleted", ("key_not_of_user",), key="deleted"),
    State("key-of-other-user", ("key_not_of_user",), key="other"),
    State("user-deleted", ("user_missing",), key="no user"),
    # ---- policies
    State("no-policy", ("policy_does_not_allow",), inline=None),
    State("other-action", ("policy_does_not_allow",), inline=allow(Action="ses:SendEmail")),
    State("actions", inline=allow(Action=["ses:GetAccount", "SES:send*"])),
    State("not-action", inline=allow(NotAction="iam:*")),
    State("not-action-that-is-it", ("policy_does_not_allow",), inline=allow(NotAction=["ses:Send*"])),
    State("sender-allowed", inline=when("StringLike", "ses:FromAddress", "*@@")),
    State(
        "sender-not-allowed",
        ("policy_does_not_allow",),
        inline=when("StringLike", "ses:FromAddress", "*@other.example"),
    ),
    State("sender-equal", inline=when("StringEquals", "SES:fromaddress", "x@x.example", "app@@")),
    State("sender-in-other-case", ("policy_does_not_allow",), inline=when("StringEquals", "ses:FromAddress", "App@@")),
    State("sender-ignoring-case", inline=when("StringEqualsIgnoreCase", "ses:FromAddress", "APP@@")),
    State("sender-denied", ("policy_denies",), inline=unless("StringLike", "ses:FromAddress", "app@*")),
    State("other-sender-denied", inline=unless("StringLike", "ses:FromAddress", "root@*")),
    State("all-but-denied", ("policy_denies",), inline=unless("StringNotLike", "ses:FromAddress", "*@other.example")),
    State(
        "feedback-address", ("policy_does_not_allow",), inline=when("StringEquals", "ses:FeedbackAddress", "bounces@@")
    ),
    State("display-name-allowed", sender="Shop <app@@>", inline=when("StringEquals", "ses:FromDisplayName", "Shop")),
    State(
        "display-name-not-allowed",
        ("policy_does_not_allow",),
        inline=when("StringEquals", "ses:FromDisplayName", "Shop"),
    ),
    State(
        "recipients-allowed",
        account=PRODUCTION,
        recipients=("a@@", "b@@"),
        inline=when("ForAllValues:StringLike", "ses:Recipients", "*@@"),
    ),
    State(
        "recipients-not-allowed",
        ("policy_does_not_allow",),
        account=PRODUCTION,
        recipients=("a@@", OUTSIDE),
        inline=when("ForAllValues:StringLike", "ses:Recipients", "*@@"),
    ),
    State(
        "a-recipient-denied",
        ("policy_denies",),
        account=PRODUCTION,
        recipients=("a@@", OUTSIDE),
        inline=unless("ForAnyValue:StringLike", "ses:Recipients", "*@outside.example"),
    ),
    State("tls-only", inline=unless("Bool", "aws:SecureTransport", "false")),
    State(
        "key-that-is-not-there", ("policy_does_not_allow",), inline=when("Null", "aws:MultiFactorAuthPresent", "false")
    ),
    State("key-that-is-not-there-if-exists", inline=when("BoolIfExists", "aws:MultiFactorAuthPresent", "true")),
    State("other-region", ("policy_does_not_allow",), inline=when("StringEquals", "aws:RequestedRegion", "us-east-1")),
    State(
        "other-user",
        ("policy_does_not_allow",),
        inline=when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:user/mail/*"),
    ),
    # ---- where it comes from
    State("address-allowed", origin="203.0.113.9", inline=when("IpAddress", "aws:SourceIp", "203.0.113.0/24")),
    State(
        "address-not-allowed",
        ("policy_does_not_allow",),
        origin="198.51.100.9",
        inline=when("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
    ),
    State(
        "address-denied",
        ("policy_denies",),
        origin="198.51.100.9",
        inline=unless("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
    ),
    State("endpoint-allowed", origin=ENDPOINT, inline=when("StringEquals", "aws:SourceVpce", ENDPOINT)),
    State(
        "endpoint-not-allowed",
        ("policy_does_not_allow",),
        origin=ENDPOINT,
        inline=when("StringEquals", "aws:SourceVpce", "vpce-1"),
    ),
    State(
        "endpoint-wanted",
        ("policy_does_not_allow",),
        origin="203.0.113.9",
        inline=when("StringEquals", "aws:SourceVpce", ENDPOINT),
    ),
    State(
        "address-wanted",
        ("policy_does_not_allow",),
        origin=ENDPOINT,
        inline=when("IpAddress", "aws:SourceIp", "0.0.0.0/0"),
    ),
    # ---- resources: the sender's identity, the configuration set and, in the sandbox, the recipients' identities
    State("identity", inline=allow(Resource="ARN:identity/@")),
    State("other-identity", ("policy_does_not_allow",), inline=allow(Resource="ARN:identity/other.example")),
    State("identity-by-address", ("policy_does_not_allow",), inline=allow(Resource="ARN:identity/app@@")),
    State(
        "narrow-identity",
        identities={"@": "verified", "app@@": "verified"},
        inline=allow(Resource="ARN:identity/app@@"),
    ),
    State(
        "narrow-identity-not-allowed",
        ("policy_does_not_allow",),
        identities={"@": "verified", "app@@": "verified"},
        inline=allow(Resource="ARN:identity/@"),
    ),
    State(
        "identity-without-set",
        ("policy_does_not_allow",),
        configuration_sets={"fleet": True},
        configuration_set="fleet",
        inline=allow(Resource="ARN:identity/*"),
    ),
    State(
        "identity-with-set",
        configuration_sets={"fleet": True},
        configuration_set="fleet",
        inline=allow(Resource=["ARN:identity/*", "ARN:configuration-set/fl??t"]),
    ),
    State(
        "identity-and-sandbox",
        ("policy_does_not_allow",),
        identities={"@": "verified", "to-@": "verified"},
        recipients=("x@to-@",),
        inline=allow(Resource="ARN:identity/@"),
    ),
    State(
        "identity-and-production", account=PRODUCTION, recipients=(OUTSIDE,), inline=allow(Resource="ARN:identity/@")
    ),
    State("not-resource", ("policy_does_not_allow",), inline=allow(NotResource="ARN:identity/@")),
    State("all-of-ses", inline=allow(Resource="arn:aws:ses:*:*:*")),
    State("other-partition", ("policy_does_not_allow",), inline=allow(Resource="arn:aws-us-gov:ses:*:*:identity/*")),
    # ---- where policies come from
    State("attached", inline=None, attached=allow()),
    State("attached-denies", ("policy_denies",), attached=allow("Deny")),
    State("group", inline=None, of_group=allow()),
    State("group-denies", ("policy_denies",), of_group=allow("Deny")),
    State("attached-to-group", inline=None, attached_to_group=allow()),
    State("boundary", boundary=allow(Action="ses:*")),
    State("boundary-without-it", ("policy_does_not_allow",), boundary=allow(Action="s3:*")),
    State("boundary-denies", ("policy_denies",), boundary=allow("Deny")),
    State("boundary-alone", ("policy_does_not_allow",), inline=None, boundary=allow()),
    # ---- several at once
    State(
        "everything-wrong",
        (
            "sending_paused",
            "identity_pending",
            "recipient_unverified",
            "configuration_set_missing",
            "key_inactive",
            "policy_does_not_allow",
        ),
        account={"sending_enabled": False},
        identities={"@": "pending"},
        recipients=(OUTSIDE,),
        configuration_set="no-such-set",
        key="inactive",
        inline=None,
    ),
]


@functools.cache
def client(service: str, url: str) -> Any:
    """Return a client; making one takes longer than a test."""
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return boto3.client(service, region_name=REGION, endpoint_url=url, **keys)


class World:
    """A simulated account, its state changed by boto3 and what it says to SMTP."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.plain_ses, self.plain_iam = (client(service, aws.url) for service in ("sesv2", "iam"))
        self.ses, self.iam = (RetryingBotoClientWrapper(each, RETRY) for each in (self.plain_ses, self.plain_iam))

    def make(self, state: State) -> dict[str, str]:
        """Bring about the state; return the key that sends."""
        for name, sends in state.configuration_sets.items():
            if name not in self.plain_ses.list_configuration_sets()["ConfigurationSets"]:
                options = {"SendingEnabled": sends}
                self.plain_ses.create_configuration_set(ConfigurationSetName=name, SendingOptions=options)
        for name, status in state.identities.items():
            self._identity(self.text(state, name), status)
        self._account(state.account)
        if state.origin:
            kind = "vpc_endpoint" if state.origin.startswith("vpce-") else "source_ip"
            self.aws.control("POST", "origins", {"network": "127.0.0.0/8", kind: state.origin})
        return self._user(state)

    def text(self, state: State, text: str) -> str:
        domain = f"{state.name}.agree.example"
        return (
            text.replace("@@", f"@{domain}").replace("-@", f"-{domain}").replace(".@", f".{domain}")
            if text != "@"
            else domain
        )

    def _identity(self, name: str, status: Any) -> None:
        extra = dict(status) if isinstance(status, dict) else {}
        verified = "verified" if extra else status
        self.aws.verify(name, verified)
        default = extra.pop("configuration_set", "")
        if default:
            self.plain_ses.put_email_identity_configuration_set_attributes(
                EmailIdentity=name, ConfigurationSetName=default
            )
        if "mail_from" in extra:
            self.plain_ses.put_email_identity_mail_from_attributes(
                EmailIdentity=name, MailFromDomain=f"b.{name}", BehaviorOnMxFailure=extra["mail_from"]
            )
            extra = {"mail_from_status": "failed"}
        if extra:
            body = {"region": REGION, "identity": name, "status": verified, **extra}
            self.aws.control("POST", "identities", body)

    def _account(self, changes: dict[str, Any]) -> None:
        spent = self.plain_ses.get_account()["SendQuota"]["SentLast24Hours"]
        quotas = {"spent": spent, "one": spent + 1}
        account = {**NORMAL, **changes}
        account["max_24_hour_send"] = quotas.get(account["max_24_hour_send"], account["max_24_hour_send"])
        self.aws.control("POST", "account", {"region": REGION, **account})

    def _policy(self, state: State, document: Document) -> str:
        text = json.dumps(document).replace("ARN:", f"arn:aws:ses:{REGION}:123456789012:")
        domain = f"{state.name}.agree.example"
        return text.replace("@@", f"@{domain}").replace("-@", f"-{domain}").replace("/@", f"/{domain}")

    def _managed(self, state: State, name: str, document: Document) -> str:
        made = self.plain_iam.create_policy(
            PolicyName=f"{name}-{state.name}", PolicyDocument=self._policy(state, document)
        )
        return str(made["Policy"]["Arn"])

    def _user(self, state: State) -> dict[str, str]:
        iam, user, group = self.plain_iam, f"agree-{state.name}", f"agree-{state.name}"
        boundary = {}
        if state.boundary:
            boundary = {"PermissionsBoundary": self._managed(state, "boundary", state.boundary)}
        iam.create_user(UserName=user, **boundary)
        documents = [] if state.inline is None else state.inline if isinstance(state.inline, list) else [state.inline]
        for number, document in enumerate(documents):
            iam.put_user_policy(UserName=user, PolicyName=f"p{number}", PolicyDocument=self._policy(state, document))
        if state.attached:
            iam.attach_user_policy(UserName=user, PolicyArn=self._managed(state, "attached", state.attached))
        if state.of_group or state.attached_to_group:
            iam.create_group(GroupName=group)
            iam.add_user_to_group(UserName=user, GroupName=group)
        if state.of_group:
            iam.put_group_policy(GroupName=group, PolicyName="g", PolicyDocument=self._policy(state, state.of_group))
        if state.attached_to_group:
            arn = self._managed(state, "of-group", state.attached_to_group)
            iam.attach_group_policy(GroupName=group, PolicyArn=arn)
        return self._key(state, user)

    def _key(self, state: State, user: str) -> dict[str, str]:
        iam = self.plain_iam
        owner = f"{user}-other" if state.key == "other" else user
        if state.key == "other":
            iam.create_user(UserName=owner)
        key = iam.create_access_key(UserName=owner)["AccessKey"]
        this = {"UserName": owner, "AccessKeyId": key["AccessKeyId"]}
        if state.key == "inactive":
            iam.update_access_key(**this, Status="Inactive")
        if state.key in ("deleted", "no user"):
            iam.delete_access_key(**this)
        if state.key == "no user":
            iam.delete_user_policy(UserName=user, PolicyName="p0")
            iam.delete_user(UserName=user)
        return {"user_name": user, "id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}

    def ask(self, state: State, key: dict[str, str], *, simulate: bool = False) -> dict[str, Any]:
        """Return what the preflight says."""
        where = "vpc_endpoint" if state.origin.startswith("vpce-") else "source_address"
        asked = question(
            self.text(state, state.sender),
            [self.text(state, recipient) for recipient in state.recipients],
            configuration_set=state.configuration_set,
            **({where: state.origin} if state.origin else {}),
        )
        named = Named(user_name=key["user_name"], access_key_id=key["id"])
        return preflight(asked, [self.ses], Iam(self.iam, named, NoStore(), simulate=simulate))

    def context(self, state: State) -> Context:
        """Return what the module knows of a message beside SES's reply."""
        sender = self.text(state, state.sender)
        address = sender.partition("<")[2].rstrip(">") or sender
        recipients = tuple(self.text(state, recipient) for recipient in state.recipients)
        return Context(region=REGION, sender=address, recipients=recipients)

    def send(self, state: State, key: dict[str, str]) -> tuple[int, str]:
        """Return what SES says to the message."""
        sender = self.text(state, state.sender)
        address = sender.partition("<")[2].rstrip(">") or sender
        headers = {"From": sender, "To": "undisclosed-recipients:;", "Subject": state.name}
        if state.configuration_set:
            headers["X-SES-CONFIGURATION-SET"] = state.configuration_set
        lines = [f"{name}: {value}" for name, value in headers.items()]
        tls = ssl.create_default_context(cafile=self.aws.ca_path)
        tls.check_hostname = False
        with smtplib.SMTP(*self.aws.smtp, timeout=10) as session:
            session.starttls(context=tls)
            try:
                session.login(key["id"], derive_smtp_password(key["secret"], REGION))
            except smtplib.SMTPAuthenticationError as exc:
                return exc.smtp_code, exc.smtp_error.decode()
            session.mail(address)
            for recipient in state.recipients:
                session.rcpt(self.text(state, recipient))
            code, text = session.data("\r\n".join([*lines, "", "Hello"]))
            return code, text.decode()


@pytest.fixture
def world(aws: Any) -> Iterator[World]:
    yield World(aws)
    aws.control("DELETE", "origins")
    aws.control("POST", "account", {"region": REGION, **NORMAL, "max_send_rate": 1.0, "max_24_hour_send": 200.0})


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_the_answer_is_that_of_ses(world: World, state: State) -> None:
    key = world.make(state)
    answer = world.ask(state, key)
    code, text = world.send(state, key)
    said = {reason["code"]: reason for reason in answer["reasons"]}
    assert (answer["accepted"], tuple(said)) == (code == 250, state.reasons), f"SES: {code} {text}, here: {said}"
    assert answer["complete"], answer["notes"]
    assert world.text(state, state.note).replace("of @", f"of {state.name}.agree.example") in " ".join(answer["notes"])
    assert all(reason["fix"].endswith(".") for reason in said.values())
    for reason in said.values():
        if len(said) == 1 and reason["code"] in SAME:
            found = diagnose(f"{code} {text}", world.context(state))
            assert found.kind == SAME[reason["code"]]
            assert reason["fix"] in found.fix, "the preflight and the diagnosis say other things about one state"


def test_the_states_reach_what_preflight_and_diagnosis_have_in_common() -> None:
    assert {state.reasons[0] for state in STATES if len(state.reasons) == 1} >= set(SAME)
