# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nullmailer: a queue in front of a list of servers. Each of its settings is a file in /etc/nullmailer."""

from __future__ import annotations

import os
import pwd
import shutil
import time
from contextlib import suppress
from dataclasses import replace
from typing import Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import host, nullmailer_files
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.errors import MtaError
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.files import FileChange, WantedFile, read_state
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.mail_server import (
    MailServer,
    Request,
    mail_name,
    own_name,
)

CONFIG = "/etc/nullmailer"
REMOTES = CONFIG + "/remotes"
SPOOL = "/var/spool/nullmailer"
SENDER = "nullmailer-send"
PROTOCOLS = ("/usr/lib/nullmailer", "/usr/libexec/nullmailer")


class Nullmailer(MailServer):
    """The nullmailer of a host."""

    name = "nullmailer"
    config = CONFIG

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self._program = shutil.which(SENDER, path=host.SEARCH_PATH) or ""

    @property
    def installed(self) -> bool:
        return bool(self._program)

    @property
    def version(self) -> str:
        """The package's: nullmailer's own programs do not tell."""
        if not self.installed:
            return ""
        for query in (
            ["dpkg-query", "-W", "-f=${Version}", "nullmailer"],
            ["rpm", "-q", "--qf=%{VERSION}", "nullmailer"],
        ):
            if shutil.which(query[0], path=host.SEARCH_PATH):
                return host.run(query).output.strip()
        return ""

    # What is wanted

    def own_files(self) -> list[WantedFile]:
        """Return the control files; those that only one user can read belong to whom the service runs as."""
        files = [self._where_it_is_here(file) for file in super().own_files()]
        with suppress(OSError):
            owner = os.stat(SPOOL + "/queue")
            files = [
                replace(file, uid=owner.st_uid, gid=_group_of(owner.st_uid)) if file.mode == 0o600 else file
                for file in files
            ]
        return files

    def _where_it_is_here(self, file: WantedFile) -> WantedFile:
        """Put a protocol where this host's nullmailer looks for it, and look at whom the mail of the host's users is for."""
        folder, name = os.path.split(file.path)
        if folder in PROTOCOLS:
            return replace(file, path=os.path.join(_protocols(), name))
        if name == "adminaddr" and any(b"@" not in part for part in file.content.strip().split(b",") if part):
            raise MtaError(
                f"root's mail shall go to {file.content.decode('utf-8').strip()}, and nullmailer has no mailboxes: it takes "
                "all mail to SES. Give addresses with a domain (ses_relay_root_alias). Nothing was changed."
            )
        return file

    def conflicts(self) -> list[str]:
        """Return which servers another file than ours lists."""
        there = [remote.host for remote in nullmailer_files.remotes(_text(REMOTES))]
        wanted = [
            remote.host
            for file in self.own_files()
            if file.path == REMOTES
            for remote in nullmailer_files.remotes(file.content.decode("utf-8"))
        ]
        if set(there) <= {*wanted, *_guessed()}:
            return []
        return [f"{REMOTES} lists {', '.join(there)}, set by somebody else; wanted is {', '.join(wanted)}."]

    def local_domains(self) -> list[str]:
        """Return what nullmailer takes for this host, and the domain that the role lets it add to what has none."""
        names = (own_name(), mail_name(), own_name().partition(".")[0], "localhost", "localhost.localdomain")
        return sorted({name.lower() for name in names if name})

    # What a transaction asks for

    def validate(self, changes: Sequence[FileChange]) -> None:
        """Look at the servers: nullmailer has no command that checks its files, and asks for no TLS by itself."""
        ours = {os.path.basename(file.path) for file in self.own_files() if file.path.startswith(_protocols() + "/")}
        # Where no files are wanted, what was there before us is put back as it was.
        for change in changes if self.request.files else ():
            if change.wanted.path != REMOTES:
                continue
            listed = nullmailer_files.remotes(change.wanted.content.decode("utf-8", "replace"))
            for remote in listed:
                if nullmailer_files.unsafe(remote):
                    raise MtaError(f"{REMOTES}, {remote.host}: {nullmailer_files.unsafe(remote)}. Nothing was changed.")
                if not (remote.protocol in ours or _has_protocol(remote.protocol)):
                    raise MtaError(
                        f"{REMOTES}, {remote.host}: nullmailer has no protocol {remote.protocol}. Nothing was changed."
                    )
            if not listed:
                raise MtaError(f"{REMOTES} would list no server, and no mail would leave. Nothing was changed.")

    def running(self) -> bool:
        """Tell whether the process that sends is there: it alone reads the trigger, a FIFO."""
        try:
            os.close(os.open(SPOOL + "/trigger", os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True

    def load(self, changes: Sequence[FileChange]) -> None:
        """Start the service again: it reads its pauses once, and its servers when it next looks at the queue."""
        if not os.path.isdir("/run/systemd/system"):
            raise MtaError(
                f"This host has no systemd to start {self.name} with. Start {SENDER} yourself, then run again."
            )
        # A service that has failed some times in a row is not started again, not with better files either.
        host.run(["systemctl", "reset-failed", self.name])
        command = ["systemctl", "restart", self.name]
        done = host.run(command)
        for _try in range(50):
            if done.status != 0 or self.running():
                break
            time.sleep(0.1)
        if done.status != 0 or not self.running():
            raise MtaError(f"'{' '.join(command)}' failed: {done.said or f'{SENDER} is not there'}")
        host.run(["systemctl", "enable", "--quiet", self.name])

    def queued(self) -> int:
        """Return how many messages wait; what was refused for good is in another folder."""
        with suppress(OSError):
            return len(os.listdir(SPOOL + "/queue"))
        return 0

    def flush(self) -> None:
        """Have the queue looked through now."""
        with suppress(OSError):
            descriptor = os.open(SPOOL + "/trigger", os.O_WRONLY | os.O_NONBLOCK)
            with os.fdopen(descriptor, "wb", buffering=0) as trigger:
                trigger.write(b"\0")


def _guessed() -> list[str]:
    """Return the server that Debian's package makes up where nobody names one: C(mail) in the host's domain."""
    domain = mail_name().partition(".")[2]
    return ["mail." + domain if domain else "mail"]


def _group_of(uid: int) -> int:
    return pwd.getpwuid(uid).pw_gid


def _protocols() -> str:
    """Return the folder of this host's protocols."""
    return next(filter(os.path.isdir, PROTOCOLS), PROTOCOLS[0])


def _has_protocol(name: str) -> bool:
    return any(os.path.exists(os.path.join(folder, name)) for folder in PROTOCOLS)


def _text(path: str) -> str:
    return (read_state(path).content or b"").decode("utf-8", "replace")
