# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Postfix: which files make up the wanted relay, and how it checks and loads them."""

from __future__ import annotations

import os
import shutil
import socket
import time
from contextlib import suppress
from typing import Mapping, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import host, postfix_files
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.errors import MtaError
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.files import FileChange, Table, WantedFile
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.host import run, run_on_terminal
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.journal import Edit
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.mail_server import MailServer, Request

CONFIG = "/etc/postfix"
MAIN_CF = CONFIG + "/main.cf"
MASTER_CF = CONFIG + "/master.cf"

# postconf(5), "man postmap": what each indexed type appends to the file's name.
TABLE_SUFFIXES = {"hash": ".db", "btree": ".db", "lmdb": ".lmdb", "cdb": ".cdb"}

# What has to be known of an installed Postfix before its files can be planned.
ASKED = (
    "default_database_type",
    "alias_database",
    "mail_version",
    "queue_directory",
    "myhostname",
    "myorigin",
    "mydestination",
)

# Settings that say where mail goes; somebody else's value in one of them is not ours to replace unasked.
WAYS_OUT = frozenset(
    {
        "relayhost",
        "default_transport",
        "sender_dependent_relayhost_maps",
        "sender_dependent_default_transport_maps",
        "smtp_fallback_relay",
        "smtp_sasl_password_maps",
    }
)

# Settings that "postfix reload" does not take, by the words of postconf(5).
RESTART_SETTINGS = frozenset({"inet_interfaces", "inet_protocols", "master_service_disable"})


def setting_text(value: object) -> str:
    """Write a value as main.cf has it: yes and no for booleans, commas between the items of a list."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    # A line break would end the setting, unless white space followed.
    return " ".join(line.strip() for line in str(value).splitlines())


class Postfix(MailServer):
    """The one Postfix instance of a host, in /etc/postfix."""

    name = "postfix"
    config = CONFIG

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self._settings = {name: self.filled_in(setting_text(value)) for name, value in request.settings.items()}
        self._parameters = self._ask() if self.installed else {}

    @property
    def installed(self) -> bool:
        return shutil.which("postconf", path=host.SEARCH_PATH) is not None

    def _ask(self) -> dict[str, str]:
        """Ask once for all that is needed, expanded, as it will be with the wanted settings."""
        wanted = [f"{name}={self._settings[name]}" for name in ASKED if name in self._settings]
        asked = run(["postconf", "-x", *(part for setting in wanted for part in ("-o", setting)), *ASKED])
        if asked.status != 0:
            raise MtaError(
                f"postconf cannot read {MAIN_CF}: {asked.said}\n"
                "Nothing was changed on this host. Mend that file; where there is none, 'dpkg-reconfigure postfix' makes it."
            )
        return postfix_files.read_settings(asked.output)

    @property
    def version(self) -> str:
        return self._parameters.get("mail_version", "")

    @property
    def table_type(self) -> str:
        """The type of indexed table that this Postfix builds when none is named."""
        return self._parameters.get("default_database_type", "hash")

    def local_domains(self) -> list[str]:
        """Return the domains whose addresses exist on this host alone: its names, and those it delivers for."""
        found = [self._parameters.get("myhostname", socket.gethostname()), "localhost", "localhost.localdomain"]
        found += self._parameters.get("mydestination", "").replace(",", " ").split()
        found.append(self._origin())
        return sorted({name.lower() for name in found if name and ":" not in name and "/" not in name})

    def _origin(self) -> str:
        """myorigin, which may name a file (Debian: /etc/mailname)."""
        origin = self._parameters.get("myorigin", "")
        if not origin.startswith("/"):
            return origin
        with suppress(OSError), open(origin, encoding="utf-8") as stream:
            return stream.readline().strip()
        return ""

    # What is wanted

    def edits(self) -> list[Edit]:
        """Return the edits of files that others write too; main.cf last, since it names the others."""
        aliases = {name: setting_text(to) for name, to in self.request.aliases.items()}
        settings = postfix_files.write_settings(self._settings)
        return [
            self._aliases(postfix_files.write_aliases(aliases)),
            Edit(
                os.path.realpath(MASTER_CF),
                self.request.services,
                postfix_files.service_lines,
                postfix_files.edit_services,
            ),
            Edit(os.path.realpath(MAIN_CF), settings, postfix_files.setting_lines, postfix_files.edit_settings),
        ]

    def _aliases(self, wanted: Mapping[str, str]) -> Edit:
        database = self._parameters.get("alias_database", "").replace(",", " ").split()
        kind, _colon, path = (database[0] if database else f"{self.table_type}:/etc/aliases").partition(":")
        path = os.path.realpath(path)
        # Where nothing of ours is in it, how its table is built is none of our business.
        table = self._table("postalias", kind) if wanted or path in self.journal.lines else None
        return Edit(path, wanted, postfix_files.alias_lines, postfix_files.edit_aliases, table)

    def table(self) -> Table:
        return self._table("postmap", self.table_type)

    def conflicts(self) -> list[str]:
        """Compare the ways out of this host that main.cf has with the wanted ones."""
        with suppress(OSError), open(MAIN_CF, encoding="utf-8", errors="replace") as stream:
            have = postfix_files.read_settings(stream.read())
            return [
                f"{name} is {have[name]} in {MAIN_CF}, set by somebody else; wanted is {wanted or 'nothing'}."
                for name, wanted in self._settings.items()
                if name in WAYS_OUT and have.get(name) and have[name] != wanted
            ]
        return []

    @staticmethod
    def _table(command: str, kind: str) -> Table:
        if kind not in TABLE_SUFFIXES:
            raise MtaError(
                f"{command} would have to build a table of the type {kind}, which is not one of "
                f"{', '.join(sorted(TABLE_SUFFIXES))}. Set {'alias_database' if command == 'postalias' else 'default_database_type'} "
                "in main.cf to one of them that 'postconf -m' lists."
            )
        return Table(command=command, kind=kind, suffix=TABLE_SUFFIXES[kind])

    # What a transaction asks for

    def build_table(self, wanted: WantedFile) -> None:
        if wanted.table is None:
            return
        built = run([wanted.table.command, f"{wanted.table.kind}:{wanted.staged_path}"])
        # It also warns of what is wrong in the main.cf that is in force, which this run may be about to mend.
        ours = [line for line in built.errors.splitlines() if os.path.basename(wanted.staged_path) in line]
        if built.status != 0 or any("expected format" in line for line in ours):
            said = ("\n".join(ours) or built.said).replace(wanted.staged_path, wanted.path)
            raise MtaError(f"{wanted.table.command} does not take the new {wanted.path}: {said}\nNothing was changed.")

    def validate(self, changes: Sequence[FileChange]) -> None:
        """Let Postfix check the new main.cf and master.cf, in a folder of their own."""
        staged = {change.wanted.path: change.wanted.staged_path for change in changes}
        with self.check_folder() as folder:
            for path in (MAIN_CF, MASTER_CF):
                real = os.path.realpath(path)
                shutil.copy(staged.get(real, real), os.path.join(folder, os.path.basename(path)))
            self._check(folder, changes)

    @staticmethod
    def _check(folder: str, changes: Sequence[FileChange]) -> None:
        unused = [
            line for line in run(["postconf", "-c", folder, "-n"]).errors.splitlines() if "unused parameter" in line
        ]
        ours = {name for change in changes for name in changed_settings(change)}
        for line in unused:
            name = line.split("unused parameter:", 1)[1].split("=")[0].strip()
            if name in ours:
                raise MtaError(
                    f"Postfix does not know the setting {name}. Look at its spelling in postconf(5), "
                    f"and whether this version has it.\nNothing was changed."
                )
        checked = run_on_terminal(["postfix", "-c", folder, "check"])
        if checked.status != 0 or "fatal:" in checked.errors:
            said = checked.said.replace(folder, "the new " + CONFIG)
            raise MtaError(f"Postfix refuses the new configuration: {said}\nNothing was changed.")

    def queued(self) -> int:
        return len(run(["postqueue", "-j"]).output.splitlines())

    def flush(self) -> None:
        run(["postqueue", "-f"])

    def running(self) -> bool:
        """Tell whether the master daemon lives; its pid file holds a lock as long as it does."""
        queue = self._parameters.get("queue_directory", "/var/spool/postfix")
        try:
            with open(os.path.join(queue, "pid/master.pid"), encoding="ascii") as stream:
                pid = int(stream.read().split()[0])
            with open(f"/proc/{pid}/comm", encoding="ascii") as stream:
                return stream.read().strip() == "master"
        except (OSError, ValueError, IndexError):
            return False

    def load(self, changes: Sequence[FileChange]) -> None:
        """Make Postfix read what is on disk: start it, restart it, or reload it, whichever is the least that does."""
        if not self.running():
            verb = "start"
        elif any(RESTART_SETTINGS & set(changed_settings(change)) for change in changes):
            verb = "restart"
        else:
            verb = "reload"
        # Reload through Postfix itself, which says what is wrong; the service manager only keeps the exit status.
        by_service = verb != "reload" and os.path.isdir("/run/systemd/system")
        command = ["systemctl", verb, "postfix"] if by_service else ["postfix", verb]
        loaded = run_on_terminal(command)
        # The master daemon reads its files after the command has ended; one that cannot is gone a moment later.
        time.sleep(0.2)
        if loaded.status != 0 or not self.running():
            raise MtaError(f"'{' '.join(command)}' failed: {loaded.said or 'the master daemon is not there'}")


def changed_settings(change: FileChange) -> dict[str, tuple[str | None, str | None]]:
    """Return the settings that a change of main.cf changes; none for any other file."""
    if change.wanted.path != os.path.realpath(MAIN_CF):
        return {}
    before = (change.before.content or b"").decode("utf-8", "replace")
    return postfix_files.changed_settings(before, change.wanted.content.decode("utf-8", "replace"))
