# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter cloudmail.ses.provision_report."""

from __future__ import annotations

DOCUMENTATION = r"""
name: provision_report
short_description: How far the role ses_provision has come
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Made for the role P(cloudmail.ses.ses_provision#role), and of no use outside of it. It may change with the role.
options:
  _input:
    description: What the steps of the role have returned so far. See C(vars/main.yml) of the role.
    type: dict
    required: true
seealso:
  - plugin: cloudmail.ses.provision_input
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Keep what others build on
  ansible.builtin.set_fact:
    ses_provision_result: "{{ (__ses_provision_run | cloudmail.ses.provision_report).result }}"
"""

RETURN = r"""
_value:
  description: How far it has come, and what is left to do.
  type: dict
  contains:
    result:
      description: What the role returns as C(ses_provision_result).
      type: dict
      sample: {ready: false, domains: [example.com], waiting_for_dns: [example.com], problems: []}
    causes:
      description: Why mail cannot be sent yet.
      type: list
      elements: str
      sample: [mail for example.com waits for DNS]
    identities:
      description: What M(cloudmail.ses.ses_identity) has returned last, for each domain.
      type: list
      elements: dict
      sample: [{item: example.com, ready: false}]
    route53:
      description: What P(cloudmail.ses.dns_route53#filter) returns for the domains that are in Route 53.
      type: dict
      sample: {publish: [], conflicts: []}
    files:
      description: The DNS records of the domains that somebody has to publish, by domain.
      type: dict
      sample: {example.com: [{name: bounce.example.com, type: TXT, value: "v=spf1 include:amazonses.com ~all"}]}
    open_records:
      description: Those of them that SES has not found.
      type: list
      elements: dict
      sample: [{name: bounce.example.com, type: TXT, value: "v=spf1 include:amazonses.com ~all"}]
    to_wait_for:
      description: The domains to wait for.
      type: list
      elements: str
      sample: [example.com]
    account_problems:
      description: What is not as it has to be in the account.
      type: list
      elements: str
      sample: []
    stopped:
      description: The regions in which the account may not send.
      type: list
      elements: str
      sample: []
    summary:
      description: >-
        The parts of the summary: C(headline), C(states), C(dns_records), C(in_dns), C(refusals) and C(next).
      type: dict
      sample: {headline: "Not ready: mail for example.com waits for DNS.", dns_records: [], in_dns: [], refusals: []}
"""

from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleFilterError

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.provision_report import Run, report
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.provision_summary import summary

if TYPE_CHECKING:
    from collections.abc import Callable


def provision_report(given: Any) -> dict[str, Any]:
    """Return how far the role has come."""
    try:
        run = Run(**given)
        come = report(run)
    except (TypeError, PlanError) as exc:
        raise AnsibleFilterError(f"provision_report is for the role ses_provision: {exc}") from exc
    return {**come, "summary": summary(run, come)}


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"provision_report": provision_report}
