# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SES configuration sets: the calls of the API."""

from __future__ import annotations

from typing import Any, Dict, Iterator, Mapping, Optional

try:
    from botocore.exceptions import ClientError
except ImportError:
    pass  # AnsibleAWSModule reports a missing SDK.

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.arn import set_tags
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.configuration_set_settings import (
    Settings,
    delivery_options,
    suppression_options,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import calling, error_code
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.tags import TagChange, to_list


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
            extra["SuppressionOptions"] = suppression_options(after, {})
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

    def tag(self, name: str, change: TagChange, *, arn: str) -> None:
        """Set and remove tags of the configuration set with the ARN ``arn``."""
        set_tags(self._client, change, arn=arn, what=f"the configuration set {name} in {self.region}")

    def _setting(self, what: str, name: str) -> str:
        return f"set {what} of the configuration set {name} in {self.region}"
