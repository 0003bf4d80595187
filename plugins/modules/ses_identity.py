# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module cloudmail.ses.ses_identity."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ses_identity
short_description: Manage a sending domain or address in Amazon SES
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Creates, changes and deletes an identity (a domain or an e-mail address) in Amazon SES, in one or several regions, with
    the SES v2 API. An identity is needed in every region that mail is sent from.
  - All regions are read, and what is wanted is checked, before anything is changed in one of them.
  - Returns the DNS records that the identity needs. It does not write them into DNS.
  - Needs the IAM permissions C(ses:GetEmailIdentity), and for what it changes C(ses:CreateEmailIdentity),
    C(ses:DeleteEmailIdentity), C(ses:PutEmailIdentityMailFromAttributes), C(ses:PutEmailIdentityDkimSigningAttributes),
    C(ses:PutEmailIdentityDkimAttributes), C(ses:PutEmailIdentityFeedbackAttributes),
    C(ses:PutEmailIdentityConfigurationSetAttributes), C(ses:CreateEmailIdentityPolicy), C(ses:UpdateEmailIdentityPolicy),
    C(ses:DeleteEmailIdentityPolicy), C(ses:TagResource) and C(ses:UntagResource). When it sets O(configuration_set), it
    looks for that first (C(ses:GetConfigurationSet)).
  - To change tags of an identity, and for O(policies) with a statement that has no C(Resource), it asks for the number of the
    account (C(sts:GetCallerIdentity)). For O(dkim_origin_region), SES itself needs the caller's permission
    C(ses:ReplicateEmailIdentityDkimSigningKey) for the identity in that region.
options:
  name:
    description:
      - The domain or the e-mail address. A domain covers its subdomains and all addresses in it.
      - Domains outside ASCII are converted to punycode.
    type: str
    required: true
    aliases: [identity]
  state:
    description: Whether the identity exists.
    type: str
    choices: [present, absent]
    default: present
  dkim:
    description:
      - V(easy) goes to Easy DKIM, with keys that SES makes, from keys of another region or a key of your own. The records
        change with it, and SES does not sign until it has found the new ones.
      - Not given, a new domain gets Easy DKIM, and an existing one is left as it is, unless O(dkim_private_key) or
        O(dkim_origin_region) say otherwise.
    type: str
    choices: [easy]
  dkim_key_length:
    description:
      - The length of the keys of Easy DKIM, in bits. For domains only. SES changes it at most once a day.
      - Refused for a domain with a DKIM key of your own, because SES would replace that key by its own.
      - With O(dkim_origin_region), it is set in that region alone, and the others follow.
      - Not given, a new identity gets the default of SES, and an existing one is left as it is.
    type: int
    choices: [1024, 2048]
  dkim_origin_region:
    description:
      - The region whose Easy DKIM keys the identity has in all other regions as well (deterministic Easy DKIM), so that one
        set of records in DNS does for all regions. In this region itself it is plain Easy DKIM.
      - The identity must exist there with Easy DKIM, or that region be one of O(regions). SES does not delete it while
        other regions have its keys.
      - Needs botocore 1.35.78 or newer.
    type: str
  dkim_private_key:
    description:
      - An RSA key of your own (BYODKIM) of 1024 to 2048 bits, PEM (PKCS#1 or PKCS#8) without a passphrase. The record for
        its public half is among RV(dns_records).
      - SES never shows the key, so the fingerprint of its public half is kept in the tag C(cloudmail.ses:dkim), which
        O(purge_tags) leaves alone. An identity without that tag gets the key again.
      - To change the key without a gap, take a new O(dkim_selector), and put its record into DNS first.
    type: str
  dkim_selector:
    description: The selector of O(dkim_private_key), the first part of the record's name.
    type: str
  dkim_signing:
    description:
      - Whether SES signs mail of this identity with DKIM.
      - Not given, a new domain is signed, and an existing identity is left as it is.
    type: bool
  mail_from_domain:
    description:
      - A custom MAIL FROM domain, which makes SPF align for DMARC. It must be a subdomain of the identity's domain that
        no other mail server uses.
      - For one region only, because SES wants exactly one MX record at that name, and the record names one region. For
        several regions use O(mail_from_domains).
      - An empty text removes it, in all regions. Not given, it is left as it is.
    type: str
  mail_from_domains:
    description:
      - A custom MAIL FROM domain for each region, by the name of the region. Each needs a name of its own.
      - An empty text removes the one of that region. In a region that is not named here it is left as it is.
    type: dict
  mail_from_on_mx_failure:
    description:
      - What SES does when it does not find the MX record of O(mail_from_domain) or O(mail_from_domains).
      - V(use_default_value) sends with a subdomain of C(amazonses.com) as MAIL FROM.
      - V(reject_message) refuses the message.
      - Not given, a new MAIL FROM domain gets V(use_default_value), and an existing one is left as it is.
    type: str
    choices: [use_default_value, reject_message]
  feedback_forwarding:
    description:
      - Whether SES forwards bounces and complaints by mail.
      - Not given, SES forwards for a new identity, and an existing one is left as it is.
    type: bool
  configuration_set:
    description:
      - The configuration set for mail that names none. It must exist in each of the regions. Where it does not, nothing is
        changed; in check mode that is a warning, because a task before this one may make it.
      - An empty text removes it. Not given, it is left as it is.
    type: str
  policies:
    description:
      - Sending authorization policies by name, each as a dictionary or as JSON text. They say which other accounts may send
        as this identity.
      - A statement without C(Resource) is about the identity, in each region about the one of that region.
      - They are compared as policies. One that says the same in other words is left as it is.
      - Not given, policies are left as they are.
    type: dict
  purge_policies:
    description: Whether to delete policies that O(policies) does not name.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until SES has verified the identity, and its MAIL FROM domain if there is one.
      - The records must be in DNS, or the link in SES's mail opened, while the task waits. Nothing is waited for in check mode.
    type: bool
    default: false
  wait_timeout:
    description:
      - How long to wait at most, in seconds, for all regions together. When it is over, the task fails and says what is
        missing in each region.
    type: int
    default: 600
  wait_delay:
    description: The pause between two questions to SES in the same region while waiting, in seconds.
    type: int
    default: 15
  check_dns:
    description:
      - Whether to ask DNS itself when O(wait) ends without success, and to say of each record that SES waits for whether it
        is missing, has another value, or is right and SES has not looked since.
      - Needs the Python library dnspython.
    type: bool
    default: false
  dns_servers:
    description:
      - The addresses of the name servers to ask for O(check_dns), each with a port after a colon if it is not 53.
      - Not given, those of the system.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - cloudmail.ses.aws_side
  - cloudmail.ses.aws_side.changes
  - cloudmail.ses.aws_side.regions
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
  - amazon.aws.boto3
seealso:
  - module: cloudmail.ses.ses_identity_info
  - module: cloudmail.ses.ses_dns_info
  - module: cloudmail.ses.ses_smtp_credential
"""

EXAMPLES = r"""
- name: Send as example.com from Ireland
  cloudmail.ses.ses_identity:
    name: example.com
    mail_from_domain: bounce.example.com
    region: eu-west-1
  register: ses_domain

- name: Send as example.com from two regions
  cloudmail.ses.ses_identity:
    name: example.com
    regions: [eu-west-1, us-east-1]
    mail_from_domains:
      eu-west-1: bounce.example.com
      us-east-1: bounce-us-east-1.example.com

- name: Send as example.com from two regions, with one set of DKIM records
  cloudmail.ses.ses_identity:
    name: example.com
    regions: [eu-west-1, us-east-1]
    dkim_origin_region: eu-west-1

- name: Sign with a key of our own
  cloudmail.ses.ses_identity:
    name: example.com
    region: eu-west-1
    dkim_private_key: "{{ lookup('ansible.builtin.file', 'dkim.pem') }}"
    dkim_selector: s2026

- name: Let another account send as example.com
  cloudmail.ses.ses_identity:
    name: example.com
    region: eu-west-1
    policies:
      partner:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {AWS: "123456789012"}
            Action: [ses:SendEmail, ses:SendRawEmail]

- name: Show the records that are needed in DNS
  ansible.builtin.debug:
    msg: "{{ ses_domain.dns_records | map(attribute='name') }}"

- name: Wait until SES has found them
  cloudmail.ses.ses_identity:
    name: example.com
    region: eu-west-1
    wait: true
    wait_timeout: 1800
    check_dns: true

- name: No longer send as example.com
  cloudmail.ses.ses_identity:
    name: example.com
    region: eu-west-1
    state: absent
"""

RETURN = r"""
identities:
  description: The identity in each region, one entry for each, in the order of O(regions).
  returned: success
  type: list
  elements: dict
  contains:
    region:
      description: The region.
      returned: success
      type: str
      sample: eu-west-1
    exists:
      description: Whether the identity exists there. In check mode, before the task.
      returned: success
      type: bool
      sample: true
    changed:
      description: Whether this task changed it there. In check mode, whether it would.
      returned: success
      type: bool
      sample: false
    identity:
      description: The identity, under the names of the SES v2 API in snake case.
      returned: when it exists
      type: dict
      contains:
        name:
          description: The domain or the address.
          returned: success
          type: str
          sample: example.com
        region:
          description: The region of the identity.
          returned: success
          type: str
          sample: eu-west-1
        identity_type:
          description: V(DOMAIN), V(EMAIL_ADDRESS) or V(MANAGED_DOMAIN).
          returned: success
          type: str
          sample: DOMAIN
        verified_for_sending_status:
          description: Whether SES takes mail from this identity.
          returned: success
          type: bool
          sample: true
        verification_status:
          description: V(PENDING), V(SUCCESS), V(FAILED), V(TEMPORARY_FAILURE) or V(NOT_STARTED).
          returned: when SES tells it
          type: str
          sample: SUCCESS
        verification_info:
          description: Why verification has not succeeded, and when SES last looked.
          returned: when SES tells it
          type: dict
          sample: {error_type: HOST_NOT_FOUND}
        dkim_attributes:
          description: DKIM, with C(signing_enabled), C(status), C(tokens), C(signing_hosted_zone), C(next_signing_key_length).
          returned: success
          type: dict
          sample: {signing_enabled: true, status: SUCCESS, tokens: [a, b, c], signing_hosted_zone: dkim.amazonses.com}
        mail_from_attributes:
          description: The custom MAIL FROM, with C(mail_from_domain), C(mail_from_domain_status), C(behavior_on_mx_failure).
          returned: success
          type: dict
          sample: {mail_from_domain: bounce.example.com, mail_from_domain_status: SUCCESS}
        feedback_forwarding_status:
          description: Whether SES forwards bounces and complaints by mail.
          returned: success
          type: bool
          sample: true
        configuration_set_name:
          description: The default configuration set.
          returned: when there is one
          type: str
          sample: fleet
        policies:
          description: The sending authorization policies by name, as JSON texts.
          returned: success
          type: dict
          sample: {}
        tags:
          description: The tags.
          returned: success
          type: dict
          sample: {team: mail}
    dns_records:
      description: The records that the identity needs in DNS for this region. Empty for an address, and before the identity exists.
      returned: success
      type: list
      elements: dict
      contains:
        name:
          description: The full name of the record, without a dot at its end.
          returned: success
          type: str
          sample: a1b2c3._domainkey.example.com
        type:
          description: V(CNAME), V(MX) or V(TXT).
          returned: success
          type: str
          sample: CNAME
        value:
          description: The value. An MX has its priority in front, a TXT has no quotes around it.
          returned: success
          type: str
          sample: a1b2c3.dkim.amazonses.com
        ttl:
          description: The suggested time to live, in seconds.
          returned: success
          type: int
          sample: 1800
        purpose:
          description: V(dkim), V(mail_from_mx), V(mail_from_spf), or V(dmarc), which is a suggestion that SES does not check.
          returned: success
          type: str
          sample: dkim
        status:
          description: What SES says about the part that the record belongs to. V(null) where SES does not look.
          returned: success
          type: str
          sample: PENDING
        region:
          description: The region that looks for the record.
          returned: success
          type: str
          sample: eu-west-1
    ready:
      description: Whether SES has verified all of the identity there, with its MAIL FROM domain if there is one.
      returned: success
      type: bool
      sample: false
    pending:
      description: What the identity waits for there, one sentence each. Empty when it is ready.
      returned: success
      type: list
      elements: str
      sample: ["DKIM is PENDING; needed in DNS: a._domainkey.example.com CNAME a.dkim.amazonses.com"]
identity:
  description: The identity, under the names of the SES v2 API in snake case.
  returned: when it exists, and the task is about one region
  type: dict
  contains:
    name:
      description: The domain or the address.
      returned: success
      type: str
      sample: example.com
    region:
      description: The region of the identity.
      returned: success
      type: str
      sample: eu-west-1
    identity_type:
      description: V(DOMAIN), V(EMAIL_ADDRESS) or V(MANAGED_DOMAIN).
      returned: success
      type: str
      sample: DOMAIN
    verified_for_sending_status:
      description: Whether SES takes mail from this identity.
      returned: success
      type: bool
      sample: true
    verification_status:
      description: V(PENDING), V(SUCCESS), V(FAILED), V(TEMPORARY_FAILURE) or V(NOT_STARTED).
      returned: when SES tells it
      type: str
      sample: SUCCESS
    verification_info:
      description: Why verification has not succeeded, and when SES last looked.
      returned: when SES tells it
      type: dict
      sample: {error_type: HOST_NOT_FOUND}
    dkim_attributes:
      description: DKIM, with C(signing_enabled), C(status), C(tokens), C(signing_hosted_zone), C(next_signing_key_length).
      returned: success
      type: dict
      sample: {signing_enabled: true, status: SUCCESS, tokens: [a, b, c], signing_hosted_zone: dkim.amazonses.com}
    mail_from_attributes:
      description: The custom MAIL FROM, with C(mail_from_domain), C(mail_from_domain_status), C(behavior_on_mx_failure).
      returned: success
      type: dict
      sample: {mail_from_domain: bounce.example.com, mail_from_domain_status: SUCCESS}
    feedback_forwarding_status:
      description: Whether SES forwards bounces and complaints by mail.
      returned: success
      type: bool
      sample: true
    configuration_set_name:
      description: The default configuration set.
      returned: when there is one
      type: str
      sample: fleet
    policies:
      description: The sending authorization policies by name, as JSON texts.
      returned: success
      type: dict
      sample: {}
    tags:
      description: The tags.
      returned: success
      type: dict
      sample: {team: mail}
dns_records:
  description:
    - The records that the identity needs in DNS for all regions, each record once.
    - Empty for an address, and before the identity exists.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The full name of the record, without a dot at its end.
      returned: success
      type: str
      sample: a1b2c3._domainkey.example.com
    type:
      description: V(CNAME), V(MX) or V(TXT).
      returned: success
      type: str
      sample: CNAME
    value:
      description: The value. An MX has its priority in front, a TXT has no quotes around it.
      returned: success
      type: str
      sample: a1b2c3.dkim.amazonses.com
    ttl:
      description: The suggested time to live, in seconds.
      returned: success
      type: int
      sample: 1800
    purpose:
      description: V(dkim), V(mail_from_mx), V(mail_from_spf), or V(dmarc), which is a suggestion that SES does not check.
      returned: success
      type: str
      sample: dkim
    status:
      description:
        - What SES says about the part that the record belongs to; when several regions look for it, the worst of it.
        - V(null) where SES does not look.
      returned: success
      type: str
      sample: PENDING
    region:
      description: The first region that looks for the record.
      returned: success
      type: str
      sample: eu-west-1
    regions:
      description: The regions that look for the record.
      returned: success
      type: list
      elements: str
      sample: [eu-west-1, us-east-1]
ready:
  description: Whether SES has verified all of the identity in all regions, with its MAIL FROM domains if there are any.
  returned: success
  type: bool
  sample: false
pending:
  description: What the identity waits for in all regions, one sentence each, with the region in front. Empty when it is ready.
  returned: success
  type: list
  elements: str
  sample: ["eu-west-1: DKIM is PENDING; needed in DNS: a._domainkey.example.com CNAME a.dkim.amazonses.com"]
"""

from typing import Any, Dict, List

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.arn import Arns
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.configuration_set import ConfigurationSets
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_check import check_records
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import RETRY, PlanError, SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.failure import fail
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity import Identities
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_describe import describe, merge
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_ensure import (
    Around,
    Outcome,
    ensure_identities,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_plan import Wanted, normal_name, visible
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_regions import wanted_by_region
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_wait import (
    NotReadyError,
    Pause,
    dns_sentences,
    wait_for_identities,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.region import REGIONS_ARGUMENT, clients

#: Seconds for the questions to DNS when a wait has ended.
DNS_TIMEOUT = 10.0


def _arguments() -> Dict[str, Any]:
    return {
        "name": {"type": "str", "required": True, "aliases": ["identity"]},
        **REGIONS_ARGUMENT,
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "dkim": {"type": "str", "choices": ["easy"]},
        "dkim_key_length": {"type": "int", "choices": [1024, 2048], "no_log": False},
        "dkim_origin_region": {"type": "str"},
        "dkim_private_key": {"type": "str", "no_log": True},
        "dkim_selector": {"type": "str"},
        "dkim_signing": {"type": "bool"},
        "mail_from_domain": {"type": "str"},
        "mail_from_domains": {"type": "dict"},
        "mail_from_on_mx_failure": {"type": "str", "choices": ["use_default_value", "reject_message"]},
        "feedback_forwarding": {"type": "bool"},
        "configuration_set": {"type": "str"},
        "policies": {"type": "dict"},
        "purge_policies": {"type": "bool", "default": False},
        "tags": {"type": "dict", "aliases": ["resource_tags"]},
        "purge_tags": {"type": "bool", "default": True},
        "wait": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 600},
        "wait_delay": {"type": "int", "default": 15},
        "check_dns": {"type": "bool", "default": False},
        "dns_servers": {"type": "list", "elements": "str", "default": []},
    }


def _run(module: Any) -> Dict[str, Any]:
    params = module.params
    name = normal_name(params["name"])
    for option in ("wait_timeout", "wait_delay"):
        if params[option] < 0:
            raise PlanError(
                f"{option} is {params[option]}: it must be 0 seconds or more. Leave it out for its default."
            )
    opened = {client.meta.region_name: client for client in clients(module, "sesv2")}
    apis = {region: Identities(client) for region, client in opened.items()}
    if params["wait"] and params["check_dns"]:
        # What keeps DNS from being asked is said before anything is changed, not when the wait has failed.
        check_records([], params["dns_servers"], DNS_TIMEOUT)
    wanted = wanted_by_region(name, params, list(apis))
    arns = Arns(lambda region: module.client("sts", retry_decorator=RETRY, region=region))
    around = Around(
        arn_of=lambda identity, region: arns.of(f"identity/{identity}", region),
        open_region=lambda region: Identities(module.client("sesv2", retry_decorator=RETRY, region=region)),
        has_configuration_set=lambda region, wanted_set: ConfigurationSets(opened[region]).get(wanted_set) is not None,
        warn=module.warn,
    )
    outcomes = ensure_identities(apis, wanted, around=around, check_mode=module.check_mode)
    answers = {each.api.region: each.answer for each in outcomes}
    if params["wait"] and params["state"] == "present" and not module.check_mode:
        try:
            answers = _wait(params, apis, wanted[outcomes[0].api.region], answers=answers)
        except NotReadyError as exc:
            module.fail_json(msg=exc.message, **_result(wanted, outcomes, dict(exc.answers)))
    return _result(wanted, outcomes, answers)


def _wait(params: Dict[str, Any], apis: Dict[str, Identities], wanted: Wanted, *, answers: Dict[str, Any]) -> Any:
    def look(records: Any) -> List[str]:
        return dns_sentences(check_records(records, params["dns_servers"], DNS_TIMEOUT))

    return wait_for_identities(
        apis,
        wanted.name,
        # One made just now may not be found at once.
        {region: answer or {} for region, answer in answers.items()},
        pause=Pause(timeout=params["wait_timeout"], delay=max(1, params["wait_delay"])),
        key=wanted.dkim.key if wanted.dkim else None,
        look=look if params["check_dns"] else None,
    )


def _result(wanted: Dict[str, Wanted], outcomes: List[Outcome], answers: Dict[str, Any]) -> Dict[str, Any]:
    described: List[Dict[str, Any]] = []
    for region in (each.api.region for each in outcomes):
        what = wanted[region]
        found = describe(what.name, answers[region], region, key=what.dkim.key if what.dkim else None)
        # Of what shall not exist nothing is waited for.
        described.append({**found, "pending": []} if what.state == "absent" else found)
    changed = [each.plan.changed for each in outcomes]
    return {
        "changed": any(changed),
        "diff": [_diff(wanted[each.api.region].name, each) for each in outcomes],
        "identities": [{**each, "changed": done} for each, done in zip(described, changed)],
        **merge(described),
    }


def _diff(name: str, outcome: Outcome) -> Dict[str, Any]:
    header = f"{name} in {outcome.api.region}"
    return {
        "before_header": header,
        "after_header": header,
        "before": visible(outcome.plan.before, name),
        "after": visible(outcome.plan.after, name),
    }


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec=_arguments(),
        mutually_exclusive=[
            ("mail_from_domain", "mail_from_domains"),
            ("dkim", "dkim_private_key", "dkim_origin_region"),
            ("dkim_private_key", "dkim_key_length"),
        ],
        required_together=[("dkim_private_key", "dkim_selector")],
        supports_check_mode=True,
    )
    if module.params["dkim_origin_region"]:
        module.require_botocore_at_least("1.35.78", reason="for DKIM keys of another region")
    try:
        result = _run(module)
    except SesError as exc:
        fail(module, exc)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
