# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SES account of one region: sandbox, quotas, rate, enforcement."""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from ses_simulator.quotas import QUOTAS, QuotaRequest

DAY = 24 * 60 * 60
RATE_EXCEEDED = "454 Throttling failure: Maximum sending rate exceeded."
QUOTA_EXCEEDED = "454 Throttling failure: Daily message quota exceeded."
SIGV2_EXCEEDED = "454 Throttling failure: Maximum SigV2 SMTP sending rate exceeded."
UNLIMITED = -1
_CONFIGURABLE = {
    "production_access": bool,
    "sending_enabled": bool,
    "max_send_rate": float,
    "max_24_hour_send": float,
    "enforcement_status": str,
    "key_delay": float,
    "subscribed": bool,
    "max_connections": int,
    "review": str,
    "suppressed_reasons": list,
}
# What the control interface calls the states of a review; None: none was ever asked for.
REVIEWS = ("pending", "granted", "denied", "failed")
# What AWS gives to an account that leaves the sandbox, unless it asked for more.
GRANTED_24_HOUR_SEND, GRANTED_SEND_RATE = 50_000.0, 14.0
SUPPRESSION_REASONS = ("BOUNCE", "COMPLAINT")


@dataclass
class Account:
    """A new account is in the sandbox: 200 recipients in 24 hours, one a second."""

    production_access: bool = False
    sending_enabled: bool = True
    max_send_rate: float = 1.0
    max_24_hour_send: float = 200.0
    enforcement_status: str = "HEALTHY"
    key_delay: float = 0.0
    subscribed: bool = True
    max_connections: int | None = None
    connections: int = 0
    details: dict[str, Any] = field(default_factory=dict)
    suppressed_reasons: list[str] = field(default_factory=lambda: list(SUPPRESSION_REASONS))
    quota_requests: list[QuotaRequest] = field(default_factory=list)
    _cases: int = 0
    _sent: deque[tuple[float, int]] = field(default_factory=deque)
    _sent_total: int = 0
    _tokens: float | None = None
    _refilled: float = 0.0

    @property
    def review(self) -> str | None:
        """The state of the latest review for production access, None when none was asked for."""
        status = self.details.get("ReviewDetails", {}).get("Status")
        return str(status).lower() if status else None

    @review.setter
    def review(self, state: str | None) -> None:
        if state is None:
            self.details = {}
            return
        case = self.details.get("ReviewDetails", {}).get("CaseId") or self.new_case()
        self.details["ReviewDetails"] = {"Status": state.upper(), "CaseId": case}
        if state == "granted":
            self.production_access = True
            if self.max_24_hour_send != UNLIMITED:
                self.max_24_hour_send = max(self.max_24_hour_send, GRANTED_24_HOUR_SEND)
            self.max_send_rate = max(self.max_send_rate, GRANTED_SEND_RATE)
            self._tokens = None

    def decide_quota(self, code: str, status: str) -> None:
        """Decide the newest request for a quota, an open one first; an approved one raises the quota.

        Raises ValueError when nobody has asked, and for a status that there is not.
        """
        requests = [request for request in self.quota_requests if request.quota_code == code]
        if not requests:
            raise ValueError(f"nobody has asked to raise {code} in this region")
        request = max(requests, key=lambda one: (one.is_open, one.created))
        request.decide(status)
        request.case_id = request.case_id or (self.new_case() if request.status.startswith("CASE") else "")
        if request.status == "APPROVED":
            setattr(self, QUOTAS[code].attribute, request.desired_value)
            self._tokens = None

    def new_case(self) -> str:
        """Return the number of a new support case."""
        self._cases += 1
        return f"1729111111{self._cases:05d}"

    @property
    def may_send(self) -> bool:
        """False while SES has paused the account or its owner has."""
        return self.sending_enabled and self.enforcement_status != "SHUTDOWN"

    def is_full(self) -> bool:
        """Tell whether more connections are open than the account may have; AWS does not say how many those are."""
        return self.max_connections is not None and self.connections > self.max_connections

    def sent_last_24_hours(self) -> int:
        """Return the recipients that count against the daily quota."""
        horizon = time.time() - DAY
        while self._sent and self._sent[0][0] < horizon:
            self._sent_total -= self._sent.popleft()[1]
        return self._sent_total

    def spend(self, *, recipients: int, counted: int) -> str | None:
        """Charge a message to rate and quota; return the refusing reply when there is no room.

        ``recipients`` counts against the rate, ``counted`` (without the mailbox simulator's) against the day.
        """
        if not self._has_tokens():
            return RATE_EXCEEDED
        if self.max_24_hour_send != UNLIMITED and self.sent_last_24_hours() + counted > self.max_24_hour_send:
            return QUOTA_EXCEEDED
        self._tokens = (self._tokens or 0.0) - recipients
        if counted:
            self._sent.append((time.time(), counted))
            self._sent_total += counted
        return None

    def _has_tokens(self) -> bool:
        # A bucket of one second's worth. A message of many recipients may overdraw it,
        # otherwise a message with two could never leave an account with one a second.
        now = time.monotonic()
        if self._tokens is None:
            self._tokens = max(self.max_send_rate, 1.0)
        else:
            gained = (now - self._refilled) * self.max_send_rate
            self._tokens = min(self._tokens + gained, max(self.max_send_rate, 1.0))
        self._refilled = now
        return self._tokens >= 1.0

    def as_dict(self) -> dict[str, Any]:
        """Return what can be configured."""
        return {name: getattr(self, name) for name in _CONFIGURABLE}

    def configure(self, changes: dict[str, Any]) -> None:
        """Apply ``POST /_simulator/account``, all of it or nothing; raise ValueError for what cannot be."""
        unknown = sorted(set(changes) - set(_CONFIGURABLE))
        if unknown:
            raise ValueError(f"unknown field {unknown[0]!r}: an account has {', '.join(_CONFIGURABLE)}")
        values = {name: _value(name, value) for name, value in changes.items()}
        # A granted review brings quotas of its own; what is said beside it counts.
        for name in sorted(values, key=lambda name: name != "review"):
            setattr(self, name, values[name])
        if "max_send_rate" in changes:
            self._tokens = None


def _value(name: str, value: object) -> object:
    kind = _CONFIGURABLE[name]
    if name == "review":
        return _review(value)
    if kind is list:
        return _reasons(name, value)
    if kind is float:
        return _number(name, value)
    if kind is int:
        return _limit(name, value)
    if kind is bool and not isinstance(value, bool):
        # bool("false") is True: guessing would switch on what was to be switched off.
        raise ValueError(f"{name} is {value!r}: it must be true or false, a JSON boolean without quotes")
    if not isinstance(value, (bool, str)) or not isinstance(value, kind):
        raise ValueError(f"{name} is {value!r}: it must be a text")
    return value


def _review(value: object) -> object:
    if value is not None and value not in REVIEWS:
        raise ValueError(f"review is {value!r}: it must be one of {', '.join(REVIEWS)}, or null for none")
    return value


def _reasons(name: str, value: object) -> list[str]:
    if not isinstance(value, list) or not set(map(str, value)) <= set(SUPPRESSION_REASONS):
        raise ValueError(f"{name} is {value!r}: it must be a list of {', '.join(SUPPRESSION_REASONS)}")
    return list(value)


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{name} is {value!r}: it must be a number, without quotes")
    if name == "key_delay" and value < 0:
        raise ValueError(f"key_delay is {value!r}: it must be a number of seconds from 0")
    return float(value)


def _limit(name: str, value: object) -> object:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ValueError(f"{name} is {value!r}: it must be a whole number from 1, or null for no limit")
    return value
