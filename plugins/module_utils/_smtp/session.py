# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One SMTP session with SES in stages: connect, tls, auth, envelope, send; again where that can help."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.dialogue import Dialogue, RefusedError
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.pause import pause_before
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.stages import STAGES

if TYPE_CHECKING:
    import ssl

    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply import Diagnosis

__all__ = ("STAGES", "Mail", "Outcome", "Target", "run_session", "run_with_retries")


@dataclass(frozen=True)
class Target:
    """Where to connect. ``encryption`` is starttls or tls; ``timeout`` is for the whole dialogue, in seconds."""

    host: str
    port: int
    encryption: str
    timeout: float
    ca_path: str | None = None
    #: The one address of ``host`` to connect to; without it, whichever answers first.
    address: str | None = None
    #: The region of ``host``, where it is known and its name does not say it; for explanations only.
    region: str = ""


@dataclass(frozen=True)
class Mail:
    """What to send, and as whom. ``data`` may be empty when the dialogue ends before it is needed."""

    username: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    recipients: tuple[str, ...] = ()
    data: bytes = b""


@dataclass(frozen=True)
class Outcome:
    """How a dialogue went. ``stage`` is the last one reached; ``diagnosis`` is set when it failed there.

    ``in_doubt``: the whole message went out and no reply came, so SES may have accepted it.
    """

    stage: str
    accepted: bool = False
    message_id: str | None = None
    code: int | None = None
    reply: str = ""
    diagnosis: Diagnosis | None = None
    tls: dict[str, Any] | None = None
    timings: dict[str, float] = field(default_factory=dict)
    transcript: tuple[str, ...] = ()
    attempts: int = 1
    in_doubt: bool = False
    warning: str | None = None


def run_session(target: Target, mail: Mail, *, stage: str = "send", context: ssl.SSLContext | None = None) -> Outcome:
    """Hold one dialogue up to and including ``stage``; before send, what was said is reset (RSET).

    ``context`` is what ``tls.make_context`` made of the target's ``ca_path``, where many dialogues share it.
    """
    dialogue = Dialogue(target, mail, context=context)
    begun = time.monotonic()
    reached = STAGES[0]
    failure: Exception | None = None
    try:
        for reached in STAGES[: STAGES.index(stage) + 1]:
            dialogue.perform(reached)
    except (RefusedError, OSError) as exc:
        failure = exc
    finally:
        dialogue.leave(
            politely=failure is None or isinstance(failure, RefusedError),
            reset=failure is None and reached == "envelope",
        )
    outcome = _failed(dialogue, reached, failure) if failure else _passed(dialogue, reached)
    dialogue.timings["total"] = round(time.monotonic() - begun, 4)
    return replace(
        outcome,
        timings=dialogue.timings,
        transcript=tuple(dialogue.transcript),
        in_doubt=dialogue.in_doubt,
        warning=dialogue.warning,
    )


def run_with_retries(
    target: Target, mail: Mail, *, stage: str = "send", retries: int = 0, new_credential: bool = False
) -> Outcome:
    """Hold the dialogue again after passing failures, with growing pauses (1, 2, 4, ... at most 15 seconds).

    ``new_credential`` makes a 535 such a failure: a new IAM key takes seconds to be known to SES.
    A dialogue that broke after the message was handed over is not repeated, lest the message be sent twice.
    """
    attempt = 1
    while True:
        outcome = replace(run_session(target, mail, stage=stage), attempts=attempt)
        found = outcome.diagnosis
        passing = found is not None and (
            found.retry == "soon" or (new_credential and found.kind in ("credentials", "not_subscribed"))
        )
        if not passing or outcome.in_doubt or attempt > retries:
            return outcome
        attempt += 1
        time.sleep(pause_before(attempt))


def _passed(dialogue: Dialogue, stage: str) -> Outcome:
    last = dialogue.last
    accepted = stage == "send"
    return Outcome(
        stage=stage,
        accepted=accepted,
        message_id=_message_id(str(last)) if accepted else None,
        code=last.code if last else None,
        reply=str(last or ""),
        tls=dialogue.tls,
    )


def _failed(dialogue: Dialogue, stage: str, error: Exception) -> Outcome:
    # Loaded here because a host where all is well needs none of it.
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import failure

    found = failure.explain(dialogue, error)
    return Outcome(stage=stage, code=found.code, reply=found.text, diagnosis=found.diagnosis, tls=found.tls)


def _message_id(reply: str) -> str | None:
    """Return the ID in "250 Ok <id>"."""
    words = reply.split()
    return words[2].rstrip(".") if len(words) > 2 else None
