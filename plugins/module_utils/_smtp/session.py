# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One SMTP dialogue with SES in stages: connect, tls, auth, envelope, send."""

from __future__ import annotations

import base64
import socket
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import wire
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.pause import pause_before

if TYPE_CHECKING:
    from collections.abc import Callable

    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply import Diagnosis

STAGES = ("connect", "tls", "auth", "envelope", "send")
WRAPPER_PORTS = (465, 2465)


@dataclass(frozen=True)
class Target:
    """Where to connect. ``encryption`` is starttls or tls; ``timeout`` is for the whole dialogue, in seconds."""

    host: str
    port: int
    encryption: str
    timeout: float
    ca_path: str | None = None


@dataclass(frozen=True)
class Mail:
    """What to send, and as whom. ``data`` may be empty when the dialogue ends before it is needed."""

    username: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    recipients: tuple[str, ...] = ()
    data: bytes = b""


@dataclass(frozen=True)
class Outcome:
    """How a dialogue went. ``stage`` is the last one reached; ``diagnosis`` is set when it failed there."""

    stage: str
    accepted: bool = False
    message_id: str | None = None
    code: int | None = None
    reply: str = ""
    diagnosis: Diagnosis | None = None
    tls: dict[str, Any] | None = None
    timings: dict[str, float] = field(default_factory=dict)
    transcript: tuple[str, ...] = ()
    attempts: int = 1
    in_doubt: bool = False


class _RefusedError(Exception):
    """The server, or a check of what it said, ended the dialogue."""

    def __init__(self, text: str, code: int | None = None) -> None:
        super().__init__(text)
        self.code = code


def run_session(target: Target, mail: Mail, *, stage: str = "send") -> Outcome:
    """Hold one dialogue up to and including ``stage``; before send, what was said is reset (RSET)."""
    dialogue = _Dialogue(target, mail)
    return dialogue.run(stage)


def run_with_retries(
    target: Target, mail: Mail, *, stage: str = "send", retries: int = 0, new_credential: bool = False
) -> Outcome:
    """Hold the dialogue again after passing failures, with growing pauses (1, 2, 4, ... at most 15 seconds).

    ``new_credential`` makes a 535 such a failure: a new IAM key takes seconds to be known to SES.
    A dialogue that broke after the message was handed over is not repeated, lest the message be sent twice.
    """
    attempt = 1
    while True:
        outcome = replace(run_session(target, mail, stage=stage), attempts=attempt)
        found = outcome.diagnosis
        passing = found is not None and (
            found.retry == "soon" or (new_credential and found.kind in ("credentials", "not_subscribed"))
        )
        if not passing or outcome.in_doubt or attempt > retries:
            return outcome
        attempt += 1
        time.sleep(pause_before(attempt))


class _Dialogue:
    def __init__(self, target: Target, mail: Mail) -> None:
        self._target = target
        self._mail = mail
        self._host = target.host.rstrip(".")
        self._deadline = wire.Deadline(target.timeout)
        self._channel: wire.Channel | None = None
        self._transcript: list[str] = []
        self._timings: dict[str, float] = {}
        self._tls: dict[str, Any] | None = None
        self._extensions: dict[str, str] = {}
        self._last: wire.Reply | None = None
        self._handed_over = False

    def run(self, last_stage: str) -> Outcome:
        steps: dict[str, Callable[[], None]] = {
            "connect": self._connect,
            "tls": self._start_tls,
            "auth": self._log_in,
            "envelope": self._envelope,
            "send": self._send,
        }
        begun = time.monotonic()
        stage = STAGES[0]
        failure: Exception | None = None
        try:
            for stage in STAGES[: STAGES.index(last_stage) + 1]:
                since = time.monotonic()
                try:
                    steps[stage]()
                finally:
                    self._timings[stage] = round(time.monotonic() - since, 4)
        except (_RefusedError, OSError) as exc:
            failure = exc
        finally:
            self._leave(politely=failure is None or isinstance(failure, _RefusedError), reset=stage == "envelope")
        self._timings["total"] = round(time.monotonic() - begun, 4)
        return self._outcome(stage, failure)

    @property
    def _wire(self) -> wire.Channel:
        if self._channel is None:
            raise ConnectionError("not connected")
        return self._channel

    def _connect(self) -> None:
        since = time.monotonic()
        addresses = wire.resolve(self._host, self._target.port, self._deadline)
        self._timings["dns"] = round(time.monotonic() - since, 4)
        sock = wire.open_socket(addresses, self._deadline)
        self._transcript.append(f"* connected to {self._host}[{sock.getpeername()[0]}]:{self._target.port}")
        self._channel = wire.Channel(sock, deadline=self._deadline, transcript=self._transcript)
        if self._target.encryption == "starttls":
            self._greet()

    def _start_tls(self) -> None:
        # The one import that a stage before this does not need.
        from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import tls

        context = tls.make_context(self._target.ca_path)
        plain_first = self._target.encryption == "starttls"
        if plain_first:
            if "STARTTLS" not in self._extensions:
                raise _RefusedError("STARTTLS is not offered")
            self._expect(self._wire.command("STARTTLS"), 220)
        self._tls = tls.describe(self._wire.start_tls(context, self._host))
        self._transcript.append("* {version} with {cipher}, verified for {0}".format(self._host, **self._tls))
        if plain_first:
            self._hello()
        else:
            self._greet()

    def _log_in(self) -> None:
        mechanisms = self._extensions.get("AUTH", "").upper().split()
        name, secret = self._mail.username, self._mail.password
        plain, user, word = (_base64(text) for text in (f"\0{name}\0{secret}", name, secret))
        self._wire.keep_secret(secret, plain, word)
        if "PLAIN" in mechanisms:
            self._expect(self._wire.command("AUTH PLAIN " + plain, shown="AUTH PLAIN ********"), 235)
        elif "LOGIN" in mechanisms:
            self._expect(self._wire.command("AUTH LOGIN"), 334)
            self._expect(self._wire.command(user, shown="********"), 334)
            self._expect(self._wire.command(word, shown="********"), 235)
        else:
            raise _RefusedError("AUTH is not offered")

    def _envelope(self) -> None:
        self._expect(self._wire.command(f"MAIL FROM:<{self._mail.sender}>"), 250)
        for recipient in self._mail.recipients:
            self._expect(self._wire.command(f"RCPT TO:<{recipient}>"), 250)

    def _send(self) -> None:
        self._expect(self._wire.command("DATA"), 354)
        self._handed_over = True
        reply = self._wire.data(self._mail.data)
        self._handed_over = False
        self._expect(reply, 250)

    def _greet(self) -> None:
        try:
            self._expect(self._wire.reply(), 220)
        except OSError as exc:
            # Silence until somebody gives up: the server waits for the client to begin with TLS.
            # (The two time-outs are one class since Python 3.10 only.)
            timed_out = isinstance(exc, (socket.timeout, TimeoutError))
            if self._tls is None and (timed_out or self._target.port in WRAPPER_PORTS):
                raise _RefusedError(f"no greeting: {exc}") from exc
            raise
        self._hello()

    def _hello(self) -> None:
        # The host's own name when it is a full one; looking it up in DNS could take as long as all the rest.
        name = socket.gethostname()
        name = name if "." in name and name.isascii() else self._wire.local_address()
        reply = self._wire.command("EHLO " + name)
        self._expect(reply, 250)
        words = (line.partition(" ") for line in reply.lines[1:])
        self._extensions = {word.upper(): rest for word, _space, rest in words}

    def _expect(self, reply: wire.Reply, code: int) -> None:
        self._last = reply
        if reply.code != code:
            raise _RefusedError(str(reply), reply.code)

    def _leave(self, *, politely: bool, reset: bool) -> None:
        if self._channel is None:
            return
        try:
            if politely:
                if reset:
                    self._channel.command("RSET")
                self._channel.command("QUIT")
        except OSError:
            pass  # The result stands already; a server that hangs up first changes nothing about it.
        finally:
            self._channel.close()

    def _outcome(self, stage: str, failure: Exception | None) -> Outcome:
        text = str(failure) if failure else str(self._last or "")
        accepted = stage == "send" and failure is None
        code = self._last.code if self._last else None
        if failure:
            code = failure.code if isinstance(failure, _RefusedError) else None
        return Outcome(
            stage=stage,
            accepted=accepted,
            message_id=_message_id(text) if accepted else None,
            code=code,
            reply=text,
            diagnosis=self._diagnose(text) if failure else None,
            tls=self._tls,
            timings=self._timings,
            transcript=tuple(self._transcript),
            in_doubt=self._handed_over,
        )

    def _diagnose(self, text: str) -> Diagnosis:
        # Loaded here because a host where all is well needs none of it.
        from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import (
            reply,
        )

        context = reply.Context(
            host=self._host,
            port=self._target.port,
            sender=self._mail.sender,
            recipients=self._mail.recipients,
        )
        return reply.diagnose(text, context)


def _message_id(reply: str) -> str | None:
    """Return the ID in "250 Ok <id>"."""
    words = reply.split()
    return words[2].rstrip(".") if len(words) > 2 else None


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")
