# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The message store keeps within its bounds."""

from __future__ import annotations

from ses_simulator.messages import Message, MessageStore, Query


def message(identifier: str, content: bytes = b"x") -> Message:
    return Message(
        id=identifier,
        received="2026-01-01T00:00:00+00:00",
        region="eu-west-1",
        port=587,
        peer="192.0.2.1",
        tls_version="TLSv1.3",
        tls_cipher="",
        access_key_id="",
        user_arn="",
        mail_from="a@example.com",
        recipients=("b@example.com",),
        headers=(),
        size=len(content),
        content=content,
    )


def ids(store: MessageStore) -> list[str]:
    return [one.id for one in store.find(Query())]


def test_the_newest_messages_stay() -> None:
    store = MessageStore(max_messages=3)
    for number in range(5):
        store.add(message(str(number)))
    assert ids(store) == ["2", "3", "4"]
    assert store.get("1") is None
    assert store.get("4") is not None


def test_the_bytes_are_bounded_too() -> None:
    store = MessageStore(max_bytes=25)
    for number in range(4):
        store.add(message(str(number), 10 * b"x"))
    assert ids(store) == ["2", "3"]
    store.clear()
    store.add(message("after", 20 * b"x"))
    assert ids(store) == ["after"]


def test_encoded_bodies_are_readable() -> None:
    raw = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nw6RiYw==\r\n"
    assert message("1", raw).body() == "äbc"
