# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What client and server say to each other on one connection, stage by stage."""

from __future__ import annotations

import base64
import re
import socket
import time
from typing import TYPE_CHECKING, Any

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import connect, wire

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.session import Mail, Target

_OF_SES = re.compile(r"amazonaws\.com|api\.aws|SimpleEmailService", re.IGNORECASE)
#: Seconds for the goodbye: by then the result stands, and nobody waits for a server that dawdles.
_GOODBYE = 2.0


class RefusedError(Exception):
    """The server, or a check of what it said, ended the dialogue."""

    def __init__(self, text: str, code: int | None = None) -> None:
        super().__init__(text)
        self.code = code


class Dialogue:
    """One connection. Its stages raise RefusedError and OSError (ssl.SSLError and time-outs included)."""

    def __init__(
        self,
        target: Target,
        mail: Mail,
        *,
        context: ssl.SSLContext | None = None,
        deadline: wire.Deadline | None = None,
    ) -> None:
        self.target = target
        self.mail = mail
        self.host = target.host.rstrip(".")
        self.deadline = deadline or wire.Deadline(target.timeout)
        self.transcript: list[str] = []
        self.timings: dict[str, float] = {}
        self.tls: dict[str, Any] | None = None
        self.last: wire.Reply | None = None
        self.greeting: wire.Reply | None = None
        self.in_doubt = False
        #: The address at the other end.
        self.peer: str | None = None
        self._context = context
        self._channel: wire.Channel | None = None
        self._extensions: dict[str, str] = {}

    def perform(self, stage: str) -> None:
        """Go through one stage; the ones before have to be done."""
        stages: dict[str, Callable[[], None]] = {
            "connect": self._connect,
            "tls": self._secure,
            "auth": self._log_in,
            "envelope": self._envelope,
            "send": self._send,
        }
        since = time.monotonic()
        try:
            stages[stage]()
        finally:
            self.timings[stage] = round(time.monotonic() - since, 4)

    def leave(self, *, politely: bool, reset: bool = False) -> None:
        """Close the connection, however far the dialogue came."""
        if self._channel is None:
            return
        try:
            if politely:
                self._channel.hurry(_GOODBYE)
                if reset:
                    self._channel.command("RSET")
                self._channel.command("QUIT")
        except OSError:
            pass  # The result stands already; a server that hangs up first changes nothing about it.
        finally:
            self._channel.close()

    def shake_hands(self, context: ssl.SSLContext) -> ssl.SSLSocket:
        """Change to TLS as ``context`` says; on a connection in plain text, ask for it first."""
        plain_first = self.target.encryption == "starttls"
        if plain_first:
            if "STARTTLS" not in self._extensions:
                raise RefusedError("STARTTLS is not offered")
            self._expect(self._wire.command("STARTTLS"), 220)
        try:
            return self._wire.start_tls(context, self.host)
        except OSError as exc:
            if wire.is_time_out(exc):
                raise TimeoutError("the TLS handshake timed out") from exc
            if plain_first and "WRONG_VERSION_NUMBER" in str(exc):
                raise RefusedError(f"no TLS after STARTTLS: {exc}") from exc
            raise

    @property
    def strange_greeting(self) -> str | None:
        """The greeting when it is not one of SES, which explains much of what may go wrong afterwards."""
        said = str(self.greeting or "")
        return said if said and not _OF_SES.search(said) else None

    @property
    def warning(self) -> str | None:
        """What is odd about a server that is verified all the same."""
        if not self.tls or not self.strange_greeting:
            return None
        return (
            f"{self.host} does not greet as SES does ({self.strange_greeting}). Its certificate is valid for that name, "
            "so the test went on; if it is not meant to stand in for SES, check the host name."
        )

    @property
    def _wire(self) -> wire.Channel:
        if self._channel is None:
            raise ConnectionError("not connected")
        return self._channel

    def _connect(self) -> None:
        port = self.target.port
        since = time.monotonic()
        if self.target.address:
            addresses = connect.numeric(self.target.address, port)
        else:
            addresses = connect.resolve(self.host, port, self.deadline)
        self.timings["dns"] = round(time.monotonic() - since, 4)
        sock, self.peer = connect.open_socket(addresses, self.deadline)
        self._channel = wire.Channel(sock, deadline=self.deadline, transcript=self.transcript)
        self.transcript.append(f"* connected to {self.host}[{self.peer}]:{port}")
        if self.target.encryption == "starttls":
            self._greet()

    def _secure(self) -> None:
        # The one import that a stage before this does not need.
        from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import tls

        context = self._context or tls.make_context(self.target.ca_path)
        self.tls = tls.describe(self.shake_hands(context))
        self.transcript.append("* {version} with {cipher}, verified for {0}".format(self.host, **self.tls))
        if self.target.encryption == "starttls":
            self._hello()
        else:
            self._greet()

    def _log_in(self) -> None:
        mechanisms = self._extensions.get("AUTH", "").upper().split()
        name, secret = self.mail.username, self.mail.password
        plain, user, word = (_base64(text) for text in (f"\0{name}\0{secret}", name, secret))
        self._wire.keep_secret(secret, plain, word)
        if "PLAIN" in mechanisms:
            self._expect(self._wire.command("AUTH PLAIN " + plain, shown="AUTH PLAIN ********"), 235)
        elif "LOGIN" in mechanisms:
            self._expect(self._wire.command("AUTH LOGIN"), 334)
            self._expect(self._wire.command(user, shown="********"), 334)
            self._expect(self._wire.command(word, shown="********"), 235)
        else:
            raise RefusedError("AUTH is not offered")

    def _envelope(self) -> None:
        self._expect(self._wire.command(f"MAIL FROM:<{self.mail.sender}>"), 250)
        for recipient in self.mail.recipients:
            self._expect(self._wire.command(f"RCPT TO:<{recipient}>"), 250)

    def _send(self) -> None:
        self._expect(self._wire.command("DATA"), 354)
        self.in_doubt = self._wire.data(self.mail.data)
        reply = self._wire.reply()
        self.in_doubt = False
        self._expect(reply, 250)

    def _greet(self) -> None:
        try:
            self.greeting = self._wire.reply()
        except OSError as exc:
            # Silence until somebody gives up: the server waits for the client to begin with TLS.
            silent = wire.is_time_out(exc) and not self._wire.has_heard
            # Loaded here because a host where all is well does not need it.
            from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.endpoint import WRAPPER_PORTS

            if self.tls is None and (silent or self.target.port in WRAPPER_PORTS):
                raise RefusedError(f"no greeting: {exc}") from exc
            raise
        self._expect(self.greeting, 220)
        self._hello()

    def _hello(self) -> None:
        # The host's own name when it is a full one; looking it up in DNS could take as long as all the rest.
        name = socket.gethostname()
        name = name if "." in name and name.isascii() else self._wire.local_address
        reply = self._wire.command("EHLO " + name)
        self._expect(reply, 250)
        words = (line.partition(" ") for line in reply.lines[1:])
        self._extensions = {word.upper(): rest for word, _space, rest in words}

    def _expect(self, reply: wire.Reply, code: int) -> None:
        self.last = reply
        if reply.code != code:
            raise RefusedError(str(reply), reply.code)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")
