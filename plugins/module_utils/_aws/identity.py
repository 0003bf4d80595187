# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SES identities: the calls of the API."""

from __future__ import annotations

from typing import Any, Dict, Iterator, Mapping, Optional

try:
    from botocore.exceptions import ClientError
except ImportError:
    pass  # AnsibleAWSModule reports a missing SDK.

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.arn import set_tags
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import SesError, calling, error_code
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_policy import as_text
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.tags import TagChange, to_list


def _kept(name: str, region: str) -> str:
    return (
        f"SES does not delete the identity {name} in {region}, probably because identities of other regions have their DKIM "
        "keys from it (dkim_origin_region). Delete those first, or give them keys of their own with dkim: easy and put "
        "their records into DNS."
    )


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
                code = error_code(exc)
                if code == "BadRequestException" and "@" not in name:
                    raise SesError(_kept(name, self.region), exc) from exc
                if code != "NotFoundException":
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

    def tag(self, name: str, change: TagChange, *, arn: str) -> None:
        """Set and remove tags of the identity with the ARN ``arn``."""
        set_tags(self._client, change, arn=arn, what=f"the identity {name} in {self.region}")
