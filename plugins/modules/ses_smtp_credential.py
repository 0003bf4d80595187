# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module cloudmail.ses.ses_smtp_credential."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ses_smtp_credential
short_description: Manage an SMTP user name and password of Amazon SES
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Creates an IAM user that may send mail from some addresses and nothing else, an access key for it, and the SMTP
    passwords of all regions asked for, and stores them in the same step.
  - The secret of the access key is not kept unless O(keep_secret_access_key=true). The SMTP passwords that are derived from
    it can send mail and nothing else.
  - When the credential cannot be stored, the new access key is deleted again. When a run is killed after it has created a
    key and before it has stored it, the next run deletes that key and creates another one. A note in a tag of the user
    tells that key from the keys of others, which are never touched. For three minutes the key may be that of a run which
    goes on, so the next run waits until they are over.
  - An unchanged run makes four reading calls and no writing one. O(tags) and O(kms_key_id) take one or two more.
options:
  name:
    description:
      - The name under which the credential is stored. A secret takes 512 letters, digits and any of C(/_+=.@-).
      - For O(store=ssm) it is the name of the parameter, with a slash at the beginning when it has levels, for example
        V(/mail/app). It takes letters, digits and any of C(/_.-), and does not begin with C(aws) or C(ssm).
    type: str
    required: true
    aliases: [credential_name]
  state:
    description:
      - Whether the credential exists.
      - V(absent) deletes the access keys, the policy, the stored credential, and the user if this module has made it. A
        secret that is marked for deletion already counts as deleted.
      - When something of others hangs on that user (another inline policy, a managed policy, a group), IAM refuses to delete
        it. This is an error then, and nothing is deleted.
    type: str
    choices: [present, absent]
    default: present
  user_name:
    description:
      - The name of the IAM user, at most 64 letters, digits and any of C(+=,.@_-).
      - Not given, it is O(name) without leading and trailing slashes and with dashes for the slashes inside.
      - A user that exists already gets the policy and the key, and stays when the credential is deleted.
    type: str
  path:
    description:
      - The path of the IAM user, with a slash at its beginning and its end, such as V(/mail/).
      - Not given, a new user gets V(/), and an existing one is left as it is.
    type: str
  permissions_boundary:
    description:
      - The ARN of the policy that is the permissions boundary of the IAM user.
      - An empty text removes it. Not given, it is left as it is.
    type: str
  senders:
    description:
      - Who may be the sender, as domains (V(example.com)) and addresses (V(app@example.com)).
      - The policy allows C(ses:SendRawEmail) with the condition C(ses:FromAddress). Its resource is C(*) on purpose. For one
        message SES asks IAM about the sender's identity, the configuration set and, in the sandbox, the recipient's identity,
        so a policy scoped to the sender's identity is refused.
      - SES compares upper and lower case, so use the spelling of the mails.
      - Required when O(state=present).
    type: list
    elements: str
  sender_subdomains:
    description: Whether addresses in subdomains of the domains in O(senders) may be the sender too.
    type: bool
    default: false
  recipients:
    description:
      - Who may get mail, as domains and addresses. Not given or empty, everybody may.
      - The policy has the condition C(ses:Recipients) for all recipients of a message. One that is not allowed makes SES
        refuse the whole message.
    type: list
    elements: str
  source_addresses:
    description:
      - The public addresses and networks that mail may be sent from, such as V(198.51.100.7) and V(198.51.100.0/24).
        Not given or empty, every address.
      - SES sees the address that a host has on the internet, so a private one is an error. A message that comes through a
        VPC endpoint has no such address, so name the endpoint in O(vpc_endpoints) as well.
    type: list
    elements: str
  vpc_endpoints:
    description:
      - The IDs of the VPC endpoints (service C(com.amazonaws.REGION.email-smtp)) that mail may be sent through. Not given or
        empty, it may come any way.
      - With O(source_addresses) as well, one of the two must hold.
    type: list
    elements: str
  configuration_sets:
    description:
      - The names of the configuration sets that may be used. Not given or empty, all of them.
      - The resources of the policy are then all identities of the account and these configuration sets. That is as narrow
        as works in the sandbox too, because O(senders) limits the sender already.
      - A message that names no configuration set stays allowed. The default configuration set of an identity must be
        among the names, or SES refuses what is sent with it.
    type: list
    elements: str
  policy_name:
    description:
      - The name of the inline policy of the IAM user, at most 128 letters, digits and any of C(+=,.@_-).
      - The policy that this credential had under another name is deleted. Other policies are left alone.
    type: str
    default: cloudmail-ses-send
  regions:
    description:
      - The regions to derive SMTP passwords for. A password works in one region only.
      - Not given, it is the region of O(region). Stored passwords of other regions are kept.
      - A region can be added later when the secret was kept (O(keep_secret_access_key=true)), otherwise together with a new
        key (O(rotation=pending)).
    type: list
    elements: str
  store:
    description:
      - Where the credential is kept, in the region of O(region).
      - V(secretsmanager) is a secret of AWS Secrets Manager.
      - V(ssm) is a SecureString in the SSM Parameter Store.
      - V(none) keeps it nowhere. The passwords are returned once, by the run that creates the key. Use C(no_log=true) on the
        task.
      - A credential does not move to another store. Delete it from the first one with O(state=absent).
    type: str
    choices: [secretsmanager, ssm, none]
    default: secretsmanager
  kms_key_id:
    description:
      - The KMS key that encrypts the stored credential, as ID, ARN or alias (V(alias/mail)). Not given, a new one gets the
        default key of the service, and an existing one keeps its key.
      - V(alias/aws/secretsmanager) and V(alias/aws/ssm) are the default keys.
      - Keys are compared by their names. When the service names the key of a stored credential by ID or ARN, an alias counts
        as that key, because only KMS could tell. Give ID or ARN to change it.
    type: str
  keep_secret_access_key:
    description:
      - Whether to store the IAM secret access key beside the passwords, so that regions can be added later.
      - Everybody who can read the stored credential can then call the API of SES as this user, as far as its policy allows.
      - Switching it off removes the secret from the store. It cannot be switched on for a credential that exists.
    type: bool
    default: false
  rotation:
    description:
      - The next step of a rotation of the access key. Not given, a rotation that is under way stays where it is.
      - V(pending) makes a second key beside the current one, with passwords for all regions, and stores it as pending in the
        same step. Both keys work. One that is pending already is kept.
      - V(promoted) makes the pending key the current one, when every host has it. The former one is then the previous key.
        Both work. A previous key that is inactive is made active again.
      - V(inactive) makes the previous key inactive. A host that still sends with it is refused.
      - V(deleted) deletes the previous key, when it is inactive.
      - V(cancelled) deletes the pending key again. One that was used already, as far as IAM knows, it makes inactive first, so
        that a host that sends with it shows, and deletes when the step is repeated. IAM notes a use after some minutes.
      - Each step can be repeated, and goes on where a killed run has stopped. A step that is not the next one is an error
        that names the keys and the next step.
      - Needs a free place for the second key, because IAM allows two. A key of others takes one and is never touched.
      - Needs a store, so not O(store=none). It is an error with O(state=absent).
    type: str
    choices: [pending, promoted, inactive, deleted, cancelled]
  tags:
    description:
      - The tags of the IAM user and of the stored credential.
      - The tags C(cloudmail.ses:keys), C(cloudmail.ses:store) and C(cloudmail.ses:policy) belong to this module and are
        always kept.
    type: dict
    aliases: [resource_tags]
  purge_tags:
    description: Whether to remove other tags from the IAM user and the stored credential when O(tags) is given.
    type: bool
    default: true
extends_documentation_fragment:
  - cloudmail.ses.aws_side
  - cloudmail.ses.aws_side.changes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
notes:
  - Needs the IAM permissions C(iam:GetUser), C(iam:GetUserPolicy), C(iam:ListAccessKeys), and C(secretsmanager:GetSecretValue)
    or C(ssm:GetParameter) (with C(kms:Decrypt) for a KMS key of your own). With O(tags) or O(kms_key_id) also
    C(secretsmanager:DescribeSecret), or C(ssm:ListTagsForResource) and C(ssm:DescribeParameters).
  - To create it also needs C(iam:CreateUser), C(iam:TagUser), C(iam:UntagUser), C(iam:PutUserPolicy), C(iam:CreateAccessKey),
    C(iam:DeleteAccessKey), and C(secretsmanager:CreateSecret), C(secretsmanager:PutSecretValue) and
    C(secretsmanager:TagResource), or C(ssm:PutParameter) and C(ssm:AddTagsToResource).
  - After a killed run, and with O(rotation=cancelled), it also needs C(iam:GetAccessKeyLastUsed). A key that somebody has
    used is not deleted at once.
  - To rotate it also needs C(iam:UpdateAccessKey). Every write over a parameter needs C(ssm:DescribeParameters).
  - To change or delete it needs, where that is used, C(iam:UpdateUser), C(iam:PutUserPermissionsBoundary),
    C(iam:DeleteUserPermissionsBoundary), C(iam:DeleteUserPolicy), C(iam:DeleteUser), C(iam:ListUserPolicies),
    C(iam:ListAttachedUserPolicies), C(iam:ListGroupsForUser), and C(secretsmanager:UpdateSecret),
    C(secretsmanager:UntagResource) and C(secretsmanager:DeleteSecret), or C(ssm:RemoveTagsFromResource) and
    C(ssm:DeleteParameter).
  - When two runs for the same O(user_name) meet, one waits for the other or gives way. No key that is in use gets lost.
seealso:
  - plugin: cloudmail.ses.ses_smtp_credential
    plugin_type: lookup
  - module: cloudmail.ses.ses_smtp_password
  - module: cloudmail.ses.ses_identity
"""

EXAMPLES = r"""
- name: A credential for the whole fleet, in two regions
  cloudmail.ses.ses_smtp_credential:
    name: ses-smtp-fleet
    senders:
      - example.com
    regions:
      - eu-west-1
      - us-east-1
    region: eu-west-1

- name: A credential for one address, in the SSM Parameter Store
  cloudmail.ses.ses_smtp_credential:
    name: /mail/shop
    user_name: ses-shop
    path: /mail/
    senders:
      - orders@shop.example.com
    store: ssm
    region: eu-west-1

- name: A credential that may mail to the staff alone, from one network or through one VPC endpoint
  cloudmail.ses.ses_smtp_credential:
    name: ses-smtp-alerts
    senders:
      - alerts@example.com
    recipients:
      - example.com
    source_addresses:
      - 198.51.100.0/24
    vpc_endpoints:
      - vpce-0123456789abcdef0
    configuration_sets:
      - alerts
    region: eu-west-1

- name: Rotate, first step - a second key, stored beside the current one
  cloudmail.ses.ses_smtp_credential:
    name: ses-smtp-fleet
    senders:
      - example.com
    rotation: pending
    region: eu-west-1

- name: Rotate, second step - the hosts have the new key, so it is the current one
  cloudmail.ses.ses_smtp_credential:
    name: ses-smtp-fleet
    senders:
      - example.com
    rotation: promoted
    region: eu-west-1

- name: Rotate, last steps - the old key is switched off, then deleted
  cloudmail.ses.ses_smtp_credential:
    name: ses-smtp-fleet
    senders:
      - example.com
    rotation: "{{ item }}"
    region: eu-west-1
  loop:
    - inactive
    - deleted

- name: Delete a credential
  cloudmail.ses.ses_smtp_credential:
    name: ses-smtp-fleet
    region: eu-west-1
    state: absent
"""

RETURN = r"""
username:
  description: The SMTP user name, which is the ID of the access key.
  returned: when the key exists
  type: str
  sample: AKIAIOSFODNN7EXAMPLE
user_name:
  description: The name of the IAM user.
  returned: success
  type: str
  sample: ses-smtp-fleet
user_arn:
  description: The ARN of the IAM user.
  returned: when the user exists
  type: str
  sample: arn:aws:iam::123456789012:user/ses-smtp-fleet
rotation:
  description:
    - How far a rotation is. V(none) is under way, a key is V(pending), it was V(promoted) and the previous one still works, or
      the previous one is V(inactive).
  returned: when O(state=present)
  type: str
  sample: none
pending:
  description: The key that comes.
  returned: when RV(rotation=pending), not in check mode when it would be created
  type: dict
  contains: &key
    username:
      description: The SMTP user name, which is the ID of the access key.
      returned: success
      type: str
      sample: AKIAI44QH8DHBEXAMPLE
    created:
      description: When the access key was created, in UTC.
      returned: success
      type: str
      sample: "2026-11-24T09:00:00Z"
    regions:
      description: The regions that have a password.
      returned: success
      type: list
      elements: str
      sample: [eu-west-1, us-east-1]
previous:
  description: The key that goes.
  returned: when RV(rotation) is V(promoted) or V(inactive)
  type: dict
  contains: *key
regions:
  description: The regions that have a password. Empty for O(store=none) unless the key was just created.
  returned: when O(state=present)
  type: list
  elements: str
  sample: [eu-west-1, us-east-1]
created:
  description: When the access key was created, in UTC.
  returned: when the key exists
  type: str
  sample: "2026-11-23T13:00:00Z"
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
  returned: when O(state=present)
  type: dict
  contains:
    name:
      description: The same as O(policy_name).
      returned: success
      type: str
      sample: cloudmail-ses-send
    document:
      description: The policy document.
      returned: success
      type: dict
      sample: {Version: "2012-10-17", Statement: []}
passwords:
  description: The SMTP passwords by region. They are secrets.
  returned: when O(store=none) and the key was just created
  type: dict
  sample: {eu-west-1: BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2}
"""

import json
from dataclasses import replace
from typing import Any, Dict, List

try:
    from botocore.config import Config
except ImportError:
    pass  # AnsibleAWSModule reports a missing SDK.

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential import (
    Credential,
    ensure_absent,
    ensure_present,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_names import name_problems
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_options import (
    NAMING,
    checked_regions,
    identified,
    store_of,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_rotation import ROTATIONS
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_state import Wanted
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import RETRY, PlanError, SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.failure import fail, note_writes
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.iam_user import ONCE, IamUser
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.send_policy import (
    PolicyError,
    SendRules,
    policy_of_rules,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store import Store
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.endpoint import RegionError
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import CredentialError


def _arguments() -> Dict[str, Any]:
    return {
        **NAMING,
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "path": {"type": "str"},
        "permissions_boundary": {"type": "str"},
        "senders": {"type": "list", "elements": "str"},
        "sender_subdomains": {"type": "bool", "default": False},
        "recipients": {"type": "list", "elements": "str"},
        "source_addresses": {"type": "list", "elements": "str"},
        "vpc_endpoints": {"type": "list", "elements": "str"},
        "configuration_sets": {"type": "list", "elements": "str"},
        "regions": {"type": "list", "elements": "str"},
        "kms_key_id": {"type": "str", "no_log": False},
        "keep_secret_access_key": {"type": "bool", "default": False, "no_log": False},
        "rotation": {"type": "str", "choices": list(ROTATIONS)},
        "tags": {"type": "dict", "aliases": ["resource_tags"]},
        "purge_tags": {"type": "bool", "default": True},
    }


def _rules(params: Dict[str, Any]) -> SendRules:
    # An option that is given as null is as one that is not given; Ansible's required_if does not notice that.
    return SendRules(
        senders=params["senders"] or (),
        sender_subdomains=params["sender_subdomains"],
        recipients=params["recipients"] or (),
        source_addresses=params["source_addresses"] or (),
        vpc_endpoints=params["vpc_endpoints"] or (),
        configuration_sets=params["configuration_sets"] or (),
    )


def _problems(params: Dict[str, Any], wanted: Wanted) -> List[str]:
    problems = name_problems(params, user_name=wanted.user_name)
    if params["state"] == "absent" and params["rotation"]:
        problems.append(
            f"rotation={params['rotation']} is a step of a credential that stays, and state=absent deletes all of it. Leave "
            "rotation out to delete the credential, or state, to go on with the rotation (rotation=deleted deletes the "
            "previous key alone)."
        )
    return problems


def _wanted(module: Any, iam_region: str, store: Store) -> Wanted:
    params = module.params
    named = identified(params, store)
    problems = _problems(params, named)
    regions, policy = tuple(params["regions"] or [iam_region]), {}
    if params["state"] == "present":
        try:
            regions, warnings = checked_regions(regions)
            for warning in warnings:
                module.warn(warning)
        except RegionError as exc:
            problems.append(str(exc))
        try:
            policy = policy_of_rules(_rules(params), regions)
        except PolicyError as exc:
            problems.append(str(exc))
    if problems:
        raise PlanError(" ".join(problems))
    if params["state"] == "absent":
        return named
    return replace(
        named,
        policy=policy,
        regions=regions,
        path=params["path"],
        boundary=params["permissions_boundary"],
        tags=params["tags"],
        purge_tags=params["purge_tags"],
        keep_secret=params["keep_secret_access_key"],
        kms_key_id=params["kms_key_id"] or None,
        rotation=params["rotation"],
    )


def _run(module: Any) -> Dict[str, Any]:
    store, once = store_of(module), note_writes(module.client("iam", config=Config(retries=ONCE)))
    wanted = _wanted(module, module.region or once.meta.region_name, store)
    client = note_writes(module.client("iam", retry_decorator=RETRY))
    iam = IamUser(wanted.user_name, client=client, once=once)
    result: Dict[str, Any] = {
        "user_name": wanted.user_name,
        "store": {"type": store.kind, "name": wanted.name, "region": store.region},
    }
    if module.params["state"] == "absent":
        gone = ensure_absent(iam, store, wanted, check_mode=module.check_mode)
        return {**result, "changed": gone.changed, "diff": _diff(gone.view_before, gone.view_after)}
    steps, credential = ensure_present(iam, store, wanted, check_mode=module.check_mode)
    result.update(_facts(credential))
    if credential.store_arn:
        result["store"]["arn"] = credential.store_arn
    result["policy"] = {"name": wanted.policy_name, "document": wanted.policy}
    return {**result, "changed": steps.changed, "diff": _diff(steps.view_before, steps.view_after)}


def _facts(credential: Credential) -> Dict[str, Any]:
    document = credential.document
    facts = {
        "username": credential.username,
        "user_arn": credential.user_arn,
        "created": credential.created,
        "passwords": dict(credential.passwords),
        "pending": document.pending.facts() if document and document.pending else None,
        "previous": document.previous.facts() if document and document.previous else None,
    }
    known = {name: value for name, value in facts.items() if value}
    return {**known, "regions": list(credential.regions), "rotation": credential.rotation}


def _diff(before: Any, after: Any) -> Dict[str, str]:
    shown = (json.dumps(state, indent=2, sort_keys=True, default=str) + "\n" for state in (before, after))
    return dict(zip(("before", "after"), shown))


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec=_arguments(),
        supports_check_mode=True,
        required_if=[("state", "present", ("senders",))],
    )
    try:
        result = _run(module)
    except SesError as exc:
        fail(module, exc)
    except CredentialError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
