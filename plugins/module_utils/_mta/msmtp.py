# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""msmtp: a program that each message is a run of, without a queue or mailboxes.

Whoever sends with a password can read it (msmtp --debug; Debian's bug 944188). So msmtp has none here: it hands the message
to a local socket, behind which systemd starts a program that has.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from dataclasses import replace
from typing import Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import host, msmtp_files, postfix_files
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.errors import MtaError
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.files import FileChange, WantedFile, read_state
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.journal import Edit
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.mail_server import MailServer, Request

MSMTPRC = "/etc/msmtprc"
ALIASES = "/etc/aliases"
UNIT = "ses-relay.socket"
UNIT_FOLDER = "/etc/systemd/system"
SYSTEMD = "/run/systemd/system"

# Debian's profile of msmtp, the file with what a host adds to it, and what msmtp needs in addition to it.
PROFILE = "/etc/apparmor.d/usr.bin.msmtp"
LOCAL_PROFILE = "/etc/apparmor.d/local/usr.bin.msmtp"
RULE = "/{,var/}run/ses-relay.socket rw,"


class Msmtp(MailServer):
    """The msmtp of a host, as far as its system-wide file goes: users may have one of their own, which is theirs."""

    name = "msmtp"
    config = "/etc"

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self._program = shutil.which("msmtp", path=host.SEARCH_PATH) or ""
        said = host.run([self._program, "--version"]).output if self._program else ""
        found = re.match(r"msmtp version ([0-9.]+)", said)
        self._version = found.group(1) if found else ""

    @property
    def marker_path(self) -> str:
        """A name of its own: others have their files in /etc, too."""
        return self.config + "/.ses-unfinished-msmtp"

    @property
    def installed(self) -> bool:
        return bool(self._program)

    @property
    def version(self) -> str:
        return self._version

    # What is wanted

    def edits(self) -> list[Edit]:
        """Return the host's aliases, which msmtp reads for recipients without a domain, and what AppArmor is to allow it."""
        aliases = {name: str(to) for name, to in self.request.aliases.items()}
        for name, to in aliases.items():
            if any("@" not in part for part in to.split(",")):
                raise MtaError(
                    f"{name}'s mail shall go to {to}, and msmtp has no mailboxes: it takes all mail to SES. Give addresses "
                    "with a domain (ses_relay_root_alias). Nothing was changed."
                )
        edits = []
        if os.path.exists(ALIASES):
            # Without the file, names without a domain come to who has the password, which knows whose they are.
            lines = postfix_files.write_aliases(aliases)
            edits.append(Edit(ALIASES, lines, postfix_files.alias_lines, postfix_files.edit_aliases))
        if os.path.exists(PROFILE) or LOCAL_PROFILE in self.journal.lines:
            rules = {RULE: RULE} if self.request.files else {}
            edits.append(Edit(LOCAL_PROFILE, rules, msmtp_files.rules, msmtp_files.edit_rules))
        return edits

    def own_files(self) -> list[WantedFile]:
        """Return the files; msmtp takes no mail when the aliases that it is told of are not there."""
        files = super().own_files()
        if os.path.exists(ALIASES):
            return files
        line = f"aliases {ALIASES}\n".encode()
        return [
            replace(file, content=file.content.replace(line, b"")) if file.path == os.path.realpath(MSMTPRC) else file
            for file in files
        ]

    def conflicts(self) -> list[str]:
        """Return what another file than ours says of the server."""
        there = set(msmtp_files.values(_text(MSMTPRC), "host"))
        wanted = {
            name
            for file in self.own_files()
            if file.path == os.path.realpath(MSMTPRC)
            for name in msmtp_files.values(file.content.decode(), "host")
        }
        if not there - wanted:
            return []
        return [
            f"host is {', '.join(sorted(there))} in {MSMTPRC}, set by somebody else; wanted is {', '.join(sorted(wanted))}."
        ]

    # What a transaction asks for

    def validate(self, changes: Sequence[FileChange]) -> None:
        """Let msmtp read the staged file, as each account, without connecting; and look at the aliases."""
        if not self.request.files:
            return  # What was there before us is put back as it was.
        staged = {change.wanted.path: change.wanted.content for change in changes}
        if os.path.realpath(MSMTPRC) in staged:
            self._check(staged[os.path.realpath(MSMTPRC)])
        if os.path.exists(ALIASES):
            _check_aliases(staged.get(os.path.realpath(ALIASES)) or read_state(ALIASES).content or b"")

    def _check(self, content: bytes) -> None:
        text = msmtp_files.without_passwords(content.decode("utf-8"))
        # In /tmp, where AppArmor lets msmtp read; msmtp wants a file that it is given by name to be its user's alone.
        descriptor, path = tempfile.mkstemp(prefix="ses-check-msmtp-", dir="/tmp")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                stream.write(text)
            for account in msmtp_files.accounts(text):
                self._check_account(path, account)
        finally:
            os.unlink(path)

    def _check_account(self, path: str, account: str) -> None:
        # Without --, for it takes no recipients, and the message that it would read is empty.
        read = host.run([self._program, f"--file={path}", f"--account={account}", "--pretend"])
        if read.status != 0:
            said = read.errors.strip().replace(path, MSMTPRC)
            raise MtaError(f"msmtp {self.version} refuses the new {MSMTPRC}: {said[:2000]}\nNothing was changed.")

    def running(self) -> bool:
        """Tell whether the socket is there, behind which a message gets a process of its own."""
        return host.run(["systemctl", "is-active", "--quiet", UNIT]).status == 0

    def load(self, changes: Sequence[FileChange]) -> None:
        """Let the service manager have the socket, or lose it. Nothing of msmtp itself runs, or remembers its files."""
        changed = {change.wanted.path for change in changes}
        if LOCAL_PROFILE in changed and shutil.which("apparmor_parser", path=host.SEARCH_PATH):
            # Where AppArmor is off it cannot be loaded, and need not.
            host.run(["apparmor_parser", "-r", "-T", "-W", PROFILE])
        if not os.path.isdir(SYSTEMD):
            raise MtaError(
                "This host has no systemd, which starts what hands msmtp's mail to SES. Take another mail server."
            )
        wanted = os.path.exists(os.path.join(UNIT_FOLDER, UNIT))
        units = any(path.startswith(UNIT_FOLDER) for path in changed)
        if not wanted:
            host.run(["systemctl", "stop", UNIT])
        if units:
            host.run(["systemctl", "daemon-reload"])
        if wanted and (units or not self.running()):
            # Messages that are on their way have processes of their own.
            command = ["systemctl", "restart", UNIT]
            done = host.run(command)
            if done.status != 0:
                raise MtaError(f"'{' '.join(command)}' failed: {done.said}")


def _check_aliases(content: bytes) -> None:
    problem = msmtp_files.alias_problem(content.decode("utf-8", "surrogateescape"))
    if problem:
        raise MtaError(
            f"msmtp cannot read {ALIASES}, and would refuse all mail to recipients without a domain, such as cron's: {problem}. "
            "Take that line out. Nothing was changed."
        )


def _text(path: str) -> str:
    return (read_state(path).content or b"").decode("utf-8", "replace")
