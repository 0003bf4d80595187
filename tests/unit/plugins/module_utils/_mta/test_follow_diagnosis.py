# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a tracker has seen, in words; and a look at the server's own certificate where the MTA hides what is wrong."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Iterator

import pytest
import trustme

from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_diagnosis import explain
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_tracker import Letter, Tracker

if TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply import Diagnosis

    Kept = tuple[trustme.LeafCert, list[socket.socket]]

EXIM_SAYS = "TLS session: (certificate verification failed): certificate invalid"


class Example(Tracker):
    name, title, relay_settings = "example", "Example", "its settings"


def tracker(**seen: object) -> Tracker:
    letter = Letter(message_id="<t1@example.com>", data=b"", sender="a@example.com", recipients=("b@example.net",))
    made = Example(letter)
    for name, value in seen.items():
        setattr(made, name, value)
    return made


def explained(made: Tracker) -> Diagnosis:
    return explain(made, where="the log", timeout=30, left=5, region="eu-west-1")


@pytest.mark.parametrize(
    ("seen", "kind", "words"),
    [
        ({"status": "bounced", "reply": "554 Message rejected: Address blacklisted."}, "rejected", ["554"]),
        ({"status": "deferred", "reply": "454 Throttling failure: Maximum sending rate exceeded."}, "rate", ["454"]),
        (
            {"status": "deferred", "reply": "odd", "warnings": ["nothing", "x 535 Authentication Credentials Invalid"]},
            "credentials",
            ["535"],
        ),
        ({"status": "sent", "reply": "250 queued", "relay": "hub"}, "not_ses", ["hub", "Example", "its settings"]),
        ({"status": "broken", "reply": "fatal: x"}, "mta_broken", ["fatal: x", "Example"]),
        ({"queue_ids": ["A1"]}, "still_queued", ["A1", "30 seconds"]),
        ({}, "not_in_log", ["the log", "Example logs somewhere else"]),
    ],
)
def test_in_words(seen: dict[str, object], kind: str, words: list[str]) -> None:
    found = explained(tracker(**seen))
    assert found.kind == kind
    assert [word for word in words if word not in f"{found.reply} {found.cause} {found.fix}"] == []


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this machine trust the authority."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


@pytest.fixture
def port(request: pytest.FixtureRequest, authority: trustme.CA) -> Iterator[int]:
    """The port of a server that offers STARTTLS with a certificate that is expired, for another name, or right."""
    certificate = {
        "expired": lambda: authority.issue_cert(
            "localhost", not_after=datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
        ),
        "other": lambda: authority.issue_cert("mail.example.net"),
        "right": lambda: authority.issue_cert("localhost"),
    }[request.param]()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_serve, args=(server, context), daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _serve(server: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            connection, _address = server.accept()
        except OSError:
            return
        with connection:
            connection.settimeout(5)
            try:
                _greet(connection, context)
            except OSError:
                continue


def _greet(connection: socket.socket, context: ssl.SSLContext) -> None:
    connection.sendall(b"220 email-smtp.amazonaws.com ESMTP SimpleEmailService-d-A1\r\n")
    connection.recv(1024)
    connection.sendall(b"250-email-smtp.amazonaws.com\r\n250 STARTTLS\r\n")
    connection.recv(1024)
    connection.sendall(b"220 Ready to start TLS\r\n")
    with context.wrap_socket(connection, server_side=True) as secured:
        while secured.recv(1024):
            secured.sendall(b"250 Ok\r\n")


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("port", "kind"), [("expired", "tls_expired"), ("other", "tls_wrong_name")], indirect=["port"])
def test_this_host_looks_where_the_mta_hides_what_is_wrong(port: int, kind: str) -> None:
    found = explained(tracker(status="deferred", reply=EXIM_SAYS, host="localhost", port=port))
    assert found.kind == kind
    assert found.reply.startswith(EXIM_SAYS)


@pytest.mark.parametrize("port", ["right"], indirect=True)
def test_an_authority_that_nobody_trusts(port: int) -> None:
    found = explained(tracker(status="deferred", reply=EXIM_SAYS, host="localhost", port=port))
    assert found.kind == "tls_unknown_ca"


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("port", ["right"], indirect=True)
def test_where_this_host_sees_nothing_wrong_the_mta_has_the_last_word(port: int) -> None:
    found = explained(tracker(status="deferred", reply=EXIM_SAYS, host="localhost", port=port))
    assert found.reply == EXIM_SAYS and found.kind.startswith("tls_")


def test_a_reason_that_the_mta_gives_needs_no_look() -> None:
    said = "certificate verification failed for x: num=10:certificate has expired"
    found = explained(
        tracker(status="deferred", reply="Server certificate not trusted", warnings=[said], host="localhost")
    )
    assert found.kind == "tls_expired"
