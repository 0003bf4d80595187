# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter cloudmail.ses.dns_route53."""

from __future__ import annotations

DOCUMENTATION = r"""
name: dns_route53
short_description: What to write into Route 53 zones, and what in them is somebody else's
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Compares the DNS records of SES identities with the record sets of Route 53 zones, and returns what
    M(amazon.aws.route53) has to write so that the zones have them.
  - What is there and right is not written again, whatever its TTL is.
  - Texts that others have at the same name stay. So does a DMARC policy, at the name or above it.
  - An SPF record, an MX record or a DKIM key of somebody else is never overwritten. Neither is a name that is an alias,
    or delegated to another zone. Each is a sentence in C(conflicts) that shows what is there, what is needed, and what
    to do.
options:
  _input:
    description:
      - The records, as RV(cloudmail.ses.ses_identity#module:dns_records) has them. Each is a dictionary with C(name),
        C(type) (V(CNAME), V(MX) or V(TXT)) and C(value) (a text without quotes), and may have C(ttl) and C(purpose).
    type: list
    elements: dict
    required: true
  zones:
    description:
      - The record sets of each zone by the zone's ID, as RV(amazon.aws.route53_info#module:resource_record_sets) has them
        for a whole zone. A record goes into the innermost zone for its name.
    type: dict
    required: true
seealso:
  - module: amazon.aws.route53
  - module: amazon.aws.route53_info
"""

EXAMPLES = r"""
- name: Read the zone
  amazon.aws.route53_info:
    query: record_sets
    hosted_zone_id: Z0123456789EXAMPLE
  register: zone

- name: Publish what is missing
  amazon.aws.route53:
    state: present
    hosted_zone_id: "{{ item.hosted_zone_id }}"
    record: "{{ item.record }}"
    type: "{{ item.type }}"
    ttl: "{{ item.ttl }}"
    value: "{{ item.value }}"
    overwrite: true
  loop: "{{ (identity.dns_records | cloudmail.ses.dns_route53({'Z0123456789EXAMPLE': zone.resource_record_sets})).publish }}"
"""

RETURN = r"""
_value:
  description: What to do.
  type: dict
  contains:
    publish:
      description: >-
        What to write, each with C(hosted_zone_id), C(record), C(type), C(ttl) and C(value), the options of
        M(amazon.aws.route53).
      type: list
      elements: dict
      sample:
        - hosted_zone_id: Z0123456789EXAMPLE
          record: bounce.example.com
          type: MX
          ttl: 1800
          value: ["10 feedback-smtp.eu-west-1.amazonses.com."]
    conflicts:
      description: Sentences about what stands in the way, for people.
      type: list
      elements: str
      sample:
        - >-
          bounce.example.com MX 10 feedback-smtp.eu-west-1.amazonses.com is needed, and there is bounce.example.com
          MX 10 mail.example.net., which was left alone. Mail for that name goes elsewhere: use another MAIL FROM
          domain, or remove that record yourself.
"""

from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleFilterError

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_input import kind, not_records
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_route53 import plan
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Callable


def dns_route53(records: Any, zones: Any) -> dict[str, Any]:
    """Return what to write into ``zones``."""
    wrong = not_records(records)
    if wrong:
        raise AnsibleFilterError(f"dns_route53: {wrong}")
    if not isinstance(zones, dict):
        raise AnsibleFilterError(
            f"dns_route53: zones must be a dictionary, not {kind(zones)}. Give the record sets by zone."
        )
    try:
        return plan(records, zones)
    except PlanError as exc:
        raise AnsibleFilterError(f"dns_route53: {exc}") from exc


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"dns_route53": dns_route53}
