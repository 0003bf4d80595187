# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module cloudmail.ses.ses_account."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ses_account
short_description: Take the SES account out of the sandbox, and set what it may send
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Asks AWS for production access and for more quota, pauses and resumes sending, and sets account-level suppression, in one
    or several regions.
  - What is not given stays as it is.
  - AWS decides about production access and quotas; what it has not decided yet is in RV(accounts[].pending), and is neither
    a change nor an error. What it has refused is an error that says where the reasons are and what to do; then nothing is
    changed, in any region.
  - Needs the IAM permissions C(ses:GetAccount), C(ses:PutAccountDetails), C(ses:PutAccountSendingAttributes),
    C(ses:PutAccountSuppressionAttributes), C(servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota),
    C(servicequotas:RequestServiceQuotaIncrease); of those, what the options given here use. The first increase in an AWS
    account also makes the role of Service Quotas, which needs C(iam:CreateServiceLinkedRole).
options:
  production_access:
    description:
      - Ask AWS to take the account out of the sandbox, with these details. People at AWS read them, which takes about a day.
      - Nothing is asked while a review is pending, nor when production access was granted.
      - A denied request is an error, until the details differ from the denied ones. Then it is asked again. AWS often takes
        no second request through its API; then that is the error, and the place to answer is the support case, whose number
        it names.
    type: dict
    suboptions:
      mail_type:
        description: What most of the mail is.
        type: str
        choices: [marketing, transactional]
        required: true
      website_url:
        description: The web site that the mail is about, with 1 to 1,000 characters.
        type: str
        required: true
      use_case_description:
        description:
          - What is sent to whom, how recipients opted in, and how bounces and complaints are handled, in at most 5,000
            characters. AWS tends to deny requests that say little about it.
        type: str
      contact_language:
        description: The language of AWS's questions. Not given, AWS uses English.
        type: str
        choices: [en, ja]
      additional_contact_email_addresses:
        description: Whom AWS tells about the review besides the owner of the AWS account, at most 4 addresses.
        type: list
        elements: str
  max_24_hour_send:
    description:
      - The quota to have at least, in recipients in any 24 hours.
      - An increase is asked for through Service Quotas when the account has less and no open request asks for as much. AWS
        never lowers a quota that way, so one that is higher stays.
      - While production access is asked for and not granted, no quota is asked for, because AWS raises both with it.
      - A refused request is an error, until another value is wanted.
    type: float
  max_send_rate:
    description:
      - The rate to have at least, in recipients a second. See O(max_24_hour_send).
    type: float
  sending_enabled:
    description:
      - Whether the account may send. V(false) pauses all sending in the region.
      - A pause by AWS itself cannot be ended here, and is an error with V(true).
    type: bool
  suppressed_reasons:
    description:
      - For which reasons SES adds recipients to the account's suppression list, and sends them nothing any more.
      - An empty list switches account-level suppression off.
    type: list
    elements: str
    choices: [bounce, complaint]
extends_documentation_fragment:
  - cloudmail.ses.account_require
  - cloudmail.ses.aws_side
  - cloudmail.ses.aws_side.changes
  - cloudmail.ses.aws_side.regions
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: cloudmail.ses.ses_account_info
  - name: Production access
    description: What AWS asks about, and how long it takes.
    link: https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html
"""

EXAMPLES = r"""
- name: Ask for production access in two regions
  cloudmail.ses.ses_account:
    regions: [eu-west-1, us-east-1]
    production_access:
      mail_type: transactional
      website_url: https://www.example.com
      use_case_description: >-
        Receipts and password links to customers of our shop, who gave their address when they registered.
        Bounces and complaints reach us through Amazon SNS, and such addresses get no more mail.
      additional_contact_email_addresses: [postmaster@example.com]
    suppressed_reasons: [bounce, complaint]

- name: Ask for 100 recipients a second, and wait for nothing
  cloudmail.ses.ses_account:
    region: eu-west-1
    max_send_rate: 100
    max_24_hour_send: 500000

- name: Go on only when the account can really send
  cloudmail.ses.ses_account:
    region: eu-west-1
    sending_enabled: true
    require:
      production_access: true
      sending: true
      max_send_rate: 14
"""

RETURN = r"""
accounts:
  description: The state of SES, one entry for each region, as it is after this task (after a real run, in check mode).
  returned: when the accounts could be read
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
      description:
        - The requests to Service Quotas for the quotas of which the account has less than wanted, for each the newest first.
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
      description: Why what is wanted cannot be, one sentence each with the next step. Then nothing was changed.
      returned: success
      type: list
      elements: str
      sample: []
account:
  description: The only entry of RV(accounts).
  returned: when the accounts could be read, and it was one region
  type: dict
  sample: {region: eu-west-1, sandbox: false, max_send_rate: 14.0}
shortfalls:
  description: In what the accounts fall short of O(require), one sentence each with the next step.
  returned: when the accounts could be read
  type: list
  elements: str
  sample:
    - SES in eu-west-1 takes at most 14 recipients a second, and 50 are required. Ask AWS for more... (shortened)
"""

from datetime import datetime, timezone
from typing import Any, Dict

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account_ensure import account_apis, ensure_accounts
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account_plan import Wanted
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account_require import (
    REQUIRE_ARGUMENT,
    failure,
    shortfalls,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account_review import (
    PRODUCTION_ACCESS_ARGUMENT,
    wanted_details,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.failure import fail
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.quota_request import wanted_quotas
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.region import REGIONS_ARGUMENT


def _arguments() -> Dict[str, Any]:
    return {
        "production_access": PRODUCTION_ACCESS_ARGUMENT,
        "max_24_hour_send": {"type": "float"},
        "max_send_rate": {"type": "float"},
        "sending_enabled": {"type": "bool"},
        "suppressed_reasons": {"type": "list", "elements": "str", "choices": ["bounce", "complaint"]},
        "require": REQUIRE_ARGUMENT,
        **REGIONS_ARGUMENT,
    }


def _run(module: Any) -> Dict[str, Any]:
    params = module.params
    wanted = Wanted(
        production_access=wanted_details(params["production_access"]),
        quotas=wanted_quotas(params),
        sending_enabled=params["sending_enabled"],
        suppressed_reasons=params["suppressed_reasons"],
    )
    now = datetime.now(timezone.utc)
    plans = ensure_accounts(account_apis(module), wanted, now=now, check_mode=module.check_mode)
    accounts = [plan.account() for plan in plans]
    result: Dict[str, Any] = {
        "changed": any(plan.changed for plan in plans),
        "accounts": accounts,
        "shortfalls": [text for facts in accounts for text in shortfalls(facts, params["require"])],
        "diff": [
            {"before": plan.visible(after=False), "after": plan.visible(after=True)} for plan in plans if plan.changed
        ],
    }
    return {**result, "account": accounts[0]} if len(accounts) == 1 else result


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(argument_spec=_arguments(), supports_check_mode=True)
    try:
        result = _run(module)
    except SesError as exc:
        fail(module, exc)
    problems = [text for facts in result["accounts"] for text in facts["problems"]]
    message = failure(problems, result["shortfalls"])
    if message:
        module.fail_json(msg=message, **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
