# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SES configuration sets: the calls of the API, and its answers as this collection's values."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

try:
    from botocore.exceptions import ClientError
except ImportError:
    pass  # AnsibleAWSModule reports a missing SDK.

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import calling, error_code
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.tags import to_dict, to_list


@dataclass(frozen=True)
class Settings:
    """What a user can set on a configuration set. An empty pool is SES's shared addresses."""

    tls_policy: str = "optional"
    dedicated_pool: str = ""
    reputation_metrics: bool = False
    sending_enabled: bool = True
    #: None: those of the account.
    suppressed_reasons: Optional[Tuple[str, ...]] = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def visible(self) -> Dict[str, Any]:
        """Return this as a module returns it."""
        reasons = self.suppressed_reasons
        return {**asdict(self), "suppressed_reasons": None if reasons is None else list(reasons)}


def settings_of(answer: Mapping[str, Any]) -> Settings:
    """Return the settings in GetConfigurationSet's answer, which leaves out what was never set."""
    delivery = answer.get("DeliveryOptions") or {}
    reasons = (answer.get("SuppressionOptions") or {}).get("SuppressedReasons")
    return Settings(
        tls_policy=str(delivery.get("TlsPolicy") or "OPTIONAL").lower(),
        dedicated_pool=str(delivery.get("SendingPoolName") or ""),
        reputation_metrics=bool((answer.get("ReputationOptions") or {}).get("ReputationMetricsEnabled", False)),
        sending_enabled=bool((answer.get("SendingOptions") or {}).get("SendingEnabled", True)),
        suppressed_reasons=None if reasons is None else tuple(sorted(str(reason).lower() for reason in reasons)),
        tags=to_dict(answer.get("Tags")),
    )


class ConfigurationSets:
    """The calls of SES v2 about configuration sets in the region of one client."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.region: str = client.meta.region_name

    def get(self, name: str) -> Optional[Dict[str, Any]]:
        """Return GetConfigurationSet's answer, None when there is no such set."""
        with calling("ses:GetConfigurationSet", f"read the configuration set {name} in {self.region}"):
            try:
                answer: Dict[str, Any] = self._client.get_configuration_set(aws_retry=True, ConfigurationSetName=name)
            except ClientError as exc:
                if error_code(exc) == "NotFoundException":
                    return None
                raise
            return answer

    def names(self) -> Iterator[str]:
        """Yield the names of all configuration sets; SES gives at most 1,000 in one call."""
        token: Optional[str] = None
        while True:
            page = {"NextToken": token} if token else {}
            with calling("ses:ListConfigurationSets", f"list the configuration sets in {self.region}"):
                answer = self._client.list_configuration_sets(aws_retry=True, PageSize=1000, **page)
            yield from (str(name) for name in answer.get("ConfigurationSets") or ())
            token = answer.get("NextToken")
            if not token:
                return

    def create(self, name: str, after: Settings) -> bool:
        """Create a configuration set with all its settings; False when it exists already."""
        extra: Dict[str, Any] = {"Tags": to_list(after.tags)} if after.tags else {}
        if after.suppressed_reasons is not None:
            extra["SuppressionOptions"] = {"SuppressedReasons": _upper(after.suppressed_reasons)}
        with calling("ses:CreateConfigurationSet", f"create the configuration set {name} in {self.region}"):
            try:
                self._client.create_configuration_set(
                    aws_retry=True,
                    ConfigurationSetName=name,
                    DeliveryOptions=delivery_options(after, {}),
                    ReputationOptions={"ReputationMetricsEnabled": after.reputation_metrics},
                    SendingOptions={"SendingEnabled": after.sending_enabled},
                    **extra,
                )
            except ClientError as exc:
                if error_code(exc) == "AlreadyExistsException":
                    return False
                raise
        return True

    def delete(self, name: str) -> None:
        """Delete a configuration set with its event destinations; one that is gone is no error."""
        with calling("ses:DeleteConfigurationSet", f"delete the configuration set {name} in {self.region}"):
            try:
                self._client.delete_configuration_set(aws_retry=True, ConfigurationSetName=name)
            except ClientError as exc:
                if error_code(exc) != "NotFoundException":
                    raise

    def set_delivery(self, name: str, options: Mapping[str, Any]) -> None:
        """Set TLS policy and pool; the call replaces all delivery options."""
        with calling("ses:PutConfigurationSetDeliveryOptions", self._setting("the delivery options", name)):
            self._client.put_configuration_set_delivery_options(aws_retry=True, ConfigurationSetName=name, **options)

    def set_reputation_metrics(self, name: str, enabled: bool) -> None:
        """Switch the reputation metrics on or off."""
        with calling("ses:PutConfigurationSetReputationOptions", self._setting("the reputation metrics", name)):
            self._client.put_configuration_set_reputation_options(
                aws_retry=True, ConfigurationSetName=name, ReputationMetricsEnabled=enabled
            )

    def set_sending(self, name: str, enabled: bool) -> None:
        """Switch sending with this configuration set on or off."""
        with calling("ses:PutConfigurationSetSendingOptions", self._setting("sending", name)):
            self._client.put_configuration_set_sending_options(
                aws_retry=True, ConfigurationSetName=name, SendingEnabled=enabled
            )

    def set_suppression(self, name: str, options: Mapping[str, Any]) -> None:
        """Set for which reasons recipients are suppressed; the call replaces all suppression options."""
        with calling("ses:PutConfigurationSetSuppressionOptions", self._setting("the suppression options", name)):
            self._client.put_configuration_set_suppression_options(aws_retry=True, ConfigurationSetName=name, **options)

    def tag(self, name: str, *, arn: str, put: Mapping[str, str], remove: Sequence[str]) -> None:
        """Set and remove tags of the configuration set with the ARN ``arn``."""
        if put:
            with calling("ses:TagResource", f"tag the configuration set {name} in {self.region}"):
                self._client.tag_resource(aws_retry=True, ResourceArn=arn, Tags=to_list(put))
        if remove:
            with calling("ses:UntagResource", f"remove tags of the configuration set {name} in {self.region}"):
                self._client.untag_resource(aws_retry=True, ResourceArn=arn, TagKeys=list(remove))

    def _setting(self, what: str, name: str) -> str:
        return f"set {what} of the configuration set {name} in {self.region}"


def configuration_set_arn(sts: Any, name: str, region: str) -> str:
    """Return the ARN of a configuration set. SES never tells it: partition and account are in the caller's ARN."""
    with calling(
        "sts:GetCallerIdentity", "find out the AWS account, whose number the ARN of a configuration set needs"
    ):
        caller = sts.get_caller_identity(aws_retry=True)
    return f"arn:{caller['Arn'].split(':')[1]}:ses:{region}:{caller['Account']}:configuration-set/{name}"


def delivery_options(after: Settings, present: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the delivery options to set; what this collection does not manage stays as in ``present``."""
    kept = {key: value for key, value in present.items() if key not in ("TlsPolicy", "SendingPoolName")}
    pool = {"SendingPoolName": after.dedicated_pool} if after.dedicated_pool else {}
    return {**kept, "TlsPolicy": after.tls_policy.upper(), **pool}


def suppression_options(after: Settings, present: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the suppression options to set; scope and validation stay as in ``present``.

    An empty list switches suppression off, a missing one means the account's reasons.
    """
    kept = {key: value for key, value in present.items() if key != "SuppressedReasons"}
    if after.suppressed_reasons is None:
        return kept
    return {**kept, "SuppressedReasons": _upper(after.suppressed_reasons)}


def _upper(reasons: Sequence[str]) -> List[str]:
    return [reason.upper() for reason in reasons]
