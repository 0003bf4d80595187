#!/usr/bin/python
# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mta_config
version_added: 0.1.0
short_description: Apply the whole of a mail server's relay configuration in one transaction
description:
  - Takes everything that a mail server (MTA) needs to relay through Amazon SES, files, lookup tables, settings and
    aliases, and applies it whole or not at all.
  - Every file is staged beside its target with its final owner and mode before its first byte, lookup tables are built
    from the staged files, and the MTA itself checks the result. Only then is everything renamed into place and loaded.
    When the MTA does not take it, everything is put back and the module fails with what the MTA said.
  - What has to be done is read from the host, never remembered. A file, its owner or mode, a lookup table that is
    missing or older than its source, a stopped service, and a run that was killed half way are all noticed and mended.
  - Settings, services and aliases that are not named are left as they are, with their comments.
options:
  mta:
    description:
      - The mail server to configure.
      - V(auto) is for O(state=absent). It is the one that this module has configured on the host (RV(configured)).
    type: str
    choices: [auto, postfix, exim, sendmail, opensmtpd, msmtp, nullmailer]
    default: postfix
  state:
    description:
      - With V(absent), all that this module changed in the mail server is put back to what it was before its first run,
        and every file with a secret is removed. Packages stay.
    type: str
    choices: [present, absent]
    default: present
  packages:
    description:
      - The packages that the configuration needs, for each package manager (V(apt), V(dnf)).
      - They are not installed by this module. RV(packages_missing) names those that are not there.
    type: dict
    default: {}
  settings:
    description:
      - Settings of the MTA (for Postfix those of C(main.cf)) by name. Booleans become V(yes) and V(no), lists are
        joined with commas.
      - In a value, C({system_ca_file}) stands for the file with the certificate authorities that this host trusts.
      - Shown in diffs, so no place for a secret.
    type: dict
    default: {}
  services:
    description:
      - For Postfix, whole lines of C(master.cf) by service name and type (V(ses-bounces/unix)).
    type: dict
    default: {}
  aliases:
    description: Names of the aliases file, each with the address or addresses its mail goes to.
    type: dict
    default: {}
  files:
    description: Files that belong to the configuration alone. A folder that is made for them is root's.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The absolute path of the file.
        type: path
        required: true
      content:
        description: The whole text of the file.
        type: str
      secret_content:
        description: The whole text of a file that holds a secret. It is never shown, logged or backed up.
        type: str
      line_per_local_domain:
        description:
          - A line that is added for each domain that the MTA calls its own on this host (its host name, its origin, what
            it delivers locally), with C({domain}) in place of the domain.
        type: str
      mode:
        description: The permissions, as an octal string. V(0600) is right for everything that holds a secret.
        type: str
        default: "0644"
      owner:
        description: The account that owns the file.
        type: str
        default: root
      group:
        description: The group of the file, for those that the MTA reads as another user than root.
        type: str
        default: root
      table:
        description: Whether the MTA reads the file through a lookup table, which is then built and kept up to date.
        type: bool
        default: false
  take_over:
    description:
      - Whether to replace another way out for the host's mail (a relay host, a smart host) that somebody else has set up.
        Without it, the first run on a host fails with both values.
      - What is replaced is kept in C(/var/lib/cloudmail-ses), for root alone, and comes back with O(state=absent).
    type: bool
    default: false
  drain:
    description:
      - How many seconds to wait for the queue of the mail server to empty before anything else is done. When messages
        are left after that, the module fails and changes nothing.
      - V(0) does not look at the queue.
    type: int
    default: 0
author:
  - cloudmail.ses contributors (@cloudmail-ses)
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
  diff_mode:
    support: full
    description: Shows files, and of the MTA's own files just the settings that change. Secret contents are masked.
  platform:
    support: full
    platforms: posix
    description: Target OS/families that can be operated against.
seealso:
  - module: cloudmail.ses.ses_smtp_test
  - name: Postfix configuration parameters
    description: All settings of Postfix.
    link: https://www.postfix.org/postconf.5.html
"""

EXAMPLES = r"""
- name: Relay through SES
  cloudmail.ses.mta_config:
    settings:
      relayhost: "[email-smtp.eu-west-1.amazonaws.com]:587"
      smtp_sasl_auth_enable: true
      smtp_sasl_password_maps: "$default_database_type:/etc/postfix/ses/credentials"
      smtp_sasl_security_options: noanonymous
      smtp_tls_security_level: secure
    files:
      - path: /etc/postfix/ses/credentials
        secret_content: "[email-smtp.eu-west-1.amazonaws.com]:587 {{ username }}:{{ password }}\n"
        mode: "0600"
        table: true

- name: See what would be done, and which packages are missing, without a change
  cloudmail.ses.mta_config:
    packages:
      apt: [postfix, libsasl2-modules]
      dnf: [postfix, cyrus-sasl-plain]
    aliases:
      root: ops@example.com
  check_mode: true
  register: plan
"""

RETURN = r"""
packages_missing:
  description: Those of O(packages) that are not installed on the host.
  returned: always
  type: list
  elements: str
  sample: [libsasl2-modules]
mta:
  description: The name of the MTA.
  returned: always
  type: str
  sample: postfix
installed:
  description: Whether the MTA is on the host. Where it is not, only check mode works.
  returned: always
  type: bool
  sample: true
other_mta:
  description:
    - The name of the MTA behind the host's C(sendmail) command where that is another one, or the path of the program
      where it is none of those that this module knows. Empty where there is none.
  returned: always
  type: str
  sample: exim
configured:
  description: The MTAs that this module has configured on the host, and whose former configuration it keeps.
  returned: always
  type: list
  elements: str
  sample: [postfix]
package_manager:
  description: Which of the package managers of O(packages) the host has, empty where O(packages) is.
  returned: always
  type: str
  sample: apt
version:
  description: The version of the MTA, empty where it is not installed.
  returned: always
  type: str
  sample: 3.10.5
files:
  description: The files that were (in check mode, would be) written, each with the reason.
  returned: always
  type: dict
  sample:
    /etc/postfix/ses/credentials: lookup table older than its source
pending:
  description: Whether anything differed from what is wanted, missing packages included.
  returned: always
  type: bool
  sample: false
loaded:
  description: Whether the MTA was (in check mode, would be) made to load its configuration or started.
  returned: always
  type: bool
  sample: true
"""

import os
import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import host
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.errors import MtaError
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.journal import is_journal
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.mail_server import MailServer, Request
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.mail_servers import (
    configured,
    make_mail_server,
    sendmail_owner,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.report import describe_diff
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.transaction import apply_plan, exclusive, make_plan

ARGUMENTS = {
    "mta": {
        "type": "str",
        "choices": ["auto", "postfix", "exim", "sendmail", "opensmtpd", "msmtp", "nullmailer"],
        "default": "postfix",
    },
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "packages": {"type": "dict", "default": {}},
    "settings": {"type": "dict", "default": {}},
    "services": {"type": "dict", "default": {}},
    "aliases": {"type": "dict", "default": {}},
    "files": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "path": {"type": "path", "required": True},
            "content": {"type": "str"},
            "secret_content": {"type": "str", "no_log": True},
            "line_per_local_domain": {"type": "str"},
            "mode": {"type": "str", "default": "0644"},
            "owner": {"type": "str", "default": "root"},
            "group": {"type": "str", "default": "root"},
            "table": {"type": "bool", "default": False},
        },
        "mutually_exclusive": [("content", "secret_content")],
        "required_one_of": [("content", "secret_content", "line_per_local_domain")],
    },
    "take_over": {"type": "bool", "default": False},
    "drain": {"type": "int", "default": 0},
}


def configure(module: AnsibleModule) -> dict[str, object]:
    """Read, plan, and apply unless in check mode; return what the module returns."""
    wanted = module.params["state"] == "present"
    given = ("settings", "services", "aliases", "files") if wanted else ()
    mta = make_mail_server(chosen_mta(module.params), Request(**{name: module.params[name] for name in given}))
    manager, missing = host.missing_packages(module.params["packages"] if wanted else {})
    composed = mta.compose()
    plan = make_plan(mta, composed.files, mta.closing(composed), must_run=wanted and mta.installed)
    if wanted and not mta.journal and not module.params["take_over"]:
        refuse_to_replace(mta)
    pending = plan.changed or bool(missing)
    owner = sendmail_owner()
    result: dict[str, object] = {
        # Packages are installed by others, which check mode foretells.
        "changed": pending if module.check_mode else plan.changed,
        "pending": pending,
        "packages_missing": missing,
        "package_manager": manager,
        "mta": mta.name,
        "installed": mta.installed,
        "other_mta": "" if owner == mta.name else owner,
        "configured": configured(),
        "version": mta.version,
        "files": {change.wanted.path: change.reason for change in plan.changes if not is_journal(change.wanted.path)},
        "loaded": plan.changed,
        "diff": describe_diff(plan, missing),
    }
    if module.check_mode:
        return result
    if wanted and not mta.installed:
        packages = ", ".join(missing) or "its package"
        raise MtaError(f"{mta.name} is not installed on this host. Install it first: {packages}.")
    if module.params["drain"]:
        drain(mta, module.params["drain"])
    if plan.changed:
        apply_plan(mta, plan)
    return result


def chosen_mta(params: dict[str, object]) -> str:
    """Return the name of the mail server, of the one that is configured for V(auto)."""
    name = str(params["mta"])
    if name != "auto":
        return name
    if params["state"] == "present":
        raise MtaError("mta is auto, which is for state=absent. Name the mail server to configure.")
    return next(iter(configured()), "postfix")


def refuse_to_replace(mta: MailServer) -> None:
    """Fail where somebody else has set up another way out of this host."""
    conflicts = mta.conflicts() if mta.installed else []
    if conflicts:
        conflicts.append(
            "Nothing was changed. Take that out where it comes from (another role, a tool, a person), or let this "
            "collection replace it: ses_relay_take_over: true (in the module: take_over)."
        )
        raise MtaError("\n".join(conflicts))


def drain(mta: MailServer, seconds: int) -> None:
    """Let the queue empty itself. Raises MtaError with what is left when the time is up."""
    end = time.monotonic() + seconds
    mta.flush()
    while mta.queued():
        if time.monotonic() > end:
            raise MtaError(
                f"The queue of {mta.name} is not empty after {seconds} s, and what it holds (messages: {mta.queued()}) would "
                "be lost with it. Nothing was changed. Look at why they wait (mailq), deliver or remove them, and run again."
            )
        time.sleep(0.5)


class _Module(AnsibleModule):  # type: ignore[misc] # ansible-core has no types
    def _log_invocation(self) -> None:
        """Note no call in the host's log: there Ansible only masks a secret that stands on one line."""


def main() -> None:
    module = _Module(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        if os.geteuid() != 0:
            raise MtaError("A mail server's configuration is root's, and this is another user. Set become: true.")
        if module.check_mode:
            result = configure(module)
        else:
            with exclusive():
                result = configure(module)
    except (MtaError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
