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
  - Reads the state of Amazon SES for the AWS account in one or several regions, with one call for each.
  - Compares it with what the account has to have, and lists all that is missing at once.
  - Needs the IAM permission C(ses:GetAccount), and with O(include_quota_requests)
    C(servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota).
options:
  include_quota_requests:
    description:
      - Whether to read the requests for more quota as well. It takes two calls to Service Quotas for each region.
    type: bool
    default: false
extends_documentation_fragment:
  - cloudmail.ses.account_require
  - cloudmail.ses.aws_side
  - cloudmail.ses.aws_side.info
  - cloudmail.ses.aws_side.regions
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: cloudmail.ses.ses_account
  - name: SES quotas
    description: What the sandbox and the quotas mean.
    link: https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html
"""

EXAMPLES = r"""
- name: Read the state of SES in Ireland
  cloudmail.ses.ses_account_info:
    region: eu-west-1
  register: ses

- name: Tell how much may be sent
  ansible.builtin.debug:
    msg: "{{ ses.account.remaining_24_hour_send }} recipients left today, {{ ses.account.max_send_rate }} a second"

- name: Stop unless 5,000 recipients can get mail today, from either region
  cloudmail.ses.ses_account_info:
    regions: [eu-west-1, us-east-1]
    require:
      production_access: true
      sending: true
      remaining_24_hour_send: 5000

- name: See what AWS has not decided yet
  cloudmail.ses.ses_account_info:
    region: eu-west-1
    include_quota_requests: true
  register: ses
"""

RETURN = r"""
accounts:
  description: The state of SES, one entry for each region.
  returned: always
  type: list
  elements: dict
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
      description: The opposite of RV(accounts[].sandbox), under the name that the API uses.
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
    quota_requests:
      description: The requests to Service Quotas for more that were looked at, for each quota the newest first. Empty without O(include_quota_requests).
      returned: success
      type: list
      elements: dict
      contains:
        quota:
          description: V(max_24_hour_send) or V(max_send_rate).
          returned: success
          type: str
          sample: max_send_rate
        quota_code:
          description: The code of the quota in Service Quotas.
          returned: success
          type: str
          sample: L-CDEF9B6B
        status:
          description:
            - V(PENDING), V(CASE_OPENED), V(APPROVED), V(DENIED), V(NOT_APPROVED), V(CASE_CLOSED) or V(INVALID_REQUEST).
          returned: success
          type: str
          sample: CASE_OPENED
        desired_value:
          description: What was asked for.
          returned: success
          type: float
          sample: 100.0
        id:
          description: The request's ID.
          returned: success
          type: str
          sample: d187537d15254312a9609aa51bbf7624u7W49tPO
        case_id:
          description: The support case of the request, or V(null).
          returned: success
          type: str
          sample: "123456789012"
        created:
          description: When it was asked for.
          returned: success
          type: str
          sample: "2026-11-20T09:12:00+00:00"
        last_updated:
          description: When its status changed last.
          returned: success
          type: str
          sample: "2026-11-20T09:12:00+00:00"
    pending:
      description: What waits for AWS, one sentence each with what to do meanwhile.
      returned: success
      type: list
      elements: str
      sample:
        - AWS reviews the request for production access in eu-west-1 (support case 123456789012); it usually takes a day.
          Watch the support case for questions.
    problems:
      description: What AWS has refused or could not process, one sentence each with the next step.
      returned: success
      type: list
      elements: str
      sample: []
account:
  description: The only entry of RV(accounts).
  returned: when it was one region
  type: dict
  sample: {region: eu-west-1, sandbox: false, max_send_rate: 14.0}
shortfalls:
  description: In what the accounts fall short of O(require), one sentence each with the next step.
  returned: always
  type: list
  elements: str
  sample:
    - SES in eu-west-1 takes at most 14 recipients a second, and 50 are required. Ask AWS for more... (shortened)
"""

from typing import Any, Dict

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account_ensure import account_apis, read_account
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account_require import (
    REQUIRE_ARGUMENT,
    failure,
    shortfalls,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.failure import fail
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.region import REGIONS_ARGUMENT


def _arguments() -> Dict[str, Any]:
    return {
        "require": REQUIRE_ARGUMENT,
        "include_quota_requests": {"type": "bool", "default": False},
        **REGIONS_ARGUMENT,
    }


def _run(module: Any) -> Dict[str, Any]:
    more = module.params["include_quota_requests"]
    accounts = [read_account(api, quota_requests=more) for api in account_apis(module)]
    result: Dict[str, Any] = {"changed": False, "accounts": accounts}
    result["shortfalls"] = [text for facts in accounts for text in shortfalls(facts, module.params["require"])]
    return {**result, "account": accounts[0]} if len(accounts) == 1 else result


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(argument_spec=_arguments(), supports_check_mode=True)
    try:
        result = _run(module)
    except SesError as exc:
        fail(module, exc)
    message = failure([], result["shortfalls"])
    if message:
        module.fail_json(msg=message, **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
