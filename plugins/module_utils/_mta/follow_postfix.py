# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A message's way through Postfix, read from its log."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import Any

_LINE = re.compile(r"(?:^|\s)\S+/(?P<program>[a-z-]+)\[(?P<pid>[0-9]+)\]:\s(?P<text>.*)$")
_MESSAGE_ID = re.compile(r"(?P<queue_id>[0-9A-Za-z]{5,20}): (?:resent-)?message-id=(?P<id>\S+)")
_ACTIVE = re.compile(r"(?P<queue_id>[0-9A-Za-z]{5,20}): from=<.*nrcpt=(?P<count>[0-9]+) ")
_STATUS = re.compile(
    r"(?P<queue_id>[0-9A-Za-z]{5,20}): to=<.*?>,.* relay=(?P<relay>[^,]+),.*"
    r" status=(?P<status>[a-z]+) \((?P<reply>.*)\)$"
)
_TLS = re.compile(
    r"(?P<trust>\w+) TLS connection (?:established|reused) to \S+: "
    r"(?P<version>\S+) with cipher (?P<cipher>\S+)"
)
_RELAY = re.compile(r"(?P<host>[^\[\]]+)\[(?P<address>[^\]]+)\](?::(?P<port>[0-9]+))?")
_ACCEPTED = re.compile(r"250 Ok (?P<id>[^\s.]+)\.?")
_MAILLOG = re.compile(r"^maillog_file\s*=\s*(\S+)", re.MULTILINE)
_REASONS = ("warning:", "error:", "fatal:", "panic:", "certificate verification failed")
_OWN_HOST = ("127.", "::1")
_FILES = ("/var/log/mail.log", "/var/log/maillog")


def is_installed() -> bool:
    """Whether this host has Postfix."""
    return _command("postconf") is not None


def _command(name: str) -> str | None:
    path = "/usr/sbin/" + name
    return path if os.access(path, os.X_OK) else shutil.which(name)


def _run(*command: str) -> int:
    try:
        return subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=10, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        return -1


class Tracker:
    """What the log says of one message, known by its Message-ID."""

    name = "postfix"

    def __init__(self, message_id: str) -> None:
        self._message_id = message_id
        self._queue_ids: list[str] = []
        self._wanted: dict[str, int] = {}
        self._done: dict[str, int] = {}
        self._tls: dict[str, dict[str, Any]] = {}
        self._notes: dict[str, list[str]] = {}
        self._seen: set[tuple[str, str]] = set()
        self.finished = False
        self.status = ""
        self.reply = ""
        self.relay = ""
        self.host = ""
        self.port = 0
        self.tls: dict[str, Any] | None = None
        self.warnings: list[str] = []
        self.lines: list[str] = []

    @property
    def queue_id(self) -> str | None:
        """The newest queue ID: a content filter hands the message back under another."""
        return self._queue_ids[-1] if self._queue_ids else None

    @property
    def accepted_as(self) -> str | None:
        """The message's ID at SES, once SES has accepted it."""
        match = _ACCEPTED.fullmatch(self.reply) if self.finished and self.status == "sent" else None
        return match.group("id") if match else None

    def log_files(self) -> tuple[str, ...]:
        """Return the files that Postfix may log to; they need not exist."""
        own = self._maillog_file()
        if own:
            return (own,)
        return tuple(path for path in _FILES if os.path.exists(path)) or _FILES[:1]

    def uses_journal(self) -> bool:
        """Whether Postfix logs to syslog, so maybe to systemd's journal."""
        return not self._maillog_file()

    def feed(self, line: str) -> None:
        """Take in one line of the log."""
        match = _LINE.search(line)
        if not match or self.finished:
            return
        text = match.group("text")
        # The journal and a file may both have the line, one of them later than the other.
        if (match.group("pid"), text) in self._seen:
            return
        self._seen.add((match.group("pid"), text))
        self._note(match.group("pid"), text, line)
        if match.group("program") == "smtp" and text.startswith(("fatal:", "panic:")):
            # The client cannot even start: Postfix will wait a minute, and then it ends the same way.
            self.finished, self.status, self.reply = True, "broken", text
            self.lines.append(line)
            return
        named = _MESSAGE_ID.match(text)
        if named and named.group("id") == self._message_id:
            self._queue_ids.append(named.group("queue_id"))
        queue_id = text.partition(":")[0]
        if queue_id not in self._queue_ids:
            return
        active = _ACTIVE.match(text)
        if active:
            self._wanted[queue_id] = int(active.group("count"))
        status = _STATUS.match(text)
        if status:
            self._take_status(status, match.group("pid"))
        self.lines.append(line)

    def can_try_again(self) -> bool:
        """Whether the message waits in the queue and this user may have it tried at once."""
        return self.status == "deferred" and _command("postqueue") is not None

    def try_again(self) -> None:
        """Have the message tried at once; without this, Postfix waits for minutes."""
        self.finished = False
        self.status = ""
        command, queue_id = _command("postqueue"), self.queue_id
        if command and queue_id:
            _run(command, "-i", queue_id)

    def remove(self) -> None:
        """Take the message out of the queue; a test that failed must not be sent hours later."""
        command = _command("postsuper")
        if command and self.status != "bounced" and os.geteuid() == 0:
            for queue_id in self._queue_ids:
                _run(command, "-d", queue_id)

    def explain_silence(self) -> str:
        """Return why the log may not have a word about the message."""
        command = _command("postfix")
        if command and os.geteuid() == 0 and _run(command, "status") != 0:
            return "Postfix is not running, so the message waits in its maildrop."
        return "Postfix logs somewhere else, or this user may not read the log."

    def _maillog_file(self) -> str | None:
        try:
            with open("/etc/postfix/main.cf", encoding="utf-8", errors="replace") as file:
                found = _MAILLOG.findall(file.read())
        except OSError:
            return None
        path = str(found[-1]) if found else ""
        # Anything but a plain file (/dev/stdout in containers) ends in the journal, or nowhere.
        return path if path.startswith("/var/") else None

    def _note(self, pid: str, text: str, line: str) -> None:
        """Keep what a process said before it named the message: TLS and warnings."""
        tls = _TLS.search(text)
        if tls:
            self._tls[pid] = {
                "version": tls.group("version"),
                "cipher": tls.group("cipher"),
                "verified": tls.group("trust") == "Verified",
            }
        elif not text.startswith(_REASONS):
            return
        self._notes.setdefault(pid, []).append(line)

    def _take_status(self, match: re.Match[str], pid: str) -> None:
        self.status = match.group("status")
        self.reply = match.group("reply")
        self.relay = match.group("relay")
        relay = _RELAY.fullmatch(self.relay)
        self.host = relay.group("host") if relay else ""
        self.port = int(relay.group("port") or 25) if relay else 0
        self.tls = self._tls.get(pid)
        noted = self._notes.pop(pid, [])
        self.warnings.extend(line for line in noted if " TLS connection " not in line)
        self.lines.extend(noted)
        if self.status != "sent":
            self.finished = True
            return
        filtered = relay is not None and relay.group("address").startswith(_OWN_HOST)
        if filtered and "queued as" in self.reply:
            return  # A content filter of this host; the message comes back under another ID.
        queue_id = match.group("queue_id")
        self._done[queue_id] = self._done.get(queue_id, 0) + 1
        self.finished = self._done[queue_id] >= self._wanted.get(queue_id, 1)
