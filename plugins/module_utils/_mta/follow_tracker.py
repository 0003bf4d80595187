# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What following a message has in common on every MTA: the message, the lines of a log, and what they add up to.

Another MTA is a subclass of Tracker in a file of its own, and a line in follow_mtas.py. It says how its log's lines
look (parse), what they mean for the message (take), and where they are; what it does not say is as most MTAs do it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply import Diagnosis

# SES's IDs are hexadecimal with dashes; other servers say "250 Ok" and a word too.
_ACCEPTED = re.compile(r"250 Ok (?P<id>(?=[0-9a-f]*-)[0-9a-f-]{16,})\.?")
_SYSLOG = re.compile(r"(?:^|\s)(?P<program>[A-Za-z][\w./-]*)(?:\[(?P<pid>[0-9]+)\])?:\s(?P<text>.*)$")
_SYSLOG_FILES = ("/var/log/mail.log", "/var/log/maillog")
_SECONDS = 10
_PATIENCE = 1.0

SENT, DEFERRED, BOUNCED, BROKEN = "sent", "deferred", "bounced", "broken"


class FollowError(Exception):
    """The test cannot be made on this host; nothing was submitted, or the MTA did not take it."""


@dataclass(frozen=True)
class Letter:
    """A message with CRLF line ends; without a ``sender`` the MTA gives its own, as to mail of cron."""

    message_id: str
    data: bytes
    sender: str
    recipients: tuple[str, ...]


class Entry(NamedTuple):
    """A line of a log: who wrote it (``pid`` is empty where the log does not say), what, and the whole of it."""

    program: str
    pid: str
    text: str
    line: str


class Tracker:
    """What is known of one message on its way through an MTA.

    ``status`` is empty, "sent" (to whomever), "deferred", "bounced" or "broken" (the MTA's client cannot work at all);
    ``reply`` is what SES, or the MTA itself, said last, beginning with the code where SES said it. ``finished`` is set
    with the outcome of an attempt; ``held_back`` says that it was none, because the MTA waits after an earlier
    message's failure. ``lines`` are the log's lines about the message, ``warnings`` those with a reason
    that the reply may lack.
    """

    name = ""
    """As in the module's result."""
    title = ""
    """As its manual writes it."""
    relay_settings = ""
    """Where its configuration says who gets a message, for the reader of a failure."""
    journal_match = "SYSLOG_FACILITY=2"
    """What its entries in systemd's journal have in common: mail, as syslog knows it."""
    keeps_queue = True
    """Whether it takes a message and delivers it later; if not, the sendmail command itself ends with the outcome."""

    def __init__(self, letter: Letter) -> None:
        self.letter = letter
        self.queue_ids: list[str] = []
        self.finished = False
        self.held_back = False
        self.status = ""
        self.reply = ""
        self.relay = ""
        self.host = ""
        self.port = 0
        self.tls: dict[str, Any] | None = None
        self.warnings: list[str] = []
        self.lines: list[str] = []
        self._seen: set[tuple[str, str]] = set()
        self._wanted: dict[str, int] = {}
        self._done: dict[str, int] = {}
        self._elsewhere: tuple[str, str, str, int] | None = None

    # What an MTA's own class says.

    def parse(self, line: str) -> Entry | None:
        """Return what a line of the log consists of, as syslog writes it; None when it is nothing of this MTA."""
        match = _SYSLOG.search(line)
        if not match:
            return None
        return Entry(match.group("program"), match.group("pid") or "", match.group("text"), line)

    def take(self, entry: Entry) -> None:
        """Learn from an entry; called once for each until ``finished`` is set."""
        raise NotImplementedError

    def log_files(self) -> tuple[str, ...]:
        """Return the files that the MTA may log to; they need not exist."""
        return syslog_files()

    def uses_journal(self) -> bool:
        """Whether its log may be in systemd's journal."""
        return True

    def command(self, sendmail: str) -> list[str]:
        """Return the command that submits the message as cron does: sendmail's, which every MTA brings."""
        sender = ["-f", self.letter.sender] if self.letter.sender else []
        return [sendmail, "-i", *sender, "--", *self.letter.recipients]

    def submitted(self, status: int, output: str) -> None:
        """Learn from how the sendmail command ended; raise FollowError when the message was not taken."""
        if status != 0:
            raise FollowError(
                f"{self.title}'s sendmail refused the message with status {status} and said: {output or 'nothing'}. "
                "Correct that, then check the MTA's configuration."
            )

    def can_try_again(self) -> bool:
        """Whether the message waits in the queue and this user may have it tried at once."""
        return False

    def try_again(self) -> None:
        """Have the message tried at once; without this, the MTA waits for minutes."""
        self.finished = self.held_back = False
        self.status = ""

    def remove(self) -> str:
        """Take the message out of the queue, for a test that failed must not be sent hours later.

        Return what to tell when it stays. Only a message that is known to be ours is removed (IDs are used again), by the
        MTA's own command, which leaves one alone that is being delivered.
        """
        queue_id = self.queue_id
        if self.status == SENT or not queue_id:
            return ""
        removal = self.removal(queue_id)
        if not removal:
            return ""
        if os.geteuid() == 0:
            if not self.is_ours(queue_id) or run_quietly(*removal, seconds=_PATIENCE) == 0:
                return ""
        elif self.status == BOUNCED:
            return ""
        return f"It is still in the queue as {queue_id}; remove it with {' '.join(removal)}."

    def removal(self, queue_id: str) -> list[str]:
        """Return the command that removes a message from the queue; none where there is none."""
        return []

    def display(self, queue_id: str) -> list[str]:
        """Return the command that shows the header of a message in the queue."""
        return []

    def is_ours(self, queue_id: str) -> bool:
        """Whether the message in the queue under this ID is the one of the test."""
        shown = self.display(queue_id)
        return bool(shown) and self.letter.message_id in ask(*shown, seconds=_PATIENCE)

    def locate(self) -> None:
        """Complete ``host`` and ``port`` when the log does not have them; called before a failure is explained."""

    def explain(self, found: Diagnosis) -> Diagnosis:
        """Return what ``reply`` means when this MTA is who says it; as it reads, unless the MTA hides the reason."""
        return found

    def explain_silence(self) -> str:
        """Return why the log may not have a word about the message."""
        return f"{self.title} logs somewhere else, or this user may not read the log."

    # What is the same for all of them.

    @property
    def queue_id(self) -> str | None:
        """The newest queue ID: a content filter hands the message back under another."""
        return self.queue_ids[-1] if self.queue_ids else None

    @property
    def accepted_as(self) -> str | None:
        """The message's ID at SES, once SES has accepted it."""
        match = _ACCEPTED.fullmatch(self.reply) if self.finished and self.status == SENT else None
        return match.group("id") if match else None

    def feed(self, line: str) -> None:
        """Take in one line of the log."""
        if self.finished and self.status != DEFERRED:
            return
        entry = self.parse(line)
        if entry is None:
            return
        # The journal and a file may both have the line, one of them later than the other.
        if entry.pid and (entry.pid, entry.text) in self._seen:
            return
        self._seen.add((entry.pid, entry.text))
        self.take(entry)

    def end(self, status: str, reply: str, *, held_back: bool = False) -> None:
        """Set the outcome of an attempt.

        After one that was put off, the same said again changes nothing: it is another recipient's line. Anything else is
        the outcome of an attempt that the MTA has made by itself.
        """
        if self.finished and status == DEFERRED:
            return
        self.finished, self.status, self.reply, self.held_back = True, status, reply, held_back

    def sent(self, queue_id: str, reply: str, recipients: int = 1) -> None:
        """Count recipients that somebody took; with the last of them the attempt ends.

        Whatever went to anybody but SES is then the outcome, though SES took the rest.
        """
        if self._elsewhere is None and not _ACCEPTED.fullmatch(reply):
            self._elsewhere = (reply, self.relay, self.host, self.port)
        self._done[queue_id] = self._done.get(queue_id, 0) + recipients
        if self._done[queue_id] < self._wanted.get(queue_id, 1):
            return
        if self._elsewhere:
            reply, self.relay, self.host, self.port = self._elsewhere
        self.end(SENT, reply)


def syslog_files() -> tuple[str, ...]:
    """Return the files that syslog writes mail's lines to, those that exist if any does."""
    return tuple(path for path in _SYSLOG_FILES if os.path.exists(path)) or _SYSLOG_FILES[:1]


def find_command(name: str) -> str | None:
    """Return the path of an administrator's command; its folder need not be in this user's PATH."""
    path = "/usr/sbin/" + name
    return path if os.access(path, os.X_OK) else shutil.which(name)


def run_quietly(*command: str, seconds: float = _SECONDS) -> int:
    """Run a command and return its exit status, -1 when it does not end in time."""
    try:
        return subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=seconds, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        return -1


def start_quietly(*command: str) -> None:
    """Run a command that may take long, and do not wait for it."""
    subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def ask(*command: str, seconds: float = _SECONDS) -> str:
    """Return what a command prints, "" when it fails."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=seconds, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""
