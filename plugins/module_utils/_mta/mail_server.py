# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all mail servers have in common: the configuration asked for, files of their own, and the way back.

Each MTA is a class in the file of its name. It says which files it has, how it checks them and how it loads them.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Iterator, Mapping, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import host, journal
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.errors import MtaError
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.files import FileChange, Table, WantedFile
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.journal import Edit

# An account that its package has yet to make owns nothing.
NOBODY_YET = -2


@dataclass(frozen=True)
class Request:
    """The configuration that the module was asked for, as it came in; an empty one asks for what was there before us."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[Mapping[str, Any]] = ()


class MailServer:
    """A mail server of a host. What a subclass does not know of, a host without it, it leaves as it is here."""

    name = ""
    """The MTA's name in the module's options."""

    config = "/etc"
    """The folder of its configuration."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.journal = journal.read_journal(self.name)

    @property
    def marker_path(self) -> str:
        """A file that is there while a run has not finished."""
        return self.config + "/.ses-unfinished"

    # What a subclass says of itself

    @property
    def installed(self) -> bool:
        raise NotImplementedError

    @property
    def version(self) -> str:
        """Empty where it is not installed."""
        raise NotImplementedError

    def edits(self) -> list[Edit]:
        """Return what is wanted in each file that others write too, files in which nothing is wanted included."""
        return []

    def own_files(self) -> list[WantedFile]:
        """Return the files that belong to the configuration alone."""
        return [self.own_file(entry) for entry in self.request.files]

    def conflicts(self) -> list[str]:
        """Return a sentence, with both values, for each way out that somebody else has set up in this MTA."""
        return []

    def table(self) -> Table:
        """Return how this MTA's lookup tables are built."""
        raise MtaError(f"{self.name} has no lookup tables that are built.")

    def build_table(self, wanted: WantedFile) -> None:
        """Build the table of a staged file. Raises MtaError with what the MTA's command said."""

    def validate(self, changes: Sequence[FileChange]) -> None:
        """Let the MTA check the staged files. Raises MtaError with what it said."""

    def running(self) -> bool:
        """Tell whether the service runs; an MTA without one always does."""
        return True

    def load(self, changes: Sequence[FileChange]) -> None:
        """Make the MTA read what is on disk, and start it if it does not run. Raises MtaError when it does not take it."""

    def queued(self) -> int:
        """Return how many messages wait in the queue."""
        return 0

    def flush(self) -> None:
        """Ask for the delivery of what waits."""

    def local_domains(self) -> list[str]:
        """Return the domains whose addresses exist on this host alone."""
        names = [own_name(), "localhost", "localhost.localdomain", mail_name()]
        names.append(names[0].partition(".")[0])
        return sorted({name.lower() for name in names if name})

    # What all have

    def compose(self) -> journal.Composition:
        """Return all files of the wanted configuration, the journal first."""
        composed = journal.compose(self.edits(), self.own_files(), self.journal)
        first = journal.journal_file(self.name, composed.during)
        return composed._replace(files=[first, *composed.files])

    def closing(self, composed: journal.Composition) -> list[WantedFile]:
        """Return what is to be written when the MTA has loaded the rest: the journal without what was given back."""
        if composed.after == composed.during:
            return []
        return [journal.journal_file(self.name, composed.after)]

    @contextmanager
    def check_folder(self) -> Iterator[str]:
        """A folder for copies that the MTA checks: root's alone, as they may hold secrets, and gone afterwards."""
        folder = self.config + "/.ses-check"
        # Left by a run that was killed
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder, 0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def own_file(self, entry: Mapping[str, Any]) -> WantedFile:
        """Return a file of the request as it has to be on this host."""
        secret = entry.get("secret_content") is not None
        text = self.filled_in(entry["secret_content"] if secret else (entry.get("content") or ""))
        line = entry.get("line_per_local_domain")
        if line:
            text += "".join(line.replace("{domain}", name) + "\n" for name in self.local_domains())
        return WantedFile(
            path=os.path.realpath(entry["path"]),
            content=text.encode("utf-8"),
            mode=int(entry.get("mode") or "0644", 8),
            secret=secret,
            table=self.table() if entry.get("table") else None,
            uid=_number(entry.get("owner"), lambda name: pwd.getpwnam(name).pw_uid),
            gid=_number(entry.get("group"), lambda name: grp.getgrnam(name).gr_gid),
        )

    def filled_in(self, text: str) -> str:
        """Put this host's own into the places that a text leaves open."""
        if "{system_ca_file}" in text:
            text = text.replace("{system_ca_file}", host.system_ca_file())
        if "{local_domains}" in text:
            text = text.replace("{local_domains}", ", ".join(self.local_domains()))
        return text


def _number(name: str | None, look_up: Any) -> int | None:
    if not name or name == "root":
        return None
    try:
        return int(look_up(name))
    except KeyError:
        return NOBODY_YET


def own_name() -> str:
    """Return the host's name, with its domain when the host knows one without asking a name server for long."""
    name = socket.gethostname()
    return name if "." in name else socket.getfqdn(name)


def mail_name() -> str:
    """Return what Debian's /etc/mailname says, empty where there is none."""
    with suppress(OSError), open("/etc/mailname", encoding="utf-8") as stream:
        return stream.readline().strip()
    return ""
