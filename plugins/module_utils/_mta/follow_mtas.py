# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which MTA's messages are followed how."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Callable

from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_tracker import FollowError
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.sendmail_owner import TITLES, recognise

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


_TRACKERS: dict[str, Callable[[Letter], Tracker]] = {
    "Postfix": _postfix,
    "Exim": _exim,
    "nullmailer": _nullmailer,
    "Sendmail": _sendmail,
    "OpenSMTPD": _opensmtpd,
    "msmtp": _msmtp,
}


def make_tracker(sendmail: str, letter: Letter) -> Tracker:
    """Return what follows ``letter`` through the MTA that the command ``sendmail`` belongs to."""
    title = recognise(os.path.realpath(sendmail), os.path.exists)
    if title is None:
        raise FollowError(
            f"through=mta: {sendmail} belongs to no MTA whose messages this module can follow: it is "
            f"{os.path.realpath(sendmail)}. Those it can: {', '.join(TITLES)}. "
            "Install one of them, or test the way to SES itself with through=ses."
        )
    return _TRACKERS[title](letter)
