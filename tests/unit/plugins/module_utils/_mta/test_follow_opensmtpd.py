# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OpenSMTPD's log lines, as OpenSMTPD 6.8 and 7.6 wrote them, and the commands that it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import follow_opensmtpd
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_tracker import FollowError, Letter

if TYPE_CHECKING:
    from pathlib import Path

HOST = "email-smtp.eu-west-1.amazonaws.com"
SES_ID = "010201a20a08802a-5e7b7e47-9550-4197-90d9-d3da2ea45a14-000000"
AT = "Nov 23 20:10:58 web1 smtpd[1352]: "
TO = "success@simulator.amazonses.com"
ID = "05944790"
SAID = f"""<<< 220 web1.example.com ESMTP OpenSMTPD
>>> MAIL FROM:<a@example.com>
<<< 250 2.0.0 Ok
>>> RCPT TO:<{TO}>
<<< 250 2.1.5 Destination address valid: Recipient ok
>>> DATA
<<< 354 Enter mail, end with "." on a line by itself
>>> .
<<< 250 2.0.0 {ID} Message accepted for delivery
>>> QUIT
<<< 221 2.0.0 Bye"""
ARRIVED = f"1c579d031d28d9fd smtp message msgid={ID} size=374 nrcpt=1 proto=ESMTP"
ENVELOPE = f"1c579d031d28d9fd smtp envelope evpid={ID}1f970cc8 from=<a@example.com> to=<{TO}>"
CONNECTING = "1c579d06a3da5e2e mta connecting address=smtp+tls://192.0.2.7:2587 host=ec2-192-0-2-7.compute.example"
TLS = "1c579d06a3da5e2e mta tls ciphers=TLSv1.3:TLS_AES_256_GCM_SHA384:256"
CHECKED_6 = '1c579d06a3da5e2e mta server-cert-check result="success"'
CHECKED_7 = '1c579d06a3da5e2e mta cert-check result="valid" fingerprint="SHA256:104aaf21485990c9"'
REFUSED = "1c579d06a3da5e2e mta error reason=AUTH rejected: 535 Authentication Credentials Invalid"
NO_ROUTE = f"smtp-out: No valid route for [connector:[]->[relay:{HOST},port=587,smtp+tls,auth=secrets:ses,mx],0x0]"


def delivery(
    result: str, stat: str, *, session: str = "1c579d06a3da5e2e", evpid: str = f"{ID}1f970cc8", to: str = TO
) -> str:
    return (
        f'{session} mta delivery evpid={evpid} from=<a@example.com> to=<{to}> rcpt=<-> source="192.0.2.1" '
        f'relay="ec2-192-0-2-7.compute.example (192.0.2.7)" delay=0s result="{result}" stat="{stat}"'
    )


FLUSHED = delivery("TempFail", "Network error on destination MXs", session="0000000000000000")


def tracker_for(spool: Path | None = None) -> follow_opensmtpd.OpensmtpdTracker:
    letter = Letter(message_id="<t1@example.com>", data=b"", sender="a@example.com", recipients=(TO,))
    return follow_opensmtpd.OpensmtpdTracker(letter, str(spool or "/nonexistent"))


def track(*lines: str) -> follow_opensmtpd.OpensmtpdTracker:
    tracker = tracker_for()
    tracker.submitted(0, SAID)
    for line in lines:
        tracker.feed(AT + line)
    return tracker


def test_the_dialogue_is_asked_for() -> None:
    command = tracker_for().command("/usr/sbin/sendmail")
    assert command == ["/usr/sbin/sendmail", "-v", "-i", "-f", "a@example.com", "--", TO]


@pytest.mark.parametrize("checked", [CHECKED_6, CHECKED_7])
def test_accepted_by_ses(checked: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configuration = tmp_path / "smtpd.conf"
    configuration.write_text(f'action "ses" relay host smtp+tls://ses@{HOST}:2587 auth <secrets>\n')
    monkeypatch.setattr(follow_opensmtpd, "_CONFIGURATION", (str(configuration),))
    tracker = track(ARRIVED, ENVELOPE, CONNECTING, TLS, checked, delivery("Ok", f"250 Ok {SES_ID}"))
    assert tracker.finished and tracker.accepted_as == SES_ID
    assert (tracker.queue_id, tracker.host, tracker.port) == (ID, HOST, 2587)
    assert tracker.tls == {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "verified": True}
    assert len(tracker.lines) == 6


def test_a_certificate_that_was_not_verified() -> None:
    tracker = track(ARRIVED, TLS, CHECKED_7.replace('"valid"', '"unverified"'), delivery("Ok", f"250 Ok {SES_ID}"))
    assert tracker.tls is not None and not tracker.tls["verified"]


def test_other_messages_are_not_ours() -> None:
    other = delivery("PermFail", "554 Transaction failed: Invalid header found", evpid="99999999aaaaaaaa")
    tracker = track(ARRIVED, ENVELOPE, CONNECTING, other)
    assert not tracker.finished
    tracker.feed(AT + delivery("Ok", f"250 Ok {SES_ID}"))
    assert tracker.accepted_as == SES_ID
    assert not any("99999999" in line for line in tracker.lines)


def test_every_recipient_counts() -> None:
    two = ARRIVED.replace("nrcpt=1", "nrcpt=2")
    second = delivery("Ok", f"250 Ok {SES_ID}", evpid=f"{ID}aaaaaaaa", to="c@example.net")
    assert not track(two, delivery("Ok", f"250 Ok {SES_ID}")).finished
    assert track(two, delivery("Ok", f"250 Ok {SES_ID}"), second).accepted_as == SES_ID


@pytest.mark.parametrize(
    ("result", "stat", "status"),
    [
        ("TempFail", "454 Throttling failure: Maximum sending rate exceeded.", "deferred"),
        ("PermFail", "554 Transaction failed: Missing final '@domain'", "bounced"),
        ("TempFail", "IO Error: read failed: error:0A000126:SSL routines::unexpected eof while reading", "deferred"),
    ],
)
def test_not_accepted(result: str, stat: str, status: str) -> None:
    tracker = track(ARRIVED, ENVELOPE, CONNECTING, TLS, CHECKED_7, delivery(result, stat))
    assert tracker.finished and tracker.accepted_as is None and not tracker.held_back
    assert (tracker.status, tracker.reply) == (status, stat)


def test_a_session_that_fails_before_any_message() -> None:
    tracker = track(ARRIVED, ENVELOPE, CONNECTING, TLS, CHECKED_7, REFUSED)
    assert not tracker.finished  # Another address of the relay may work.
    tracker.feed(AT + NO_ROUTE)
    assert (tracker.status, tracker.reply) == ("deferred", "AUTH rejected: 535 Authentication Credentials Invalid")
    assert tracker.port == 2587 and any("535" in line for line in tracker.lines)


def test_the_reason_of_a_failure_is_with_the_session() -> None:
    tracker = track(ARRIVED, ENVELOPE, CONNECTING, TLS, CHECKED_7, REFUSED, FLUSHED)
    assert tracker.reply == "AUTH rejected: 535 Authentication Credentials Invalid" and not tracker.held_back


def test_another_address_of_the_relay_works() -> None:
    second = [line.replace("1c579d06a3da5e2e", "2c579d06a3da5e2e") for line in (CONNECTING, TLS, CHECKED_7)]
    reset = "1c579d06a3da5e2e mta error reason=Connection closed unexpectedly"
    tracker = track(ARRIVED, CONNECTING, reset, *second, delivery("Ok", f"250 Ok {SES_ID}", session="2c579d06a3da5e2e"))
    assert tracker.accepted_as == SES_ID


def test_an_earlier_messages_failure_holds_this_one_back() -> None:
    tracker = track(REFUSED, ARRIVED, ENVELOPE, NO_ROUTE)
    assert not tracker.finished
    tracker.feed(AT + FLUSHED)
    assert tracker.finished and tracker.held_back and tracker.status == "deferred"


def test_tried_again_over_a_route_that_was_disabled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One to somebody else's relay is left alone."""
    program, said = tmp_path / "smtpctl", tmp_path / "said"
    program.write_text(
        f'#!/bin/sh\necho "$@" >>{said}\n[ "$1" = show ] && echo \'1. [] <-> 192.0.2.7 (x) ND-- nconn=0 penalty=1\' '
        "&& echo '2. [] <-> 192.0.2.7 (x) N--- nconn=0' && echo '3. [] <-> 198.51.100.9 (y) ND-- nconn=0'\nexit 0\n"
    )
    configuration = tmp_path / "smtpd.conf"
    configuration.write_text('action "ses" relay host smtp+tls://ses@192.0.2.7:587 auth <secrets>\n')
    monkeypatch.setattr(follow_opensmtpd, "_CONFIGURATION", (str(configuration),))
    program.chmod(0o755)
    monkeypatch.setattr(follow_opensmtpd, "find_command", lambda name: str(tmp_path / name))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    tracker = track(ARRIVED, ENVELOPE, FLUSHED)
    assert tracker.can_try_again()
    tracker.try_again()
    assert not tracker.finished and not tracker.held_back
    assert said.read_text().splitlines() == ["show routes", "resume route 1", f"schedule {ID}"]
    tracker.feed(AT + delivery("Ok", f"250 Ok {SES_ID}"))
    assert tracker.accepted_as == SES_ID


def test_the_message_is_removed_by_opensmtpd_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program, said = tmp_path / "smtpctl", tmp_path / "said"
    program.write_text(f'#!/bin/sh\necho "$@" >>{said}\n')
    program.chmod(0o755)
    monkeypatch.setattr(follow_opensmtpd, "find_command", lambda name: str(tmp_path / name))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    mine, other = tmp_path / f"queue/05/{ID}", tmp_path / "queue/05/05aaaaaa"
    for folder in (mine, other):
        folder.mkdir(parents=True)
        (folder / "message").touch()
    tracker = tracker_for(tmp_path)
    tracker.submitted(0, SAID)
    tracker.remove()
    assert said.read_text() == f"show message {ID}\n"  # Which is not that of the test.
    assert mine.exists() and other.exists()


def test_a_daemon_that_is_down_gets_nothing_when_it_starts(tmp_path: Path) -> None:
    offline = tmp_path / "offline"
    offline.mkdir()
    (offline / "1.XXXXmine").write_text("-f a@example.com\nMessage-ID: <t1@example.com>\n")
    (offline / "1.XXXXother").write_text("Message-ID: <t2@example.com>\n")
    with pytest.raises(FollowError, match=r"OpenSMTPD is not running.*taken back"):
        tracker_for(tmp_path).submitted(75, "")
    assert [path.name for path in offline.iterdir()] == ["1.XXXXother"]


def test_a_refusal_at_once(tmp_path: Path) -> None:
    with pytest.raises(FollowError, match=r"OpenSMTPD's sendmail refused .* 550 Invalid recipient"):
        tracker_for(tmp_path).submitted(1, "<<< 550 Invalid recipient: <a@b>")


@pytest.mark.parametrize(
    ("configuration", "port", "host"),
    [
        (f"action a relay host smtp+tls://ses@{HOST}:587 auth <s>\n", 587, HOST),
        (f'action "a" relay \\\n  host "smtps://{HOST}" auth <s>\n', 465, HOST),
        (f'action "a" relay helo x host "smtps://{HOST}" auth <s>\n', 465, HOST),
        (f"# action a relay host smtp://other.example\naction a relay host smtp+tls://{HOST}\n", 587, HOST),
        ("action a relay host smtp://a.example:25\naction b relay host smtp+tls://b.example:587\n", 587, "b.example"),
        ("action a relay host smtp://a.example\naction b relay host smtp://b.example\n", 25, ""),
        ('action "relay" relay\n', 25, ""),
    ],
)
def test_the_relay_is_named_by_the_configuration(configuration: str, port: int, host: str) -> None:
    assert follow_opensmtpd.relay_host(configuration, port) == host
