# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter cloudmail.ses.smtp_endpoint."""

from __future__ import annotations

DOCUMENTATION = r"""
name: smtp_endpoint
short_description: The host name of the SES SMTP endpoint of a region
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Returns the host name of the SMTP endpoint of Amazon SES in a region.
  - A region that is documented to have no SMTP endpoint is an error. A region that this collection does not know is
    a warning only, so that a new region works on the day it opens.
options:
  _input:
    description: The region, for example V(eu-west-1).
    type: str
    required: true
  fips:
    description: Whether to return the FIPS 140 validated endpoint. Only some regions have one.
    type: bool
    default: false
  dualstack:
    description: Whether to return the endpoint that has IPv6 addresses too.
    type: bool
    default: false
seealso:
  - plugin: cloudmail.ses.smtp_password
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the endpoint of a region
  ansible.builtin.debug:
    msg: "{{ 'eu-west-1' | cloudmail.ses.smtp_endpoint }}"
    # => email-smtp.eu-west-1.amazonaws.com

- name: Show the FIPS endpoint of a region
  ansible.builtin.debug:
    msg: "{{ 'us-gov-west-1' | cloudmail.ses.smtp_endpoint(fips=true) }}"
    # => email-smtp-fips.us-gov-west-1.amazonaws.com
"""

RETURN = r"""
_value:
  description: The host name.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import endpoint


def smtp_endpoint(region: Any, fips: bool = False, dualstack: bool = False) -> str:
    """Return the host name of the SMTP endpoint of ``region``."""
    if not isinstance(region, str):
        raise AnsibleFilterError(f"smtp_endpoint: the input must be a string, not {type(region).__name__}.")
    try:
        found = endpoint.smtp_endpoint(region, fips=bool(fips), dualstack=bool(dualstack))
    except endpoint.RegionError as exc:
        raise AnsibleFilterError(f"smtp_endpoint: {exc}") from exc
    if found.warning:
        Display().warning(found.warning)
    return found.host


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"smtp_endpoint": smtp_endpoint}
