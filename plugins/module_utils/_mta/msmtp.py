# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""msmtp: a program that each message is a run of. It has one file, no service, no queue and no mailboxes."""

from __future__ import annotations

import grp
import os
import re
import shutil
import stat
from contextlib import suppress
from dataclasses import replace
from typing import Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import host, msmtp_files, postfix_files
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.errors import MtaError
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.files import (
    FileChange,
    WantedFile,
    read_state,
    write_whole,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.journal import Edit
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.mail_server import MailServer, Request

MSMTPRC = "/etc/msmtprc"
ALIASES = "/etc/aliases"

# The group that Debian's package makes for those who may read the file.
GROUP = "msmtp"

# The release in which "from" became a pattern.
DOMAINS_SINCE = "1.8.16"

# What msmtp's own output calls the file that it is given with -C.
_CHECK_FOLDER = "/etc/.ses-check-msmtp"


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
        """Return the aliases: msmtp reads those of the host, and looks up recipients without a domain."""
        aliases = {name: str(to) for name, to in self.request.aliases.items()}
        for name, to in aliases.items():
            if any("@" not in part for part in to.split(",")):
                raise MtaError(
                    f"{name}'s mail shall go to {to}, and msmtp has no mailboxes: it takes all mail to SES. Give addresses "
                    "with a domain (ses_relay_root_alias). Nothing was changed."
                )
        lines = postfix_files.write_aliases(aliases)
        return [Edit(ALIASES, lines, postfix_files.alias_lines, postfix_files.edit_aliases)]

    def own_files(self) -> list[WantedFile]:
        """Return the file for this release, and for those who may read it here."""
        return [self._for_this_host(file) for file in super().own_files()]

    def _for_this_host(self, wanted: WantedFile) -> WantedFile:
        if wanted.path != os.path.realpath(MSMTPRC):
            return wanted
        text = wanted.content.decode("utf-8")
        domains = msmtp_files.domain_senders(text)
        if domains and msmtp_files.version_key(self.version) < msmtp_files.version_key(DOMAINS_SINCE):
            raise MtaError(
                f"msmtp {self.version} knows a relay by a sender's whole address alone, and not by {', '.join(domains)}: that "
                f"came with {DOMAINS_SINCE}. Name the addresses (ses_relay_senders). Nothing was changed."
            )
        content = msmtp_files.for_version(text, self.version).encode("utf-8")
        group = self._readers()
        if group is None:
            return replace(wanted, content=content)
        return replace(wanted, content=content, mode=0o640, gid=group)

    def _readers(self) -> int | None:
        """Return the group that may read the file and so send; None for root alone.

        Whoever sends with a file can read its password (--debug, --proxy-host). So a program that lends its group to
        everybody, as Debian 11's does, must not give anybody access: Debian's bug 944188.
        """
        with suppress(OSError, KeyError):
            if not os.stat(self._program).st_mode & stat.S_ISGID:
                return grp.getgrnam(GROUP).gr_gid
        return None

    def conflicts(self) -> list[str]:
        """Return what another file than ours says of the server."""
        there = set(msmtp_files.values(_text(MSMTPRC), "host"))
        wanted = {name for file in self.own_files() for name in msmtp_files.values(file.content.decode(), "host")}
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
        if self.request.aliases:
            _check_aliases(staged.get(os.path.realpath(ALIASES)) or read_state(ALIASES).content or b"")

    def _check(self, content: bytes) -> None:
        shutil.rmtree(_CHECK_FOLDER, ignore_errors=True)
        os.mkdir(_CHECK_FOLDER, 0o700)
        path = os.path.join(_CHECK_FOLDER, "msmtprc")
        try:
            # msmtp wants a file that it is given by name to be its user's alone.
            write_whole(path, content, mode=0o600, uid=os.geteuid(), gid=os.getegid())
            for account in msmtp_files.accounts(content.decode("utf-8")):
                self._check_account(path, account)
        finally:
            shutil.rmtree(_CHECK_FOLDER, ignore_errors=True)

    def _check_account(self, path: str, account: str) -> None:
        # Without --, for it takes no recipients, and the message that it would read is empty.
        read = host.run([self._program, f"--file={path}", f"--account={account}", "--pretend"])
        if read.status != 0:
            said = read.errors.strip().replace(path, MSMTPRC)
            raise MtaError(f"msmtp {self.version} refuses the new {MSMTPRC}: {said[:2000]}\nNothing was changed.")

    def running(self) -> bool:
        """There is nothing to run: a message is a run of its own, which reads the file."""
        return True


def _check_aliases(content: bytes) -> None:
    problem = msmtp_files.alias_problem(content.decode("utf-8", "surrogateescape"))
    if problem:
        raise MtaError(
            f"msmtp cannot read {ALIASES}, and would refuse all mail to recipients without a domain, such as cron's: {problem}. "
            "Take that line out, or leave ses_relay_root_alias empty. Nothing was changed."
        )


def _text(path: str) -> str:
    return (read_state(path).content or b"").decode("utf-8", "replace")
