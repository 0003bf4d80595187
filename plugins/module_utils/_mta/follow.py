# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Submit a message to the host's MTA as cron would, and follow it until SES has accepted it.

Another MTA is one more file beside follow_postfix.py with a class like its Tracker, and a line in _tracker().
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import follow_logs, follow_postfix
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.pause import pause_before

if TYPE_CHECKING:
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply import Diagnosis

_SENDMAIL = ("/usr/sbin/sendmail", "/usr/lib/sendmail", "/usr/local/sbin/sendmail")


class FollowError(Exception):
    """The test cannot be made on this host; nothing was submitted, or the MTA did not take it."""


@dataclass(frozen=True)
class Letter:
    """A message with CRLF line ends; without a ``sender`` the MTA gives its own, as to mail of cron."""

    message_id: str
    data: bytes
    sender: str
    recipients: tuple[str, ...]


def deliver(letter: Letter, *, timeout: float, retries: int, region: str, dry_run: bool) -> dict[str, Any]:
    """Submit ``letter`` and return how it fared within ``timeout`` seconds, as the module's result.

    When SES throttles it, the MTA is told to try again at once, up to ``retries`` times, after growing pauses.
    """
    tracker = _tracker(letter.message_id)
    command = [_sendmail(), "-i"] + (["-f", letter.sender] if letter.sender else [])
    command += ["--", *letter.recipients]
    if dry_run:
        result = _result(tracker, diagnosis=None, timings={}, attempts=0)
        result["msg"] = f"Check mode: would submit with {' '.join(command)}; nothing was submitted."
        return result
    begun = time.monotonic()
    timings: dict[str, float] = {}
    attempts = 0
    with follow_logs.Logs(tracker.log_files(), journal=tracker.uses_journal()) as logs:
        _submit(command, letter.data, timeout)
        timings["submit"] = round(time.monotonic() - begun, 4)
        while True:
            attempts += 1
            _follow(tracker, logs, begun=begun, timeout=timeout, timings=timings)
            diagnosis = _diagnosis(tracker, logs, timeout=timeout, letter=letter, region=region)
            pause = pause_before(attempts + 1)
            left = begun + timeout - time.monotonic()
            again = diagnosis is not None and diagnosis.retry == "soon" and left > pause
            if not again or attempts > retries or not tracker.can_try_again():
                break
            time.sleep(pause)
            tracker.try_again()
    timings["total"] = round(time.monotonic() - begun, 4)
    if diagnosis:
        tracker.remove()
    return _result(tracker, diagnosis=diagnosis, timings=timings, attempts=attempts)


def _follow(
    tracker: follow_postfix.Tracker,
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


def _tracker(message_id: str) -> follow_postfix.Tracker:
    if follow_postfix.is_installed():
        return follow_postfix.Tracker(message_id)
    raise FollowError(
        "through=mta: this host has no Postfix, the one MTA whose log this module can follow. "
        "Install it, or test the way to SES itself with through=ses."
    )


def _sendmail() -> str:
    for path in _SENDMAIL:
        if os.access(path, os.X_OK):
            return path
    found = shutil.which("sendmail")
    if not found:
        raise FollowError("through=mta: there is no sendmail command, which every MTA brings. Install the MTA.")
    return found


def _submit(command: list[str], data: bytes, timeout: float) -> None:
    try:
        done = subprocess.run(  # Arguments, not a shell's line.
            command,
            input=data.replace(b"\r\n", b"\n"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise FollowError(f"{command[0]} did not take the message in {timeout:g} seconds. Is the MTA running?") from exc
    if done.returncode != 0:
        said = done.stdout.decode("utf-8", "replace").strip() or "nothing"
        raise FollowError(
            f"{command[0]} refused the message with status {done.returncode} and said: {said}. "
            "Correct that, then check the MTA's configuration."
        )


def _diagnosis(
    tracker: follow_postfix.Tracker,
    logs: follow_logs.Logs,
    *,
    timeout: float,
    letter: Letter,
    region: str,
) -> Diagnosis | None:
    if tracker.accepted_as:
        return None
    # Loaded here because a host where all is well needs none of it.
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply import (
        Context,
        diagnose,
    )

    context = Context(
        host=tracker.host,
        port=tracker.port,
        region=region,
        sender=letter.sender,
        recipients=letter.recipients,
    )
    if tracker.status in ("deferred", "bounced", "undeliverable"):
        found = diagnose(tracker.reply, context)
        if found.kind in ("unknown", "tls_wrong_name"):
            # The MTA says the reason in a line of its own, such as that of its SASL or TLS library.
            reasons = [diagnose(line, context) for line in tracker.warnings]
            found = next((reason for reason in reasons if reason.kind != "unknown"), found)
        return found
    if tracker.status == "sent":
        return _own(
            "not_ses",
            tracker.reply,
            f"The MTA gave the message to {tracker.relay}, which is not SES.",
            "Check the relay of the MTA (Postfix: relayhost, transport_maps, mydestination), and "
            "that the recipient is not local to this host.",
        )
    if tracker.status == "broken":
        return _own(
            "mta_broken",
            tracker.reply,
            "Postfix's SMTP client ends with a fatal error, so no mail leaves this host.",
            "Correct what it names in Postfix's configuration, then reload it.",
        )
    if tracker.queue_id:
        return _own(
            "still_queued",
            f"queued as {tracker.queue_id}, without a result after {timeout:g} seconds",
            "The MTA has not finished its attempt: usually a firewall drops its connections, or an earlier failure keeps "
            "its client from starting.",
            "Test the way itself with through=ses, and look at the MTA's log.",
        )
    return _own(
        "not_in_log",
        f"no line about the message in {logs.description} after {timeout:g} seconds",
        tracker.explain_silence(),
        "Start the MTA, and run as a user who can read the mail log (become).",
    )


def _own(kind: str, reply: str, cause: str, fix: str) -> Diagnosis:
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply import (
        Diagnosis,
    )

    return Diagnosis(kind=kind, code=None, reply=reply, cause=cause, fix=fix, retry="never")


def _result(
    tracker: follow_postfix.Tracker, *, diagnosis: Diagnosis | None, timings: dict[str, float], attempts: int
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
