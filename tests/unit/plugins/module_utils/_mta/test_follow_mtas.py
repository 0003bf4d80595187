# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which MTA the program behind a sendmail command belongs to, on the systems that lay them out differently."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import follow_mtas
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_tracker import FollowError, Letter
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.sendmail_owner import recognise

if TYPE_CHECKING:
    from pathlib import Path

LETTER = Letter(message_id="<t1@example.com>", data=b"", sender="", recipients=("b@example.net",))


@pytest.mark.parametrize(
    ("program", "files", "title"),
    [
        ("/usr/sbin/sendmail", ["/usr/sbin/postconf"], "Postfix"),
        ("/usr/sbin/sendmail.postfix", ["/usr/sbin/postconf", "/etc/mail/sendmail.cf"], "Postfix"),
        ("/usr/sbin/exim4", ["/usr/sbin/postconf"], "Exim"),
        ("/usr/sbin/exim", [], "Exim"),
        ("/usr/sbin/sendmail", ["/usr/sbin/nullmailer-send"], "nullmailer"),
        # Its configuration outlives a package that was removed.
        ("/usr/sbin/sendmail", ["/usr/sbin/postconf", "/etc/mail/sendmail.cf"], "Postfix"),
        ("/usr/libexec/sendmail/sendmail", ["/etc/mail/sendmail.cf"], "Sendmail"),
        ("/usr/sbin/sendmail.sendmail", ["/usr/sbin/postconf", "/etc/mail/sendmail.cf"], "Sendmail"),
        ("/usr/sbin/smtpctl", [], "OpenSMTPD"),
        ("/usr/bin/msmtp", [], "msmtp"),
        ("/usr/sbin/dma", ["/usr/sbin/postconf"], None),
        ("/usr/sbin/ssmtp", [], None),
        ("/usr/sbin/sendmail", [], None),
    ],
)
def test_the_program_tells(program: str, files: list[str], title: str | None) -> None:
    assert recognise(program, files.__contains__) == title


def test_a_link_is_followed_to_the_program(tmp_path: Path) -> None:
    (tmp_path / "msmtp").touch()
    sendmail = tmp_path / "sendmail"
    sendmail.symlink_to("msmtp")
    assert follow_mtas.make_tracker(str(sendmail), LETTER).name == "msmtp"


def test_another_mta_is_named_with_those_that_are_known(tmp_path: Path) -> None:
    (tmp_path / "dma").touch()
    sendmail = tmp_path / "sendmail"
    sendmail.symlink_to("dma")
    with pytest.raises(FollowError, match=r"dma\. Those it can: Postfix, Exim, .*msmtp"):
        follow_mtas.make_tracker(str(sendmail), LETTER)
