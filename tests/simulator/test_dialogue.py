# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dialogue up to the message: SES's words, and what is refused when."""

from __future__ import annotations

import re
import socket
import time

import pytest
from simulator_client import IDLE_TIMEOUT, Sender, Simulator

STARTTLS_FIRST = (530, b"Must issue a STARTTLS command first")


def read_line(connection: socket.socket) -> bytes:
    return connection.makefile("rb").readline()


def test_banner(simulator: Simulator) -> None:
    with simulator.socket() as connection:
        banner = read_line(connection).decode()
    assert re.fullmatch(
        r"220 email-smtp\.amazonaws\.com ESMTP SimpleEmailService-d-[A-Z0-9]{9} [A-Za-z0-9_-]+\r\n", banner
    )


def test_ehlo_before_and_after_tls(simulator: Simulator) -> None:
    connection = simulator.smtp(tls=False)
    assert connection.ehlo() == (250, b"email-smtp.amazonaws.com\n8BITMIME\nSTARTTLS\nAUTH PLAIN LOGIN\nOk")
    connection.starttls(context=simulator.context())
    assert connection.ehlo() == (250, b"email-smtp.amazonaws.com\n8BITMIME\nAUTH PLAIN LOGIN\nOk")
    assert connection.docmd("STARTTLS")[0] == 503


def test_starttls_and_quit(simulator: Simulator) -> None:
    connection = simulator.smtp(tls=False)
    connection.ehlo()
    assert connection.docmd("STARTTLS") == (220, b"Ready to start TLS")
    assert simulator.smtp().quit() == (221, b"Bye")


def test_nothing_of_substance_before_tls(simulator: Simulator) -> None:
    connection = simulator.smtp(tls=False)
    connection.ehlo()
    for command in ("AUTH PLAIN AAAA", "MAIL FROM:<a@example.com>", "RCPT TO:<a@example.com>", "DATA"):
        assert connection.docmd(command) == STARTTLS_FIRST
    assert connection.noop()[0] == 250


def test_nothing_of_substance_before_auth(simulator: Simulator) -> None:
    connection = simulator.smtp()
    for command in ("MAIL FROM:<a@example.com>", "RCPT TO:<a@example.com>", "DATA"):
        assert connection.docmd(command) == (530, b"Authentication required")


def test_login_does_not_outlive_a_new_tls_session(simulator: Simulator, sender: Sender) -> None:
    simulator.logged_in(sender).close()
    assert simulator.smtp().docmd("MAIL FROM:<a@example.com>")[0] == 530


@pytest.mark.parametrize(
    ("command", "code", "text"),
    [
        ("MAIL FROM:<>", 501, b"Invalid MAIL FROM address provided"),
        ("MAIL FROM:<a@b@example.com>", 553, b"<a@b@example.com> Invalid email address"),
        ("MAIL FROM:<root>", 553, b"<root> Invalid email address"),
        ("MAIL FROM:<a@example.com> SIZE=50000000", 552, b"Message is too long."),
        ("MAIL a@example.com", 501, b"Syntax: FROM:<address>"),
        ("RCPT TO:<a@example.com>", 503, b"Error: need MAIL command"),
        ("DATA", 503, b"Error: need RCPT command"),
        ("MAIL FROM:<a@example.com>", 250, b"Ok"),
    ],
)
def test_envelope(simulator: Simulator, sender: Sender, command: str, code: int, text: bytes) -> None:
    assert simulator.logged_in(sender).docmd(command) == (code, text)


def test_recipients_are_checked_for_syntax_at_once(simulator: Simulator, sender: Sender) -> None:
    connection = simulator.logged_in(sender)
    connection.mail("a@example.com")
    assert connection.docmd("MAIL FROM:<a@example.com>")[0] == 503
    assert connection.docmd("RCPT TO:<nobody>") == (553, b"<nobody> address unknown")
    assert connection.docmd("RCPT TO:<a@example.com>") == (250, b"Ok")
    assert connection.docmd("DATA") == (354, b"End data with <CR><LF>.<CR><LF>")


def test_an_idle_client_is_told_and_dropped(simulator: Simulator) -> None:
    with simulator.socket() as connection:
        lines = connection.makefile("rb")
        lines.readline()
        begin = time.monotonic()
        assert lines.readline() == b"451 Timeout waiting for data from client.\r\n"
        assert lines.readline() == b""
    assert IDLE_TIMEOUT - 0.5 < time.monotonic() - begin < IDLE_TIMEOUT + 3


def test_a_slow_client_is_not_idle(simulator: Simulator, sender: Sender) -> None:
    simulator.verified("slow.example.com")
    connection = simulator.logged_in(sender)
    connection.mail("a@slow.example.com")
    connection.rcpt("success@simulator.amazonses.com")
    connection.docmd("DATA")
    connection.send("Subject: slow\r\n\r\n")
    for _unused in range(4):
        time.sleep(IDLE_TIMEOUT * 0.4)
        connection.send("line\r\n")
    assert connection.docmd(".")[0] == 250


def test_too_long_a_message(simulator: Simulator, sender: Sender) -> None:
    simulator.verified("long.example.com")
    line = 76 * b"x" + b"\r\n"
    message = b"Subject: long\r\n\r\n" + line * (41 * 1024 * 1024 // len(line)) + b".\r\n"
    connection = simulator.logged_in(sender)
    connection.mail("a@long.example.com")
    connection.rcpt("success@simulator.amazonses.com")
    assert connection.docmd("DATA")[0] == 354
    assert connection.sock is not None
    connection.sock.settimeout(60)
    connection.sock.sendall(message)
    assert connection.getreply() == (552, b"Message is too long.")
    assert simulator.messages(mail_from="a@long.example.com") == []
    assert connection.mail("a@long.example.com")[0] == 250


def test_concurrent_connections(simulator: Simulator) -> None:
    simulator.control("POST", "account", {"region": "eu-west-1", "max_connections": 2})
    too_many = b"421 Too many concurrent SMTP connections\r\n"
    first, second = simulator.socket(), simulator.wrapped()
    assert [read_line(one)[:3] for one in (first, second)] == [b"220", b"220"]
    for third in (simulator.socket(), simulator.wrapped()):
        with third:
            lines = third.makefile("rb")
            assert (lines.readline(), lines.readline()) == (too_many, b"")
    with simulator.socket("us-east-1") as elsewhere:
        assert read_line(elsewhere)[:3] == b"220"
    first.close()
    second.close()
    # A client that is gone makes room, however it left.
    deadline = time.monotonic() + 5
    while simulator.smtp(tls=False).quit()[0] != 221:
        assert time.monotonic() < deadline
    for _unused in range(4):
        simulator.smtp().quit()
