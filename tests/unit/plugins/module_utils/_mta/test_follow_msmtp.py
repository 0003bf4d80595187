# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What msmtp 1.8.11 prints, and a message that is followed from submission to its end with a program that prints it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Callable

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import follow
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_msmtp import MsmtpTracker

if TYPE_CHECKING:
    from pathlib import Path

HOST = "email-smtp.eu-west-1.amazonaws.com"
SES_ID = "010201a20a163d35-87b51e02-edd8-42d7-b12a-79aebbacad62-000000"
LETTER = follow.Letter(
    message_id="<t1@example.com>",
    data=b"Subject: t\r\n\r\nHello.\r\n",
    sender="root@example.com",
    recipients=("success@simulator.amazonses.com",),
)
LOG = (
    f"Nov 23 20:25:59 host={HOST} tls=on auth=on user=AKIAIOSFODNN7EXAMPLE from=root@example.com "
    "recipients=success@simulator.amazonses.com "
)
ACCEPTED = f"{LOG}mailsize=145 smtpstatus=250 smtpmsg='250 Ok {SES_ID}' exitcode=EX_OK"
UNVERIFIED = (
    "554 Message rejected: Email address is not verified. The following identities failed the check in region "
    "EU-WEST-1: it's@example.com"
)


def refused(reply: str, what: str = "the server did not accept the mail") -> str:
    """Return all that is printed; the log's line has "?" for quotes."""
    said = "\n".join(f"sendmail: server message: {line}" for line in reply.split("\n"))
    logged = reply.replace("'", "?").replace("\n", "\\n")
    return (
        f"sendmail: {what}\n{said}\nsendmail: could not send mail (account ses from /etc/msmtprc)\n"
        f"{LOG}smtpstatus={reply[:3]} smtpmsg='{logged}' errormsg='{what}' exitcode=EX_UNAVAILABLE"
    )


def failed(what: str) -> str:
    return f"sendmail: {what}\nsendmail: could not send mail\n{LOG}errormsg='{what}' exitcode=EX_UNAVAILABLE"


@pytest.mark.parametrize(
    ("output", "status", "reply"),
    [
        (ACCEPTED, "sent", f"250 Ok {SES_ID}"),
        (refused(UNVERIFIED), "bounced", UNVERIFIED),
        (refused("454-Throttling failure:\n454 Maximum sending rate exceeded."), "deferred", None),
        (refused("535 Authentication Credentials Invalid", "authentication failed (method PLAIN)"), "bounced", None),
        (failed("cannot locate host x: Name or service not known"), "deferred", None),
    ],
)
def test_the_output_is_all_there_is(output: str, status: str, reply: str | None) -> None:
    tracker = MsmtpTracker(LETTER)
    tracker.submitted(0 if status == "sent" else 69, output)
    assert tracker.finished and (tracker.status, tracker.host) == (status, HOST)
    assert reply is None or tracker.reply == reply
    assert tracker.lines == output.splitlines()


Submit = Callable[..., "dict[str, Any]"]


@pytest.fixture
def submit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Submit:
    """A function that submits LETTER to an msmtp that prints the outputs given, one a time."""
    monkeypatch.setattr(follow, "pause_before", lambda _attempt: 0.01)
    monkeypatch.setattr(follow, "_SENDMAIL", (str(tmp_path / "msmtp"),))

    def run(*outputs: str, status: int = 69, timeout: float = 10, **options: Any) -> dict[str, Any]:
        for number, output in enumerate(outputs, 1):
            (tmp_path / f"output{number}").write_text(output + "\n")
        program = tmp_path / "msmtp"
        program.write_text(
            f"#!/bin/sh\ncd {tmp_path}\n"
            'echo "$@" >>asked; cat >letter; n=$(grep -c . asked)\ncat output$n || exec sleep 30\n'
            f"grep -q EX_OK output$n || exit {status}\n"
        )
        program.chmod(0o755)
        wanted = {"retries": 2, "region": "eu-west-1", "dry_run": False, **options}
        return follow.deliver(LETTER, timeout=timeout, **wanted)

    return run


def test_accepted(submit: Submit, tmp_path: Path) -> None:
    result = submit(ACCEPTED)
    assert result["accepted"] and result["message_id"] == SES_ID and result["code"] == 250
    assert (result["mta"], result["host"], result["attempts"], result["queue_id"]) == ("msmtp", HOST, 1, None)
    assert (tmp_path / "letter").read_bytes() == b"Subject: t\n\nHello.\n"
    asked = "--logfile=- -i -f root@example.com -- success@simulator.amazonses.com\n"
    assert (tmp_path / "asked").read_text() == asked


def test_throttled_is_submitted_again(submit: Submit) -> None:
    result = submit(refused("454 Throttling failure: Maximum sending rate exceeded."), ACCEPTED)
    assert result["accepted"] and result["attempts"] == 2
    assert len(result["transcript"]) == 5


def test_as_often_as_wanted_and_no_more(submit: Submit, tmp_path: Path) -> None:
    result = submit(*[refused("454 Throttling failure: Maximum sending rate exceeded.")] * 9)
    assert result["attempts"] == 3 and result["diagnosis"]["kind"] == "rate"
    assert len((tmp_path / "asked").read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("output", "kind", "code"),
    [
        (refused(UNVERIFIED), "not_verified", 554),
        (refused("454 Throttling failure: Daily message quota exceeded."), "daily_quota", 454),
        (refused("535 Authentication Credentials Invalid", "authentication failed (method PLAIN)"), "credentials", 535),
        (ACCEPTED.replace(SES_ID, "2.0.0 queued as 4WbX2k3Yz1z9s").replace("250 Ok 2", "250 2"), "not_ses", None),
        (
            failed("TLS certificate verification failed: The certificate chain uses expired certificate. "),
            "tls_expired",
            None,
        ),
    ],
)
def test_not_accepted_and_not_tried_again(submit: Submit, output: str, kind: str, code: int | None) -> None:
    result = submit(output, ACCEPTED)
    assert not result["accepted"] and result["message_id"] is None and result["attempts"] == 1
    assert (result["diagnosis"]["kind"], result["code"]) == (kind, code)


def test_a_lost_reply_is_not_tried_again(submit: Submit) -> None:
    result = submit(failed("the server sent an empty reply"), ACCEPTED)
    assert result["attempts"] == 1 and not result["accepted"]
    assert "may have accepted the message all the same" in result["diagnosis"]["cause"]


def test_the_time_limit_is_for_the_whole(submit: Submit) -> None:
    begun = time.monotonic()
    result = submit(timeout=0.5)
    assert result["diagnosis"]["kind"] == "timed_out" and time.monotonic() - begun < 2


def test_what_never_came_to_connecting_is_an_error(submit: Submit) -> None:
    with pytest.raises(follow.FollowError, match="status 78 and said: sendmail: account default not found"):
        submit("sendmail: account default not found in /etc/msmtprc", status=78)


def test_check_mode_submits_nothing(submit: Submit, tmp_path: Path) -> None:
    result = submit(ACCEPTED, dry_run=True)
    assert not result["accepted"] and "nothing was submitted" in result["msg"]
    assert not (tmp_path / "asked").exists()


def test_a_host_without_an_mta(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "_SENDMAIL", ())
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(follow.FollowError, match="no sendmail command"):
        follow.deliver(LETTER, timeout=1, retries=0, region="", dry_run=False)
