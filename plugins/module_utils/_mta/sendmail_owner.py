# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which MTA a host's sendmail command belongs to: every MTA brings that command, and each another program for it."""

from __future__ import annotations

from typing import Callable, NamedTuple


class _Mta(NamedTuple):
    """``programs`` are ends of the path behind the sendmail command.

    ``witness`` is a file that only this MTA has, where the program alone does not tell.
    """

    title: str
    programs: tuple[str, ...]
    witness: str


# Debian's Postfix and nullmailer both call their program /usr/sbin/sendmail, so the program alone does not tell.
_MTAS = (
    _Mta("Postfix", ("/sendmail", "/sendmail.postfix"), "/usr/sbin/postconf"),
    _Mta("Exim", ("/exim4", "/exim"), ""),
    _Mta("nullmailer", ("/sendmail",), "/usr/sbin/nullmailer-send"),
    _Mta("Sendmail", ("/sendmail", "/sendmail.sendmail"), "/etc/mail/sendmail.cf"),
    _Mta("OpenSMTPD", ("/smtpctl",), ""),
    _Mta("msmtp", ("/msmtp",), ""),
)

TITLES = tuple(mta.title for mta in _MTAS)


def recognise(program: str, exists: Callable[[str], bool]) -> str | None:
    """Return the title of the MTA of the ``program`` behind a sendmail command, one of C(TITLES)."""
    for mta in _MTAS:
        if program.endswith(mta.programs) and (not mta.witness or exists(mta.witness)):
            return mta.title
    return None
