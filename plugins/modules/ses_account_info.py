# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module cloudmail.ses.ses_account_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ses_account_info
short_description: Tell whether the SES account may send, and how much
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Reads the state of Amazon SES for the AWS account in one region, with one call.
  - Needs the IAM permission C(ses:GetAccount).
extends_documentation_fragment:
  - cloudmail.ses.aws_side
  - cloudmail.ses.aws_side.info
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: cloudmail.ses.ses_identity
  - name: SES quotas
    description: What the sandbox and the quotas mean.
    link: https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html
"""

EXAMPLES = r"""
- name: Read the state of SES in Ireland
  cloudmail.ses.ses_account_info:
    region: eu-west-1
  register: ses

- name: Stop when the account is in the sandbox
  ansible.builtin.assert:
    that: not ses.account.sandbox
    fail_msg: "Only verified recipients get mail from {{ ses.account.region }}: ask AWS for production access."
"""

RETURN = r"""
account:
  description: The state of SES in this region.
  returned: success
  type: dict
  contains:
    region:
      description: The region that was asked.
      returned: success
      type: str
      sample: eu-west-1
    sandbox:
      description: Whether mail reaches verified recipients and the mailbox simulator only.
      returned: success
      type: bool
      sample: false
    production_access_enabled:
      description: The opposite of RV(account.sandbox), under the name that the API uses.
      returned: success
      type: bool
      sample: true
    sending_enabled:
      description: Whether the account may send in this region.
      returned: success
      type: bool
      sample: true
    enforcement_status:
      description: The standing of the account, V(HEALTHY), V(PROBATION) or V(SHUTDOWN).
      returned: success
      type: str
      sample: HEALTHY
    max_24_hour_send:
      description: The quota, in recipients in any 24 hours. V(-1) stands for no limit.
      returned: success
      type: float
      sample: 50000.0
    max_send_rate:
      description: The highest rate, in recipients a second.
      returned: success
      type: float
      sample: 14.0
    sent_last_24_hours:
      description: What was sent in the last 24 hours, in recipients.
      returned: success
      type: float
      sample: 1234.0
    remaining_24_hour_send:
      description: What is left of the quota now, in recipients. V(null) when there is no limit.
      returned: success
      type: float
      sample: 48766.0
    review_status:
      description: The state of the request for production access, V(PENDING), V(FAILED), V(GRANTED), V(DENIED) or V(null).
      returned: success
      type: str
      sample: GRANTED
    review_case_id:
      description: The support case of that request, or V(null).
      returned: success
      type: str
      sample: "123456789012"
    mail_type:
      description: The kind of mail stated in that request, V(MARKETING), V(TRANSACTIONAL) or V(null).
      returned: success
      type: str
      sample: TRANSACTIONAL
    website_url:
      description: The web site stated in that request, or V(null).
      returned: success
      type: str
      sample: https://www.example.com
    use_case_description:
      description: The use case stated in that request, or V(null).
      returned: success
      type: str
      sample: Receipts for orders
    contact_language:
      description: The language for questions about that request, V(EN), V(JA) or V(null).
      returned: success
      type: str
      sample: EN
    additional_contact_email_addresses:
      description: Who else is asked about that request.
      returned: success
      type: list
      elements: str
      sample: [mail@example.com]
    suppressed_reasons:
      description: For which reasons SES adds recipients to the account's suppression list.
      returned: success
      type: list
      elements: str
      sample: [BOUNCE, COMPLAINT]
    dedicated_ip_auto_warmup_enabled:
      description: Whether SES warms up dedicated addresses by itself.
      returned: success
      type: bool
      sample: true
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account import account_facts, get_account
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import RETRY, SesError


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(argument_spec={}, supports_check_mode=True)
    client = module.client("sesv2", retry_decorator=RETRY)
    try:
        account = account_facts(get_account(client), client.meta.region_name)
    except SesError as exc:
        module.fail_json_aws_error(exc)
    module.exit_json(changed=False, account=account)


if __name__ == "__main__":
    main()
