# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Submit a message to the host's MTA as cron would, and follow it until SES has accepted it.

What is particular to an MTA is in its own file, such as follow_postfix.py; see follow_tracker.py.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import follow_logs, follow_mtas
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_tracker import (
    DEFERRED,
    FollowError,
    Letter,
    Tracker,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.pause import pause_before

if TYPE_CHECKING:
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply import Diagnosis

__all__ = ["FollowError", "Letter", "deliver"]

# Shells and containers name the host in it, cron does not; nullmailer would make it the domain of the sender.
_NOT_OF_CRON = ("HOSTNAME", "MAILHOST")

_SENDMAIL = ("/usr/sbin/sendmail", "/usr/lib/sendmail", "/usr/local/sbin/sendmail")


# How long an attempt that has ended may take to be logged to its end, in seconds.
_SETTLED = 0.05


def deliver(letter: Letter, *, timeout: float, retries: int, region: str, dry_run: bool) -> dict[str, Any]:
    """Submit ``letter`` and return how it fared within ``timeout`` seconds, as the module's result.

    When SES throttles it, the MTA is told to try again at once, up to ``retries`` times, after growing pauses.
    """
    sendmail = _sendmail()
    tracker = follow_mtas.make_tracker(sendmail, letter)
    command = tracker.command(sendmail)
    if dry_run:
        result = _result(tracker, diagnosis=None, timings={}, attempts=0)
        result["msg"] = f"Check mode: would submit with {' '.join(command)}; nothing was submitted."
        return result
    begun = time.monotonic()
    timings: dict[str, float] = {}
    attempts = 0
    with follow_logs.Logs(tracker.log_files(), journal=tracker.journal_match if tracker.uses_journal() else "") as logs:
        _submit(command, tracker, timeout, logs)
        timings["submit"] = round(time.monotonic() - begun, 4)
        while True:
            attempts += 1
            _follow(tracker, logs, begun=begun, timeout=timeout, timings=timings)
            if tracker.held_back and tracker.can_try_again():
                # Not tried yet, for the sake of an earlier failure. Once is enough: what is told to try, tries.
                _listen(tracker, logs, _SETTLED)
                if tracker.status == DEFERRED:
                    tracker.try_again()
                _follow(tracker, logs, begun=begun, timeout=timeout, timings=timings)
            diagnosis = (
                None
                if tracker.accepted_as
                else _explain(tracker, logs, end=begun + timeout, timeout=timeout, region=region)
            )
            pause = pause_before(attempts + 1)
            left = begun + timeout - time.monotonic()
            # Without a temporary reply of SES the message may have been accepted, and be sent twice.
            again = (
                diagnosis is not None
                and diagnosis.retry == "soon"
                and 400 <= (diagnosis.code or 0) < 500
                and left > pause
            )
            if not again or attempts > retries or not tracker.can_try_again():
                break
            _listen(tracker, logs, pause)
            if tracker.status != DEFERRED:
                continue
            tracker.try_again()
            if not tracker.keeps_queue:
                _submit(command, tracker, begun + timeout - time.monotonic(), logs)
    if diagnosis:
        diagnosis = replace(diagnosis, fix=f"{diagnosis.fix} {tracker.remove()}".rstrip())
    timings["total"] = round(time.monotonic() - begun, 4)
    return _result(tracker, diagnosis=diagnosis, timings=timings, attempts=attempts)


def _follow(
    tracker: Tracker,
    logs: follow_logs.Logs,
    *,
    begun: float,
    timeout: float,
    timings: dict[str, float],
) -> None:
    """Feed the tracker until it knows how the attempt ended, or the time is up."""
    end = begun + timeout
    while not tracker.finished and time.monotonic() < end:
        for line in logs.read(end - time.monotonic()):
            tracker.feed(line)
        if tracker.queue_id and "queue" not in timings:
            timings["queue"] = round(time.monotonic() - begun, 4)


def _listen(tracker: Tracker, logs: follow_logs.Logs, pause: float) -> None:
    """Wait, unless the MTA tries by itself meanwhile and that attempt ends otherwise."""
    end = time.monotonic() + pause
    while tracker.status == DEFERRED and time.monotonic() < end:
        for line in logs.read(end - time.monotonic()):
            tracker.feed(line)


def _sendmail() -> str:
    for path in _SENDMAIL:
        if os.access(path, os.X_OK):
            return path
    found = shutil.which("sendmail")
    if not found:
        raise FollowError("through=mta: there is no sendmail command, which every MTA brings. Install the MTA.")
    return found


def _submit(command: list[str], tracker: Tracker, timeout: float, logs: follow_logs.Logs) -> None:
    try:
        done = subprocess.run(  # Arguments, not a shell's line.
            command,
            input=tracker.letter.data.replace(b"\r\n", b"\n"),
            env={name: value for name, value in os.environ.items() if name not in _NOT_OF_CRON},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        if not tracker.keeps_queue:
            tracker.end(DEFERRED, f"{tracker.title}: connection timed out, no answer within {timeout:.0f} seconds")
            return
        for line in logs.read(0):
            tracker.feed(line)
        raise FollowError(
            f"{command[0]} did not end in {timeout:g} seconds. Is the MTA running? It may have taken the message and may "
            f"still send it. {tracker.remove()}".rstrip()
        ) from exc
    tracker.submitted(done.returncode, done.stdout.decode("utf-8", "replace").strip())


def _explain(tracker: Tracker, logs: follow_logs.Logs, *, end: float, timeout: float, region: str) -> Diagnosis:
    # Loaded here because a host where all is well needs none of it.
    from ansible_collections.cloudmail.ses.plugins.module_utils._mta import follow_diagnosis

    return follow_diagnosis.explain(
        tracker, where=logs.description, timeout=timeout, left=end - time.monotonic(), region=region
    )


def _result(
    tracker: Tracker, *, diagnosis: Diagnosis | None, timings: dict[str, float], attempts: int
) -> dict[str, Any]:
    return {
        "accepted": tracker.accepted_as is not None,
        "message_id": tracker.accepted_as,
        "code": diagnosis.code if diagnosis else (250 if tracker.accepted_as else None),
        "reply": diagnosis.reply if diagnosis else tracker.reply,
        "stage": "send",
        "host": tracker.host or None,
        "port": tracker.port or None,
        "diagnosis": diagnosis.as_dict() if diagnosis else None,
        "tls": tracker.tls,
        "timings": timings,
        "transcript": tracker.lines,
        "attempts": attempts,
        "mta": tracker.name,
        "queue_id": tracker.queue_id,
    }
