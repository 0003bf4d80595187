# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter cloudmail.ses.provision_input."""

from __future__ import annotations

DOCUMENTATION = r"""
name: provision_input
short_description: What is wrong with the variables of the role ses_provision, and which Route 53 zones they mean
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Made for the role P(cloudmail.ses.ses_provision#role), and of no use outside of it. It may change with the role.
options:
  _input:
    description: The variables, and what Route 53 has answered. See C(vars/main.yml) of the role.
    type: dict
    required: true
seealso:
  - plugin: cloudmail.ses.provision_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Check the input
  ansible.builtin.assert:
    that: (__ses_provision_wanted | cloudmail.ses.provision_input).errors | length == 0
"""

RETURN = r"""
_value:
  description: What the role goes on with.
  type: dict
  contains:
    errors:
      description: What is wrong with the variables.
      type: list
      elements: str
      sample: ["Set ses_provision_mail_from_domain or ses_provision_mail_from_subdomain, not both."]
    mail_from_domains:
      description: The MAIL FROM domain of each region, by domain.
      type: dict
      sample: {example.com: {eu-west-1: bounce.example.com}}
    zones:
      description: >-
        The hosted zones: C(names), C(name_errors), C(ids), C(records) (the record sets by ID) and C(domain_errors).
      type: dict
      sample: {names: [example.com.], name_errors: [], ids: [Z0123456789EXAMPLE], records: {}, domain_errors: []}
"""

from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleFilterError

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.provision_input import (
    Wanted,
    errors,
    mail_from_domains,
    not_as_text,
    zones,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def provision_input(given: Any) -> dict[str, Any]:
    """Return what the role goes on with."""
    try:
        texts = not_as_text(given["texts"])
        if texts:
            return {"errors": texts, "mail_from_domains": {}, "zones": {}}
        wanted = Wanted(**{name: value for name, value in given.items() if name != "texts"})
    except (AttributeError, KeyError, TypeError) as exc:
        raise AnsibleFilterError(f"provision_input is for the role ses_provision: {exc}") from exc
    return {"errors": errors(wanted), "mail_from_domains": mail_from_domains(wanted), "zones": zones(wanted)}


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"provision_input": provision_input}
