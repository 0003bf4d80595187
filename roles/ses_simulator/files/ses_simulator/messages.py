# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was sent: kept in memory, newest first to survive, within bounds."""

from __future__ import annotations

import email
import email.policy
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

MAX_MESSAGES = 100_000
MAX_TOTAL_BYTES = 512 * 1024 * 1024
MAX_KEPT_BYTES = 256 * 1024


@dataclass(frozen=True)
class Message:
    """One accepted message. ``content`` may be cut, ``size`` is that of the whole message."""

    id: str
    received: str
    region: str
    port: int
    peer: str
    tls_version: str
    tls_cipher: str
    access_key_id: str
    user_arn: str
    mail_from: str
    recipients: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    size: int
    content: bytes
    tags: dict[str, str] = field(default_factory=dict)
    configuration_set: str = ""

    def header(self, name: str) -> str:
        """Return the first header of that name, or an empty string."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def body(self) -> str:
        """Return the first text part, decoded; the raw body where there is none."""
        parsed = email.message_from_bytes(self.content, policy=email.policy.default)
        part = parsed.get_body(("plain", "html"))
        try:
            return str(part.get_content()) if part is not None else ""
        except (LookupError, ValueError, KeyError):
            return self.content.partition(b"\r\n\r\n")[2].decode("utf-8", "replace")

    def as_dict(self) -> dict[str, Any]:
        """Return the message as the HTTP interface shows it."""
        return {
            "id": self.id,
            "received": self.received,
            "region": self.region,
            "port": self.port,
            "peer": self.peer,
            "tls": {"version": self.tls_version, "cipher": self.tls_cipher},
            "access_key_id": self.access_key_id,
            "user_arn": self.user_arn,
            "envelope": {"mail_from": self.mail_from, "recipients": list(self.recipients)},
            "headers": [list(pair) for pair in self.headers],
            "tags": self.tags,
            "tenant": self.header("X-SES-TENANT"),
            "source_arn": self.header("X-SES-SOURCE-ARN"),
            "configuration_set": self.configuration_set,
            "size": self.size,
            "body": self.body(),
        }


@dataclass(frozen=True)
class Query:
    """A filter over messages; an empty field matches everything."""

    recipient: str = ""
    mail_from: str = ""
    subject: str = ""
    region: str = ""

    def matches(self, message: Message) -> bool:
        """Tell whether the message has the recipient, sender and region, and the subject within its own."""
        return (
            (not self.recipient or self.recipient in message.recipients)
            and (not self.mail_from or self.mail_from == message.mail_from)
            and (not self.region or self.region == message.region)
            and (not self.subject or self.subject in message.header("Subject"))
        )


class MessageStore:
    """A bounded, thread-safe store; the oldest messages make room for new ones."""

    def __init__(self, *, max_messages: int = MAX_MESSAGES, max_bytes: int = MAX_TOTAL_BYTES) -> None:
        self._messages: deque[Message] = deque()
        self._by_id: dict[str, Message] = {}
        self._bytes = 0
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._messages)

    def add(self, message: Message) -> None:
        """Keep a message and drop the oldest ones beyond the bounds."""
        with self._lock:
            self._messages.append(message)
            self._by_id[message.id] = message
            self._bytes += len(message.content)
            while len(self._messages) > self._max_messages or self._bytes > self._max_bytes:
                oldest = self._messages.popleft()
                self._bytes -= len(oldest.content)
                del self._by_id[oldest.id]

    def get(self, message_id: str) -> Message | None:
        """Return one message, or None when it is unknown or no longer kept."""
        return self._by_id.get(message_id)

    def find(self, query: Query, *, limit: int | None = None) -> Iterator[Message]:
        """Return the matching messages, oldest first, at most ``limit`` of them."""
        with self._lock:
            snapshot = list(self._messages)
        return islice((message for message in snapshot if query.matches(message)), limit)

    def clear(self) -> None:
        """Forget all messages."""
        with self._lock:
            self._messages.clear()
            self._by_id.clear()
            self._bytes = 0
