# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenSMTPD: which lines of smtpd.conf and which files make up the wanted relay, and how it checks and loads them."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from contextlib import suppress
from typing import Any, Mapping, NamedTuple, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import host, opensmtpd_files, postfix_files
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.errors import MtaError
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.files import FileChange, WantedFile
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.host import run
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.journal import Edit
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.mail_server import MailServer, Request

ALIASES = "/etc/aliases"
OWN_FOLDER = "/etc/smtpd-ses"
HOSTS = "ses-hosts"
SERVICE = "opensmtpd"
SECONDS_TO_START = 15.0

# Where mail goes that rules of others send off the host: ours come first, so this is for what they do not match, such as
# mail of users who authenticated themselves.
WAY_OUT = f'relay host <{HOSTS}> auth <ses-secrets> tls ca "ses-ca"'

# A table whose program may not be in its place yet when the files are checked
_ENDPOINTS = re.compile(r"^(table \S+ )ses:/\S+$", re.MULTILINE)


class Packaging(NamedTuple):
    """How a distribution packages OpenSMTPD."""

    configuration: str
    group: str


DEBIAN = Packaging("/etc/smtpd.conf", "opensmtpd")
# The Red Hat family's (EPEL), and that of those who build it with its own defaults
OTHERS = (Packaging("/etc/opensmtpd/smtpd.conf", "smtpd"), Packaging("/etc/smtpd/smtpd.conf", "smtpd"))


def packaging() -> Packaging:
    """Return how this host's OpenSMTPD is packaged; Debian's way where it is not installed."""
    return next((found for found in OTHERS if os.path.exists(found.configuration)), DEBIAN)


class Opensmtpd(MailServer):
    """The OpenSMTPD of a host."""

    name = "opensmtpd"

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self._packaging = packaging()
        self.config = os.path.dirname(self._packaging.configuration)
        self._path = os.path.realpath(self._packaging.configuration)
        self._text = ""
        with suppress(OSError), open(self._path, encoding="utf-8", errors="surrogateescape") as stream:
            self._text = stream.read()

    @property
    def installed(self) -> bool:
        return shutil.which("smtpd", path=host.SEARCH_PATH) is not None

    @property
    def version(self) -> str:
        if not self.installed:
            return ""
        # "version: OpenSMTPD 6.8.0p2" on standard error, among the usage
        shown = re.search(r"version: OpenSMTPD (\S+)", run(["smtpd", "-h"]).errors)
        return shown.group(1) if shown else ""

    # What is wanted

    def edits(self) -> list[Edit]:
        """Return the edits of files that others write too."""
        aliases = {name: f"{name}: {_joined(to)}" for name, to in self.request.aliases.items()}
        return [
            Edit(os.path.realpath(ALIASES), aliases, postfix_files.alias_lines, postfix_files.edit_aliases),
            Edit(self._path, self._lines(), opensmtpd_files.read_lines, opensmtpd_files.edit_lines),
        ]

    def _lines(self) -> dict[str, str]:
        """Return the lines that smtpd.conf is to have: ours, the filter on every listener, and SES as the way out."""
        if not self.request.files:
            return {}
        lines = {opensmtpd_files.SETTINGS: opensmtpd_files.SETTINGS, opensmtpd_files.RULES: opensmtpd_files.RULES}
        for statement in opensmtpd_files.read_statements(self._text):
            if statement.kind == "listen":
                lines[statement.key] = opensmtpd_files.with_filter(statement)
        for name, action in opensmtpd_files.ways_out(self._text).items():
            lines[action.key] = f'action "{name}" {WAY_OUT}'
        return lines

    def own_file(self, entry: Mapping[str, Any]) -> WantedFile:
        """Return a file of the request, with this distribution's group for that of the daemon."""
        group = self._packaging.group if entry.get("group") == DEBIAN.group else entry.get("group")
        return super().own_file({**entry, "group": group})

    def filled_in(self, text: str) -> str:
        """Put this host's own into the places that a text leaves open."""
        text = super().filled_in(text)
        if "{listen_on_socket}" in text:
            has = any(" ".join(line.words[:3]) == "listen on socket" for line in self._statements())
            text = text.replace(
                "{listen_on_socket}", "" if has else f'listen on socket filter "{opensmtpd_files.FILTER}"'
            )
        if "{local_delivery}" in text:
            text = text.replace("{local_delivery}", opensmtpd_files.local_delivery(self._text))
        if text.startswith("#!/usr/bin/python3") and not os.path.exists("/usr/bin/python3"):
            text = text.replace("/usr/bin/python3", sys.executable, 1)
        return text

    def _statements(self) -> list[opensmtpd_files.Statement]:
        return list(opensmtpd_files.read_statements(self._text))

    def conflicts(self) -> list[str]:
        """Tell of actions that send mail for any domain to somebody else's host."""
        if not self.request.files:
            return []
        found = []
        for name, action in opensmtpd_files.ways_out(self._text).items():
            target = opensmtpd_files.relay_host(action)
            if target and target != f"<{HOSTS}>":
                shown = re.sub(r"//[^@/]*@", "//", target)
                found.append(
                    f'Action "{name}" relays to {shown} in {self._path}, set by somebody else; wanted is {self._target()}.'
                )
        return found

    def _target(self) -> str:
        """Return the wanted hosts, in words."""
        urls = [
            url
            for entry in self.request.files
            if os.path.basename(entry["path"]) in (HOSTS, "ses.conf")
            for url in re.findall(r"smtps?(?:\+tls)?://[^@\"\s]*@([^\"\s]+)", entry.get("content") or "")
        ]
        return " or ".join(dict.fromkeys(urls)) or "Amazon SES"

    # What a transaction asks for

    def validate(self, changes: Sequence[FileChange]) -> None:
        """Let OpenSMTPD check the new files, copies of which name the staged ones."""
        staged = {change.wanted.path: change.wanted.staged_path for change in changes if not change.wanted.absent}
        with self.check_folder() as folder:
            names = {path: os.path.join(folder, os.path.basename(path)) for path in self._checked(staged)}
            for path, copy in names.items():
                with open(staged.get(path, path), encoding="utf-8", errors="surrogateescape") as stream:
                    text = _ENDPOINTS.sub(r'\1{ "smtp+tls://localhost" }', _renamed(stream.read(), {**staged, **names}))
                with open(copy, "w", encoding="utf-8", errors="surrogateescape") as stream:
                    stream.write(text)
            checked = run(["smtpd", "-n", "-f", names[self._path]])
        if checked.status != 0:
            said = _renamed(checked.said, {copy: path for path, copy in {**staged, **names}.items()})
            raise MtaError(f"OpenSMTPD refuses the new configuration: {said}\nNothing was changed.")

    def _checked(self, staged: Mapping[str, str]) -> list[str]:
        """Return the files that are read as configuration; none of them holds a secret of ours."""
        ours = [os.path.join(OWN_FOLDER, name) for name in ("ses.conf", "rules.conf")]
        return [self._path, *(path for path in ours if path in staged or os.path.exists(path))]

    def running(self) -> bool:
        """Tell whether the daemon answers."""
        return self.installed and run(["smtpctl", "show", "status"]).status == 0

    def load(self, changes: Sequence[FileChange]) -> None:
        """Restart the daemon, which reads its configuration only when it starts; its queue is on disk."""
        if not os.path.isdir("/run/systemd/system"):
            raise MtaError(
                "OpenSMTPD is started by systemd here, which this host does not run. Start systemd, and run again."
            )
        if any("/systemd/" in change.wanted.path for change in changes):
            run(["systemctl", "daemon-reload"])
        # Earlier starts that failed, and those of an administrator just now, do not count against this one.
        run(["systemctl", "reset-failed", SERVICE])
        run(["systemctl", "enable", "--quiet", SERVICE])
        loaded = run(["systemctl", "restart", SERVICE])
        if loaded.status != 0 or not self._answers():
            raise MtaError(f"'systemctl restart {SERVICE}' failed: {self._why(loaded.said)}")

    def _answers(self) -> bool:
        """Wait until the daemon answers, and goes on to do so: it ends a moment later where its filter cannot start."""
        end = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < end:
            if self.running():
                time.sleep(0.5)
                return self.running()
            time.sleep(0.1)
        return False

    @staticmethod
    def _why(said: str) -> str:
        """Return what the daemon wrote to its log on the way."""
        log = run(["journalctl", "--unit", SERVICE, "--lines", "5", "--output", "cat", "--no-pager"])
        return log.output.strip()[-1000:] or said or "the daemon does not answer"

    def queued(self) -> int:
        return len(run(["smtpctl", "show", "queue"]).output.splitlines()) if self.running() else 0

    def flush(self) -> None:
        """Try all that waits now, over routes that rest after a failure too."""
        for line in run(["smtpctl", "show", "routes"]).output.splitlines():
            route = re.match(r"([0-9]+)\. .* [N-]?D", line)
            if route:
                run(["smtpctl", "resume", "route", route.group(1)])
        run(["smtpctl", "schedule", "all"])


def _joined(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _renamed(text: str, names: Mapping[str, str]) -> str:
    """Return a text with paths in place of paths."""
    if not names:
        return text
    pattern = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.sub(rf"(?:{pattern})(?![\w.-])", lambda match: names[match.group(0)], text)
