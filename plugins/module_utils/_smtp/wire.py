# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SMTP's wire: a connection with one deadline for everything, and a transcript without secrets."""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

_MAX_REPLY = 65536
_MASK = "********"
_STARTS_REPLY = re.compile(r"[2-5][0-9]{2}(?:[ -]|$)")


@dataclass(frozen=True)
class Reply:
    """A server's reply; ``lines`` are without the code."""

    code: int
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.code} {' '.join(self.lines)}".strip()


class Deadline:
    """A moment that nothing may pass."""

    def __init__(self, seconds: float, *, within: Deadline | None = None) -> None:
        self._end = time.monotonic() + seconds
        if within is not None:
            self._end = min(self._end, within._end)

    def remaining(self) -> float:
        """Return the seconds that are left; raise TimeoutError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left


def is_time_out(error: OSError) -> bool:
    """Whether ``error`` is a time-out; the two classes for that are one since Python 3.10 only."""
    return isinstance(error, (socket.timeout, TimeoutError))


class Channel:
    """Lines to and from an SMTP server. Raises OSError (ssl.SSLError and time-outs included) and nothing else."""

    def __init__(self, sock: socket.socket, *, deadline: Deadline, transcript: list[str]) -> None:
        self._sock = sock
        self._deadline = deadline
        self._transcript = transcript
        self._secrets: list[str] = []
        self._buffer = b""
        self._awaited = ""

    @property
    def has_heard(self) -> bool:
        """Whether something came that is no whole line yet."""
        return bool(self._buffer)

    def hurry(self, seconds: float) -> None:
        """Let everything from now on take no longer than ``seconds``."""
        self._deadline = Deadline(seconds, within=self._deadline)

    def keep_secret(self, *texts: str) -> None:
        """Mask ``texts`` wherever a line of the server repeats them."""
        self._secrets.extend(text for text in texts if text)

    def start_tls(self, context: ssl.SSLContext, host: str) -> ssl.SSLSocket:
        """Begin TLS as ``context`` says, verified against ``host`` unless it says otherwise."""
        if self._buffer:
            # It must not be read as if it came under TLS (RFC 3207, section 6), and nobody sends it in good faith.
            raise ConnectionError(f"no TLS after STARTTLS: the server went on with {self._buffer[:80]!r}")
        self._sock.settimeout(self._deadline.remaining())
        wrapped = context.wrap_socket(self._sock, server_hostname=host)
        self._sock = wrapped
        return wrapped

    def command(self, line: str, *, shown: str | None = None) -> Reply:
        """Send a line, shown as ``shown`` in the transcript, and return the reply."""
        shown = line if shown is None else shown
        self._transcript.append("C: " + shown)
        self._awaited = "after " + shown.partition(" ")[0].replace(_MASK, "AUTH")
        self._write(line.encode("ascii") + b"\r\n")
        return self.reply()

    def data(self, message: bytes) -> bool:
        """Send a message, dots stuffed (RFC 5321, section 4.5.2); return whether all of it went out.

        When not, the server hung up in between, and may have said why: the reply is still to be read.
        """
        self._transcript.append(f"C: (message of {len(message)} bytes)")
        text = message if message.endswith(b"\r\n") else message + b"\r\n"
        text = text.replace(b"\r\n.", b"\r\n..")
        whole = self._write((b"." if text.startswith(b".") else b"") + text + b".\r\n")
        self._awaited = "to the message"
        self._transcript.append("C: ." if whole else "* the server hung up before the end of the message")
        return whole

    def reply(self) -> Reply:
        """Read one reply, all of its lines."""
        lines: list[str] = []
        size = 0
        while True:
            line = self._line()
            size += len(line)
            self._transcript.append("S: " + line)
            if size > _MAX_REPLY:
                raise ConnectionError("not an SMTP reply: lines without an end")
            if not _STARTS_REPLY.match(line):
                raise ConnectionError(f"not an SMTP reply: {line[:80]!r}")
            lines.append(line[4:])
            if line[3:4] != "-":
                return Reply(int(line[:3]), tuple(lines))

    def close(self) -> None:
        """Close the connection, whatever its state."""
        self._sock.close()

    @property
    def local_address(self) -> str:
        """Return this end's address as a literal for EHLO (RFC 5321, section 4.1.3)."""
        address = str(self._sock.getsockname()[0])
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"

    def _line(self) -> str:
        while b"\n" not in self._buffer:
            if len(self._buffer) > _MAX_REPLY:
                raise ConnectionError("not an SMTP reply: a line without an end")
            try:
                self._sock.settimeout(self._deadline.remaining())
                got = self._sock.recv(4096)
            except OSError as exc:
                if is_time_out(exc):
                    raise TimeoutError(f"timed out waiting for the reply {self._awaited}".rstrip()) from exc
                raise
            if not got:
                raise ConnectionError("connection unexpectedly closed by the server")
            self._buffer += got
        line, self._buffer = self._buffer.split(b"\n", 1)
        text = line.rstrip(b"\r").decode("utf-8", "replace")
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        return text

    def _write(self, data: bytes) -> bool:
        """Send all of ``data``; return False when the server hung up before."""
        try:
            self._sock.settimeout(self._deadline.remaining())
            self._sock.sendall(data)
        except OSError as exc:
            if is_time_out(exc):
                raise TimeoutError("timed out while the server did not read on") from exc
            return False
        return True
