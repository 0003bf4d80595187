# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SMTP's wire: a connection with one deadline for everything, and a transcript without secrets."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl

_MAX_REPLY = 65536
_MASK = "********"


@dataclass(frozen=True)
class Reply:
    """A server's reply; ``lines`` are without the code."""

    code: int
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.code} {' '.join(self.lines)}".strip()


class Deadline:
    """A moment that nothing may pass."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds that are left; raise TimeoutError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left


def resolve(host: str, port: int, deadline: Deadline) -> list[Any]:
    """Return what getaddrinfo does, but in time: the C library's resolver knows no deadline of ours."""
    result: list[Any] = []

    def lookup() -> None:
        try:
            result.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as exc:
            result.append(exc)

    thread = threading.Thread(target=lookup, daemon=True)
    thread.start()
    thread.join(deadline.remaining())
    if not result:
        raise TimeoutError("name resolution timed out")
    if isinstance(result[0], Exception):
        raise result[0]
    found: list[Any] = result[0]
    return found


def open_socket(addresses: list[Any], deadline: Deadline) -> socket.socket:
    """Connect to the first address that answers; each gets its share of the time that is left."""
    error: OSError = OSError("no address")
    for position, (family, kind, proto, _name, address) in enumerate(addresses):
        sock = socket.socket(family, kind, proto)
        try:
            sock.settimeout(deadline.remaining() / (len(addresses) - position))
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as exc:
            sock.close()
            error = exc
        else:
            return sock
    raise error


class Channel:
    """Lines to and from an SMTP server. Raises OSError (ssl.SSLError and time-outs included) and nothing else."""

    def __init__(self, sock: socket.socket, *, deadline: Deadline, transcript: list[str]) -> None:
        self._sock = sock
        self._deadline = deadline
        self._transcript = transcript
        self._secrets: list[str] = []
        self._buffer = b""

    def keep_secret(self, *texts: str) -> None:
        """Mask ``texts`` wherever a line of the server repeats them."""
        self._secrets.extend(text for text in texts if text)

    def start_tls(self, context: ssl.SSLContext, host: str) -> ssl.SSLSocket:
        """Begin TLS, verified against ``host``."""
        # What came in plain text before TLS must not be read as if it came after (RFC 3207, section 6).
        self._buffer = b""
        self._sock.settimeout(self._deadline.remaining())
        wrapped = context.wrap_socket(self._sock, server_hostname=host)
        self._sock = wrapped
        return wrapped

    def command(self, line: str, *, shown: str | None = None) -> Reply:
        """Send a line, shown as ``shown`` in the transcript, and return the reply."""
        self._transcript.append("C: " + (line if shown is None else shown))
        self._write(line.encode("ascii") + b"\r\n")
        return self.reply()

    def data(self, message: bytes) -> Reply:
        """Send a message, dots stuffed (RFC 5321, section 4.5.2), and return the reply."""
        self._transcript.append(f"C: (message of {len(message)} bytes)")
        self._transcript.append("C: .")
        text = message if message.endswith(b"\r\n") else message + b"\r\n"
        text = text.replace(b"\r\n.", b"\r\n..")
        self._write((b"." if text.startswith(b".") else b"") + text + b".\r\n")
        return self.reply()

    def reply(self) -> Reply:
        """Read one reply, all of its lines."""
        lines: list[str] = []
        size = 0
        while True:
            line = self._line()
            size += len(line)
            self._transcript.append("S: " + line)
            if size > _MAX_REPLY or not line[:3].isdigit() or line[3:4] not in ("", " ", "-"):
                raise ConnectionError(f"not an SMTP reply: {line[:80]!r}")
            lines.append(line[4:])
            if line[3:4] != "-":
                return Reply(int(line[:3]), tuple(lines))

    def close(self) -> None:
        """Close the connection, whatever its state."""
        self._sock.close()

    def local_address(self) -> str:
        """Return this end's address as a literal for EHLO (RFC 5321, section 4.1.3)."""
        address = str(self._sock.getsockname()[0])
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"

    def _line(self) -> str:
        while b"\n" not in self._buffer:
            if len(self._buffer) > _MAX_REPLY:
                raise ConnectionError("not an SMTP reply: a line without an end")
            self._sock.settimeout(self._deadline.remaining())
            got = self._sock.recv(4096)
            if not got:
                raise ConnectionError("connection unexpectedly closed by the server")
            self._buffer += got
        line, self._buffer = self._buffer.split(b"\n", 1)
        text = line.rstrip(b"\r").decode("utf-8", "replace")
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        return text

    def _write(self, data: bytes) -> None:
        self._sock.settimeout(self._deadline.remaining())
        self._sock.sendall(data)
