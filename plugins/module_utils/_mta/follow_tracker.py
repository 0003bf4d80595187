# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What following a message has in common on every MTA: the message, the lines of a log, and what they add up to.

Another MTA is a subclass of Tracker in a file of its own, and a line in follow_mtas.py. It says how its log's lines
look (parse), what they mean for the message (take), and where they are; what it does not say is as most MTAs do it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply import Diagnosis

_ACCEPTED = re.compile(r"250 Ok (?P<id>[^\s.]+)\.?")
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

    def remove(self) -> None:
        """Take the message out of the queue; a test that failed must not be sent hours later."""

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
        if self.finished:
            return
        entry = self.parse(line)
        if entry is None:
            return
        # The journal and a file may both have the line, one of them later than the other.
        if entry.pid and (entry.pid, entry.text) in self._seen:
            return
        self._seen.add((entry.pid, entry.text))
        self.take(entry)

    def end(self, status: str, reply: str) -> None:
        """Set the outcome of an attempt."""
        self.finished, self.status, self.reply = True, status, reply


def syslog_files() -> tuple[str, ...]:
    """Return the files that syslog writes mail's lines to, those that exist if any does."""
    return tuple(path for path in _SYSLOG_FILES if os.path.exists(path)) or _SYSLOG_FILES[:1]


def find_command(name: str) -> str | None:
    """Return the path of an administrator's command; its folder need not be in this user's PATH."""
    path = "/usr/sbin/" + name
    return path if os.access(path, os.X_OK) else shutil.which(name)


def run_quietly(*command: str) -> int:
    """Run a command and return its exit status, -1 when it does not end in time."""
    try:
        return subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=_SECONDS, check=False
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


def end_processes_of(program: str, argument: str) -> None:
    """End what runs as ``program`` with this argument, such as the queue ID of the message it delivers; wait a second.

    Known by its command line: /proc/PID/exe of what changes its user is hidden, from root in a container too.
    """
    end = time.monotonic() + _PATIENCE
    while _end_processes(os.path.basename(program), argument) and time.monotonic() < end:
        time.sleep(0.02)


def _end_processes(name: str, argument: str) -> bool:
    found = False
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                arguments = file.read().decode("utf-8", "replace").split("\0")
            if argument in arguments[1:] and os.path.basename(arguments[0]) == name:
                found = True
                os.kill(int(pid), signal.SIGTERM)
    return found


def ask(*command: str) -> str:
    """Return what a command prints, "" when it fails."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""
