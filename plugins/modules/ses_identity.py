# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module cloudmail.ses.ses_identity."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ses_identity
short_description: Manage a sending domain or address in Amazon SES
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Creates, changes and deletes an identity (a domain or an e-mail address) in Amazon SES, in one region, with the SES v2
    API. An identity is needed in every region that mail is sent from.
  - Returns the DNS records that the identity needs. It does not write them into DNS.
  - Needs the IAM permissions C(ses:GetEmailIdentity), and for what it changes C(ses:CreateEmailIdentity),
    C(ses:DeleteEmailIdentity), C(ses:PutEmailIdentityMailFromAttributes), C(ses:PutEmailIdentityDkimSigningAttributes),
    C(ses:PutEmailIdentityDkimAttributes), C(ses:PutEmailIdentityFeedbackAttributes),
    C(ses:PutEmailIdentityConfigurationSetAttributes), C(ses:TagResource) and C(ses:UntagResource).
options:
  name:
    description:
      - The domain or the e-mail address. A domain covers its subdomains and all addresses in it.
      - Domains outside ASCII are converted to punycode.
    type: str
    required: true
    aliases: [identity]
  state:
    description: Whether the identity exists.
    type: str
    choices: [present, absent]
    default: present
  dkim_key_length:
    description:
      - The length of the keys of Easy DKIM, in bits. For domains only.
      - Refused for a domain with a DKIM key of your own (BYODKIM), because SES would replace that key by its own.
      - Not given, a new identity gets the default of SES, and an existing one is left as it is.
    type: int
    choices: [1024, 2048]
  dkim_signing:
    description:
      - Whether SES signs mail of this identity with DKIM.
      - Not given, a new domain is signed, and an existing identity is left as it is.
    type: bool
  mail_from_domain:
    description:
      - A custom MAIL FROM domain, which makes SPF align for DMARC. It must be a subdomain of the identity's domain that
        no other mail server uses.
      - An empty text removes it. Not given, it is left as it is.
    type: str
  mail_from_on_mx_failure:
    description:
      - What SES does when it does not find the MX record of O(mail_from_domain).
      - V(use_default_value) sends with a subdomain of C(amazonses.com) as MAIL FROM.
      - V(reject_message) refuses the message.
      - Not given, a new MAIL FROM domain gets V(use_default_value), and an existing one is left as it is.
    type: str
    choices: [use_default_value, reject_message]
  feedback_forwarding:
    description:
      - Whether SES forwards bounces and complaints by mail.
      - Not given, SES forwards for a new identity, and an existing one is left as it is.
    type: bool
  configuration_set:
    description:
      - The configuration set for mail that names none. It must exist in the same region.
      - An empty text removes it. Not given, it is left as it is.
    type: str
  wait:
    description:
      - Whether to wait until SES has verified the identity, and its MAIL FROM domain if there is one.
      - The records must be in DNS, or the link in SES's mail opened, while the task waits. Nothing is waited for in check mode.
    type: bool
    default: false
  wait_timeout:
    description: How long to wait at most, in seconds. When it is over, the task fails and says what is missing.
    type: int
    default: 600
  wait_delay:
    description: The pause between two questions to SES while waiting, in seconds.
    type: int
    default: 15
extends_documentation_fragment:
  - cloudmail.ses.aws_side
  - cloudmail.ses.aws_side.changes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
  - amazon.aws.boto3
seealso:
  - module: cloudmail.ses.ses_identity_info
  - module: cloudmail.ses.ses_smtp_credential
"""

EXAMPLES = r"""
- name: Send as example.com from Ireland
  cloudmail.ses.ses_identity:
    name: example.com
    mail_from_domain: bounce.example.com
    region: eu-west-1
  register: ses_domain

- name: Show the records that are needed in DNS
  ansible.builtin.debug:
    msg: "{{ ses_domain.dns_records | map(attribute='name') }}"

- name: Wait until SES has found them
  cloudmail.ses.ses_identity:
    name: example.com
    region: eu-west-1
    wait: true
    wait_timeout: 1800

- name: No longer send as example.com
  cloudmail.ses.ses_identity:
    name: example.com
    region: eu-west-1
    state: absent
"""

RETURN = r"""
identity:
  description: The identity, under the names of the SES v2 API in snake case.
  returned: when it exists
  type: dict
  contains:
    name:
      description: The domain or the address.
      returned: success
      type: str
      sample: example.com
    region:
      description: The region of the identity.
      returned: success
      type: str
      sample: eu-west-1
    identity_type:
      description: V(DOMAIN), V(EMAIL_ADDRESS) or V(MANAGED_DOMAIN).
      returned: success
      type: str
      sample: DOMAIN
    verified_for_sending_status:
      description: Whether SES takes mail from this identity.
      returned: success
      type: bool
      sample: true
    verification_status:
      description: V(PENDING), V(SUCCESS), V(FAILED), V(TEMPORARY_FAILURE) or V(NOT_STARTED).
      returned: when SES tells it
      type: str
      sample: SUCCESS
    verification_info:
      description: Why verification has not succeeded, and when SES last looked.
      returned: when SES tells it
      type: dict
      sample: {error_type: HOST_NOT_FOUND}
    dkim_attributes:
      description: DKIM, with C(signing_enabled), C(status), C(tokens), C(signing_hosted_zone), C(next_signing_key_length).
      returned: success
      type: dict
      sample: {signing_enabled: true, status: SUCCESS, tokens: [a, b, c], signing_hosted_zone: dkim.amazonses.com}
    mail_from_attributes:
      description: The custom MAIL FROM, with C(mail_from_domain), C(mail_from_domain_status), C(behavior_on_mx_failure).
      returned: success
      type: dict
      sample: {mail_from_domain: bounce.example.com, mail_from_domain_status: SUCCESS}
    feedback_forwarding_status:
      description: Whether SES forwards bounces and complaints by mail.
      returned: success
      type: bool
      sample: true
    configuration_set_name:
      description: The default configuration set.
      returned: when there is one
      type: str
      sample: fleet
    policies:
      description: The sending authorization policies by name, as JSON texts.
      returned: success
      type: dict
      sample: {}
    tags:
      description: The tags.
      returned: success
      type: dict
      sample: {team: mail}
dns_records:
  description: The records that the identity needs in DNS. Empty for an address, and before the identity exists.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The full name of the record, without a dot at its end.
      returned: success
      type: str
      sample: a1b2c3._domainkey.example.com
    type:
      description: V(CNAME), V(MX) or V(TXT).
      returned: success
      type: str
      sample: CNAME
    value:
      description: The value. An MX has its priority in front, a TXT has no quotes around it.
      returned: success
      type: str
      sample: a1b2c3.dkim.amazonses.com
    ttl:
      description: The suggested time to live, in seconds.
      returned: success
      type: int
      sample: 1800
    purpose:
      description: V(dkim), V(mail_from_mx), V(mail_from_spf), or V(dmarc), which is a suggestion that SES does not check.
      returned: success
      type: str
      sample: dkim
    status:
      description: What SES says about the part that the record belongs to. V(null) where SES does not look.
      returned: success
      type: str
      sample: PENDING
ready:
  description: Whether SES has verified all of the identity, with its MAIL FROM domain if there is one.
  returned: success
  type: bool
  sample: false
pending:
  description: What the identity waits for, one sentence each. Empty when it is ready.
  returned: success
  type: list
  elements: str
  sample: ["DKIM is PENDING; needed in DNS: a._domainkey.example.com CNAME a.dkim.amazonses.com"]
"""

from typing import Any, Dict

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import RETRY, SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity import Identities, identity_arn
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_describe import describe
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_ensure import (
    ensure_identity,
    wait_for_identity,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_plan import Wanted, normal_name, visible

SETTINGS = (
    "state",
    "dkim_key_length",
    "dkim_signing",
    "mail_from_domain",
    "mail_from_on_mx_failure",
    "feedback_forwarding",
    "configuration_set",
    "tags",
    "purge_tags",
)


def _arguments() -> Dict[str, Any]:
    return {
        "name": {"type": "str", "required": True, "aliases": ["identity"]},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "dkim_key_length": {"type": "int", "choices": [1024, 2048], "no_log": False},
        "dkim_signing": {"type": "bool"},
        "mail_from_domain": {"type": "str"},
        "mail_from_on_mx_failure": {"type": "str", "choices": ["use_default_value", "reject_message"]},
        "feedback_forwarding": {"type": "bool"},
        "configuration_set": {"type": "str"},
        "tags": {"type": "dict", "aliases": ["resource_tags"]},
        "purge_tags": {"type": "bool", "default": True},
        "wait": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 600},
        "wait_delay": {"type": "int", "default": 15},
    }


def _run(module: Any) -> Dict[str, Any]:
    params = module.params
    wanted = Wanted(name=normal_name(params["name"]), **{key: params[key] for key in SETTINGS})
    api = Identities(module.client("sesv2", retry_decorator=RETRY))

    def arn_of(name: str) -> str:
        return identity_arn(module.client("sts", retry_decorator=RETRY), name, api.region)

    todo, answer = ensure_identity(api, wanted, arn_of=arn_of, check_mode=module.check_mode)
    if params["wait"] and answer is not None and wanted.state == "present" and not module.check_mode:
        answer = wait_for_identity(
            api, wanted.name, answer, timeout=params["wait_timeout"], delay=max(1, params["wait_delay"])
        )
    diff = {"before": visible(todo.before, wanted.name), "after": visible(todo.after, wanted.name)}
    return {"changed": todo.changed, "diff": diff, **describe(wanted.name, answer, api.region)}


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(argument_spec=_arguments(), supports_check_mode=True)
    try:
        result = _run(module)
    except SesError as exc:
        module.fail_json_aws_error(exc)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
