# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter cloudmail.ses.smtp_password."""

from __future__ import annotations

DOCUMENTATION = r"""
name: smtp_password
short_description: Derive the SES SMTP password of a region from an IAM secret access key
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Derives the password for the SMTP interface of Amazon SES (version 4) from the secret access key of an IAM user.
  - A password works in one region only. The user name that belongs to it is the access key ID.
  - The result is a secret. Use C(no_log=true) on tasks that show it.
  - Nothing is sent anywhere, and nothing but Python's standard library is needed.
options:
  _input:
    description:
      - The secret access key of a long-term IAM access key (C(AKIA...)).
      - A wrong kind of secret is refused with the reason, for example an SMTP password or an access key ID.
    type: str
    required: true
  region:
    description: The region whose SMTP endpoint the password is for, for example V(eu-west-1).
    type: str
    required: true
  check_region:
    description:
      - Whether to refuse regions that are documented to have no SMTP endpoint.
      - Use V(false) when AWS has opened one there since this collection was released.
    type: bool
    default: true
positional: region
seealso:
  - plugin: cloudmail.ses.smtp_endpoint
    plugin_type: filter
  - module: cloudmail.ses.ses_smtp_password
"""

EXAMPLES = r"""
- name: Derive the SMTP password for Ireland
  ansible.builtin.set_fact:
    relay_password: "{{ vault_ses_secret_access_key | cloudmail.ses.smtp_password('eu-west-1') }}"
  no_log: true
"""

RETURN = r"""
_value:
  description: The SMTP password, 44 characters. It is a secret.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.endpoint import RegionError
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import CredentialError, derive_smtp_password


def smtp_password(secret_access_key: Any, region: Any, check_region: bool = True) -> str:
    """Return the SMTP password of ``secret_access_key`` in ``region``."""
    for name, value in (("input", secret_access_key), ("region", region)):
        if not isinstance(value, str):
            raise AnsibleFilterError(f"smtp_password: the {name} must be a string, not {type(value).__name__}.")
    try:
        return derive_smtp_password(secret_access_key, region, check_region=check_region)
    except (CredentialError, RegionError) as exc:
        raise AnsibleFilterError(f"smtp_password: {exc}") from exc


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"smtp_password": smtp_password}
