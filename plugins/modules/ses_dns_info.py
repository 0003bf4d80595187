# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module cloudmail.ses.ses_dns_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ses_dns_info
short_description: Tell whether DNS has the records that SES looks for
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Asks DNS for each of the records of SES identities, and tells whether it is there, has another value, or is missing.
  - It asks DNS only. It calls no AWS API, and what SES has found so far is told by M(cloudmail.ses.ses_identity_info).
  - An SPF record counts when it is the only one of its name and names what is wanted, whatever else it names. Any DMARC
    record counts, as its policy is the domain owner's. Of a DKIM key only the key itself must be the same.
  - An MX record counts when there is no other one at its name, as SES takes a MAIL FROM domain in no other case.
requirements:
  - dnspython >= 2.3
options:
  records:
    description:
      - The records, as RV(cloudmail.ses.ses_identity#module:dns_records) has them.
      - Each is a dictionary with C(name), C(type) (V(CNAME), V(MX) or V(TXT)) and C(value) (a text without quotes).
        What else it holds is returned as it is.
    type: list
    elements: dict
    required: true
  servers:
    description:
      - Addresses of the name servers to ask, for example V(192.0.2.53), V(192.0.2.53:5353) or V([2001:db8::53]:5353).
      - Not given, those of the system are asked. They may remember for a while that a record was missing.
    type: list
    elements: str
    default: []
  timeout:
    description: How long to ask at most, in seconds, for all records together.
    type: float
    default: 10
  required:
    description: Whether to fail when a record is missing, different or unknown, naming all of them.
    type: bool
    default: false
attributes:
  check_mode:
    description: Can run in check mode and tell what it would do, without changing anything.
    support: full
    details: This module changes nothing, so it does the same in check mode.
  diff_mode:
    description: Tells what changed, with the option C(--diff).
    support: none
    details: This module changes nothing.
  platform:
    description: The platforms on which this module runs.
    platforms: posix
    support: full
notes:
  - Run it once, on the controller, not once for each host.
  - A DMARC record (C(purpose) is V(dmarc)) is a suggestion. It never makes RV(complete) false.
seealso:
  - module: cloudmail.ses.ses_identity
  - plugin: cloudmail.ses.dns_table
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Make the identity
  cloudmail.ses.ses_identity:
    name: example.com
    region: eu-west-1
  register: identity

- name: Look whether its records are out
  cloudmail.ses.ses_dns_info:
    records: "{{ identity.dns_records }}"
  register: found

- name: Fail unless a certain name server has them
  cloudmail.ses.ses_dns_info:
    records: "{{ identity.dns_records }}"
    servers: [192.0.2.53]
    required: true
"""

RETURN = r"""
records:
  description: The records of O(records), in the same order, each with what DNS has for it.
  returned: always, unless an option is wrong
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      returned: always
      type: str
      sample: bounce.example.com
    type:
      description: The type.
      returned: always
      type: str
      sample: MX
    value:
      description: The value that is wanted.
      returned: always
      type: str
      sample: 10 feedback-smtp.eu-west-1.amazonses.com
    found:
      description: The values that DNS has for the name and type, texts without quotes.
      returned: always
      type: list
      elements: str
      sample: ["10 mail.example.net"]
    state:
      description:
        - V(present), V(different) (DNS has another value, or one too many), V(missing), or V(unknown) (no name server
          gave an answer).
      returned: always
      type: str
      sample: different
    problem:
      description: Why the state is unknown. Else it is empty.
      returned: always
      type: str
      sample: no name server answered in time
complete:
  description: Whether all records are there, the suggestion for DMARC aside.
  returned: always, unless an option is wrong
  type: bool
  sample: false
"""

from typing import Any, Mapping, Sequence

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_check import check_records
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_record import sentences
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import SesError


def _shortfall(lacking: Sequence[Mapping[str, Any]]) -> str:
    return (
        f"DNS does not have all records: {'; '.join(sentences(lacking))}. Publish what is missing, "
        "put right what is different, and ask again when the TTL of the old answers is over."
    )


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "records": {"type": "list", "elements": "dict", "required": True},
            "servers": {"type": "list", "elements": "str", "default": []},
            "timeout": {"type": "float", "default": 10},
            "required": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    params: Any = module.params
    try:
        records = check_records(params["records"], params["servers"], params["timeout"])
    except SesError as exc:
        module.fail_json(msg=str(exc))
    lacking = [one for one in records if one["state"] != "present" and one.get("purpose") != "dmarc"]
    result = {"changed": False, "records": records, "complete": not lacking}
    if lacking and params["required"]:
        module.fail_json(msg=_shortfall(lacking), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
