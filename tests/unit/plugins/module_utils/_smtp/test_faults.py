# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong on networks and in TLS: each is named, ends in time, and leaves nothing open."""

from __future__ import annotations

import datetime
import os
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import session

from .fault_server import GREETING, OFFER, FaultServer, Peer, behave_until, black_hole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

USERNAME = "AKIAIOSFODNN7EXAMPLE"
PASSWORD = "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"
MAIL = session.Mail(USERNAME, PASSWORD, "a@example.com", ("b@example.net",), b"Subject: x\r\n\r\nx\r\n")
#: What an answer may take beyond its time-out
#: Beyond the time-out; two loaded cores take their time.
GRACE = 1.5
#: Linux has no route for TCP to the broadcast address.
NO_ROUTE = "255.255.255.255"
PATIENT, SHORT = 5.0, 0.6

Script = Any  # Callable[[Peer, World], None]


@dataclass(frozen=True)
class World:
    """What the scripts need: the certificates of a server, and how the client is to begin."""

    authority: trustme.CA
    encryption: str

    def context(self, name: str = "localhost", **options: Any) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(name, **options).configure_cert(context)
        return context


@dataclass(frozen=True)
class Fault:
    """One row: what the server does, and what the client says of it."""

    name: str
    script: Script
    kind: str
    stage: str
    encryption: str = "starttls"
    timeout: float = PATIENT
    trusts: bool = True
    says: str = ""
    connections: int = 1
    in_doubt: bool = False
    tls: dict[str, Any] | None = field(default=None, hash=False)


def shows(make: Callable[[World], ssl.SSLContext]) -> Script:
    """Return a server that shows a certificate, and would go on."""

    def script(peer: Peer, world: World) -> None:
        behave_until("AUTH", peer, make(world), encryption=world.encryption)

    return script


def at(stage: str, act: Callable[[Peer], Any]) -> Script:
    """Return a server that is good until ``stage``, and then acts."""

    def script(peer: Peer, world: World) -> None:
        behave_until(stage, peer, world.context(), encryption=world.encryption)
        act(peer)

    return script


def plain(*parts: bytes) -> Script:
    """Return a server that says ``parts``, a line of the client's between any two."""

    def script(peer: Peer, world: World) -> None:
        for number, part in enumerate(parts):
            if number:
                peer.hear()
            peer.say(part)

    return script


def drip(text: bytes) -> Callable[[Peer], None]:
    return lambda peer: peer.drip(text)


def reset(peer: Peer) -> None:
    peer.reset()


def reset_on_hello(peer: Peer) -> None:
    peer.sock.recv(1)
    peer.reset()


def hang_up(peer: Peer) -> None:
    peer.sock.close()


def expired(world: World) -> ssl.SSLContext:
    return world.context(not_after=_days_from_now(-1))


def not_yet_valid(world: World) -> ssl.SSLContext:
    return world.context(not_before=_days_from_now(1), not_after=_days_from_now(2))


def other_name(world: World) -> ssl.SSLContext:
    return world.context("proxy.example.net", common_name="proxy.example.net")


def other_authority(world: World) -> ssl.SSLContext:
    authority = trustme.CA(organization_name="Corp Proxy", organization_unit_name="Inspection")
    return World(authority, world.encryption).context(common_name="localhost")


def self_signed(world: World) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, _days_from_now(-1), _days_from_now(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with trustme.Blob(secret + signed.public_bytes(Encoding.PEM)).tempfile() as path:
        context.load_cert_chain(path)
    return context


def old_tls(world: World) -> ssl.SSLContext:
    context = world.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    # Python calls these versions deprecated; it is servers that still have them that are meant here.
    context.options |= 0x08000000 | 0x20000000  # OP_NO_TLSv1_2, OP_NO_TLSv1_3
    return context


def odd_cipher(world: World) -> ssl.SSLContext:
    context = world.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    # A key exchange that needs an RSA key, while the certificate has one of another kind
    context.set_ciphers("AES128-SHA:@SECLEVEL=0")
    return context


def inject(peer: Peer, world: World) -> None:
    """Say something in plain text behind the reply to STARTTLS, as if it had come under TLS."""
    behave_until("TLS", peer, world.context())
    peer.say(b"220 Ready to start TLS\r\n250-evil\r\n250 AUTH XOAUTH2\r\n")
    peer.shake_hands(world.context())
    peer.hear()
    peer.say(OFFER.replace(b"250-AUTH PLAIN LOGIN\r\n", b""))


def wait_for_tls(peer: Peer, world: World) -> None:
    peer.shake_hands(world.context())


def speak_plainly(peer: Peer) -> None:
    peer.say(b"220 Go\r\n")
    peer.sock.recv(1)
    peer.say(GREETING)


def stop_reading(peer: Peer) -> None:
    peer.say(b"354 Go\r\n")
    time.sleep(2 * SHORT)


def read_slowly(peer: Peer) -> None:
    peer.say(b"354 Go\r\n")
    ends = time.monotonic() + 3 * SHORT
    while time.monotonic() < ends:
        for _record in range(8):
            peer.sock.recv(16384)
        time.sleep(0.01)


def hang_up_in_the_middle(peer: Peer) -> None:
    peer.say(b"354 Go\r\n")
    peer.sock.recv(65536)
    peer.reset()


def refuse_and_hang_up(peer: Peer) -> None:
    peer.say(b"354 Go\r\n")
    peer.sock.recv(65536)
    peer.say(b"552 Message is too long.\r\n")
    time.sleep(0.1)
    peer.sock.close()


def refuse_in_the_middle(peer: Peer) -> None:
    peer.say(b"354 Go\r\n")
    peer.sock.recv(65536)
    peer.say(b"552 Message is too long.\r\n")
    peer.sock.shutdown(socket.SHUT_WR)


def _days_from_now(days: int) -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)


_BY_CORP = "issued by O=Corp Proxy, OU=Inspection"
_POSTFIX = b"220 mail.example.net ESMTP Postfix\r\n"
_HTTP = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"

CERTIFICATES = [
    row
    for encryption in ("starttls", "tls")
    for row in (
        Fault("expired", shows(expired), "tls_expired", "tls", encryption, connections=2),
        Fault("not yet valid", shows(not_yet_valid), "tls_not_yet_valid", "tls", encryption, connections=2),
        Fault(
            "wrong name",
            shows(other_name),
            "tls_wrong_name",
            "tls",
            encryption,
            connections=2,
            says="proxy.example.net",
        ),
        Fault(
            "unknown authority",
            shows(other_authority),
            "tls_unknown_ca",
            "tls",
            encryption,
            connections=2,
            says=_BY_CORP,
        ),
        Fault("self-signed", shows(self_signed), "tls_unknown_ca", "tls", encryption, connections=2, says="itself"),
        Fault(
            "nothing trusted", shows(World.context), "tls_unknown_ca", "tls", encryption, connections=2, trusts=False
        ),
        Fault("TLS 1.1 only", shows(old_tls), "tls_protocol", "tls", encryption),
        Fault("no shared cipher", shows(odd_cipher), "tls_protocol", "tls", encryption),
    )
]

HANDSHAKES = [
    Fault("plain text where TLS is expected", plain(GREETING), "wrapper_on_plain", "tls", "tls"),
    Fault("HTTP where TLS is expected", plain(_HTTP), "wrapper_on_plain", "tls", "tls"),
    Fault("TLS where plain text is expected", wait_for_tls, "plain_on_wrapper", "connect", timeout=SHORT),
    Fault("no STARTTLS offered", plain(GREETING, OFFER, b"221 Bye\r\n"), "tls_not_offered", "tls"),
    Fault("STARTTLS not possible now", at("TLS", lambda p: p.say(b"454 TLS not available\r\n")), "temporary", "tls"),
    Fault("STARTTLS answered by nonsense", at("TLS", lambda p: p.say(b"STARTTLS?\r\n")), "proxy_answers", "tls"),
    Fault("plain text after STARTTLS", at("TLS", speak_plainly), "tls_broken", "tls"),
    Fault("STARTTLS, then silence", at("TLS", lambda p: p.say(b"220 Go\r\n")), "tls_timed_out", "tls", timeout=SHORT),
    Fault("a handshake that hangs", at("TLS", lambda p: None), "tls_timed_out", "tls", "tls", timeout=SHORT),
    Fault("a handshake that drips", at("TLS", drip(b"\x16\x03\x03\x40\x00\x02")), "tls_timed_out", "tls", "tls", SHORT),
    Fault("a reset in the handshake", at("TLS", reset_on_hello), "reset", "tls", "tls"),
    Fault("an end in the handshake", at("TLS", hang_up), "reset", "tls", "tls"),
    Fault("replies injected before TLS", inject, "tls_broken", "tls"),
]

GREETINGS = [
    Fault("a silent server", plain(b""), "plain_on_wrapper", "connect", timeout=SHORT),
    Fault("a server silent under TLS", at("greeting", lambda p: None), "silent", "tls", "tls", timeout=SHORT),
    Fault("half a greeting", plain(b"220 email-smtp.ama"), "silent", "connect", timeout=SHORT),
    Fault("a greeting that drips", at("greeting", drip(b"2")), "silent", "connect", timeout=SHORT),
    Fault("a greeting that drips under TLS", at("greeting", drip(b"2")), "silent", "tls", "tls", SHORT),
    Fault("a greeting without an end", at("greeting", drip(b"220-x\r\n")), "silent", "connect", timeout=SHORT),
    Fault("an endless line", plain(b"220 " + 70000 * b"x"), "proxy_answers", "connect"),
    Fault("endless lines", plain(7000 * b"220-xxxxxx\r\n"), "proxy_answers", "connect"),
    Fault("HTTP", plain(_HTTP), "proxy_answers", "connect", says="HTTP/1.1 400"),
    Fault("digits that are none", plain("²²² hi\r\n".encode()), "proxy_answers", "connect"),
    Fault("digits of elsewhere", plain("\u0662\u0662\u0660 hi\r\n".encode()), "proxy_answers", "connect"),
    Fault("no code of SMTP", plain(b"999 hi\r\n"), "proxy_answers", "connect"),
    Fault("bytes", plain(bytes(range(256)) + b"\r\n"), "proxy_answers", "connect"),
    Fault(
        "another mail server", plain(_POSTFIX, b"250 mail\r\n", b"221 Bye\r\n"), "not_ses", "tls", says="ESMTP Postfix"
    ),
    Fault("another server refuses", plain(b"554 mx.example.net No service\r\n", b"221\r\n"), "not_ses", "connect"),
    Fault("too many connections", plain(b"421 Too many concurrent SMTP connections\r\n"), "concurrency", "connect"),
    Fault("a busy balancer", plain(b"421 Service not available\r\n"), "temporary", "connect"),
]

DIALOGUES = [
    Fault("AUTH not offered", at("EHLO", lambda p: p.say(OFFER.replace(b"AUTH", b"X"))), "auth_not_offered", "auth", "tls"),
    Fault("the message's reply lost", at("message", hang_up), "reset", "send", in_doubt=True),
    Fault("the message's reply lost, reset", at("message", reset), "reset", "send", "tls", in_doubt=True),
    Fault("the message's reply late", at("message", lambda p: None), "silent", "send", timeout=SHORT, in_doubt=True),
    Fault("the server goes away", at("MAIL", lambda p: p.say(b"421 Closing\r\n")), "temporary", "envelope"),
    Fault("an idle client", at("RCPT", lambda p: p.say(b"451 4.4.2 Timeout waiting for data from client.\r\n")), "idle", "envelope"),
    *(
        Fault(f"a {how} at {stage}", at(stage, act), "reset", reached, encryption)
        for how, act in (("reset", reset), ("close", hang_up))
        for encryption in ("starttls", "tls")
        for stage, reached in (
            ("greeting", "tls" if encryption == "tls" else "connect"),
            ("EHLO", "tls" if encryption == "tls" else "connect"),
            ("AUTH", "auth"),
            ("MAIL", "envelope"),
            ("RCPT", "envelope"),
            ("DATA", "send"),
        )
    ),
    *(
        Fault(f"silence at {stage}", at(stage, lambda p: None), "silent", reached, timeout=SHORT)
        for stage, reached in (("EHLO", "connect"), ("AUTH", "auth"), ("MAIL", "envelope"), ("DATA", "send"))
    ),
]  # fmt: skip

FAULTS = [*CERTIFICATES, *HANDSHAKES, *GREETINGS, *DIALOGUES]


@pytest.fixture
def no_socket_left() -> Iterator[None]:
    """Fail when the process has more sockets after the test than before it."""
    before = _sockets()
    yield
    ends = time.monotonic() + 2
    while _sockets() - before and time.monotonic() < ends:
        time.sleep(0.01)
    assert _sockets() - before == set()


def _sockets() -> set[str]:
    found = set()
    for number in os.listdir("/proc/self/fd"):
        try:
            found.add(os.readlink(f"/proc/self/fd/{number}"))
        except OSError:
            continue
    return {name for name in found if name.startswith("socket:")}


def run(port: int, **options: Any) -> tuple[session.Outcome, float]:
    values: dict[str, Any] = {"host": "localhost", "encryption": "starttls", "timeout": PATIENT, "ca_path": None}
    values.update(options)
    mail, stage = values.pop("mail", MAIL), values.pop("stage", "send")
    begun = time.monotonic()
    outcome = session.run_session(session.Target(port=port, **values), mail, stage=stage)
    return outcome, time.monotonic() - begun


def kind(outcome: session.Outcome) -> str:
    return outcome.diagnosis.kind if outcome.diagnosis else "none"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.name} ({fault.encryption})")
def test_a_fault(fault: Fault, authority: trustme.CA, ca_path: str, no_socket_left: None) -> None:
    world = World(authority, fault.encryption)
    server = FaultServer(lambda peer: fault.script(peer, world))
    outcome, took = run(
        server.port,
        encryption=fault.encryption,
        timeout=fault.timeout,
        ca_path=ca_path if fault.trusts else None,
    )
    server.stop()
    assert (kind(outcome), outcome.stage) == (fault.kind, fault.stage), outcome
    assert took < fault.timeout + GRACE
    assert not outcome.accepted and outcome.in_doubt == fault.in_doubt
    assert outcome.diagnosis is not None and outcome.diagnosis.cause and outcome.diagnosis.fix
    assert fault.says in outcome.diagnosis.cause + outcome.reply
    assert server.closed == [True] * fault.connections
    # Whoever is not verified gets no credential; on the look at a certificate, nothing at all.
    if fault.stage in ("connect", "tls"):
        said = [line for peer in server.peers for line in peer.heard]
        assert {line.split()[0] for line in said} <= {b"EHLO", b"STARTTLS", b"QUIT"}
        if fault.connections > 1:
            assert b"QUIT" not in said and outcome.tls is not None and outcome.tls["verified"] is False


def test_nothing_listens(no_socket_left: None) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        outcome, took = run(free.getsockname()[1])
    assert (kind(outcome), outcome.stage) == ("refused", "connect")
    assert took < GRACE


def test_a_black_hole(no_socket_left: None) -> None:
    port, held = black_hole()
    outcome, took = run(port, host="127.0.0.1", timeout=SHORT)
    for sock in held:
        sock.close()
    assert (kind(outcome), outcome.stage) == ("timed_out", "connect")
    assert SHORT <= took < SHORT + GRACE


def test_a_name_that_does_not_exist(no_socket_left: None) -> None:
    outcome, took = run(587, host="email-smtp.invalid", timeout=2.0)
    # Where no name server can be reached, that is what is said.
    assert kind(outcome) in ("no_such_name", "dns_trouble")
    assert took < 2 + GRACE


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".example.com"])
def test_a_name_that_cannot_exist(host: str) -> None:
    assert kind(run(587, host=host)[0]) == "no_such_name"


def test_name_servers_that_never_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: over.wait(PATIENT))
    outcome, took = run(587, timeout=SHORT)
    over.set()
    assert (kind(outcome), outcome.stage) == ("dns_trouble", "connect")
    assert took < SHORT + GRACE


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[str, int]) -> None:
    """Let every name have these addresses."""
    found = [
        (socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))
        for host, port in addresses
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)


@pytest.mark.parametrize("how", ["black hole", "refused"])
@pytest.mark.parametrize("dead", ["::1", "127.0.0.2"])
def test_a_dead_address_beside_a_live_one(
    how: str,
    dead: str,
    authority: trustme.CA,
    ca_path: str,
    monkeypatch: pytest.MonkeyPatch,
    no_socket_left: None,
) -> None:
    world = World(authority, "tls")
    server = FaultServer(lambda peer: behave_until("AUTH", peer, world.context(), encryption="tls"))
    port, held = black_hole(dead)
    if how == "refused":
        for sock in held:
            sock.close()
    resolve_to(monkeypatch, (dead, port), (dead, port), ("127.0.0.1", server.port))
    outcome, _took = run(server.port, encryption="tls", ca_path=ca_path, stage="tls")
    for sock in held:
        sock.close()
    monkeypatch.undo()
    server.stop()
    assert outcome.tls is not None and outcome.tls["verified"]
    assert (outcome.diagnosis, server.closed) == (None, [True])
    # A refused address does not cost the head start of half a second, which two black holes cost twice.
    assert outcome.timings["connect"] < (0.45 if how == "refused" else 3.0)


def test_a_dead_family_costs_half_a_second(
    authority: trustme.CA, ca_path: str, monkeypatch: pytest.MonkeyPatch, no_socket_left: None
) -> None:
    world = World(authority, "tls")
    server = FaultServer(lambda peer: behave_until("AUTH", peer, world.context(), encryption="tls"))
    port, held = black_hole("::1")
    resolve_to(monkeypatch, *(4 * [("::1", port)]), ("127.0.0.1", server.port))
    outcome, _took = run(server.port, encryption="tls", ca_path=ca_path, stage="tls")
    for sock in held:
        sock.close()
    monkeypatch.undo()
    server.stop()
    # Four dead ones in a row would cost four head starts of half a second.
    assert outcome.diagnosis is None and outcome.timings["connect"] < 1.9


def test_no_route(monkeypatch: pytest.MonkeyPatch, no_socket_left: None) -> None:
    resolve_to(monkeypatch, (NO_ROUTE, 587))
    outcome, took = run(587)
    assert (kind(outcome), outcome.stage) == ("unreachable", "connect")
    assert took < GRACE


def test_the_error_that_tells_most(monkeypatch: pytest.MonkeyPatch, no_socket_left: None) -> None:
    port, held = black_hole()
    # No route, as on a host without IPv6: the kernel says so at once, and it means nothing.
    resolve_to(monkeypatch, (NO_ROUTE, 587), ("127.0.0.1", port))
    outcome, took = run(port, timeout=SHORT)
    for sock in held:
        sock.close()
    assert kind(outcome) == "timed_out"
    assert took < SHORT + GRACE


@pytest.mark.parametrize("act", [stop_reading, read_slowly])
def test_a_server_that_does_not_read_on(
    authority: trustme.CA, ca_path: str, no_socket_left: None, act: Callable[[Peer], None]
) -> None:
    world = World(authority, "starttls")
    server = FaultServer(lambda peer: at("DATA", act)(peer, world))
    mail = session.Mail(USERNAME, PASSWORD, "a@example.com", ("b@example.net",), 40_000_000 * b"x")
    outcome, took = run(server.port, ca_path=ca_path, timeout=SHORT, mail=mail)
    server.stop()
    assert (kind(outcome), outcome.stage) == ("silent", "send")
    assert took < SHORT + GRACE
    # The end of the message never left, so nobody can have accepted it.
    assert not outcome.in_doubt and not outcome.accepted


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (refuse_in_the_middle, ("too_long", 552)),
        (refuse_and_hang_up, ("too_long", 552)),
        (hang_up_in_the_middle, ("reset", None)),
    ],
)
def test_an_end_in_the_middle_of_the_message(
    authority: trustme.CA,
    ca_path: str,
    no_socket_left: None,
    act: Callable[[Peer], None],
    expected: tuple[str, int | None],
) -> None:
    world = World(authority, "starttls")
    server = FaultServer(lambda peer: at("DATA", act)(peer, world))
    mail = session.Mail(USERNAME, PASSWORD, "a@example.com", ("b@example.net",), 20_000_000 * b"x")
    outcome, _took = run(server.port, ca_path=ca_path, mail=mail)
    server.stop()
    # The end of the message never left.
    assert (kind(outcome), outcome.code, outcome.in_doubt) == (*expected, False)


@pytest.mark.parametrize(("timeout", "most"), [(PATIENT, 2.0), (SHORT, SHORT)])
def test_a_server_without_a_goodbye(
    authority: trustme.CA, ca_path: str, no_socket_left: None, timeout: float, most: float
) -> None:
    world = World(authority, "starttls")
    server = FaultServer(lambda peer: at("message", lambda p: p.say(b"250 Ok 0102-1\r\n"))(peer, world), polite=False)
    outcome, took = run(server.port, ca_path=ca_path, timeout=timeout)
    server.stop()
    assert outcome.accepted and outcome.message_id == "0102-1"
    assert took < most + GRACE


def test_the_look_at_a_certificate_ends_in_time(authority: trustme.CA, ca_path: str, no_socket_left: None) -> None:
    world = World(authority, "tls")
    first = [True]

    def script(peer: Peer) -> None:
        if first and first.pop():
            time.sleep(0.8)
            peer.shake_hands(expired(world))

    server = FaultServer(script)
    outcome, took = run(server.port, encryption="tls", ca_path=ca_path, timeout=1.0)
    server.stop()
    assert (kind(outcome), outcome.tls, server.closed) == ("tls_expired", None, [True, True])
    assert took < 1.0 + GRACE
