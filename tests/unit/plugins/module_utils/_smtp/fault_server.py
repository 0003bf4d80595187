# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers on real sockets that do one thing wrong, and notice how the client takes it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

GREETING = b"220 email-smtp.amazonaws.com ESMTP SimpleEmailService-d-TEST x\r\n"
OFFER = b"250-email-smtp.amazonaws.com\r\n250-8BITMIME\r\n250-AUTH PLAIN LOGIN\r\n250 Ok\r\n"
OFFER_TLS = OFFER.replace(b"250-AUTH", b"250-STARTTLS\r\n250-AUTH")
STAGES = ("greeting", "EHLO", "TLS", "AUTH", "MAIL", "RCPT", "DATA", "message")
_PATIENCE = 5.0


class Peer:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket, *, polite: bool) -> None:
        self.sock = sock
        self._polite = polite
        self.heard: list[bytes] = []
        self._buffer = b""

    def say(self, data: bytes) -> None:
        self.sock.sendall(data)

    def hear(self) -> bytes:
        """Read a line."""
        while b"\n" not in self._buffer:
            got = self.sock.recv(4096)
            if not got:
                raise ConnectionError("the client hung up")
            self._buffer += got
        line, self._buffer = self._buffer.split(b"\n", 1)
        self.heard.append(line.rstrip(b"\r"))
        if self._polite and line == b"QUIT\r":
            self.sock.shutdown(socket.SHUT_WR)
            raise ConnectionError("the client said goodbye")
        return line

    def hear_message(self) -> None:
        while self.hear() != b".\r":
            pass

    def shake_hands(self, context: ssl.SSLContext) -> None:
        self.sock = context.wrap_socket(self.sock, server_side=True)

    def reset(self) -> None:
        """Cut the connection with a RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def drip(self, text: bytes, *, every: float = 0.1) -> None:
        """Say ``text`` again and again, a byte at a time."""
        ends = time.monotonic() + _PATIENCE
        while time.monotonic() < ends:
            for byte in text:
                self.sock.sendall(bytes([byte]))
                time.sleep(every)

    def wait_for_end(self) -> bool:
        """Return whether the client closes the connection."""
        if self.sock.fileno() == -1:
            return True
        self.sock.settimeout(_PATIENCE)
        try:
            while True:
                got = self.sock.recv(65536)
                if not got:
                    break
                if self._polite and got.endswith(b"QUIT\r\n"):
                    self.heard.append(b"QUIT")
                    self.sock.shutdown(socket.SHUT_WR)
        except (ssl.SSLError, ConnectionError):
            return True
        except OSError:
            return False
        return True


class FaultServer:
    """Runs ``script`` on each connection, then waits for the client to close it."""

    def __init__(
        self, script: Callable[[Peer], None], *, host: str = "127.0.0.1", port: int = 0, polite: bool = True
    ) -> None:
        self._script = script
        self._polite = polite
        self._listener = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=128
        )
        self._address = self._listener.getsockname()[:2]
        self.port = int(self._listener.getsockname()[1])
        self.peers: list[Peer] = []
        self.closed: list[bool] = []
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def stop(self) -> None:
        """Stop listening; return when every connection ended."""
        self._listener.close()
        with contextlib.suppress(OSError):
            # Wakes up accept(), which does not notice that its socket was closed.
            socket.create_connection(self._address, timeout=0.1).close()
        for thread in (self._acceptor, *self._threads):
            thread.join(2 * _PATIENCE)

    def _accept(self) -> None:
        while True:
            try:
                sock, _address = self._listener.accept()
            except OSError:
                return
            if self._listener.fileno() == -1:
                sock.close()
                return
            thread = threading.Thread(target=self._serve, args=(Peer(sock, polite=self._polite),), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, peer: Peer) -> None:
        self.peers.append(peer)
        peer.sock.settimeout(_PATIENCE)
        try:
            with contextlib.suppress(OSError):
                self._script(peer)
            self.closed.append(peer.wait_for_end())
        finally:
            peer.sock.close()


def behave_until(stage: str, peer: Peer, context: ssl.SSLContext, *, encryption: str = "starttls") -> None:
    """Do all that SES does before it would answer at ``stage``, whose command is read already."""
    wrapper = encryption == "tls"
    if wrapper:
        if stage == "TLS":
            return
        peer.shake_hands(context)
    if stage == "greeting":
        return
    peer.say(GREETING)
    peer.hear()
    if stage == "EHLO":
        return
    if not wrapper:
        peer.say(OFFER_TLS)
        peer.hear()
        if stage == "TLS":
            return
        peer.say(b"220 Ready to start TLS\r\n")
        peer.shake_hands(context)
        peer.hear()
    peer.say(OFFER)
    for verb, answer in (("AUTH", b"235 Authentication successful.\r\n"), ("MAIL", b"250 Ok\r\n")):
        peer.hear()
        if stage == verb:
            return
        peer.say(answer)
    for verb, answer in (("RCPT", b"250 Ok\r\n"), ("DATA", b"354 End data with <CR><LF>.<CR><LF>\r\n")):
        peer.hear()
        if stage == verb:
            return
        peer.say(answer)
    if stage == "message":
        peer.hear_message()


def black_hole(host: str = "127.0.0.1") -> tuple[int, list[socket.socket]]:
    """Return a port where the kernel drops what would connect, and the sockets to close afterwards."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, 0), family=family, backlog=0)
    address = listener.getsockname()
    # Its queue holds one connection; Linux drops the SYN of any further one.
    held = [listener]
    for _number in range(2):
        filler = socket.socket(family)
        filler.setblocking(False)
        filler.connect_ex(address)
        held.append(filler)
    time.sleep(0.05)
    return int(address[1]), held
