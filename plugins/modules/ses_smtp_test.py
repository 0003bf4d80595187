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
  - The certificate's chain and name are always verified, with TLS 1.2 or newer.
  - It changes nothing on the host, so it never reports a change. The message that it sends is real.
  - B(Accepted) is what it proves. Whether SES delivers the message to the recipient's server is decided later.
options:
  region:
    description:
      - The region of the SMTP endpoint, for example V(eu-west-1).
      - A region that is documented to have no SMTP endpoint is refused; give O(host) when that has changed.
      - With O(through=mta) it serves to explain failures only.
    type: str
  host:
    description:
      - The host name of the SMTP endpoint, in place of the one of O(region), for example of a VPC endpoint.
    type: str
  port:
    description: The port. V(587) when not given.
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
      - The SMTP password, which is derived from the secret access key for one region. Needed from the stage V(auth) on.
      - What is not one is refused by its shape, with the reason, before any connection.
    type: str
  mail_from:
    description:
      - The envelope sender and, unless O(headers) has another, the header C(From).
      - Needed from the stage V(envelope) on. With O(through=mta) it may be left out; the message then has the
        sender that the MTA gives to mail of the system, such as that of cron.
    type: str
  recipients:
    description:
      - The envelope's recipients, at most 50.
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
  headers:
    description: More headers of the message. One that the message has already replaces it.
    type: dict
    default: {}
  configuration_set:
    description: The SES configuration set, sent in the header C(X-SES-CONFIGURATION-SET).
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
        This proves the whole way. Supported is Postfix. Needs the right to read the mail log, so usually root.
      - A message that SES has not accepted when the test ends is removed from the MTA's queue, if the module may.
    type: str
    choices: [ses, mta]
    default: ses
  ca_path:
    description: A file or a directory of CA certificates, in PEM, in place of those of the system.
    type: path
  timeout:
    description: How long a whole dialogue may take, or, with O(through=mta), the way from submission to SES; in seconds.
    type: float
    default: 30.0
  retries:
    description:
      - How often to hold the dialogue again after a temporary reply (4xx) or a connection that broke, with pauses of
        about 1, 2, 4, ... at most 15 seconds. Each has its own O(timeout).
      - A used up daily quota, time-outs and refused connections are not tried again, nor is a dialogue that broke
        after the message was handed over.
      - With O(through=mta) the MTA is told to try again after such a pause, when SES answered that it should, all
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
  diff_mode:
    description: Tells what changed, with the option C(--diff).
    support: none
    details: This module changes nothing.
  platform:
    description: The platforms on which this module runs.
    platforms: posix
    support: full
seealso:
  - plugin: cloudmail.ses.smtp_diagnosis
    plugin_type: filter
  - plugin: cloudmail.ses.smtp_password
    plugin_type: filter
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
"""

RETURN = r"""
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
  description: The last reply that decided, or what failed.
  returned: always
  type: str
  sample: 250 Ok 0102018f2a5b7c1d-6f1c2a3b-4d5e-6f70-8192-a3b4c5d6e7f8-000000
stage:
  description: The stage that was reached, or that failed.
  returned: always
  type: str
  sample: send
host:
  description: The host name of the endpoint; with O(through=mta) that of the relay in the MTA's log, or null.
  returned: always
  type: str
  sample: email-smtp.eu-west-1.amazonaws.com
port:
  description: The port, or null.
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
    - With O(through=mta) only C(version), C(cipher) and C(verified), and only if the MTA logs it.
  returned: always
  type: dict
  sample:
    version: TLSv1.3
    cipher: TLS_AES_256_GCM_SHA384
    subject: CN=email-smtp.eu-west-1.amazonaws.com
    names: [email-smtp.eu-west-1.amazonaws.com]
    issuer: CN=Amazon RSA 2048 M01, O=Amazon, C=US
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
  description: How often the dialogue was held.
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
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.proof import ProofError, prove


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "region": {"type": "str"},
            "host": {"type": "str"},
            "port": {"type": "int"},
            "encryption": {"type": "str", "choices": ["starttls", "tls"]},
            "username": {"type": "str"},
            "password": {"type": "str", "no_log": True},
            "mail_from": {"type": "str"},
            "recipients": {"type": "list", "elements": "str", "default": ["success@simulator.amazonses.com"]},
            "subject": {"type": "str", "default": "Test of the relay through Amazon SES"},
            "body": {
                "type": "str",
                "default": "This message proves that mail from this host is accepted by Amazon SES.",
            },
            "headers": {"type": "dict", "default": {}},
            "configuration_set": {"type": "str"},
            "stage": {"type": "str", "choices": ["connect", "tls", "auth", "envelope", "send"], "default": "send"},
            "through": {"type": "str", "choices": ["ses", "mta"], "default": "ses"},
            "ca_path": {"type": "path"},
            "timeout": {"type": "float", "default": 30.0},
            "retries": {"type": "int", "default": 3},
            "new_credential": {"type": "bool", "default": False, "no_log": False},
        },
        required_if=[("through", "ses", ("region", "host"), True)],
        supports_check_mode=True,
    )
    params: dict[str, Any] = module.params
    try:
        report = prove(params, check_mode=module.check_mode)
    except ProofError as exc:
        module.fail_json(msg=str(exc))
    for warning in report.warnings:
        module.warn(warning)
    if report.failure:
        module.fail_json(msg=report.failure, changed=False, **report.result)
    module.exit_json(changed=False, **report.result)


if __name__ == "__main__":
    main()
