# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module cloudmail.ses.ses_smtp_credential_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ses_smtp_credential_info
short_description: Tell the state of an SMTP credential of Amazon SES, never its secrets
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Reads a credential that M(cloudmail.ses.ses_smtp_credential) manages. It tells its IAM user, all access keys of that user
    with age, status and last use, how far a rotation is, the regions that have a password, and what is wrong.
  - Reads the stored credential to tell its regions, and returns no secret. Use P(cloudmail.ses.ses_smtp_credential#lookup)
    for the passwords.
  - Makes four reading calls, and one more for each access key.
options:
  name:
    description: The name under which the credential is stored.
    type: str
    required: true
    aliases: [credential_name]
  user_name:
    description:
      - The name of the IAM user.
      - Not given, it is O(name) without leading and trailing slashes and with dashes for the slashes inside.
    type: str
  policy_name:
    description: The name of the inline policy of the IAM user that the credential sends with.
    type: str
    default: cloudmail-ses-send
  store:
    description:
      - Where the credential is kept, in the region of O(region).
      - V(secretsmanager) is a secret of AWS Secrets Manager.
      - V(ssm) is a SecureString in the SSM Parameter Store.
      - V(none) means that it is kept nowhere, so its regions are unknown.
    type: str
    choices: [secretsmanager, ssm, none]
    default: secretsmanager
extends_documentation_fragment:
  - cloudmail.ses.aws_side
  - cloudmail.ses.aws_side.info
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
notes:
  - Needs the IAM permissions C(iam:GetUser), C(iam:GetUserPolicy), C(iam:ListAccessKeys), C(iam:GetAccessKeyLastUsed), and
    C(secretsmanager:GetSecretValue) or C(ssm:GetParameter) (with C(kms:Decrypt) for a KMS key of your own).
seealso:
  - module: cloudmail.ses.ses_smtp_credential
  - plugin: cloudmail.ses.ses_smtp_credential
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Read the state of the fleet's credential
  cloudmail.ses.ses_smtp_credential_info:
    name: ses-smtp-fleet
    region: eu-west-1
  register: fleet

- name: Stop when something is wrong with it
  ansible.builtin.assert:
    that: fleet.credential.problems | length == 0
    fail_msg: "{{ fleet.credential.problems | join(' ') }}"

- name: Tell when the key is due for a rotation
  ansible.builtin.debug:
    msg: "{{ item.id }} is {{ item.age_days }} days old, last used {{ item.last_used | default('never', true) }}"
  loop: "{{ fleet.credential['keys'] | selectattr('role', 'equalto', 'current') | selectattr('age_days', 'gt', 90) }}"
"""

RETURN = r"""
credential:
  description: The state of the credential. It holds no secret.
  returned: success
  type: dict
  contains:
    exists:
      description: Whether there is such a credential, whole or in part.
      returned: success
      type: bool
      sample: true
    user_name:
      description: The name of the IAM user.
      returned: success
      type: str
      sample: ses-smtp-fleet
    user:
      description: The IAM user, or V(null) when there is none.
      returned: success
      type: dict
      contains:
        arn:
          description: Its ARN.
          returned: success
          type: str
          sample: arn:aws:iam::123456789012:user/ses-smtp-fleet
        path:
          description: Its path.
          returned: success
          type: str
          sample: /
        permissions_boundary:
          description: The ARN of the policy that is its permissions boundary, or an empty text.
          returned: success
          type: str
          sample: arn:aws:iam::123456789012:policy/mail-boundary
        tags:
          description: Its tags, without those that belong to the collection.
          returned: success
          type: dict
          sample: {team: mail}
    keys:
      description: All access keys of the IAM user, the current one first.
      returned: success
      type: list
      elements: dict
      contains:
        id:
          description: The ID of the key, which is the SMTP user name.
          returned: success
          type: str
          sample: AKIAIOSFODNN7EXAMPLE
        role:
          description:
            - V(current) is the key in use, V(pending) the one that a rotation brings, V(previous) the one that it takes away.
            - V(lost) is a key that a run has made and not stored, because it was killed or has not come to that yet.
            - V(unstored) is a key of the credential whose passwords are not in the store.
            - V(foreign) is a key that somebody else has made. It is never touched.
          returned: success
          type: str
          sample: current
        status:
          description: Whether it is V(Active) or V(Inactive).
          returned: success
          type: str
          sample: Active
        created:
          description: When it was created, in UTC.
          returned: success
          type: str
          sample: "2026-11-23T13:00:00Z"
        age_days:
          description: Its age in whole days, by the clock of IAM.
          returned: success
          type: int
          sample: 12
        regions:
          description: The regions that have a password of this key in the store.
          returned: success
          type: list
          elements: str
          sample: [eu-west-1, us-east-1]
        last_used:
          description:
            - When it was last used, in UTC, or V(null) when it never was. IAM notes a use after some minutes, so a recent time
              may be older than the last message.
          returned: success
          type: str
          sample: "2026-11-24T08:30:00Z"
        last_used_service:
          description: The service that it was last used for, or V(null).
          returned: success
          type: str
          sample: ses
        last_used_region:
          description: The region that it was last used in, or V(null).
          returned: success
          type: str
          sample: eu-west-1
    rotation:
      description:
        - How far a rotation is. V(none) is under way, a key is V(pending), it was V(promoted) and the previous one still
          works, or the previous one is V(inactive).
      returned: success
      type: str
      sample: none
    regions:
      description: The regions that have a current password.
      returned: success
      type: list
      elements: str
      sample: [eu-west-1, us-east-1]
    secret_access_key_kept:
      description: Whether the IAM secret of the current key is stored too, so that regions can be added.
      returned: success
      type: bool
      sample: false
    store:
      description: Where the credential is stored.
      returned: success
      type: dict
      contains:
        type:
          description: The same as O(store).
          returned: success
          type: str
          sample: secretsmanager
        name:
          description: The same as O(name).
          returned: success
          type: str
          sample: ses-smtp-fleet
        region:
          description: The region of the store. Empty for O(store=none).
          returned: success
          type: str
          sample: eu-west-1
        arn:
          description: The ARN of the secret or the parameter.
          returned: when it exists
          type: str
          sample: arn:aws:secretsmanager:eu-west-1:123456789012:secret:ses-smtp-fleet-AbCdEf
    policy:
      description: The inline policy of the IAM user.
      returned: success
      type: dict
      contains:
        name:
          description: The same as O(policy_name).
          returned: success
          type: str
          sample: cloudmail-ses-send
        document:
          description: The policy document, or V(null) when there is none.
          returned: success
          type: dict
          sample: {Version: "2012-10-17", Statement: []}
    problems:
      description: What is wrong, each with the next step. Empty when all is well, and when there is no such credential.
      returned: success
      type: list
      elements: str
      sample: []
"""

from typing import Any, Dict

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_describe import credential_facts, inspect
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_names import name_problems
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_options import NAMING, identified, store_of
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import RETRY, PlanError, SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.failure import fail
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.iam_user import IamUser


def _run(module: Any) -> Dict[str, Any]:
    store, client = store_of(module), module.client("iam", retry_decorator=RETRY)
    wanted = identified(module.params, store)
    problems = name_problems(module.params, user_name=wanted.user_name)
    if problems:
        raise PlanError(" ".join(problems))
    before, uses = inspect(IamUser(wanted.user_name, client=client, once=client), store, wanted)
    return credential_facts(before, wanted, uses)


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(argument_spec={**NAMING}, supports_check_mode=True)
    try:
        credential = _run(module)
    except SesError as exc:
        fail(module, exc)
    module.exit_json(changed=False, credential=credential)


if __name__ == "__main__":
    main()
