# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS asks IAM about a call: which actions, on which resources. After the Service Authorization Reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.kms.models import kms_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.ssm.models import ssm_backends

from ses_simulator import iam
from ses_simulator.iam import ACCOUNT_ID, partition_of
from ses_simulator.protocols import ApiRequest

ANY = "*"
# Where the prefix of a service's actions is not botocore's name of the service.
_PREFIXES = {"sesv2": "ses", "service-quotas": "servicequotas"}
# What everybody may do, even where a policy denies it.
FREE = ("sts:GetCallerIdentity",)


@dataclass(frozen=True)
class Question:
    """An action on a resource. ``shown`` is how the service names the resource when it refuses, empty for not at all."""

    action: str
    resource: str = ANY
    shown: str = ""


def questions(request: ApiRequest) -> list[Question]:
    """Return everything that a caller of this request has to be allowed."""
    prefix = _PREFIXES.get(request.service, request.service)
    action = f"{prefix}:{request.operation}"
    if action in FREE:
        return []
    found = _RESOURCES.get(request.service, _anything)(request)
    asked = [Question(action, arn, shown) for arn, shown in dict.fromkeys(found)] or [Question(action)]
    return asked + list(_EXTRAS.get(request.service, _nothing)(request, asked))


def arn(request: ApiRequest, service: str, resource: str, *, region: bool = True, account: bool = True) -> str:
    """Return an ARN in the partition of the request's region."""
    where = request.region if region else ""
    return f"arn:{partition_of(request.region)}:{service}:{where}:{ACCOUNT_ID if account else ''}:{resource}"


Named = Iterator[tuple[str, str]]


def _anything(_request: ApiRequest) -> Named:
    yield from ()


def _nothing(_request: ApiRequest, _asked: list[Question]) -> Iterator[Question]:
    yield from ()


# IAM

_IAM_NAMED = {"GroupName": "group", "RoleName": "role"}
_IAM_ARNS = ("PolicyArn", "PolicySourceArn")
_ABOUT_A_USER = ("AccessKey", "User", "LoginProfile")
_OF_ALL = ("ListUsers", "ListPolicies", "ListRoles", "ListGroups")


def _iam_user_arn(request: ApiRequest, name: str, path: str = "/") -> str:
    known = iam.backend(request.region).users.get(name)
    return str(known.arn) if known else arn(request, "iam", f"user{path}{name}", region=False)


def _iam(request: ApiRequest) -> Named:
    params, name = request.params, _iam_target(request)
    if request.operation == "CreateUser":
        path = str(params.get("Path") or "/")
        made = arn(request, "iam", f"user{path}{params.get('UserName')}", region=False)
        yield made, made
    elif name:
        yield _iam_user_arn(request, name), f"user {name}"
        if request.operation == "UpdateUser":
            # Whoever moves a user must be allowed to do so at both ends.
            path, new = str(params.get("NewPath") or _path(request, name)), str(params.get("NewUserName") or name)
            yield arn(request, "iam", f"user{path}{new}", region=False), f"user {new}"
    else:
        for member, kind in _IAM_NAMED.items():
            if params.get(member):
                yield arn(request, "iam", f"{kind}/{params[member]}", region=False), f"{kind} {params[member]}"
                return
        for member in _IAM_ARNS:
            if params.get(member):
                yield str(params[member]), str(params[member])
        if request.operation == "GetAccessKeyLastUsed":
            # A key that the account does not have is of no user whom a policy could name.
            yield ANY, f"access key {params.get('AccessKeyId')}"


def _path(request: ApiRequest, name: str) -> str:
    known = iam.backend(request.region).users.get(name)
    return str(known.path) if known else "/"


def _iam_target(request: ApiRequest) -> str:
    """Return the name of the user that a call is about; without one given that is the caller."""
    given = request.params.get("UserName")
    if given:
        return str(given)
    key = request.params.get("AccessKeyId") if request.operation == "GetAccessKeyLastUsed" else None
    about_caller = any(word in request.operation for word in _ABOUT_A_USER) and request.operation not in _OF_ALL
    found = iam.owner_of(request.region, str(key or request.access_key_id)) if key or about_caller else None
    return str(found[0].name) if found else ""


def _iam_extras(request: ApiRequest, asked: list[Question]) -> Iterator[Question]:
    if request.operation == "CreateUser" and request.params.get("Tags"):
        yield Question("iam:TagUser", asked[0].resource, asked[0].shown)


# SES

_SES_KINDS = {
    "EmailIdentity": "identity",
    "ConfigurationSetName": "configuration-set",
    "PoolName": "dedicated-ip-pool",
    "SendingPoolName": "dedicated-ip-pool",
}
# An identity that is made with a default configuration set is all that SES asks about.
_IDENTITY_ALONE = ("CreateEmailIdentity",)


def _ses(request: ApiRequest) -> Named:
    params: Mapping[str, Any] = {**(request.params.get("DeliveryOptions") or {}), **request.params}
    if params.get("ResourceArn"):
        yield str(params["ResourceArn"]), str(params["ResourceArn"])
        return
    for member, kind in _SES_KINDS.items():
        if params.get(member) and not (request.operation in _IDENTITY_ALONE and kind != "identity"):
            named = arn(request, "ses", f"{kind}/{params[member]}")
            yield named, named


def _ses_extras(request: ApiRequest, _asked: list[Question]) -> Iterator[Question]:
    destination = request.params.get("EventDestination") or {}
    role = (destination.get("KinesisFirehoseDestination") or {}).get("IamRoleArn")
    if role:
        yield Question("iam:PassRole", str(role), str(role))
    signing = {**(request.params.get("DkimSigningAttributes") or {}), **(request.params.get("SigningAttributes") or {})}
    origin = str(signing.get("DomainSigningAttributesOrigin") or request.params.get("SigningAttributesOrigin") or "")
    if origin.startswith("AWS_SES_"):
        region = origin.removeprefix("AWS_SES_").lower().replace("_", "-")
        named = iam.ses_arn(region, "identity", str(request.params.get("EmailIdentity")))
        yield Question("ses:ReplicateEmailIdentityDkimSigningKey", named, named)


# Secrets Manager and SSM, with the KMS keys that their callers must be allowed to use


def _secret(request: ApiRequest) -> Named:
    params = request.params
    name = str(params.get("SecretId") or params.get("Name") or "")
    if request.operation == "CreateSecret":
        # AWS asks about the ARN that the secret is going to have.
        made = arn(request, "secretsmanager", f"secret:{name}-Ab1Cd2")
        yield made, made
    elif name.startswith("arn:"):
        yield name, name
    elif name:
        found = secretsmanager_backends[ACCOUNT_ID][request.region].secrets.get(name)
        # An unknown secret is named in the refusal as the caller named it.
        yield (found.arn, found.arn) if found else (arn(request, "secretsmanager", f"secret:{name}"), name)


def _secret_extras(request: ApiRequest, asked: list[Question]) -> Iterator[Question]:
    params = request.params
    if request.operation == "CreateSecret" and params.get("Tags"):
        yield Question("secretsmanager:TagResource", asked[0].resource, asked[0].shown)
    found = secretsmanager_backends[ACCOUNT_ID][request.region].secrets.get(str(params.get("SecretId") or ""))
    before = str(getattr(found, "kms_key_id", None) or "")
    key = str(params.get("KmsKeyId") or before)
    if request.operation in ("CreateSecret", "PutSecretValue", "UpdateSecret"):
        # Without kms:Encrypt a change of the key works as well, and what is stored already keeps the old one.
        yield from _uses_key(request, key, "GenerateDataKey", "Decrypt")
        if before and before != key:
            yield from _uses_key(request, before, "Decrypt")
    elif request.operation == "GetSecretValue":
        yield from _uses_key(request, key, "Decrypt")


def _parameter(request: ApiRequest) -> Named:
    params = request.params
    one = params.get("Name") or (params.get("ResourceId") if params.get("ResourceType") == "Parameter" else None)
    for name in [one] if one else params.get("Names") or []:
        named = str(name) if str(name).startswith("arn:") else arn(request, "ssm", f"parameter/{str(name).lstrip('/')}")
        yield named, named


def _parameter_extras(request: ApiRequest, asked: list[Question]) -> Iterator[Question]:
    params = request.params
    if request.operation == "PutParameter":
        if params.get("Tags"):
            yield Question("ssm:AddTagsToResource", asked[0].resource, asked[0].shown)
        if params.get("Type") == "SecureString":
            yield from _uses_key(request, str(params.get("KeyId") or ""), "Encrypt")
    elif request.operation == "GetParameter" and params.get("WithDecryption"):
        known = ssm_backends[ACCOUNT_ID][request.region].get_parameter(str(params.get("Name")))
        if known is not None and known.parameter_type == "SecureString":
            yield from _uses_key(request, str(known.keyid or ""), "Decrypt")


def _uses_key(request: ApiRequest, key: str, *operations: str) -> Iterator[Question]:
    # AWS's own keys of a service are for everybody who may use the service.
    if key and "alias/aws/" not in key:
        keys = kms_backends[ACCOUNT_ID][request.region]
        found = key.rpartition("/")[2] if ":key/" in key else keys.get_key_id_from_alias(key) or key
        named = arn(request, "kms", f"key/{found}")
        for operation in operations:
            yield Question(f"kms:{operation}", named, named)


# Route 53 and Service Quotas


def _route53(request: ApiRequest) -> Named:
    identifier = str(request.params.get("HostedZoneId") or request.params.get("Id") or "").rpartition("/")[2]
    if identifier:
        kind = "change" if request.operation == "GetChange" else "hostedzone"
        named = arn(request, "route53", f"{kind}/{identifier}", region=False, account=False)
        yield named, named


# Service Quotas knows quotas as resources in these calls alone.
_ABOUT_A_QUOTA = ("GetServiceQuota", "RequestServiceQuotaIncrease", "ListRequestedServiceQuotaChangeHistoryByQuota")


def _quota(request: ApiRequest) -> Named:
    if request.operation in _ABOUT_A_QUOTA:
        params = request.params
        named = arn(request, "servicequotas", f"{params.get('ServiceCode')}/{params.get('QuotaCode')}")
        yield named, named


_QUOTA_ROLE = "aws-service-role/servicequotas.amazonaws.com/AWSServiceRoleForServiceQuotas"


def _quota_extras(request: ApiRequest, _asked: list[Question]) -> Iterator[Question]:
    # AWS makes the role with the first request of an account; here it is there when a caller made it.
    roles = [role.arn for role in list(iam.backend(request.region).roles.values())]
    named = arn(request, "iam", f"role/{_QUOTA_ROLE}", region=False)
    if request.operation == "RequestServiceQuotaIncrease" and named not in roles:
        yield Question("iam:CreateServiceLinkedRole", named, named)


_RESOURCES: dict[str, Callable[[ApiRequest], Named]] = {
    "iam": _iam,
    "sesv2": _ses,
    "secretsmanager": _secret,
    "ssm": _parameter,
    "route53": _route53,
    "service-quotas": _quota,
}
_EXTRAS: dict[str, Callable[[ApiRequest, list[Question]], Iterator[Question]]] = {
    "iam": _iam_extras,
    "sesv2": _ses_extras,
    "secretsmanager": _secret_extras,
    "ssm": _parameter_extras,
    "service-quotas": _quota_extras,
}
