# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records are compared with those of a real DNS server, on loopback."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_check import check_records
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Iterator

SPF = "v=spf1 include:amazonses.com ~all"
MX = "10 feedback-smtp.eu-west-1.amazonses.com"
KEY = "p=" + "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" * 12
#: Name and type, and what the server has there.
ZONE = {
    ("a._domainkey.example.com", "CNAME"): ["a.dkim.amazonses.com."],
    ("b._domainkey.example.com", "CNAME"): ["B.DKIM.Amazonses.com."],
    ("wrong._domainkey.example.com", "CNAME"): ["a.dkim.example.com."],
    ("key._domainkey.example.com", "TXT"): [f'"v=DKIM1; k=rsa; {KEY[:200]}" "{KEY[200:]}"'],
    ("bounce.example.com", "MX"): ["10 feedback-smtp.eu-west-1.amazonses.com."],
    ("bounce.example.com", "TXT"): [f'"{SPF}"', '"a note"'],
    ("two.example.com", "MX"): ["10 feedback-smtp.eu-west-1.amazonses.com.", "20 mail.example.com."],
    ("two.example.com", "TXT"): [f'"{SPF}"', '"v=spf1 -all"'],
    ("more.example.com", "TXT"): ['"v=spf1 include:example.net include:amazonses.com -all"'],
    ("other.example.com", "TXT"): ['"v=spf1 include:example.net -all"'],
    ("_dmarc.example.com", "TXT"): ['"v=DMARC1; p=reject"'],
    ("alias.example.com", "CNAME"): ["bounce.example.com."],
}


class NameServer(threading.Thread):
    """Answers from ZONE; SERVFAIL below broken.example.com, and nothing at all below silent.example.com."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self.socket.getsockname())
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
            values = ZONE.get((name, looked_for))
            if values:
                reply.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", looked_for, *values))
                name = values[0].rstrip(".") if looked_for == "CNAME" else name
                if looked_for == kind:
                    break
        if not any(name == known for known, _kind in ZONE) and not reply.answer:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply

    def stop(self) -> None:
        host, port = self.address.split(":")
        self.socket.sendto(b"", (host, int(port)))
        self.join(5)
        self.socket.close()


@pytest.fixture(scope="module")
def server() -> Iterator[NameServer]:
    name_server = NameServer()
    name_server.start()
    yield name_server
    name_server.stop()


def record(name: str, kind: str, value: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "value": value, "purpose": "kept"}


@pytest.mark.parametrize(
    ("name", "kind", "value", "state"),
    [
        ("a._domainkey.example.com", "CNAME", "a.dkim.amazonses.com", "present"),
        ("A._domainkey.Example.com.", "CNAME", "a.dkim.amazonses.com.", "present"),
        ("b._domainkey.example.com", "CNAME", "b.dkim.amazonses.com", "present"),
        ("wrong._domainkey.example.com", "CNAME", "a.dkim.amazonses.com", "different"),
        ("none._domainkey.example.com", "CNAME", "a.dkim.amazonses.com", "missing"),
        ("key._domainkey.example.com", "TXT", f"v=DKIM1;k=rsa;{KEY};", "present"),
        ("key._domainkey.example.com", "TXT", KEY, "present"),
        ("key._domainkey.example.com", "TXT", KEY[:-4], "different"),
        ("bounce.example.com", "MX", MX, "present"),
        ("bounce.example.com", "MX", "10 feedback-smtp.us-east-1.amazonses.com", "different"),
        ("two.example.com", "MX", MX, "different"),
        ("more.example.com", "MX", MX, "missing"),
        ("alias.example.com", "MX", MX, "present"),
        ("bounce.example.com", "TXT", SPF, "present"),
        ("bounce.example.com", "TXT", "a note", "present"),
        ("bounce.example.com", "TXT", "another note", "different"),
        ("two.example.com", "TXT", SPF, "different"),
        ("more.example.com", "TXT", SPF, "present"),
        ("other.example.com", "TXT", SPF, "different"),
        ("_dmarc.example.com", "TXT", SPF, "missing"),
        ("_dmarc.example.com", "TXT", "v=DMARC1; p=none;", "present"),
        ("_dmarc.example.net", "TXT", "v=DMARC1; p=none;", "missing"),
        ("x.broken.example.com", "TXT", SPF, "unknown"),
    ],
)
def test_state(server: NameServer, name: str, kind: str, value: str, state: str) -> None:
    [found] = check_records([record(name, kind, value)], [server.address], 5)
    assert found["state"] == state, found
    assert bool(found["problem"]) == (state == "unknown")
    assert {**found, "name": name, "purpose": "kept"} == found


def test_what_was_found_is_told(server: NameServer) -> None:
    wanted = [record("two.example.com", "MX", MX), record("key._domainkey.example.com", "TXT", KEY)]
    found = check_records(wanted, [server.address], 5)
    assert found[0]["found"] == [MX, "20 mail.example.com"]
    assert found[1]["found"] == [f"v=DKIM1; k=rsa; {KEY}"]


def test_several_values_of_one_name_may_all_be_wanted(server: NameServer) -> None:
    wanted = [record("two.example.com", "MX", MX), record("two.example.com", "MX", "20 mail.example.com")]
    server.questions.clear()
    assert [one["state"] for one in check_records(wanted, [server.address], 5)] == ["present", "present"]
    assert server.questions == ["two.example.com"]


def test_a_silent_server_takes_no_longer_than_the_time_and_hides_nothing_else(server: NameServer) -> None:
    wanted = [record(f"{number}.silent.example.com", "TXT", SPF) for number in range(12)]
    wanted.insert(0, record("bounce.example.com", "MX", MX))
    began = time.monotonic()
    found = check_records(wanted, [server.address], 0.5)
    assert time.monotonic() - began < 3
    assert [one["state"] for one in found] == ["present", *["unknown"] * 12]
    assert "no name server answered in time" in found[1]["problem"]


@pytest.mark.parametrize("address", ["ns.example.com", "192.0.2.53:dns", "192.0.2.53:0", "[::1]x53", ""])
def test_a_server_is_an_address(address: str) -> None:
    with pytest.raises(PlanError, match="is not the address of a name server"):
        check_records([record("example.com", "TXT", SPF)], [address], 1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": "example.com", "type": "A", "value": "192.0.2.1"}, "has the type A, and only CNAME, MX, TXT"),
        ({"name": "example.com", "type": "TXT"}, "has no value"),
        ({}, "has no name and no type and no value"),
    ],
)
def test_records_that_cannot_be_checked(wrong: dict[str, str], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        check_records([wrong], ["192.0.2.53"], 1)
