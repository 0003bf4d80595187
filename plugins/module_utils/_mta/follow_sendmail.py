# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A message's way through Sendmail, read from its log.

The sendmail command hands the message to the daemon of this host under a second queue ID. Source: Sendmail
Installation and Operation Guide, "Log File Format", and Sendmail 8.15, 8.17 and 8.18 on Debian.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import re
import time
from typing import TYPE_CHECKING, Any

from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_tracker import (
    BOUNCED,
    DEFERRED,
    SENT,
    Entry,
    Letter,
    Tracker,
    find_command,
    start_quietly,
)

if TYPE_CHECKING:
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply import Diagnosis

QUEUES = ("/var/spool/mqueue", "/var/spool/mqueue-client", "/var/spool/clientmqueue")
_CONFIGURATION = ("/etc/mail/sendmail.cf", "/etc/sendmail.cf")
_ENTRY = re.compile(r"(?P<queue_id>[0-9A-Za-z]{8,20}): (?P<text>.*)$")
_ARRIVED = re.compile(r"from=.*?, nrcpts=(?P<count>[0-9]+), msgid=(?P<id>[^,]+),")
_OUTCOME = re.compile(
    r"to=(?P<to>.*?), (?:ctladdr=.*?, )?delay=.*?(?:, mailer=(?P<mailer>[^,]+))?(?:, pri=[0-9]+)?"
    r"(?:, relay=(?P<relay>.*?))?(?:, dsn=(?P<dsn>[0-9.]+))?(?:, reply=(?P<reply>.*))?, stat=(?P<stat>.*)$"
)
_HANDED_ON = re.compile(r"Sent \((?P<queue_id>[0-9A-Za-z]{8,20}) Message accepted for delivery\)")
_TLS = re.compile(
    r"STARTTLS=client, relay=(?P<relay>[^,]+), version=(?P<version>[^,]+), verify=(?P<verify>\w+), cipher=(?P<cipher>[^,]+)"
)
_NOTES = ("STARTTLS=client", "AUTH=client", "ruleset=tls_server")
_OWN_HOST = re.compile(r"\[(?:127\.|::1|IPv6:::1)")
_CONNECTION_LOST = ("4.4.2", "4.0.0")  # RFC 3463: bad connection; Sendmail 8.15 does not tell more.
_CODE = re.compile(r"[245][0-9]{2}[ -]")
_PORT = re.compile(r"^M(?:relay|esmtp|ses[-0-9]*),(?:[^\n]|\n\s)*?A=TCP \$h (?P<port>[0-9]+)", re.MULTILINE)
_FILES = ("df", "qf", "Qf", "hf", "xf", "tf")


# How long Sendmail may take to write a message's file after its log's line, in seconds.
_REWRITTEN = 0.1
_ALLOWANCE = 2.0


class SendmailTracker(Tracker):
    """What Sendmail's log says of one message, known by its Message-ID."""

    name = "sendmail"
    title = "Sendmail"
    relay_settings = "SMART_HOST and mailertable in sendmail.mc"

    def __init__(self, letter: Letter, queues: tuple[str, ...] = QUEUES) -> None:
        super().__init__(letter)
        self._queues = queues
        self._tls: dict[str, dict[str, Any]] = {}
        self._notes: dict[str, list[str]] = {}
        self._stuck = False

    def take(self, entry: Entry) -> None:
        """Learn from an entry: the queue IDs, TLS, the outcome."""
        match = _ENTRY.match(entry.text)
        if match is None or "=client" in match.group("queue_id"):
            self._note(entry)
            return
        queue_id, text = match.group("queue_id"), match.group("text")
        arrived = _ARRIVED.match(text)
        if arrived and arrived.group("id") == self.letter.message_id:
            self._wanted[queue_id] = int(arrived.group("count"))
            self._know(queue_id)
        outcome = _OUTCOME.match(text) if queue_id in self.queue_ids else None
        if outcome:
            self._take_outcome(outcome, queue_id, entry.pid)
        if queue_id in self.queue_ids:
            self.lines.append(entry.line)

    def can_try_again(self) -> bool:
        """Whether the message waits in the queue and this user may have it tried at once."""
        return (
            self.status == DEFERRED and not self._stuck and os.geteuid() == 0 and find_command("sendmail") is not None
        )

    def try_again(self) -> None:
        """Have the message tried at once, by a queue run for it alone."""
        super().try_again()
        command, queue_id = find_command("sendmail"), self.queue_id
        if command and queue_id:
            start_quietly(command, f"-qI{queue_id}")

    def remove(self) -> str:
        """Take a message whose attempt has ended out of the queues, as its guide tells administrators to.

        There is no command for it. Whoever delivers a message holds a lock on its control file, and it stays then.
        """
        if self.status == SENT:
            return ""
        end = time.monotonic() + _ALLOWANCE
        left = [queue_id for queue_id in self.queue_ids if not self._unlink(queue_id, end)]
        return " ".join(
            f"It is still in the queue as {queue_id}; remove it with rm {self._queues[0]}/*{queue_id} when no sendmail "
            "delivers it."
            for queue_id in left
        )

    def _unlink(self, queue_id: str, end: float) -> bool:
        """Remove a message's files; return whether there are none left."""
        for folder in _folders(self._queues):
            control = os.path.join(folder, "qf" + queue_id)
            while os.path.exists(control) and not _take_away(control, self.letter.message_id):
                if time.monotonic() > end:
                    return False
                time.sleep(_REWRITTEN)
        for folder in _folders(self._queues):
            for kind in _FILES:
                with contextlib.suppress(OSError):
                    os.unlink(os.path.join(folder, kind + queue_id))
        return True

    def explain(self, found: Diagnosis) -> Diagnosis:
        """Return what Sendmail's words mean: it hides a refused login, and before 8.16 every refusal's text."""
        if self._stuck:
            return dataclasses.replace(
                found,
                kind="mta_broken",
                code=None,
                cause="Sendmail's daemon does not take mail, so the message waited in the queue of the sendmail command.",
                fix="Start the daemon (systemctl start sendmail), or see in its log why it does not answer.",
            )
        if found.kind == "no_auth":
            return dataclasses.replace(
                found,
                cause="Sendmail sent without a login. It does so without a word in its log when SES refuses the "
                "credential (535), and when it has none for this host.",
                fix="Test the credential from this host with through=ses and stage=auth. If it is right: the key in "
                "authinfo must be the relay's name (AuthInfo:{host}), its table must be newer than its "
                "source, and the SASL modules for PLAIN and LOGIN must be installed.".replace("{host}", self.host),
            )
        if found.kind == "unknown" and self.status == BOUNCED:
            return dataclasses.replace(
                found,
                kind="not_logged",
                cause="SES refused the message. This Sendmail is older than 8.16 and does not log what SES said; "
                "it stands in the bounce alone, which went to the sender or to postmaster.",
                fix="Send the same with through=ses from this host, which shows the reply, or read the bounce.",
            )
        return found

    def _know(self, queue_id: str) -> None:
        if queue_id not in self.queue_ids:
            self.queue_ids.append(queue_id)

    def _note(self, entry: Entry) -> None:
        """Keep what a process said before it named the message: TLS, and why it does not go on."""
        tls = _TLS.match(entry.text)
        if tls:
            self._tls[entry.pid] = {
                "version": tls.group("version"),
                "cipher": tls.group("cipher"),
                "verified": tls.group("verify") == "OK",
            }
        if entry.text.startswith(_NOTES):
            self._notes.setdefault(entry.pid, []).append(entry.line)

    def _take_outcome(self, outcome: re.Match[str], queue_id: str, pid: str) -> None:
        stat, relay = outcome.group("stat"), outcome.group("relay") or ""
        handed_on = _HANDED_ON.fullmatch(stat)
        if handed_on and _OWN_HOST.search(relay):
            self._know(handed_on.group("queue_id"))
            return
        if stat == "queued":
            return
        self.relay = relay or f"the mailer {outcome.group('mailer')}"
        self.host = relay.split(" ")[0].rstrip(".")
        self.port = _port() if relay else 0
        self.tls = self._tls.get(pid)
        noted = self._notes.pop(pid, [])
        self.lines.extend(noted)
        if stat.startswith("Sent"):
            self._count_sent(queue_id, outcome.group("to"), stat)
            return
        self.warnings.extend(noted)
        deferred = stat.startswith("Deferred")
        self._stuck = deferred and bool(_OWN_HOST.search(relay))
        if stat == "Deferred" and outcome.group("dsn") in _CONNECTION_LOST:
            stat = "Deferred: connection closed unexpectedly"
        self.end(DEFERRED if deferred else BOUNCED, _reply(outcome.group("reply") or "", stat))

    def _count_sent(self, queue_id: str, recipients: str, stat: str) -> None:
        said = stat.partition("(")[2].rpartition(")")[0]
        # Sendmail leaves out the code: "stat=Sent (Ok 0102019f...)".
        self.sent(queue_id, f"250 {said}" if said else stat, recipients.count(",") + 1)


def _take_away(control: str, message_id: str) -> bool:
    """Take a control file away from queue runs, and remove it; False while somebody delivers it or it is another's."""
    with contextlib.suppress(OSError), open(control, "r+b") as file:
        # Which of the two Sendmail uses is chosen when it is built (HASFLOCK).
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if message_id.encode("ascii", "replace") in file.read():
            os.unlink(control)
            return True
    return False


def _reply(reply: str, stat: str) -> str:
    """Return what SES said, or else what Sendmail says: "Deferred: 421 Too many", "Service unavailable"."""
    said = stat.partition(": ")[2] if stat.startswith("Deferred: ") else stat
    return reply if _CODE.match(reply) else said


def _folders(queues: tuple[str, ...]) -> list[str]:
    """Return the queues' folders; a queue may be split into folders, and each into one for every kind of file."""
    found = []
    for queue in queues:
        for folder, names, _files in os.walk(queue):
            found.append(folder)
            names[:] = [name for name in names if name in ("df", "qf", "xf") or name.startswith("q")]
    return found


def _port() -> int:
    """Return the port of the relay, which is not in the log."""
    for path in _CONFIGURATION:
        with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="replace") as file:
            found = {int(match.group("port")) for match in _PORT.finditer(file.read())}
            return found.pop() if len(found) == 1 else 0
    return 0
