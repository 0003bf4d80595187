# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each IAM action is needed for, and on which resources. The first group is what every run needs."""

from __future__ import annotations

from dataclasses import dataclass

ANY = ("*",)
# The administrator's boundary for the users: with it in a condition nobody can give them, or get through them, more.
BOUNDARY = "arn:aws:iam::111122223333:policy/only-send-mail"
IDENTITIES = ("arn:aws:ses:*:*:identity/*",)
CONFIGURATION_SETS = ("arn:aws:ses:*:*:configuration-set/*",)
POOLS = ("arn:aws:ses:*:*:dedicated-ip-pool/*",)
USERS = ("arn:aws:iam::*:user/ses-smtp-*",)
PLACES = (*USERS, "arn:aws:iam::*:user/*/ses-smtp-*")
SECRETS = ("arn:aws:secretsmanager:*:*:secret:ses-smtp-*",)
PARAMETERS = ("arn:aws:ssm:*:*:parameter/ses-smtp-*",)
GROUPS_OF_USERS = ("arn:aws:iam::*:group/*",)
MANAGED_POLICIES = ("arn:aws:iam::*:policy/*",)
QUOTAS = ("arn:aws:servicequotas:*:*:ses/L-804C8AE8", "arn:aws:servicequotas:*:*:ses/L-CDEF9B6B")
ZONES = ("arn:aws:route53:::hostedzone/*",)
KEYS = ("arn:aws:kms:*:*:key/*",)

# What everybody may do, whatever their policies say.
FREE = ("sts:GetCallerIdentity",)
# What AWS asks for besides the action of the call, and why.
BESIDES = {
    "iam:CreateServiceLinkedRole": "the first request for a quota in an AWS account makes the role of Service Quotas",
    "iam:PassRole": "an event destination in Amazon Data Firehose is given a role",
    "kms:Decrypt": "what is stored is sealed with a KMS key of one's own",
    "kms:Encrypt": "a parameter, or what a secret holds already, is sealed with a KMS key of one's own",
    "kms:GenerateDataKey": "a secret is sealed with a KMS key of one's own",
    "ses:ReplicateEmailIdentityDkimSigningKey": "SES copies a DKIM key from another region",
}
# What the modules of amazon.aws call in the way that our roles use them.
AMAZON_AWS = {
    "amazon.aws.route53": ("route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets"),
    "amazon.aws.route53_info": ("route53:ListHostedZones", "route53:ListResourceRecordSets"),
}


@dataclass(frozen=True)
class Grant:
    """A statement: these actions on these resources, under a condition of ``StringEquals``."""

    sid: str
    resources: tuple[str, ...]
    actions: tuple[str, ...]
    condition: tuple[str, str] | None = None

    def statement(self) -> dict[str, object]:
        """Return it as in a policy document."""
        found = {"Sid": self.sid, "Effect": "Allow", "Action": sorted(self.actions), "Resource": list(self.resources)}
        if self.condition:
            key, value = self.condition
            return {**found, "Condition": {"StringEquals": {key: value}}}
        return found


@dataclass(frozen=True)
class Group:
    """What is needed for one purpose."""

    title: str
    text: str
    grants: tuple[Grant, ...]

    def actions(self) -> set[str]:
        """Return all actions."""
        return {action for grant in self.grants for action in grant.actions}

    def statements(self) -> list[dict[str, object]]:
        """Return the statements of a policy document."""
        return [one.statement() for one in self.grants]


def _named(prefix: str, names: str) -> tuple[str, ...]:
    return tuple(f"{prefix}:{name}" for name in names.split())


_PROVISION = Group(
    "For every run",
    "Identities, the credential in Secrets Manager, the look at the account and at whether SES would take a message.",
    (
        Grant("Account", ANY, _named("ses", "GetAccount")),
        Grant(
            "Identities",
            IDENTITIES,
            _named("ses", "CreateEmailIdentity GetEmailIdentity PutEmailIdentityMailFromAttributes"),
        ),
        Grant(
            "User",
            USERS,
            _named(
                "iam",
                "GetAccessKeyLastUsed GetUser GetUserPolicy ListAccessKeys ListAttachedUserPolicies ListGroupsForUser"
                " ListUserPolicies TagUser",
            ),
        ),
        Grant("UserPolicy", USERS, _named("iam", "CreateUser PutUserPolicy")),
        Grant("UserKeys", USERS, _named("iam", "CreateAccessKey DeleteAccessKey")),
        Grant(
            "Secrets", SECRETS, _named("secretsmanager", "CreateSecret DescribeSecret GetSecretValue PutSecretValue")
        ),
    ),
)
_SETTINGS = Group(
    "Settings of identities",
    "`ses_provision_feedback_forwarding`, `ses_provision_configuration_set`, `ses_provision_policies`, and DKIM with"
    " `ses_provision_dkim_key_length`, a key of your own or one from another region. `ses:Replicate…` is for SES itself,"
    " with `ses_provision_dkim_origin_region`; the tags note which key of your own an identity has.",
    (
        Grant(
            "IdentitySettings",
            (*IDENTITIES, *CONFIGURATION_SETS),
            _named(
                "ses",
                "CreateEmailIdentityPolicy GetConfigurationSet PutEmailIdentityConfigurationSetAttributes"
                " PutEmailIdentityDkimAttributes PutEmailIdentityDkimSigningAttributes PutEmailIdentityFeedbackAttributes"
                " ReplicateEmailIdentityDkimSigningKey TagResource UntagResource UpdateEmailIdentityPolicy",
            ),
        ),
    ),
)
_TAGS = Group(
    "Tags",
    "`ses_provision_tags`.",
    (
        Grant("IdentityTags", IDENTITIES, _named("ses", "TagResource")),
        Grant("SecretTags", SECRETS, _named("secretsmanager", "TagResource")),
    ),
)
_CONFIGURATION_SET = Group(
    "A configuration set",
    "`ses_provision_configuration_set_*`. The statement `DedicatedPools` is for a pool of dedicated addresses,"
    " `EventStreams` for event destinations in Amazon Data Firehose: give the ARN of the role that SES gets for them in"
    " place of `role/*`, or a role with more rights could be handed to SES.",
    (
        Grant(
            "ConfigurationSets",
            CONFIGURATION_SETS,
            _named(
                "ses",
                "CreateConfigurationSet CreateConfigurationSetEventDestination GetConfigurationSet"
                " GetConfigurationSetEventDestinations PutConfigurationSetDeliveryOptions"
                " PutConfigurationSetReputationOptions PutConfigurationSetSendingOptions"
                " PutConfigurationSetSuppressionOptions TagResource UpdateConfigurationSetEventDestination",
            ),
        ),
        Grant("DedicatedPools", POOLS, _named("ses", "CreateConfigurationSet PutConfigurationSetDeliveryOptions")),
        Grant(
            "EventStreams",
            ("arn:aws:iam::*:role/*",),
            ("iam:PassRole",),
            condition=("iam:PassedToService", "ses.amazonaws.com"),
        ),
    ),
)
_ACCOUNT = Group(
    "The account",
    "`ses_provision_production_access`, `ses_provision_sending_enabled` and `ses_provision_suppressed_reasons`.",
    (
        Grant(
            "AccountChanges",
            ANY,
            _named("ses", "PutAccountDetails PutAccountSendingAttributes PutAccountSuppressionAttributes"),
        ),
    ),
)
_QUOTAS = Group(
    "Quotas",
    "`ses_provision_max_24_hour_send` and `ses_provision_max_send_rate`. The role is that of Service Quotas, which the"
    " first request in an AWS account makes.",
    (
        Grant(
            "Quotas",
            QUOTAS,
            _named("servicequotas", "ListRequestedServiceQuotaChangeHistoryByQuota RequestServiceQuotaIncrease"),
        ),
        Grant(
            "QuotaRole",
            ("arn:aws:iam::*:role/aws-service-role/servicequotas.amazonaws.com/AWSServiceRoleForServiceQuotas",),
            ("iam:CreateServiceLinkedRole",),
        ),
    ),
)
_ROUTE53 = Group(
    "Route 53",
    "`ses_provision_route53_zone`. The zones are listed only when the zone is given by its name.",
    (
        Grant("ZoneByName", ANY, _named("route53", "ListHostedZones")),
        Grant("Records", ZONES, _named("route53", "ChangeResourceRecordSets ListResourceRecordSets")),
    ),
)
_PARAMETERS = Group(
    "The SSM Parameter Store",
    "`ses_provision_store: ssm`, in place of the statements `Secrets` and `SecretTags`. Before a parameter is written"
    " anew, `ssm:DescribeParameters`, which has no narrower resource, tells which KMS key it keeps.",
    (
        Grant(
            "Parameters",
            PARAMETERS,
            _named("ssm", "AddTagsToResource GetParameter ListTagsForResource PutParameter"),
        ),
        Grant("ParameterKeys", ANY, _named("ssm", "DescribeParameters")),
    ),
)
_KMS = Group(
    "A KMS key of your own",
    "`ses_provision_kms_key_id`. The key's policy has to allow it as well. Give the ARN of that key alone; when another"
    " key takes its place, both, because the old one still opens what is stored. Secrets Manager wants"
    " `kms:GenerateDataKey` and `kms:Decrypt` for every write, and seals what the secret holds already with a new key only"
    " where `kms:Encrypt` is allowed; the Parameter Store wants `kms:Encrypt` to write and `kms:Decrypt` to read.",
    (
        Grant("Keys", KEYS, _named("kms", "Decrypt Encrypt GenerateDataKey")),
        Grant("SecretKey", SECRETS, _named("secretsmanager", "UpdateSecret")),
    ),
)
_USER = Group(
    "Path and permissions boundary",
    "`ses_provision_iam_path` and `ses_provision_permissions_boundary`. With a path, the resources are those with the"
    " path, such as `user/mail/ses-smtp-*`, beside those without: IAM does not know the path of a user that it has not.",
    (
        Grant("UserPlace", PLACES, _named("iam", "UpdateUser")),
        Grant("UserBoundary", PLACES, _named("iam", "PutUserPermissionsBoundary")),
        Grant("UserUnbound", PLACES, _named("iam", "DeleteUserPermissionsBoundary")),
    ),
)
_PREFLIGHT = Group(
    "Policies that others attach",
    "When the user is in groups, or has managed policies or a boundary, `ses_preflight` reads them too; without these"
    " permissions it says what it could not read. `iam:SimulatePrincipalPolicy` is for its option `simulate`.",
    (
        Grant("Groups", GROUPS_OF_USERS, _named("iam", "GetGroupPolicy ListAttachedGroupPolicies ListGroupPolicies")),
        Grant("ManagedPolicies", MANAGED_POLICIES, _named("iam", "GetPolicy GetPolicyVersion")),
        Grant("Simulation", USERS, _named("iam", "SimulatePrincipalPolicy")),
    ),
)
_ROTATION = Group(
    "Rotation",
    "The steps of `ses_smtp_credential` with `rotation`, and `ses_smtp_credential_info`.",
    (Grant("Rotation", USERS, _named("iam", "UpdateAccessKey")),),
)
_DELETION = Group(
    "Taking away",
    "`state: absent` of the modules, their options `purge_tags`, `purge_policies` and `purge_event_destinations`, and"
    " another `policy_name` of `ses_smtp_credential` than before.",
    (
        Grant(
            "IdentityRemoval", IDENTITIES, _named("ses", "DeleteEmailIdentity DeleteEmailIdentityPolicy UntagResource")
        ),
        Grant(
            "ConfigurationSetRemoval",
            CONFIGURATION_SETS,
            _named("ses", "DeleteConfigurationSet DeleteConfigurationSetEventDestination UntagResource"),
        ),
        Grant("UserRemoval", USERS, _named("iam", "DeleteUser UntagUser")),
        Grant("UserPolicyRemoval", USERS, _named("iam", "DeleteUserPolicy")),
        Grant("SecretRemoval", SECRETS, _named("secretsmanager", "DeleteSecret UntagResource")),
        Grant("ParameterRemoval", PARAMETERS, _named("ssm", "DeleteParameter RemoveTagsFromResource")),
    ),
)
_LISTS = Group(
    "Lists",
    "`ses_identity_info` and `ses_configuration_set_info` without a name.",
    (Grant("Lists", ANY, _named("ses", "ListConfigurationSets ListEmailIdentities")),),
)

# The statements whose actions IAM can bind to a permissions boundary, and the one that has to go for it to hold.
BOUND = ("UserPolicy", "UserBoundary", "UserPolicyRemoval")
UNBOUND = "UserUnbound"

GROUPS = (
    _PROVISION,
    _SETTINGS,
    _TAGS,
    _CONFIGURATION_SET,
    _ACCOUNT,
    _QUOTAS,
    _ROUTE53,
    _PARAMETERS,
    _KMS,
    _USER,
    _PREFLIGHT,
    _ROTATION,
    _DELETION,
    _LISTS,
)
