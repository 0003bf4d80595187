# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which doors are open: real servers at several loopback addresses, and what their answers add up to."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import doors as all_doors
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import endpoint, probe, reply

from .fault_server import FaultServer, Peer, behave_until, black_hole

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

HOST = "email-smtp.eu-west-1.amazonaws.com"
#: Beyond the time-out; two loaded cores take their time.
GRACE = 1.5


class Network:
    """A name with addresses, and servers at them."""

    def __init__(self, authority: trustme.CA, ca_path: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._authority = authority
        self._ca_path = ca_path
        self._monkeypatch = monkeypatch
        self.servers: list[FaultServer] = []
        self.names: list[str] = []

    def context(self, name: str = HOST, authority: trustme.CA | None = None) -> ssl.SSLContext:
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (authority or self._authority).issue_cert(name).configure_cert(context)
        return context

    def ses(self, address: str, port: int = 0, *, wrapper: bool = False, pause: float = 0.0) -> int:
        """Start a good server."""

        def script(peer: Peer) -> None:
            time.sleep(pause)
            behave_until("AUTH", peer, self.context(), encryption="tls" if wrapper else "starttls")

        return self.server(script, address, port)

    def server(self, script: Callable[[Peer], None], address: str, port: int = 0) -> int:
        self.servers.append(FaultServer(script, host=address, port=port))
        return self.servers[-1].port

    def resolve(self, *addresses: str) -> None:
        """Let the name have these addresses."""
        really = socket.getaddrinfo

        def getaddrinfo(host: str, *args: Any, **options: Any) -> Any:
            self.names.append(host)
            return (
                [found for name in addresses for found in really(name, *args, **options)]
                if host == HOST
                else really(host, *args, **options)
            )

        self._monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    def probe(self, *ports: int, wrappers: tuple[int, ...] = (), timeout: float = 5.0) -> tuple[all_doors.Doors, float]:
        self._monkeypatch.setattr(endpoint, "WRAPPER_PORTS", wrappers)
        begun = time.monotonic()
        doors = probe.probe_doors(HOST, ports=ports, ca_path=self._ca_path, timeout=timeout)
        return doors, time.monotonic() - begun

    def stop(self) -> None:
        for server in self.servers:
            server.stop()


@pytest.fixture
def network(authority: trustme.CA, ca_path: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    found = Network(authority, ca_path, monkeypatch)
    threads = set(threading.enumerate())
    yield found
    monkeypatch.undo()
    found.stop()
    assert all(all(server.closed) for server in found.servers)
    assert [thread for thread in set(threading.enumerate()) - threads if thread.is_alive()] == []


def free_port() -> int:
    """Return a port at which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def kinds(doors: all_doors.Doors) -> dict[tuple[str, int], str]:
    return {(door.address, door.port): door.diagnosis.kind if door.diagnosis else "works" for door in doors.doors}


def test_every_address_and_port_is_tried(network: Network) -> None:
    network.resolve("127.0.0.1", "127.0.0.2", "127.0.0.1", "::1")
    first = network.ses("127.0.0.1")
    second = network.ses("127.0.0.1", wrapper=True)
    for address in ("127.0.0.2", "::1"):
        network.ses(address, first)
        network.ses(address, second, wrapper=True)
    doors, _took = network.probe(first, second, wrappers=(second,))
    assert set(kinds(doors).values()) == {"works"}
    assert sorted(kinds(doors)) == sorted((a, p) for a in ("127.0.0.1", "127.0.0.2", "::1") for p in (first, second))
    result = doors.as_dict()
    assert result["recommended"] == {"port": first, "encryption": "starttls"} and doors.failure is None
    assert f"port {first} (STARTTLS)" in result["msg"] and "all 3 addresses" in result["msg"]
    assert f"Port {second} works too" in result["msg"]
    assert {(door["family"], door["encryption"]) for door in result["doors"]} == {
        (family, encryption) for family in ("ipv4", "ipv6") for encryption in ("starttls", "tls")
    }
    assert all(door["tls"]["verified"] and door["tls"]["days_left"] > 0 for door in result["doors"])
    # The name is looked up once, and nobody is told a user name.
    assert network.names.count(HOST) == 1
    assert {line.split()[0] for server in network.servers for peer in server.peers for line in peer.heard} == {
        b"EHLO",
        b"STARTTLS",
        b"QUIT",
    }


def test_a_port_that_works_everywhere_comes_first(network: Network) -> None:
    network.resolve("127.0.0.1", "127.0.0.2")
    half, whole = network.ses("127.0.0.1"), network.ses("127.0.0.1")
    network.ses("127.0.0.2", whole)
    doors, _took = network.probe(half, whole)
    assert doors.recommended is not None and doors.recommended.port == whole
    assert kinds(doors)["127.0.0.2", half] == "refused"
    assert f"Port {half} at 127.0.0.2: " in doors.msg


def test_only_one_family(network: Network) -> None:
    network.resolve("127.0.0.1", "::1")
    port = network.ses("127.0.0.1")
    doors, _took = network.probe(port)
    assert doors.recommended is not None and doors.recommended.family == "ipv4"
    assert "Only IPv4 works, IPv6 does not." in doors.msg


def test_a_captive_certificate(network: Network) -> None:
    network.resolve("127.0.0.1")
    proxy = trustme.CA(organization_name="Corp Proxy", organization_unit_name="Inspection")
    captive = network.server(lambda peer: behave_until("AUTH", peer, network.context(HOST, proxy)), "127.0.0.1")
    good = network.ses("127.0.0.1")
    doors, _took = network.probe(captive, good)
    assert kinds(doors) == {("127.0.0.1", captive): "tls_unknown_ca", ("127.0.0.1", good): "works"}
    assert doors.recommended is not None and doors.recommended.port == good
    tls = doors.doors[0].tls
    assert tls is not None and (tls["verified"], tls["issuer"]) == (False, "O=Corp Proxy, OU=Inspection")
    assert "issued by O=Corp Proxy, OU=Inspection" in doors.msg


def test_no_door_works(network: Network) -> None:
    network.resolve("127.0.0.1", "127.0.0.2")
    http = network.server(lambda peer: peer.say(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "127.0.0.1")
    ports = (free_port(), free_port(), http)
    doors, took = network.probe(*ports)
    assert doors.recommended is None and doors.failure == doors.msg
    assert doors.diagnosis is not None and doors.diagnosis.kind == "refused"
    assert doors.msg.startswith(f"No port of {HOST} works.")
    # One sentence for what is one cause
    assert doors.msg.count("refused the connection") == 1
    assert kinds(doors)["127.0.0.1", http] == "proxy_answers"
    assert took < GRACE


def test_black_holes_take_one_time_out_together(network: Network) -> None:
    holes = [black_hole(address) for address in 5 * ["127.0.0.1"]]
    network.resolve("127.0.0.1")
    good = network.ses("127.0.0.1")
    doors, took = network.probe(*(port for port, _held in holes), good, timeout=0.8)
    for _port, held in holes:
        for sock in held:
            sock.close()
    assert sorted(kinds(doors).values()) == [*5 * ["timed_out"], "works"]
    assert doors.recommended is not None and doors.recommended.port == good
    assert 0.8 <= took < 0.8 + GRACE
    assert all(door.seconds < 0.8 + GRACE for door in doors.doors)


def test_doors_are_tried_side_by_side(network: Network) -> None:
    network.resolve("127.0.0.1")
    ports = [network.ses("127.0.0.1", pause=0.3) for _number in range(8)]
    doors, took = network.probe(*ports)
    assert set(kinds(doors).values()) == {"works"} and took < 8 * 0.3 / 2


def test_more_doors_than_threads_end_in_time(network: Network) -> None:
    network.resolve(*(f"127.0.0.{number}" for number in range(1, 16)))
    threads: list[int] = []

    def silence(peer: Peer) -> None:
        threads.append(sum(thread.name.startswith("door-") for thread in threading.enumerate()))

    ports = [network.server(silence, "0.0.0.0") for _number in range(5)]  # noqa: S104
    doors, took = network.probe(*ports, timeout=1.6)
    assert len(doors.doors) == 75 and set(kinds(doors).values()) == {"plain_on_wrapper"}
    assert 50 < max(threads) <= 64
    assert took < 1.6 + GRACE


def test_a_look_up_that_takes_all_the_time_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    really = probe.connect.resolve

    def resolve(host: str, port: int, deadline: Any) -> list[Any]:
        found = really(host, port, deadline)
        time.sleep(deadline.remaining() + 0.01)
        return found

    monkeypatch.setattr(probe.connect, "resolve", resolve)
    doors = probe.probe_doors("127.0.0.1", timeout=0.2)
    assert doors.doors == () and doors.failure is not None and "name resolution timed out" in doors.failure


def test_a_door_that_breaks_in_its_thread_shows_as_failed(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    network.resolve("127.0.0.1")
    broken, good = free_port(), network.ses("127.0.0.1")
    really = probe.session.run_session

    def run_session(target: Any, *args: Any, **options: Any) -> Any:
        if target.port == broken:
            raise ValueError("a surprise")
        return really(target, *args, **options)

    monkeypatch.setattr(probe.session, "run_session", run_session)
    doors, _took = network.probe(broken, good)
    assert [(found.port, found.works) for found in doors.doors] == [(broken, False), (good, True)]
    assert "ValueError: a surprise" in (doors.doors[0].diagnosis or pytest.fail("no diagnosis")).reply


def test_a_verified_server_that_is_not_ses_is_said(network: Network) -> None:
    network.resolve("127.0.0.1", "127.0.0.2")
    banner = "220 mail.corp.example ESMTP Postfix"

    def corporate(peer: Peer) -> None:
        peer.say(banner.encode() + b"\r\n")
        peer.hear()
        peer.say(b"250-x\r\n250 STARTTLS\r\n")
        peer.hear()
        peer.say(b"220 go\r\n")
        peer.shake_hands(network.context())
        peer.hear()
        peer.say(b"250 x\r\n")
        peer.hear()
        peer.say(b"221 bye\r\n")

    port = network.server(corporate, "0.0.0.0")  # noqa: S104
    doors, _took = network.probe(port)
    assert doors.recommended is not None and doors.recommended.port == port
    (warning,) = doors.warnings
    assert banner in warning and doors.msg.count(warning) == 1


def test_a_name_that_does_not_exist() -> None:
    doors = probe.probe_doors("email-smtp..example", timeout=2)
    assert doors.doors == () and doors.as_dict()["recommended"] is None
    assert doors.diagnosis is not None and doors.diagnosis.kind == "no_such_name"
    assert doors.failure is not None and "email-smtp..example" in doors.failure


def test_authorities_that_cannot_be_read(tmp_path: Any) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("no certificate")
    doors = probe.probe_doors("127.0.0.1", ca_path=str(path), timeout=2)
    assert doors.failure is not None and str(path) in doors.failure


def door(address: str, port: int, kind: str = "") -> all_doors.Door:
    texts = {"refused": "Connection refused", "timed_out": "timed out"}
    return all_doors.Door(
        address=address,
        family="ipv6" if ":" in address else "ipv4",
        port=port,
        encryption="tls" if port in (465, 2465) else "starttls",
        seconds=0.1,
        diagnosis=reply.diagnose(texts[kind], reply.Context(host=HOST, port=port)) if kind else None,
    )


@pytest.mark.parametrize(
    ("open_at", "recommended"),
    [
        ({587: "ab", 2587: "ab", 465: "ab", 2465: "ab", 25: "ab"}, 587),
        ({2587: "ab", 465: "ab", 2465: "ab", 25: "ab"}, 2587),
        ({465: "ab", 2465: "ab", 25: "ab"}, 465),
        ({2465: "ab", 25: "ab"}, 2465),
        ({25: "ab"}, 25),
        ({587: "a", 2465: "ab"}, 2465),
        ({587: "a", 25: "ab"}, 25),
        ({587: "a", 465: "b"}, 587),
        ({587: "", 465: "b"}, 465),
        ({}, None),
    ],
)
def test_the_port_to_use(open_at: dict[int, str], recommended: int | None) -> None:
    doors = tuple(
        door(address, port, "" if name in open_at.get(port, "") else "timed_out")
        for port in endpoint.PORTS
        for name, address in (("a", "192.0.2.1"), ("b", "2001:db8::1"))
    )
    found = all_doors.summarize(HOST, doors)
    assert (found.recommended.port if found.recommended else None) == recommended
    assert (found.failure is None) == (recommended is not None)


def test_what_fails_alike_is_said_once() -> None:
    doors = tuple(
        door(f"192.0.2.{number}", port, "" if port == 587 else "timed_out" if port == 25 else "refused")
        for port in endpoint.PORTS
        for number in range(1, 7)
    )
    said = all_doors.summarize(HOST, doors).msg
    assert "Use port 587 (STARTTLS)" in said and "at all 6 addresses" in said
    assert "Port 25: " in said and "Ports 2587, 465, 2465: " in said
    assert said.count("refused the connection to these ports") == 1
    assert "192.0.2." not in said
    _before, _these, of_several = said.partition("Ports 2587, 465, 2465: ")
    assert "Open them." in of_several.partition("Port 25: ")[0] and "use another" not in said


def test_where_it_fails_is_said_when_it_works_elsewhere() -> None:
    doors = tuple(door(f"192.0.2.{number}", 587, "refused" if number < 6 else "") for number in range(1, 7))
    said = all_doors.summarize(HOST, doors).msg
    assert "at 1 of 6 addresses" in said
    assert "Port 587 at 192.0.2.1, 192.0.2.2, 192.0.2.3 and 2 more: " in said
