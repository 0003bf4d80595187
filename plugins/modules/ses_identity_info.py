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
  - Reads an identity (a domain or an e-mail address) of Amazon SES, or all of them, in one or several regions, with the DNS
    records that they need.
  - Needs the IAM permissions C(ses:GetEmailIdentity) and, for all identities, C(ses:ListEmailIdentities).
options:
  name:
    description:
      - The domain or the e-mail address. The result has one entry for each region, also where there is no such identity.
      - Not given, all identities of each region are read, with one call for each, so about one a second.
    type: str
    aliases: [identity]
extends_documentation_fragment:
  - cloudmail.ses.aws_side
  - cloudmail.ses.aws_side.info
  - cloudmail.ses.aws_side.regions
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

- name: Find the regions in which example.com may send
  cloudmail.ses.ses_identity_info:
    name: example.com
    regions: [eu-west-1, us-east-1]
  register: ses_regions

- name: Show them
  ansible.builtin.debug:
    msg: "{{ ses_regions.identities | selectattr('ready') | map(attribute='region') }}"

- name: Read all identities
  cloudmail.ses.ses_identity_info:
    region: eu-west-1
  register: ses_all
"""

RETURN = r"""
identities:
  description: The identities, one entry for each and each region, in the order of O(regions).
  returned: success
  type: list
  elements: dict
  contains:
    region:
      description: The region.
      returned: success
      type: str
      sample: eu-west-1
    exists:
      description: Whether the identity exists there.
      returned: success
      type: bool
      sample: true
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
      description: The records that the identity needs in DNS for this region. Empty for an address, and before the identity exists.
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
        region:
          description: The region that looks for the record.
          returned: success
          type: str
          sample: eu-west-1
    ready:
      description: Whether SES has verified all of the identity there, with its MAIL FROM domain if there is one.
      returned: success
      type: bool
      sample: false
    pending:
      description: What the identity waits for there, one sentence each. Empty when it is ready.
      returned: success
      type: list
      elements: str
      sample: ["DKIM is PENDING; needed in DNS: a._domainkey.example.com CNAME a.dkim.amazonses.com"]
identity:
  description: The identity, under the names of the SES v2 API in snake case.
  returned: when it exists, and the task is about one identity in one region
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
  description:
    - The records that the identities need in DNS for all regions, each record once.
    - Empty for an address.
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
      description:
        - What SES says about the part that the record belongs to; when several regions look for it, the worst of it.
        - V(null) where SES does not look.
      returned: success
      type: str
      sample: PENDING
    region:
      description: The first region that looks for the record.
      returned: success
      type: str
      sample: eu-west-1
    regions:
      description: The regions that look for the record.
      returned: success
      type: list
      elements: str
      sample: [eu-west-1, us-east-1]
ready:
  description: Whether SES has verified all that was read, in all regions, with the MAIL FROM domains if there are any.
  returned: success
  type: bool
  sample: false
pending:
  description: What the identities wait for, one sentence each, with the region in front. Empty when all are ready.
  returned: success
  type: list
  elements: str
  sample: ["eu-west-1: DKIM is PENDING; needed in DNS: a._domainkey.example.com CNAME a.dkim.amazonses.com"]
"""

from typing import Any, Dict, List

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.failure import fail
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity import Identities
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_describe import describe, merge
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_plan import normal_name
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.region import REGIONS_ARGUMENT, clients


def _run(module: Any) -> Dict[str, Any]:
    wanted = [normal_name(module.params["name"])] if module.params["name"] else None
    described: List[Dict[str, Any]] = []
    for api in map(Identities, clients(module, "sesv2")):
        for name in wanted or api.names():
            answer = api.get(name)
            # Deleted by somebody since the list was made: there is nothing to tell about it.
            if answer is not None or wanted:
                described.append(describe(name, answer, api.region))
    merged = merge(described)
    if not wanted:
        merged.pop("identity", None)
    return {"identities": described, **merged}


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={"name": {"type": "str", "aliases": ["identity"]}, **REGIONS_ARGUMENT},
        supports_check_mode=True,
    )
    try:
        result = _run(module)
    except SesError as exc:
        fail(module, exc)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
