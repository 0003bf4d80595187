# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter cloudmail.ses.dns_zone."""

from __future__ import annotations

DOCUMENTATION = r"""
name: dns_zone
short_description: DNS records as a fragment of a zone file
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Writes the DNS records of SES identities in the format of zone files (RFC 1035), which BIND includes and most
    providers import.
  - Names are whole, with a dot at the end, so the fragment fits into any zone.
  - A text longer than 255 octets, such as a DKIM key of one's own, is split into several strings.
  - The suggestion for DMARC stands in a comment, as a second DMARC record would make the domain's own one void.
  - The same records give the same text.
options:
  _input:
    description:
      - The records, as RV(cloudmail.ses.ses_identity#module:dns_records) has them. Each is a dictionary with C(name),
        C(type) (V(CNAME), V(MX) or V(TXT)) and C(value) (a text without quotes), and may have C(ttl) and C(purpose).
    type: list
    elements: dict
    required: true
  domain:
    description: The domain that the records are for. It stands in the first line.
    type: str
    required: true
seealso:
  - plugin: cloudmail.ses.dns_table
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write the records as a file that a zone can include
  ansible.builtin.copy:
    content: "{{ identity.dns_records | cloudmail.ses.dns_zone('example.com') }}"
    dest: example.com.zone
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The fragment, with a line break at its end.
  type: str
  sample: |
    ; Records for sending mail of example.com through Amazon SES

    ; MAIL FROM: takes bounces to SES
    bounce.example.com. 1800 IN MX 10 feedback-smtp.eu-west-1.amazonses.com.
"""

from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleFilterError

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_input import not_records
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_text import zone_fragment
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Callable


def dns_zone(records: Any, domain: str) -> str:
    """Return ``records`` as a fragment of a zone file."""
    wrong = not_records(records)
    if wrong:
        raise AnsibleFilterError(f"dns_zone: {wrong}")
    try:
        return zone_fragment(records, str(domain))
    except PlanError as exc:
        raise AnsibleFilterError(f"dns_zone: {exc}") from exc


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"dns_zone": dns_zone}
