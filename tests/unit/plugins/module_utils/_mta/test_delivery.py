# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that hands nullmailer's and msmtp's mail to SES: what leaves, by which endpoint, and what is said of it."""

from __future__ import annotations

import importlib.util
import io
import json
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parents[5] / "roles/ses_relay/files/delivery/deliver.py"
SECRET = "BPasswordOfEuWest1"


@pytest.fixture(scope="module")
def delivery() -> Any:
    spec = importlib.util.spec_from_file_location("deliver", PROGRAM)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["deliver"] = module
    spec.loader.exec_module(module)
    return module


CREDENTIALS = {
    "ses": {
        "one.example": {"username": "AKIA1", "password": SECRET},
        "two.example": {"username": "AKIA1", "password": "Two"},
    },
    "ses-2": {"one.example": {"username": "AKIA2", "password": "Three"}},
    "ses-3": {"four.example": {"username": "AKIA3", "password": "Four"}},
}


def given(**changes: Any) -> dict[str, Any]:
    configuration = {
        "relays": [
            {"name": "ses", "senders": [], "endpoints": ["one.example", "two.example"]},
            {"name": "ses-2", "senders": ["app@b.example", "@c.example"], "endpoints": ["one.example"]},
            {"name": "ses-3", "senders": ["Boss@c.example"], "endpoints": ["four.example"]},
        ],
        "port": 587,
        "wrapper": False,
        "ca_file": "/etc/ssl/certs/ca-certificates.crt",
        "local_domains": "localhost, localhost.localdomain, web1, web1.internal, example.com",
        "sender_domain": "example.com",
        "sender_exceptions": {
            "Backup@web1.internal": "backups@example.com",
            "keep@web1.internal": "keep@web1.internal",
        },
        "headers": [{"name": "X-SES-TENANT", "value": "one"}],
        "bounces": {"to": "mailbox", "address": "root"},
        "rate": None,
        "postmaster": "ops@example.org, second@example.org",
    }
    return {**configuration, **changes}


@pytest.mark.parametrize(
    ("address", "leaves"),
    [
        ("root", "root@example.com"),
        ("root@localhost", "root@example.com"),
        ("root@WEB1.internal", "root@example.com"),
        ("root@web1.example.com", "root@example.com"),
        ("root@web2.example.com", "root@web2.example.com"),
        ("app@example.com", "app@example.com"),
        ("app@b.example", "app@b.example"),
        ("backup@Web1.internal", "backups@example.com"),
        ("keep@web1.internal", "keep@web1.internal"),
    ],
)
def test_senders_leave_with_the_verified_domain(delivery: Any, address: str, leaves: str) -> None:
    assert delivery.Configuration(given(), CREDENTIALS).as_it_leaves(address) == leaves


@pytest.mark.parametrize(
    ("header", "leaves"),
    [
        ("From: root (Cron Daemon)", "From: Cron Daemon <root@example.com>"),
        ("From: The root <root@web1.internal>", "From: The root <root@example.com>"),
        ("reply-to: a@x.example,\n root@localhost", "reply-to: a@x.example,\n root@example.com"),
        ("To: root", "To: root@example.com"),
        ("To: undisclosed-recipients:;", "To: undisclosed-recipients:;"),
        ("From: <> <<>@localhost.localdomain>", "From: MAILER-DAEMON@example.com"),
        ("Subject: root@localhost", "Subject: root@localhost"),
        ("X-Ses-Tenant: other\n folded", None),
    ],
)
def test_a_header_leaves(delivery: Any, header: str, leaves: str | None) -> None:
    data = delivery.rewrite(
        f"{header}\nDate: now\n\nFrom: root@localhost\n".encode(), delivery.Configuration(given(), CREDENTIALS)
    )
    expected = ["X-SES-TENANT: one", *([leaves] if leaves else []), "Date: now", "", "From: root@localhost", ""]
    assert data.decode().replace("\r\n", "\n") == "\n".join(expected)
    assert data.count(b"\n") == data.count(b"\r\n")


@pytest.mark.parametrize(
    ("bounces", "sender", "recipients"),
    [
        ({"to": "mailbox", "address": "root"}, "root@example.com", ["ops@example.org", "second@example.org"]),
        ({"to": "sender", "address": "b@example.com"}, "b@example.com", ["x@example.net"]),
        ({"to": "discard", "address": ""}, "root@example.com", []),
    ],
)
def test_the_null_sender(delivery: Any, bounces: dict[str, str], sender: str, recipients: list[str]) -> None:
    leaving = delivery.address(
        delivery.Letter("", ["x@example.net"], b""), delivery.Configuration(given(bounces=bounces), CREDENTIALS)
    )
    assert (leaving.sender, leaving.recipients) == (sender, recipients)


def test_what_is_for_the_hosts_users_goes_to_its_postmaster(delivery: Any) -> None:
    recipients = ["root", "x@example.net", "joe@localhost", "x@example.net", "y@example.com"]
    leaving = delivery.address(
        delivery.Letter("a@b.example", recipients, b""), delivery.Configuration(given(), CREDENTIALS)
    )
    assert leaving.recipients == ["ops@example.org", "second@example.org", "x@example.net", "y@example.com"]


@pytest.mark.parametrize(
    ("sender", "credentials"),
    [
        ("root@example.com", [("one.example", "AKIA1", SECRET), ("two.example", "AKIA1", "Two")]),
        ("App@B.example", [("one.example", "AKIA2", "Three")]),
        ("any@c.example", [("one.example", "AKIA2", "Three")]),
        ("boss@c.example", [("four.example", "AKIA3", "Four")]),
        ("any@sub.c.example", [("one.example", "AKIA1", SECRET), ("two.example", "AKIA1", "Two")]),
    ],
)
def test_endpoints_by_sender(delivery: Any, sender: str, credentials: list[tuple[str, str, str]]) -> None:
    found = delivery.Configuration(given(), CREDENTIALS).endpoints(sender)
    assert [(one["host"], one["username"], one["password"]) for one in found] == credentials


@pytest.mark.parametrize(
    ("said", "asked", "status"),
    [
        (["sent"], 1, "sent"),
        (["later", "sent"], 2, "sent"),
        (["later", "later"], 2, "later"),
        (["never"], 1, "never"),
        (["later", "never"], 2, "never"),
    ],
)
def test_the_next_endpoint_has_what_the_one_before_put_off(
    delivery: Any, monkeypatch: pytest.MonkeyPatch, said: list[str], asked: int, status: str
) -> None:
    answers = iter(said)
    monkeypatch.setattr(delivery, "attempt", lambda *_given: delivery.Outcome(next(answers), "reply"))
    outcome = delivery.deliver(
        delivery.Letter("a@example.com", ["x@example.net"], b""), delivery.Configuration(given(), CREDENTIALS)
    )
    assert (outcome.status, list(answers)) == (status, [])
    assert len(said) == asked


@pytest.mark.parametrize(
    ("sender", "recipient"), [("jürgen@example.com", "x@example.net"), ("a@b.example", "ö@x.example")]
)
def test_an_address_that_ses_does_not_take_waits_for_nothing(delivery: Any, sender: str, recipient: str) -> None:
    outcome = delivery.deliver(delivery.Letter(sender, [recipient], b""), delivery.Configuration(given(), CREDENTIALS))
    assert (outcome.status, outcome.reply[:3]) == ("never", "553")


class Impostor:
    """A server without TLS. It keeps what it was told."""

    def __init__(self, *offers: str, starttls: str = "") -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.told = ""
        self._offers = offers
        self._starttls = starttls
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _address = self._listening.accept()
        with suppress(ConnectionError), connection, connection.makefile("rwb", buffering=0) as stream:
            stream.write(b"220 here\r\n")
            for line in stream:
                self.told += line.decode("latin-1")
                words = ["here", *self._offers]
                answer = "".join(f"250{'-' if word != words[-1] else ' '}{word}\r\n" for word in words)
                if line.upper().startswith(b"STARTTLS"):
                    answer = self._starttls
                stream.write(answer.encode())


@pytest.mark.parametrize(
    "impostor",
    [("AUTH PLAIN LOGIN",), ("AUTH PLAIN", "STARTTLS", "454 no"), ("STARTTLS", "220 go on")],
    ids=["no STARTTLS", "STARTTLS refused", "nonsense after STARTTLS"],
)
def test_a_server_without_tls_gets_nothing(delivery: Any, impostor: tuple[str, ...]) -> None:
    *offers, last = impostor
    server = Impostor(*offers, starttls=last + "\r\n") if offers else Impostor(last)
    wanted = delivery.Configuration(given(port=server.port), CREDENTIALS)
    where = {"host": "127.0.0.1", "username": "AKIA1", "password": SECRET}
    outcome = delivery.attempt(delivery.Letter("a@example.com", ["x@example.net"], b"Hello."), where, wanted)
    assert outcome.status == "later"
    assert "AUTH" not in server.told and "MAIL" not in server.told
    assert SECRET not in outcome.reply


def test_nullmailer_is_told_to_keep_what_could_not_be_sent(tmp_path: Path) -> None:
    relays = [{"name": "ses", "senders": [], "endpoints": []}]
    (tmp_path / "ses.json").write_text(json.dumps(given(relays=relays, credentials=f"{tmp_path}/credentials")))
    (tmp_path / "credentials").write_text("{}")
    message = tmp_path / "message"
    message.write_text("root@web1.internal\nx@example.net\n\nSubject: x\n\nHello.\n")
    command = f'exec "{sys.executable}" "{PROGRAM}" 3<"{message}"'
    options = f"host=one.example\nconfig={tmp_path}/ses.json\n\n"
    done = subprocess.run(["sh", "-c", command], input=options, capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stdout) == (16, "No endpoint is configured\n")
    assert done.stderr == "ses: Failed: No endpoint is configured\n"


def test_nullmailers_message_is_read(delivery: Any) -> None:
    path, letter = delivery.as_protocol(
        io.BytesIO(b"host=one.example\nconfig=/etc/nullmailer/ses.json\n\n"),
        io.BytesIO(b"\nx@example.net\ny@example.net\n\nSubject: x\n\nHello.\n"),
    )
    assert path == "/etc/nullmailer/ses.json"
    assert letter == ("", ["x@example.net", "y@example.net"], b"Subject: x\n\nHello.\n")


@pytest.fixture
def taken(delivery: Any, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the messages that the server of msmtp has taken."""
    letters: list[Any] = []

    def take(letter: Any, _wanted: Any) -> Any:
        letters.append(letter)
        outcomes = {
            "later@x.example": delivery.Outcome("later", "454 Throttling failure", "one"),
            "down@x.example": delivery.Outcome("later", "one.example port 587: timed out", "one"),
            "never@x.example": delivery.Outcome("never", "554 Message rejected", "one"),
            "": delivery.Outcome("sent", "Mail with the null sender is discarded"),
        }
        return outcomes.get(letter.sender, delivery.Outcome("sent", "250 Ok 0102-3", "one"))

    monkeypatch.setattr(delivery, "deliver", take)
    monkeypatch.setattr(delivery, "_peer", lambda: 1000)
    return letters


def dialogue(delivery: Any, *lines: str) -> list[str]:
    said = io.BytesIO()
    read = io.BytesIO("".join(line + "\r\n" for line in lines).encode())
    delivery.Server(delivery.Configuration(given(), CREDENTIALS), read, said).serve()
    return said.getvalue().decode().splitlines()[1:]


@pytest.mark.parametrize(
    ("sender", "reply"),
    [
        ("app@b.example", "250 Ok 0102-3"),
        ("later@x.example", "454 Throttling failure"),
        ("down@x.example", "451 4.3.0 one.example port 587: timed out"),
        ("never@x.example", "554 Message rejected"),
        ("", "250 Mail with the null sender is discarded"),
        ("<>", "250 Mail with the null sender is discarded"),
    ],
)
def test_msmtp_is_told_what_ses_says(delivery: Any, taken: list[Any], sender: str, reply: str) -> None:
    lines = [f"MAIL FROM:<{sender}> SIZE=3", "RCPT TO:<x@example.net>", "DATA", "..", "Hello.", ".", "QUIT"]
    assert dialogue(delivery, "EHLO here", *lines)[3:] == ["250 Ok", "250 Ok", "354 Go on", reply, "221 Bye"]
    assert taken == [(sender.strip("<>"), ["x@example.net"], b".\r\nHello.\r\n")]


def test_a_message_that_breaks_off_is_none(delivery: Any, taken: list[Any]) -> None:
    said = dialogue(delivery, "DATA", "MAIL FROM:<a@example.com>", "DATA", "RCPT TO:<x@example.net>", "DATA", "Hello.")
    assert said == ["503 Not now", "250 Ok", "503 Not now", "250 Ok", "354 Go on", "451 Incomplete"]
    assert taken == []


def test_a_message_that_is_too_long_is_refused(
    delivery: Any, taken: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MAX_MESSAGE", 8)
    said = dialogue(delivery, "MAIL FROM:<a@example.com>", "RCPT TO:<x@example.net>", "DATA", "Hello there.", ".")
    assert (said[-1], taken) == ("552 SES takes no message of that size", [])
