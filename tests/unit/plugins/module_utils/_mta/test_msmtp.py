# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""msmtp: what its files say, and what a host with it may have; the program is a stand-in that keeps msmtp's rules."""

from __future__ import annotations

import os
import stat
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
OURS = "defaults\naccount ses\nhost email-smtp.eu-west-1.amazonaws.com\npassword {secret}\n"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which the host has its programs, with msmtp 1.8.28; its files are in C(tmp_path)."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(host, "SEARCH_PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(msmtp, "MSMTPRC", str(tmp_path / "msmtprc"))
    monkeypatch.setattr(msmtp, "ALIASES", str(tmp_path / "aliases"))
    monkeypatch.setattr(msmtp, "_CHECK_FOLDER", str(tmp_path / "check"))
    monkeypatch.setattr(msmtp, "GROUP", "nogroup")
    monkeypatch.setattr(journal, "FOLDER", str(tmp_path / "journals"))
    install(folder, "1.8.28")
    return folder


def install(folder: Path, version: str, *, mode: int = 0o755) -> None:
    program = folder / "msmtp"
    program.write_text(PROGRAM.format(version=version))
    program.chmod(mode)


def server(content: str = OURS, aliases: dict[str, str] | None = None) -> msmtp.Msmtp:
    entry = {"path": msmtp.MSMTPRC, "secret_content": content, "mode": "0600"}
    return msmtp.Msmtp(Request(aliases=aliases or {}, files=[entry]))


def changes(mta: msmtp.Msmtp) -> list[files.FileChange]:
    return [change for change in map(files.compare, mta.compose().files) if change is not None]


@pytest.mark.parametrize(
    ("version", "wanted"),
    [
        ("1.8.11", "all\n\nend\n"),
        ("1.8.16", "all\nsince\n\nend\n"),
        ("1.8.28", "all\nsince\n\nend\n"),
        ("1.10", "all\nsince\n\nend\n"),
        ("", "all\nsince\n\nend\n"),
    ],
)
def test_lines_of_a_newer_release_are_left_out(version: str, wanted: str) -> None:
    assert msmtp_files.for_version("all\n{since 1.8.16}since\n\nend\n", version) == wanted


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
    ("mode", "wanted"), [(0o755, "640 shared"), (0o2755, "600 own")], ids=["no group lent", "group lent to all"]
)
def test_a_group_that_is_lent_to_everybody_reads_nothing(programs: Path, mode: int, wanted: str) -> None:
    install(programs, "1.8.28", mode=mode)
    assert bool(os.stat(programs / "msmtp").st_mode & stat.S_ISGID) == (mode == 0o2755)
    [wish] = server().own_files()
    assert f"{wish.mode:o} {'own' if wish.gid is None else 'shared'}" == wanted


def test_without_the_group_the_file_is_roots(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(msmtp, "GROUP", "no-such-group")
    [wish] = server().own_files()
    assert (wish.mode, wish.gid) == (0o600, None)


def test_a_relay_by_domain_needs_a_newer_msmtp(programs: Path) -> None:
    install(programs, "1.8.11")
    with pytest.raises(MtaError, match=r"1\.8\.11 .* not by \*@c\.example: that came with 1\.8\.16"):
        server(OURS + "account c\nfrom *@c.example\n{since 1.8.16}from *@*\n").own_files()
    install(programs, "1.8.16")
    [wish] = server(OURS + "account c\nfrom *@c.example\n{since 1.8.16}from *@*\n").own_files()
    assert wish.content.endswith(b"from *@c.example\nfrom *@*\n")


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


def test_msmtp_checks_the_file_and_no_copy_stays(programs: Path, tmp_path: Path) -> None:
    mta = server()
    mta.validate(changes(mta))
    bad = server("nonsense\n" + OURS)
    with pytest.raises(MtaError, match=r"refuses the new .*unknown command nonsense") as raised:
        bad.validate(changes(bad))
    assert "{secret}" not in str(raised.value)
    assert str(tmp_path / "check") not in str(raised.value)
    assert sorted(os.listdir(tmp_path)) == ["bin"]


def test_an_alias_needs_a_domain(programs: Path) -> None:
    with pytest.raises(MtaError, match="root's mail shall go to admin, and msmtp has no mailboxes"):
        server(aliases={"root": "admin"}).edits()


def test_aliases_are_edited_and_read_as_msmtp_does(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "aliases").write_text("postmaster: root\n")
    mta = server(aliases={"root": "ops@example.com", "default": "ops@example.com"})
    mta.validate(changes(mta))
    [edited] = [file.content for file in mta.compose().files if file.path == msmtp.ALIASES]
    assert edited == b"postmaster: root\nroot: ops@example.com\ndefault: ops@example.com\n"
    (tmp_path / "aliases").write_text("list: :include:/etc/list\n")
    broken = server(aliases={"root": "ops@example.com"})
    with pytest.raises(MtaError, match=r"cannot read .*: line 1 is not a name"):
        broken.validate(changes(broken))


def test_a_host_without_msmtp(programs: Path) -> None:
    (programs / "msmtp").unlink()
    mta = server()
    assert (mta.installed, mta.version) == (False, "")
    assert [wish.mode for wish in mta.own_files()] == [0o600]
