# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A message's way through msmtp, which has no queue: its command ends when SES has answered, and says what."""

from __future__ import annotations

import re

from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_tracker import (
    BOUNCED,
    DEFERRED,
    SENT,
    Entry,
    Tracker,
)

# The line of msmtp's log; in its values other quotes are "?".
_LOGGED = re.compile(
    r"host=(?P<host>\S+) .*?(?: smtpmsg='(?P<reply>[^']*)')?(?: errormsg='(?P<error>[^']*)')? exitcode=(?P<status>\w+)$"
)
# What the role's own service says where SES did not come to say anything.
_OWN_CODE = re.compile(r"^451 4\.3\.0 (?=[^ ]+ port )")
_SAID = re.compile(r"^\S+: server message: (?P<reply>.*)$", re.MULTILINE)


class MsmtpTracker(Tracker):
    """What msmtp says of the one message that it was given."""

    name = "msmtp"
    title = "msmtp"
    relay_settings = "host in /etc/msmtprc"
    keeps_queue = False

    def command(self, sendmail: str) -> list[str]:
        """Return the command, with msmtp's log line, which may go nowhere by its configuration, on standard output."""
        name, *rest = super().command(sendmail)
        return [name, "--logfile=-", *rest]

    def log_files(self) -> tuple[str, ...]:
        """Return none: all is in what the command prints."""
        return ()

    def uses_journal(self) -> bool:
        """Whether to read the journal: no."""
        return False

    def parse(self, line: str) -> Entry | None:
        """Return nothing: there is no log to read."""
        return None

    def submitted(self, status: int, output: str) -> None:
        """Learn all from what msmtp printed; without a line of its log it did not come to connecting."""
        logged = next(filter(None, map(_LOGGED.search, output.splitlines())), None)
        if logged is None:
            super().submitted(status or 1, output)
            return
        self.lines.extend(output.splitlines())
        self.relay = self.host = logged.group("host")
        if logged.group("status") == "EX_OK":
            self.end(SENT, logged.group("reply") or "")
            return
        said = _SAID.findall(output)
        reply = "\n".join(said) or logged.group("error") or logged.group("status")
        reply = _OWN_CODE.sub("", reply)
        self.end(BOUNCED if reply.startswith("5") else DEFERRED, reply)

    def can_try_again(self) -> bool:
        """Whether another submission can fare better: the message is nowhere but here."""
        return self.status == DEFERRED
