# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Postfix's log lines, as Postfix 3.5 and 3.10 wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import follow_postfix
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_postfix import PostfixTracker
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_tracker import Letter

if TYPE_CHECKING:
    from pathlib import Path

MESSAGE_ID = "<20261123135508.eed215cf@example.com>"
SES_ID = "010201a208b06768-fd9a261d-bee0-435c-bb2e-e97cabed8f30-000000"
AT = "Nov 23 13:55:08 web1 postfix"
RELAY = "email-smtp.eu-west-1.amazonaws.com[192.0.2.7]:587"
QUEUED = [
    f"{AT}/pickup[90]: 240DC1AC723: uid=0 from=<root>",
    f"{AT}/cleanup[91]: 240DC1AC723: message-id={MESSAGE_ID}",
    f"{AT}/qmgr[92]: 240DC1AC723: from=<root@example.com>, size=415, nrcpt=1 (queue active)",
]
TLS = (
    f"{AT}/smtp[93]: Verified TLS connection established to {RELAY}: TLSv1.3 with cipher "
    "TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature ECDSA (P-256)"
)


def status(text: str, *, queue_id: str = "240DC1AC723", relay: str = RELAY, to: str = "b@example.net") -> str:
    return (
        f"{AT}/smtp[93]: {queue_id}: to=<{to}>, relay={relay}, delay=0.14, "
        f"delays=0.03/0.05/0.05/0, dsn=2.0.0, status={text}"
    )


def track(*lines: str) -> PostfixTracker:
    tracker = PostfixTracker(Letter(message_id=MESSAGE_ID, data=b"", sender="", recipients=("b@example.net",)))
    for line in lines:
        tracker.feed(line)
    return tracker


def test_accepted_by_ses() -> None:
    other = status("sent (250 Ok 0102-other)", queue_id="AAAAAAAAAAA")
    tracker = track(*QUEUED, TLS, other, status(f"sent (250 Ok {SES_ID})"))
    assert tracker.finished and tracker.accepted_as == SES_ID
    assert (tracker.queue_id, tracker.port) == ("240DC1AC723", 587)
    assert tracker.host == "email-smtp.eu-west-1.amazonaws.com"
    assert tracker.tls == {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "verified": True}
    assert not any("AAAAAAAAAAA" in line for line in tracker.lines)


def test_other_messages_are_not_ours() -> None:
    tracker = track(
        f"{AT}/cleanup[91]: BBBBBBBBBBB: message-id=<other@example.com>",
        status("sent (250 Ok 0102-other)", queue_id="BBBBBBBBBBB"),
    )
    assert not tracker.finished and tracker.queue_id is None and tracker.lines == []


def test_every_recipient_counts() -> None:
    queued = [line.replace("nrcpt=1", "nrcpt=2") for line in QUEUED]
    first = status(f"sent (250 Ok {SES_ID})")
    assert not track(*queued, first).finished
    assert track(*queued, first, status(f"sent (250 Ok {SES_ID})", to="c@example.net")).finished
    refused = status("bounced (host x[192.0.2.7] said: 554 no)", to="c@example.net")
    assert track(*queued, first, refused).accepted_as is None


def test_a_line_in_two_logs_counts_once() -> None:
    first = status(f"sent (250 Ok {SES_ID})")
    queued = [line.replace("nrcpt=1", "nrcpt=2") for line in QUEUED]
    both = [
        text for line in [*queued, first] for text in (line, line.replace("Nov 23 13:55:08", "2026-11-23T13:55:08"))
    ]
    tracker = track(*both)
    assert not tracker.finished
    assert len(tracker.lines) == 3


def test_a_late_copy_of_a_line_does_not_end_the_next_attempt() -> None:
    deferred = status("deferred (host x[192.0.2.7] said: 454 Throttling failure)")
    tracker = track(*QUEUED, deferred)
    tracker.finished = False
    tracker.feed(deferred)
    assert not tracker.finished
    tracker.feed(status(f"sent (250 Ok {SES_ID})"))
    assert tracker.accepted_as == SES_ID


@pytest.mark.parametrize("word", ["deferred", "bounced", "undeliverable"])
def test_not_accepted(word: str) -> None:
    reply = "host x[192.0.2.7] said: 454 Throttling failure (in reply to end of DATA command)"
    tracker = track(*QUEUED, status(f"{word} ({reply})"))
    assert tracker.finished and tracker.accepted_as is None
    assert (tracker.status, tracker.reply) == ("deferred" if word == "deferred" else "bounced", reply)


def test_delivered_somewhere_else() -> None:
    for relay, reply in (("local", "delivered to mailbox"), ("hub[192.0.2.9]:25", "250 2.0.0 Ok: queued as 1")):
        tracker = track(*QUEUED, status(f"sent ({reply})", relay=relay))
        assert tracker.finished and tracker.accepted_as is None and tracker.relay == relay


def test_a_content_filter_hands_the_message_back() -> None:
    tracker = track(
        *QUEUED,
        f"{AT}/cleanup[91]: 4WbX2k3Yz1z9s: message-id={MESSAGE_ID}",
        status("sent (250 2.0.0 Ok: queued as 4WbX2k3Yz1z9s)", relay="127.0.0.1[127.0.0.1]:10025"),
    )
    assert not tracker.finished and tracker.queue_id == "4WbX2k3Yz1z9s"
    tracker.feed(status(f"sent (250 Ok {SES_ID})", queue_id="4WbX2k3Yz1z9s"))
    assert tracker.accepted_as == SES_ID


def test_the_reason_in_a_line_of_its_own() -> None:
    warning = f"{AT}/smtp[93]: warning: SASL authentication failure: No worthy mechs found"
    tracker = track(*QUEUED, warning, warning.replace("[93]", "[94]"), status("deferred (SASL authentication failed)"))
    assert tracker.warnings == [warning]


def test_a_client_that_cannot_start() -> None:
    tracker = track(*QUEUED, f"{AT}/smtp[93]: fatal: specify a password table via the `x' parameter")
    assert tracker.finished and tracker.status == "broken"


def test_other_names_of_the_log() -> None:
    lines = [line.replace(" postfix/", " mail-out/relay/") for line in QUEUED]
    assert track(*lines).queue_id == "240DC1AC723"


def test_not_tried_for_the_sake_of_an_earlier_failure() -> None:
    reply = "host x[192.0.2.7] refused to talk to me: 421 Too many concurrent SMTP connections"
    tracker = track(*QUEUED, status(f"deferred (delivery temporarily suspended: {reply})", relay="none"))
    assert tracker.finished and tracker.held_back
    tracker.finished = tracker.held_back = False
    tracker.feed(status(f"deferred ({reply})"))
    assert (tracker.reply, tracker.held_back) == (reply, False)


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with the calls of Postfix's commands; a folder has programs of their names."""
    asked = tmp_path / "asked"
    for name in ("postqueue", "postsuper", "postcat", "postfix"):
        program = tmp_path / name
        program.write_text(
            f'#!/bin/sh\necho "{name} $*" >>{asked}\n[ "$1" != -qh ] || echo "Message-ID: {MESSAGE_ID}"\n[ "$1" != status ]\n'
        )
        program.chmod(0o755)
    monkeypatch.setattr(follow_postfix, "find_command", lambda name: str(tmp_path / name))
    monkeypatch.setattr(follow_postfix.os, "geteuid", lambda: 0)
    return asked


def test_a_deferred_message_is_tried_at_once_and_removed(commands: Path) -> None:
    tracker = track(*QUEUED, status("deferred (host x[192.0.2.7] said: 454 Throttling failure)"))
    assert tracker.can_try_again()
    tracker.try_again()
    assert not tracker.finished and not tracker.can_try_again()
    tracker.remove()
    assert commands.read_text() == ("postqueue -i 240DC1AC723\npostcat -qh 240DC1AC723\npostsuper -d 240DC1AC723\n")


def test_a_bounced_message_is_not_in_the_queue(commands: Path) -> None:
    commands.with_name("postcat").write_text("#!/bin/sh\nexit 1\n")
    track(*QUEUED, status("bounced (host x[192.0.2.7] said: 554 no)")).remove()
    assert not commands.exists()


def test_what_was_sent_to_somebody_else_is_not_removed(commands: Path) -> None:
    track(*QUEUED, status("sent (250 2.0.0 Ok: queued as 1)", relay="hub[192.0.2.9]:25")).remove()
    assert not commands.exists()


def test_one_recipient_elsewhere_is_no_acceptance() -> None:
    queued = [line.replace("nrcpt=1", "nrcpt=2") for line in QUEUED]
    local = status("sent (delivered to mailbox)", relay="local", to="root@localhost")
    tracker = track(*queued, local, status(f"sent (250 Ok {SES_ID})"))
    assert tracker.finished and tracker.accepted_as is None and tracker.relay == "local"
    assert track(*QUEUED, status("sent (250 Ok queued)", relay="hub[192.0.2.9]:25")).accepted_as is None


def test_another_instance_s_client_is_not_ours() -> None:
    fatal = "Nov 23 13:55:08 web1 postfix-other/smtp[7]: fatal: unsupported dictionary type: hash"
    assert not track(fatal, *QUEUED, fatal).finished
    assert not track(fatal.replace("postfix-other", "postfix")).finished


def test_an_attempt_that_postfix_made_by_itself_counts() -> None:
    deferred = status("deferred (host x[192.0.2.7] said: 454 Throttling failure)")
    late = deferred.replace("b@", "c@")
    tracker = track(*QUEUED, deferred, late)
    assert tracker.status == "deferred"
    tracker.feed(status(f"sent (250 Ok {SES_ID})"))
    assert tracker.accepted_as == SES_ID


def test_why_the_log_is_silent(commands: Path) -> None:
    assert "not running" in track().explain_silence()
    commands.with_name("postfix").write_text("#!/bin/sh\n")
    assert "logs somewhere else" in track().explain_silence()
