# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A DNS server (RFC 1035) that answers from the simulator's Route 53, over UDP and TCP."""

from __future__ import annotations

import asyncio
import logging
import struct
from typing import Any, cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
from moto.route53.models import FakeZone

from ses_simulator.binding import BindError, explain_bind_error
from ses_simulator.settings import Settings
from ses_simulator.zones import normal, record_sets, zone_of

# What fits into UDP where the client does not say more.
_UDP_SIZE = 512
_MAX_SIZE = 65535
_MAX_ALIASES = 8
_DEFAULT_TTL = 300
_LOG = logging.getLogger(__name__)


def answer(region: str, wire: bytes, *, over_tcp: bool) -> bytes | None:
    """Return the answer to a query in wire format, None for what is no query.

    What does not fit into UDP says so, and the client asks again over TCP.
    """
    try:
        query = dns.message.from_wire(wire)
    except dns.exception.DNSException:
        return None
    if query.flags & dns.flags.QR or len(query.question) != 1:
        return None
    response = dns.message.make_response(query)
    _fill(response, region, query.question[0].name, query.question[0].rdtype)
    try:
        return response.to_wire(max_size=_MAX_SIZE if over_tcp else max(_UDP_SIZE, query.payload))
    except dns.exception.TooBig:
        short = dns.message.make_response(query)
        short.flags |= dns.flags.TC
        return short.to_wire()


def _fill(response: dns.message.Message, region: str, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> None:
    zone = zone_of(region, name.to_text())
    if zone is None:
        response.set_rcode(dns.rcode.REFUSED)
        return
    response.flags |= dns.flags.AA
    for _alias in range(_MAX_ALIASES):
        found = _records(zone, name, kind)
        response.answer += found
        target = next((rrset[0].target for rrset in found if rrset.rdtype == dns.rdatatype.CNAME != kind), None)
        next_zone = zone_of(region, target.to_text()) if target is not None else None
        if target is None or next_zone is None:
            break
        zone, name = next_zone, target
    if not response.answer:
        response.authority += _records(zone, dns.name.from_text(zone.name), dns.rdatatype.SOA)
        if not _exists(zone, name):
            response.set_rcode(dns.rcode.NXDOMAIN)


def _records(zone: FakeZone, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> list[dns.rrset.RRset]:
    """Return the records of that type, or the CNAME that stands in their place."""
    wanted = (dns.rdatatype.to_text(kind), "CNAME")
    found = []
    for record_set in record_sets(zone, name.to_text()):
        values = [str(value) for value in record_set.records or ()]
        if record_set.type in wanted and values:
            try:
                ttl = int(record_set.ttl or _DEFAULT_TTL)
                # Route 53 takes names without their final dot.
                rooted: dict[str, Any] = {"origin": dns.name.root, "relativize": False}
                found.append(dns.rrset.from_text_list(name, ttl, "IN", record_set.type, values, **rooted))
            except dns.exception.DNSException as error:
                _LOG.warning("%s %s %s: %s", name, record_set.type, values, error)
    return found


def _exists(zone: FakeZone, name: dns.name.Name) -> bool:
    # A name without records exists when there is one below it (RFC 8020).
    wanted = normal(name.to_text())
    return any(("." + normal(record_set.name)).endswith("." + wanted) for record_set in list(zone.rrsets))


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, region: str) -> None:
        self._region = region
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # It is one, but asyncio's own does not inherit from it.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        told = answer(self._region, data, over_tcp=False)
        if told is not None and self._transport is not None:
            self._transport.sendto(told, addr)


async def listen(settings: Settings) -> asyncio.Server | None:
    """Serve DNS where the settings say, if they do; raise BindError when the address cannot be had."""
    if settings.dns is None:
        return None
    address, port = settings.dns
    region = settings.regions[0][0]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            told = answer(region, await reader.readexactly(length), over_tcp=True)
            if told is not None:
                writer.write(struct.pack("!H", len(told)) + told)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            _LOG.debug("a client of DNS is gone")
        finally:
            writer.close()

    try:
        await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Datagrams(region), local_addr=(address, port)
        )
        return await asyncio.start_server(serve, address, port)
    except OSError as error:
        raise BindError(explain_bind_error(error, address=address, port=port)) from error
