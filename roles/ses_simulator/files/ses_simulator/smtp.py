# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SMTP dialogue as SES leads it, over aiosmtpd's machinery."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import ssl
import string
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from aiosmtpd.smtp import SMTP, Envelope, Session, TLSSetupException

from ses_simulator import content, delivery, iam
from ses_simulator.credentials import read_credentials
from ses_simulator.faults import DIALOGUE_KINDS, UNKNOWN, Fault, Situation
from ses_simulator.path import MAX_MESSAGE_BYTES, parse_path
from ses_simulator.settings import WRAPPER, Port
from ses_simulator.simulation import Simulation

_log = logging.getLogger(__name__)
HOST = "email-smtp.amazonaws.com"
_REWORDED = {
    "552 Error: Too much mail data": "552 Message is too long.",
    "250 OK": "250 Ok",
}
_ENHANCED_CODE = re.compile(r"^([245]\d\d) [245]\.\d+\.\d+ ")
_BEFORE_TLS = ("EHLO", "HELO", "STARTTLS", "NOOP", "RSET", "QUIT", "HELP")
_BEFORE_AUTH = (*_BEFORE_TLS, "AUTH", "VRFY", "EXPN")

T = TypeVar("T")
Verb = Callable[[str | None], Awaitable[None]]


@dataclass(frozen=True)
class Endpoint:
    """Where a connection came in."""

    simulation: Simulation
    region: str
    port: Port
    tls: ssl.SSLContext

    def fault(self, kinds: tuple[str, ...], stage: str | None = None, situation: Situation = UNKNOWN) -> Fault | None:
        """Take a fault that is in force here."""
        return self.simulation.faults.take(self.region, self.port.number, kinds=kinds, stage=stage, situation=situation)


class DroppedError(Exception):
    """A fault closed the connection."""


def _present(part: T | None) -> T:
    """Return what aiosmtpd has as long as the connection stands."""
    if part is None:
        raise DroppedError
    return part


def peer_address(session: Session) -> str:
    """Return the client's IP address; aiosmtpd keeps address and port in ``peer``."""
    address: object = session.peer
    return str(address[0]) if isinstance(address, tuple) else ""


class _Handler:
    async def handle_DATA(self, server: SesSmtp, _session: Session, envelope: Envelope) -> str:
        return await server.message_received(envelope)


class SesSmtp(SMTP):
    """One connection of an SMTP client."""

    def __init__(self, endpoint: Endpoint, *, loop: asyncio.AbstractEventLoop) -> None:
        token = "".join(secrets.choice(string.ascii_uppercase + string.digits) for _unused in range(9))
        self._endpoint = endpoint
        self._principal: iam.Principal | None = None
        self._hide_starttls = False
        self._busy = False
        self._last_heard = loop.time()
        super().__init__(
            _Handler(),
            data_size_limit=MAX_MESSAGE_BYTES,
            hostname=HOST,
            ident=f"ESMTP SimpleEmailService-d-{token} {secrets.token_urlsafe(15)}",
            tls_context=None if endpoint.port.encryption == WRAPPER else endpoint.tls,
            timeout=endpoint.simulation.settings.idle_timeout,
            loop=loop,
        )
        methods: dict[str, Verb] = dict(vars(self)["_smtp_methods"])
        self._smtp_methods = {verb: self._guarded(verb, method) for verb, method in methods.items()}

    @property
    def _secured(self) -> bool:
        return self.transport is not None and self.transport.get_extra_info("ssl_object") is not None

    # Methods: aiosmtpd looks at every property before there is a connection.

    def _talk(self) -> Session:
        return _present(self.session)

    def _letter(self) -> Envelope:
        return _present(self.envelope)

    def _wire(self) -> asyncio.Transport:
        return cast("asyncio.Transport", _present(self.transport))

    # What every verb passes first

    def _guarded(self, verb: str, method: Verb) -> Verb:
        async def guarded(arg: str | None) -> None:
            forced = await self._disturbed(verb.lower(), arg)
            if forced:
                await self.push(forced)
            elif verb not in _BEFORE_TLS and not self._secured:
                await self.push("530 Must issue a STARTTLS command first")
            elif verb not in _BEFORE_AUTH and self._principal is None:
                await self.push("530 Authentication required")
            else:
                await method(arg)

        return guarded

    def _situation(self, stage: str, arg: str | None) -> Situation:
        """Return what is known of the message, with what the command at hand says of it."""
        sender = str(self._letter().mail_from or "")
        recipients = tuple(map(str, self._letter().rcpt_tos))
        if stage == "mail":
            sender = parse_path(arg, keyword="FROM:")[0]
        elif stage == "rcpt":
            recipients = (parse_path(arg, keyword="TO:")[0],)
        return Situation(peer_address(self._talk()), sender, recipients)

    async def _disturbed(self, stage: str, arg: str | None = None) -> str:
        """Act on a fault of this stage; return the reply that it forces, or an empty string."""
        stage = "ehlo" if stage == "helo" else stage
        fault = self._endpoint.fault(DIALOGUE_KINDS, stage, self._situation(stage, arg))
        if fault is None:
            return ""
        if fault.kind == "drop":
            self._wire().abort()
            raise DroppedError
        if fault.kind == "delay":
            self._busy = True
            await asyncio.sleep(fault.seconds)
            self._busy = False
            self._last_heard = self.loop.time()
        return fault.reply

    async def _handle_client(self) -> None:
        self._hide_starttls = self._endpoint.fault(("no_starttls",)) is not None
        try:
            forced = await self._disturbed("connect")
        except DroppedError:
            return
        if forced:
            await self.push(forced)
            self._wire().close()
            return
        await super()._handle_client()

    async def handle_exception(self, error: Exception) -> str:
        """Let a dropped connection end in silence; answer what went wrong here as SES would."""
        if isinstance(error, DroppedError):
            raise asyncio.CancelledError
        if not isinstance(error, TLSSetupException):
            _log.error("session failed", exc_info=error)
        return "451 Temporary service failure"

    async def push(self, status: str | bytes) -> None:
        """Send a reply in SES's words: aiosmtpd's own are reworded, enhanced status codes dropped."""
        text = status.decode("ascii") if isinstance(status, bytes) else status
        await super().push(_ENHANCED_CODE.sub(r"\1 ", _REWORDED.get(text, text)))

    # Idle clients

    def data_received(self, data: bytes) -> None:
        """Note that the client is alive."""
        self._last_heard = self.loop.time()
        super().data_received(data)

    def _timeout_cb(self) -> None:
        idle = self.loop.time() - self._last_heard
        if self._busy or idle < self._timeout_duration:
            self._reset_timeout(self._timeout_duration - (0 if self._busy else idle))
        elif self.transport is not None:
            self._writer.write(b"451 Timeout waiting for data from client.\r\n")
            self.transport.close()

    # The verbs that SES answers in its own way

    async def smtp_EHLO(self, hostname: str) -> None:
        """Answer without PIPELINING, SIZE or enhanced status codes, as SES does."""
        if not hostname:
            await self.push("501 Syntax: EHLO hostname")
            return
        self.envelope = self._create_envelope()
        self._talk().extended_smtp = True
        self._talk().host_name = hostname
        lines = [f"250-{HOST}", "250-8BITMIME"]
        if not self._secured and not self._hide_starttls:
            lines.append("250-STARTTLS")
        await self.push("\r\n".join([*lines, "250-AUTH PLAIN LOGIN", "250 Ok"]))

    async def smtp_STARTTLS(self, arg: str) -> None:
        """Begin TLS, once."""
        if self._secured:
            await self.push("503 Error: TLS already active")
        elif self._hide_starttls:
            await self.push("502 Error: command not implemented")
        else:
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str | None) -> None:
        """Authenticate by PLAIN or LOGIN against IAM as it is now."""
        if not self._talk().extended_smtp:
            await self.push("503 Error: send EHLO first")
            return
        if self._principal is not None:
            await self.push("503 Error: already authenticated")
            return
        credentials = await read_credentials(self, arg or "")
        if credentials is None:
            return
        username, password = credentials
        region = self._endpoint.region
        key_delay = self._endpoint.simulation.account(region).key_delay
        self._principal = iam.authenticate(region, username=username, password=password, key_delay=key_delay)
        accepted = self._principal is not None
        await self.push("235 Authentication successful." if accepted else "535 Authentication Credentials Invalid")

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
