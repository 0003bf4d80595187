# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table of OpenSMTPD that gives the first endpoint of a list that can be reached.

OpenSMTPD takes the entries of a table in turn, and a message whose endpoint fails waits for minutes. This one tells
what answers now, so that mail takes the endpoint that is preferred, the next one while that is down, and then the first
again. The file has a relay's URL on each line, in order of preference.

OpenSMTPD ends when a table does, and waits for the answer: every look is bounded, and kept for some seconds.
Sources: table_proc.c of OpenSMTPD 6.8 (messages of imsg_init(3)) and smtpd-tables(7) of 7.6 (lines of text).
"""

from __future__ import annotations

import os
import re
import signal
import socket
import struct
import sys
import time
from typing import BinaryIO, Dict, List, Tuple

TIMEOUT = 2.0
KNOWN_FOR = 15.0

# enum in smtpd-api.h, and the header of an imsg: type, length, flags, peer, process
OK, OPEN, CLOSE, UPDATE, CHECK, LOOKUP, FETCH = 0, 2, 3, 4, 5, 6, 7
HEADER = struct.Struct("=IHHII")

_URL = re.compile(r"(?P<scheme>[a-z+]+)://(?:[^@/]*@)?(?P<host>[^:/]+)(?::(?P<port>[0-9]+))?")


def answers(host: str, port: int, *, greets: bool) -> bool:
    """Tell whether a server takes connections, and (without TLS from the first byte) says that it is ready."""
    try:
        with socket.create_connection((host, port), timeout=TIMEOUT) as connection:
            if not greets:
                return True
            connection.settimeout(TIMEOUT)
            ready = connection.recv(512).startswith(b"220")
            connection.sendall(b"QUIT\r\n")
            return ready
    except (OSError, UnicodeError):
        return False


class Endpoints:
    """The endpoints in order of preference."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._urls: List[str] = []
        self._known: Dict[str, Tuple[float, bool]] = {}
        self.read()

    def read(self) -> None:
        """Read the file again."""
        with open(self._path, encoding="utf-8") as stream:
            lines = [line.strip() for line in stream]
        self._urls = [line for line in lines if line and not line.startswith("#")]

    def first(self) -> str:
        """Return the first endpoint that answers; where none does, the first of all."""
        return next(filter(self._answers, self._urls), self._urls[0] if self._urls else "")

    def _answers(self, url: str) -> bool:
        when, known = self._known.get(url, (0.0, False))
        now = time.monotonic()
        if not when or now - when > KNOWN_FOR:
            known = _url_answers(url)
            self._known[url] = (time.monotonic(), known)
        return known


def _url_answers(url: str) -> bool:
    match = _URL.match(url)
    if match is None:
        return False
    implicit = match.group("scheme") == "smtps"
    return answers(match.group("host"), int(match.group("port") or (465 if implicit else 25)), greets=not implicit)


def serve_text(endpoints: Endpoints, stream: BinaryIO) -> None:
    """Answer OpenSMTPD 7.5 and newer."""
    for raw in iter(stream.readline, b""):
        fields = raw.decode("utf-8", "replace").rstrip("\n").split("|")
        if fields[:2] == ["config", "ready"]:
            _write(b"register|relayhost\nregister|ready\n")
        elif fields[0] == "table":
            _write((_answer(endpoints, fields) + "\n").encode())


def _answer(endpoints: Endpoints, fields: List[str]) -> str:
    # table|version|time|name|request|…|id (and, for some requests, what is looked for)
    request = fields[4]
    if request == "update":
        endpoints.read()
        return f"update-result|{fields[5]}|ok"
    if request == "fetch":
        url = endpoints.first()
        return f"fetch-result|{fields[6]}|" + (f"found|{url}" if url else "not-found")
    return f"{request}-result|{fields[6]}|not-found"


def serve_imsg(endpoints: Endpoints, stream: BinaryIO) -> None:
    """Answer OpenSMTPD before 7.5."""
    while True:
        head = stream.read(HEADER.size)
        if len(head) < HEADER.size:
            return
        kind, length, _flags, peer, _process = HEADER.unpack(head)
        stream.read(length - HEADER.size)
        if kind == CLOSE:
            return
        payload = b""
        if kind == UPDATE:
            endpoints.read()
            payload = struct.pack("=i", 1)
        elif kind == FETCH:
            url = endpoints.first()
            payload = struct.pack("=i", 1) + url.encode() + b"\0" if url else struct.pack("=i", 0)
        elif kind in (CHECK, LOOKUP):
            payload = struct.pack("=i", 0)
        _write(HEADER.pack(OK, HEADER.size + len(payload), 0, peer, os.getpid()) + payload)


def _write(data: bytes) -> None:
    # One socket for both ways: that of the standard input is there in all versions.
    while data:
        data = data[os.write(0, data) :]


def main() -> None:
    # Its parent ignores this signal, and that is inherited. The service manager ends all of the service's processes at once.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    endpoints = Endpoints(sys.argv[1])
    stream = os.fdopen(0, "rb", closefd=False)
    text = stream.peek(1)[:1] == b"c"
    try:
        (serve_text if text else serve_imsg)(endpoints, stream)
    except BrokenPipeError:
        pass


if __name__ == "__main__":
    main()
