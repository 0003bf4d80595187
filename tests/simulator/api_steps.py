# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to every AWS operation that the collection uses, in an order in which they succeed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from simulator_client import dkim_key

Answers = dict[str, Any]
Params = dict[str, Any] | Callable[[Answers], dict[str, Any]]
Step = tuple[str, Params]
DOMAIN, ADDRESS, USER = "model.example.com", "Model@example.org", "model"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
IDENTITY_POLICY = json.dumps(
    {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ses:SendRawEmail", "Resource": "*"}]}
)
IDENTITY = f"arn:aws:ses:eu-west-1:123456789012:identity/{DOMAIN}"
TAGS = [{"Key": "fleet", "Value": "a"}]
DAILY = {"ServiceCode": "ses", "QuotaCode": "L-804C8AE8"}
ACCOUNT_DETAILS = {
    "MailType": "TRANSACTIONAL",
    "WebsiteURL": "https://example.com",
    "UseCaseDescription": "Receipts",
    "ContactLanguage": "JA",
    "AdditionalContactEmailAddresses": ["admin@example.com"],
    "ProductionAccessEnabled": True,
}


def _destination(name: str, **target: Any) -> dict[str, Any]:
    wanted = {"Enabled": True, "MatchingEventTypes": ["BOUNCE", "DELIVERY_DELAY"], **target}
    return {"ConfigurationSetName": "model", "EventDestinationName": name, "EventDestination": wanted}


def _identities() -> list[Step]:
    here: dict[str, Any] = {"EmailIdentity": DOMAIN}
    own_key = {"DomainSigningSelector": "s1", "DomainSigningPrivateKey": dkim_key()[0]}
    replica = {"DomainSigningAttributesOrigin": "AWS_SES_US_EAST_1"}
    signing = "PutEmailIdentityDkimSigningAttributes"
    return [
        ("CreateEmailIdentity", {**here, "Tags": TAGS}),
        ("CreateEmailIdentity", {"EmailIdentity": ADDRESS}),
        ("CreateEmailIdentity", {"EmailIdentity": f"own.{DOMAIN}", "DkimSigningAttributes": own_key}),
        ("CreateEmailIdentity", {"EmailIdentity": f"replica.{DOMAIN}", "DkimSigningAttributes": replica}),
        *(
            ("GetEmailIdentity", {"EmailIdentity": name})
            for name in (DOMAIN, ADDRESS, f"own.{DOMAIN}", f"replica.{DOMAIN}")
        ),
        ("PutEmailIdentityConfigurationSetAttributes", {**here, "ConfigurationSetName": "model"}),
        ("PutEmailIdentityFeedbackAttributes", {**here, "EmailForwardingEnabled": False}),
        ("PutEmailIdentityMailFromAttributes", {**here, "MailFromDomain": f"bounce.{DOMAIN}"}),
        ("PutEmailIdentityDkimAttributes", {**here, "SigningEnabled": False}),
        (signing, {**here, "SigningAttributesOrigin": "EXTERNAL", "SigningAttributes": own_key}),
        (signing, {**here, "SigningAttributesOrigin": "AWS_SES_US_EAST_1"}),
        (signing, {**here, "SigningAttributesOrigin": "AWS_SES"}),
        ("CreateEmailIdentityPolicy", {**here, "PolicyName": "partner", "Policy": IDENTITY_POLICY}),
        ("UpdateEmailIdentityPolicy", {**here, "PolicyName": "partner", "Policy": IDENTITY_POLICY}),
        ("GetEmailIdentityPolicies", here),
        ("GetEmailIdentity", here),
        ("DeleteEmailIdentityPolicy", {**here, "PolicyName": "partner"}),
        ("TagResource", {"ResourceArn": IDENTITY, "Tags": TAGS}),
        ("ListTagsForResource", {"ResourceArn": IDENTITY}),
        ("UntagResource", {"ResourceArn": IDENTITY, "TagKeys": ["fleet"]}),
        ("ListEmailIdentities", {"PageSize": 1}),
        ("DeleteEmailIdentity", here),
    ]


def _configuration_sets() -> list[Step]:
    here: dict[str, Any] = {"ConfigurationSetName": "model"}
    firehose = {
        "IamRoleArn": "arn:aws:iam::123456789012:role/ses",
        "DeliveryStreamArn": "arn:aws:firehose:eu-west-1:123456789012:deliverystream/mail",
    }
    dimension = {"DimensionName": "fleet", "DimensionValueSource": "MESSAGE_TAG", "DefaultDimensionValue": "none"}
    topic = "arn:aws:sns:eu-west-1:123456789012:bounces"
    bus = "arn:aws:events:eu-west-1:123456789012:event-bus/default"
    create = "CreateConfigurationSetEventDestination"
    return [
        ("CreateConfigurationSet", {**here, "Tags": TAGS, "DeliveryOptions": {"TlsPolicy": "REQUIRE"}}),
        ("GetConfigurationSet", here),
        ("PutConfigurationSetDeliveryOptions", {**here, "TlsPolicy": "OPTIONAL", "SendingPoolName": "ses-shared-pool"}),
        ("PutConfigurationSetReputationOptions", {**here, "ReputationMetricsEnabled": True}),
        ("PutConfigurationSetSendingOptions", {**here, "SendingEnabled": False}),
        ("PutConfigurationSetSuppressionOptions", {**here, "SuppressedReasons": ["BOUNCE"]}),
        ("PutConfigurationSetTrackingOptions", {**here, "CustomRedirectDomain": "click.example.com"}),
        (
            "PutConfigurationSetVdmOptions",
            {**here, "VdmOptions": {"DashboardOptions": {"EngagementMetrics": "ENABLED"}}},
        ),
        (create, _destination("sns", SnsDestination={"TopicArn": topic})),
        (create, _destination("bus", EventBridgeDestination={"EventBusArn": bus})),
        (create, _destination("firehose", KinesisFirehoseDestination=firehose)),
        (create, _destination("metrics", CloudWatchDestination={"DimensionConfigurations": [dimension]})),
        ("UpdateConfigurationSetEventDestination", _destination("sns", SnsDestination={"TopicArn": topic})),
        ("GetConfigurationSetEventDestinations", here),
        ("DeleteConfigurationSetEventDestination", {**here, "EventDestinationName": "sns"}),
        ("GetConfigurationSet", here),
        ("ListConfigurationSets", {"PageSize": 1}),
    ]


_ME: dict[str, Any] = {"UserName": USER}
MANAGED = "arn:aws:iam::123456789012:policy/mail/model"


def _users() -> list[Step]:
    return [
        ("CreatePolicy", {"PolicyName": "model", "Path": "/mail/", "PolicyDocument": POLICY}),
        ("CreateUser", {**_ME, "Path": "/mail/", "PermissionsBoundary": MANAGED, "Tags": TAGS}),
        ("GetUser", _ME),
        ("TagUser", {**_ME, "Tags": TAGS}),
        ("UpdateUser", {**_ME, "NewPath": "/post/"}),
        ("PutUserPermissionsBoundary", {**_ME, "PermissionsBoundary": MANAGED}),
        ("PutUserPolicy", {**_ME, "PolicyName": "send", "PolicyDocument": POLICY}),
        ("GetUserPolicy", {**_ME, "PolicyName": "send"}),
        ("ListUserPolicies", _ME),
        ("GetUser", _ME),
    ]


def _keys() -> list[Step]:
    def key(seen: Answers) -> dict[str, Any]:
        return {**_ME, "AccessKeyId": seen["CreateAccessKey"]["AccessKey"]["AccessKeyId"]}

    return [
        ("CreateAccessKey", _ME),
        ("ListAccessKeys", _ME),
        ("GetAccessKeyLastUsed", lambda seen: {"AccessKeyId": key(seen)["AccessKeyId"]}),
        ("UpdateAccessKey", lambda seen: {**key(seen), "Status": "Inactive"}),
        ("ListAccessKeys", _ME),
        ("DeleteAccessKey", key),
    ]


def _read_policies() -> list[Step]:
    group = {"GroupName": "model"}
    simulated = {
        "PolicySourceArn": f"arn:aws:iam::123456789012:user/post/{USER}",
        "ActionNames": ["ses:SendRawEmail"],
        "ResourceArns": [IDENTITY],
        "ContextEntries": [
            {"ContextKeyName": "ses:FromAddress", "ContextKeyValues": ["a@example.com"], "ContextKeyType": "string"}
        ],
    }
    return [
        ("CreateGroup", group),
        ("AddUserToGroup", {**_ME, **group}),
        ("PutGroupPolicy", {**group, "PolicyName": "send", "PolicyDocument": POLICY}),
        ("ListGroupsForUser", _ME),
        ("ListGroupPolicies", group),
        ("GetGroupPolicy", {**group, "PolicyName": "send"}),
        ("AttachGroupPolicy", {**group, "PolicyArn": MANAGED}),
        ("ListAttachedGroupPolicies", group),
        ("AttachUserPolicy", {**_ME, "PolicyArn": MANAGED}),
        ("ListAttachedUserPolicies", _ME),
        ("GetPolicy", {"PolicyArn": MANAGED}),
        ("GetPolicyVersion", {"PolicyArn": MANAGED, "VersionId": "v1"}),
        ("SimulatePrincipalPolicy", simulated),
    ]


def _secrets() -> list[Step]:
    here = {"SecretId": "model"}
    return [
        ("CreateSecret", {"Name": "model", "SecretString": "{}", "Tags": TAGS, "Description": "a"}),
        ("DescribeSecret", here),
        ("GetSecretValue", here),
        ("PutSecretValue", {**here, "SecretString": "{}"}),
        ("UpdateSecret", {**here, "KmsKeyId": "alias/mail"}),
        ("TagResource", {**here, "Tags": TAGS}),
        ("UntagResource", {**here, "TagKeys": ["fleet"]}),
        ("DescribeSecret", here),
        ("DeleteSecret", {**here, "ForceDeleteWithoutRecovery": True}),
    ]


def _parameters() -> list[Step]:
    here = {"Name": "/mail/model"}
    tagged = {"ResourceType": "Parameter", "ResourceId": "/mail/model"}
    secure = {**here, "Value": "{}", "Type": "SecureString"}
    return [
        ("PutParameter", {**secure, "Tags": TAGS, "Tier": "Standard"}),
        ("GetParameter", {**here, "WithDecryption": True}),
        ("PutParameter", {**secure, "Overwrite": True, "KeyId": "alias/mail"}),
        ("DescribeParameters", {"ParameterFilters": [{"Key": "Name", "Option": "Equals", "Values": ["/mail/model"]}]}),
        ("AddTagsToResource", {**tagged, "Tags": TAGS}),
        ("ListTagsForResource", tagged),
        ("RemoveTagsFromResource", {**tagged, "TagKeys": ["fleet"]}),
        ("DeleteParameter", here),
    ]


def _zones() -> list[Step]:
    name = "zone.model.example.com"

    def zone(seen: Answers) -> dict[str, Any]:
        return {"HostedZoneId": seen["CreateHostedZone"]["HostedZone"]["Id"]}

    def change(action: str) -> Callable[[Answers], dict[str, Any]]:
        record = {"Name": name, "Type": "TXT", "TTL": 300, "ResourceRecords": [{"Value": '"v=DMARC1; p=none"'}]}
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
        return lambda seen: {**zone(seen), "ChangeBatch": batch}

    def identifier(seen: Answers) -> str:
        return str(zone(seen)["HostedZoneId"].rpartition("/")[2])

    return [
        ("CreateHostedZone", {"Name": name, "CallerReference": "model"}),
        ("ListHostedZones", {}),
        ("ListHostedZonesByName", {"DNSName": name}),
        ("GetHostedZone", lambda seen: {"Id": zone(seen)["HostedZoneId"]}),
        ("ChangeResourceRecordSets", change("UPSERT")),
        ("GetChange", lambda seen: {"Id": seen["ChangeResourceRecordSets"]["ChangeInfo"]["Id"]}),
        ("ListResourceRecordSets", zone),
        ("ListTagsForResource", lambda seen: {"ResourceType": "hostedzone", "ResourceId": identifier(seen)}),
        ("ChangeResourceRecordSets", change("DELETE")),
        ("DeleteHostedZone", lambda seen: {"Id": zone(seen)["HostedZoneId"]}),
    ]


STEPS: dict[str, Callable[[], list[Step]]] = {
    "sesv2": lambda: [
        *_configuration_sets(),
        *_identities(),
        ("DeleteConfigurationSet", {"ConfigurationSetName": "model"}),
        ("GetAccount", {}),
        ("PutAccountDetails", ACCOUNT_DETAILS),
        ("PutAccountSendingAttributes", {"SendingEnabled": True}),
        ("PutAccountSuppressionAttributes", {"SuppressedReasons": ["COMPLAINT"]}),
        ("GetAccount", {}),
    ],
    "service-quotas": lambda: [
        ("ListServiceQuotas", {"ServiceCode": "ses"}),
        ("ListAWSDefaultServiceQuotas", {"ServiceCode": "ses"}),
        ("GetServiceQuota", DAILY),
        ("GetAWSDefaultServiceQuota", DAILY),
        ("RequestServiceQuotaIncrease", {**DAILY, "DesiredValue": 2e9}),
        (
            "GetRequestedServiceQuotaChange",
            lambda seen: {"RequestId": seen["RequestServiceQuotaIncrease"]["RequestedQuota"]["Id"]},
        ),
        ("ListRequestedServiceQuotaChangeHistory", {"ServiceCode": "ses"}),
        ("ListRequestedServiceQuotaChangeHistoryByQuota", DAILY),
    ],
    "iam": lambda: [
        *_users(),
        *_keys(),
        *_read_policies(),
        ("UntagUser", {**_ME, "TagKeys": ["fleet"]}),
        ("DeleteUserPolicy", {**_ME, "PolicyName": "send"}),
        ("DeleteUserPermissionsBoundary", _ME),
        ("DetachUserPolicy", {**_ME, "PolicyArn": MANAGED}),
        ("RemoveUserFromGroup", {**_ME, "GroupName": "model"}),
        ("DeleteUser", _ME),
    ],
    "secretsmanager": _secrets,
    "ssm": _parameters,
    "route53": _zones,
    "sts": lambda: [("GetCallerIdentity", {})],
}
