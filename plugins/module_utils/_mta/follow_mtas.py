# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which MTA a host's sendmail command belongs to, and how its messages are followed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Callable, NamedTuple

from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_tracker import FollowError

if TYPE_CHECKING:
    from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_tracker import Letter, Tracker

# A host has one MTA and loads that one's file. The imports are plain ones because Ansible copies to the host what
# it finds imported.


def _postfix(letter: Letter) -> Tracker:
    from ansible_collections.cloudmail.ses.plugins.module_utils._mta import follow_postfix

    return follow_postfix.PostfixTracker(letter)


def _exim(letter: Letter) -> Tracker:
    from ansible_collections.cloudmail.ses.plugins.module_utils._mta import follow_exim

    return follow_exim.EximTracker(letter)


def _msmtp(letter: Letter) -> Tracker:
    from ansible_collections.cloudmail.ses.plugins.module_utils._mta import follow_msmtp

    return follow_msmtp.MsmtpTracker(letter)


def _sendmail(letter: Letter) -> Tracker:
    from ansible_collections.cloudmail.ses.plugins.module_utils._mta import follow_sendmail

    return follow_sendmail.SendmailTracker(letter)


def _opensmtpd(letter: Letter) -> Tracker:
    from ansible_collections.cloudmail.ses.plugins.module_utils._mta import follow_opensmtpd

    return follow_opensmtpd.OpensmtpdTracker(letter)


def _nullmailer(letter: Letter) -> Tracker:
    from ansible_collections.cloudmail.ses.plugins.module_utils._mta import follow_nullmailer

    return follow_nullmailer.NullmailerTracker(letter)


class _Mta(NamedTuple):
    """``programs`` are ends of the path behind the sendmail command.

    ``witness`` is a file that only this MTA has, where the program alone does not tell.
    """

    title: str
    programs: tuple[str, ...]
    witness: str
    track: Callable[[Letter], Tracker]


# Debian's Postfix and nullmailer both call their program /usr/sbin/sendmail, so the program alone does not tell.
_MTAS = (
    _Mta("Postfix", ("/sendmail", "/sendmail.postfix"), "/usr/sbin/postconf", _postfix),
    _Mta("Exim", ("/exim4", "/exim"), "", _exim),
    _Mta("nullmailer", ("/sendmail",), "/usr/sbin/nullmailer-send", _nullmailer),
    _Mta("Sendmail", ("/sendmail", "/sendmail.sendmail"), "/etc/mail/sendmail.cf", _sendmail),
    _Mta("OpenSMTPD", ("/smtpctl",), "", _opensmtpd),
    _Mta("msmtp", ("/msmtp",), "", _msmtp),
)


def make_tracker(sendmail: str, letter: Letter) -> Tracker:
    """Return what follows ``letter`` through the MTA that the command ``sendmail`` belongs to."""
    mta = recognise(os.path.realpath(sendmail), os.path.exists)
    if mta is None:
        known = ", ".join(mta.title for mta in _MTAS)
        raise FollowError(
            f"through=mta: {sendmail} belongs to no MTA whose messages this module can follow: it is "
            f"{os.path.realpath(sendmail)}. Those it can: {known}. "
            "Install one of them, or test the way to SES itself with through=ses."
        )
    return mta.track(letter)


def recognise(program: str, exists: Callable[[str], bool]) -> _Mta | None:
    """Return the MTA of the ``program`` behind a sendmail command."""
    for mta in _MTAS:
        if program.endswith(mta.programs) and (not mta.witness or exists(mta.witness)):
            return mta
    return None
