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

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import connect, session, summary, wire

if TYPE_CHECKING:
    import ssl

    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.summary import Door, Doors

#: In the order of preference. EC2 throttles port 25 by default, and many networks block it.
PORTS = (587, 2587, 465, 2465, 25)
_MOST_THREADS = 64


def probe_doors(
    host: str, *, ports: tuple[int, ...] = PORTS, ca_path: str | None = None, timeout: float = 30.0
) -> Doors:
    """Go through each door of ``host`` up to verified TLS, and leave; nothing is sent, no credential is needed.

    All of it takes at most ``timeout`` seconds. Never raises for what the network does.
    """
    deadline = wire.Deadline(timeout)
    try:
        addresses = _addresses(connect.resolve(host.rstrip("."), ports[0], deadline))
        context = _context(ca_path)
    except OSError as exc:
        return summary.without_doors(host, str(exc))
    targets = [
        session.Target(
            host=host,
            port=port,
            encryption="tls" if port in session.WRAPPER_PORTS else "starttls",
            timeout=timeout,
            ca_path=ca_path,
            address=address,
        )
        for port in ports
        for address in addresses
    ]
    return summary.summarize(host, _go(targets, context, deadline))


def _go(targets: list[session.Target], context: ssl.SSLContext, deadline: wire.Deadline) -> tuple[Door, ...]:
    """Try all targets in threads; where there are more than threads, each turn has its share of the time."""
    turns = -(-len(targets) // _MOST_THREADS)
    share = deadline.remaining() / turns
    doors: list[Door | None] = [None] * len(targets)
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(len(targets)):
        todo.put(number)

    def work() -> None:
        while True:
            try:
                number = todo.get_nowait()
            except queue.Empty:
                return
            doors[number] = _try(replace(targets[number], timeout=share), context)

    threads = [
        threading.Thread(target=work, name=f"door-{number}", daemon=True)
        for number in range(min(len(targets), _MOST_THREADS))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tuple(door for door in doors if door)


def _try(target: session.Target, context: ssl.SSLContext) -> Door:
    begun = time.monotonic()
    outcome = session.run_session(target, session.Mail(), stage="tls", context=context)
    address = target.address or ""
    return summary.Door(
        address=address,
        family="ipv6" if ":" in address else "ipv4",
        port=target.port,
        encryption=target.encryption,
        seconds=round(time.monotonic() - begun, 4),
        diagnosis=outcome.diagnosis,
        tls=outcome.tls,
    )


def _addresses(found: list[Any]) -> list[str]:
    """Return the addresses, each once: a hosts file may name one twice."""
    return list(dict.fromkeys(str(address[0]) for family, *_rest, address in found if family in _FAMILIES))


def _context(ca_path: str | None) -> ssl.SSLContext:
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import tls

    return tls.make_context(ca_path)


_FAMILIES = (socket.AF_INET, socket.AF_INET6)
