# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that goes wrong on the AWS side: one clear message with the next step, and nothing half-made.

Each state of the table is made in the simulator, a module runs into it, and then it is looked at what the module says
and what is left. ``THIS`` stands for the name of the state in all texts, so that states share a simulator.
"""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REGION = "eu-west-1"
NEW_ACCOUNT: dict[str, Any] = {
    "review": None,
    "production_access": False,
    "sending_enabled": True,
    "max_send_rate": 1,
    "max_24_hour_send": 200,
    "enforcement_status": "HEALTHY",
}
REVIEW = {"mail_type": "transactional", "website_url": "https://www.example.com", "use_case_description": "Receipts."}
CREDENTIAL = {"name": "THIS", "senders": ["THIS.example"]}
TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
#: A text that says what to do has one of these.
NEXT_STEP = re.compile(
    r"\b(Add|Allow|Answer|Ask|Check|Choose|Create|Delete|Find out|Give|It is asked again|Leave|Make|Next is|Open|Publish|"
    r"Put|Read|Restore|Run|Send|Set|Start|Switch|Use|Wait|Watch|Write)\b",
    re.IGNORECASE,
)


class Account:
    """The simulated account, as a state needs it."""

    def __init__(self, aws: Any, name: str) -> None:
        self.aws = aws
        self.name = name
        self.user = name
        self.domain = f"{name}.example"

    def client(self, service: str) -> Any:
        """Return a client of a service that may do anything."""
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        return boto3.client(service, REGION, endpoint_url=self.aws.url, **keys)

    def run(self, module: str, **options: Any) -> dict[str, Any]:
        """Run a module that has to succeed."""
        result: dict[str, Any] = self.aws.module(module, **options)
        assert result["rc"] == 0, result
        return result

    def set(self, **changes: Any) -> None:
        """Change the account in SES."""
        self.aws.control("POST", "account", {"region": REGION, **changes})

    def fail(self, service: str, operation: str, error: str = "", **more: Any) -> None:
        """Let an operation fail."""
        fault = {"service": service, "operation": operation, **({"error": error} if error else {}), **more}
        self.aws.control("POST", "api", {"faults": [fault]})

    def identity(self, status: str = "", **options: Any) -> None:
        """Make the identity of the state's domain."""
        self.run("ses_identity", name=self.domain, **options)
        if status:
            self.aws.verify(self.domain, status)

    def credential(self, **options: Any) -> None:
        """Make the state's credential."""
        self.run("ses_smtp_credential", name=self.name, senders=[self.domain], **options)

    def foreign_keys(self, number: int) -> None:
        """Make a user with keys that are nobody's business."""
        iam = self.client("iam")
        iam.create_user(UserName=self.user)
        for _key in range(number):
            iam.create_access_key(UserName=self.user)

    def access_keys(self) -> list[dict[str, Any]]:
        """Return the access keys of the state's user, none when it does not exist."""
        iam = self.client("iam")
        try:
            return list(iam.list_access_keys(UserName=self.user)["AccessKeyMetadata"])
        except iam.exceptions.NoSuchEntityException:
            return []

    def stored(self) -> dict[str, Any] | None:
        """Return what is stored under the state's name."""
        store = self.client("secretsmanager")
        try:
            return dict(json.loads(store.get_secret_value(SecretId=self.name)["SecretString"]))
        except store.exceptions.ResourceNotFoundException:
            return None


@dataclass(frozen=True)
class State:
    """A state, the module that runs into it, what it has to say, and what has to be left."""

    name: str
    module: str
    says: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)
    given: Callable[[Account], None] = lambda _account: None
    #: The writing calls that the module may make.
    writes: tuple[str, ...] = ()
    left: Callable[[Account], None] = lambda _account: None


def _dead_secret(account: Account) -> None:
    store = account.client("secretsmanager")
    store.create_secret(Name=account.name, SecretString="{}")
    store.delete_secret(SecretId=account.name)


def _others_secret(account: Account) -> None:
    account.client("secretsmanager").create_secret(Name=account.name, SecretString='{"password": "of-somebody-else"}')


def _no_key(account: Account) -> None:
    assert (account.access_keys(), account.stored()) == ([], None)


def _stored_key_works(account: Account) -> None:
    stored = account.stored()
    assert stored is not None
    assert [(key["AccessKeyId"], key["Status"]) for key in account.access_keys()] == [(stored["username"], "Active")]


def _two_keys_as_before(account: Account) -> None:
    assert [key["Status"] for key in account.access_keys()] == ["Active", "Active"]
    assert account.stored() is None


def _inactive_key(account: Account) -> None:
    account.credential()
    (key,) = account.access_keys()
    account.client("iam").update_access_key(UserName=account.user, AccessKeyId=key["AccessKeyId"], Status="Inactive")


def _spend_quota(account: Account) -> None:
    account.identity("verified")
    account.set(production_access=True, max_24_hour_send=0)


def _foreign_beside_ours(account: Account) -> None:
    account.credential()
    account.client("iam").create_access_key(UserName=account.user)


def _pending_rotation(account: Account) -> None:
    account.credential()
    account.credential(rotation="pending")


def _two_pending(account: Account) -> None:
    stored = account.stored()
    assert stored is not None
    assert {key["AccessKeyId"] for key in account.access_keys()} == {stored["username"], stored["pending"]["username"]}


def _policy_is_narrow(account: Account) -> None:
    account.identity("verified")
    account.credential()
    account.set(production_access=True)


def _limited_caller(account: Account, *allowed: str) -> dict[str, str]:
    iam = account.client("iam")
    iam.create_user(UserName=f"{account.name}-caller")
    statement = {"Effect": "Allow", "Action": list(allowed), "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=f"{account.name}-caller", PolicyName="little", PolicyDocument=policy)
    key = iam.create_access_key(UserName=f"{account.name}-caller")["AccessKey"]
    return {"access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"]}


def _no_identity(account: Account) -> None:
    assert account.domain not in [
        one["IdentityName"] for one in account.client("sesv2").list_email_identities()["EmailIdentities"]
    ]


DENIED_REVIEW: dict[str, Any] = {"production_access": REVIEW}

STATES = [
    # ---- identities and DNS
    State(
        "unverified",
        "ses_preflight",
        ("identity THIS.example", f"not verified in {REGION}", "Publish the DNS records"),
        {"sender": "app@THIS.example"},
        lambda account: account.identity(),
    ),
    State(
        "no-identity",
        "ses_preflight",
        ("No identity", "app@THIS.example", "Create the identity THIS.example in eu-west-1"),
        {"sender": "app@THIS.example"},
    ),
    State(
        "records-missing",
        "ses_identity",
        ("THIS.example", "DKIM is PENDING", "_domainkey.THIS.example CNAME", "Waited 1 seconds"),
        {"name": "THIS.example", "wait": True, "wait_timeout": 1, "wait_delay": 1},
        lambda account: account.identity(),
    ),
    State(
        "dkim-failed",
        "ses_identity",
        ("THIS.example", "FAILED", "_domainkey.THIS.example CNAME"),
        {"name": "THIS.example", "wait": True, "wait_timeout": 1, "wait_delay": 1},
        lambda account: account.identity("failed"),
    ),
    State(
        "link-not-opened",
        "ses_preflight",
        ("app@THIS.example", "not verified", "Open the link in the mail"),
        {"sender": "app@THIS.example"},
        lambda account: account.run("ses_identity", name=f"app@{account.domain}") and None,
    ),
    State(
        "mail-from-elsewhere",
        "ses_identity",
        ("bounce.other.example", "not a subdomain of THIS.example", "Use for example bounce.THIS.example"),
        {"name": "THIS.example", "mail_from_domain": "bounce.other.example"},
        left=_no_identity,
    ),
    State(
        "one-mail-from-for-two-regions",
        "ses_identity",
        ("bounce.THIS.example", "mail_from_domains"),
        {"name": "THIS.example", "mail_from_domain": "bounce.THIS.example", "regions": [REGION, "us-east-1"]},
        left=_no_identity,
    ),
    State(
        "mail-from-failed",
        "ses_preflight",
        ("MAIL FROM domain bounce.THIS.example", "Publish the MX record"),
        {"sender": "app@THIS.example"},
        lambda account: (
            account.identity(mail_from_domain=f"bounce.{account.domain}", mail_from_on_mx_failure="reject_message")
            or account.aws.control(
                "POST",
                "identities",
                {"region": REGION, "identity": account.domain, "status": "verified", "mail_from_status": "failed"},
            )
        ),
    ),
    State(
        "dkim-key-too-short",
        "ses_identity",
        ("dkim_private_key cannot be read as a private key", "openssl genpkey"),
        {"name": "THIS.example", "dkim_selector": "s2026", "dkim_private_key": "bm90IGEga2V5"},
        left=_no_identity,
    ),
    State(
        "policy-not-json",
        "ses_identity",
        ("policy partner is not an IAM policy", "Version and Statement"),
        {"name": "THIS.example", "policies": {"partner": "{broken"}},
        left=_no_identity,
    ),
    # ---- the account
    State(
        "sandbox",
        "ses_preflight",
        ("sandbox in eu-west-1", "these are not: customer@outside.example", "Ask for production access"),
        {"sender": "app@THIS.example", "recipients": ["customer@outside.example"]},
        lambda account: account.identity("verified"),
    ),
    State(
        "paused",
        "ses_preflight",
        ("Sending is switched off", "cloudmail.ses.ses_account (sending_enabled)"),
        {"sender": "app@THIS.example"},
        lambda account: account.identity("verified") or account.set(sending_enabled=False),
    ),
    State(
        "shut-down",
        "ses_account_info",
        ("SHUTDOWN", "Support Center"),
        {"require": {"sending": True}},
        lambda account: account.set(enforcement_status="SHUTDOWN"),
    ),
    State(
        "quota-spent",
        "ses_preflight",
        ("quota of eu-west-1 is 0 recipients", "ask for a higher quota"),
        {"sender": "app@THIS.example", "recipients": ["customer@outside.example"]},
        _spend_quota,
    ),
    State(
        "all-shortfalls",
        "ses_account_info",
        (
            "4 things are not as they have to be",
            "in the sandbox",
            "14 are required",
            "50000 are required",
            "left in eu-west-1",
        ),
        {
            "require": {
                "production_access": True,
                "max_send_rate": 14,
                "max_24_hour_send": 50000,
                "remaining_24_hour_send": 1000,
            }
        },
    ),
    State(
        "review-denied",
        "ses_account",
        ("AWS has denied production access in eu-west-1 (support case", "Support Center", "asked again; AWS may"),
        DENIED_REVIEW,
        lambda account: account.run("ses_account", **DENIED_REVIEW) and account.set(review="denied"),
    ),
    State(
        "review-pending",
        "ses_account_info",
        ("sandbox", "review is PENDING", "Wait for AWS"),
        {"require": {"production_access": True}},
        lambda account: account.run("ses_account", **DENIED_REVIEW) and None,
    ),
    State(
        "quota-refused",
        "ses_account",
        ("AWS has denied", "20", "Read the reasons in the support case"),
        {"max_send_rate": 20},
        lambda account: (
            account.set(production_access=True, max_send_rate=14)
            or (
                account.run("ses_account", max_send_rate=20)
                and account.aws.control("POST", "quotas", {"region": REGION, "quota": "L-CDEF9B6B", "status": "DENIED"})
            )
        ),
    ),
    # ---- configuration sets
    State(
        "no-configuration-set",
        "ses_preflight",
        ("no configuration set fleet-THIS in eu-west-1", "Create it there"),
        {"sender": "app@THIS.example", "configuration_set": "fleet-THIS"},
        lambda account: account.identity("verified"),
    ),
    State(
        "topic-of-another-region",
        "ses_configuration_set",
        ("bounces", TOPIC, "write {region} in the ARN"),
        {
            "name": "THIS",
            "regions": ["us-east-1"],
            "event_destinations": [{"name": "bounces", "events": ["bounce"], "sns_topic_arn": TOPIC}],
        },
    ),
    # ---- credentials
    State(
        "two-foreign-keys",
        "ses_smtp_credential",
        ("no room for an access key of the credential THIS", "IAM allows 2", "AKIA", "Delete what nobody uses"),
        CREDENTIAL,
        lambda account: account.foreign_keys(2),
        left=_two_keys_as_before,
    ),
    State(
        "no-room-to-rotate",
        "ses_smtp_credential",
        ("no room for a second access key of the credential THIS", "IAM allows 2", "Delete what nobody uses"),
        {**CREDENTIAL, "rotation": "pending"},
        _foreign_beside_ours,
    ),
    State(
        "rotation-out-of-order",
        "ses_smtp_credential",
        ("still pending", "Next is rotation=promoted"),
        {**CREDENTIAL, "rotation": "deleted"},
        _pending_rotation,
        left=_two_pending,
    ),
    State(
        "region-without-smtp",
        "ses_smtp_credential",
        ("il-central-1", "SMTP"),
        {**CREDENTIAL, "regions": ["il-central-1"]},
        left=_no_key,
    ),
    State(
        "no-region",
        "ses_identity",
        ("'ireland' is not an AWS region", "Use names such as eu-west-1"),
        {"name": "THIS.example", "regions": ["ireland"]},
        left=_no_identity,
    ),
    State(
        "region-added-without-secret",
        "ses_smtp_credential",
        ("no password for us-east-1", "was not kept", "rotation=pending"),
        {**CREDENTIAL, "regions": [REGION, "us-east-1"]},
        lambda account: account.credential(),
        left=_stored_key_works,
    ),
    State(
        "store-forgotten",
        "ses_smtp_credential",
        ("is stored: secretsmanager:eu-west-1:THIS", "Use that store, region and name", "state=absent"),
        {**CREDENTIAL, "store": "none"},
        lambda account: account.credential(),
        left=_stored_key_works,
    ),
    State(
        "names-that-aws-refuses",
        "ses_smtp_credential",
        (
            "no secret of the name 'THIS mail'",
            "no user of the name 'THIS mail'",
            "no policy of the name 'may send'",
            "The path 'mail' is not one of IAM",
            "permissions_boundary is 'narrow'",
            "il-central-1",
            "10.0.0.0/8",
        ),
        {
            **CREDENTIAL,
            "name": "THIS mail",
            "policy_name": "may send",
            "path": "mail",
            "permissions_boundary": "narrow",
            "regions": ["il-central-1"],
            "source_addresses": ["10.0.0.0/8"],
            "_ansible_check_mode": True,
        },
    ),
    State(
        "info-about-no-name",
        "ses_smtp_credential_info",
        ("no parameter of the name 'mail/THIS'", "begin with a slash"),
        {"name": "mail/THIS", "store": "ssm"},
    ),
    State(
        "rotation-of-what-goes",
        "ses_smtp_credential",
        ("rotation=deleted is a step of a credential that stays", "Leave rotation out"),
        {"name": "THIS", "state": "absent", "rotation": "deleted"},
        lambda account: account.credential(),
        left=_stored_key_works,
    ),
    State(
        "regions-but-no-region",
        "ses_smtp_credential",
        ("There is no region", "where the credential is stored", "Set region", "regions says something else"),
        {**CREDENTIAL, "regions": [REGION], "region": None},
        left=_no_key,
    ),
    State(
        "private-source-address",
        "ses_smtp_credential",
        ("10.0.0.0/8", "public"),
        {**CREDENTIAL, "source_addresses": ["10.0.0.0/8"]},
        left=_no_key,
    ),
    State(
        "key-inactive",
        "ses_preflight",
        ("of the IAM user THIS is inactive", "535", "Make it active again"),
        {"sender": "app@THIS.example", "credential": {"name": "THIS"}},
        lambda account: account.identity("verified") or _inactive_key(account),
    ),
    State(
        "policy-too-narrow",
        "ses_preflight",
        ("app@sub.THIS.example", "IAM user THIS", "ses:FromAddress"),
        {"sender": "app@sub.THIS.example", "credential": {"name": "THIS"}},
        _policy_is_narrow,
    ),
    State(
        "secret-marked-for-deletion",
        "ses_smtp_credential",
        ("secret THIS", "marked for deletion", "Restore it"),
        CREDENTIAL,
        _dead_secret,
        left=lambda account: _keys_are(account, 0),
    ),
    State(
        "secret-of-somebody-else",
        "ses_smtp_credential",
        ("THIS", "left alone", "use another name"),
        CREDENTIAL,
        _others_secret,
        left=lambda account: _keys_are(account, 0),
    ),
    State(
        "store-unreachable",
        "ses_smtp_credential",
        ("Could not", "secretsmanager:CreateSecret", "was deleted again", "Run again"),
        CREDENTIAL,
        lambda account: account.fail("secretsmanager", "CreateSecret", "AccessDeniedException"),
        writes=("CreateUser", "PutUserPolicy", "CreateAccessKey", "CreateSecret", "DeleteAccessKey", "TagUser"),
        left=_no_key,
    ),
    State(
        "store-answer-lost",
        "ses_smtp_credential",
        ("The answer to the write was lost", "the next run replaces them"),
        CREDENTIAL,
        lambda account: account.fail(
            "secretsmanager", "CreateSecret", "InternalServiceError", when="after", count=None
        ),
        writes=("CreateUser", "PutUserPolicy", "CreateAccessKey", "CreateSecret", "DeleteAccessKey", "TagUser"),
        left=lambda account: _keys_are(account, 0),
    ),
    # ---- the caller, and AWS itself
    State(
        "one-permission-lacks",
        "ses_identity",
        ("Could not create the identity THIS.example", "lacks the permission ses:CreateEmailIdentity", "Allow"),
        {"name": "THIS.example", "caller": ("ses:GetEmailIdentity",)},
        writes=("CreateEmailIdentity",),
        left=_no_identity,
    ),
    State(
        "no-permission-to-make-keys",
        "ses_smtp_credential",
        ("lacks the permission iam:CreateAccessKey", "Allow"),
        {
            **CREDENTIAL,
            "caller": (
                "iam:GetUser",
                "iam:ListAccessKeys",
                "iam:GetUserPolicy",
                "iam:CreateUser",
                "iam:TagUser",
                "iam:PutUserPolicy",
                "secretsmanager:GetSecretValue",
            ),
        },
        writes=("CreateUser", "PutUserPolicy", "CreateAccessKey", "TagUser"),
        left=_no_key,
    ),
    State(
        "throttled-for-good",
        "ses_account_info",
        ("throttles ses:GetAccount", "Run again later"),
        {},
        lambda account: account.fail("sesv2", "GetAccount", "TooManyRequestsException", status=429, count=None),
    ),
    State(
        "endpoint-unreachable",
        "ses_account_info",
        ("endpoint cannot be reached", "Check region, endpoint_url"),
        {"endpoint_url": "http://127.0.0.1:9"},
    ),
]


def _keys_are(account: Account, number: int) -> None:
    assert len(account.access_keys()) == number


def _named(value: Any, name: str) -> Any:
    """Return a value of the table with the state's name in it."""
    if isinstance(value, dict):
        return {key: _named(each, name) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_named(each, name) for each in value]
    return value.replace("THIS", name) if isinstance(value, str) else value


@pytest.fixture
def clean(aws: Any) -> Iterator[Any]:
    """The simulator with a new account and an API that works, before and after, and modules whose pauses are short."""
    # What AWS refuses again and again is asked for some minutes; here a second of it takes ten milliseconds.
    aws = dataclasses.replace(aws, pace=0.01)
    for again in range(2):
        aws.control("POST", "account", NEW_ACCOUNT)
        aws.control("DELETE", "quotas")
        aws.control("DELETE", "api")
        aws.calls()
        if not again:
            yield aws


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_one_clear_message_and_nothing_half_made(clean: Any, state: State) -> None:
    account = Account(clean, f"unhappy-{state.name}")
    state.given(account)
    options = _named(state.options, account.name)
    if "caller" in options:
        options.update(_limited_caller(account, *options.pop("caller")))
    clean.calls()
    result = clean.module(state.module, **options)
    written = [name for name, writes in clean.calls() if writes]
    clean.control("DELETE", "api")

    message = result["msg"]
    assert result["rc"] == 1, result
    for text in state.says:
        assert _named(text, account.name) in message
    assert NEXT_STEP.search(message), message
    assert "Traceback" not in json.dumps({**result, "exception": ""})
    assert set(written) <= set(state.writes), written
    state.left(account)


def test_there_are_enough_of_them() -> None:
    names = [state.name for state in STATES]
    assert len(names) == len(set(names)) >= 25
