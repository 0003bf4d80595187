# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SMTP listening sockets: every region on its own address, every port on each."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

from ses_simulator.binding import BindError, explain_bind_error
from ses_simulator.connection import Endpoint
from ses_simulator.faults import CERTIFICATE_KINDS, OLD_TLS
from ses_simulator.settings import WRAPPER, Port
from ses_simulator.simulation import Simulation
from ses_simulator.smtp import SesSmtp


def _flawed_contexts(simulation: Simulation, region: str) -> dict[str, ssl.SSLContext]:
    return {flaw: simulation.authority.context(region, flaw=flaw) for flaw in (*CERTIFICATE_KINDS, OLD_TLS)}


def _endpoint(simulation: Simulation, region: str, port: Port, flawed: dict[str, ssl.SSLContext]) -> Endpoint:
    context = simulation.authority.context(region)
    endpoint = Endpoint(simulation, region, port, context)

    def choose_certificate(tls: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        # OpenSSL calls this for every handshake, with and without a server name.
        fault = endpoint.fault(CERTIFICATE_KINDS)
        if fault is not None:
            tls.context = flawed[fault.kind]

    def choose_version() -> ssl.SSLContext | None:
        # Before the handshake: by the time of that callback a version is chosen.
        return flawed[OLD_TLS] if endpoint.fault((OLD_TLS,)) else None

    context.sni_callback = choose_certificate
    context.choose = choose_version
    return endpoint


async def listen(simulation: Simulation) -> list[asyncio.Server]:
    """Open all SMTP sockets; raise BindError for the first one that cannot be had."""
    loop = asyncio.get_running_loop()
    servers = []
    for region, address in simulation.settings.regions:
        flawed = _flawed_contexts(simulation, region)
        for port in simulation.settings.ports:
            endpoint = _endpoint(simulation, region, port, flawed)

            def connect(endpoint: Endpoint = endpoint) -> SesSmtp:
                return SesSmtp(endpoint, loop=loop)

            options: dict[str, Any] = {"ssl": endpoint.tls} if port.encryption == WRAPPER else {}
            try:
                servers.append(await loop.create_server(connect, address, port.number, backlog=512, **options))
            except OSError as error:
                raise BindError(explain_bind_error(error, address=address, port=port.number)) from error
    return servers
