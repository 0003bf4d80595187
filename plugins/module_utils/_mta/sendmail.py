# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sendmail: which files make up the wanted relay, and how it checks and loads them.

Source: Sendmail Installation and Operation Guide, cf/README, and Sendmail 8.15, 8.17 and 8.18 on Debian.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from typing import Any, Iterator, Mapping, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import (
    host,
    postfix_files,
    sendmail_daemon,
    sendmail_files,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.errors import MtaError
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.files import FileChange, Table, WantedFile, read_state
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.host import run
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.journal import Edit
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.mail_server import MailServer, Request
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.sendmail_build import Build, read_build

CONFIG = "/etc/mail"
MC = CONFIG + "/sendmail.mc"
CF = CONFIG + "/sendmail.cf"
OWN_FOLDER = CONFIG + "/ses/"

# Debian's and the Red Hat family's: the daemon's queue, and that of the sendmail command.
QUEUES = ("/var/spool/mqueue", "/var/spool/mqueue-client", "/var/spool/clientmqueue")

# An address that takes mail; with it Sendmail is asked where mail would go.
PROBE = "success@simulator.amazonses.com"


class Sendmail(MailServer):
    """The Sendmail of a host: the daemon, whose configuration this is, and the command, which hands all to the daemon."""

    name = "sendmail"
    config = CONFIG

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self._build = read_build() if self.installed else Build()
        self._cf = _text(CF)
        self._options = sendmail_files.options(self._cf)

    @property
    def installed(self) -> bool:
        return os.path.exists(MC) and shutil.which("makemap", path=host.SEARCH_PATH) is not None

    @property
    def version(self) -> str:
        return self._build.version

    # What is wanted

    def edits(self) -> list[Edit]:
        """Return the edits of files that others write too."""
        aliases = {name: _joined(to) for name, to in self.request.aliases.items()}
        return [
            Edit(
                os.path.realpath(self._aliases),
                postfix_files.write_aliases(aliases),
                postfix_files.alias_lines,
                postfix_files.edit_aliases,
            ),
            self._mc_edit(),
        ]

    def _mc_edit(self) -> Edit:
        line = {sendmail_files.INCLUDE: sendmail_files.INCLUDE_LINE} if self.request.files else {}
        return Edit(os.path.realpath(MC), line, sendmail_files.mc_lines, sendmail_files.edit_mc)

    @property
    def _aliases(self) -> str:
        """AliasFile, which may have the kind of its table in front (C(hash:/etc/aliases))."""
        return self._options.get("AliasFile", "/etc/aliases").split(",")[0].rpartition(":")[2].strip()

    def own_files(self) -> list[WantedFile]:
        """Return the files of the request, and the sendmail.cf that m4 makes of the wanted sendmail.mc."""
        files = super().own_files()
        if not files or not self.installed:
            return files
        edit = self._mc_edit()
        wanted = self._make_cf(
            edit.write(_text(edit.path), edit.wanted),
            {file.path: file.content.decode("utf-8") for file in files if file.path.endswith(".m4")},
        )
        # Who made it when and where stands in comments. A sendmail.cf that says the same is left as it is.
        same = sendmail_files.substance(wanted) == sendmail_files.substance(self._cf)
        content = (self._cf if same else wanted).encode("utf-8", "surrogateescape")
        files.append(WantedFile(path=os.path.realpath(CF), content=content))
        if os.path.isdir("/run/systemd/system") and not sendmail_daemon.starts_at_boot():
            boot = sendmail_daemon.BOOT.encode("ascii")
            files.append(WantedFile(path=sendmail_daemon.BOOT_PATH, content=boot, mode=0o644))
        return files

    @staticmethod
    def _make_cf(mc: str, includes: Mapping[str, str]) -> str:
        """Let m4 make a sendmail.cf of these texts."""
        with tempfile.TemporaryDirectory() as folder:
            for path, text in includes.items():
                copy = os.path.join(folder, os.path.basename(path))
                _write(copy, text)
                mc = mc.replace(path, copy)
            _write(os.path.join(folder, "sendmail.mc"), mc)
            made = run(["m4", os.path.join(folder, "sendmail.mc")])
            said = made.errors.strip().replace(folder, CONFIG)
        if made.status != 0 or "*** ERROR" in said or "Mlocal" not in made.output:
            raise MtaError(
                f"m4 cannot make a {CF} of {MC}: {said or 'there is no MAILER(local) in it'}\nNothing was changed. Mend "
                f"{MC}; what stands under 'lines' in the raw settings goes to the end of it, where no FEATURE() may be."
            )
        return made.output

    def table(self) -> Table:
        return self._build.table

    def filled_in(self, text: str) -> str:
        """Put in what depends on how Sendmail was built and set up here."""
        text = super().filled_in(text)
        names = self._build.reads_alternative_names
        places = {
            "{system_ca_folder}": os.path.dirname(host.system_ca_file()),
            "{table_type}": self._build.table.kind,
            "{queue_directory}": self._options.get("QueueDirectory", QUEUES[0]),
            # Without them the common name alone counts, which the certificates of SES have too.
            "{alternative_names_option}": "O SetCertAltnames=true"
            if names
            else "# (no alternative names in this build)",
            "{alternative_names_rule}": "ROK $| < $={cert_altnames} >	$@ OK"
            if names
            else "# (no alternative names in this build)",
        }
        for place, value in places.items():
            text = text.replace(place, value)
        return text

    def conflicts(self) -> list[str]:
        """Tell of a smart host, and of a sendmail.cf that was not made of sendmail.mc."""
        if not self.request.files:
            return []
        found = []
        m4 = next((str(entry.get("content")) for entry in self.request.files if entry["path"].endswith(".m4")), "")
        wanted = " or ".join(sendmail_files.relay_hosts(m4)) or "Amazon SES"
        smart_host = sendmail_files.smart_host(self._cf)
        if smart_host:
            found.append(f"SMART_HOST is {smart_host} in {CF}, set by somebody else; wanted is {wanted}.")
        if self._cf and sendmail_files.substance(self._make_cf(_text(MC), {})) != sendmail_files.substance(self._cf):
            found.append(
                f"{CF} is not what m4 makes of {MC}: somebody has changed it by hand, or not made it anew after a change of "
                f"{MC}. What it has would be lost; wanted is what m4 makes."
            )
        return found

    # What a transaction asks for

    def build_table(self, wanted: WantedFile) -> None:
        """Build a staged table, which nobody but root can read at any moment."""
        if wanted.table is None or wanted.staged_table_path is None or wanted.absent:
            return
        # makemap reads standard input; with no configuration it does not give the table to Sendmail's own user.
        with _umask(0o077), open(wanted.staged_path, "rb") as source:
            built = subprocess.run(
                ["makemap", "-C", "/dev/null", wanted.table.kind, wanted.staged_path],
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**os.environ, "LC_ALL": "C", "PATH": host.SEARCH_PATH},
                timeout=60,
                check=False,
            )
        if built.returncode != 0:
            said = built.stdout.decode("utf-8", "replace").strip().replace(wanted.staged_path, wanted.path)
            raise MtaError(f"makemap does not take the new {wanted.path}: {said}\nNothing was changed.")
        os.chmod(wanted.staged_table_path, 0o600)

    def validate(self, changes: Sequence[FileChange]) -> None:
        """Let Sendmail read the new sendmail.cf, and say with it where mail would go."""
        staged = {change.wanted.path: change.wanted for change in changes if not change.wanted.absent}
        cf = staged.get(os.path.realpath(CF))
        text = (cf.content if cf else read_state(CF).content or b"").decode("utf-8", "surrogateescape")
        tables = {path: file.staged_path for path, file in staged.items() if file.table}
        with self.check_folder() as folder:
            copy = os.path.join(folder, "sendmail.cf")
            _write(copy, sendmail_files.renamed(text, tables))
            self._check(copy, relayed=bool(self.request.files))

    @staticmethod
    def _check(cf: str, *, relayed: bool) -> None:
        read = run(["sendmail", "-C", cf, "-Am", "-bt", "-d0.0"])
        wrong = sendmail_files.complaints(read.output + "\n" + read.errors)
        if read.status != 0 or wrong:
            said = "\n".join(wrong).replace(cf, "the new " + CF) or f"exit status {read.status}"
            raise MtaError(f"Sendmail refuses the new configuration: {said}\nNothing was changed.")
        if not relayed:
            return
        way = run(["sendmail", "-C", cf, "-Am", "-bv", PROBE])
        if "mailer ses" not in way.output:
            raise MtaError(
                f"With the new configuration mail would not leave through SES. Sendmail says: {way.said}\nNothing was "
                f"changed. Look in {MC} for rules or a mailertable that send mail elsewhere."
            )

    def running(self) -> bool:
        """Tell whether the daemon runs, with aliases as new as their source."""
        return sendmail_daemon.pid(self._options) != 0 and not (self.request.aliases and self._aliases_are_stale())

    def _aliases_are_stale(self) -> bool:
        table = read_state(self._aliases + self._build.table.suffix)
        return not table.exists or table.mtime_ns < read_state(self._aliases).mtime_ns

    def load(self, changes: Sequence[FileChange]) -> None:
        """Build the aliases, and let the daemon read its files anew, or start it."""
        if self._aliases_are_stale():
            built = run(["newaliases"])
            if built.status != 0:
                raise MtaError(f"newaliases does not take {self._aliases}: {built.said}")
        sendmail_daemon.load(sendmail_files.options(_text(CF)))

    def queued(self) -> int:
        """Count the control files in the queues and their folders, those in quarantine included."""
        names = [name for queue in QUEUES for _folder, _folders, names in os.walk(queue) for name in names]
        return sum(name[:2] in ("qf", "hf") for name in names)

    def flush(self) -> None:
        """Start a run of each queue, which go on while this one does."""
        for arguments in (["-Ac", "-q"], ["-Am", "-q"]):
            with suppress(OSError):
                subprocess.Popen(
                    [host.SENDMAIL, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )


def _text(path: str) -> str:
    return (read_state(path).content or b"").decode("utf-8", "surrogateescape")


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as stream:
        stream.write(text)


def _joined(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


@contextmanager
def _umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)
