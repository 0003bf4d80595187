# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stood on a host before us comes back: keys and files wanted no more, and after a run killed at any moment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Mapping

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import journal, transaction
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.errors import MtaError
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.files import WantedFile
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.journal import Edit
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.mail_server import MailServer, Request
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.postfix_files import (
    edit_settings,
    setting_lines,
    write_settings,
)

OTHERS = "# kept\nrelayhost=[mail.example.net]:25\nmydestination = localhost,\n  web1\n"


class Server(MailServer):
    """A mail server with one file of settings that others write too, and files of its own."""

    name = "test"

    def __init__(self, folder: Path, settings: Mapping[str, str], own: Mapping[str, str]) -> None:
        self.config = str(folder)
        self.settings, self.own = settings, own
        self.loads = 0
        super().__init__(Request())

    installed = True
    version = "1"

    def edits(self) -> list[Edit]:
        return [Edit(self.config + "/main.cf", write_settings(self.settings), setting_lines, edit_settings)]

    def own_files(self) -> list[WantedFile]:
        return [
            WantedFile(path=f"{self.config}/{name}", content=text.encode(), mode=0o600, secret=True)
            for name, text in self.own.items()
        ]

    def load(self, changes: Any) -> None:
        self.loads += 1


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(journal, "FOLDER", str(tmp_path / "journal"))
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/main.cf").write_text(OTHERS)
    (tmp_path / "etc/remotes").write_text("mail.example.net --pass=theirs\n")
    os.chmod(tmp_path / "etc/remotes", 0o640)
    return tmp_path / "etc"


def apply(folder: Path, settings: Mapping[str, str] | None = None, own: Mapping[str, str] | None = None) -> bool:
    server = Server(folder, settings or {}, own or {})
    composed = server.compose()
    plan = transaction.make_plan(server, composed.files, server.closing(composed), must_run=False)
    if plan.changed:
        transaction.apply_plan(server, plan)
    return plan.changed


def seen(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        str(path.relative_to(folder)): (path.read_text(), path.stat().st_mode & 0o777)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_all_comes_back_to_the_byte_and_no_secret_stays(folder: Path) -> None:
    before = seen(folder)
    ours = {"relayhost": "[ses.example]:587", "new": "1"}
    assert apply(folder, ours, {"ses/credentials": "secret", "remotes": "ses.example --pass=secret"})
    assert "relayhost = [ses.example]:587\n" in (folder / "main.cf").read_text()
    assert not apply(folder, ours, {"ses/credentials": "secret", "remotes": "ses.example --pass=secret"})
    assert apply(folder)
    assert seen(folder) == before
    assert not (folder / "ses").exists()
    assert list(Path(journal.FOLDER).iterdir()) == []
    assert not apply(folder)


def test_what_is_wanted_no_more_goes_back_alone(folder: Path) -> None:
    apply(folder, {"relayhost": "[ses.example]:587", "mydestination": "localhost"}, {"ses/a": "a", "ses/b": "b"})
    assert apply(folder, {"relayhost": "[ses.example]:587"}, {"ses/b": "b"})
    assert (folder / "main.cf").read_text() == OTHERS.replace("=[mail.example.net]:25", " = [ses.example]:587")
    assert sorted(seen(folder)) == ["main.cf", "remotes", "ses/b"]
    # Given back, it is others' again.
    (folder / "main.cf").write_text((folder / "main.cf").read_text().replace("  web1", "  web2"))
    assert not apply(folder, {"relayhost": "[ses.example]:587"}, {"ses/b": "b"})


def test_what_others_change_meanwhile_stays(folder: Path) -> None:
    apply(folder, {"relayhost": "[ses.example]:587"})
    (folder / "main.cf").write_text((folder / "main.cf").read_text() + "theirs = 2\n")
    apply(folder)
    assert (folder / "main.cf").read_text() == OTHERS + "theirs = 2\n"


def test_the_journal_is_roots_alone_and_shown_to_nobody(folder: Path) -> None:
    apply(folder, {}, {"remotes": "ses.example --pass=secret"})
    (file,) = Path(journal.FOLDER).iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert "secret" not in file.read_text()


class Killed(BaseException):
    """Ends a run as a signal would: nothing is tidied up."""


@pytest.mark.parametrize("first", [True, False], ids=["to us", "and back"])
@pytest.mark.parametrize("step", range(6))
def test_killed_between_two_files_the_next_run_still_knows_what_was_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch, first: bool, step: int
) -> None:
    before = seen(folder)
    ours = ({"relayhost": "[ses.example]:587", "new": "1"}, {"ses/credentials": "secret", "remotes": "ours"})
    if not first:
        apply(folder, *ours)
    swaps = []
    swap_in = transaction.files.swap_in

    def killed_at_the_step(change: Any) -> None:
        if len(swaps) == step:
            raise Killed
        swaps.append(change)
        swap_in(change)

    monkeypatch.setattr(transaction.files, "swap_in", killed_at_the_step)
    try:
        apply(folder, *(ours if first else ()))
    except Killed:
        pass
    else:
        assert len(swaps) <= step
    monkeypatch.undo()
    monkeypatch.setattr(journal, "FOLDER", str(folder.parent / "journal"))
    apply(folder, *ours)
    assert (folder / "ses/credentials").read_text() == "secret"
    apply(folder)
    assert seen(folder) == before


def test_a_journal_that_cannot_be_read_is_an_error_with_the_way_on(folder: Path) -> None:
    apply(folder, {"relayhost": "[ses.example]:587"})
    (file,) = Path(journal.FOLDER).iterdir()
    file.write_text("{")
    with pytest.raises(MtaError, match=r"test\.json.*Put it back from a backup"):
        apply(folder)
