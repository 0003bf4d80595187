# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module cloudmail.ses.ses_identity_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ses_identity_info
short_description: Read one or all sending domains and addresses of Amazon SES
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Reads an identity (a domain or an e-mail address) of Amazon SES in one region, or all of them, with the DNS records that
    they need.
  - Needs the IAM permissions C(ses:GetEmailIdentity) and, for all identities, C(ses:ListEmailIdentities).
options:
  name:
    description:
      - The domain or the e-mail address. When there is no such identity, the result is an empty list.
      - Not given, all identities are read, with one call for each, so about one a second.
    type: str
    aliases: [identity]
extends_documentation_fragment:
  - cloudmail.ses.aws_side
  - cloudmail.ses.aws_side.info
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: cloudmail.ses.ses_identity
"""

EXAMPLES = r"""
- name: Read the identity example.com
  cloudmail.ses.ses_identity_info:
    name: example.com
    region: eu-west-1
  register: ses_domain

- name: Read all identities
  cloudmail.ses.ses_identity_info:
    region: eu-west-1
  register: ses_all
"""

RETURN = r"""
identities:
  description: The identities, one entry each, with what M(cloudmail.ses.ses_identity) returns.
  returned: success
  type: list
  elements: dict
  contains:
    identity:
      description: The identity, under the names of the SES v2 API in snake case.
      returned: success
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
      description: The records that the identity needs in DNS. Empty for an address.
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
      sample: true
    pending:
      description: What the identity waits for, one sentence each. Empty when it is ready.
      returned: success
      type: list
      elements: str
      sample: []
"""

from typing import Any, Dict, List

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import RETRY, SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity import Identities
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_describe import describe
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_plan import normal_name


def _identities(api: Identities, name: str) -> List[Dict[str, Any]]:
    names = [normal_name(name)] if name else list(api.names())
    answers = ((each, api.get(each)) for each in names)
    return [describe(each, answer, api.region) for each, answer in answers if answer is not None]


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={"name": {"type": "str", "aliases": ["identity"]}},
        supports_check_mode=True,
    )
    api = Identities(module.client("sesv2", retry_decorator=RETRY))
    try:
        identities = _identities(api, module.params["name"] or "")
    except SesError as exc:
        module.fail_json_aws_error(exc)
    module.exit_json(changed=False, identities=identities)


if __name__ == "__main__":
    main()
