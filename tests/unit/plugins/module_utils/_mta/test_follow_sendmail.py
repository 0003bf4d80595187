# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sendmail's log lines, as Sendmail 8.15, 8.17 and 8.18 wrote them, and what becomes of its queue."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import follow_diagnosis, follow_sendmail
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_tracker import Letter, Tracker

if TYPE_CHECKING:
    from pathlib import Path

HOST = "email-smtp.eu-west-1.amazonaws.com"
SES_ID = "010201a20a0ecc9a-c41f671e-2c80-4a5a-93f6-9b06f2026d86-000000"
AT = "Nov 23 20:17:51"
TO = "success@simulator.amazonses.com"
FIRST, SECOND = "6ANKHpi5002734", "6ANKHpd9002735"
SUBMITTED = f"sendmail[2734]: {FIRST}: from=a@example.com, size=116, class=0, nrcpts=1, msgid=<t1@example.com>, relay=root@localhost"
TAKEN = (
    f"sm-mta[2735]: {SECOND}: from=<a@example.com>, size=331, class=0, nrcpts=1, msgid=<t1@example.com>, proto=ESMTP, "
    "daemon=MTA-v4, relay=localhost [127.0.0.1]"
)
HANDED_ON = (
    f"sendmail[2734]: {FIRST}: to={TO}, ctladdr=a@example.com (0/0), delay=00:00:00, xdelay=00:00:00, mailer=relay, "
    f"pri=30116, relay=[127.0.0.1] [127.0.0.1], dsn=2.0.0, stat=Sent ({SECOND} Message accepted for delivery)"
)
QUEUED = (SUBMITTED, TAKEN, HANDED_ON)
NOT_TRUSTED = f"sm-mta[2737]: ruleset=tls_server, arg1=FAIL, relay={HOST}, reject=454 4.7.0 authentication failed"


def tls(verify: str = "OK", pid: int = 2737) -> str:
    return (
        f"sm-mta[{pid}]: STARTTLS=client, relay={HOST}., version=TLSv1.3, verify={verify}, "
        "cipher=TLS_AES_256_GCM_SHA384, bits=256/256"
    )


def outcome(end: str, *, to: str = f"<{TO}>", relay: str = f"{HOST}. [192.0.2.7]", mailer: str = "relay") -> str:
    return (
        f"sm-mta[2737]: {SECOND}: to={to}, delay=00:00:00, xdelay=00:00:00, mailer={mailer}, pri=30331, "
        f"{f'relay={relay}, ' if relay else ''}{end}"
    )


def track(*lines: str, queues: tuple[str, ...] = (), head: str = f"{AT} ") -> Tracker:
    letter = Letter(message_id="<t1@example.com>", data=b"", sender="a@example.com", recipients=(TO,))
    tracker = follow_sendmail.SendmailTracker(letter, queues)
    for line in lines:
        tracker.feed(head + line)
    return tracker


def kind_and_cause(tracker: Tracker) -> tuple[str, str]:
    found = follow_diagnosis.explain(tracker, where="a log", timeout=1, left=1, region="eu-west-1")
    return found.kind, found.cause


SENT = outcome(f"dsn=2.0.0, stat=Sent (Ok {SES_ID})")


@pytest.mark.parametrize("head", [f"{AT} ", f"{AT} web1 ", "2026-11-23T20:17:51.683477+00:00 web1 "])
def test_accepted_by_ses(head: str) -> None:
    tracker = track(*QUEUED, tls(), SENT, head=head)
    assert tracker.finished and tracker.accepted_as == SES_ID
    assert (tracker.queue_id, tracker.host) == (SECOND, HOST)
    assert tracker.tls == {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "verified": True}
    assert len(tracker.lines) == 5


def test_the_daemon_may_be_faster_than_the_command() -> None:
    tracker = track(SUBMITTED, TAKEN, tls(), SENT, HANDED_ON)
    assert tracker.accepted_as == SES_ID


def test_the_daemons_queue_id_is_known_from_the_command_alone() -> None:
    """The daemon may rewrite the Message-ID."""
    tracker = track(SUBMITTED, HANDED_ON, SENT)
    assert tracker.accepted_as == SES_ID and tracker.queue_id == SECOND


def test_other_messages_are_not_ours() -> None:
    other = [line.replace("t1@example.com", "t2@example.com") for line in (SUBMITTED, TAKEN)]
    tracker = track(*other, HANDED_ON, SENT)
    assert not tracker.finished and tracker.queue_id is None and tracker.lines == []


def test_every_recipient_counts() -> None:
    two = TAKEN.replace("nrcpts=1", "nrcpts=2")
    both = outcome(f"dsn=2.0.0, stat=Sent (Ok {SES_ID})", to=f"<{TO}>,<c@example.net>")
    assert track(SUBMITTED, two, both).accepted_as == SES_ID
    assert not track(SUBMITTED, two, SENT).finished
    later = SENT.replace(TO, "c@example.net")
    assert track(SUBMITTED, two, SENT, later).accepted_as == SES_ID


@pytest.mark.parametrize(
    ("end", "status", "reply"),
    [
        (
            (
                "dsn=4.0.0, reply=454 Throttling failure: Maximum sending rate exceeded., stat=Deferred: 454 Throttling failure: "
                "Maximum sending rate exceeded."
            ),
            "deferred",
            "454 Throttling failure: Maximum sending rate exceeded.",
        ),
        # 8.15 has no reply=.
        (
            "dsn=4.0.0, stat=Deferred: 454 Throttling failure: Daily message quota exceeded.",
            "deferred",
            "454 Throttling failure: Daily message quota exceeded.",
        ),
        (
            (
                "dsn=5.0.0, reply=554 Message rejected: Email address is not verified. The following identities failed the "
                "check in region EU-WEST-1: a@example.com, example.com, stat=Service unavailable"
            ),
            "bounced",
            (
                "554 Message rejected: Email address is not verified. The following identities failed the check in region "
                "EU-WEST-1: a@example.com, example.com"
            ),
        ),
        (
            "dsn=4.3.0, reply=454 Temporary authentication failure, stat=Deferred: Temporary AUTH failure",
            "deferred",
            None,
        ),
        ("dsn=4.4.2, stat=Deferred", "deferred", "connection closed unexpectedly"),
        (f"dsn=4.4.1, stat=Deferred: Connection refused by {HOST}.", "deferred", f"Connection refused by {HOST}."),
        ("dsn=5.1.1, reply=550 5.1.1 User unknown, stat=User unknown", "bounced", "550 5.1.1 User unknown"),
    ],
)
def test_not_accepted(end: str, status: str, reply: str | None) -> None:
    tracker = track(*QUEUED, tls(), outcome(end))
    assert tracker.finished and tracker.accepted_as is None and tracker.status == status
    assert tracker.reply == (reply or "454 Temporary authentication failure")


def test_queued_is_no_outcome() -> None:
    assert not track(*QUEUED, outcome("stat=queued", relay="")).finished


def test_delivered_somewhere_else() -> None:
    tracker = track(*QUEUED, outcome("dsn=2.0.0, stat=Sent", relay="", mailer="local"))
    assert tracker.finished and tracker.accepted_as is None
    assert kind_and_cause(tracker) == ("not_ses", "The MTA gave the message to the mailer local, which is not SES.")


def test_a_login_that_was_refused_is_not_in_the_log() -> None:
    kind, cause = kind_and_cause(
        track(*QUEUED, outcome("dsn=5.0.0, reply=530 Authentication required, stat=Service unavailable"))
    )
    assert kind == "no_auth" and "535" in cause and "without a login" in cause


def test_the_daemon_does_not_answer() -> None:
    refused = HANDED_ON.partition("dsn=")[0] + "dsn=4.4.1, stat=Deferred: Connection refused by [127.0.0.1]"
    tracker = track(SUBMITTED, refused)
    kind, cause = kind_and_cause(tracker)
    assert kind == "mta_broken" and "daemon does not take mail" in cause
    assert not tracker.can_try_again()


@pytest.mark.parametrize("stat", ["Service unavailable", "Data format error", "User unknown"])
def test_before_8_16_a_refusals_text_is_not_in_the_log(stat: str) -> None:
    kind, cause = kind_and_cause(track(*QUEUED, outcome(f"dsn=5.0.0, stat={stat}")))
    assert kind == "not_logged" and "8.16" in cause


def test_a_certificate_that_is_not_trusted_is_no_failed_login() -> None:
    tracker = track(
        *QUEUED, tls("FAIL"), NOT_TRUSTED, outcome("dsn=4.7.0, stat=Deferred: 454 4.7.0 authentication failed")
    )
    assert tracker.tls is not None and not tracker.tls["verified"]
    tracker.host = ""  # Nothing to look at.
    assert kind_and_cause(tracker)[0] == "tls_unverified"


def test_what_a_process_said_is_kept_with_its_message_only() -> None:
    tracker = track(*QUEUED, tls("FAIL", pid=1), tls(pid=2737), SENT)
    assert tracker.tls is not None and tracker.tls["verified"]
    assert not any("verify=FAIL" in line for line in tracker.lines)


def test_the_message_is_removed_and_no_other(tmp_path: Path) -> None:
    queues = [tmp_path / "mqueue", tmp_path / "mqueue-client", tmp_path / "mqueue/q1/df"]
    for queue in queues:
        queue.mkdir(parents=True)
        for name in (f"qf{FIRST}", f"df{SECOND}", f"qf{SECOND}", "qf6ANKHpd9002736"):
            (queue / name).write_text("H?M?Message-ID: <t1@example.com>\n")
    tracker = track(*QUEUED, queues=(str(queues[0]), str(queues[1])))
    tracker.remove()
    for queue in queues:
        assert [path.name for path in queue.iterdir() if path.is_file()] == ["qf6ANKHpd9002736"]


def test_a_message_that_ses_has_stays_what_it_is(tmp_path: Path) -> None:
    (tmp_path / f"qf{SECOND}").touch()
    track(*QUEUED, SENT, queues=(str(tmp_path),)).remove()
    assert os.listdir(tmp_path) == [f"qf{SECOND}"]


def test_tried_again_by_a_queue_run_for_it_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program, said = tmp_path / "sendmail", tmp_path / "said"
    program.write_text(f'#!/bin/sh\necho "$@" >{said}.new; mv {said}.new {said}\n')
    program.chmod(0o755)
    started: list[subprocess.Popen[bytes]] = []
    monkeypatch.setattr(follow_sendmail, "find_command", lambda name: str(tmp_path / name))
    monkeypatch.setattr(follow_sendmail, "start_quietly", lambda *command: started.append(subprocess.Popen(command)))
    tracker = track(
        *QUEUED, outcome("dsn=4.0.0, stat=Deferred: 454 Throttling failure: Maximum sending rate exceeded.")
    )
    tracker.try_again()
    assert not tracker.finished and started[0].wait(10) == 0
    assert said.read_text() == f"-qI{SECOND}\n"


@pytest.mark.parametrize("mailer", ["relay", "ses", "ses-2"])
def test_the_port_is_in_the_configuration(mailer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sendmail.cf"
    path.write_text(
        f"Mesmtp,\t\tP=[IPC], F=mDFMuXa,\n\t\tT=DNS/RFC822/SMTP,\n\t\tA=TCP $h\nM{mailer},\t\tP=[IPC], F=mDFMuXa8,\n"
        "\t\tT=DNS/RFC822/SMTP,\n\t\tA=TCP $h 2587\n\n"
    )
    monkeypatch.setattr(follow_sendmail, "_CONFIGURATION", (str(tmp_path / "none"), str(path)))
    assert track(*QUEUED, SENT).port == 2587
