# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a host name to a connected socket, before a deadline; dead addresses cost little (RFC 8305)."""

from __future__ import annotations

import errno
import os
import selectors
import socket
import threading
import time
from itertools import zip_longest
from typing import Any

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.wire import Deadline

#: Seconds that an address has to itself before the next one is tried beside it. A live SES answers
#: within one round trip, so a second connection is opened only where the first address is dead.
_HEAD_START = 0.5

_LESS_TELLING = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def resolve(host: str, port: int, deadline: Deadline) -> list[Any]:
    """Return what getaddrinfo does, but in time: the C library's resolver knows no deadline of ours."""
    result: list[Any] = []

    def lookup() -> None:
        try:
            result.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as exc:
            result.append(exc)
        except UnicodeError:
            result.append(OSError(f"Name or service not known: {host} is not a host name"))

    thread = threading.Thread(target=lookup, daemon=True)
    thread.start()
    thread.join(deadline.remaining())
    if not result:
        raise TimeoutError("name resolution timed out")
    if isinstance(result[0], Exception):
        raise result[0]
    found: list[Any] = result[0]
    return found


def numeric(address: str, port: int) -> list[Any]:
    """Return the same for what is an address already, which takes no time."""
    return socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)


def open_socket(addresses: list[Any], deadline: Deadline) -> tuple[socket.socket, str]:
    """Connect to the first of ``addresses`` (as of getaddrinfo) that answers, the families in turn; name it.

    Raises the most telling error of all addresses: that a host has no IPv6 says nothing when IPv4 timed out.
    """
    race = _Race(_alternate(addresses), deadline)
    try:
        sock, address = race.run()
    finally:
        race.close()
    sock.setblocking(True)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock, address


class _Race:
    """Connections to several addresses, begun one after another; the first that stands wins."""

    def __init__(self, addresses: list[Any], deadline: Deadline) -> None:
        self._waiting = addresses
        self._deadline = deadline
        self._selector = selectors.DefaultSelector()
        self._errors: list[OSError] = []
        self._winner: tuple[socket.socket, str] | None = None

    def run(self) -> tuple[socket.socket, str]:
        next_start = 0.0
        while self._waiting or self._selector.get_map():
            if self._waiting and (not self._selector.get_map() or time.monotonic() >= next_start):
                self._begin(self._waiting.pop(0))
                next_start = time.monotonic() + _HEAD_START
            elif self._wait(next_start):
                break
            if self._winner:
                return self._winner
        raise _most_telling(self._errors)

    def close(self) -> None:
        """Close all connections but the one that won."""
        for key in list(self._selector.get_map().values()):
            key.data[0].close()
        self._selector.close()

    def _begin(self, address: Any) -> None:
        family, kind, proto, _name, where = address
        try:
            sock = socket.socket(family, kind, proto)
        except OSError as exc:
            self._errors.append(exc)
            return
        sock.setblocking(False)
        self._judge(sock, str(where[0]), sock.connect_ex(where))

    def _wait(self, next_start: float) -> bool:
        """Wait for an answer, or until the next address may begin; return whether time is up."""
        try:
            seconds = self._deadline.remaining()
        except TimeoutError as exc:
            self._errors.append(exc)
            return True
        if self._waiting:
            seconds = min(seconds, max(next_start - time.monotonic(), 0))
        for key, _events in self._selector.select(seconds):
            sock, address = key.data
            self._selector.unregister(sock)
            self._judge(sock, address, sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        return False

    def _judge(self, sock: socket.socket, address: str, error: int) -> None:
        if error in (errno.EINPROGRESS, errno.EWOULDBLOCK):
            self._selector.register(sock, selectors.EVENT_WRITE, (sock, address))
        elif error or self._winner:
            sock.close()
            self._errors.append(OSError(error, os.strerror(error)))
        else:
            self._winner = (sock, address)


def _alternate(addresses: list[Any]) -> list[Any]:
    """Return ``addresses`` with the families in turn, so that one dead family costs one head start."""
    first = [address for address in addresses if address[0] == addresses[0][0]]
    others = [address for address in addresses if address[0] != addresses[0][0]]
    return [address for pair in zip_longest(first, others) for address in pair if address]


def _most_telling(errors: list[OSError]) -> OSError:
    return min(errors, key=lambda error: error.errno in _LESS_TELLING, default=OSError("no address"))
