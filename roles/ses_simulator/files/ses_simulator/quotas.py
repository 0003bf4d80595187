# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SES's quotas as Service Quotas knows them, and requests to raise them."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field

OPEN = ("PENDING", "CASE_OPENED")
STATUSES = (*OPEN, "APPROVED", "DENIED", "CASE_CLOSED", "NOT_APPROVED", "INVALID_REQUEST")


@dataclass(frozen=True)
class Quota:
    """A quota of SES; ``attribute`` is where an account of the simulator has its value."""

    code: str
    name: str
    attribute: str
    default: float


QUOTAS = {
    quota.code: quota
    for quota in (
        Quota("L-804C8AE8", "Sending quota", "max_24_hour_send", 200.0),
        Quota("L-CDEF9B6B", "Sending rate", "max_send_rate", 1.0),
    )
}


@dataclass
class QuotaRequest:
    """A request to raise a quota of a region."""

    quota_code: str
    desired_value: float
    status: str = "PENDING"
    case_id: str = ""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    created: float = field(default_factory=time.time)
    last_updated: float = field(default_factory=time.time)

    @property
    def is_open(self) -> bool:
        """True while AWS has not decided."""
        return self.status in OPEN

    def decide(self, status: str) -> None:
        """Set another status; raise ValueError for one that there is not."""
        if status.upper() not in STATUSES:
            choices = ", ".join(name.lower() for name in STATUSES)
            raise ValueError(f"status {status!r} is unknown: choose one of {choices}")
        self.status = status.upper()
        self.last_updated = time.time()
