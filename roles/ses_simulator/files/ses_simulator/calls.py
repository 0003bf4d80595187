# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which AWS API calls arrived, and whether they write."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

MAX_CALLS = 100_000
# The status of a call that got no answer at all.
DROPPED = 0
_READING = (
    "Get",
    "List",
    "Describe",
    "Head",
    "BatchGet",
    "Lookup",
    "Simulate",
    "Test",
    "Check",
    "Query",
    "Search",
    # Temporary credentials change nothing in the account.
    "Assume",
    "Decode",
)


def writes(operation: str) -> bool:
    """Tell from its name whether an operation changes anything."""
    return not operation.startswith(_READING)


@dataclass(frozen=True)
class Call:
    """One API call and the HTTP status that it got, 0 for none."""

    service: str
    operation: str
    region: str
    write: bool
    status: int


class CallLog:
    """The newest calls since the start or the last DELETE."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=MAX_CALLS)
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        """Remember a call."""
        with self._lock:
            self._calls.append(call)

    def as_list(self) -> list[dict[str, Any]]:
        """Return the calls as the HTTP interface shows them, oldest first."""
        with self._lock:
            return [asdict(call) for call in self._calls]

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._calls.clear()
