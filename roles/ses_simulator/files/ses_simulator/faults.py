# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Misbehaviour on demand, for one region, optionally one port, client or message, a number of times or until cleared."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import Any

CERTIFICATE_KINDS = ("wrong_name", "expired", "unknown_ca")
OLD_TLS = "old_tls"
# For a whole connection, from its beginning on
GREETING_KINDS = ("silent", "not_smtp")
CONNECTION_KINDS = (*GREETING_KINDS, "no_starttls", "no_auth", "plain_auth")
DIALOGUE_KINDS = ("drop", "reset", "delay", "reply", "throttle")
KINDS = (*CERTIFICATE_KINDS, OLD_TLS, *CONNECTION_KINDS, *DIALOGUE_KINDS)
STAGES = ("connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "message", "quit")
THROTTLED = "454 Throttling failure: Maximum sending rate exceeded."
_REPLY = re.compile(r"[2-5][0-9]{2}[ ][\x20-\x7e]+")
_FIELDS = {"region", "port", "kind", "count", "stage", "reply", "seconds", "client", "sender", "recipient"}
# Where a message's sender and its recipients are known.
_AIMED_AT = {"sender": ("mail", "rcpt", "data", "message"), "recipient": ("rcpt", "data", "message")}


@dataclass(frozen=True)
class Situation:
    """Where a fault could happen now: the client's IP address, and as much of the envelope as it has given."""

    client: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()


UNKNOWN = Situation()


@dataclass
class Fault:
    """One ordered misbehaviour; ``count`` None means until it is cleared."""

    region: str
    kind: str
    port: int | None = None
    count: int | None = None
    stage: str = "connect"
    reply: str = ""
    seconds: float = 0.0
    client: str = ""
    sender: str = ""
    recipient: str = ""

    def concerns(self, region: str, port: int, situation: Situation) -> bool:
        """Tell whether a connection to ``region`` on ``port`` meets this fault."""
        return (
            self.region == region
            and self.port in (None, port)
            and self.client in ("", situation.client)
            and self.sender in ("", situation.sender)
            and (not self.recipient or self.recipient in situation.recipients)
        )


def parse_fault(body: dict[str, Any]) -> Fault:
    """Return the fault that a JSON object orders; raise ValueError with what is wrong with it."""
    unknown = sorted(set(body) - _FIELDS)
    if unknown:
        raise ValueError(f"unknown field {unknown[0]!r}: a fault has {', '.join(sorted(_FIELDS))}")
    kind = body.get("kind")
    if kind not in KINDS:
        raise ValueError(f"kind {kind!r} is unknown: choose one of {', '.join(KINDS)}")
    default_stage = "message" if kind in ("reply", "throttle") else "connect"
    fault = Fault(
        region=str(body.get("region", "")),
        kind=str(kind),
        port=body.get("port"),
        count=body.get("count"),
        stage=body.get("stage", default_stage),
        reply=THROTTLED if kind == "throttle" else str(body.get("reply", "")),
        seconds=float(body.get("seconds", 5.0)),
        client=str(body.get("client", "")),
        sender=str(body.get("sender", "")),
        recipient=str(body.get("recipient", "")),
    )
    if fault.stage not in STAGES:
        raise ValueError(f"stage {fault.stage!r} is unknown: choose one of {', '.join(STAGES)}")
    if kind == "reply" and not _REPLY.fullmatch(fault.reply):
        raise ValueError("a fault of kind 'reply' needs a reply such as '454 Temporary service failure'")
    if fault.count is not None and (not isinstance(fault.count, int) or fault.count < 1):
        raise ValueError("count must be a whole number of at least 1, or absent for 'until it is cleared'")
    _check_aim(fault)
    return fault


def _check_aim(fault: Fault) -> None:
    aims = [name for name in ("client", "sender", "recipient") if getattr(fault, name)]
    for aim in aims:
        kinds = (*CONNECTION_KINDS, *DIALOGUE_KINDS) if aim == "client" else DIALOGUE_KINDS
        if fault.kind not in kinds:
            raise ValueError(f"{aim} does not go with the kind {fault.kind!r}, only with {', '.join(kinds)}")
        stages = _AIMED_AT.get(aim, STAGES)
        if fault.stage not in stages:
            raise ValueError(f"{aim} is not known at the stage {fault.stage!r}, only at {', '.join(stages)}")


class FaultBoard:
    """The faults in force. Taking one uses up one of its counts."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """End all faults."""
        with self._lock:
            self._faults.clear()

    def active(self) -> list[Fault]:
        """Return the faults that still have counts left."""
        return list(self._faults)

    def take(
        self,
        region: str,
        port: int,
        *,
        kinds: tuple[str, ...],
        stage: str | None = None,
        situation: Situation = UNKNOWN,
    ) -> Fault | None:
        """Return the oldest fault that applies here, counted down, or None."""
        if not self._faults:
            return None
        with self._lock:
            for fault in self._faults:
                if fault.kind not in kinds or stage not in (None, fault.stage):
                    continue
                if fault.concerns(region, port, situation):
                    return self._use(fault)
        return None

    def _use(self, fault: Fault) -> Fault:
        if fault.count is not None:
            fault.count -= 1
            if fault.count == 0:
                self._faults.remove(fault)
        return fault
