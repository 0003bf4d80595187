# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which doors to SES are open: every address behind a name, times its five ports, all at once."""

from __future__ import annotations

import queue
import socket
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import connect, doors, endpoint, reply, session, wire

if TYPE_CHECKING:
    import ssl

    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.doors import Door, Doors

_MOST_THREADS = 64


def probe_doors(
    host: str, *, ports: tuple[int, ...] = endpoint.PORTS, ca_path: str | None = None, timeout: float = 30.0
) -> Doors:
    """Go through each door of ``host`` up to verified TLS, and leave; nothing is sent, no credential is needed.

    All of it takes at most ``timeout`` seconds. Never raises for what the network does.
    """
    deadline = wire.Deadline(timeout)
    try:
        addresses = _addresses(connect.resolve(host.rstrip("."), ports[0], deadline))
        context = _context(ca_path)
        left = _left(deadline)
    except OSError as exc:
        return doors.without_doors(host, str(exc))
    targets = [
        session.Target(
            host=host,
            port=port,
            encryption=endpoint.encryption_at(port),
            timeout=timeout,
            ca_path=ca_path,
            address=address,
        )
        for port in ports
        for address in addresses
    ]
    return doors.summarize(host, _go(targets, context, left))


def _go(targets: list[session.Target], context: ssl.SSLContext, seconds: float) -> tuple[Door, ...]:
    """Try all targets in threads; where there are more than threads, each turn has its share of the time."""
    turns = -(-len(targets) // _MOST_THREADS)
    share = seconds / turns
    tried: list[Door | None] = [None] * len(targets)
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(len(targets)):
        todo.put(number)

    def work() -> None:
        while True:
            try:
                number = todo.get_nowait()
            except queue.Empty:
                return
            tried[number] = _try(replace(targets[number], timeout=share), context)

    threads = [
        threading.Thread(target=work, name=f"door-{number}", daemon=True)
        for number in range(min(len(targets), _MOST_THREADS))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tuple(door for door in tried if door)


def _try(target: session.Target, context: ssl.SSLContext) -> Door:
    begun = time.monotonic()
    try:
        outcome = session.run_session(target, session.Mail(), stage="tls", context=context)
    except Exception as exc:
        # In a thread nobody would see it, and the door would be missing as if nobody had tried it.
        said = reply.Context(host=target.host, port=target.port)
        outcome = session.Outcome("tls", diagnosis=reply.diagnose(f"{type(exc).__name__}: {exc}", said))
    address = target.address or ""
    return doors.Door(
        address=address,
        family="ipv6" if ":" in address else "ipv4",
        port=target.port,
        encryption=target.encryption,
        seconds=round(time.monotonic() - begun, 4),
        diagnosis=outcome.diagnosis,
        tls=outcome.tls,
        warning=outcome.warning,
    )


def _left(deadline: wire.Deadline) -> float:
    """Return the seconds that the look-up has left for the doors."""
    try:
        return deadline.remaining()
    except TimeoutError as exc:
        raise TimeoutError("name resolution timed out") from exc


def _addresses(found: list[Any]) -> list[str]:
    """Return the addresses, each once: a hosts file may name one twice."""
    return list(dict.fromkeys(str(address[0]) for family, *_rest, address in found if family in _FAMILIES))


def _context(ca_path: str | None) -> ssl.SSLContext:
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import tls

    return tls.make_context(ca_path)


_FAMILIES = (socket.AF_INET, socket.AF_INET6)
