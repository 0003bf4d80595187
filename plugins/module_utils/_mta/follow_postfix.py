# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A message's way through Postfix, read from its log."""

from __future__ import annotations

import os
import re
from typing import Any

from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_tracker import (
    BOUNCED,
    BROKEN,
    DEFERRED,
    SENT,
    Entry,
    Letter,
    Tracker,
    find_command,
    run_quietly,
)

_LINE = re.compile(r"(?:^|\s)(?P<program>\S+/[a-z-]+)\[(?P<pid>[0-9]+)\]:\s(?P<text>.*)$")
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
_MAILLOG = re.compile(r"^maillog_file\s*=\s*(\S+)", re.MULTILINE)
_REASONS = ("warning:", "error:", "fatal:", "panic:", "certificate verification failed")
_NOT_TRIED = "delivery temporarily suspended"
_OWN_HOST = ("127.", "::1")


class PostfixTracker(Tracker):
    """What Postfix's log says of one message, known by its Message-ID."""

    name = "postfix"
    title = "Postfix"
    relay_settings = "relayhost, transport_maps, mydestination"

    def __init__(self, letter: Letter) -> None:
        super().__init__(letter)
        self._instance = ""
        self._tls: dict[str, dict[str, Any]] = {}
        self._notes: dict[str, list[str]] = {}

    def log_files(self) -> tuple[str, ...]:
        """Return the files that Postfix may log to; they need not exist."""
        own = self._maillog_file()
        if own:
            return (own,)
        return super().log_files()

    def uses_journal(self) -> bool:
        """Whether Postfix logs to syslog, so maybe to systemd's journal."""
        return not self._maillog_file()

    def parse(self, line: str) -> Entry | None:
        """Return what a line consists of: "postfix/smtp[93]: text", under whatever syslog_name."""
        match = _LINE.search(line)
        return Entry(match.group("program"), match.group("pid"), match.group("text"), line) if match else None

    def take(self, entry: Entry) -> None:
        """Learn from an entry: the queue ID, the outcome, and what a process said before it."""
        self._note(entry)
        text = entry.text
        instance, _slash, program = entry.program.rpartition("/")
        # A service may have a longer name than its instance, such as postfix/relay.
        own = self.queue_ids and f"{instance}/".startswith(f"{self._instance}/")
        if own and program == "smtp" and text.startswith(("fatal:", "panic:")):
            # The client cannot even start: Postfix will wait a minute, and then it ends the same way.
            self.end(BROKEN, text)
            self.lines.append(entry.line)
            return
        named = _MESSAGE_ID.match(text)
        if named and named.group("id") == self.letter.message_id:
            self.queue_ids.append(named.group("queue_id"))
            self._instance = instance
        queue_id = text.partition(":")[0]
        if queue_id not in self.queue_ids:
            return
        active = _ACTIVE.match(text)
        if active:
            self._wanted[queue_id] = int(active.group("count"))
        status = _STATUS.match(text)
        if status:
            self._take_status(status, entry.pid)
        self.lines.append(entry.line)

    def can_try_again(self) -> bool:
        """Whether the message waits in the queue and this user may have it tried at once."""
        return self.status == DEFERRED and find_command("postqueue") is not None

    def try_again(self) -> None:
        """Have the message tried at once; without this, Postfix waits for minutes."""
        super().try_again()
        command, queue_id = find_command("postqueue"), self.queue_id
        if command and queue_id:
            run_quietly(command, "-i", queue_id)

    def removal(self, queue_id: str) -> list[str]:
        """Return the command that removes a message from the queue."""
        return [find_command("postsuper") or "postsuper", "-d", queue_id]

    def display(self, queue_id: str) -> list[str]:
        """Return the command that shows the header of a message in the queue."""
        return [find_command("postcat") or "postcat", "-qh", queue_id]

    def explain_silence(self) -> str:
        """Return why the log may not have a word about the message."""
        command = find_command("postfix")
        if command and os.geteuid() == 0 and run_quietly(command, "status") != 0:
            return "Postfix is not running, so the message waits in its maildrop."
        return super().explain_silence()

    def _maillog_file(self) -> str | None:
        try:
            with open("/etc/postfix/main.cf", encoding="utf-8", errors="replace") as file:
                found = _MAILLOG.findall(file.read())
        except OSError:
            return None
        path = str(found[-1]) if found else ""
        # Anything but a plain file (/dev/stdout in containers) ends in the journal, or nowhere.
        return path if path.startswith("/var/") else None

    def _note(self, entry: Entry) -> None:
        """Keep what a process said before it named the message: TLS and warnings."""
        pid, text, line = entry.pid, entry.text, entry.line
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
        self.relay = match.group("relay")
        relay = _RELAY.fullmatch(self.relay)
        self.host = relay.group("host") if relay else ""
        self.port = int(relay.group("port") or 25) if relay else 0
        self.tls = self._tls.get(pid)
        noted = self._notes.pop(pid, [])
        self.warnings.extend(line for line in noted if " TLS connection " not in line)
        self.lines.extend(noted)
        if match.group("status") != SENT:
            # "undeliverable" is said of probes and of what is sent with "sendmail -bv": nothing will follow.
            held_back = match.group("reply").startswith(_NOT_TRIED)
            self.end(
                DEFERRED if match.group("status") == DEFERRED else BOUNCED, match.group("reply"), held_back=held_back
            )
            return
        filtered = relay is not None and relay.group("address").startswith(_OWN_HOST)
        if filtered and "queued as" in match.group("reply"):
            return  # A content filter of this host; the message comes back under another ID.
        self.sent(match.group("queue_id"), match.group("reply"))
