# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates, good and bad, and misbehaviour on demand."""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
import time
from typing import Any

import pytest
from cryptography import x509
from simulator_client import IDLE_TIMEOUT, STARTTLS, WRAPPER, Sender, Simulator

RECIPIENT = "success@simulator.amazonses.com"


def fault(simulator: Simulator, **fields: Any) -> None:
    simulator.control("POST", "faults", {"region": "eu-west-1", **fields})


def send(simulator: Simulator, sender: Sender, region: str = "eu-west-1") -> None:
    simulator.verified("faults.example.com", region)
    simulator.logged_in(sender, region).sendmail("a@faults.example.com", RECIPIENT, "Subject: x\r\n\r\nx\r\n")


def test_the_certificate_has_the_names_of_its_region(simulator: Simulator) -> None:
    with simulator.wrapped("us-east-1") as connection:
        certificate = x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"")
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [
        "email-smtp.us-east-1.amazonaws.com",
        "email-smtp-fips.us-east-1.amazonaws.com",
        "email-smtp.us-east-1.api.aws",
    ]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_versions(simulator: Simulator, version: ssl.TLSVersion) -> None:
    context = simulator.context()
    context.minimum_version = context.maximum_version = version
    with simulator.wrapped(context=context) as connection:
        assert connection.version() == version.name.replace("_", ".")


def test_tls_1_1_is_refused(simulator: Simulator) -> None:
    context = simulator.context()
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.deprecated_call():
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match=r"(?i)protocol"):
        simulator.wrapped(context=context)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("wrong_name", "Hostname mismatch"),
        ("expired", "certificate has expired"),
        ("unknown_ca", "unable to get (local )?issuer|self.signed certificate"),
    ],
)
def test_bad_certificates(simulator: Simulator, sender: Sender, kind: str, reason: str) -> None:
    fault(simulator, kind=kind, count=2)
    with pytest.raises(ssl.SSLCertVerificationError, match=reason):
        simulator.wrapped()
    with pytest.raises(ssl.SSLCertVerificationError, match=reason):
        simulator.smtp()
    send(simulator, sender)


def test_a_fault_keeps_to_its_port_and_region(simulator: Simulator, sender: Sender) -> None:
    fault(simulator, kind="expired", port=WRAPPER)
    send(simulator, sender)
    simulator.wrapped("us-east-1").close()
    with pytest.raises(ssl.SSLCertVerificationError):
        simulator.wrapped()
    simulator.control("DELETE", "faults")
    simulator.wrapped().close()


@pytest.mark.parametrize("stage", ["connect", "ehlo", "auth", "mail", "rcpt", "data", "message"])
def test_drop(simulator: Simulator, sender: Sender, stage: str) -> None:
    fault(simulator, kind="drop", stage=stage, count=1)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        send(simulator, sender)
    assert simulator.messages(mail_from="a@faults.example.com") == []
    send(simulator, sender)
    assert len(simulator.messages(mail_from="a@faults.example.com")) == 1


def test_delay(simulator: Simulator, sender: Sender) -> None:
    # Longer than the idle time-out: a server that thinks is not a client that sleeps.
    fault(simulator, kind="delay", stage="message", seconds=2.5, count=1)
    begin = time.monotonic()
    send(simulator, sender)
    assert time.monotonic() - begin >= 2.5


def test_reply(simulator: Simulator, sender: Sender) -> None:
    fault(simulator, kind="reply", reply="454 Temporary service failure", count=1)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        send(simulator, sender)
    assert (refused.value.smtp_code, refused.value.smtp_error) == (454, b"Temporary service failure")
    send(simulator, sender)


def test_reply_at_another_stage(simulator: Simulator) -> None:
    fault(simulator, kind="reply", stage="connect", reply="421 Too many concurrent SMTP connections", count=1)
    with pytest.raises(smtplib.SMTPConnectError, match="Too many concurrent"):
        simulator.smtp()
    fault(simulator, kind="reply", stage="auth", reply="454 Temporary authentication failure", count=1)
    assert simulator.smtp().docmd("AUTH", "LOGIN") == (454, b"Temporary authentication failure")


def test_throttle(simulator: Simulator, sender: Sender) -> None:
    fault(simulator, kind="throttle", count=1)
    with pytest.raises(smtplib.SMTPDataError, match="Maximum sending rate exceeded"):
        send(simulator, sender)


def test_no_starttls(simulator: Simulator) -> None:
    fault(simulator, kind="no_starttls", port=STARTTLS, count=1)
    connection = simulator.smtp(tls=False)
    assert b"STARTTLS" not in connection.ehlo()[1]
    assert connection.docmd("STARTTLS")[0] == 502
    assert b"STARTTLS" in simulator.smtp(tls=False).ehlo()[1]


def impostor_takes(simulator: Simulator, client: smtplib.SMTP) -> dict[str, Any]:
    """Hand a made-up password and a message to what a region answers in plain text; return what it notes of that."""
    with client:
        if "auth" in client.esmtp_features:
            assert client.login("AKIAIOSFODNN7EXAMPLE", "in plain text") == (235, b"Authentication successful.")
        assert client.sendmail("a@faults.example.com", RECIPIENT, "Subject: x\n\n") == {}
    assert simulator.messages() == []
    shown = simulator.control("GET", "connections?region=eu-west-1")
    assert "in plain text" not in str(shown) and "AKIA" not in str(shown)
    return dict(shown[-1])


@pytest.mark.parametrize(
    ("others", "offered"),
    [
        ([], {"8bitmime", "starttls", "auth"}),
        (["no_starttls"], {"8bitmime", "auth"}),
        (["no_starttls", "no_auth"], {"8bitmime"}),
    ],
)
def test_an_impostor_takes_all_in_plain_text(simulator: Simulator, others: list[str], offered: set[str]) -> None:
    simulator.control("DELETE", "connections")
    for kind in ["plain_auth", *others]:
        fault(simulator, kind=kind, port=STARTTLS)
    client = simulator.smtp(tls=False)
    client.ehlo()
    assert set(client.esmtp_features) - {"ok"} == offered
    shown = impostor_takes(simulator, client)
    commands = {"EHLO": 1, "AUTH": 1, "MAIL": 1, "RCPT": 1, "DATA": 1, "QUIT": 1}
    if "auth" not in offered:
        del commands["AUTH"]
    assert shown == {
        "region": "eu-west-1", "port": STARTTLS, "client": "127.0.0.1", "in_clear": commands, "in_tls": {}
    }  # fmt: skip


def test_an_impostor_is_honest_within_tls(simulator: Simulator, sender: Sender) -> None:
    fault(simulator, kind="plain_auth")
    with simulator.smtp() as client, pytest.raises(smtplib.SMTPAuthenticationError):
        client.login(sender.access_key_id, "wrong")
    send(simulator, sender)


def test_what_clients_tried(simulator: Simulator, sender: Sender) -> None:
    simulator.control("DELETE", "connections")
    send(simulator, sender)
    fault(simulator, kind="unknown_ca", count=1)
    with pytest.raises(ssl.SSLCertVerificationError):
        simulator.smtp()
    simulator.smtp("us-east-1", tls=False).docmd("AUTH", "PLAIN AGEAYg==")
    sent, turned_away = simulator.control("GET", "connections?client=127.0.0.1&region=eu-west-1")
    assert sent["in_clear"] == turned_away["in_clear"] == {"EHLO": 1, "STARTTLS": 1}
    assert sent["in_tls"] == {"EHLO": 1, "AUTH": 1, "MAIL": 1, "RCPT": 1, "DATA": 1}
    assert turned_away["in_tls"] == {}
    (refused,) = simulator.control("GET", "connections?region=us-east-1")
    assert refused["in_clear"] == {"AUTH": 1}
    assert simulator.control("GET", "connections?client=127.0.0.2") == []
    assert b"unknown filter 'port'" in simulator.http("GET", "connections?port=1")[1]
    simulator.control("DELETE", "connections")
    assert simulator.control("GET", "connections") == []


def test_reset(simulator: Simulator) -> None:
    fault(simulator, kind="reset", count=1)
    # It may come before the client has seen that it is connected.
    with pytest.raises(ConnectionResetError), simulator.socket() as connection:
        connection.recv(1)
    fault(simulator, kind="reset", stage="ehlo", count=1)
    client = simulator.smtp(tls=False)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="reset by peer"):
        client.ehlo()
    assert simulator.smtp().noop()[0] == 250


def test_reset_within_tls(simulator: Simulator) -> None:
    fault(simulator, kind="reset", stage="ehlo", count=1)
    with simulator.wrapped() as connection:
        connection.recv(1000)
        connection.sendall(b"EHLO client.example.com\r\n")
        # Below TLS, which takes a reset for an end (Python 3.11).
        with socket.socket(fileno=os.dup(connection.fileno())) as below:
            below.settimeout(10)
            with pytest.raises(ConnectionResetError):
                below.recv(1)


def test_silent(simulator: Simulator) -> None:
    # Longer than the idle time-out: whoever says nothing does not say that it has waited either.
    fault(simulator, kind="silent", count=1)
    with simulator.socket() as connection:
        connection.settimeout(IDLE_TIMEOUT + 0.5)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.sendall(b"EHLO client.example.com\r\n")
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
    assert simulator.smtp().noop()[0] == 250


def test_not_smtp(simulator: Simulator) -> None:
    fault(simulator, kind="not_smtp", count=2)
    for connection in (simulator.socket(), simulator.wrapped()):
        with connection:
            lines = connection.makefile("rb").read().split(b"\r\n")
        assert lines[0] == b"HTTP/1.1 400 Bad Request"
    assert simulator.smtp().noop()[0] == 250


def test_no_auth(simulator: Simulator) -> None:
    fault(simulator, kind="no_auth", count=1)
    connection = simulator.smtp()
    assert connection.ehlo() == (250, b"email-smtp.amazonaws.com\n8BITMIME\nOk")
    assert connection.docmd("AUTH", "LOGIN")[0] == 502
    assert connection.docmd("MAIL FROM:<a@example.com>") == (530, b"Authentication required")
    assert b"AUTH" in simulator.smtp().ehlo()[1]


@pytest.mark.parametrize("wrapper", [False, True])
def test_old_tls(simulator: Simulator, wrapper: bool) -> None:
    fault(simulator, kind="old_tls", count=2)
    connect = simulator.wrapped if wrapper else simulator.smtp
    # Debian's Python would take TLS 1.1, whose signatures OpenSSL then refuses.
    with pytest.raises(ssl.SSLError, match=r"(?i)unsupported.protocol|protocol.version|legacy.sigalg"):
        connect()
    old = simulator.context()
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.deprecated_call():
        old.minimum_version = ssl.TLSVersion.TLSv1
    if wrapper:
        with simulator.wrapped(context=old) as connection:
            assert connection.version() == "TLSv1.1"
    else:
        plain = simulator.smtp(tls=False)
        assert plain.starttls(context=old)[0] == 220
        assert isinstance(plain.sock, ssl.SSLSocket)
        assert plain.sock.version() == "TLSv1.1"
    connect().close()


@pytest.mark.parametrize(
    ("stage", "aim", "other"),
    [
        ("mail", {"sender": "a@faults.example.com"}, {"sender": "b@faults.example.com"}),
        ("message", {"sender": "a@faults.example.com"}, {"sender": "b@faults.example.com"}),
        ("rcpt", {"recipient": RECIPIENT}, {"recipient": "b@example.net"}),
        ("data", {"recipient": RECIPIENT}, {"recipient": "b@example.net"}),
        ("starttls", {"client": "127.0.0.1"}, {"client": "127.0.0.2"}),
        ("connect", {"client": "127.0.0.1"}, {"client": "127.0.0.2"}),
    ],
)
def test_a_fault_aimed_at_one_message_or_client(
    simulator: Simulator, sender: Sender, stage: str, aim: dict[str, str], other: dict[str, str]
) -> None:
    reply = {"kind": "reply", "stage": stage, "count": 1}
    fault(simulator, reply="451 for another", **reply, **other)
    send(simulator, sender)
    fault(simulator, reply="451 for this", **reply, **aim)
    with pytest.raises((smtplib.SMTPException, OSError), match="for this"):
        send(simulator, sender)
    send(simulator, sender)
    assert [one["reply"] for one in simulator.control("GET", "faults")] == ["451 for another"]


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"kind": "explode"}, "kind 'explode' is unknown"),
        ({"kind": "drop", "region": "eu-west-9"}, "region 'eu-west-9' is not served"),
        ({"kind": "drop", "port": 25}, "port 25 is not served"),
        ({"kind": "drop", "stage": "noon"}, "stage 'noon' is unknown"),
        ({"kind": "drop", "count": 0}, "count must be"),
        ({"kind": "reply"}, "needs a reply"),
        (
            {"kind": "drop", "stage": "auth", "sender": "a@example.com"},
            "sender is not known at the stage 'auth', only at",
        ),
        ({"kind": "drop", "stage": "mail", "recipient": "a@example.com"}, "recipient is not known at the stage 'mail'"),
        ({"kind": "expired", "client": "127.0.0.1"}, "client does not go with the kind 'expired'"),
        ({"kind": "drop", "colour": "red"}, "unknown field 'colour'"),
    ],
)
def test_faults_that_cannot_be(simulator: Simulator, fields: dict[str, Any], complaint: str) -> None:
    status, answer = simulator.http("POST", "faults", {"region": "eu-west-1", **fields})
    assert status == 400
    assert complaint in answer.decode()
    assert simulator.control("GET", "faults") == []


def test_connections_that_are_forgotten_are_closed(simulator: Simulator) -> None:
    client = simulator.smtp()
    client.ehlo()
    simulator.control("DELETE", "connections")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.noop()
    assert simulator.control("GET", "connections") == []
