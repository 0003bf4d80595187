# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module cloudmail.ses.ses_smtp_test."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ses_smtp_test
short_description: Prove that a host can send mail through Amazon SES
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Holds a real SMTP dialogue with Amazon SES from the host, stage by stage, and sends a message; or, with
    O(through=mta), submits a message to the host's MTA and follows it until SES has accepted it.
  - When SES does not accept, the module fails with one message that says at which stage, with which reply, why, and
    what to do.
  - All that can be checked is checked before anything connects, and what has to be corrected is said all at once.
  - The certificate's chain and name are always verified, with TLS 1.2 or newer.
  - It changes nothing on the host, so it never reports a change. The message that it sends is real.
  - B(Accepted) is what it proves. Whether SES delivers the message to the recipient's server is decided later.
options:
  region:
    description:
      - The region of the SMTP endpoint, for example V(eu-west-1).
      - With O(through=ses), this or O(host) is needed.
      - A region that is documented to have no SMTP endpoint is refused; give O(host) when that has changed.
      - It also chooses from O(passwords), where the name in O(host) does not.
      - With O(through=mta) it serves to explain failures and to check O(source_arn) only.
    type: str
  host:
    description:
      - The host name of the SMTP endpoint, in place of the one of O(region), for example of a VPC endpoint.
    type: str
  port:
    description: The port, V(587) when not given. SES listens on 25, 587 and 2587 (STARTTLS), 465 and 2465 (TLS).
    type: int
  encryption:
    description:
      - V(starttls) begins in plain text and changes to TLS, as SES does on ports 25, 587 and 2587.
      - V(tls) begins with TLS, as SES does on ports 465 and 2465.
      - When not given, it follows from O(port).
    type: str
    choices: [starttls, tls]
  username:
    description:
      - The SMTP user name, which is an access key ID (C(AKIA...)). Needed from the stage V(auth) on.
      - What is not one is refused by its shape, with the reason, before any connection.
    type: str
  password:
    description:
      - The SMTP password, which is derived from the secret access key for one region. From the stage V(auth) on it is needed,
        unless O(passwords) is given.
      - What is not one is refused by its shape, with the reason, before any connection.
    type: str
  passwords:
    description:
      - The SMTP passwords of several regions, by region, as the lookup P(cloudmail.ses.ses_smtp_credential#lookup) and the module
        M(cloudmail.ses.ses_smtp_password) return them. That of the endpoint's region is used when O(password) is left out.
      - An O(password) that is among them, but for another region, is refused before any connection, with that region's name.
      - When SES refuses the credential all the same, they serve to say why.
    type: dict
  mail_from:
    description:
      - The envelope sender and, unless O(headers) has another, the header C(From).
      - Needed from the stage V(envelope) on. With O(through=mta) it may be left out; the message then has the
        sender that the MTA gives to mail of the system, such as that of cron.
      - Domains outside ASCII are sent in punycode. Python has the rules of 2003 for that; the few domains that those of today
        (IDNA 2008) write differently, such as ones with C(ß), are refused and have to be given in punycode. What is before the
        C(@) has to be ASCII, because SES does not offer SMTPUTF8.
    type: str
  recipients:
    description:
      - The envelope's recipients, at most 50, each once and without a name. International domains are treated as in
        O(mail_from).
      - The addresses of the mailbox simulator work in the sandbox too and count against no quota.
    type: list
    elements: str
    default: [success@simulator.amazonses.com]
  subject:
    description: The message's subject.
    type: str
    default: Test of the relay through Amazon SES
  body:
    description: The message's text.
    type: str
    default: This message proves that mail from this host is accepted by Amazon SES.
  html:
    description: The message in HTML. It goes along with O(body), which is for programs that show no HTML.
    type: str
  attachments:
    description:
      - Files of the managed host that go with the message.
      - The whole message may have at most 40 MB as it goes over the wire, where attachments are 37 % larger than on disk, and at
        most 500 MIME parts. Both are checked before anything connects.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The path of a regular file that can be read on the host.
        type: path
        required: true
      name:
        description:
          - The name that recipients see; that of the file when not given.
          - One with an extension that SES refuses, such as C(.exe), C(.js) or C(.crt), is refused here.
        type: str
      content_type:
        description: The content type; guessed from the name when not given.
        type: str
  headers:
    description:
      - More headers of the message. One that the message has already replaces it.
      - A value is a text, or a list of texts for a header that stands there several times. One that SES lets stand only once is
        refused twice.
    type: dict
    default: {}
  configuration_set:
    description: The SES configuration set, sent in the header C(X-SES-CONFIGURATION-SET).
    type: str
  tags:
    description:
      - Message tags, by name, sent in the header C(X-SES-MESSAGE-TAGS). Event publishing reports them.
      - Names and values have 1 to 256 of the characters C(A-Z a-z 0-9 _ -).
    type: dict
    default: {}
  tenant:
    description: The SES tenant for which the message is sent, in the header C(X-SES-TENANT). It must have the identity.
    type: str
  source_arn:
    description:
      - The ARN of the identity of another account that lets this one send (sending authorization), sent in the header
        C(X-SES-SOURCE-ARN).
      - One of another region than the endpoint's is refused before any connection.
    type: str
  stage:
    description:
      - The last stage of the dialogue.
      - V(connect) connects; V(tls) verifies the server; V(auth) logs in; V(envelope) names sender and recipients and
        resets; V(send) sends a message.
      - SES checks identities, IAM policy and quotas when the message arrives, so only V(send) proves those.
      - With O(through=mta) only V(send) is possible.
    type: str
    choices: [connect, tls, auth, envelope, send]
    default: send
  through:
    description:
      - V(ses) connects to SES.
      - V(mta) submits to the host's MTA with C(sendmail), as cron does, and follows the message in the MTA's log.
        This proves the whole way. Supported are Postfix, Exim, Sendmail, OpenSMTPD, msmtp and nullmailer. It needs the
        right to read the mail log, so usually root.
      - A message that SES has not accepted when the test ends is removed from the MTA's queue by the MTA's own command, once
        it is known to be the one of the test; with Sendmail and nullmailer, which have none, its files are removed
        while nobody delivers it. Where that cannot be, the fix says that it stays and how to remove it.
    type: str
    choices: [ses, mta]
    default: ses
  probe:
    description:
      - Whether to find out which doors to SES are open, instead of sending anything. All addresses of the endpoint's name, IPv4
        and IPv6, are tried on all five ports at once, each up to the verified server, all within one O(timeout).
      - It needs no credential and no addresses, and uses neither. O(stage), O(retries) and O(new_credential) have no effect.
      - It fails when no door works.
    type: bool
    default: false
  ca_path:
    description: A file or a directory of CA certificates, in PEM, in place of those of the system.
    type: path
  timeout:
    description:
      - How long a whole dialogue may take, or, with O(through=mta), the way from submission to SES; in seconds.
      - A message of many megabytes may need more.
    type: float
    default: 30.0
  retries:
    description:
      - How often to hold the dialogue again after a temporary reply (4xx) or a connection that broke, with pauses of
        about 1, 2, 4, ... at most 15 seconds. Each has its own O(timeout).
      - A used up daily quota, time-outs and refused connections are not tried again, nor is a dialogue that broke
        after the message was handed over.
      - With O(through=mta) the MTA is told to try again after such a pause, when SES answered so (4xx), all
        within one O(timeout).
    type: int
    default: 3
  new_credential:
    description:
      - Whether the credential was made just now. SES answers 535 to those for some seconds, so with V(true) that
        reply is tried again too.
    type: bool
    default: false
attributes:
  check_mode:
    description: Can run in check mode and tell what it would do, without changing anything.
    support: full
    details:
      - Goes no further than the stage V(envelope), resets the dialogue and sends nothing.
      - With O(through=mta) nothing is submitted.
      - With O(probe=true) it does the same as without check mode, since nothing is sent.
  diff_mode:
    description: Tells what changed, with the option C(--diff).
    support: none
    details: This module changes nothing.
  platform:
    description: The platforms on which this module runs.
    platforms: posix
    support: full
seealso:
  - name: What an SES SMTP error means
    description: Every reply of SES and every failure on the way to it that is known, with cause, fix, and whether to try again.
    link: https://github.com/cloudmail/cloudmail.ses/blob/main/docs/smtp-errors.md
  - name: Test a host
    description: The questions for which one takes swaks, openssl and nc otherwise, as one command each.
    link: https://github.com/cloudmail/cloudmail.ses/blob/main/docs/smtp-test.md
  - module: cloudmail.ses.ses_preflight
  - plugin: cloudmail.ses.smtp_diagnosis
    plugin_type: filter
  - plugin: cloudmail.ses.smtp_password
    plugin_type: filter
  - plugin: cloudmail.ses.ses_smtp_credential
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Prove that this host can send through SES
  cloudmail.ses.ses_smtp_test:
    region: eu-west-1
    username: "{{ ses.username }}"
    password: "{{ ses.passwords['eu-west-1'] }}"
    mail_from: monitoring@example.com

- name: Try a new credential before it is rolled out, without sending anything
  cloudmail.ses.ses_smtp_test:
    region: eu-west-1
    port: 465
    username: "{{ ses.username }}"
    password: "{{ ses.passwords['eu-west-1'] }}"
    stage: auth
    new_credential: true

- name: Prove that mail of the system goes out through the MTA
  cloudmail.ses.ses_smtp_test:
    through: mta
    timeout: 60

- name: Find out which ports and address families lead to SES from here
  cloudmail.ses.ses_smtp_test:
    region: eu-west-1
    probe: true
    timeout: 10
  register: probe

- name: Send through the door that works
  cloudmail.ses.ses_smtp_test:
    region: eu-west-1
    port: "{{ probe.recommended.port }}"
    username: "{{ credential.username }}"
    passwords: "{{ credential.passwords }}"
    mail_from: monitoring@example.com
  vars:
    credential: "{{ lookup('cloudmail.ses.ses_smtp_credential', 'ses/fleet') }}"

- name: Make a delivery, a bounce, an out-of-office reply, a complaint and a suppressed address happen
  cloudmail.ses.ses_smtp_test:
    region: eu-west-1
    username: "{{ ses.username }}"
    passwords: "{{ ses.passwords }}"
    mail_from: monitoring@example.com
    recipients: ["{{ item }}+{{ inventory_hostname_short }}@simulator.amazonses.com"]
    subject: "Mailbox simulator: {{ item }}"
    configuration_set: fleet
    tags:
      purpose: mailbox-simulator
      host: "{{ inventory_hostname_short }}"
  loop: [success, bounce, ooto, complaint, suppressionlist]

- name: Send a report as text and HTML, with attachments
  cloudmail.ses.ses_smtp_test:
    region: eu-west-1
    username: "{{ ses.username }}"
    passwords: "{{ ses.passwords }}"
    mail_from: reports@example.com
    recipients: [ops@example.com, audit@example.com]
    subject: "Backup of {{ inventory_hostname }}"
    body: The backup is done. The log is attached.
    html: <p>The backup is <strong>done</strong>. The log is attached.</p>
    headers:
      From: Backup <reports@example.com>
      Reply-To: ops@example.com
    attachments:
      - path: /var/log/backup.log
        content_type: text/plain
      - path: /var/lib/backup/summary.pdf
        name: "Summary of {{ inventory_hostname }}.pdf"

- name: Send from an identity of another account that allows it
  cloudmail.ses.ses_smtp_test:
    region: eu-west-1
    username: "{{ ses.username }}"
    passwords: "{{ ses.passwords }}"
    mail_from: news@partner.example.com
    source_arn: arn:aws:ses:eu-west-1:111122223333:identity/partner.example.com
"""

RETURN = r"""
msg:
  description: What failed, why, and what to do; or how far check mode or O(probe=true) went.
  returned: on failure, in check mode, and with O(probe=true)
  type: str
  sample: >-
    SES did not accept: stage auth failed against email-smtp.eu-west-1.amazonaws.com:587: 535 Authentication Credentials Invalid.
    Cause: SES does not know this pair of user name and password in eu-west-1. Fix: Derive the password from the secret access
    key for eu-west-1.
accepted:
  description: Whether SES accepted the message. False when O(stage) ends earlier, and in check mode.
  returned: always
  type: bool
  sample: true
message_id:
  description: The ID that SES gave to the message, or null.
  returned: always
  type: str
  sample: 0102018f2a5b7c1d-6f1c2a3b-4d5e-6f70-8192-a3b4c5d6e7f8-000000
code:
  description: The code of the last reply, or null when there was none.
  returned: always
  type: int
  sample: 250
reply:
  description: The last reply that decided, or what failed; null when the options were refused before anything connected.
  returned: always
  type: str
  sample: 250 Ok 0102018f2a5b7c1d-6f1c2a3b-4d5e-6f70-8192-a3b4c5d6e7f8-000000
stage:
  description: The stage that was reached, or that failed; null when the options were refused before anything connected.
  returned: always
  type: str
  sample: send
host:
  description:
    - The host name of the endpoint; with O(through=mta) that of the relay in the MTA's log, or null.
    - Null when the options were refused before anything connected.
  returned: always
  type: str
  sample: email-smtp.eu-west-1.amazonaws.com
port:
  description: The port, or null; with O(probe=true) the recommended one.
  returned: always
  type: int
  sample: 587
diagnosis:
  description: What the failure means, as the filter P(cloudmail.ses.smtp_diagnosis#filter) says it; null without one.
  returned: always
  type: dict
  sample:
    kind: credentials
    code: 535
    reply: 535 Authentication Credentials Invalid
    cause: SES does not know this pair of user name and password in eu-west-1.
    fix: Derive the password from the secret access key for eu-west-1.
    retriable: false
    retry: never
    identities: []
    region: eu-west-1
    user_arn: null
    resource_arn: null
tls:
  description:
    - What was agreed on with the server and the certificate that it showed; null before the stage V(tls).
    - With C(verified) false it is the certificate that was shown and not accepted.
    - With O(through=mta) only C(version), C(cipher) and C(verified), and only if the MTA logs it.
  returned: always
  type: dict
  sample:
    version: TLSv1.3
    cipher: TLS_AES_256_GCM_SHA384
    verified: true
    subject: CN=email-smtp.eu-west-1.amazonaws.com
    names: [email-smtp.eu-west-1.amazonaws.com]
    issuer: CN=Amazon RSA 2048 M01, O=Amazon, C=US
    not_before: "2026-04-01T00:00:00Z"
    not_after: "2027-05-01T23:59:59Z"
    days_left: 159
timings:
  description: The seconds that each stage took, and the total.
  returned: always
  type: dict
  sample: {dns: 0.004, connect: 0.031, tls: 0.054, auth: 0.092, envelope: 0.055, send: 0.081, total: 0.319}
transcript:
  description: The dialogue, secrets masked; with O(through=mta) the lines of the MTA's log about the message.
  returned: always
  type: list
  elements: str
  sample: ["S: 220 email-smtp.amazonaws.com ESMTP", "C: EHLO web1.example.com", "C: AUTH PLAIN ********"]
attempts:
  description: How often the dialogue was held. 0 when the options were refused before anything connected.
  returned: always
  type: int
  sample: 1
mta:
  description: The mail server that took the message.
  returned: when O(through=mta)
  type: str
  sample: postfix
queue_id:
  description: The message's ID in the MTA's queue, or null.
  returned: when O(through=mta)
  type: str
  sample: 4WbX2k3Yz1z9s
doors:
  description:
    - One entry for each address of the name and each port. C(kind), C(cause) and C(fix) say why it does not work, as in
      RV(diagnosis); C(tls) is as RV(tls).
  returned: when O(probe=true)
  type: list
  elements: dict
  sample:
    - address: 192.0.2.10
      family: ipv4
      port: 587
      encryption: starttls
      works: true
      seconds: 0.113
      kind: null
      cause: null
      fix: null
      tls: {version: TLSv1.3, cipher: TLS_AES_256_GCM_SHA384, verified: true, days_left: 159}
    - address: 192.0.2.10
      family: ipv4
      port: 25
      encryption: starttls
      works: false
      seconds: 10.0
      kind: timed_out
      cause: email-smtp.eu-west-1.amazonaws.com did not answer on port 25 in time.
      fix: Check outgoing rules for port 25.
      tls: null
recommended:
  description: The port and the encryption to use, or null when no door works.
  returned: when O(probe=true)
  type: dict
  sample: {port: 587, encryption: starttls}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import holds_secret
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.proof import ProofError, nothing_done, prove


class _Module(AnsibleModule):  # type: ignore[misc] # ansible-core has no types
    """Ansible shows the options of a module; a secret may stand in one that holds none when all is right."""

    params: dict[str, Any]

    def _log_invocation(self) -> None:
        """Note no call in the host's log: that would be before anything of what follows could hide a secret."""

    def hide_swapped(self) -> None:
        """Hide a user name that was swapped with the password, and passwords whose keys and values were swapped."""
        params = self.params
        username, passwords = str(params.get("username") or ""), params.get("passwords") or ()
        if holds_secret(username):
            self.no_log_values.add(username)
        if any(holds_secret(str(region)) for region in passwords):
            # Ansible hides no keys.
            self.params = {**params, "passwords": "********"}

    def fail_json(self, msg: str, **kwargs: Any) -> Any:
        """End; this is where Ansible itself ends when it finds something wrong with the options."""
        self.hide_swapped()
        return super().fail_json(msg, **kwargs)


def main() -> None:
    """Run the module."""
    module = _Module(
        argument_spec={
            "region": {"type": "str"},
            "host": {"type": "str"},
            "port": {"type": "int"},
            "encryption": {"type": "str", "choices": ["starttls", "tls"]},
            "username": {"type": "str"},
            "password": {"type": "str", "no_log": True},
            "passwords": {"type": "dict", "no_log": True},
            "mail_from": {"type": "str"},
            "recipients": {"type": "list", "elements": "str", "default": ["success@simulator.amazonses.com"]},
            "subject": {"type": "str", "default": "Test of the relay through Amazon SES"},
            "body": {
                "type": "str",
                "default": "This message proves that mail from this host is accepted by Amazon SES.",
            },
            "html": {"type": "str"},
            "attachments": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "path": {"type": "path", "required": True},
                    "name": {"type": "str"},
                    "content_type": {"type": "str"},
                },
            },
            "headers": {"type": "dict", "default": {}},
            "configuration_set": {"type": "str"},
            "tags": {"type": "dict", "default": {}},
            "tenant": {"type": "str"},
            "source_arn": {"type": "str"},
            "stage": {"type": "str", "choices": ["connect", "tls", "auth", "envelope", "send"], "default": "send"},
            "through": {"type": "str", "choices": ["ses", "mta"], "default": "ses"},
            "probe": {"type": "bool", "default": False},
            "ca_path": {"type": "path"},
            "timeout": {"type": "float", "default": 30.0},
            "retries": {"type": "int", "default": 3},
            "new_credential": {"type": "bool", "default": False, "no_log": False},
        },
        supports_check_mode=True,
    )
    params: dict[str, Any] = module.params
    module.hide_swapped()
    try:
        report = prove(params, check_mode=module.check_mode)
    except ProofError as exc:
        module.fail_json(msg=str(exc), changed=False, **nothing_done(params))
    for warning in report.warnings:
        module.warn(warning)
    if report.failure:
        module.fail_json(msg=report.failure, changed=False, **report.result)
    module.exit_json(changed=False, **report.result)


if __name__ == "__main__":
    main()
