# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DNS as a client sees it, from the zones in Route 53."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.resolver
import pytest
from simulator_client import ADDRESSES, DNS_PORT, Simulator

NAME = "dns.example.net"
LONG = " ".join(f'"{letter * 250}"' for letter in "abc")


@pytest.fixture(scope="module")
def zone(running: Simulator) -> str:
    records = (
        (f"bounce.{NAME}", "MX", "10 feedback-smtp.eu-west-1.amazonses.com"),
        (f"bounce.{NAME}", "TXT", '"v=spf1 include:amazonses.com ~all"'),
        (f"t._domainkey.{NAME}", "CNAME", "t.dkim.amazonses.com"),
        (f"alias.{NAME}", "CNAME", f"bounce.{NAME}"),
        (f"long.{NAME}", "TXT", LONG),
    )
    return running.zone(NAME, *records)


@pytest.fixture
def resolver(zone: str) -> dns.resolver.Resolver:
    made = dns.resolver.Resolver(configure=False)
    made.nameservers, made.port, made.lifetime = [ADDRESSES["eu-west-1"]], DNS_PORT, 5
    return made


@pytest.mark.parametrize(
    ("name", "kind", "wanted"),
    [
        (f"bounce.{NAME}", "MX", ["10 feedback-smtp.eu-west-1.amazonses.com."]),
        (f"BOUNCE.{NAME}.", "TXT", ['"v=spf1 include:amazonses.com ~all"']),
        (f"t._domainkey.{NAME}", "CNAME", ["t.dkim.amazonses.com."]),
        (f"alias.{NAME}", "MX", ["10 feedback-smtp.eu-west-1.amazonses.com."]),
        # Too long for UDP: the resolver asks again over TCP.
        (f"long.{NAME}", "TXT", [LONG]),
    ],
)
def test_records(resolver: dns.resolver.Resolver, name: str, kind: str, wanted: list[str]) -> None:
    assert [record.to_text() for record in resolver.resolve(name, kind)] == wanted


def test_names_and_types_that_are_not_there(resolver: dns.resolver.Resolver) -> None:
    with pytest.raises(dns.resolver.NXDOMAIN):
        resolver.resolve(f"absent.{NAME}", "TXT")
    for name, kind in ((f"bounce.{NAME}", "A"), (f"_domainkey.{NAME}", "TXT")):
        with pytest.raises(dns.resolver.NoAnswer):
            resolver.resolve(name, kind)


def test_other_peoples_names_are_refused(zone: str) -> None:
    query = dns.message.make_query("example.invalid", "A")
    answer = dns.query.udp(query, ADDRESSES["eu-west-1"], port=DNS_PORT, timeout=5)
    assert (answer.rcode(), answer.answer) == (dns.rcode.REFUSED, [])


def test_what_does_not_fit_says_so(zone: str) -> None:
    query = dns.message.make_query(f"long.{NAME}", "TXT")
    answer = dns.query.udp(query, ADDRESSES["eu-west-1"], port=DNS_PORT, timeout=5)
    assert answer.flags & dns.flags.TC
    roomy = dns.message.make_query(f"long.{NAME}", "TXT", use_edns=0, payload=1232)
    answer = dns.query.udp(roomy, ADDRESSES["eu-west-1"], port=DNS_PORT, timeout=5)
    assert not answer.flags & dns.flags.TC and len(answer.answer) == 1


def test_a_changed_record_shows_at_once(running: Simulator, zone: str, resolver: dns.resolver.Resolver) -> None:
    for value in ("one", "two"):
        running.records(zone, (f"changing.{NAME}", "TXT", f'"{value}"'))
        assert [record.to_text() for record in resolver.resolve(f"changing.{NAME}", "TXT")] == [f'"{value}"']
