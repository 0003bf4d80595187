# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nullmailer: its list of servers, its queue, and how it is seen to run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import files, journal, nullmailer, nullmailer_files
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.errors import MtaError
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.mail_server import Request

OURS = "email-smtp.eu-west-1.amazonaws.com smtp --port=587 --starttls --user=AKIA --pass=hunter2\n"


@pytest.fixture(autouse=True)
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the queue; configuration and protocols are beside it."""
    for name in ("queue", "failed"):
        (tmp_path / "spool" / name).mkdir(parents=True)
    (tmp_path / "smtp").touch()
    monkeypatch.setattr(nullmailer, "SPOOL", str(tmp_path / "spool"))
    monkeypatch.setattr(nullmailer, "REMOTES", str(tmp_path / "remotes"))
    monkeypatch.setattr(nullmailer, "PROTOCOLS", (str(tmp_path),))
    monkeypatch.setattr(nullmailer, "mail_name", lambda: "web1.example.net")
    monkeypatch.setattr(journal, "FOLDER", str(tmp_path / "journals"))
    os.mkfifo(tmp_path / "spool/trigger")
    return tmp_path / "spool"


def server(content: str = OURS) -> nullmailer.Nullmailer:
    entry = {"path": nullmailer.REMOTES, "secret_content": content, "mode": "0600", "owner": "nobody"}
    return nullmailer.Nullmailer(Request(files=[entry]))


def validate(mta: nullmailer.Nullmailer) -> None:
    mta.validate([change for change in map(files.compare, mta.compose().files) if change is not None])


def test_servers_are_read_in_order() -> None:
    text = f"# {OURS}\n{OURS}  plain.example\nother.example qmqp --port=628\n"
    assert nullmailer_files.remotes(text) == [
        (
            "email-smtp.eu-west-1.amazonaws.com",
            "smtp",
            {"port": "587", "starttls": "", "user": "AKIA", "pass": "hunter2"},
        ),
        ("plain.example", "smtp", {}),
        ("other.example", "qmqp", {"port": "628"}),
    ]


@pytest.mark.parametrize(
    ("content", "refused"),
    [
        (OURS, ""),
        (OURS.replace("--starttls", "--ssl"), ""),
        (OURS.replace("--starttls", "--tls"), ""),
        ("relay.example.net smtp\n", ""),
        (OURS.replace("--starttls ", ""), "gets its password without TLS"),
        (OURS.replace("--starttls", "--starttls --insecure"), "take --insecure out"),
        (OURS.replace(" smtp ", " lmtp "), "no protocol lmtp"),
        ("# nothing\n", "would list no server"),
    ],
)
def test_a_list_that_would_give_the_password_away_is_refused(content: str, refused: str) -> None:
    if not refused:
        validate(server(content))
        return
    with pytest.raises(MtaError, match=refused) as raised:
        validate(server(content))
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("there", "conflict"),
    [
        (None, []),
        ("mail.example.net\n", []),
        ("email-smtp.eu-west-1.amazonaws.com smtp --pass=hunter3\n", []),
        ("smtp.example.org smtp --pass=hunter3\nmail.example.net\n", ["smtp.example.org, mail.example.net"]),
    ],
    ids=["none", "what the package makes up", "ours", "somebody's"],
)
def test_another_server_is_a_conflict(there: str | None, conflict: list[str]) -> None:
    if there is not None:
        Path(nullmailer.REMOTES).write_text(there)
    wanted = "set by somebody else; wanted is email-smtp.eu-west-1.amazonaws.com."
    assert server().conflicts() == [f"{nullmailer.REMOTES} lists {hosts}, {wanted}" for hosts in conflict]


def test_the_list_belongs_to_whom_the_queue_belongs_to(spool: Path) -> None:
    info = os.stat(spool / "queue")
    [wish] = server().own_files()
    assert (wish.owner, wish.mode, wish.secret) == ((info.st_uid, info.st_gid), 0o600, True)


def test_it_runs_while_somebody_reads_the_trigger(spool: Path) -> None:
    mta = server()
    assert not mta.running()
    reader = os.open(spool / "trigger", os.O_RDONLY | os.O_NONBLOCK)
    assert mta.running()
    mta.flush()
    assert os.read(reader, 10) == b"\0"
    os.close(reader)
    assert not mta.running()
    mta.flush()


def test_what_waits_is_counted_and_what_was_refused_is_not(spool: Path) -> None:
    for name in ("queue/1", "queue/2", "failed/3"):
        (spool / name).touch()
    assert server().queued() == 2


def test_the_former_configuration_is_put_back_whatever_it_is() -> None:
    Path(nullmailer.REMOTES).write_text("")
    mta = nullmailer.Nullmailer(Request())
    wanted = files.WantedFile(path=nullmailer.REMOTES, content=b"a.example smtp --pass=x\n", mode=0o600)
    change = files.compare(wanted)
    assert change is not None
    mta.validate([change])


def test_a_protocol_is_put_where_nullmailer_looks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = tmp_path / "libexec"
    there.mkdir()
    monkeypatch.setattr(nullmailer, "PROTOCOLS", (str(tmp_path / "lib"), str(there)))
    entries = [
        {"path": nullmailer.REMOTES, "content": "email-smtp.eu-west-1.amazonaws.com ses\n", "mode": "0600"},
        {"path": str(tmp_path / "lib/ses"), "content": "#!/bin/sh\n", "mode": "0755"},
    ]
    mta = nullmailer.Nullmailer(Request(files=entries))
    assert [file.path for file in mta.own_files()] == [nullmailer.REMOTES, str(there / "ses")]
    # It is there when the files are, which are staged yet.
    validate(mta)
    with pytest.raises(MtaError, match="no protocol ses"):
        validate(nullmailer.Nullmailer(Request(files=entries[:1])))


@pytest.mark.parametrize(
    ("admin", "refused"), [("ops@example.com,b@example.com", False), ("ops@example.com,joe", True)]
)
def test_mail_of_the_hosts_users_goes_to_an_address(tmp_path: Path, admin: str, refused: bool) -> None:
    mta = nullmailer.Nullmailer(Request(files=[{"path": str(tmp_path / "etc/adminaddr"), "content": admin + "\n"}]))
    if not refused:
        mta.own_files()
        return
    with pytest.raises(MtaError, match="nullmailer has no mailboxes"):
        mta.own_files()
