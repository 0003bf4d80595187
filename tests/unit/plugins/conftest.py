# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A DNS server on loopback."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


class NameServer(threading.Thread):
    """Answers from ``zone`` (name and type, and the values there); SERVFAIL below broken.example.com, and nothing at all below silent.example.com."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self.socket.getsockname())
        self.zone: dict[tuple[str, str], list[str]] = {}
        self.questions: list[str] = []

    def run(self) -> None:
        while True:
            data, sender = self.socket.recvfrom(4096)
            if not data:
                return
            query = dns.message.from_wire(data)
            name = query.question[0].name.to_text(omit_final_dot=True)
            self.questions.append(name)
            if not name.endswith("silent.example.com"):
                self.socket.sendto(self.answer(query, name).to_wire(max_size=4096), sender)

    def answer(self, query: Any, name: str) -> Any:
        reply = dns.message.make_response(query, recursion_available=True)
        if name.endswith("broken.example.com"):
            reply.set_rcode(dns.rcode.SERVFAIL)
            return reply
        kind = dns.rdatatype.to_text(query.question[0].rdtype)
        for looked_for in ("CNAME", kind):
            values = self.zone.get((name, looked_for))
            if values:
                reply.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", looked_for, *values))
                name = values[0].rstrip(".") if looked_for == "CNAME" else name
                if looked_for == kind:
                    break
        if not any(name == known for known, _kind in self.zone) and not reply.answer:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply

    def stop(self) -> None:
        host, port = self.address.split(":")
        self.socket.sendto(b"", (host, int(port)))
        self.join(5)
        self.socket.close()


@pytest.fixture
def name_server() -> Iterator[NameServer]:
    """A server with an empty zone; ``address`` is what options for name servers take."""
    started = NameServer()
    started.start()
    yield started
    started.stop()
