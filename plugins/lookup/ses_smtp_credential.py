# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup cloudmail.ses.ses_smtp_credential."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ses_smtp_credential
author:
  - cloudmail.ses contributors (@cloudmail)
short_description: Read an SMTP credential of Amazon SES from its store
version_added: 0.1.0
description:
  - Reads credentials that M(cloudmail.ses.ses_smtp_credential) has stored in AWS Secrets Manager or in the SSM Parameter
    Store.
  - It runs on the controller. Each use is one call of AWS, so keep the result in a variable with
    M(ansible.builtin.set_fact) and C(run_once=true) rather than looking it up on every host.
  - Needs the IAM permission C(secretsmanager:GetSecretValue) or C(ssm:GetParameter), and C(kms:Decrypt) for a KMS key of
    your own.
options:
  _terms:
    description: The names of the credentials, the option O(cloudmail.ses.ses_smtp_credential#module:name) of the module.
    type: list
    elements: str
    required: true
  store:
    description: Where the credentials are stored.
    type: str
    choices: [secretsmanager, ssm]
    default: secretsmanager
  on_missing:
    description:
      - What to do about a name that is not in the store. V(error) fails, V(warn) warns and leaves the name out, V(skip) leaves
        it out silently.
      - Other errors, such as a lacking permission, always fail.
    type: str
    choices: [error, warn, skip]
    default: error
extends_documentation_fragment:
  - amazon.aws.boto3
  - amazon.aws.common.plugins
  - amazon.aws.region.plugins
seealso:
  - module: cloudmail.ses.ses_smtp_credential
"""

EXAMPLES = r"""
- name: Read the credential once for all hosts
  ansible.builtin.set_fact:
    mail_credential: "{{ lookup('cloudmail.ses.ses_smtp_credential', 'ses-smtp-fleet', region='eu-west-1') }}"
  run_once: true
  delegate_to: localhost
  no_log: true

- name: Give hosts the key that comes, when there is one
  ansible.builtin.set_fact:
    mail_key: "{{ mail_credential.pending | default(mail_credential) }}"
  no_log: true

- name: Use it
  ansible.builtin.include_role:
    name: cloudmail.ses.ses_relay
  vars:
    ses_relay_region: eu-west-1
    ses_relay_username: "{{ mail_credential.username }}"
    ses_relay_password: "{{ mail_credential.passwords['eu-west-1'] }}"
"""

RETURN = r"""
_raw:
  description:
    - One dictionary for each name that is in the store. RV(_raw) holds secrets.
    - C(username) is the SMTP user name, C(passwords) has the SMTP password of each region, C(created) is when the access key
      was created, and C(user_name) is the IAM user.
    - During a rotation, C(pending) has C(username), C(passwords) and C(created) of the key that comes, and C(previous) is the
      user name of the key that goes. Otherwise they are not there.
  type: list
  elements: dict
  sample:
    - username: AKIAIOSFODNN7EXAMPLE
      user_name: ses-smtp-fleet
      created: "2026-11-23T13:00:00Z"
      passwords:
        eu-west-1: BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2
"""

from typing import Any, Dict, List, Optional

from ansible.errors import AnsibleLookupError
from ansible_collections.amazon.aws.plugins.plugin_utils.lookup import AWSLookupBase

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.document import StoredKey
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import RETRY, SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store import Store, Stored
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store_open import open_store


class LookupModule(AWSLookupBase):
    """Read stored SMTP credentials."""

    def run(self, terms: List[str], variables: Optional[Dict[str, Any]] = None, **kwargs: Any) -> List[Dict[str, Any]]:
        """Return one dictionary for each name in ``terms``."""
        super().run(terms, variables, **kwargs)
        kind = self.get_option("store")
        store = open_store(kind, self.client(kind, RETRY))
        try:
            found = [(name, store.read(str(name))) for name in terms]
        except SesError as exc:
            raise AnsibleLookupError(str(exc)) from exc
        missing = [_missing(name, store) for name, stored in found if stored is None]
        if missing and self.get_option("on_missing") == "error":
            raise AnsibleLookupError(" ".join(missing))
        if self.get_option("on_missing") == "warn":
            for text in missing:
                self._display.warning(text)
        return [_credential(stored) for _name, stored in found if stored]


def _missing(name: str, store: Store) -> str:
    return (
        f"There is no SMTP credential {name} in {store.where}. Check name, store and region (and the AWS account), or "
        "create it with cloudmail.ses.ses_smtp_credential."
    )


def _credential(stored: Stored) -> Dict[str, Any]:
    document = stored.document
    credential = {"user_name": document.user_name, **_key(document.current)}
    if document.pending:
        credential["pending"] = _key(document.pending)
    if document.previous:
        credential["previous"] = document.previous.username
    return credential


def _key(key: StoredKey) -> Dict[str, Any]:
    return {"username": key.username, "created": key.created, "passwords": dict(key.passwords)}
