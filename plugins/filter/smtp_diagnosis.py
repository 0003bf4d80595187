# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter cloudmail.ses.smtp_diagnosis."""

from __future__ import annotations

DOCUMENTATION = r"""
name: smtp_diagnosis
short_description: Say what a reply of SES means and what to do
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Finds the reply of Amazon SES in a text and returns its cause and what to do. The text may be a line of the log of
    Postfix, Exim, Sendmail, OpenSMTPD, msmtp, nullmailer or qmail, a bounce message, the output of swaks, openssl or curl,
    or the exception of a program, whether in Python, Node.js, PHP, Java, Go, Ruby, Perl or .NET.
  - It knows failures of TLS, name resolution and the network too, in the words of these programs.
  - A reply that it does not know gets what the class of its code says (4 is temporary, 5 is permanent).
  - In a text about many messages, such as a whole log, it is about what came after the last message that SES accepted. Of
    several replies there, the first counts, because it usually causes the others.
seealso:
  - name: What an SES SMTP error means
    description: The same knowledge as a page, with all causes and fixes.
    link: https://github.com/cloudmail/cloudmail.ses/blob/main/docs/smtp-errors.md
  - module: cloudmail.ses.ses_smtp_test
options:
  _input:
    description: The text.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Explain a line of the mail log
  ansible.builtin.debug:
    msg: "{{ diagnosis.cause }} {{ diagnosis.fix }}"
  vars:
    diagnosis: "{{ log_line | cloudmail.ses.smtp_diagnosis }}"

- name: Look at what became of the last messages of a host
  ansible.builtin.command:
    cmd: tail -n 200 /var/log/mail.log
  register: mail_log
  changed_when: false

- name: Fail with cause and fix when SES does not take them, unless that passes by itself
  ansible.builtin.assert:
    that: diagnosis.kind in ('accepted', 'unknown') or diagnosis.retriable
    fail_msg: "{{ diagnosis.reply }} {{ diagnosis.cause }} {{ diagnosis.fix }}"
  vars:
    diagnosis: "{{ mail_log.stdout | cloudmail.ses.smtp_diagnosis }}"
"""

RETURN = r"""
_value:
  description: What the text says.
  type: dict
  contains:
    kind:
      description: A stable name of the case; the page of errors has a heading for each.
      type: str
      sample: not_verified
    code:
      description: The reply's code, null when the text holds no reply. A reply of SES that has lost its code gets it back.
      type: int
      sample: 554
    reply:
      description: The reply alone; else the line that names the failure, or the last line of a text without one.
      type: str
      sample: "554 Message rejected: Email address is not verified. The following identities failed the check in region
        EU-WEST-1: bob@example.net"
    cause:
      description: Why it happened.
      type: str
      sample: "The account is in the sandbox in eu-west-1, where recipients must be verified too, and these are not: bob@example.net."
    fix:
      description: What to do.
      type: str
      sample: Ask for production access with cloudmail.ses.ses_account, verify the recipient too, or send to
        success@simulator.amazonses.com.
    retriable:
      description: Whether the same attempt can succeed later without a change to the message, the credential or the client, be it
        by itself or once a firewall, a route or a server has been mended.
      type: bool
      sample: false
    retry:
      description: V(soon) for seconds; V(later) for minutes or hours, until a quota frees or the network is mended; V(never) when
        the message, the credential or the client must be changed first.
      type: str
      sample: never
    identities:
      description: The identities that SES named.
      type: list
      elements: str
      sample: [bob@example.net]
    region:
      description: The region in the reply, or else in the host name; null when there is none.
      type: str
      sample: eu-west-1
    user_arn:
      description: The IAM user in the reply, or null.
      type: str
      sample: arn:aws:iam::123456789012:user/mail
    resource_arn:
      description: The SES resource in the reply, or null.
      type: str
      sample: arn:aws:ses:eu-west-1:123456789012:identity/example.com
"""

from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleFilterError

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply import diagnose

if TYPE_CHECKING:
    from collections.abc import Callable


def smtp_diagnosis(text: Any) -> dict[str, Any]:
    """Return the diagnosis of ``text``."""
    if not isinstance(text, str):
        raise AnsibleFilterError(f"smtp_diagnosis: the input must be a string, not {type(text).__name__}.")
    return diagnose(text).as_dict()


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"smtp_diagnosis": smtp_diagnosis}
