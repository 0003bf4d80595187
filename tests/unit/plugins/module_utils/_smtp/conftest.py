# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real SMTP server with TLS on a real socket, which answers as SES does."""

from __future__ import annotations

import asyncio
import base64
import ssl
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

USERNAME = "AKIAIOSFODNN7EXAMPLE"
PASSWORD = "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"
ACCEPTED = "250 Ok 0102018f2a5b7c1d-6f1c2a3b-000000"


@dataclass
class Behaviour:
    """How the server is to answer, and what it saw."""

    data_replies: list[str] = field(default_factory=lambda: [ACCEPTED])
    auth_replies: list[str] = field(default_factory=list)
    mechanisms_without_plain: bool = False
    messages: list[Any] = field(default_factory=list)
    ehlo: list[str] = field(default_factory=list)
    resets: int = 0
    connections: int = 0

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.ehlo.append(hostname)
        return responses

    async def handle_RSET(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.resets += 1
        return "250 Ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        reply = self.data_replies.pop(0) if len(self.data_replies) > 1 else self.data_replies[0]
        if reply.startswith("250"):
            self.messages.append(envelope)
        if reply == "drop":
            server.transport.abort()
        return reply

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        if self.auth_replies:
            return AuthResult(success=False, handled=False, message=self.auth_replies.pop(0))
        right = data.login == USERNAME.encode() and data.password == PASSWORD.encode()
        if right:
            return AuthResult(success=True)
        word = base64.b64encode(data.password).decode()
        return AuthResult(
            success=False,
            handled=False,
            message=f"535 Authentication Credentials Invalid ({word})",
        )


@dataclass
class Server:
    """A running server."""

    port: int
    ca_path: str
    behaviour: Behaviour


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def call(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_path(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(scope="session")
def event_loop_thread() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.stop()


@pytest.fixture
def serve(authority: trustme.CA, ca_path: str, event_loop_thread: Loop) -> Iterator[Callable[..., Server]]:
    """Return a function that starts a server; ``wrapper`` for TLS from the start."""
    servers: list[Any] = []

    def start(
        *,
        wrapper: bool = False,
        certificate: trustme.LeafCert | None = None,
        tls: bool = True,
        hostname: str = "email-smtp.amazonaws.com",
        ident: str = "ESMTP SimpleEmailService-d-TEST",
        **options: Any,
    ) -> Server:
        behaviour = Behaviour()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (certificate or authority.issue_cert("localhost")).configure_cert(context)

        def factory() -> SMTP:
            behaviour.connections += 1
            return SMTP(
                behaviour,
                hostname=hostname,
                ident=ident,
                tls_context=context if tls and not wrapper else None,
                require_starttls=tls and not wrapper,
                auth_require_tls=not wrapper,
                auth_required=True,
                authenticator=behaviour.authenticate,
                loop=event_loop_thread.loop,
                **options,
            )

        server = event_loop_thread.call(_create(event_loop_thread.loop, factory, context if wrapper else None))
        servers.append(server)
        return Server(server.sockets[0].getsockname()[1], ca_path, behaviour)

    yield start
    for server in servers:
        event_loop_thread.loop.call_soon_threadsafe(server.close)


async def _create(loop: Any, factory: Any, context: ssl.SSLContext | None) -> Any:
    return await loop.create_server(factory, "127.0.0.1", 0, ssl=context)
