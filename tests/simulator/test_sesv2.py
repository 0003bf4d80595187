# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SES v2 as boto3 sees it; every answer is held against botocore's service model."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.model import Shape
from simulator_client import Simulator

from ses_simulator import account_operations, configuration_operations, identity_operations
from ses_simulator.operations import registered, service_model

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "double": (float, int),
    "timestamp": (float, int),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
}
# The model calls all three members required, but SES shows the behavior alone where no domain is set.
NOT_ALWAYS_THERE = {"MailFromAttributes"}
REGISTERING = (account_operations, configuration_operations, identity_operations)


def mismatches(shape: Shape, value: Any, path: str) -> list[str]:
    """Return where a JSON value differs from what the model says."""
    if not isinstance(value, TYPES[shape.type_name]):
        return [f"{path}: {value!r} is no {shape.type_name}"]
    if shape.type_name == "structure":
        unknown = [f"{path}.{name}: not in the model" for name in value if name not in shape.members]
        absent = [name for name in shape.required_members if name not in value and path not in NOT_ALWAYS_THERE]
        known = [(name, item) for name, item in value.items() if name in shape.members]
        inner = [text for name, item in known for text in mismatches(shape.members[name], item, name)]
        return unknown + [f"{path}.{name}: required" for name in absent] + inner
    if shape.type_name == "list":
        return [text for item in value for text in mismatches(shape.member, item, path)]
    if shape.type_name == "map":
        return [text for item in value.values() for text in mismatches(shape.value, item, path)]
    enum = getattr(shape, "enum", [])
    return [f"{path}: {value!r} is none of {enum}"] if enum and value not in enum else []


class Checked:
    """A boto3 client whose raw answers are collected by operation and checked."""

    def __init__(self, simulator: Simulator, region: str = "eu-west-1") -> None:
        self.client = simulator.client("sesv2", region)
        self.seen: set[str] = set()
        self.problems: list[str] = []
        self.client.meta.events.register("after-call.sesv2", self._check)

    def _check(self, http_response: Any, model: Any, **_unused: Any) -> None:
        if http_response.status_code < 300:
            self.seen.add(model.name)
            raw = json.loads(http_response.content)
            self.problems += [f"{model.name}: {text}" for text in mismatches(model.output_shape, raw, model.name)]


@pytest.fixture
def ses(simulator: Simulator) -> Any:
    return simulator.client("sesv2")


def error(call: Any, **parameters: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_every_answer_fits_the_service_model(simulator: Simulator) -> None:
    checked = Checked(simulator, "us-east-1")
    ses = checked.client
    own_key = {"DomainSigningSelector": "s1", "DomainSigningPrivateKey": "MIIEow=="}
    options = {
        "TrackingOptions": {"CustomRedirectDomain": "click.example.com"},
        "DeliveryOptions": {"TlsPolicy": "REQUIRE"},
        "Tags": [{"Key": "fleet", "Value": "a"}],
    }
    ses.create_configuration_set(ConfigurationSetName="model", **options)
    ses.get_configuration_set(ConfigurationSetName="model")
    ses.put_configuration_set_delivery_options(ConfigurationSetName="model", TlsPolicy="OPTIONAL")
    ses.put_configuration_set_reputation_options(ConfigurationSetName="model", ReputationMetricsEnabled=True)
    ses.put_configuration_set_sending_options(ConfigurationSetName="model", SendingEnabled=False)
    ses.put_configuration_set_suppression_options(ConfigurationSetName="model", SuppressedReasons=["BOUNCE"])
    ses.put_configuration_set_tracking_options(ConfigurationSetName="model", CustomRedirectDomain="c.example.com")
    ses.get_configuration_set(ConfigurationSetName="model")
    ses.list_configuration_sets()
    for name in ("model.example.com", "Model@example.org"):
        ses.create_email_identity(EmailIdentity=name, Tags=[{"Key": "fleet", "Value": "a"}])
        ses.get_email_identity(EmailIdentity=name)
        ses.put_email_identity_configuration_set_attributes(EmailIdentity=name, ConfigurationSetName="model")
        ses.put_email_identity_feedback_attributes(EmailIdentity=name, EmailForwardingEnabled=False)
        simulator.verified(name, "us-east-1")
        ses.get_email_identity(EmailIdentity=name)
    name = "model.example.com"
    ses.put_email_identity_mail_from_attributes(EmailIdentity=name, MailFromDomain=f"bounce.{name}")
    ses.put_email_identity_dkim_attributes(EmailIdentity=name, SigningEnabled=False)
    ses.get_email_identity(EmailIdentity=name)
    ses.put_email_identity_dkim_signing_attributes(
        EmailIdentity=name, SigningAttributesOrigin="EXTERNAL", SigningAttributes=own_key
    )
    ses.get_email_identity(EmailIdentity=name)
    ses.list_email_identities()
    ses.get_account()
    ses.put_account_details(MailType="TRANSACTIONAL", WebsiteURL="https://example.com")
    ses.get_account()
    ses.put_account_sending_attributes(SendingEnabled=True)
    ses.delete_email_identity(EmailIdentity=name)
    ses.delete_configuration_set(ConfigurationSetName="model")
    assert checked.problems == []
    assert checked.seen == set(registered())


def test_the_check_against_the_model_can_fail() -> None:
    shape = service_model("sesv2").operation_model("GetEmailIdentity").output_shape
    wrong = {"IdentityType": "HOST", "VerifiedForSendingStatus": "yes", "Colour": "red", "Tags": [{"Key": "a"}]}
    assert len(mismatches(shape, wrong, "GetEmailIdentity")) == 4


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
