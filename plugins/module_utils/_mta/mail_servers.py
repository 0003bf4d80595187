# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail servers that can be configured, by their names; and which of them a host has."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Callable

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import host, journal
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.sendmail_owner import recognise

if TYPE_CHECKING:
    from ansible_collections.cloudmail.ses.plugins.module_utils._mta.mail_server import MailServer, Request

# A run loads the file of one MTA. The imports are plain ones because Ansible copies to the host what it finds imported.


def _postfix(request: Request) -> MailServer:
    from ansible_collections.cloudmail.ses.plugins.module_utils._mta.postfix import Postfix

    return Postfix(request)


def _exim(request: Request) -> MailServer:
    from ansible_collections.cloudmail.ses.plugins.module_utils._mta.exim import Exim

    return Exim(request)


def _sendmail(request: Request) -> MailServer:
    from ansible_collections.cloudmail.ses.plugins.module_utils._mta.sendmail import Sendmail

    return Sendmail(request)


def _msmtp(request: Request) -> MailServer:
    from ansible_collections.cloudmail.ses.plugins.module_utils._mta.msmtp import Msmtp

    return Msmtp(request)


def _nullmailer(request: Request) -> MailServer:
    from ansible_collections.cloudmail.ses.plugins.module_utils._mta.nullmailer import Nullmailer

    return Nullmailer(request)


def _opensmtpd(request: Request) -> MailServer:
    from ansible_collections.cloudmail.ses.plugins.module_utils._mta.opensmtpd import Opensmtpd

    return Opensmtpd(request)


MAIL_SERVERS: dict[str, Callable[[Request], MailServer]] = {
    "exim": _exim,
    "msmtp": _msmtp,
    "nullmailer": _nullmailer,
    "opensmtpd": _opensmtpd,
    "postfix": _postfix,
    "sendmail": _sendmail,
}


def make_mail_server(name: str, request: Request) -> MailServer:
    """Return what configures the mail server C(name) of this host."""
    return MAIL_SERVERS[name](request)


def sendmail_owner() -> str:
    """Return the name of the MTA behind this host's sendmail command: one of ours, another's program, or nothing."""
    program = host.sendmail_program()
    if program is None:
        return ""
    known = recognise(program, os.path.exists)
    return known.lower() if known else program


def configured() -> list[str]:
    """Return the MTAs of this host that relay through us, by the journals that say what was there before."""
    return [name for name in MAIL_SERVERS if os.path.exists(journal.journal_path(name))]
