# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A message's way through OpenSMTPD, read from its log.

The log has no Message-ID. OpenSMTPD's sendmail tells the message's ID when it is asked to be verbose, and the lines
about the message's envelopes have that ID followed by eight more digits. Source: OpenSMTPD 6.8 and 7.6.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
from typing import Any

from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_tracker import (
    BOUNCED,
    DEFERRED,
    Entry,
    FollowError,
    Letter,
    Tracker,
    ask,
    find_command,
    run_quietly,
)

SPOOL = "/var/spool/smtpd"
_CONFIGURATION = ("/etc/smtpd.conf", "/etc/mail/smtpd.conf", "/etc/smtpd/smtpd.conf")
_RELAY_HOST = re.compile(
    r"^[^#\n]*\brelay\s.*?\bhost\s+\"?[a-z+-]+://(?:[^@\s\"]*@)?(?P<host>[^:\s\"]+)(?::(?P<port>[0-9]+))?", re.MULTILINE
)
_TAKEN = re.compile(r"<<< 250 .*?\b(?P<id>[0-9a-f]{8})\b.* accepted for delivery")
_LINE = re.compile(r"(?P<session>[0-9a-f]{16}) (?P<text>.*)$")
_ARRIVED = re.compile(r"smtp message msgid=(?P<id>[0-9a-f]{8}) .*nrcpt=(?P<count>[0-9]+)")
_CONNECTING = re.compile(r"mta connecting address=\S*?:(?P<port>[0-9]+) ")
_TLS = re.compile(r"mta tls ciphers=(?P<version>[^:]+):(?P<cipher>[^:]+)")
_CERTIFICATE = re.compile(r"mta (?:server-)?cert-check result=\"(?P<result>[^\"]*)\"")
_ERROR = re.compile(r"mta error reason=(?P<why>.*)$")
_DELIVERY = re.compile(
    r"(?:mta|mda) delivery evpid=(?P<id>[0-9a-f]{8})[0-9a-f]{8} .*?(?: relay=\"(?P<relay>[^\"]*)\")?"
    r"(?: delay=\S+)? result=\"(?P<result>\w+)\" stat=\"(?P<reply>.*)\"$"
)
_NO_ROUTE = "smtp-out: No valid route for"
_DISABLED = re.compile(r"^(?P<id>[0-9]+)\. \S+ <-> (?P<address>[0-9a-fA-F.:]+)\b.* [N-]?D", re.MULTILINE)
_NETWORK_ERROR = "etwork error on destination"
_VERIFIED = ("success", "valid", "verified")


class OpensmtpdTracker(Tracker):
    """What OpenSMTPD's log says of one message, known by the ID that its sendmail told."""

    name = "opensmtpd"
    title = "OpenSMTPD"
    relay_settings = "the action's relay host in smtpd.conf"

    def __init__(self, letter: Letter, spool: str = SPOOL) -> None:
        super().__init__(letter)
        self._spool = spool
        self._arrived = False
        self._in_queue = False
        self._error = ""
        self._tls: dict[str, dict[str, Any]] = {}
        self._sessions: dict[str, list[str]] = {}

    def command(self, sendmail: str) -> list[str]:
        """Return the command, told to show its dialogue with the daemon, which names the message's ID."""
        program, *rest = super().command(sendmail)
        return [program, "-v", *rest]

    def submitted(self, status: int, output: str) -> None:
        """Learn the message's ID from the dialogue."""
        if status == os.EX_TEMPFAIL and self._take_back():
            raise FollowError(
                "OpenSMTPD is not running: its sendmail ended with status 75 and kept the message for later. It was "
                "taken back. Start the service (systemctl start opensmtpd), or see in its log why it does not start."
            )
        super().submitted(status, output)
        taken = _TAKEN.search(output)
        if taken:
            self.queue_ids.append(taken.group("id"))

    def take(self, entry: Entry) -> None:
        """Learn from an entry: sessions with the relay, and the outcome of the message's envelopes."""
        if entry.program != "smtpd":
            return
        match = _LINE.match(entry.text)
        if match:
            self._take_session(match.group("session"), match.group("text"), entry.line)
        elif entry.text.startswith(_NO_ROUTE) and self._error:
            self.lines.append(entry.line)
            self.end(DEFERRED, self._error)

    def can_try_again(self) -> bool:
        """Whether the message waits in the queue and this user may have it tried at once."""
        return self._in_queue and os.geteuid() == 0 and find_command("smtpctl") is not None

    def try_again(self) -> None:
        """Have the message tried at once, over the relay's own routes, which may be disabled after an earlier failure."""
        super().try_again()
        self._in_queue, self._error = False, ""
        command = find_command("smtpctl")
        if command and self.queue_id:
            relay = _addresses(_relay_host(self.port))
            for route, address in _DISABLED.findall(ask(command, "show", "routes")):
                if address in relay:
                    run_quietly(command, "resume", "route", route)
            run_quietly(command, "schedule", self.queue_id)

    def removal(self, queue_id: str) -> list[str]:
        """Return the command that removes a message; while an attempt lasts, the daemon does so at its end."""
        return [find_command("smtpctl") or "smtpctl", "remove", queue_id]

    def display(self, queue_id: str) -> list[str]:
        """Return the command that shows a message in the queue."""
        return [find_command("smtpctl") or "smtpctl", "show", "message", queue_id]

    def _take_session(self, session: str, text: str, line: str) -> None:
        arrived = _ARRIVED.match(text)
        if arrived and arrived.group("id") in self.queue_ids:
            self._arrived = True
            self._wanted[arrived.group("id")] = int(arrived.group("count"))
        elif self.queue_id and f"evpid={self.queue_id}" in text:
            delivery = _DELIVERY.match(text)
            if delivery:
                self.lines.extend(self._sessions.pop(session, []))
                self._take_delivery(delivery, session)
        else:
            self._note_session(session, text, line)
            return
        self.lines.append(line)

    def _note_session(self, session: str, text: str, line: str) -> None:
        """Keep what a session with the relay says; which messages are for it, it says only with their outcome."""
        if not self._arrived or not text.startswith("mta ") or _DELIVERY.match(text):
            return
        self._sessions.setdefault(session, []).append(line)
        connecting, tls = _CONNECTING.match(text), _TLS.match(text)
        checked, error = _CERTIFICATE.match(text), _ERROR.match(text)
        if connecting:
            self.port = int(connecting.group("port"))
        elif tls:
            self._tls[session] = {"version": tls.group("version"), "cipher": tls.group("cipher"), "verified": False}
        elif checked and session in self._tls:
            self._tls[session]["verified"] = checked.group("result") in _VERIFIED
        elif error:
            self._error = error.group("why")
            self.host = self.host or _relay_host(self.port)
            self.lines.extend(self._sessions.pop(session))

    def _take_delivery(self, delivery: re.Match[str], session: str) -> None:
        self.relay = delivery.group("relay") or "a mailbox of this host"
        self.tls = self._tls.get(session)
        result, reply = delivery.group("result"), delivery.group("reply")
        if delivery.group("relay"):
            self.host = _relay_host(self.port) or self.relay.split(" ")[0]
        if result == "Ok":
            self.sent(delivery.group("id"), reply)
            return
        self._in_queue, held_back = result == "TempFail", False
        if _NETWORK_ERROR in reply:
            # The reason stands with the session that failed; without one, an earlier message's failure disabled the route.
            held_back = not self._error
            reply = self._error or reply
        self.end(DEFERRED if self._in_queue else BOUNCED, reply, held_back=held_back)

    def _take_back(self) -> bool:
        """Remove the message from what waits for the daemon's start; return whether it was there."""
        wanted = self.letter.message_id.encode("ascii", "replace")
        with contextlib.suppress(OSError):
            folder = os.path.join(self._spool, "offline")
            for path in (os.path.join(folder, name) for name in os.listdir(folder)):
                with open(path, "rb") as file:
                    found = wanted in file.read()
                if found:
                    os.unlink(path)
                    return True
        return False


def relay_host(configuration: str, port: int) -> str:
    """Return the one host that smtpd.conf relays to (at this port, if that tells); "" if there are more, or none."""
    matches = _RELAY_HOST.finditer(configuration.replace("\\\n", " "))
    found = {(match.group("host"), int(match.group("port") or 0)) for match in matches}
    at_port = {host for host, number in found if number == port} or {host for host, _number in found}
    return at_port.pop() if len(at_port) == 1 else ""


def _addresses(host: str) -> set[str]:
    with contextlib.suppress(OSError):
        return {str(found[4][0]) for found in socket.getaddrinfo(host, None)} if host else set()
    return set()


def _relay_host(port: int) -> str:
    """Return the relay's name: the log has its address, and the name that this address has."""
    for path in _CONFIGURATION:
        with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="replace") as file:
            return relay_host(file.read(), port)
    return ""
