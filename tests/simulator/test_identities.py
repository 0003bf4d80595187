# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identities as SES v2 shows them: DKIM in its three ways, policies, tags, and what DNS says of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from simulator_client import Simulator, dkim_key

from ses_simulator.verification import FAILED, FOUND, PENDING, Finding, easy_dkim, mail_from, own_dkim

REGIONS = ("eu-west-1", "us-east-1")
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "ses:SendRawEmail",
            "Resource": "arn:aws:ses:eu-west-1:123456789012:identity/policies.example.com",
        }
    ],
}


@pytest.fixture
def ses(simulator: Simulator) -> Any:
    return simulator.client("sesv2")


def error(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


def easy_records(domain: str, dkim: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (f"{token}._domainkey.{domain}", "CNAME", f"{token}.{dkim['SigningHostedZone']}") for token in dkim["Tokens"]
    ]


def own_key(selector: str = "mail", bits: int = 1024) -> tuple[dict[str, str], str]:
    private, public = dkim_key(bits)
    return {"DomainSigningSelector": selector, "DomainSigningPrivateKey": private}, public


# What SES finds in DNS


def test_easy_dkim_is_verified_when_its_records_are_there(simulator: Simulator, ses: Any) -> None:
    name = "easy.dns.example.com"
    made = ses.create_email_identity(EmailIdentity=name)
    records = easy_records(name, made["DkimAttributes"])
    assert ses.get_email_identity(EmailIdentity=name)["VerificationInfo"]["ErrorType"] == "HOST_NOT_FOUND"
    zone = simulator.zone("dns.example.com", *records[:2])
    shown = ses.get_email_identity(EmailIdentity=name)
    assert (shown["VerificationStatus"], shown["VerifiedForSendingStatus"]) == ("PENDING", False)
    simulator.records(zone, (records[2][0], "CNAME", "elsewhere.example.net"))
    shown = ses.get_email_identity(EmailIdentity=name)
    assert (shown["VerificationStatus"], shown["VerificationInfo"]["ErrorType"]) == ("PENDING", "INVALID_VALUE")
    simulator.records(zone, records[2])
    shown = ses.get_email_identity(EmailIdentity=name)
    assert (shown["VerificationStatus"], shown["VerifiedForSendingStatus"]) == ("SUCCESS", True)
    assert shown["DkimAttributes"]["Status"] == "SUCCESS"
    assert "ErrorType" not in shown["VerificationInfo"]


def test_another_region_wants_records_of_its_own(simulator: Simulator, ses: Any) -> None:
    name = "tworegions.example.com"
    here = ses.create_email_identity(EmailIdentity=name)["DkimAttributes"]
    there = simulator.client("sesv2", "us-east-1")
    records = there.create_email_identity(EmailIdentity=name)["DkimAttributes"]
    zone = simulator.zone(name, *easy_records(name, here))
    assert ses.get_email_identity(EmailIdentity=name)["VerificationStatus"] == "SUCCESS"
    assert there.get_email_identity(EmailIdentity=name)["VerificationStatus"] == "PENDING"
    simulator.records(zone, *easy_records(name, records))
    assert there.get_email_identity(EmailIdentity=name)["VerificationStatus"] == "SUCCESS"


def test_the_list_and_a_message_look_at_dns_too(simulator: Simulator, ses: Any) -> None:
    for name, in_list in (("listed.example.com", True), ("sent.example.com", False)):
        records = easy_records(name, ses.create_email_identity(EmailIdentity=name)["DkimAttributes"])
        simulator.zone(name, *records)
        if in_list:
            listed = {one["IdentityName"]: one for one in ses.list_email_identities(PageSize=1000)["EmailIdentities"]}
            assert listed[name]["VerificationStatus"] == "SUCCESS"
        else:
            who = simulator.sender({"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*"})
            with simulator.logged_in(who) as smtp:
                assert not smtp.sendmail(f"a@{name}", ["success@simulator.amazonses.com"], "Subject: x\r\n\r\nx\r\n")


def test_what_was_given_up_stays_failed(simulator: Simulator, ses: Any) -> None:
    name = "givenup.example.com"
    records = easy_records(name, ses.create_email_identity(EmailIdentity=name)["DkimAttributes"])
    body = {"region": "eu-west-1", "identity": name, "status": "failed", "error_type": "HOST_NOT_FOUND"}
    simulator.control("POST", "identities", body)
    simulator.zone(name, *records)
    shown = ses.get_email_identity(EmailIdentity=name)
    assert (shown["VerificationStatus"], shown["VerificationInfo"]["ErrorType"]) == ("FAILED", "HOST_NOT_FOUND")


def test_the_mail_from_domain_follows_its_mx_record(simulator: Simulator, ses: Any) -> None:
    name = "follows.example.com"
    zone = simulator.zone(name)
    ses.create_email_identity(EmailIdentity=name)
    ses.put_email_identity_mail_from_attributes(EmailIdentity=name, MailFromDomain=f"bounce.{name}")

    def status() -> str:
        return str(ses.get_email_identity(EmailIdentity=name)["MailFromAttributes"]["MailFromDomainStatus"])

    assert status() == "PENDING"
    simulator.records(zone, (f"bounce.{name}", "MX", "10 feedback-smtp.eu-west-1.amazonses.com."))
    assert status() == "SUCCESS"
    ses.put_email_identity_mail_from_attributes(EmailIdentity=name, MailFromDomain=f"b2.{name}")
    simulator.records(zone, (f"b2.{name}", "MX", "10 feedback-smtp.us-east-1.amazonses.com"))
    assert status() == "FAILED"


def test_a_key_of_ones_own_is_verified_by_its_public_key(simulator: Simulator, ses: Any) -> None:
    name = "own.example.com"
    signing, public = own_key("mail")
    made = ses.create_email_identity(EmailIdentity=name, DkimSigningAttributes=signing)["DkimAttributes"]
    assert (made["SigningAttributesOrigin"], made["Tokens"]) == ("EXTERNAL", ["mail"])
    assert "SigningHostedZone" not in made
    zone = simulator.zone(name, (f"mail._domainkey.{name}", "TXT", '"p=MIGfMA0"'))
    shown = ses.get_email_identity(EmailIdentity=name)
    assert (shown["VerificationStatus"], shown["VerificationInfo"]["ErrorType"]) == ("PENDING", "INVALID_VALUE")
    halves = f'"v=DKIM1; k=rsa; p={public[:100]}" "{public[100:]}"'
    simulator.records(zone, (f"mail._domainkey.{name}", "TXT", halves))
    assert ses.get_email_identity(EmailIdentity=name)["VerificationStatus"] == "SUCCESS"


LOOKUPS: dict[str, dict[tuple[str, str], list[str] | None]] = {
    "nothing": {},
    "other type": {("t._domainkey.x.org", "CNAME"): [], ("s._domainkey.x.org", "TXT"): []},
    "right": {
        ("t._domainkey.x.org", "CNAME"): ["T.zone.example."],
        ("s._domainkey.x.org", "TXT"): ["spam", "k=rsa; p=AB CD"],
        ("m.x.org", "MX"): ["10 Feedback-SMTP.eu-west-1.amazonses.com."],
    },
    "wrong": {
        ("t._domainkey.x.org", "CNAME"): ["t.other.example"],
        ("s._domainkey.x.org", "TXT"): ["p=ABCE"],
        ("m.x.org", "MX"): ["10 feedback-smtp.eu-west-1.amazonses.com", "20 mail.x.org"],
    },
}


@pytest.mark.parametrize(
    ("answers", "easy", "own", "mx"),
    [
        ("nothing", Finding(PENDING, "HOST_NOT_FOUND"), Finding(PENDING, "HOST_NOT_FOUND"), Finding(PENDING)),
        ("other type", Finding(PENDING, "TYPE_NOT_FOUND"), Finding(PENDING, "TYPE_NOT_FOUND"), Finding(PENDING)),
        ("right", FOUND, FOUND, FOUND),
        ("wrong", Finding(PENDING, "INVALID_VALUE"), Finding(PENDING, "INVALID_VALUE"), Finding(FAILED)),
    ],
)
def test_findings(answers: str, easy: Finding, own: Finding, mx: Finding) -> None:
    def lookup(name: str, kind: str) -> list[str] | None:
        return LOOKUPS[answers].get((name, kind))

    assert easy_dkim("x.org", ["t"], "zone.example", lookup) == easy
    assert own_dkim("x.org", "s", "ABCD", lookup) == own
    assert mail_from("m.x.org", "eu-west-1", lookup) == mx


# DKIM's settings


def test_a_replica_shows_and_follows_its_parent(simulator: Simulator, ses: Any) -> None:
    name = "replica.example.com"
    there = simulator.client("sesv2", "us-east-1")
    parent = ses.create_email_identity(EmailIdentity=name)["DkimAttributes"]
    origin = {"DomainSigningAttributesOrigin": "AWS_SES_EU_WEST_1"}
    replica = there.create_email_identity(EmailIdentity=name, DkimSigningAttributes=origin)["DkimAttributes"]
    assert replica["SigningAttributesOrigin"] == "AWS_SES_EU_WEST_1"
    assert (replica["Tokens"], replica["SigningHostedZone"]) == (parent["Tokens"], "dkim.eu-west-1.amazonses.com")
    assert there.get_email_identity(EmailIdentity=name)["VerificationStatus"] == "PENDING"
    simulator.verified(name)
    assert there.get_email_identity(EmailIdentity=name)["VerificationStatus"] == "SUCCESS"


def test_replicas_without_a_parent_that_will_do(simulator: Simulator, ses: Any) -> None:
    there = simulator.client("sesv2", "us-east-1")
    names = {
        "noparent.example.com": "REPLICATION_PRIMARY_NOT_FOUND",
        "ownparent.example.com": "REPLICATION_PRIMARY_BYO_DKIM_NOT_SUPPORTED",
        "replicaparent.example.com": "REPLICATION_REPLICA_AS_PRIMARY_NOT_SUPPORTED",
    }
    ses.create_email_identity(EmailIdentity="ownparent.example.com", DkimSigningAttributes=own_key()[0])
    further = {"DomainSigningAttributesOrigin": "AWS_SES_EU_CENTRAL_1"}
    ses.create_email_identity(EmailIdentity="replicaparent.example.com", DkimSigningAttributes=further)
    for name, reason in names.items():
        origin = {"DomainSigningAttributesOrigin": "AWS_SES_EU_WEST_1"}
        assert "Tokens" not in there.create_email_identity(EmailIdentity=name, DkimSigningAttributes=origin)
        shown = there.get_email_identity(EmailIdentity=name)
        assert (shown["VerificationStatus"], shown["VerificationInfo"]["ErrorType"]) == ("FAILED", reason)
        assert shown["DkimAttributes"]["Status"] == "FAILED"


def test_there_and_back_between_the_three_ways(simulator: Simulator, ses: Any) -> None:
    name = "ways.example.com"
    easy = ses.create_email_identity(EmailIdentity=name)["DkimAttributes"]
    simulator.verified(name)
    change = ses.put_email_identity_dkim_signing_attributes
    signing = own_key("own")[0]
    answer = change(EmailIdentity=name, SigningAttributesOrigin="EXTERNAL", SigningAttributes=signing)
    assert (answer["DkimStatus"], answer["DkimTokens"]) == ("PENDING", ["own"])
    # The domain was proved to be the owner's: it stays verified, only its signatures wait.
    shown = ses.get_email_identity(EmailIdentity=name)
    assert (shown["VerifiedForSendingStatus"], shown["DkimAttributes"]["Status"]) == (True, "PENDING")
    change(EmailIdentity=name, SigningAttributesOrigin="AWS_SES_US_EAST_1")
    shown = ses.get_email_identity(EmailIdentity=name)["DkimAttributes"]
    assert (shown["SigningAttributesOrigin"], shown["Status"]) == ("AWS_SES_US_EAST_1", "FAILED")
    answer = change(EmailIdentity=name, SigningAttributesOrigin="AWS_SES")
    assert (answer["DkimStatus"], answer["DkimTokens"]) == ("PENDING", easy["Tokens"])
    assert answer["SigningHostedZone"] == "dkim.eu-west-1.amazonses.com"


def test_another_key_length_is_for_the_next_key(simulator: Simulator, ses: Any) -> None:
    name = "length.example.com"
    ses.create_email_identity(EmailIdentity=name, DkimSigningAttributes={"NextSigningKeyLength": "RSA_1024_BIT"})
    simulator.verified(name)
    ses.put_email_identity_dkim_signing_attributes(
        EmailIdentity=name,
        SigningAttributesOrigin="AWS_SES",
        SigningAttributes={"NextSigningKeyLength": "RSA_2048_BIT"},
    )
    shown = ses.get_email_identity(EmailIdentity=name)["DkimAttributes"]
    assert (shown["CurrentSigningKeyLength"], shown["NextSigningKeyLength"]) == ("RSA_1024_BIT", "RSA_2048_BIT")
    assert shown["Status"] == "SUCCESS"


@pytest.mark.parametrize(
    ("origin", "signing"),
    [
        ("EXTERNAL", {}),
        ("EXTERNAL", {"DomainSigningSelector": "a"}),
        ("EXTERNAL", {"DomainSigningSelector": "a", "DomainSigningPrivateKey": "-----BEGIN PRIVATE KEY-----"}),
        ("EXTERNAL", own_key(bits=3072)[0]),
        ("AWS_SES", own_key()[0]),
        ("AWS_SES_EU_WEST_1", {}),
        ("AWS_SES_US_EAST_1", {"NextSigningKeyLength": "RSA_2048_BIT"}),
        ("AWS_SES", {"DomainSigningAttributesOrigin": "AWS_SES"}),
        ("AWS_SES", {"NextSigningKeyLength": "RSA_512_BIT"}),
        ("SOMEWHERE", {}),
    ],
)
def test_settings_that_ses_refuses_change_nothing(ses: Any, origin: str, signing: dict[str, str]) -> None:
    name = "refused.example.com"
    if name not in [one["IdentityName"] for one in ses.list_email_identities(PageSize=1000)["EmailIdentities"]]:
        ses.create_email_identity(EmailIdentity=name)
    before = ses.get_email_identity(EmailIdentity=name)["DkimAttributes"]
    change = ses.put_email_identity_dkim_signing_attributes
    wanted = {"EmailIdentity": name, "SigningAttributesOrigin": origin, "SigningAttributes": signing}
    assert error(change, **wanted) == "BadRequestException"
    assert ses.get_email_identity(EmailIdentity=name)["DkimAttributes"] == before


def test_an_address_has_no_keys(ses: Any) -> None:
    wanted = {"EmailIdentity": "keys@address.example.com", "DkimSigningAttributes": own_key()[0]}
    assert error(ses.create_email_identity, **wanted) == "BadRequestException"
    ses.create_email_identity(EmailIdentity="keys@address.example.com")
    change = {"EmailIdentity": "keys@address.example.com", "SigningAttributesOrigin": "AWS_SES"}
    assert error(ses.put_email_identity_dkim_signing_attributes, **change) == "BadRequestException"


# Policies and tags


def test_policies(ses: Any) -> None:
    name, text = "policies.example.com", json.dumps(POLICY)
    ses.create_email_identity(EmailIdentity=name)
    ses.create_email_identity_policy(EmailIdentity=name, PolicyName="partner", Policy=text)
    assert error(ses.create_email_identity_policy, EmailIdentity=name, PolicyName="partner", Policy=text) == (
        "AlreadyExistsException"
    )
    assert ses.get_email_identity_policies(EmailIdentity=name)["Policies"] == {"partner": text}
    assert ses.get_email_identity(EmailIdentity=name)["Policies"] == {"partner": text}
    other = json.dumps({**POLICY, "Id": "other"})
    ses.update_email_identity_policy(EmailIdentity=name, PolicyName="partner", Policy=other)
    assert ses.get_email_identity(EmailIdentity=name)["Policies"] == {"partner": other}
    assert error(ses.update_email_identity_policy, EmailIdentity=name, PolicyName="no", Policy=text) == (
        "NotFoundException"
    )
    ses.delete_email_identity_policy(EmailIdentity=name, PolicyName="partner")
    assert ses.get_email_identity(EmailIdentity=name)["Policies"] == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a b", json.dumps(POLICY)),
        ("broken", "{"),
        ("empty", "{}"),
        ("list", "[]"),
        ("nobody", json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})),
        ("effect", json.dumps({"Statement": {**POLICY["Statement"][0], "Effect": "allow"}})),  # type: ignore[dict-item]
        ("long", json.dumps({**POLICY, "Id": "x" * 4096})),
    ],
)
def test_policies_that_ses_refuses(simulator: Simulator, ses: Any, name: str, text: str) -> None:
    identity = simulator.verified("badpolicies.example.com")
    wanted = {"EmailIdentity": identity, "PolicyName": name, "Policy": text}
    assert error(ses.create_email_identity_policy, **wanted) == "BadRequestException"
    assert ses.get_email_identity_policies(EmailIdentity=identity)["Policies"] == {}


def test_tags(ses: Any) -> None:
    name = "tags.example.com"
    ses.create_email_identity(EmailIdentity=name, Tags=[{"Key": "a", "Value": "1"}])
    arn = f"arn:aws:ses:eu-west-1:123456789012:identity/{name}"
    ses.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}])
    assert ses.list_tags_for_resource(ResourceArn=arn)["Tags"] == [
        {"Key": "a", "Value": "2"},
        {"Key": "b", "Value": ""},
    ]
    for keys in (["a"], ["a", "b"]):
        ses.untag_resource(ResourceArn=arn, TagKeys=keys)
    assert ses.get_email_identity(EmailIdentity=name)["Tags"] == []
    for bad in ([{"Key": "aws:x", "Value": "1"}], [{"Key": "a", "Value": "1"}] * 2, [{"Key": "", "Value": ""}]):
        assert error(ses.tag_resource, ResourceArn=arn, Tags=bad) == "BadRequestException"
    many = [{"Key": f"k{number}", "Value": ""} for number in range(51)]
    assert error(ses.tag_resource, ResourceArn=arn, Tags=many) == "BadRequestException"
    nobody = arn.replace(name, "absent.example.com")
    assert error(ses.tag_resource, ResourceArn=nobody, Tags=[{"Key": "a", "Value": "1"}]) == "NotFoundException"
    assert error(ses.list_tags_for_resource, ResourceArn=arn.replace("eu-west-1", "us-east-1")) == "BadRequestException"
