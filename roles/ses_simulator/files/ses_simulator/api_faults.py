# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Misbehaviour of the AWS API on demand: too many calls a second, failing operations, lost answers."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import UnknownServiceError

from ses_simulator.iam import ACCOUNT_ID
from ses_simulator.services import SES, ServiceError, service_model

BEFORE, AFTER = "before", "after"
_FIELDS = ("service", "operation", "error", "message", "status", "count", "when", "region", "drop")
_SES = ("ses", SES)
_DENIED_STATUS = {"rest-json": 403, "rest-xml": 403, "query": 403, "json": 400}


@dataclass
class ApiFault:
    """One ordered failure of one operation; ``count`` None means until it is cleared.

    ``when`` is ``before`` the call is carried out, or ``after``: then it has happened, and only its answer is lost.
    With ``drop`` the connection is closed without any answer.
    """

    service: str
    operation: str
    error: str
    message: str
    status: int
    count: int | None
    when: str
    region: str | None
    drop: bool

    def concerns(self, service: str, operation: str, region: str) -> bool:
        """Tell whether a call meets this fault."""
        return (self.service, self.operation) == (service, operation) and self.region in (None, region)


def parse_api_fault(body: object) -> ApiFault:
    """Return the fault that a JSON object orders; raise ValueError with what is wrong with it."""
    if not isinstance(body, dict):
        raise ValueError(f"{body!r}: a fault is a JSON object")
    unknown = sorted(set(body) - set(_FIELDS))
    if unknown:
        raise ValueError(f"unknown field {unknown[0]!r}: a fault of the API has {', '.join(_FIELDS)}")
    service, operation = str(body.get("service")), str(body.get("operation"))
    _check_operation(service, operation)
    count, drop, when = body.get("count", 1), body.get("drop", False), body.get("when", BEFORE)
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise ValueError("count must be a whole number of at least 1, or null for 'until it is cleared'")
    if not isinstance(drop, bool):
        raise ValueError(f"drop is {drop!r}: it must be true or false, a JSON boolean without quotes")
    if when not in (BEFORE, AFTER):
        raise ValueError(f"when is {when!r}: it must be {BEFORE} or {AFTER}")
    if not drop and not body.get("error"):
        raise ValueError("a fault of the API needs an error such as 'InternalServiceError', or drop")
    error = str(body.get("error") or "")
    status = body.get("status") or _status(service, error)
    if isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599:
        raise ValueError(f"status is {status!r}: it must be a number from 400 to 599")
    message = str(body.get("message") or _message(service, operation, error))
    region = body.get("region")
    return ApiFault(service, operation, error, message, status, count, when, region and str(region), drop)


def _check_operation(service: str, operation: str) -> None:
    try:
        known = service_model(service).operation_names
    except UnknownServiceError:
        raise ValueError(f"service {service!r} is unknown: use botocore's name, such as {SES} or iam") from None
    if operation not in known:
        raise ValueError(f"{service} has no operation {operation!r}")


def _denied(error: str) -> bool:
    return error.startswith("AccessDenied")


def _status(service: str, error: str) -> int:
    if _denied(error):
        return _DENIED_STATUS.get(str(service_model(service).metadata["protocol"]), 403)
    return 500 if error.startswith(("Internal", "Service")) else 400


def _message(service: str, operation: str, error: str) -> str:
    if _denied(error):
        prefix = {SES: "ses", "service-quotas": "servicequotas"}.get(service, service)
        user = f"arn:aws:iam::{ACCOUNT_ID}:user/simulated"
        return f"User: {user} is not authorized to perform: {prefix}:{operation}"
    return f"The simulator was told to answer {operation} with this error."


class ApiBoard:
    """The faults in force and the rate that is allowed. Taking a fault uses up one of its counts."""

    def __init__(self) -> None:
        self._faults: list[ApiFault] = []
        self._max_rate: float | None = None
        self._tokens = 0.0
        self._refilled = 0.0
        self._lock = threading.Lock()

    def configure(self, body: dict[str, Any]) -> None:
        """Apply ``POST /_simulator/api``, all of it or nothing; raise ValueError for what cannot be."""
        unknown = sorted(set(body) - {"max_rate", "faults"})
        if unknown:
            raise ValueError(f"unknown field {unknown[0]!r}: there are max_rate and faults")
        rate, faults = body.get("max_rate"), body.get("faults", [])
        if rate is not None and (isinstance(rate, bool) or not isinstance(rate, (int, float)) or rate <= 0):
            raise ValueError(
                f"max_rate is {rate!r}: it must be a number of calls a second above 0, or null for no limit"
            )
        if not isinstance(faults, list):
            raise ValueError("faults must be a list")
        parsed = [parse_api_fault(fault) for fault in faults]
        with self._lock:
            if "max_rate" in body:
                self._max_rate, self._tokens, self._refilled = rate, max(1.0, rate or 0.0), time.monotonic()
            if "faults" in body:
                self._faults = parsed

    def clear(self) -> None:
        """End all of it."""
        self.configure({"max_rate": None, "faults": []})

    def as_dict(self) -> dict[str, Any]:
        """Return what is in force, as the HTTP interface shows it."""
        with self._lock:
            return {"max_rate": self._max_rate, "faults": [asdict(fault) for fault in self._faults]}

    def take(self, service: str, operation: str, *, region: str, when: str) -> ApiFault | None:
        """Return the oldest fault that a call meets, counted down, or None."""
        with self._lock:
            for fault in self._faults:
                if fault.when == when and fault.concerns(service, operation, region):
                    if fault.count is not None:
                        fault.count -= 1
                        if fault.count == 0:
                            self._faults.remove(fault)
                    return fault
        return None

    def throttle(self, service: str) -> None:
        """Raise SES's error when its API gets more calls a second than it is told to take."""
        if service not in _SES or self._max_rate is None:
            return
        with self._lock:
            rate = self._max_rate or 0.0
            now = time.monotonic()
            self._tokens = min(max(1.0, rate), self._tokens + (now - self._refilled) * rate)
            self._refilled = now
            if self._tokens >= 1.0:
                self._tokens -= 1.0
                return
        if service == SES:
            raise ServiceError(
                "TooManyRequestsException", "Too many requests have been made to the operation.", status=429
            )
        raise ServiceError("Throttling", "Rate exceeded")
