# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module cloudmail.ses.ses_preflight."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ses_preflight
short_description: Tell whether Amazon SES would take a message, before anything is sent
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Answers for one sender, recipients, configuration set and credential, and for each region, whether SES would accept the
    message at SMTP, and gives every reason why not at once, each with the next step.
  - Looks at the sender's identity and its MAIL FROM domain, the sandbox, paused sending, the quota, the rate, the
    configuration set, the stored passwords, the access key, and at all policies of the IAM user (its own, attached ones, those
    of its groups, the permissions boundary).
  - Reads only. Accepted does not mean delivered. What the recipient's server says to the message, SES learns later.
options:
  sender:
    description:
      - The address that mail is sent from, as V(app@example.com) or V(Shop <app@example.com>).
      - It stands for the C(From) header and for MAIL FROM.
    type: str
    required: true
  recipients:
    description:
      - The addresses that mail is sent to.
      - SES's own test recipients are always taken and do not count against the quota. With the default, the answer is about
        the sender alone.
    type: list
    elements: str
    default: [success@simulator.amazonses.com]
  configuration_set:
    description:
      - The configuration set that messages name (C(X-SES-CONFIGURATION-SET)).
      - Not given, it is the default of the sender's identity, if it has one.
    type: str
  credential:
    description:
      - The stored credential that messages are sent with, as M(cloudmail.ses.ses_smtp_credential) has made it.
      - Give this, or O(user_name), or O(access_key_id). With none of them only SES's side is looked at.
    type: dict
    suboptions:
      name:
        description: The name under which it is stored.
        type: str
        required: true
      store:
        description: Where it is stored, in AWS Secrets Manager or in the SSM Parameter Store.
        type: str
        choices: [secretsmanager, ssm]
        default: secretsmanager
      region:
        description: The region of the store. Not given, it is the region of O(region), or the first one of O(regions).
        type: str
  user_name:
    description:
      - The name of the IAM user that sends.
      - Without O(credential) and O(access_key_id), one active access key of this user is enough.
    type: str
  access_key_id:
    description: The access key that sends, which is the SMTP user name.
    type: str
  source_address:
    description:
      - The public IP address from which the hosts reach AWS, for policies with the condition C(aws:SourceIp).
      - Not given, such conditions cannot be told, which is a note and no reason.
    type: str
  vpc_endpoint:
    description: The ID of the VPC endpoint through which the hosts reach SES, for policies with the condition C(aws:SourceVpce).
    type: str
  messages:
    description:
      - How many messages to O(recipients) are to be sent in the next hours. What is left of the quota must cover them.
      - Not given, it is one, and SES's own test recipients are not counted.
    type: int
  rate:
    description: How many messages a second to O(recipients) are to be sent. The rate of the account must cover them.
    type: float
  simulate:
    description:
      - Whether to ask IAM's own policy simulator as well. It also knows the policies of the AWS organisation.
      - When the caller may not ask it, that is a note and no failure.
    type: bool
    default: false
  fail_when_refused:
    description: Whether the task fails when SES would refuse the message in one of the regions.
    type: bool
    default: true
extends_documentation_fragment:
  - cloudmail.ses.aws_side
  - cloudmail.ses.aws_side.info
  - cloudmail.ses.aws_side.regions
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
notes:
  - Needs the IAM permission C(ses:GetEmailIdentity). What follows from other permissions that the caller lacks, is left out
    with a note, and RV(complete) is then false.
  - For SES's side it uses C(ses:GetAccount) and, where there is a configuration set, C(ses:GetConfigurationSet).
  - For O(credential) it uses C(secretsmanager:GetSecretValue) or C(ssm:GetParameter) (with C(kms:Decrypt) for a KMS key of
    your own), and for O(access_key_id) alone C(iam:GetAccessKeyLastUsed).
  - For the IAM user it uses C(iam:GetUser), C(iam:ListAccessKeys), C(iam:ListUserPolicies), C(iam:GetUserPolicy),
    C(iam:ListAttachedUserPolicies), C(iam:ListGroupsForUser), C(iam:ListGroupPolicies), C(iam:GetGroupPolicy),
    C(iam:ListAttachedGroupPolicies), C(iam:GetPolicy) and C(iam:GetPolicyVersion), with O(simulate=true) also
    C(iam:SimulatePrincipalPolicy).
  - Of the sending authorization policies of the sender's identity, what they deny to the IAM user is looked at. Sending for the
    owner of an identity in another account is not.
seealso:
  - module: cloudmail.ses.ses_smtp_test
  - module: cloudmail.ses.ses_smtp_credential
  - module: cloudmail.ses.ses_identity
"""

EXAMPLES = r"""
- name: May the fleet send from this address, in both regions?
  cloudmail.ses.ses_preflight:
    sender: app@example.com
    regions:
      - eu-west-1
      - us-east-1
    credential:
      name: ses-smtp-fleet
      region: eu-west-1

- name: Is there room for tonight's newsletter?
  cloudmail.ses.ses_preflight:
    sender: Shop <news@example.com>
    recipients:
      - customer@example.net
    configuration_set: newsletter
    user_name: ses-shop
    source_address: 192.0.2.10
    messages: 20000
    rate: 10
    region: eu-west-1

- name: Look without failing
  cloudmail.ses.ses_preflight:
    sender: app@example.com
    fail_when_refused: false
    region: eu-west-1
  register: preflight

- name: Show what is missing
  ansible.builtin.debug:
    msg: "{{ preflight.reasons | map(attribute='message') }}"
"""

RETURN = r"""
accepted:
  description: Whether nothing was found that SES would refuse the message for, in any of the regions.
  returned: always
  type: bool
  sample: false
complete:
  description: Whether everything could be looked at. What could not, is in RV(notes).
  returned: always
  type: bool
  sample: true
reasons:
  description: Why SES would refuse the message, all regions together, each reason once.
  returned: always
  type: list
  elements: dict
  contains:
    code:
      description:
        - What it is, for programs.
        - About the sender, V(identity_missing), V(identity_pending), V(identity_failed), V(mail_from_failed), V(not_readable).
        - About the recipients, V(recipient_unverified), V(too_many_recipients).
        - About the account, V(account_shutdown), V(sending_paused), V(quota_spent), V(rate_too_low), V(region_without_smtp).
        - About the configuration set, V(configuration_set_missing), V(configuration_set_paused).
        - About the credential, V(credential_missing), V(password_missing), V(password_wrong), V(user_missing), V(key_missing),
          V(key_unknown), V(key_not_of_user), V(key_inactive).
        - About permissions, V(policy_denies), V(policy_does_not_allow), V(simulator_denies), V(simulator_does_not_allow).
      returned: always
      type: str
      sample: identity_pending
    message:
      description: What it is, for people.
      returned: always
      type: str
      sample: "The identity example.com, which covers the sender app@example.com, is not verified in eu-west-1: its status is PENDING."
    fix:
      description: The next step.
      returned: always
      type: str
      sample: Publish the DNS records that cloudmail.ses.ses_identity returns (dns_records), and wait until SES has seen them.
notes:
  description: What does not stop the message but is good to know, and what could not be looked at. All regions together.
  returned: always
  type: list
  elements: str
  sample: ["The account is in the sandbox in eu-west-1: only verified recipients and those of the mailbox simulator get mail."]
regions:
  description: The same for each region.
  returned: always
  type: list
  elements: dict
  contains:
    region:
      description: The region.
      returned: always
      type: str
      sample: eu-west-1
    identity:
      description: The identity that covers the sender there, or null.
      returned: always
      type: str
      sample: example.com
    accepted:
      description: Whether nothing was found that SES would refuse the message for.
      returned: always
      type: bool
      sample: false
    complete:
      description: Whether everything could be looked at.
      returned: always
      type: bool
      sample: true
    reasons:
      description: As in RV(reasons).
      returned: always
      type: list
      elements: dict
      sample: []
    notes:
      description: As in RV(notes).
      returned: always
      type: list
      elements: str
      sample: []
user_name:
  description: The name of the IAM user that sends.
  returned: when a credential, a user or a key was given, and the user is known
  type: str
  sample: ses-smtp-fleet
access_key_id:
  description: The access key that sends, which is the SMTP user name.
  returned: when it is known which one
  type: str
  sample: AKIAIOSFODNN7EXAMPLE
"""

from typing import Any, Dict, Optional

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import RETRY, SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.failure import fail
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight import Iam, preflight, refusal
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_credential import Named
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_question import Question, question
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.region import REGIONS_ARGUMENT, clients
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store_open import open_store


def _arguments() -> Dict[str, Any]:
    return {
        "sender": {"type": "str", "required": True},
        "recipients": {"type": "list", "elements": "str", "default": ["success@simulator.amazonses.com"]},
        "configuration_set": {"type": "str"},
        "credential": {
            "type": "dict",
            "options": {
                "name": {"type": "str", "required": True},
                "store": {"type": "str", "choices": ["secretsmanager", "ssm"], "default": "secretsmanager"},
                "region": {"type": "str"},
            },
        },
        "user_name": {"type": "str"},
        "access_key_id": {"type": "str", "no_log": False},
        "source_address": {"type": "str"},
        "vpc_endpoint": {"type": "str"},
        "messages": {"type": "int"},
        "rate": {"type": "float"},
        "simulate": {"type": "bool", "default": False},
        "fail_when_refused": {"type": "bool", "default": True},
        **REGIONS_ARGUMENT,
    }


def _question(params: Dict[str, Any]) -> Question:
    return question(
        params["sender"],
        params["recipients"],
        configuration_set=params["configuration_set"] or "",
        source_address=params["source_address"] or "",
        vpc_endpoint=params["vpc_endpoint"] or "",
        messages=params["messages"],
        rate=params["rate"],
    )


def _iam(module: Any, region: str) -> Optional[Iam]:
    params = module.params
    credential = params["credential"]
    if not (credential or params["user_name"] or params["access_key_id"]):
        return None
    store = open_store("none", None)
    if credential:
        kind, where = credential["store"], credential["region"] or module.region or region
        store = open_store(kind, module.client(kind, retry_decorator=RETRY, region=where))
    named = Named(
        name=credential["name"] if credential else "",
        where=store.where,
        user_name=params["user_name"] or "",
        access_key_id=params["access_key_id"] or "",
    )
    client = module.client("iam", retry_decorator=RETRY, region=region)
    return Iam(client, named, store, simulate=params["simulate"])


def _run(module: Any) -> None:
    asked = _question(module.params)
    regional = clients(module, "sesv2")
    result = preflight(asked, regional, _iam(module, regional[0].meta.region_name))
    if module.params["fail_when_refused"] and not result["accepted"]:
        module.fail_json(msg=refusal(asked, result), changed=False, **result)
    module.exit_json(changed=False, **result)


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec=_arguments(),
        supports_check_mode=True,
        mutually_exclusive=[("credential", "access_key_id")],
    )
    try:
        _run(module)
    except SesError as exc:
        fail(module, exc)


if __name__ == "__main__":
    main()
