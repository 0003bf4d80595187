# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exim's log lines, as Exim 4.94 and 4.98 wrote them, and the commands that it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import follow, follow_exim
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_tracker import Letter, Tracker

if TYPE_CHECKING:
    from pathlib import Path

HOST = "email-smtp.eu-west-1.amazonaws.com"
SES_ID = "010201a20a1176d0-102b0eb6-3902-4ff0-986a-e6ee92f8634f-000000"
NEW_ID, OLD_ID = "1xVaWs-000000000Xx-16sG", "1xVaWv-0000Z8-HC"
AT = "2026-11-23 20:20:46"
VIA = f"R=ses T=ses H={HOST} [192.0.2.7]"
TLS = "X=TLS1.3:ECDHE_SECP256R1__ECDSA_SECP256R1_SHA256__AES_256_GCM:256 CV=yes"
TO = "success@simulator.amazonses.com"
THROTTLED = (
    "SMTP error from remote mail server after end of data: 454 Throttling failure: Maximum sending rate exceeded."
)


def arrived(queue_id: str = NEW_ID, message_id: str = "t1@example.com") -> str:
    return f"{AT} {queue_id} <= root@example.com U=root P=local S=354 id={message_id}"


def track(*lines: str, recipients: tuple[str, ...] = (TO,)) -> Tracker:
    letter = Letter(message_id="<t1@example.com>", data=b"", sender="", recipients=recipients)
    tracker = follow_exim.EximTracker(letter)
    for line in lines:
        tracker.feed(line)
    return tracker


@pytest.mark.parametrize("queue_id", [NEW_ID, OLD_ID])
@pytest.mark.parametrize("head", ["", "Nov 23 20:20:46 web1 exim[4711]: ", "Nov 23 20:20:46 exim[4711]: "])
def test_accepted_by_ses(queue_id: str, head: str) -> None:
    delivered = f'=> {TO} {VIA} {TLS} A=plain C="250 Ok {SES_ID}"'
    lines = [arrived(queue_id), f"{AT} {queue_id} {delivered}", f"{AT} {queue_id} Completed"]
    tracker = track(*(head + line for line in lines))
    assert tracker.finished and tracker.accepted_as == SES_ID
    assert (tracker.queue_id, tracker.host) == (queue_id, HOST)
    assert tracker.tls == {
        "version": "TLSv1.3",
        "cipher": "ECDHE_SECP256R1__ECDSA_SECP256R1_SHA256__AES_256_GCM",
        "verified": True,
    }


def test_the_time_the_process_and_the_port_may_be_logged_in_other_ways() -> None:
    lines = [
        arrived().replace(AT, "2026-11-23 20:20:46.123 +0100 [4711]"),
        f'{AT} [4712] {NEW_ID} => {TO} {VIA}:2587 X=TLSv1.2:ECDHE-RSA-AES256-GCM-SHA384:256 CV=no C="250 Ok {SES_ID}" QT=1s',
        f"{AT} [4712] {NEW_ID} Completed QT=1s",
    ]
    tracker = track(*lines)
    assert (tracker.accepted_as, tracker.port) == (SES_ID, 2587)
    assert tracker.tls == {"version": "TLSv1.2", "cipher": "ECDHE-RSA-AES256-GCM-SHA384", "verified": False}


def test_other_messages_are_not_ours() -> None:
    delivered = f'{AT} {OLD_ID} => {TO} {VIA} C="250 Ok {SES_ID}"'
    tracker = track(arrived(OLD_ID, "other@example.com"), delivered, f"{AT} {OLD_ID} Completed")
    assert not tracker.finished and tracker.queue_id is None and tracker.lines == []


def test_every_recipient_counts() -> None:
    first = f'{AT} {NEW_ID} => {TO} {VIA} C="250 Ok {SES_ID}"'
    assert not track(arrived(), first).finished
    tracker = track(arrived(), first, f"{AT} {NEW_ID} ** b@example.net {VIA}: 554 no")
    assert tracker.finished and tracker.accepted_as is None


@pytest.mark.parametrize(
    ("line", "status", "reply"),
    [
        (f"== {TO} R=ses T=ses defer (-46) H={HOST} [192.0.2.7]: {THROTTLED}", "deferred", THROTTLED),
        (f"** {TO} {VIA} {TLS}: {THROTTLED}", "bounced", THROTTLED),
        (f'** other@example.net <{TO}> {VIA}:465 {TLS} DN="CN=a, O=b": {THROTTLED}', "bounced", THROTTLED),
        (f"== {TO} R=ses defer (-1): host lookup did not complete", "deferred", "host lookup did not complete"),
        (f"** {TO}: Unrouteable address", "bounced", "Unrouteable address"),
    ],
)
def test_not_accepted(line: str, status: str, reply: str) -> None:
    tracker = track(arrived(), f"{AT} {NEW_ID} {line}")
    assert tracker.finished and tracker.accepted_as is None
    assert (tracker.status, tracker.reply) == (status, reply)


def test_a_refused_login_is_in_a_line_of_its_own() -> None:
    tracker = track(
        arrived(),
        f"{AT} {NEW_ID} plain authenticator failed H={HOST} [192.0.2.7] 535 Authentication Credentials Invalid",
        f"{AT} {NEW_ID} == {TO} R=ses T=ses defer (-42): authentication required but authentication attempt(s) failed",
    )
    assert tracker.host == HOST and tracker.reply.endswith("535 Authentication Credentials Invalid")


def test_delivered_somewhere_else() -> None:
    local = f"{AT} {NEW_ID} => root <root@example.com> R=local_user T=mail_spool"
    tracker = track(arrived(), local, f"{AT} {NEW_ID} Completed")
    assert (tracker.status, tracker.accepted_as, tracker.relay) == ("sent", None, "mail_spool")


def test_not_tried_for_the_sake_of_an_earlier_failure() -> None:
    waits = f"{AT} {NEW_ID} == {TO} R=ses T=ses defer (-54): retry time not reached for any host for 'example.net'"
    tracker = track(arrived(), waits)
    assert tracker.finished and tracker.held_back
    tracker.try_again()
    assert not tracker.finished and not tracker.held_back
    tracker.feed(f"{AT} {NEW_ID} == {TO} R=ses T=ses defer (-46) H={HOST} [192.0.2.7]: {THROTTLED}")
    assert (tracker.reply, tracker.held_back) == (THROTTLED, False)


@pytest.mark.parametrize(
    ("setting", "paths"),
    [
        ("/var/log/exim4/%slog", ("/var/log/exim4/mainlog",)),
        ("syslog : /var/log/exim/%s.log", ("/var/log/exim/main.log",)),
        ("syslog", ()),
        (":syslog", ()),
        ("", ()),
    ],
)
def test_where_the_log_is(setting: str, paths: tuple[str, ...]) -> None:
    assert follow_exim.log_places(setting) == paths


def test_a_log_a_day() -> None:
    (path,) = follow_exim.log_places("/var/log/exim/%s-%D")
    assert path.startswith("/var/log/exim/main-2") and len(path) == len("/var/log/exim/main-20261123")


EXIM = r"""#!/bin/sh
echo "$@" >>{folder}/asked
case $1 in
    -bP) echo "log_file_path = {folder}/%slog" ;;
    -bt) printf '%s\n  router = ses, transport = ses\n  host {host} [192.0.2.7] port=2587\n' "$2" ;;
    -Mrm) grep -q {process} /proc/{pid}/cmdline 2>/dev/null && exit 1; exit 0 ;;
esac
"""


@pytest.fixture
def exim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a program that takes Exim's options, and the calls of it that are noted there."""
    path = tmp_path / "exim4"
    path.write_text(EXIM.format(folder=tmp_path, host=HOST, process="none", pid=0))
    path.chmod(0o755)
    monkeypatch.setattr(follow_exim, "find_command", lambda name: str(path) if name == "exim4" else None)
    monkeypatch.setattr(follow_exim.os, "geteuid", lambda: 0)
    return tmp_path


def test_exim_is_asked_for_its_log_and_its_relay(exim: Path) -> None:
    tracker = track(arrived(), f"{AT} {NEW_ID} == {TO} R=ses T=ses defer (-42): authentication required but no")
    assert tracker.log_files() == (f"{exim}/mainlog",) and not tracker.uses_journal()
    tracker.locate()
    assert (tracker.host, tracker.port) == (HOST, 2587)


def test_a_bounced_message_is_not_in_the_queue(exim: Path) -> None:
    track(arrived(), f"{AT} {NEW_ID} ** {TO}: Unrouteable address").remove()
    assert "-Mrm" not in (exim / "asked").read_text()


MTA = r"""#!/bin/sh
log() {{ echo "{at} {id} $*" >>{folder}/mainlog; }}
case $1 in
    -bP) echo "log_file_path = {folder}/%slog" ;;
    -M) log '=> a@example.net {via} C="250 Ok {ses_id}"'; log 'Completed' ;;
    -i)
        cat >/dev/null
        log '<= root@example.com U=root P=local S=354 id=t1@example.com'
        log '== a@example.net R=ses T=ses defer (-46) H={host} [192.0.2.7]: {reply}'
        # Another recipient's line comes late, and is still of the first attempt.
        (sleep 0.1; log '== b@example.net R=ses T=ses defer (-46) H={host} [192.0.2.7]: {reply}') >/dev/null 2>&1 &
        ;;
esac
"""


def test_each_recipient_s_line_is_of_one_attempt(exim: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = MTA.format(folder=exim, at=AT, id=NEW_ID, via=VIA, ses_id=SES_ID, host=HOST, reply=THROTTLED)
    (exim / "exim4").write_text(program)
    monkeypatch.setattr(follow, "_SENDMAIL", (str(exim / "exim4"),))
    monkeypatch.setattr(follow, "pause_before", lambda _attempt: 0.3)
    letter = follow.Letter(
        message_id="<t1@example.com>", data=b"", sender="", recipients=("a@example.net", "b@example.net")
    )
    result = follow.deliver(letter, timeout=5, retries=3, region="eu-west-1", dry_run=False)
    assert result["accepted"] and result["attempts"] == 2
