# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module cloudmail.ses.ses_configuration_set_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ses_configuration_set_info
short_description: Read one or all configuration sets of Amazon SES
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Reads a configuration set of Amazon SES, or all of them, with their event destinations, in one or several regions.
  - Needs the IAM permissions C(ses:GetConfigurationSet), C(ses:GetConfigurationSetEventDestinations) and, for all
    configuration sets, C(ses:ListConfigurationSets).
options:
  name:
    description:
      - The name. A region that has no such configuration set has no entry in the result.
      - Not given, all configuration sets are read, with two calls for each, so about one in two seconds.
    type: str
extends_documentation_fragment:
  - cloudmail.ses.aws_side
  - cloudmail.ses.aws_side.info
  - cloudmail.ses.aws_side.regions
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: cloudmail.ses.ses_configuration_set
"""

EXAMPLES = r"""
- name: Read one configuration set where it exists
  cloudmail.ses.ses_configuration_set_info:
    name: fleet
    regions: [eu-west-1, us-east-1]
  register: ses_sets

- name: Read all configuration sets of a region
  cloudmail.ses.ses_configuration_set_info:
    region: eu-west-1
  register: ses_sets
"""

RETURN = r"""
configuration_sets:
  description: The configuration sets, one entry for each that exists, with the same values as those of M(cloudmail.ses.ses_configuration_set).
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      returned: success
      type: str
      sample: fleet
    region:
      description: The region.
      returned: success
      type: str
      sample: eu-west-1
    exists:
      description: Whether it exists, which is always true here.
      returned: success
      type: bool
      sample: true
    tls_policy:
      description: V(require) or V(optional).
      returned: when it exists
      type: str
      sample: require
    dedicated_pool:
      description: The dedicated IP pool. Empty for the addresses that all customers of SES share.
      returned: when it exists
      type: str
      sample: ""
    reputation_metrics:
      description: Whether SES publishes bounce and complaint rates of this configuration set in CloudWatch.
      returned: when it exists
      type: bool
      sample: true
    sending_enabled:
      description: Whether SES takes mail with this configuration set.
      returned: when it exists
      type: bool
      sample: true
    suppressed_reasons:
      description:
        - For which reasons recipients on the account's suppression list get no mail with this configuration set.
        - V(null) when those of the account are in force, an empty list when suppression is off.
      returned: when it exists
      type: list
      elements: str
      sample: [bounce, complaint]
    event_destinations:
      description: Where events go.
      returned: success
      type: list
      elements: dict
      contains:
        name:
          description: The name.
          returned: success
          type: str
          sample: bounces
        enabled:
          description: Whether events are published there.
          returned: success
          type: bool
          sample: true
        events:
          description: The events that are published there.
          returned: success
          type: list
          elements: str
          sample: [bounce, complaint]
        sns_topic_arn:
          description: The topic of Amazon SNS.
          returned: when events go to Amazon SNS
          type: str
          sample: arn:aws:sns:eu-west-1:123456789012:bounces
        event_bus_arn:
          description: The event bus of Amazon EventBridge.
          returned: when events go to Amazon EventBridge
          type: str
          sample: arn:aws:events:eu-west-1:123456789012:event-bus/default
        firehose:
          description: The stream of Amazon Data Firehose, with C(delivery_stream_arn) and C(iam_role_arn).
          returned: when events go to Amazon Data Firehose
          type: dict
          sample:
            delivery_stream_arn: arn:aws:firehose:eu-west-1:123456789012:deliverystream/mail
            iam_role_arn: arn:aws:iam::123456789012:role/ses-firehose
        cloudwatch_dimensions:
          description: The dimensions in Amazon CloudWatch, each with C(name), C(source) and C(default).
          returned: when events go to Amazon CloudWatch
          type: list
          elements: dict
          sample: [{name: application, source: message_tag, default: none}]
    tags:
      description: The tags.
      returned: when it exists
      type: dict
      sample: {team: mail}
"""

from typing import Any, Dict, List

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.configuration_set import ConfigurationSets
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.configuration_set_ensure import open_api, read, shown
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.configuration_set_plan import check_name
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.failure import fail
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.region import REGIONS_ARGUMENT, clients


def _read(module: Any, client: Any) -> List[Dict[str, Any]]:
    wanted = module.params["name"]
    names = [check_name(wanted)] if wanted else list(ConfigurationSets(client).names())
    found = []
    for name in names:
        _answer, state = read(open_api(client, name), name, destinations=True)
        if state is not None:
            found.append(shown(name, client.meta.region_name, state))
    return found


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(argument_spec={"name": {"type": "str"}, **REGIONS_ARGUMENT}, supports_check_mode=True)
    try:
        sets = [each for client in clients(module, "sesv2") for each in _read(module, client)]
    except SesError as exc:
        fail(module, exc)
    module.exit_json(changed=False, configuration_sets=sets)


if __name__ == "__main__":
    main()
