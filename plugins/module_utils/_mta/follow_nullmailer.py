# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A message's way through nullmailer, read from what nullmailer-send says.

It makes one attempt after another, so each line is about the message that it named last. Source: nullmailer-send(8),
and nullmailer 2.2 on Debian 11 and 13.
"""

from __future__ import annotations

import contextlib
import os
import re

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import follow_journal
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_tracker import (
    BOUNCED,
    DEFERRED,
    SENT,
    Entry,
    Letter,
    Tracker,
)

SPOOL = "/var/spool/nullmailer"
_STARTED = re.compile(r"Starting delivery: (?:host: (?P<host>\S+) protocol: \S+ )?file: (?P<file>\S+)")
_MESSAGE_ID = re.compile(r"Message-ID: (?P<id>\S+)", re.IGNORECASE)
_RESULT = re.compile(r"\w+: (?:Succeeded|Failed):\s*(?P<reply>.*)$")
_FAILED = re.compile(r"Sending failed:?\s*(?P<why>.*)$")
_MOVED = "Moving message "
_ALL_TRIED = "Delivery complete"
_READABLE = {"Protocol error": "Protocol error: connection closed unexpectedly"}
# The last is the protocol that the role ses_relay brings.
_CLIENTS = ("smtp", "qmqp", "ses")
_HEADER_BYTES = 65536


class NullmailerTracker(Tracker):
    """What nullmailer's log says of one message, known by its Message-ID; its queue ID is the name of its file."""

    name = "nullmailer"
    title = "nullmailer"
    relay_settings = "/etc/nullmailer/remotes"

    def __init__(self, letter: Letter, spool: str = SPOOL) -> None:
        super().__init__(letter)
        self._spool = spool
        self._file = ""
        self._host = ""
        self._said = ""
        self._heading: list[str] = []

    def log_files(self) -> tuple[str, ...]:
        """Return syslog's files where there is no journal: of two logs one lags, and only the order tells what is whose."""
        return () if follow_journal.is_running() else super().log_files()

    def parse(self, line: str) -> Entry | None:
        """Return what a line consists of.

        Without its process ID, unless it is of a client that nullmailer-send started: with each attempt the sender
        says the same again.
        """
        entry = super().parse(line)
        if entry is None or entry.program != "nullmailer-send":
            return None
        return entry if _RESULT.match(entry.text) else entry._replace(pid="")

    def take(self, entry: Entry) -> None:
        """Learn from an entry: which message's turn it is, and how its attempt ended."""
        text = entry.text
        started = _STARTED.match(text)
        if started:
            self._file, self._host, self._said = started.group("file"), started.group("host") or "", ""
            self._heading = []
        named = _MESSAGE_ID.match(text)
        if named and named.group("id") == self.letter.message_id and self._file not in self.queue_ids:
            self.queue_ids.append(self._file)
        if self.status and text.startswith(_ALL_TRIED):
            # Only now: each of several remotes has had its turn, and the bounce is written.
            self.end(self.status, self.reply)
        if self._file not in self.queue_ids:
            self._heading.append(entry.line)
            return
        self.lines += [*self._heading, entry.line]
        self._heading = []
        self._take_outcome(text)

    def can_try_again(self) -> bool:
        """Whether the message waits in the queue and this user may have it tried at once."""
        return self.status == DEFERRED and os.access(self._trigger, os.W_OK)

    def try_again(self) -> None:
        """Pull the trigger, as nullmailer-queue does for a new message."""
        super().try_again()
        self._pull()

    def remove(self) -> str:
        """Take the message out of the queue, and out of what has failed: nullmailer has no command for that.

        What a client is sending stays: it would go on with a file that is gone.
        """
        if self.status == SENT:
            return ""
        for path in self._files("queue") + self._files("failed"):
            if _is_being_sent(path):
                return f"It is still in the queue as {os.path.basename(path)}; remove it with rm {path}."
            with contextlib.suppress(OSError):
                os.unlink(path)
        return ""

    def explain_silence(self) -> str:
        """Return why the log may not have a word about the message."""
        if os.access(self._trigger, os.W_OK) and not self._pull():
            return "nullmailer-send is not running, so the message waited in its queue."
        if self._files("queue"):
            return (
                "nullmailer-send sends one message after another and is still at an earlier one, or it logs elsewhere."
            )
        return super().explain_silence()

    @property
    def _trigger(self) -> str:
        return os.path.join(self._spool, "trigger")

    def _take_outcome(self, text: str) -> None:
        self.relay = self.host = self._host
        result = _RESULT.match(text)
        failed = _FAILED.match(text)
        if result:
            self._said = result.group("reply")
        elif text.startswith("Sent file"):
            self.end(SENT, self._said)
        elif failed:
            # Without a word of the client's, such as after a connection that broke, the sender's own must do.
            self.status, self.reply = DEFERRED, self._said or _READABLE.get(failed.group("why"), failed.group("why"))
        elif text.startswith(_MOVED):
            self.status = BOUNCED

    def _pull(self) -> bool:
        """Have the queue looked through; return whether nullmailer-send is there to do it."""
        try:
            descriptor = os.open(self._trigger, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return False  # A FIFO that nobody reads: ENXIO.
        with os.fdopen(descriptor, "wb", buffering=0) as trigger:
            trigger.write(b"\0")
        return True

    def _files(self, folder: str) -> list[str]:
        """Return the files with this message, known by its Message-ID, for its queue ID may not be in the log."""
        wanted = self.letter.message_id.encode("ascii", "replace")
        found = []
        with contextlib.suppress(OSError):
            for name in os.listdir(os.path.join(self._spool, folder)):
                path = os.path.join(self._spool, folder, name)
                with contextlib.suppress(OSError), open(path, "rb") as file:
                    if wanted in file.read(_HEADER_BYTES):
                        found.append(path)
        return found


def _is_being_sent(path: str) -> bool:
    """Whether a client of nullmailer has the file open."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
                if file.read().strip() not in _CLIENTS:
                    continue
            if path in {os.path.realpath(f"/proc/{pid}/fd/{number}") for number in os.listdir(f"/proc/{pid}/fd")}:
                return True
    return False
