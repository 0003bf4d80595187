# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What clients tried over SMTP: which commands each connection brought, in plain text and within TLS."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MAX_DIALOGUES = 10_000


@dataclass
class Dialogue:
    """One connection: how often each command came. What followed a command, a password for instance, is not kept."""

    region: str
    port: int
    client: str
    in_clear: Counter[str] = field(default_factory=Counter)
    in_tls: Counter[str] = field(default_factory=Counter)

    def count(self, verb: str, *, secured: bool) -> None:
        """Count a command."""
        (self.in_tls if secured else self.in_clear)[verb] += 1

    def as_dict(self) -> dict[str, Any]:
        """Return the connection as the HTTP interface shows it."""
        commands = {"in_clear": dict(self.in_clear), "in_tls": dict(self.in_tls)}
        return {"region": self.region, "port": self.port, "client": self.client, **commands}


class DialogueLog:
    """The newest connections since the start or the last DELETE."""

    def __init__(self) -> None:
        self._dialogues: deque[Dialogue] = deque(maxlen=MAX_DIALOGUES)
        self._open: dict[int, Callable[[], None]] = {}

    def begin(self, region: str, port: int, client: str, *, close: Callable[[], None]) -> Dialogue:
        """Return a new connection's, in which its commands are to be counted. ``close`` ends it, from any thread."""
        dialogue = Dialogue(region, port, client)
        self._dialogues.append(dialogue)
        self._open[id(dialogue)] = close
        return dialogue

    def end(self, dialogue: Dialogue) -> None:
        """Note that a connection is closed."""
        self._open.pop(id(dialogue), None)

    def as_list(self, *, region: str = "", client: str = "") -> list[dict[str, Any]]:
        """Return the connections to the region and from the client, where one is given; oldest first."""
        # Copies, as threads read what the event loop writes.
        known = [dialogue for dialogue in self._dialogues.copy() if client in ("", dialogue.client)]
        return [dialogue.as_dict() for dialogue in known if region in ("", dialogue.region)]

    def clear(self) -> None:
        """Close the connections that are open, and forget all."""
        for close in list(self._open.values()):
            close()
        self._dialogues.clear()
