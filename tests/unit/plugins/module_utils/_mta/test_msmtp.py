# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""msmtp: what its files say, and what a host with it may have; the program is a stand-in that keeps msmtp's rules."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import files, host, journal, msmtp, msmtp_files
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.errors import MtaError
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.mail_server import Request

PROGRAM = """#!/bin/sh
[ "$1" = --version ] && echo "msmtp version {version}" && exit
file=${{1#--file=}} account=${{2#--account=}}
grep -q "^nonsense" $file && echo "msmtp: $file: line 1: unknown command nonsense" >&2 && exit 78
[ $(stat -c %a $file) = 600 ] || exit 77
grep -q "^account $account" $file || exit 78
"""
SYSTEMCTL = """#!/bin/sh
echo "$*" >>{log}
[ "$1" != is-active ] || [ -e {log}.active ]
"""
OURS = "account ses\nhost email-smtp.eu-west-1.amazonaws.com\nsocket /run/ses-relay.socket\n"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which the host has its programs, with msmtp 1.8.28; its files are in C(tmp_path)."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(host, "SEARCH_PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(msmtp, "MSMTPRC", str(tmp_path / "msmtprc"))
    monkeypatch.setattr(msmtp, "ALIASES", str(tmp_path / "aliases"))
    monkeypatch.setattr(msmtp, "PROFILE", str(tmp_path / "profile"))
    monkeypatch.setattr(msmtp, "LOCAL_PROFILE", str(tmp_path / "local"))
    monkeypatch.setattr(msmtp, "UNIT_FOLDER", str(tmp_path / "units"))
    monkeypatch.setattr(msmtp, "SYSTEMD", str(tmp_path / "systemd"))
    monkeypatch.setattr(journal, "FOLDER", str(tmp_path / "journals"))
    (folder / "msmtp").write_text(PROGRAM.format(version="1.8.28"))
    (folder / "systemctl").write_text(SYSTEMCTL.format(log=tmp_path / "systemctl"))
    for program in folder.iterdir():
        program.chmod(0o755)
    return folder


def server(content: str = OURS, aliases: dict[str, str] | None = None) -> msmtp.Msmtp:
    entries = [
        {"path": msmtp.MSMTPRC, "content": content},
        {"path": f"{msmtp.UNIT_FOLDER}/ses-relay.socket", "content": "[Socket]\n"},
    ]
    return msmtp.Msmtp(Request(aliases=aliases or {}, files=entries))


def changes(mta: msmtp.Msmtp) -> list[files.FileChange]:
    return [change for change in map(files.compare, mta.compose().files) if change is not None]


def test_values_and_accounts_are_read() -> None:
    text = 'defaults\n# host no\n\naccount a\n host "one.example"\naccount  b : a\nhost\ttwo.example \naccount default : a\n'
    assert msmtp_files.values(text, "host") == ["one.example", "two.example"]
    assert msmtp_files.accounts(text) == ["a", "b", "default"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", ""),
        ("# all: a comment: here\n\nroot: ops@example.com # why: so\npostmaster:root, ops@example.com\n", ""),
        ('root: ops@example.com\nlist: "|/usr/bin/list"\n', ""),
        ("list: :include:/etc/list\n", "line 1 is not a name, a colon and addresses"),
        ("root: ops@example.com,\n  other@example.com\n", "line 2 is not a name, a colon and addresses"),
        ("a: b\nroot\n", "line 2 is not a name, a colon and addresses"),
        (": b\n", "line 1 has no name before its colon"),
        ("x@example.com: b\n", "line 1 has no name before its colon"),
        ("root: a\nroot: b\n", "line 2 names root a second time"),
        ("root: a\nRoot: b\n", ""),
        ("a: " + "x" * 506 + "\n", ""),
        ("a: " + "x" * 507 + "\n", "line 1 is longer than 509 bytes"),
    ],
)
def test_aliases_that_msmtp_cannot_read(text: str, problem: str) -> None:
    assert msmtp_files.alias_problem(text) == problem


@pytest.mark.parametrize(
    ("there", "conflict"),
    [
        (None, []),
        ("account default\nhost email-smtp.eu-west-1.amazonaws.com\n", []),
        ("password hunter2\n", []),
        ("account default\nhost mail.example.net\npassword hunter2\n", ["host is mail.example.net"]),
    ],
)
def test_another_server_is_a_conflict(programs: Path, tmp_path: Path, there: str | None, conflict: list[str]) -> None:
    if there is not None:
        (tmp_path / "msmtprc").write_text(there)
    found = server().conflicts()
    assert [sentence.partition(" in ")[0] for sentence in found] == conflict
    assert all("wanted is email-smtp.eu-west-1.amazonaws.com." in sentence for sentence in found)
    assert "hunter2" not in "".join(found)


def test_msmtp_checks_the_file_and_no_copy_stays(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    make = tempfile.mkstemp

    def mkstemp(**given: str) -> tuple[int, str]:
        descriptor, path = make(**given)
        made.append(path)
        return descriptor, path

    monkeypatch.setattr(tempfile, "mkstemp", mkstemp)
    mta = server()
    mta.validate(changes(mta))
    bad = server("nonsense\npassword hunter2\n" + OURS)
    with pytest.raises(MtaError, match=r"refuses the new .*unknown command nonsense") as raised:
        bad.validate(changes(bad))
    assert len(made) == 2
    assert not any(path in str(raised.value) or os.path.exists(path) for path in made)


def test_no_password_is_given_to_the_check() -> None:
    text = "account a\npassword hunter2\n  password\t hunter 3\npasswordeval cat /x\nuser password\n"
    masked = "account a\npassword masked\n  password\t masked\npasswordeval cat /x\nuser password\n"
    assert msmtp_files.without_passwords(text) == masked


def test_rules_of_apparmor_are_added_and_taken_out() -> None:
    there = "# ours too\n  /opt/ca.pem r,\n"
    assert msmtp_files.rules(there + "/x rw,\n") == {"/opt/ca.pem r,": "  /opt/ca.pem r,", "/x rw,": "/x rw,"}
    added = msmtp_files.edit_rules(there, {"/x rw,": "/x rw,"})
    assert added == there + "/x rw,\n"
    assert msmtp_files.edit_rules(added, {"/x rw,": "/x rw,"}) == added
    assert msmtp_files.edit_rules(added, {"/x rw,": None}) == there


def test_apparmor_is_told_where_it_knows_msmtp(programs: Path, tmp_path: Path) -> None:
    assert server().edits() == []
    (tmp_path / "profile").touch()
    assert [edit.wanted for edit in server().edits()] == [{msmtp.RULE: msmtp.RULE}]
    assert [edit.wanted for edit in msmtp.Msmtp(Request()).edits()] == [{}]


def test_a_host_without_aliases_gets_none(programs: Path, tmp_path: Path) -> None:
    content = f"account default\naliases {msmtp.ALIASES}\nhost x.example\n"
    mta = server(content, aliases={"root": "ops@example.com"})
    assert (mta.edits(), mta.own_files()[0].content) == ([], b"account default\nhost x.example\n")
    (tmp_path / "aliases").touch()
    assert mta.own_files()[0].content == content.encode()
    assert [edit.path for edit in mta.edits()] == [msmtp.ALIASES]


def test_the_socket_comes_and_goes_with_its_unit(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MtaError, match="no systemd"):
        server().load([])
    monkeypatch.setattr(msmtp, "SYSTEMD", str(tmp_path))
    mta = server()
    (tmp_path / "units").mkdir()
    (tmp_path / "units/ses-relay.socket").touch()
    asked = tmp_path / "systemctl"
    mta.load(changes(mta))
    assert asked.read_text().splitlines() == ["daemon-reload", "restart ses-relay.socket"]
    assert not mta.running()
    (tmp_path / "systemctl.active").touch()
    assert mta.running()
    asked.write_text("")
    mta.load([])
    assert asked.read_text().splitlines() == ["is-active --quiet ses-relay.socket"]
    (tmp_path / "units/ses-relay.socket").unlink()
    mta.load([])
    assert asked.read_text().splitlines()[-1] == "stop ses-relay.socket"


def test_an_alias_needs_a_domain(programs: Path) -> None:
    with pytest.raises(MtaError, match="root's mail shall go to admin, and msmtp has no mailboxes"):
        server(aliases={"root": "admin"}).edits()


def test_aliases_are_edited_and_read_as_msmtp_does(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "aliases").write_text("postmaster: root\n")
    mta = server(aliases={"root": "ops@example.com"})
    mta.validate(changes(mta))
    [edited] = [file.content for file in mta.compose().files if file.path == msmtp.ALIASES]
    assert edited == b"postmaster: root\nroot: ops@example.com\n"
    (tmp_path / "aliases").write_text("list: :include:/etc/list\n")
    broken = server(aliases={"root": "ops@example.com"})
    with pytest.raises(MtaError, match=r"cannot read .*: line 1 is not a name"):
        broken.validate(changes(broken))


def test_a_host_without_msmtp(programs: Path) -> None:
    (programs / "msmtp").unlink()
    mta = server()
    assert (mta.installed, mta.version) == (False, "")
    assert [wish.mode for wish in mta.own_files()] == [0o644, 0o644]
