# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A message's way through Exim, read from its main log. Source: Exim's specification, chapter "Log files"."""

from __future__ import annotations

import os
import re
import time

from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_tracker import (
    BOUNCED,
    DEFERRED,
    Entry,
    Letter,
    Tracker,
    ask,
    find_command,
    start_quietly,
)

# IDs are 1xVaWv-0000Z8-HC and, since Exim 4.97, 1xVaWs-000000000Xx-16sG. Before them a time, in syslog the program.
_LINE = re.compile(
    r"(?:exim\w*\[(?P<syslog_pid>[0-9]+)\]: )?"
    r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,15} )?(?:[+-][0-9]{4} )?(?:\[(?P<pid>[0-9]+)\] )?"
    r"(?P<text>[0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4}) .+)$"
)
_ARRIVED = re.compile(r"<= .* id=(?P<id>\S+)")
_DELIVERED = re.compile(r"[=-]> .*? T=(?P<transport>\S+)(?:.* C=\"(?P<reply>.*)\")?")
_HOST = re.compile(r" H=(?P<host>\S+) \[[^\]]+\](?::(?P<port>[0-9]+))?")
_TLS = re.compile(r" X=(?P<version>[^:\s]+):(?P<cipher>\S+?)(?::[0-9]+)? CV=(?P<verified>\w+)")
# "== a@b R=r T=t defer (-53) H=host [address]: why", "** a@b R=r T=t H=host [address] X=...: why", "** a@b: why"
_FAILED = re.compile(
    r"(?:==|\*\*) (?P<address>\S+(?: <[^>]*>)?)(?: [A-Z]+=(?:\"[^\"]*\"|\S+)(?: \[[^\]]*\](?::[0-9]+)?)?| defer \(.*?\))*:? (?P<why>.*)$"
)
_PLACE = re.compile(r"^\s+host (?P<host>\S+)\s+\[[^\]]+\](?:.* port=(?P<port>[0-9]+))?", re.MULTILINE)
_NOT_TRIED = "retry time not reached"
_NOT_AUTHENTICATED = "authentication required but"


class EximTracker(Tracker):
    """What Exim's log says of one message, known by its Message-ID."""

    name = "exim"
    title = "Exim"
    relay_settings = "its routers; in Debian's configuration dc_smarthost and dc_other_hostnames"

    def __init__(self, letter: Letter) -> None:
        super().__init__(letter)
        self._logs = log_places(_setting("log_file_path"))
        self._failed_login = ""
        self._last = ""

    def log_files(self) -> tuple[str, ...]:
        """Return Exim's own main log, or those of syslog."""
        return self._logs or super().log_files()

    def uses_journal(self) -> bool:
        """Whether Exim logs to syslog alone."""
        return not self._logs

    def parse(self, line: str) -> Entry | None:
        """Return what a line about a message consists of; its text begins with the queue ID."""
        match = _LINE.search(line)
        if not match:
            return None
        return Entry("exim", match.group("syslog_pid") or "", match.group("text"), line)

    def take(self, entry: Entry) -> None:
        """Learn from an entry: the queue ID, the host, the outcome."""
        queue_id, _space, text = entry.text.partition(" ")
        arrived = _ARRIVED.match(text)
        if arrived and f"<{arrived.group('id')}>" == self.letter.message_id:
            self.queue_ids.append(queue_id)
        if queue_id not in self.queue_ids:
            return
        self.lines.append(entry.line)
        self._note(text)
        delivered = _DELIVERED.match(text)
        if delivered:
            self.relay = self.relay or delivered.group("transport")
            self._wanted[queue_id] = len(self.letter.recipients) + 1  # "Completed" tells the end, not the count.
            self.sent(
                queue_id, delivered.group("reply") or f"delivered by the transport {delivered.group('transport')}"
            )
            self._last = delivered.group("reply") or ""
        elif text.startswith("== "):
            self._take_failure(DEFERRED, text)
        elif text.startswith("** "):
            self._take_failure(BOUNCED, text)
        elif text.partition(" ")[0] == "Completed":
            self._wanted[queue_id] = 0
            self.sent(queue_id, self._last, 0)

    def can_try_again(self) -> bool:
        """Whether the message waits in the queue and this user may have it tried at once."""
        return self.status == DEFERRED and _exim() is not None and os.geteuid() == 0

    def try_again(self) -> None:
        """Have the message tried at once, whatever Exim remembers of its host."""
        super().try_again()
        command, queue_id = _exim(), self.queue_id
        if command and queue_id:
            start_quietly(command, "-M", queue_id)

    def locate(self) -> None:
        """Ask Exim where it would send: its log has the port only when it is told to log that."""
        command = _exim()
        if command and not self.port:
            place = _PLACE.search(ask(command, "-bt", self.letter.recipients[0]))
            if place:
                self.host = self.host or place.group("host")
                self.port = int(place.group("port") or 25)

    def removal(self, queue_id: str) -> list[str]:
        """Return the command that removes a message from the queue; it fails while one is being delivered."""
        return [_exim() or "exim", "-Mrm", queue_id]

    def display(self, queue_id: str) -> list[str]:
        """Return the command that shows the header of a message in the queue."""
        return [_exim() or "exim", "-Mvh", queue_id]

    def _note(self, text: str) -> None:
        """Keep what a line says of the host, and of an attempt that failed before the line with the outcome."""
        host = _HOST.search(text)
        if host:
            self.relay = self.host = host.group("host")
            self.port = int(host.group("port") or 0)
        tls = _TLS.search(text)
        if tls:
            self.tls = {
                "version": re.sub(r"^TLS(?=1)", "TLSv", tls.group("version")),
                "cipher": tls.group("cipher"),
                "verified": tls.group("verified") != "no",
            }
        if " authenticator failed " in text:
            self._failed_login = text
        if text[:2] not in ("<=", "=>", "->", "==", "**"):
            self.warnings.append(text)

    def _take_failure(self, status: str, text: str) -> None:
        reason = _FAILED.match(text)
        reply = reason.group("why") if reason else text
        if reply.startswith(_NOT_AUTHENTICATED) and self._failed_login:
            # The reply of SES stands in a line of its own: "plain authenticator failed H=... 535 ...".
            reply = self._failed_login
        self.end(status, reply, held_back=_NOT_TRIED in reply)


def log_places(log_file_path: str) -> tuple[str, ...]:
    """Return the main log of Exim's setting C(log_file_path); none when all goes to syslog.

    The value is a list like "/var/log/exim/%slog:syslog"; C(%s) stands for the log's name, C(%D) and C(%M) for the day.
    """
    today = {"%s": "main", "%D": time.strftime("%Y%m%d"), "%M": time.strftime("%Y%m")}
    path = next((part.strip() for part in log_file_path.split(":") if part.strip().startswith("/")), None)
    if path is None:
        return ()
    for mark, value in today.items():
        path = path.replace(mark, value)
    return (path,)


def _exim() -> str | None:
    return find_command("exim4") or find_command("exim")


def _setting(name: str) -> str:
    command = _exim()
    return ask(command, "-bP", name).partition("=")[2].strip() if command else ""
