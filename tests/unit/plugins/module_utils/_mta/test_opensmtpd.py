# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenSMTPD: what it is asked before and after its files are changed, and what it says."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import files, journal, opensmtpd, opensmtpd_files
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.errors import MtaError
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.host import Outcome
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.mail_server import Request

DEBIAN = """\
listen on localhost
action "local" maildir alias <aliases>
action "out" relay{host}
match from local for any action "out"
"""
HOSTS = "smtp+tls://ses-1@email-smtp.eu-west-1.amazonaws.com:587\n"


class Commands:
    """Takes the place of the host's commands: notes them, and answers as told."""

    def __init__(self) -> None:
        self.said: dict[str, Outcome | Callable[[], Outcome]] = {}
        self.run: list[str] = []

    def __call__(self, command: Sequence[str], **_options: Any) -> Outcome:
        line = " ".join(command)
        self.run.append(line)
        answer = next((one for start, one in self.said.items() if line.startswith(start)), Outcome(0, "", ""))
        return answer() if callable(answer) else answer


@pytest.fixture(autouse=True)
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    known = Commands()
    monkeypatch.setattr(opensmtpd, "run", known)
    monkeypatch.setattr(opensmtpd.shutil, "which", lambda name, path: f"/usr/sbin/{name}")
    monkeypatch.setattr(opensmtpd.time, "sleep", lambda seconds: None)
    return known


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of smtpd.conf; that of the role's own files is below it."""
    monkeypatch.setattr(opensmtpd, "DEBIAN", opensmtpd.Packaging(str(tmp_path / "smtpd.conf"), "opensmtpd"))
    monkeypatch.setattr(opensmtpd, "OTHERS", ())
    monkeypatch.setattr(opensmtpd, "OWN_FOLDER", str(tmp_path / "smtpd-ses"))
    monkeypatch.setattr(opensmtpd, "ALIASES", str(tmp_path / "aliases"))
    monkeypatch.setattr(journal, "FOLDER", str(tmp_path / "journals"))
    (tmp_path / "smtpd-ses").mkdir()
    (tmp_path / "smtpd.conf").write_text(DEBIAN.format(host=""))
    return tmp_path


def daemon(folder: Path, **content: str) -> opensmtpd.Opensmtpd:
    """Return an OpenSMTPD that is to have these files of the role, by the name before C(.conf)."""
    entries = [{"path": str(folder / f"smtpd-ses/{name}.conf"), "content": text} for name, text in content.items()]
    entries.append({"path": str(folder / "smtpd-ses/ses-hosts"), "content": HOSTS})
    return opensmtpd.Opensmtpd(Request(files=entries))


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("", None),
        (" host <ses-hosts>", None),
        (" host smtp://mail.corp.example", "relays to smtp://mail.corp.example in"),
        (
            ' host "smtp+tls://me:hunter2@mail.example.net:587" auth <secrets>',
            "relays to smtp+tls://mail.example.net:587",
        ),
        (" host <others>", "relays to <others> in"),
    ],
)
def test_a_way_out_of_somebody_else_is_a_conflict(folder: Path, host: str, told: str | None) -> None:
    (folder / "smtpd.conf").write_text(DEBIAN.format(host=host))
    found = daemon(folder).conflicts()
    assert len(found) == (1 if told else 0)
    for sentence in found:
        assert told is not None
        assert told in sentence
        assert sentence.endswith("wanted is email-smtp.eu-west-1.amazonaws.com:587.")
        assert "hunter2" not in sentence


def test_nothing_wanted_is_no_conflict(folder: Path) -> None:
    (folder / "smtpd.conf").write_text(DEBIAN.format(host=" host smtp://mail.corp.example"))
    assert opensmtpd.Opensmtpd(Request()).conflicts() == []


def staged(mta: opensmtpd.Opensmtpd) -> list[files.FileChange]:
    """Return the changes to what is wanted, the new files beside those they take the place of."""
    changes = [change for change in map(files.compare, mta.compose().files) if change is not None]
    for change in changes:
        if not change.wanted.absent:
            os.makedirs(os.path.dirname(change.wanted.staged_path), exist_ok=True)
            Path(change.wanted.staged_path).write_bytes(change.wanted.content)
    return changes


def test_the_new_files_are_checked_and_not_those_in_place(folder: Path, commands: Commands) -> None:
    own = str(folder / "smtpd-ses")
    rules = 'match from local for any action "ses"\n'
    mta = daemon(folder, ses=f"table ses-hosts ses:{own}/ses-hosts\ntable own file:{own}/ses-hosts\n", rules=rules)
    changes = staged(mta)
    seen: dict[str, str] = {}

    def look() -> Outcome:
        check = Path(commands.run[-1].split()[-1]).parent
        assert check.stat().st_mode & 0o777 == 0o700
        seen.update({path.name: path.read_text() for path in check.iterdir()})
        return Outcome(0, "", "configuration OK")

    commands.said["smtpd -n"] = look
    mta.validate(changes)
    assert opensmtpd_files.FILTER in seen["smtpd.conf"]
    (hosts,) = (change.wanted.staged_path for change in changes if change.wanted.path.endswith("/ses-hosts"))
    # The program that answers for the table is not there before the files are in place.
    assert seen["ses.conf"] == f'table ses-hosts {{ "smtp+tls://localhost" }}\ntable own file:{hosts}\n'
    assert seen["rules.conf"] == rules
    assert not (folder / ".ses-check").exists()
    assert (folder / "smtpd.conf").read_text() == DEBIAN.format(host="")


def test_what_opensmtpd_refuses_names_the_file_as_it_is_called(folder: Path, commands: Commands) -> None:
    mta = daemon(folder, rules="match nonsense\n")
    commands.said["smtpd -n"] = lambda: Outcome(1, "", f"{folder}/.ses-check/rules.conf:1: syntax error\n")
    with pytest.raises(MtaError) as caught:
        mta.validate(staged(mta))
    assert f"{folder}/smtpd-ses/rules.conf:1: syntax error" in str(caught.value)
    assert str(caught.value).endswith("Nothing was changed.")
    assert not (folder / ".ses-check").exists()


@pytest.fixture
def systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opensmtpd.os.path, "isdir", lambda path: True)


def test_it_is_enabled_and_restarted(folder: Path, commands: Commands, systemd: None) -> None:
    daemon(folder).load([])
    done = [line for line in commands.run if line.startswith("systemctl")]
    assert done[-2:] == ["systemctl enable --quiet opensmtpd", "systemctl restart opensmtpd"]
    assert "systemctl daemon-reload" not in done


@pytest.mark.parametrize("answers", [0, 1])
def test_a_daemon_that_does_not_stay_is_an_error(
    folder: Path, commands: Commands, systemd: None, monkeypatch: pytest.MonkeyPatch, answers: int
) -> None:
    """It answers for a moment before it ends because of its filter."""
    left = [0] * answers
    commands.said["smtpctl show status"] = lambda: Outcome(left.pop() if left else 1, "", "")
    commands.said["journalctl"] = Outcome(0, "filter exited\nExiting\n", "")
    clock = iter(range(1000))
    monkeypatch.setattr(opensmtpd.time, "monotonic", lambda: next(clock))
    with pytest.raises(MtaError, match="filter exited"):
        daemon(folder).load([])


def test_without_systemd_it_is_an_error(folder: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opensmtpd.os.path, "isdir", lambda path: False)
    with pytest.raises(MtaError, match="systemd"):
        daemon(folder).load([])
    assert commands.run == []


@pytest.mark.parametrize(("status", "queued"), [(0, 2), (1, 0)])
def test_what_is_queued(folder: Path, commands: Commands, status: int, queued: int) -> None:
    commands.said["smtpctl show status"] = Outcome(status, "", "")
    commands.said["smtpctl show queue"] = Outcome(0, "1|local|mta\n2|inet4|mta\n", "")
    assert daemon(folder).queued() == queued


def test_routes_that_rest_are_tried_with_what_waits(folder: Path, commands: Commands) -> None:
    routes = "1. 10.0.0.1 <-> 10.86.6.1 ---- nconn=1\n2. 10.0.0.1 <-> 10.86.6.2 -D-- nconn=0\n"
    commands.said["smtpctl show routes"] = Outcome(0, routes, "")
    daemon(folder).flush()
    assert commands.run[1:] == ["smtpctl resume route 2", "smtpctl schedule all"]


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        ((), "smtpd.conf"),
        (("etc/opensmtpd/smtpd.conf",), "etc/opensmtpd/smtpd.conf"),
        (("etc/smtpd/smtpd.conf",), "etc/smtpd/smtpd.conf"),
    ],
)
def test_how_it_is_packaged(folder: Path, monkeypatch: pytest.MonkeyPatch, there: tuple[str, ...], wanted: str) -> None:
    others = ("etc/opensmtpd/smtpd.conf", "etc/smtpd/smtpd.conf")
    monkeypatch.setattr(opensmtpd, "OTHERS", [opensmtpd.Packaging(str(folder / path), "smtpd") for path in others])
    for path in there:
        (folder / path).parent.mkdir(parents=True)
        (folder / path).touch()
    assert opensmtpd.packaging().configuration == str(folder / wanted)


def test_its_version(folder: Path, commands: Commands) -> None:
    commands.said["smtpd -h"] = Outcome(1, "", "version: OpenSMTPD 6.8.0p2\nusage: smtpd [-dFhnv]\n")
    assert daemon(folder).version == "6.8.0p2"


def test_its_local_domains_are_lines_of_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opensmtpd.Opensmtpd, "local_domains", lambda self: ["localhost", "web1.example.net"])
    entry = {"path": str(folder / "own"), "content": "# Own\n", "line_per_local_domain": "@{domain}"}
    (own,) = opensmtpd.Opensmtpd(Request(files=[entry])).own_files()
    assert own.content == b"# Own\n@localhost\n@web1.example.net\n"
