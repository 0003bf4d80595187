# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module cloudmail.ses.ses_smtp_password."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ses_smtp_password
short_description: Derive SES SMTP passwords from an IAM secret access key
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Derives the passwords for the SMTP interface of Amazon SES (version 4), one for each region, from the secret access
    key of an IAM user.
  - It calculates only. It calls no AWS API and needs nothing but Python's standard library.
notes:
  - The passwords are the purpose of this module, so they are in its result. Use C(no_log=true) on the task.
  - To create the access key and to store its passwords in one step, see M(cloudmail.ses.ses_smtp_credential).
options:
  secret_access_key:
    description:
      - The secret access key of a long-term IAM access key.
      - A wrong kind of secret is refused with the reason, for example an SMTP password or an access key ID.
    type: str
    required: true
  access_key_id:
    description:
      - The access key ID that belongs to O(secret_access_key). It is the SMTP user name.
      - Only checked for its kind. Temporary keys (C(ASIA...)) are refused because SES does not take them over SMTP.
    type: str
  regions:
    description: The regions to derive passwords for, for example V(eu-west-1). A password works in one region only.
    type: list
    elements: str
    required: true
  check_regions:
    description:
      - Whether to refuse regions that are documented to have no SMTP endpoint.
      - Use V(false) when AWS has opened one there since this collection was released.
    type: bool
    default: true
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
seealso:
  - plugin: cloudmail.ses.smtp_password
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Derive the passwords of two regions
  cloudmail.ses.ses_smtp_password:
    access_key_id: AKIAIOSFODNN7EXAMPLE
    secret_access_key: "{{ vault_ses_secret_access_key }}"
    regions:
      - eu-west-1
      - us-east-1
  delegate_to: localhost
  register: ses_passwords
  no_log: true
"""

RETURN = r"""
passwords:
  description: The SMTP passwords by region. They are secrets.
  returned: success
  type: dict
  sample:
    eu-central-1: BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2
username:
  description: The SMTP user name, which is O(access_key_id).
  returned: when O(access_key_id) is given
  type: str
  sample: AKIAIOSFODNN7EXAMPLE
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.endpoint import RegionError, check_region
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import (
    CredentialError,
    check_access_key_id,
    derive_smtp_password,
)


def _warning(region: str, wanted: bool) -> str | None:
    return check_region(region) if wanted else None


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "secret_access_key": {"type": "str", "required": True, "no_log": True},
            "access_key_id": {"type": "str", "no_log": False},
            "regions": {"type": "list", "elements": "str", "required": True},
            "check_regions": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    params: Any = module.params
    result: Any = {"changed": False}
    try:
        if params["access_key_id"] is not None:
            check_access_key_id(params["access_key_id"])
            result["username"] = params["access_key_id"]
        for region in params["regions"]:
            warning = _warning(region, params["check_regions"])
            if warning:
                module.warn(warning)
        result["passwords"] = {
            region: derive_smtp_password(params["secret_access_key"], region, check_region=params["check_regions"])
            for region in params["regions"]
        }
    except (CredentialError, RegionError) as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
