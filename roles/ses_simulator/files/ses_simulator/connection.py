# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One connection, before and between the verbs: its limit, its idle client, and misbehaviour on demand."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import socket
import ssl
import string
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from aiosmtpd.smtp import SMTP, Envelope, Session, TLSSetupException

from ses_simulator.dialogues import Dialogue
from ses_simulator.faults import DIALOGUE_KINDS, GREETING_KINDS, UNKNOWN, Fault, Situation
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
_NOT_SMTP = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
# SO_LINGER on, for no time at all: closing such a socket resets its connection.
_RESET = struct.pack("ii", 1, 0)
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


class Connection(SMTP):
    """What SES does on a connection whatever the client says."""

    def __init__(self, endpoint: Endpoint, handler: Any, *, loop: asyncio.AbstractEventLoop) -> None:
        token = "".join(secrets.choice(string.ascii_uppercase + string.digits) for _unused in range(9))
        self._endpoint = endpoint
        self._hidden: frozenset[str] = frozenset()
        self._takes_plain = False
        self._dialogue = Dialogue(endpoint.region, endpoint.port.number, "")
        self._forced = ""
        self._busy = False
        self._last_heard = loop.time()
        super().__init__(
            handler,
            data_size_limit=MAX_MESSAGE_BYTES,
            hostname=HOST,
            ident=f"ESMTP SimpleEmailService-d-{token} {secrets.token_urlsafe(15)}",
            tls_context=None if endpoint.port.encryption == WRAPPER else endpoint.tls,
            timeout=endpoint.simulation.settings.idle_timeout,
            loop=loop,
        )
        methods: dict[str, Verb] = dict(vars(self)["_smtp_methods"])
        self._smtp_methods = {verb: self._guarded(verb, method) for verb, method in methods.items()}

    # Methods: aiosmtpd looks at every property before there is a connection.

    def _is_logged_in(self) -> bool:
        return False

    def _is_secured(self) -> bool:
        return self.transport is not None and self.transport.get_extra_info("ssl_object") is not None

    def _is_deceiving(self) -> bool:
        """Tell whether this is an impostor, who takes in plain text what SES takes within TLS alone."""
        return self._takes_plain and not self._is_secured()

    def _talk(self) -> Session:
        return _present(self.session)

    def _letter(self) -> Envelope:
        return _present(self.envelope)

    def _wire(self) -> asyncio.Transport:
        return cast("asyncio.Transport", _present(self.transport))

    # What every verb passes first

    def _guarded(self, verb: str, method: Verb) -> Verb:
        async def guarded(arg: str | None) -> None:
            self._dialogue.count(verb, secured=self._is_secured())
            forced = await self._disturbed(verb.lower(), arg)
            if forced:
                await self.push(forced)
            elif self._is_deceiving():
                await method(arg)
            elif verb not in _BEFORE_TLS and not self._is_secured():
                await self.push("530 Must issue a STARTTLS command first")
            elif verb not in _BEFORE_AUTH and not self._is_logged_in():
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
        if fault.kind in ("drop", "reset"):
            self._break_off(reset=fault.kind == "reset")
        if fault.kind == "delay":
            self._busy = True
            await asyncio.sleep(fault.seconds)
            self._busy = False
            self._last_heard = self.loop.time()
        self._forced = fault.reply
        return fault.reply

    def _break_off(self, *, reset: bool) -> None:
        if reset:
            self._wire().get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._wire().abort()
        raise DroppedError

    # The connection's beginning

    async def _handle_client(self) -> None:
        account = self._endpoint.simulation.account(self._endpoint.region)
        account.connections += 1
        self._dialogue = self._endpoint.simulation.dialogues.begin(
            self._endpoint.region,
            self._endpoint.port.number,
            peer_address(self._talk()),
            close=self._close_soon,
        )
        try:
            reply = await self._greeting_instead()
            if reply:
                await self.push(reply)
                self._wire().close()
            else:
                await super()._handle_client()
        except DroppedError:
            return
        finally:
            account.connections -= 1
            self._endpoint.simulation.dialogues.end(self._dialogue)

    def _close_soon(self) -> None:
        """Close the connection, from any thread."""
        self.loop.call_soon_threadsafe(lambda: self._wire().close())

    async def _greeting_instead(self) -> str:
        """Return the reply that takes the greeting's place, or an empty string."""
        here = Situation(peer_address(self._talk()))
        odd = self._endpoint.fault(GREETING_KINDS, situation=here)
        if odd is not None and odd.kind == "silent":
            await self._say_nothing()
        if odd is not None and odd.kind == "not_smtp":
            self._writer.write(_NOT_SMTP)
            self._wire().close()
            raise DroppedError
        hidden = {"no_starttls": "STARTTLS", "no_auth": "AUTH"}
        self._hidden = frozenset(
            word for kind, word in hidden.items() if self._endpoint.fault((kind,), situation=here) is not None
        )
        self._takes_plain = self._endpoint.fault(("plain_auth",), situation=here) is not None
        forced = await self._disturbed("connect")
        full = self._endpoint.simulation.account(self._endpoint.region).is_full()
        return forced or ("421 Too many concurrent SMTP connections" if full else "")

    async def _say_nothing(self) -> None:
        self._busy = True
        while await self._reader.read(4096):
            pass
        self._wire().close()
        raise DroppedError

    async def handle_exception(self, error: Exception) -> str:
        """Let a dropped connection end in silence; answer what went wrong here as SES would."""
        if isinstance(error, DroppedError):
            raise asyncio.CancelledError
        if not isinstance(error, TLSSetupException):
            _log.error("session failed", exc_info=error)
        return "451 Temporary service failure"

    async def push(self, status: str | bytes) -> None:
        """Send a reply in SES's words: aiosmtpd's own are reworded, enhanced status codes dropped, forced ones left."""
        text = status.decode("ascii") if isinstance(status, bytes) else status
        if text != self._forced:
            text = _ENHANCED_CODE.sub(r"\1 ", _REWORDED.get(text, text))
        await super().push(text)

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
