# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nullmailer 2.2 logs on Debian 11 and 13, and its queue, trigger and client."""

from __future__ import annotations

import os
import select
from typing import TYPE_CHECKING

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import follow_nullmailer
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_tracker import Letter

if TYPE_CHECKING:
    from pathlib import Path

HOST = "email-smtp.eu-west-1.amazonaws.com"
SES_ID = "010201a20a0880f3-5e7ae0bc-979b-48bf-8baa-986885350189-000000"
AT = "Nov 23 20:10:59 web1 "
FILE = "1795464659.1308"
THROTTLED = "454 Throttling failure: Maximum sending rate exceeded."


def says(text: str) -> str:
    return f"{AT}nullmailer-send[1299]: {text}"


def attempt(
    *outcome: str, file: str = FILE, message_id: str = "t1@example.com", client: int = 1309, host: str = HOST
) -> list[str]:
    lines = [
        says(f"Starting delivery: host: {host} protocol: smtp file: {file}"),
        says("From: <a@example.com> to: <success@simulator.amazonses.com>"),
        says(f"Message-ID: <{message_id}>"),
    ]
    said, *rest = outcome
    return [*lines, f"{AT}nullmailer-send[{client}]: smtp: {said}", *map(says, rest)]


BEGUN = [says("Trigger pulled."), says("Rescanning queue."), says("Starting delivery, 1 message(s) in queue.")]
DONE = says("Delivery complete, 0 message(s) remain.")
LEFT = says("Delivery complete, 1 message(s) remain.")
SENT = attempt(f"Succeeded: 250 Ok {SES_ID}", "Sent file.")
PUT_OFF = attempt(f"Failed: {THROTTLED}", "Sending failed: Temporary error in sending the message")


def track(*lines: str, spool: Path | None = None) -> follow_nullmailer.NullmailerTracker:
    letter = Letter(message_id="<t1@example.com>", data=b"", sender="a@example.com", recipients=("b@example.net",))
    tracker = follow_nullmailer.NullmailerTracker(letter, str(spool or "/nonexistent"))
    for line in lines:
        tracker.feed(line)
    return tracker


def test_accepted_by_ses() -> None:
    tracker = track(*BEGUN, *SENT, DONE)
    assert tracker.finished and tracker.accepted_as == SES_ID
    assert (tracker.queue_id, tracker.host) == (FILE, HOST)
    assert tracker.lines == SENT


def test_each_line_is_of_the_message_named_last() -> None:
    other = attempt("Succeeded: 250 Ok other", "Sent file.", file="1.2", message_id="t2@example.com")
    refused = attempt(
        "Failed: 554 Transaction failed: Invalid header found",
        "Sending failed: Permanent error in sending the message",
        "Moving message 1.2 into failed",
        file="1.2",
        message_id="t2@example.com",
        client=1310,
    )
    assert not track(*BEGUN, *other, *refused, DONE).finished
    tracker = track(*BEGUN, *other, *refused, *SENT)
    assert tracker.accepted_as == SES_ID and not any("1.2" in line for line in tracker.lines)
    tracker = track(*BEGUN, *PUT_OFF, *other, LEFT)
    assert (tracker.status, tracker.reply) == ("deferred", THROTTLED)


def test_put_off_when_no_remote_is_left() -> None:
    tracker = track(*BEGUN, *PUT_OFF)
    assert not tracker.finished
    # What is known when the time is up, if other messages keep it busy.
    assert (tracker.status, tracker.reply) == ("deferred", THROTTLED)
    tracker.feed(LEFT)
    assert tracker.finished and (tracker.status, tracker.reply) == ("deferred", THROTTLED)


def test_the_second_remote_takes_it() -> None:
    second = attempt(
        f"Succeeded: 250 Ok {SES_ID}", "Sent file.", client=1310, host="email-smtp.us-east-1.amazonaws.com"
    )
    tracker = track(*BEGUN, *PUT_OFF, *second, DONE)
    assert tracker.accepted_as == SES_ID and tracker.host == "email-smtp.us-east-1.amazonaws.com"


def test_the_next_attempt_says_the_same_again() -> None:
    tracker = track(*BEGUN, *PUT_OFF, LEFT)
    tracker.try_again()
    other = attempt("Succeeded: 250 Ok other", "Sent file.", file="1.2", message_id="t2@example.com", client=1311)
    again = attempt(f"Succeeded: 250 Ok {SES_ID}", "Sent file.", client=1312)
    for line in (*BEGUN, *other, *again, DONE):
        tracker.feed(line)
    assert tracker.accepted_as == SES_ID and tracker.queue_ids == [FILE]


def test_an_attempt_that_nullmailer_made_by_itself() -> None:
    """Its lines may come with those of the attempt before, and then nothing else will."""
    tracker = track(*BEGUN, *PUT_OFF, LEFT, *BEGUN, *SENT, DONE)
    assert tracker.accepted_as == SES_ID


def test_refused_for_good() -> None:
    reply = "552 Message is too long."
    lines = attempt(
        f"Failed: {reply}",
        "Sending failed: Permanent error in sending the message",
        f"Moving message {FILE} into failed",
        f"Generating bounce for {FILE}",
    )
    tracker = track(*BEGUN, *lines, DONE)
    assert tracker.finished and (tracker.status, tracker.reply) == ("bounced", reply)


@pytest.mark.parametrize(
    ("said", "why", "reply"),
    [
        ("535 Authentication Credentials Invalid", "Failed to authenticate to server", None),
        ("Server SSL/TLS certificate is untrusted", "Temporary error in sending the message", None),
        ("", "Protocol error", "Protocol error: connection closed unexpectedly"),
        ("", "Sending timed out", "Sending timed out"),
    ],
)
def test_what_is_known_of_a_failure(said: str, why: str, reply: str | None) -> None:
    tracker = track(*attempt(f"Failed: {said}".rstrip(), f"Sending failed: {why}"), LEFT)
    assert (tracker.status, tracker.reply) == ("deferred", reply or said)


def test_given_to_somebody_else() -> None:
    tracker = track(*attempt("Succeeded: 250 2.0.0 Ok: queued as 4AB", "Sent file.", host="hub.example"), DONE)
    assert tracker.finished and tracker.accepted_as is None and tracker.relay == "hub.example"


def test_other_programs_are_not_listened_to() -> None:
    tracker = track(*(line.replace("nullmailer-send", "postfix/smtp") for line in (*BEGUN, *SENT)))
    assert not tracker.finished and tracker.queue_id is None


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    for folder in ("queue", "failed"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.1").write_text("a@example.com\n\nMessage-ID: <t2@example.com>\n")
        (tmp_path / folder / FILE).write_text("a@example.com\n\nMessage-ID: <t1@example.com>\n")
    os.mkfifo(tmp_path / "trigger")
    return tmp_path


def test_the_message_is_removed_and_no_other(spool: Path) -> None:
    track(spool=spool).remove()
    assert [os.listdir(spool / folder) for folder in ("queue", "failed")] == [["1.1"], ["1.1"]]


def test_the_trigger_is_pulled(spool: Path) -> None:
    tracker = track(*BEGUN, *PUT_OFF, LEFT, spool=spool)
    reader = os.open(spool / "trigger", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert tracker.can_try_again()
        tracker.try_again()
        assert select.select([reader], [], [], 5)[0] and os.read(reader, 9) == b"\0"
    finally:
        os.close(reader)
    assert not tracker.finished and tracker.status == ""


def test_why_the_log_is_silent(spool: Path) -> None:
    tracker = track(spool=spool)
    assert "is not running" in tracker.explain_silence()
    reader = os.open(spool / "trigger", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert "still at an earlier one" in tracker.explain_silence()
        (spool / "queue" / FILE).unlink()
        assert "logs somewhere else" in tracker.explain_silence()
    finally:
        os.close(reader)
