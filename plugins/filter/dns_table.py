# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter cloudmail.ses.dns_table."""

from __future__ import annotations

DOCUMENTATION = r"""
name: dns_table
short_description: DNS records as a table for people
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Writes the DNS records of SES identities as a table of plain text, from which they can be pasted into the form of any
    DNS provider.
  - Values are as such forms take them, without quotes around texts.
  - The same records give the same text.
options:
  _input:
    description:
      - The records, as RV(cloudmail.ses.ses_identity#module:dns_records) has them. Each is a dictionary with C(name),
        C(type) (V(CNAME), V(MX) or V(TXT)) and C(value) (a text without quotes), and may have C(ttl) and C(purpose).
    type: list
    elements: dict
    required: true
seealso:
  - plugin: cloudmail.ses.dns_zone
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the records
  ansible.builtin.debug:
    msg: "{{ (identity.dns_records | cloudmail.ses.dns_table).splitlines() }}"
"""

RETURN = r"""
_value:
  description: The table, with a line break at its end.
  type: str
  sample: |
    Type  Name                TTL   For                              Value
    MX    bounce.example.com  1800  MAIL FROM: takes bounces to SES  10 feedback-smtp.eu-west-1.amazonses.com
"""

from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleFilterError

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_input import not_records
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_text import records_table
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Callable


def dns_table(records: Any) -> str:
    """Return ``records`` as a table."""
    wrong = not_records(records)
    if wrong:
        raise AnsibleFilterError(f"dns_table: {wrong}")
    try:
        return records_table(records)
    except PlanError as exc:
        raise AnsibleFilterError(f"dns_table: {exc}") from exc


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"dns_table": dns_table}
