# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IAM was asked about the callers of AWS APIs that are its users, and what it said."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

MAX_DECISIONS = 10_000


@dataclass(frozen=True)
class Decision:
    """One action of a user on a resource."""

    user: str
    action: str
    resource: str
    allowed: bool


class DecisionLog:
    """The newest decisions since the start or the last DELETE."""

    def __init__(self) -> None:
        self._decisions: deque[Decision] = deque(maxlen=MAX_DECISIONS)
        self._lock = threading.Lock()

    def add(self, decision: Decision) -> None:
        """Remember a decision."""
        with self._lock:
            self._decisions.append(decision)

    def as_list(self) -> list[dict[str, Any]]:
        """Return the decisions as the HTTP interface shows them, oldest first."""
        with self._lock:
            return [asdict(decision) for decision in self._decisions]

    def clear(self) -> None:
        """Forget all decisions."""
        with self._lock:
            self._decisions.clear()
