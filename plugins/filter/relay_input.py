# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter cloudmail.ses.relay_input."""

from __future__ import annotations

DOCUMENTATION = r"""
name: relay_input
short_description: The variables of the role ses_relay, checked, in the form that the files of every mail server are made from
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Made for the role P(cloudmail.ses.ses_relay#role), and of no use outside of it. It may change with the role.
  - It fails with all that is wrong with the variables, a line each, and with what the mail server cannot do where that is
    asked for. No line contains a password.
  - What it returns contains passwords.
options:
  _input:
    description:
      - The variables of the role without C(ses_relay_) before their names. C(mta) is the mail server that was chosen, and
        C(hosts) the number of hosts in the play, over which the account's rate is shared.
    type: dict
    required: true
seealso:
  - plugin: cloudmail.ses.ses_relay
    plugin_type: role
"""

EXAMPLES = r"""
- name: Show where mail goes
  ansible.builtin.debug:
    msg: "{{ (wanted | cloudmail.ses.relay_input).relays | map(attribute='endpoints') | flatten | map(attribute='host') }}"
  vars:
    wanted:
      mta: postfix
      region: eu-west-1
      port: 587
      username: "{{ credential.username }}"
      passwords: "{{ credential.passwords }}"
      sender_domain: example.com
"""

RETURN = r"""
_value:
  description: What the role goes on with.
  type: dict
  contains:
    mta:
      description: The mail server.
      type: str
      sample: exim
    relays:
      description:
        - Where mail goes. The first entry is for every sender, the others are for C(senders), addresses or domains with an
          C(@) before them. C(endpoints) are in order of preference, each with an address that may send there, empty
          in the first entry.
      type: list
      elements: dict
      sample:
        - name: ses
          senders: []
          endpoints:
            - host: email-smtp.eu-west-1.amazonaws.com
              region: eu-west-1
              username: AKIAIOSFODNN7EXAMPLE
              password: "..."
              sender: ""
        - name: ses-2
          senders: [app@example.net, "@example.org"]
          endpoints:
            - host: email-smtp.us-east-1.amazonaws.com
              region: us-east-1
              username: AKIAI44QH8DHBEXAMPLE
              password: "..."
              sender: app@example.net
    port:
      description: The port of all endpoints.
      type: int
      sample: 587
    wrapper:
      description: Whether that port speaks TLS from the first byte.
      type: bool
      sample: false
    sender_domain:
      description: The domain that replaces those of the host.
      type: str
      sample: example.com
    sender_exceptions:
      description: By address of the host, the one that its mail leaves with.
      type: dict
      sample: {backup@web1.internal: backups@example.com}
    headers:
      description: What is added to all mail that leaves, in this order.
      type: list
      elements: dict
      sample:
        - name: X-SES-CONFIGURATION-SET
          value: fleet
        - name: X-SES-MESSAGE-TAGS
          value: team=mail, stage=live
    rate:
      description: The messages a second of this host; V(none) without a limit.
      type: float
      sample: 3.5
    bounces:
      description:
        - What becomes of mail with the null sender. C(to) is C(mailbox), and C(address) the user; or C(discard); or C(sender),
          and C(address) is the sender it leaves with, which SES must have verified.
      type: dict
      sample: {to: mailbox, address: root}
    root_alias:
      description: Where root's mail goes, empty as it is.
      type: str
      sample: ops@example.com
    settings:
      description: The raw settings of the mail server.
      type: dict
      sample: {smtp_connect_timeout: 10s}
"""

from typing import TYPE_CHECKING, Any, Mapping

from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

from ansible_collections.cloudmail.ses.plugins.module_utils._relay import relay_input as _relay
from ansible_collections.cloudmail.ses.plugins.module_utils._relay.findings import RelayInputError

if TYPE_CHECKING:
    from collections.abc import Callable


def relay_input(given: Any) -> dict[str, Any]:
    """Return what the role goes on with."""
    if not isinstance(given, Mapping) or set(given) - _relay.VARIABLES:
        names = ", ".join(sorted(_relay.VARIABLES))
        raise AnsibleFilterError(f"relay_input is for the role ses_relay: the input must be a dictionary of {names}.")
    try:
        wanted, warnings = _relay.relay_input(given)
    except RelayInputError as exc:
        raise AnsibleFilterError(str(exc)) from None
    for warning in warnings:
        Display().warning(warning)
    return wanted


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"relay_input": relay_input}
