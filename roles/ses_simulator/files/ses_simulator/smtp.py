# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SMTP dialogue as SES leads it, verb by verb, over aiosmtpd's machinery."""

from __future__ import annotations

import asyncio

from aiosmtpd.smtp import Envelope, Session

from ses_simulator import content, delivery, iam
from ses_simulator.connection import HOST, Connection, DroppedError, Endpoint, peer_address
from ses_simulator.credentials import read_credentials
from ses_simulator.path import parse_path

_AUTHENTICATED = "235 Authentication successful."


class _Handler:
    async def handle_DATA(self, server: SesSmtp, _session: Session, envelope: Envelope) -> str:
        return await server.message_received(envelope)


class SesSmtp(Connection):
    """The verbs that SES answers in its own way."""

    def __init__(self, endpoint: Endpoint, *, loop: asyncio.AbstractEventLoop) -> None:
        self._principal: iam.Principal | None = None
        super().__init__(endpoint, _Handler(), loop=loop)

    def _is_logged_in(self) -> bool:
        return self._principal is not None

    async def smtp_EHLO(self, hostname: str) -> None:
        """Answer without PIPELINING, SIZE or enhanced status codes, as SES does."""
        if not hostname:
            await self.push("501 Syntax: EHLO hostname")
            return
        self.envelope = self._create_envelope()
        self._talk().extended_smtp = True
        self._talk().host_name = hostname
        lines = [f"250-{HOST}", "250-8BITMIME"]
        if not self._is_secured() and "STARTTLS" not in self._hidden:
            lines.append("250-STARTTLS")
        if "AUTH" not in self._hidden:
            lines.append("250-AUTH PLAIN LOGIN")
        await self.push("\r\n".join([*lines, "250 Ok"]))

    async def smtp_STARTTLS(self, arg: str) -> None:
        """Begin TLS, once."""
        if self._is_secured():
            await self.push("503 Error: TLS already active")
        elif "STARTTLS" in self._hidden:
            await self.push("502 Error: command not implemented")
        else:
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str | None) -> None:
        """Authenticate by PLAIN or LOGIN against IAM as it is now."""
        obstacle = self._auth_obstacle()
        if obstacle:
            await self.push(obstacle)
            return
        credentials = await read_credentials(self, arg or "")
        if credentials is None:
            return
        if self._is_deceiving():
            await self.push(_AUTHENTICATED)
            return
        username, password = credentials
        region = self._endpoint.region
        account = self._endpoint.simulation.account(region)
        found = iam.authenticate(region, username=username, password=password, key_delay=account.key_delay)
        if found is None:
            await self.push("535 Authentication Credentials Invalid")
        elif not account.subscribed:
            await self.push("535 Account not subscribed to SES")
        else:
            self._principal = found
            await self.push(_AUTHENTICATED)

    def _auth_obstacle(self) -> str:
        if "AUTH" in self._hidden:
            return "502 Error: command not implemented"
        if not self._talk().extended_smtp:
            return "503 Error: send EHLO first"
        return "503 Error: already authenticated" if self._is_logged_in() else ""

    async def smtp_MAIL(self, arg: str | None) -> None:
        """Take the envelope sender; the null sender is refused."""
        address, reply = parse_path(arg, keyword="FROM:")
        if not self._talk().host_name:
            await self.push("503 Error: send EHLO first")
        elif reply:
            await self.push(reply)
        elif not address:
            await self.push("501 Invalid MAIL FROM address provided")
        elif self._letter().mail_from:
            await self.push("503 Error: nested MAIL command")
        elif not content.is_address(address):
            await self.push(f"553 <{address}> Invalid email address")
        else:
            self._letter().mail_from = address
            await self.push("250 Ok")

    async def smtp_RCPT(self, arg: str | None) -> None:
        """Take a recipient; whether SES would send to it is decided after DATA."""
        address, reply = parse_path(arg, keyword="TO:")
        if not self._letter().mail_from:
            await self.push("503 Error: need MAIL command")
        elif reply:
            await self.push(reply)
        elif not content.is_address(address):
            await self.push(f"553 <{address}> address unknown")
        else:
            self._letter().rcpt_tos.append(address)
            await self.push("250 Ok")

    async def message_received(self, envelope: Envelope) -> str:
        """Return SES's verdict on a message."""
        forced = await self._disturbed("message")
        if forced:
            return forced
        if self._is_deceiving():
            return "250 Ok taken-by-an-impostor"
        if self._principal is None:
            raise DroppedError
        tls = self._wire().get_extra_info("ssl_object")
        raw = bytes(envelope.original_content or b"")
        return delivery.submit(
            self._endpoint.simulation,
            delivery.Submission(
                region=self._endpoint.region,
                port=self._endpoint.port.number,
                peer=peer_address(self._talk()),
                tls_version=tls.version() or "",
                tls_cipher=(tls.cipher() or ("",))[0],
                principal=self._principal,
                mail_from=str(envelope.mail_from),
                recipients=tuple(envelope.rcpt_tos),
                headers=content.parse_headers(raw),
                raw=raw,
            ),
        )
