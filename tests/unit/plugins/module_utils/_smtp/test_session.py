# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SMTP dialogue against a real server."""

from __future__ import annotations

import base64
import contextlib
import datetime
import socket
import ssl
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import session
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.session import (
    Mail,
    Outcome,
    Target,
)

from .fault_server import GREETING, FaultServer, Peer, behave_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Server

USERNAME = "AKIAIOSFODNN7EXAMPLE"
PASSWORD = "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"
WRONG = "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"
MAIL = Mail(
    username=USERNAME,
    password=PASSWORD,
    sender="a@example.com",
    recipients=("b@example.net", "c@example.net"),
    data=b"Subject: x\r\n\r\n.\r\n.dot\r\nend",
)


def target(port: int, ca_path: str | None, **options: Any) -> Target:
    values: dict[str, Any] = {"host": "localhost", "encryption": "starttls", "timeout": 5.0}
    values.update(options)
    return Target(port=port, ca_path=ca_path, **values)


def kind(outcome: Outcome) -> str:
    assert outcome.diagnosis is not None
    return outcome.diagnosis.kind


@pytest.mark.parametrize("wrapper", [False, True])
def test_a_message_is_accepted(serve: Callable[..., Server], wrapper: bool) -> None:
    server = serve(wrapper=wrapper)
    encryption = "tls" if wrapper else "starttls"
    outcome = session.run_session(target(server.port, server.ca_path, encryption=encryption), MAIL)
    assert outcome.accepted and outcome.stage == "send" and outcome.diagnosis is None
    assert outcome.message_id == "0102018f2a5b7c1d-6f1c2a3b-000000"
    assert outcome.code == 250
    (envelope,) = server.behaviour.messages
    assert envelope.mail_from == "a@example.com"
    assert envelope.rcpt_tos == ["b@example.net", "c@example.net"]
    assert envelope.content == b"Subject: x\r\n\r\n.\r\n.dot\r\nend\r\n"
    assert outcome.tls is not None and outcome.tls["version"] == "TLSv1.3"
    assert outcome.tls["names"] == ["localhost"] and outcome.tls["days_left"] > 0
    assert set(outcome.timings) == {"dns", "total", *session.STAGES}
    assert server.behaviour.connections == 1 and server.behaviour.resets == 0
    assert outcome.tls["verified"] is True and outcome.warning is None


@pytest.mark.parametrize(
    ("encryption", "before_login"), [("starttls", [b"EHLO", b"STARTTLS", b"EHLO"]), ("tls", [b"EHLO"])]
)
def test_a_send_costs_the_round_trips_of_smtp_and_no_more(
    authority: trustme.CA, ca_path: str, monkeypatch: pytest.MonkeyPatch, encryption: str, before_login: list[bytes]
) -> None:
    names: list[str] = []
    really = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *a, **o: names.append(host) or really(host, *a, **o))
    monkeypatch.setattr(time, "sleep", lambda _seconds: pytest.fail("a sleep"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    def script(peer: Peer) -> None:
        behave_until("message", peer, context, encryption=encryption)
        peer.say(b"250 Ok 0102\r\n")

    server = FaultServer(script)
    mail = Mail(USERNAME, PASSWORD, "a@example.com", ("b@example.net",), b"x")
    outcome = session.run_with_retries(target(server.port, ca_path, encryption=encryption), mail, retries=3)
    assert outcome.accepted and names == ["localhost"]
    server.stop()
    (peer,) = server.peers
    assert [line.split()[0] for line in peer.heard] == [
        *before_login, b"AUTH", b"MAIL", b"RCPT", b"DATA", b"x", b".", b"QUIT",
    ]  # fmt: skip
    # With the initial response, so that logging in is one round trip (RFC 4954, section 4)
    (login,) = (line for line in peer.heard if line.startswith(b"AUTH"))
    assert base64.b64decode(login.split()[2]) == f"\0{USERNAME}\0{PASSWORD}".encode()


def test_a_host_where_all_is_well_loads_no_explanations(serve: Callable[..., Server]) -> None:
    server = serve()
    program = f"""
import sys
sys.path[:] = {sys.path!r}
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import session
target = session.Target("localhost", {server.port}, "starttls", 5.0, {server.ca_path!r})
mail = session.Mail({USERNAME!r}, {PASSWORD!r}, "a@example.com", ("b@example.net",), b"x")
assert session.run_session(target, mail).accepted
print(*(name.rpartition(".")[2] for name in sys.modules if "_smtp." in name))
"""
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert sorted(loaded) == ["connect", "dialogue", "pause", "session", "stages", "tls", "wire"]


def test_no_secret_is_in_the_transcript(serve: Callable[..., Server]) -> None:
    server = serve()
    for options in ({}, {"auth_exclude_mechanism": ["PLAIN"]}):
        server = serve(**options)
        for password in (PASSWORD, WRONG):
            mail = Mail(username=USERNAME, password=password, sender="a@example.com")
            outcome = session.run_session(target(server.port, server.ca_path), mail, stage="auth")
            assert (outcome.diagnosis is None) == (password == PASSWORD)
            shown = repr(outcome) + repr(mail)
            plain = f"\0{USERNAME}\0{password}".encode()
            assert password not in shown
            assert base64.b64encode(password.encode()).decode() not in shown
            assert base64.b64encode(plain).decode() not in shown
            assert any("C: AUTH" in line for line in outcome.transcript)


@pytest.mark.parametrize("stage", ["connect", "tls", "auth", "envelope"])
def test_stages_end_where_they_say(serve: Callable[..., Server], stage: str) -> None:
    server = serve()
    outcome = session.run_session(target(server.port, server.ca_path), MAIL, stage=stage)
    assert (outcome.stage, outcome.accepted, outcome.diagnosis) == (stage, False, None)
    assert set(outcome.timings) - {"dns", "total"} == set(session.STAGES[: session.STAGES.index(stage) + 1])
    assert server.behaviour.messages == []
    assert server.behaviour.resets == (1 if stage == "envelope" else 0)


def test_the_wrong_password(serve: Callable[..., Server]) -> None:
    server = serve()
    mail = Mail(username=USERNAME, password=WRONG)
    outcome = session.run_with_retries(target(server.port, server.ca_path), mail, stage="auth", retries=3)
    assert (outcome.stage, outcome.code, outcome.attempts) == ("auth", 535, 1)
    assert kind(outcome) == "credentials"


def test_a_new_credential_is_tried_again(serve: Callable[..., Server]) -> None:
    server = serve()
    server.behaviour.auth_replies = ["535 Authentication Credentials Invalid"]
    outcome = session.run_with_retries(
        target(server.port, server.ca_path), MAIL, stage="auth", retries=1, new_credential=True
    )
    assert (outcome.diagnosis, outcome.attempts) == (None, 2)


def test_a_new_credential_is_not_tried_for_ever(serve: Callable[..., Server]) -> None:
    server = serve()
    server.behaviour.auth_replies = 5 * ["535 Authentication Credentials Invalid"]
    outcome = session.run_with_retries(
        target(server.port, server.ca_path), MAIL, stage="auth", retries=1, new_credential=True
    )
    assert (kind(outcome), outcome.attempts, len(server.behaviour.auth_replies)) == ("credentials", 2, 3)


def test_too_many_connections_pass() -> None:
    greetings = [b"421 Too many concurrent SMTP connections\r\n", GREETING]
    server = FaultServer(lambda peer: (peer.say(greetings.pop(0)), peer.hear()) and peer.say(b"250 Ok\r\n"))
    outcome = session.run_with_retries(target(server.port, None), MAIL, stage="connect", retries=1)
    server.stop()
    assert (outcome.diagnosis, outcome.attempts) == (None, 2)


def test_the_pauses_grow_and_end(serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve()
    server.behaviour.data_replies = ["454 Throttling failure: Maximum sending rate exceeded."]
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    outcome = session.run_with_retries(target(server.port, server.ca_path), MAIL, retries=6)
    assert (kind(outcome), outcome.attempts) == ("rate", 7)
    assert len(pauses) == 6
    for pause, expected in zip(pauses, (1, 2, 4, 8, 15, 15)):
        assert 0.75 * expected <= pause <= 1.25 * expected


def test_a_verified_server_with_words_of_its_own(authority: trustme.CA, ca_path: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    def script(peer: Peer) -> None:
        peer.shake_hands(context)
        peer.say(b"220 relay.example.com ESMTP Postfix\r\n")
        peer.hear()
        peer.say(b"250 relay.example.com\r\n")
        peer.hear()

    server = FaultServer(script)
    outcome = session.run_session(target(server.port, ca_path, encryption="tls"), MAIL, stage="tls")
    server.stop()
    assert outcome.diagnosis is None
    assert outcome.warning is not None and "220 relay.example.com ESMTP Postfix" in outcome.warning


def test_throttling_is_tried_again(serve: Callable[..., Server]) -> None:
    server = serve()
    server.behaviour.data_replies[:0] = ["454 Throttling failure: Maximum sending rate exceeded."]
    outcome = session.run_with_retries(target(server.port, server.ca_path), MAIL, retries=2)
    assert outcome.accepted and outcome.attempts == 2
    assert len(server.behaviour.messages) == 1


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("454 Throttling failure: Daily message quota exceeded.", "daily_quota"),
        ("554 Message rejected: Sending paused for this account.", "paused"),
        ("drop", "reset"),
    ],
)
def test_what_is_not_tried_again(serve: Callable[..., Server], reply: str, expected: str) -> None:
    server = serve()
    server.behaviour.data_replies = [reply]
    outcome = session.run_with_retries(target(server.port, server.ca_path), MAIL, retries=2)
    assert (outcome.stage, outcome.attempts, kind(outcome)) == ("send", 1, expected)
    assert outcome.in_doubt == (reply == "drop")


def test_an_unknown_authority(serve: Callable[..., Server]) -> None:
    outcome = session.run_session(target(serve().port, None), MAIL)
    assert (outcome.stage, kind(outcome)) == ("tls", "tls_unknown_ca")


@pytest.mark.parametrize("encryption", ["starttls", "tls"])
def test_a_certificate_of_another_name(serve: Callable[..., Server], authority: trustme.CA, encryption: str) -> None:
    certificate = authority.issue_cert("email-smtp.us-east-1.amazonaws.com")
    server = serve(certificate=certificate, wrapper=encryption == "tls")
    outcome = session.run_session(target(server.port, server.ca_path, encryption=encryption), MAIL)
    assert (outcome.stage, kind(outcome)) == ("tls", "tls_wrong_name")
    assert server.behaviour.messages == []


def test_an_expired_certificate(serve: Callable[..., Server], authority: trustme.CA) -> None:
    past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    server = serve(certificate=authority.issue_cert("localhost", not_after=past))
    outcome = session.run_session(target(server.port, server.ca_path), MAIL)
    assert (outcome.stage, kind(outcome)) == ("tls", "tls_expired")


def test_a_protocol_too_old(authority: trustme.CA, ca_path: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    context.options |= ssl.OP_NO_TLSv1_2 | ssl.OP_NO_TLSv1_3
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def shake() -> None:
            connection, _address = listener.accept()
            with contextlib.suppress(ssl.SSLError), connection:
                context.wrap_socket(connection, server_side=True)

        thread = threading.Thread(target=shake, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        outcome = session.run_session(target(port, ca_path, encryption="tls"), MAIL)
        thread.join(5)
    assert (outcome.stage, kind(outcome)) == ("tls", "tls_protocol")


def test_a_server_without_tls_never_sees_the_password(serve: Callable[..., Server]) -> None:
    server = serve(tls=False)
    outcome = session.run_session(target(server.port, server.ca_path), MAIL)
    assert (outcome.stage, kind(outcome)) == ("tls", "tls_not_offered")


def test_plain_text_to_a_wrapper_port(serve: Callable[..., Server]) -> None:
    server = serve(wrapper=True)
    outcome = session.run_session(target(server.port, server.ca_path, timeout=0.5), MAIL)
    assert (outcome.stage, kind(outcome)) == ("connect", "plain_on_wrapper")


def test_tls_to_a_plain_port(serve: Callable[..., Server]) -> None:
    server = serve()
    outcome = session.run_session(target(server.port, server.ca_path, encryption="tls"), MAIL)
    assert (outcome.stage, kind(outcome)) == ("tls", "wrapper_on_plain")


def test_nothing_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    outcome = session.run_session(target(port, None), MAIL)
    assert (outcome.stage, kind(outcome)) == ("connect", "refused")
    assert outcome.diagnosis is not None and str(port) in outcome.diagnosis.cause


def test_a_name_that_does_not_exist() -> None:
    outcome = session.run_session(target(587, None, host="email-smtp.invalid"), MAIL)
    assert outcome.stage == "connect"
    assert kind(outcome) in ("no_such_name", "dns_trouble")


@pytest.mark.parametrize("script", [b"", b"220 hi\r\n", b"220 hi\r\n250-x\r\n"])
def test_the_time_out_covers_the_whole_dialogue(script: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _address = listener.accept()
            with connection:
                connection.sendall(script)
                # Each byte comes in time for a time-out of a single read.
                for _step in range(30):
                    time.sleep(0.1)
                    try:
                        connection.sendall(b"2")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        begun = time.monotonic()
        outcome = session.run_session(target(listener.getsockname()[1], None, timeout=0.6), MAIL)
        assert time.monotonic() - begun < 1.5
        assert outcome.diagnosis is not None
        assert "timed out" in outcome.reply
        thread.join(5)


def test_something_else_than_smtp() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _address = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        outcome = session.run_session(target(listener.getsockname()[1], None), MAIL)
        assert "not an SMTP reply" in outcome.reply
        thread.join(5)
