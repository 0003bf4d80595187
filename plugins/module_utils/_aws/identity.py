# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SES identities: the calls of the API, and its answers as this collection's values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterator, Mapping, Optional, Sequence

try:
    from botocore.exceptions import ClientError
except ImportError:
    pass  # AnsibleAWSModule reports a missing SDK.

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import calling, error_code
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_dkim import (
    EASY_DKIM,
    KEY_TAG,
    OWN_KEY,
    OwnKey,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_policy import as_text, parse
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.tags import to_dict, to_list

#: The API's default of an identity that was never told otherwise.
DEFAULT_MX_BEHAVIOR = "USE_DEFAULT_VALUE"


class Identities:
    """The calls of SES v2 about identities in the region of one client."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.region: str = client.meta.region_name

    def get(self, name: str) -> Optional[Dict[str, Any]]:
        """Return GetEmailIdentity's answer, None when there is no such identity."""
        with calling("ses:GetEmailIdentity", f"read the identity {name} in {self.region}"):
            try:
                answer: Dict[str, Any] = self._client.get_email_identity(aws_retry=True, EmailIdentity=name)
            except ClientError as exc:
                if error_code(exc) == "NotFoundException":
                    return None
                raise
            return answer

    def names(self) -> Iterator[str]:
        """Yield the names of all identities; SES gives at most 1,000 in one call."""
        token: Optional[str] = None
        while True:
            with calling("ses:ListEmailIdentities", f"list the identities in {self.region}"):
                page = {"NextToken": token} if token else {}
                answer = self._client.list_email_identities(aws_retry=True, PageSize=1000, **page)
            for item in answer.get("EmailIdentities") or []:
                yield str(item["IdentityName"])
            token = answer.get("NextToken")
            if not token:
                return

    def create(self, name: str, *, tags: Mapping[str, str], signing: Mapping[str, str], configuration_set: str) -> bool:
        """Create an identity and return whether that was this call; it was not when there is one by now.

        ``signing`` says where its DKIM keys come from, empty means Easy DKIM for a domain.
        """
        extra: Dict[str, Any] = {}
        if tags:
            extra["Tags"] = to_list(tags)
        if signing:
            extra["DkimSigningAttributes"] = dict(signing)
        if configuration_set:
            extra["ConfigurationSetName"] = configuration_set
        with calling("ses:CreateEmailIdentity", f"create the identity {name} in {self.region}"):
            try:
                self._client.create_email_identity(aws_retry=True, EmailIdentity=name, **extra)
            except ClientError as exc:
                if error_code(exc) != "AlreadyExistsException":
                    raise
                return False
        return True

    def delete(self, name: str) -> None:
        """Delete an identity; one that is gone is no error."""
        with calling("ses:DeleteEmailIdentity", f"delete the identity {name} in {self.region}"):
            try:
                self._client.delete_email_identity(aws_retry=True, EmailIdentity=name)
            except ClientError as exc:
                if error_code(exc) != "NotFoundException":
                    raise

    def set_mail_from(self, name: str, *, domain: str, behavior: str) -> None:
        """Set the custom MAIL FROM domain; an empty ``domain`` removes it."""
        target = f"the MAIL FROM domain {domain} of the identity {name} in {self.region}"
        args = {"MailFromDomain": domain, "BehaviorOnMxFailure": behavior} if domain else {}
        with calling("ses:PutEmailIdentityMailFromAttributes", f"set {target}"):
            self._client.put_email_identity_mail_from_attributes(aws_retry=True, EmailIdentity=name, **args)

    def set_dkim_keys(self, name: str, *, origin: str, signing: Mapping[str, str]) -> None:
        """Say where the DKIM keys come from, and how long the next key of SES is."""
        args = {"SigningAttributes": dict(signing)} if signing else {}
        with calling(
            "ses:PutEmailIdentityDkimSigningAttributes", f"set the DKIM keys of the identity {name} in {self.region}"
        ):
            self._client.put_email_identity_dkim_signing_attributes(
                aws_retry=True, EmailIdentity=name, SigningAttributesOrigin=origin, **args
            )

    def set_dkim_signing(self, name: str, enabled: bool) -> None:
        """Switch DKIM signing on or off."""
        with calling("ses:PutEmailIdentityDkimAttributes", f"set DKIM signing of {name} in {self.region}"):
            self._client.put_email_identity_dkim_attributes(aws_retry=True, EmailIdentity=name, SigningEnabled=enabled)

    def set_feedback_forwarding(self, name: str, enabled: bool) -> None:
        """Switch the forwarding of bounces and complaints by mail on or off."""
        with calling("ses:PutEmailIdentityFeedbackAttributes", f"set feedback of {name} in {self.region}"):
            self._client.put_email_identity_feedback_attributes(
                aws_retry=True, EmailIdentity=name, EmailForwardingEnabled=enabled
            )

    def set_configuration_set(self, name: str, configuration_set: str) -> None:
        """Set the default configuration set; an empty name removes it."""
        args = {"ConfigurationSetName": configuration_set} if configuration_set else {}
        with calling(
            "ses:PutEmailIdentityConfigurationSetAttributes",
            f"set the configuration set {configuration_set or '(none)'} of {name} in {self.region}",
        ):
            self._client.put_email_identity_configuration_set_attributes(aws_retry=True, EmailIdentity=name, **args)

    def create_policy(self, name: str, policy_name: str, policy: Any) -> None:
        """Add a sending authorization policy."""
        with calling("ses:CreateEmailIdentityPolicy", f"make the policy {policy_name} of {name} in {self.region}"):
            self._client.create_email_identity_policy(
                aws_retry=True, EmailIdentity=name, PolicyName=policy_name, Policy=as_text(policy)
            )

    def update_policy(self, name: str, policy_name: str, policy: Any) -> None:
        """Replace a sending authorization policy."""
        with calling("ses:UpdateEmailIdentityPolicy", f"change the policy {policy_name} of {name} in {self.region}"):
            self._client.update_email_identity_policy(
                aws_retry=True, EmailIdentity=name, PolicyName=policy_name, Policy=as_text(policy)
            )

    def delete_policy(self, name: str, policy_name: str) -> None:
        """Remove a sending authorization policy."""
        with calling("ses:DeleteEmailIdentityPolicy", f"delete the policy {policy_name} of {name} in {self.region}"):
            self._client.delete_email_identity_policy(aws_retry=True, EmailIdentity=name, PolicyName=policy_name)

    def tag(self, name: str, *, arn: str, put: Mapping[str, str], remove: Sequence[str]) -> None:
        """Set and remove tags of the identity with the ARN ``arn``."""
        if put:
            with calling("ses:TagResource", f"tag the identity {name} in {self.region}"):
                self._client.tag_resource(aws_retry=True, ResourceArn=arn, Tags=to_list(put))
        if remove:
            with calling("ses:UntagResource", f"remove tags of the identity {name} in {self.region}"):
                self._client.untag_resource(aws_retry=True, ResourceArn=arn, TagKeys=list(remove))


class Arns:
    """ARNs of identities. SES never tells them, so partition and account come from the caller's ARN, asked for once."""

    def __init__(self, open_sts: Callable[[], Any]) -> None:
        self._open_sts = open_sts
        self._caller: Dict[str, Any] = {}

    def identity(self, name: str, region: str) -> str:
        """Return the ARN of the identity ``name`` in ``region``."""
        if not self._caller:
            with calling(
                "sts:GetCallerIdentity", "find out the AWS account, whose number the ARN of an identity needs"
            ):
                self._caller = self._open_sts().get_caller_identity(aws_retry=True)
        partition = self._caller["Arn"].split(":")[1]
        return f"arn:{partition}:ses:{region}:{self._caller['Account']}:identity/{name}"


def signing_attributes(origin: str, *, key: Optional[OwnKey], key_length: str) -> Dict[str, str]:
    """Return the SigningAttributes for PutEmailIdentityDkimSigningAttributes."""
    if key is not None:
        return {"DomainSigningSelector": key.selector, "DomainSigningPrivateKey": key.private_key}
    return {"NextSigningKeyLength": key_length} if origin == EASY_DKIM and key_length else {}


@dataclass(frozen=True)
class Settings:
    """What a user can set on an identity. Empty texts mean none."""

    dkim_signing: bool
    dkim_key_length: str
    mail_from_domain: str
    mail_from_on_mx_failure: str
    feedback_forwarding: bool
    configuration_set: str
    #: Without the tag that holds ``dkim_key``.
    tags: Mapping[str, str]
    #: Where the DKIM keys come from: AWS_SES, EXTERNAL, or AWS_SES_ and a region.
    dkim_origin: str = EASY_DKIM
    #: The selector of a key of one's own, and the fingerprint of its public half.
    dkim_selector: str = ""
    dkim_key: str = ""
    policies: Mapping[str, Any] = field(default_factory=dict)


def settings_of(answer: Mapping[str, Any]) -> Settings:
    """Return the settings in GetEmailIdentity's answer."""
    dkim = answer.get("DkimAttributes") or {}
    mail_from = answer.get("MailFromAttributes") or {}
    tags = to_dict(answer.get("Tags"))
    origin = str(dkim.get("SigningAttributesOrigin") or EASY_DKIM)
    return Settings(
        dkim_signing=bool(dkim.get("SigningEnabled", False)),
        dkim_key_length=str(dkim.get("NextSigningKeyLength") or ""),
        mail_from_domain=str(mail_from.get("MailFromDomain") or ""),
        mail_from_on_mx_failure=str(mail_from.get("BehaviorOnMxFailure") or DEFAULT_MX_BEHAVIOR),
        feedback_forwarding=bool(answer.get("FeedbackForwardingStatus", False)),
        configuration_set=str(answer.get("ConfigurationSetName") or ""),
        tags={key: value for key, value in tags.items() if key != KEY_TAG},
        dkim_origin=origin,
        # For keys of one's own the one token is the selector.
        dkim_selector="".join((dkim.get("Tokens") or [])[:1]) if origin == OWN_KEY else "",
        dkim_key=tags.get(KEY_TAG, ""),
        policies=parse(answer.get("Policies")),
    )


def identity_facts(name: str, answer: Mapping[str, Any], region: str) -> Dict[str, Any]:
    """Return GetEmailIdentity's answer in snake case, with ``name``, ``region`` and tags as a dictionary."""
    known = {key: value for key, value in answer.items() if key not in ("ResponseMetadata", "Tags", "Policies")}
    facts: Dict[str, Any] = camel_dict_to_snake_dict(known)
    facts.update(name=name, region=region, tags=to_dict(answer.get("Tags")), policies=answer.get("Policies") or {})
    for missing in ("dkim_attributes", "mail_from_attributes"):
        facts[missing] = facts.get(missing) or {}
    return facts
