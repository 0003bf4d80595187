# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an administrator types on each mail server. The proofs ask the mail servers, never the code that they prove."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MailServer:
    """Shell commands: ``queue`` prints a line for each message that waits, ``flush`` tries them now.

    ``forgive`` makes it forget which servers have failed, where it would leave them alone for a while.
    """

    package: str
    queue: str
    flush: str
    forgive: str = ""


MAIL_SERVERS = {
    "postfix": MailServer("postfix", "postqueue -j", "postqueue -f"),
    "exim": MailServer("exim4-base", "exim4 -bpr | grep '<' || true", "exim4 -qff"),
    "sendmail": MailServer(
        "sendmail-bin",
        "ls /var/spool/mqueue /var/spool/mqueue-client | grep '^[qQ]f' || true",
        "sendmail -q; sendmail -Ac -q",
    ),
    "opensmtpd": MailServer(
        "opensmtpd",
        "smtpctl show queue",
        "smtpctl schedule all",
        "smtpctl show routes | awk '{print $1}' | tr -d . | xargs -r -n 1 smtpctl resume route",
    ),
    "msmtp": MailServer("msmtp", "true", "true"),
    "nullmailer": MailServer("nullmailer", "ls /var/spool/nullmailer/queue", "pkill -ALRM nullmailer-send"),
}
