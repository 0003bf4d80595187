# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs that OpenSMTPD runs, by the dialogues of OpenSMTPD 6.8 and 7.6."""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Iterator

import pytest

FOLDER = Path(__file__).parents[5] / "roles/ses_relay/files/opensmtpd"
SESSION, TOKEN = "7641df9771b4ed00", "1ef1c203cc576e5d"


def lines_of(configuration: Path, version: str, recipients: list[str], message: str) -> list[str]:
    """Return the message as the filter gives it back."""
    given = [f"config|smtpd-version|{version}", "config|subsystem|smtp-in", "config|ready"]
    given.append(f"report|0.6|1.0|smtp-in|tx-begin|{SESSION}|da5dbafa")
    given += [f"report|0.6|1.0|smtp-in|tx-rcpt|{SESSION}|da5dbafa|ok|{address}" for address in recipients]
    given += [f"filter|0.6|1.0|smtp-in|data-line|{SESSION}|{TOKEN}|{line}" for line in [*message.split("\n"), "."]]
    done = subprocess.run(
        [sys.executable, str(FOLDER / "filter.py"), str(configuration)],
        input="\n".join(given).encode("utf-8", "surrogateescape") + b"\n",
        capture_output=True,
        check=True,
        timeout=20,
    )
    assert done.stderr == b""
    said = done.stdout.decode("utf-8", "surrogateescape").splitlines()
    assert said.index("register|ready") < len(said) - 1
    prefix = f"filter-dataline|{SESSION}|{TOKEN}|"
    returned = [line[len(prefix) :] for line in said if line.startswith(prefix)]
    assert returned.pop() == "."
    return returned


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    aliases = tmp_path / "aliases"
    aliases.write_text(
        '# comment\nroot: ops@remote.example\nCron: root\nlist: alice,\n  bob@remote.example\nloop: loop\nme: |"/bin/x y@z.example"\n'
    )
    path = tmp_path / "filter.conf"
    path.write_text(
        f"aliases {aliases}\nrewrite-to example.com\nheader X-SES-CONFIGURATION-SET main\nheader X-SES-MESSAGE-TAGS a=b, c=d\n"
        "exception backup@web1.internal backups@example.com\nexception keep@web1 keep@web1\nown web1\nown web1.internal\n"
        "own localhost\nown example.com\nlocal b.example\n"
    )
    return path


SES = ["X-SES-CONFIGURATION-SET: main", "X-SES-MESSAGE-TAGS: a=b, c=d"]


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("From: root@web1", "From: root@example.com"),
        ("From: root", "From: root@example.com"),
        ("From: root (Cron Daemon)", "From: Cron Daemon <root@example.com>"),
        ('From: "Cron, Daemon" <root@WEB1.internal>', 'From: "Cron, Daemon" <root@example.com>'),
        ("from: Ann <ann@other.example>", "from: Ann <ann@other.example>"),
        ("Reply-To: a@web1, b@other.example", "Reply-To: a@example.com, b@other.example"),
        ("Sender: <a@web1>", "Sender: <a@example.com>"),
        ("From: backup@web1.internal", "From: backups@example.com"),
        ("From: keep@web1", "From: keep@web1"),
        ("To: root@web1", "To: root@web1"),
        ("From: a@web1.internal.example", "From: a@web1.internal.example"),
        ("From: A\n <a@web1>", "From: A\n <a@example.com>"),
        ("From: M\udcfcller <a@web1>", "From: M\udcfcller <a@example.com>"),
        ("X-Ses-Message-Tags: x=y\n z=1\nTo: x", "To: x"),
    ],
)
def test_mail_that_leaves_is_changed(configuration: Path, header: str, wanted: str) -> None:
    message = header + "\nSubject: x\n\nFrom: root@web1\n..dot\n"
    got = lines_of(configuration, "6.8.0p2", ["x@remote.example"], message)
    assert got == [*SES, *wanted.split("\n"), "Subject: x", "", "From: root@web1", "..dot", ""]


@pytest.mark.parametrize(
    ("recipients", "leaves"),
    [
        (["alice@web1"], False),
        (["alice"], False),
        (["alice@b.example"], False),
        (["loop@localhost", "me@web1"], False),
        (["alice@web1", "x@remote.example"], True),
        (["root@web1"], True),
        (["CRON@localhost"], True),
        (["root+tag@web1"], True),
        (["list"], True),
        (["..%2f\x01@web1"], False),
    ],
)
def test_only_what_leaves_is_changed(configuration: Path, recipients: list[str], leaves: bool) -> None:
    got = lines_of(configuration, "7.6.0", recipients, "From: root@web1\n\nx")
    assert got == ([*SES, "From: root@example.com", "", "x"] if leaves else ["From: root@web1", "", "x"])


@pytest.mark.parametrize("message", ["", "no header at all\nx", "From: a@web1", "\nbody", ":\n", "From:\nTo: x\n\n"])
def test_what_is_no_proper_message_goes_on(configuration: Path, message: str) -> None:
    got = lines_of(configuration, "7.6.0", ["x@remote.example"], message)
    assert got == [*SES, *message.replace("@web1", "@example.com").split("\n")]


@pytest.mark.parametrize(
    ("version", "cut"), [("6.8.0p2", True), ("7.3.0p2", True), ("7.4.0p1", False), ("7.6.0", False)]
)
def test_no_line_is_so_long_that_opensmtpd_would_cut_it(configuration: Path, version: str, cut: bool) -> None:
    long = "word " * 1000
    got = lines_of(configuration, version, ["x@remote.example"], f"From: a@b.example\n\n{long}")[len(SES) + 2 :]
    assert "".join(got) == long
    assert (max(map(len, got)) < 1990) is cut


class Listener:
    """A server on a port of its own that greets or does not."""

    def __init__(self, greeting: bytes) -> None:
        self._greeting = greeting
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self.socket.accept()
            except OSError:
                return
            with connection:
                connection.sendall(self._greeting)


@pytest.fixture
def up() -> Iterator[Listener]:
    listener = Listener(b"220 ready\r\n")
    with closing(listener.socket):
        yield listener


def url(port: int) -> str:
    return f"smtp+tls://ses-1@127.0.0.1:{port}"


def closed_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as opened:
        return int(opened.getsockname()[1])


class Table:
    """The table's program on one end of a socket, as OpenSMTPD runs it."""

    def __init__(self, path: Path) -> None:
        self.end, other = socket.socketpair()
        self.end.settimeout(20)
        with other:
            self.process = subprocess.Popen([sys.executable, str(FOLDER / "table.py"), str(path)], stdin=other)

    def imsg(self, kind: int, payload: bytes = b"") -> bytes:
        self.end.sendall(struct.pack("=IHHII", kind, 16 + len(payload), 0, 7, 1) + payload)
        head = self.end.recv(16, socket.MSG_WAITALL)
        answer, length, _flags, peer, _process = struct.unpack("=IHHII", head)
        assert (answer, peer) == (0, 7)
        return self.end.recv(length - 16, socket.MSG_WAITALL) if length > 16 else b""

    def text(self, request: str) -> str:
        self.end.sendall(request.encode() + b"\n")
        return self.end.recv(4096).decode()

    def close(self) -> None:
        self.end.close()
        assert self.process.wait(20) == 0


def test_the_first_endpoint_that_answers_opensmtpd_6(tmp_path: Path, up: Listener) -> None:
    busy = Listener(b"421 Too many concurrent SMTP connections\r\n")
    hosts = tmp_path / "hosts"
    hosts.write_text(f"# comment\n{url(closed_port())}\n{url(busy.port)}\n{url(up.port)}\n")
    with closing(Table(hosts)) as table:
        assert table.imsg(2, struct.pack("=I", 2) + b"ses-hosts".ljust(2048, b"\0")) == b""
        assert table.imsg(7, struct.pack("=IQ", 0x200, 0)) == struct.pack("=i", 1) + url(up.port).encode() + b"\0"
        hosts.write_text(url(up.port).replace("ses-1", "ses-9") + "\n")
        assert table.imsg(4) == struct.pack("=i", 1)
        assert b"ses-9@" in table.imsg(7, struct.pack("=IQ", 0x200, 0))
    busy.socket.close()


def test_the_first_endpoint_that_answers_opensmtpd_7(tmp_path: Path, up: Listener) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text(f"{url(closed_port())}\n{url(up.port)}\n")
    with closing(Table(hosts)) as table:
        hello = "config|smtpd-version|7.6.0\nconfig|protocol|0.1\nconfig|tablename|ses-hosts\nconfig|ready"
        assert table.text(hello) == "register|relayhost\nregister|ready\n"
        assert table.text("table|0.1|1.0|ses-hosts|fetch|relayhost|00ff") == f"fetch-result|00ff|found|{url(up.port)}\n"
        assert table.text("table|0.1|1.0|ses-hosts|lookup|relayhost|00fe|x") == "lookup-result|00fe|not-found\n"
        assert table.text("table|0.1|1.0|ses-hosts|update|00fd") == "update-result|00fd|ok\n"


def test_where_no_endpoint_answers_it_is_the_first(tmp_path: Path) -> None:
    first, hosts = url(closed_port()), tmp_path / "hosts"
    hosts.write_text(f"{first}\n{url(closed_port())}\n")
    with closing(Table(hosts)) as table:
        assert first.encode() in table.imsg(7, struct.pack("=IQ", 0x200, 0))
