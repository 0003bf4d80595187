# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure parts of the preflight: states that no simulator has, and the words."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account import account_facts
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.document import read_document
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.iam_user import User
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.ledger import AccessKey
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.policy_evaluation import Policy, UserPolicies
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_credential import (
    CredentialState,
    Named,
    credential_findings,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_policy import Sending, own_findings, sending
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_question import (
    Findings,
    Question,
    Reason,
    covering_names,
    is_mailbox_simulator,
    noted,
    question,
    refused,
    unknown,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_ses import SesState, ses_findings
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_simulate import (
    settles,
    simulate,
    simulated_findings,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.unread import Unread

REGION = "eu-west-1"
VERIFIED = {
    "VerifiedForSendingStatus": True,
    "DkimAttributes": {"SigningEnabled": True, "Status": "SUCCESS"},
    "MailFromAttributes": {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"},
}
DEFAULT_SET = {**VERIFIED, "ConfigurationSetName": "default"}
PASSWORD = "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"
KEY = "AKIAIOSFODNN7EXAMPLE"
NEVER = Unread("Could not read it.")


def account(**changes: Any) -> dict[str, Any]:
    answer = {
        "ProductionAccessEnabled": True,
        "SendingEnabled": True,
        "EnforcementStatus": "HEALTHY",
        "SendQuota": {"Max24HourSend": 1000.0, "MaxSendRate": 14.0, "SentLast24Hours": 990.0},
    }
    return account_facts({**answer, **changes}, REGION)


def state(**changes: Any) -> SesState:
    start = {"account": account(), "identities": {"example.com": VERIFIED}, "configuration_sets": {}}
    return SesState(REGION, **{**start, **changes})


def asked(sender: str = "app@example.com", to: str = "customer@example.net", **options: Any) -> Question:
    return question(sender, to.split(), **options)


def found(about: Question, **changes: Any) -> Findings:
    return ses_findings(about, state(**changes))


def codes(findings: Findings) -> list[str]:
    return [reason.code for reason in findings.reasons]


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("a@example.com", ["a@example.com", "example.com"]),
        ("a+b+c@x.example.com", ["a+b+c@x.example.com", "a@x.example.com", "x.example.com", "example.com"]),
        ("+x@example.com", ["+x@example.com", "example.com"]),
        ("a@localhost", ["a@localhost"]),
    ],
)
def test_what_covers_an_address(address: str, names: list[str]) -> None:
    assert list(covering_names(address)) == names


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("success@simulator.amazonses.com", True),
        ("Bounce+label@Simulator.AmazonSES.com", True),
        ("successful@simulator.amazonses.com", False),
        ("success@x.simulator.amazonses.com", False),
        ("success@example.com", False),
    ],
)
def test_mailbox_simulator(address: str, is_one: bool) -> None:
    assert is_mailbox_simulator(address) is is_one


def test_addresses_are_read_as_ses_reads_them() -> None:
    about = question('"Shop, of ours" <App@BÜCHER.example>', ["a@X.example", "a@x.example"])
    assert (about.sender, about.display_name) == ("App@xn--bcher-kva.example", "Shop, of ours")
    assert about.recipients == ("a@x.example",)


@pytest.mark.parametrize(
    ("options", "counted"),
    [({}, 1), ({"messages": 5}, 10), ({"messages": 1}, 2)],
)
def test_what_counts_against_the_quota(options: dict[str, Any], counted: int) -> None:
    assert asked(to="customer@example.net success@simulator.amazonses.com", **options).counted == counted


@pytest.mark.parametrize(
    ("about", "changes", "reasons"),
    [
        (asked(), {}, []),
        (asked(messages=10), {}, []),
        (asked(messages=11), {}, ["quota_spent"]),
        (asked(messages=10**6), {"account": account(SendQuota={"Max24HourSend": -1, "MaxSendRate": 1})}, []),
        (asked(rate=14), {}, []),
        (asked(rate=7, to="a@example.net b@example.net"), {}, []),
        (asked(rate=7.5, to="a@example.net b@example.net"), {}, ["rate_too_low"]),
        (asked(), {"account": account(EnforcementStatus="SHUTDOWN", SendingEnabled=False)}, ["account_shutdown"]),
        # The identity's own configuration set is used when a message names none
        (asked(), {"identities": {"example.com": DEFAULT_SET}}, ["configuration_set_missing"]),
        (asked(), {"identities": {"example.com": DEFAULT_SET}, "configuration_sets": {"default": {}}}, []),
        (
            asked(configuration_set="own"),
            {"identities": {"example.com": DEFAULT_SET}, "configuration_sets": {"own": {}}},
            [],
        ),
        (
            asked(configuration_set="own"),
            {"configuration_sets": {"own": {"SendingOptions": {"SendingEnabled": False}}}},
            ["configuration_set_paused"],
        ),
        (asked(), {"identities": {"app@example.com": None, "example.com": None}}, ["identity_missing"]),
        (
            asked(),
            {
                "identities": {
                    "example.com": {"VerifiedForSendingStatus": False, "VerificationStatus": "TEMPORARY_FAILURE"}
                }
            },
            ["identity_pending"],
        ),
    ],
)
def test_on_the_side_of_ses(about: Question, changes: dict[str, Any], reasons: list[str]) -> None:
    assert codes(found(about, **changes)) == reasons


@pytest.mark.parametrize(
    ("changes", "accepted", "note"),
    [
        # What is unread is not refused but told
        ({"account": NEVER}, True, "Could not read it. Whether eu-west-1 is in the sandbox is not known"),
        ({"configuration_sets": {"fleet": NEVER}}, True, "Could not read it."),
        # but for the sender, about whom nothing else can be said,
        ({"identities": {"app@example.com": NEVER, "example.com": NEVER}}, False, ""),
        # unless a wider identity is known to be verified
        ({"identities": {"app@example.com": NEVER, "example.com": VERIFIED}}, True, None),
        (
            {
                "account": account(ProductionAccessEnabled=False),
                "identities": {"example.com": VERIFIED, "example.net": NEVER},
            },
            True,
            "Could not read it.",
        ),
    ],
)
def test_what_is_unread(changes: dict[str, Any], accepted: bool, note: str | None) -> None:
    sets = {"configuration_sets": {"fleet": {}}}
    findings = found(asked(configuration_set="fleet"), **{**sets, **changes})
    assert (not findings.reasons) is accepted
    assert findings.complete is (note is None)
    assert note is None or note in " ".join(findings.notes)


@pytest.mark.parametrize(
    ("name", "answer", "fix"),
    [
        ("example.com", {"VerificationStatus": "PENDING"}, "Publish the DNS records"),
        ("example.com", {"VerificationStatus": "FAILED"}, "SES has given up after 72 hours"),
        ("app@example.com", {"VerificationStatus": "PENDING"}, "Open the link in the mail"),
        ("app@example.com", {"VerificationStatus": "FAILED"}, "Its link has expired"),
    ],
)
def test_the_next_step_for_an_identity(name: str, answer: dict[str, Any], fix: str) -> None:
    (reason,) = found(
        asked(), identities={name: {**answer, "VerificationInfo": {"ErrorType": "HOST_NOT_FOUND"}}}
    ).reasons
    assert (
        f"The identity {name}, which covers the sender app@example.com, is not verified in eu-west-1" in reason.message
    )
    assert f"status is {answer['VerificationStatus']} (HOST_NOT_FOUND)." in reason.message
    assert reason.fix.startswith(fix)


def test_dkim_switched_off_is_a_note() -> None:
    off = {**VERIFIED, "DkimAttributes": {"SigningEnabled": False, "Status": "SUCCESS"}}
    findings = found(asked(), identities={"example.com": off})
    assert findings == noted(
        "DKIM signing of example.com is switched off in eu-west-1: receivers may take its mail for forged."
    )


def test_findings_add_up() -> None:
    both = (
        refused("a", "A.", "Do.")
        + refused("b", "B.", "Do.")
        + refused("a", "A.", "Do.")
        + unknown(NEVER.why)
        + noted("n")
    )
    assert both == Findings(
        (Reason("a", "A.", "Do."), Reason("b", "B.", "Do.")), ("Could not read it.", "n"), complete=False
    )


# ---- the credential

USER = User(
    name="app", arn="arn:aws:iam::123456789012:user/mail/app", path="/mail/", boundary="", tags={"team": "mail"}
)
DOCUMENT = read_document(
    json.dumps(
        {
            "kind": "cloudmail.ses/smtp-credential",
            "username": KEY,
            "user_name": "app",
            "created": "2026-11-23T13:00:00Z",
            "passwords": {REGION: PASSWORD, "us-east-1": "short"},
        }
    )
)


def key(key_id: str = KEY, *, active: bool = True) -> AccessKey:
    return AccessKey(id=key_id, active=active, created=datetime(2026, 11, 23, tzinfo=timezone.utc))


STORED = {
    "named": Named(name="app", where="the store", user_name="app"),
    "document": DOCUMENT,
    "user": USER,
    "keys": (key(),),
}


@pytest.mark.parametrize(
    ("changes", "region", "reasons"),
    [
        ({}, REGION, []),
        ({}, "us-west-2", ["password_missing"]),
        ({}, "us-east-1", ["password_wrong"]),
        ({"document": None, "user": None, "keys": ()}, REGION, ["credential_missing"]),
        ({"user": None, "keys": ()}, REGION, ["user_missing"]),
        ({"keys": (key(active=False), key("AKIAOTHER"))}, REGION, ["key_inactive"]),
        ({"keys": (key("AKIAOTHER"),)}, REGION, ["key_not_of_user"]),
        ({"keys": (key("AKIAOTHER"), key(active=True))}, REGION, []),
        ({"document": NEVER}, REGION, []),
        ({"document": NEVER, "keys": ()}, REGION, ["key_missing"]),
        ({"keys": NEVER}, REGION, []),
        ({"user": NEVER}, REGION, []),
        ({"user": NEVER, "keys": (key(active=False),)}, REGION, ["key_inactive"]),
    ],
)
def test_credentials(changes: dict[str, Any], region: str, reasons: list[str]) -> None:
    findings = credential_findings(CredentialState(**{**STORED, **changes}), region)
    assert codes(findings) == reasons
    assert findings.complete is (NEVER not in changes.values())
    assert PASSWORD not in str(findings)


# ---- policies


def findings_of(
    *statements: dict[str, Any], about: Question | None = None, user: User = USER, **changes: Any
) -> Findings:
    question_ = about or asked()
    policies = UserPolicies(
        (Policy("the policy p of the user app", {"Version": "2012-10-17", "Statement": list(statements)}),)
    )
    return own_findings(sending(question_, state(**changes), user), policies, user)


def allow(**elements: Any) -> dict[str, Any]:
    return {"Sid": "Send", "Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*", **elements}


def test_resources_carry_the_partition_of_the_user() -> None:
    user = User(name="app", arn="arn:aws-us-gov:iam::123456789012:user/app", path="/", boundary="", tags={})
    (reason,) = findings_of(user=user).reasons
    assert "on arn:aws-us-gov:ses:eu-west-1:123456789012:identity/example.com." in reason.message


def test_the_default_configuration_set_is_a_resource() -> None:
    """SES asks IAM about it although the message does not name it (medplum/medplum#10102)."""
    identity = allow(Resource="arn:aws:ses:*:*:identity/*")
    assert findings_of(identity) == Findings()
    (reason,) = findings_of(identity, identities={"example.com": DEFAULT_SET}).reasons
    assert "configuration-set/default" in reason.message
    assert "allow ses:SendRawEmail on all of them" in reason.fix


@pytest.mark.parametrize(
    ("condition", "fix"),
    [
        ({"StringLike": {"ses:FromAddress": "*@x.example"}}, "add this one to senders"),
        ({"ForAllValues:StringLike": {"ses:Recipients": "*@x.example"}}, "add these to recipients"),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, "add this one to source_addresses"),
        ({"StringEquals": {"aws:SourceVpce": "vpce-1"}}, "add it to vpc_endpoints"),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, "Allow ses:SendRawEmail in a policy of the user"),
    ],
)
def test_the_next_step_for_a_condition(condition: dict[str, Any], fix: str) -> None:
    (reason,) = findings_of(allow(Condition=condition), about=asked(source_address="198.51.100.9")).reasons
    assert reason.code == "policy_does_not_allow"
    assert "The statement Send of the policy p of the user app allows it only for" in reason.message
    assert fix in reason.fix


@pytest.mark.parametrize(
    ("origin", "condition", "answer"),
    [
        ({}, {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, None),
        ({}, {"StringEquals": {"aws:SourceVpce": "vpce-1"}}, None),
        ({"source_address": "203.0.113.9"}, {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, True),
        ({"source_address": "203.0.113.9"}, {"StringEquals": {"aws:SourceVpc": "vpc-1"}}, False),
        ({"vpc_endpoint": "vpce-1"}, {"StringEquals": {"aws:SourceVpce": "vpce-1"}}, True),
        ({"vpc_endpoint": "vpce-1"}, {"StringEquals": {"aws:SourceVpc": "vpc-1"}}, None),
        ({"vpc_endpoint": "vpce-1"}, {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, False),
        # What is known of the principal and the time
        ({}, {"StringEquals": {"aws:PrincipalTag/team": "mail", "aws:PrincipalAccount": "123456789012"}}, True),
        ({}, {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
        ({}, {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, True),
        ({}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}, False),
        ({}, {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, None),
    ],
)
def test_what_is_known_of_a_request(origin: dict[str, Any], condition: dict[str, Any], answer: bool | None) -> None:
    findings = findings_of(allow(Condition=condition), about=asked(**origin))
    assert (not findings.reasons, findings.complete) == (answer is not False, answer is not None)


@pytest.mark.parametrize(
    ("effect", "principal", "reasons"),
    [
        ("Deny", "*", ["policy_denies"]),
        ("Deny", {"AWS": "*"}, ["policy_denies"]),
        ("Deny", {"AWS": "123456789012"}, ["policy_denies"]),
        ("Deny", {"AWS": ["arn:aws:iam::123456789012:root"]}, ["policy_denies"]),
        ("Deny", {"AWS": ["x", USER.arn]}, ["policy_denies"]),
        ("Deny", {"AWS": "arn:aws:iam::123456789012:user/other"}, []),
        ("Deny", {"Service": "ses.amazonaws.com"}, []),
        ("Allow", "*", []),
    ],
)
def test_what_the_owner_of_the_identity_denies(effect: str, principal: Any, reasons: list[str]) -> None:
    statement = {**allow(), "Effect": effect, "Principal": principal}
    identity = {**VERIFIED, "Policies": {"partners": json.dumps({"Version": "2012-10-17", "Statement": statement})}}
    findings = findings_of(allow(), identities={"example.com": identity})
    assert codes(findings) == reasons
    assert all("policy partners of the identity example.com denies it" in reason.message for reason in findings.reasons)
    # What it allows, makes up for no policy of the user's own.
    assert codes(findings_of(identities={"example.com": identity})) == (reasons or ["policy_does_not_allow"])


@pytest.mark.parametrize(
    ("elements", "complete"),
    [
        ({"NotPrincipal": {"AWS": USER.arn}}, False),
        ({"NotPrincipal": {"AWS": "arn:aws:iam::123456789012:user/other"}}, False),
        # What is not about this message, leaves no doubt.
        ({"NotPrincipal": {"AWS": USER.arn}, "Action": "ses:SendEmail"}, True),
        ({"NotPrincipal": {"AWS": USER.arn}, "Effect": "Allow"}, True),
    ],
)
def test_whom_the_owner_of_the_identity_spares_cannot_be_told(elements: dict[str, Any], complete: bool) -> None:
    statement = {**allow(), "Effect": "Deny", **elements}
    identity = {**VERIFIED, "Policies": {"partners": json.dumps({"Version": "2012-10-17", "Statement": statement})}}
    findings = findings_of(allow(), identities={"example.com": identity})
    assert (codes(findings), findings.complete) == ([], complete)
    words = "It depends on whom NotPrincipal names in The statement Send of the policy partners of the identity example.com."
    assert complete or words in findings.notes[0]


@pytest.mark.parametrize(
    ("result", "code", "text"),
    [
        ({"EvalDecision": "allowed"}, "", ""),
        (
            {"EvalDecision": "explicitDeny", "MatchedStatements": [{"SourcePolicyId": "user_app_p"}]},
            "simulator_denies",
            "on arn:x because of the statement in user_app_p.",
        ),
        (
            {"EvalDecision": "implicitDeny", "OrganizationsDecisionDetail": {"AllowedByOrganizations": False}},
            "simulator_does_not_allow",
            "because of a policy of the AWS organisation. Ask whoever manages the organisation",
        ),
        (
            {
                "EvalDecision": "implicitDeny",
                "PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False},
            },
            "simulator_does_not_allow",
            "because of the permissions boundary. Allow ses:SendRawEmail",
        ),
        ({"EvalDecision": "implicitDeny", "MissingContextValues": ["aws:SourceIp"]}, "", "without aws:SourceIp"),
    ],
)
def test_iams_simulator(result: dict[str, Any], code: str, text: str) -> None:
    asked = Sending(("arn:x",), {})
    results = [{"EvalResourceName": "arn:x", **result}]
    findings = simulated_findings(results, asked, USER)
    assert codes(findings) == [code] * bool(code)
    said = [reason.sentence for reason in findings.reasons] + list(findings.notes)
    assert text in " ".join(said)
    assert settles(results, asked) is (result["EvalDecision"] == "allowed")
    assert not settles([{"EvalDecision": "allowed", "MissingContextValues": ["aws:SourceIp"]}], asked)
    # The same answer, told for a resource
    told = {("EvalResourceDecision" if name == "EvalDecision" else name): value for name, value in result.items()}
    organization = {name: told.pop(name) for name in ("OrganizationsDecisionDetail",) if name in told}
    for decision in ("allowed", "implicitDeny"):
        template = {"EvalResourceName": "arn:${Partition}:ses:${Region}", "EvalDecision": decision, **organization}
        specific = [{**template, "ResourceSpecificResults": [{"EvalResourceName": "arn:x", **told}]}]
        assert simulated_findings(specific, asked, USER) == findings
        assert settles(specific, asked) is settles(results, asked)


def specific(*results: tuple[str, str], **more: Any) -> dict[str, Any]:
    """Return a result of IAM's simulator with a decision for each resource."""
    each = [{"EvalResourceName": name, "EvalResourceDecision": decision, **more} for name, decision in results]
    return {"EvalActionName": "ses:SendRawEmail", "EvalDecision": "allowed", "ResourceSpecificResults": each}


@pytest.mark.parametrize(
    ("results", "settled", "text"),
    [
        ([], False, "says nothing about arn:x. IAM's simulator says nothing about arn:y."),
        ([specific(("arn:x", "allowed"))], False, "says nothing about arn:y."),
        ([specific(("arn:x", "allowed")), specific(("arn:y", "allowed"))], True, ""),
        ([specific(("arn:x", "allowed"), ("arn:y", "allowed"))], True, ""),
        ([specific(("arn:x", "allowed"), ("arn:y", "implicitDeny"))], False, "may not use ses:SendRawEmail on arn:y."),
        ([specific(("arn:x", "allowed"), ("arn:y", "allowed"), MissingContextValues=["a:b"])], False, ""),
        # Without resources of its own, a result speaks for all
        ([{"EvalResourceName": "*", "EvalDecision": "allowed"}], True, ""),
        ([{"EvalResourceName": "*", "EvalDecision": "implicitDeny"}], False, "may not use ses:SendRawEmail on arn:y."),
        ([{"EvalResourceName": "arn:x", "EvalDecision": "allowed"}], False, "says nothing about arn:y."),
    ],
)
def test_iams_simulator_answers_for_each_resource(results: list[dict[str, Any]], settled: bool, text: str) -> None:
    asked = Sending(("arn:x", "arn:y"), {})
    findings = simulated_findings(results, asked, USER)
    assert settles(results, asked) is settled
    assert text in " ".join([*findings.notes, *(reason.message for reason in findings.reasons)])
    assert findings.complete is not ("says nothing" in text)


def test_iams_simulator_is_read_to_the_end() -> None:
    pages = [
        {"EvaluationResults": [specific(("arn:x", "allowed"))], "IsTruncated": True, "Marker": "more"},
        {"EvaluationResults": [specific(("arn:y", "explicitDeny"))], "IsTruncated": False},
    ]

    class Client:
        def simulate_principal_policy(self, **arguments: Any) -> dict[str, Any]:
            return pages[arguments.get("Marker") == "more"]

    asked = Sending(("arn:x", "arn:y"), {})
    assert codes(simulated_findings(simulate(Client(), asked, USER), asked, USER)) == ["simulator_denies"]


def test_every_code_is_documented() -> None:
    from pathlib import Path

    from ansible_collections.cloudmail.ses.plugins.module_utils._aws import preflight
    from ansible_collections.cloudmail.ses.plugins.modules.ses_preflight import RETURN

    sources = Path(preflight.__file__).parent.glob("preflight*.py")
    text = "".join(source.read_text() for source in sources)
    used = set(re.findall(r'refused\(\s*"(\w+)"', text)) | set(
        re.findall(r'"((?:identity|policy|simulator)_\w+)"', text)
    )
    documented = set(re.findall(r"V\((\w+_\w+)\)", RETURN))
    assert used == documented
