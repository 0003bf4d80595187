# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module cloudmail.ses.ses_configuration_set."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ses_configuration_set
short_description: Manage a configuration set of Amazon SES, and where its events go
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Creates, changes or deletes a configuration set of Amazon SES in one or several regions. Mail uses it through the header
    C(X-SES-CONFIGURATION-SET), or because it is the default of the sending identity.
  - What is not given stays as it is; a new configuration set gets the defaults of SES.
  - Needs the IAM permissions C(ses:GetConfigurationSet), C(ses:CreateConfigurationSet), C(ses:DeleteConfigurationSet),
    C(ses:PutConfigurationSetDeliveryOptions), C(ses:PutConfigurationSetReputationOptions),
    C(ses:PutConfigurationSetSendingOptions), C(ses:PutConfigurationSetSuppressionOptions),
    C(ses:GetConfigurationSetEventDestinations), C(ses:CreateConfigurationSetEventDestination),
    C(ses:UpdateConfigurationSetEventDestination), C(ses:DeleteConfigurationSetEventDestination),
    C(ses:TagResource), C(ses:UntagResource), C(sts:GetCallerIdentity); of those, what the options given here use. A
    destination in Amazon Data Firehose needs C(iam:PassRole) for its role as well.
options:
  name:
    description: The name, at most 64 of A-Z, a-z, 0-9, C(_) and C(-).
    type: str
    required: true
  state:
    description: Whether the configuration set exists. V(absent) deletes it with its event destinations.
    type: str
    choices: [present, absent]
    default: present
  tls_policy:
    description:
      - V(require) makes SES deliver over TLS only, and bounce what cannot be delivered that way.
      - V(optional), the default of SES, falls back to plain text.
      - It is about the way from SES to the recipient; the way to SES is always encrypted.
    type: str
    choices: [require, optional]
  dedicated_pool:
    description: The dedicated IP pool that sends. An empty text goes back to the addresses that customers of SES share.
    type: str
  reputation_metrics:
    description: Whether SES publishes bounce and complaint rates of this configuration set in CloudWatch.
    type: bool
  sending_enabled:
    description: Whether SES takes mail with this configuration set. V(false) pauses it.
    type: bool
  suppressed_reasons:
    description:
      - For which reasons recipients on the account's suppression list get no mail with this configuration set.
      - An empty list switches suppression off for it. Where this was never set, the reasons of the account are in force.
      - V(account), alone, goes back to the reasons of the account.
    type: list
    elements: str
    choices: [bounce, complaint, account]
  event_destinations:
    description:
      - Where SES publishes what happens to mail. Each needs exactly one of
        O(event_destinations[].sns_topic_arn), O(event_destinations[].event_bus_arn), O(event_destinations[].firehose), and
        O(event_destinations[].cloudwatch_dimensions).
      - SES publishes in its own region only. With several O(regions), write C({region}) in the ARNs, which stands for the
        region.
      - Other event destinations stay, unless O(purge_event_destinations=true).
    type: list
    elements: dict
    suboptions:
      name:
        description: The name, at most 64 of A-Z, a-z, 0-9, C(_) and C(-).
        type: str
        required: true
      enabled:
        description: Whether events are published there.
        type: bool
        default: true
      events:
        description: The events to publish, at least one.
        type: list
        elements: str
        choices:
          - send
          - reject
          - bounce
          - complaint
          - delivery
          - open
          - click
          - rendering_failure
          - delivery_delay
          - subscription
        required: true
      sns_topic_arn:
        description:
          - The ARN of a standard topic of Amazon SNS. The topic's policy must allow C(ses.amazonaws.com) to publish.
        type: str
      event_bus_arn:
        description: The ARN of an event bus of Amazon EventBridge. SES knows only the one named C(default).
        type: str
      firehose:
        description: A stream of Amazon Data Firehose.
        type: dict
        suboptions:
          delivery_stream_arn:
            description: The ARN of the stream.
            type: str
            required: true
          iam_role_arn:
            description: The ARN of the role through which SES writes to the stream.
            type: str
            required: true
      cloudwatch_dimensions:
        description: Publish to Amazon CloudWatch, with these dimensions, at least one.
        type: list
        elements: dict
        suboptions:
          name:
            description:
              - The dimension's name, which is the name of the message tag, header or link tag as well.
              - The tags that SES itself gives to each message have names such as C(ses:configuration-set) and
                C(ses:from-domain).
            type: str
            required: true
          source:
            description: Where the dimension's value is found.
            type: str
            choices: [message_tag, email_header, link_tag]
            default: message_tag
          default:
            description: The value when a message has none.
            type: str
            required: true
  purge_event_destinations:
    description: Whether to delete event destinations that O(event_destinations) does not name.
    type: bool
    default: false
extends_documentation_fragment:
  - cloudmail.ses.aws_side
  - cloudmail.ses.aws_side.changes
  - cloudmail.ses.aws_side.regions
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
  - amazon.aws.boto3
seealso:
  - module: cloudmail.ses.ses_configuration_set_info
  - module: cloudmail.ses.ses_identity
  - name: Configuration sets
    description: What they can do.
    link: https://docs.aws.amazon.com/ses/latest/dg/using-configuration-sets.html
"""

EXAMPLES = r"""
- name: Deliver over TLS only, in two regions, and publish bounces
  cloudmail.ses.ses_configuration_set:
    name: fleet
    regions: [eu-west-1, us-east-1]
    tls_policy: require
    reputation_metrics: true
    suppressed_reasons: [bounce, complaint]
    event_destinations:
      - name: bounces
        events: [bounce, complaint, reject]
        sns_topic_arn: "arn:aws:sns:{region}:123456789012:ses-bounces"
      - name: metrics
        events: [send, delivery, bounce]
        cloudwatch_dimensions:
          - name: application
            default: none
    tags:
      team: mail

- name: Pause what is sent with it
  cloudmail.ses.ses_configuration_set:
    name: fleet
    region: eu-west-1
    sending_enabled: false

- name: Delete it
  cloudmail.ses.ses_configuration_set:
    name: fleet
    region: eu-west-1
    state: absent
"""

RETURN = r"""
configuration_sets:
  description: The configuration sets, one entry for each region.
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
      description: Whether it exists after this task.
      returned: success
      type: bool
      sample: true
    changed:
      description: Whether it was changed in this region.
      returned: success
      type: bool
      sample: false
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
      returned: when it exists and O(event_destinations) was given
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
configuration_set:
  description: The only entry of RV(configuration_sets).
  returned: when it was one region
  type: dict
  sample: {name: fleet, region: eu-west-1, exists: true, tls_policy: require}
"""

from typing import Any, Dict

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.arn import Arns
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.configuration_set_ensure import (
    ensure_configuration_set,
    open_api,
    shown,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.configuration_set_plan import (
    OF_THE_ACCOUNT,
    Wanted,
    check_name,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import RETRY, SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.event_destination import (
    EVENT_DESTINATION_ARGUMENT,
    wanted_destinations,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.failure import fail
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.region import REGIONS_ARGUMENT, clients

SETTINGS = (
    "state",
    "tls_policy",
    "dedicated_pool",
    "reputation_metrics",
    "sending_enabled",
    "suppressed_reasons",
    "purge_event_destinations",
    "tags",
    "purge_tags",
)


def _arguments() -> Dict[str, Any]:
    return {
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "tls_policy": {"type": "str", "choices": ["require", "optional"]},
        "dedicated_pool": {"type": "str"},
        "reputation_metrics": {"type": "bool"},
        "sending_enabled": {"type": "bool"},
        "suppressed_reasons": {"type": "list", "elements": "str", "choices": ["bounce", "complaint", OF_THE_ACCOUNT]},
        "event_destinations": EVENT_DESTINATION_ARGUMENT,
        "purge_event_destinations": {"type": "bool", "default": False},
        "tags": {"type": "dict", "aliases": ["resource_tags"]},
        "purge_tags": {"type": "bool", "default": True},
        **REGIONS_ARGUMENT,
    }


def _wanted(params: Dict[str, Any], region: str) -> Wanted:
    destinations = wanted_destinations(params["event_destinations"], region)
    settings = {key: params[key] for key in SETTINGS}
    return Wanted(name=check_name(params["name"]), event_destinations=destinations, **settings)


def _run(module: Any) -> Dict[str, Any]:
    name = module.params["name"]
    arns = Arns(lambda region: module.client("sts", retry_decorator=RETRY, region=region))
    apis = [open_api(client, name) for client in clients(module, "sesv2")]
    # What is wrong for one region is said before another one is changed.
    todo = [(api, _wanted(module.params, api.region)) for api in apis]
    done = [
        (api.region, ensure_configuration_set(api, wanted, arns=arns, check_mode=module.check_mode))
        for api, wanted in todo
    ]
    sets = [{**shown(name, region, plan.after), "changed": plan.changed} for region, plan in done]
    result: Dict[str, Any] = {
        "changed": any(plan.changed for _region, plan in done),
        "configuration_sets": sets,
        "diff": [
            {"before": shown(name, region, plan.before), "after": shown(name, region, plan.after)}
            for region, plan in done
            if plan.changed
        ],
    }
    return {**result, "configuration_set": sets[0]} if len(sets) == 1 else result


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(argument_spec=_arguments(), supports_check_mode=True)
    try:
        result = _run(module)
    except SesError as exc:
        fail(module, exc)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
