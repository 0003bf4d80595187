# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SES v2 as boto3 sees it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from simulator_client import Simulator


@pytest.fixture
def ses(simulator: Simulator) -> Any:
    return simulator.client("sesv2")


def error(call: Any, **parameters: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_new_domain_is_pending_until_it_is_verified(simulator: Simulator, ses: Any) -> None:
    made = ses.create_email_identity(EmailIdentity="Fresh.Example.COM")
    assert (made["IdentityType"], made["VerifiedForSendingStatus"]) == ("DOMAIN", False)
    assert made["DkimAttributes"]["Status"] == "PENDING"
    assert len(set(made["DkimAttributes"]["Tokens"])) == 3
    assert made["DkimAttributes"]["SigningHostedZone"] == "dkim.eu-west-1.amazonses.com"
    shown = ses.get_email_identity(EmailIdentity="fresh.example.com")
    assert (shown["VerificationStatus"], shown["DkimAttributes"]["Tokens"]) == (
        "PENDING",
        made["DkimAttributes"]["Tokens"],
    )
    assert shown["FeedbackForwardingStatus"] is True
    simulator.verified("fresh.example.com")
    shown = ses.get_email_identity(EmailIdentity="fresh.example.com")
    assert (shown["VerificationStatus"], shown["VerifiedForSendingStatus"]) == ("SUCCESS", True)
    assert shown["DkimAttributes"]["Status"] == "SUCCESS"


def test_regions_have_a_state_of_their_own(simulator: Simulator, ses: Any) -> None:
    ses.create_email_identity(EmailIdentity="here.example.com")
    there = simulator.client("sesv2", "us-east-1")
    assert error(there.get_email_identity, EmailIdentity="here.example.com") == ("NotFoundException", 404)
    simulator.control("POST", "account", {"region": "eu-west-1", "production_access": False})
    assert (ses.get_account()["ProductionAccessEnabled"], there.get_account()["ProductionAccessEnabled"]) == (
        False,
        True,
    )


def test_v1_and_v2_show_the_same_identities(simulator: Simulator, ses: Any) -> None:
    v1 = simulator.client("ses")
    v1.verify_domain_identity(Domain="v1.example.com")
    assert ses.get_email_identity(EmailIdentity="v1.example.com")["VerificationStatus"] == "PENDING"

    def v1_status() -> str:
        shown = v1.get_identity_verification_attributes(Identities=["v1.example.com"])
        return str(shown["VerificationAttributes"]["v1.example.com"]["VerificationStatus"])

    assert v1_status() == "Pending"
    simulator.verified("v1.example.com")
    assert v1_status() == "Success"
    v1.delete_identity(Identity="v1.example.com")
    assert error(ses.get_email_identity, EmailIdentity="v1.example.com") == ("NotFoundException", 404)


def test_errors(ses: Any) -> None:
    ses.create_email_identity(EmailIdentity="twice.example.com")
    assert error(ses.create_email_identity, EmailIdentity="twice.example.com") == ("AlreadyExistsException", 400)
    for name in ("no domain", "@example.com", "-x.example.com", "localhost"):
        assert error(ses.create_email_identity, EmailIdentity=name) == ("BadRequestException", 400)
    missing = {"EmailIdentity": "absent.example.com"}
    for call in (ses.get_email_identity, ses.delete_email_identity, ses.put_email_identity_dkim_attributes):
        assert error(call, **missing) == ("NotFoundException", 404)
    outside = {"EmailIdentity": "twice.example.com", "MailFromDomain": "bounce.example.org"}
    assert error(ses.put_email_identity_mail_from_attributes, **outside) == ("BadRequestException", 400)
    unknown_set = {"EmailIdentity": "twice.example.com", "ConfigurationSetName": "absent"}
    assert error(ses.put_email_identity_configuration_set_attributes, **unknown_set) == ("NotFoundException", 404)
    assert error(ses.get_configuration_set, ConfigurationSetName="absent") == ("NotFoundException", 404)
    assert error(ses.create_configuration_set, ConfigurationSetName="a b") == ("BadRequestException", 400)


def test_what_nobody_has_says_so_at_once(ses: Any) -> None:
    with pytest.raises(ClientError, match="does not have SES v2 CreateImportJob yet") as caught:
        ses.create_import_job(
            ImportDestination={"SuppressionListDestination": {"SuppressionListImportAction": "PUT"}},
            ImportDataSource={"S3Url": "s3://b/k", "DataFormat": "CSV"},
        )
    assert caught.value.response["Error"]["Code"] == "UnsupportedOperation"


def test_mail_from_and_tags_are_shown(simulator: Simulator, ses: Any) -> None:
    name = "attributes.example.com"
    ses.create_email_identity(EmailIdentity=name, Tags=[{"Key": "fleet", "Value": "a"}])
    assert ses.get_email_identity(EmailIdentity=name)["MailFromAttributes"] == {
        "BehaviorOnMxFailure": "USE_DEFAULT_VALUE"
    }
    wanted = {"MailFromDomain": f"bounce.{name}", "BehaviorOnMxFailure": "REJECT_MESSAGE"}
    ses.put_email_identity_mail_from_attributes(EmailIdentity=name, **wanted)
    shown = ses.get_email_identity(EmailIdentity=name)
    assert shown["MailFromAttributes"] == {**wanted, "MailFromDomainStatus": "PENDING"}
    assert shown["Tags"] == [{"Key": "fleet", "Value": "a"}]
    arn = f"arn:aws:ses:eu-west-1:123456789012:identity/{name}"
    ses.tag_resource(ResourceArn=arn, Tags=[{"Key": "owner", "Value": "b"}])
    assert len(ses.get_email_identity(EmailIdentity=name)["Tags"]) == 2
    assert len(ses.list_tags_for_resource(ResourceArn=arn)["Tags"]) == 2
    ses.put_email_identity_mail_from_attributes(EmailIdentity=name)
    assert "MailFromDomain" not in ses.get_email_identity(EmailIdentity=name)["MailFromAttributes"]


def test_listing_in_pages(simulator: Simulator) -> None:
    ses = simulator.client("sesv2", "eu-west-1")
    wanted = {f"page{number}.example.com" for number in range(5)}
    for name in wanted:
        ses.create_email_identity(EmailIdentity=name)
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = ses.list_email_identities(PageSize=2, **token)
        assert len(page["EmailIdentities"]) <= 2
        found += [one["IdentityName"] for one in page["EmailIdentities"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert wanted <= set(found)
    assert len(found) == len(set(found))


def test_a_pending_review_conflicts(simulator: Simulator) -> None:
    ses = simulator.client("sesv2", "eu-west-1")
    details = {"MailType": "TRANSACTIONAL", "WebsiteURL": "https://example.com"}
    ses.put_account_details(**details)
    assert ses.get_account()["Details"]["ReviewDetails"]["Status"] == "PENDING"
    assert error(ses.put_account_details, **details) == ("ConflictException", 409)
