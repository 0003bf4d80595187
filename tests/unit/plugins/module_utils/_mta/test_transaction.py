# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The transaction on real files: whole or not at all, and healed after a kill at any point.

The mail server is a small one of the test's own, with a real file for what it has loaded; the real ones are
tested on real hosts.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Callable, Sequence

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import files, transaction
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.errors import MtaError
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.report import describe_diff

SECRET = b"relay user:the-secret\n"


class Killed(BaseException):
    """What a SIGKILL does to a run, as near as one process can show it: nothing after it runs."""


class SmallMta:
    """Loads a folder's files by remembering them; builds a table by copying with a prefix."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.marker_path = str(folder / ".unfinished")
        self.loaded: dict[str, bytes] = {}
        self.loads = 0
        self.refuse_when: Callable[[SmallMta], bool] = lambda mta: False
        self.invalid = False

    def build_table(self, wanted: files.WantedFile) -> None:
        if wanted.staged_table_path:
            content = b"table:" + Path(wanted.staged_path).read_bytes()
            files.write_whole(wanted.staged_table_path, content, mode=0o600, uid=os.geteuid(), gid=os.getegid())

    def validate(self, changes: Sequence[files.FileChange]) -> None:
        if self.invalid:
            raise MtaError("line 3 is wrong")

    def running(self) -> bool:
        return True

    def load(self, changes: Sequence[files.FileChange]) -> None:
        self.loads += 1
        if self.refuse_when(self):
            raise MtaError("cannot load that")
        self.loaded = snapshot(self.folder)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != ".unfinished"}


@pytest.fixture
def mta(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallMta:
    (tmp_path / "main.cf").write_bytes(b"old\n")
    (tmp_path / "credentials").write_bytes(b"old secret\n")
    (tmp_path / "credentials").chmod(0o644)
    return SmallMta(tmp_path)


def wanted_in(folder: Path) -> list[files.WantedFile]:
    table = files.Table(command="map", kind="hash", suffix=".db")
    return [
        files.WantedFile(path=str(folder / "credentials"), content=SECRET, mode=0o600, secret=True, table=table),
        files.WantedFile(path=str(folder / "main.cf"), content=b"new\n"),
    ]


def run(mta: SmallMta) -> transaction.Plan:
    plan = transaction.make_plan(mta, wanted_in(mta.folder), must_run=True)
    if plan.changed:
        transaction.apply_plan(mta, plan)
    return plan


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_applies_everything_once(mta: SmallMta) -> None:
    plan = run(mta)
    assert {change.wanted.path: change.reason for change in plan.changes} == {
        str(mta.folder / "credentials"): "content",
        str(mta.folder / "main.cf"): "content",
    }
    assert snapshot(mta.folder) == {"credentials": SECRET, "credentials.db": b"table:" + SECRET, "main.cf": b"new\n"}
    assert mode_of(mta.folder / "credentials") == 0o600
    assert not run(mta).changed
    assert mta.loads == 1


def test_planning_changes_nothing(mta: SmallMta) -> None:
    before = snapshot(mta.folder)
    assert transaction.make_plan(mta, wanted_in(mta.folder), must_run=True).changed
    assert snapshot(mta.folder) == before


def test_a_refused_check_leaves_the_host_as_it_was(mta: SmallMta) -> None:
    before = snapshot(mta.folder)
    mta.invalid = True
    with pytest.raises(MtaError, match="line 3 is wrong"):
        run(mta)
    assert snapshot(mta.folder) == before
    assert mta.loads == 0


def test_a_refused_load_puts_everything_back(mta: SmallMta) -> None:
    before = snapshot(mta.folder)
    mta.refuse_when = lambda this: this.loads == 1
    with pytest.raises(MtaError, match="cannot load that\nEverything is back as it was"):
        run(mta)
    assert snapshot(mta.folder) == before
    assert mta.loaded == before
    assert mode_of(mta.folder / "credentials") == 0o644
    assert not os.path.exists(mta.marker_path)


def test_says_when_not_even_the_old_files_load(mta: SmallMta) -> None:
    mta.refuse_when = lambda this: True
    with pytest.raises(MtaError, match="did not load the former configuration either"):
        run(mta)
    mta.refuse_when = lambda this: False
    assert run(mta).interrupted
    assert mta.loaded["main.cf"] == b"new\n"


# How often a whole run takes each step; a kill may come before or after each of them.
STEPS = {"write_whole": 4, "stage": 2, "swap_in": 2, "os.replace": 3, "build_table": 2, "validate": 1, "load": 1}


@pytest.mark.parametrize(("step", "call"), [(step, call) for step in STEPS for call in range(1, STEPS[step] + 1)])
@pytest.mark.parametrize("after", [False, True])
def test_a_killed_run_is_healed_by_the_next(
    mta: SmallMta, monkeypatch: pytest.MonkeyPatch, step: str, call: int, after: bool
) -> None:
    place: object = {"os.replace": os}.get(step, mta if hasattr(mta, step) else files)
    name = step.rsplit(".", 1)[-1]
    original, calls = getattr(place, name), []

    def dying(*args: object, **kwargs: object) -> object:
        calls.append(1)
        if len(calls) != call:
            return original(*args, **kwargs)
        if after:
            original(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(place, name, dying)
        patch.setattr(transaction, "clean_up", lambda plan: None)  # a kill runs no "finally"
        with pytest.raises(Killed):
            run(mta)
    for path in mta.folder.iterdir():
        assert SECRET not in path.read_bytes() or not mode_of(path) & 0o077, f"{path.name} shows the secret"
    run(mta)
    assert snapshot(mta.folder) == {"credentials": SECRET, "credentials.db": b"table:" + SECRET, "main.cf": b"new\n"}
    assert mta.loaded == snapshot(mta.folder)
    assert not run(mta).changed


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda folder: (folder / "credentials.db").unlink(), "lookup table missing"),
        (lambda folder: os.utime(folder / "credentials.db", (1, 1)), "lookup table older than its source"),
        (lambda folder: (folder / "credentials.db").chmod(0o644), "lookup table readable by others"),
        (lambda folder: (folder / "credentials").chmod(0o640), "mode 0640, not 0600"),
        (lambda folder: (folder / "credentials").unlink(), "missing"),
    ],
)
def test_what_is_wrong_on_disk_is_seen_and_mended(mta: SmallMta, spoil: Callable[[Path], None], reason: str) -> None:
    run(mta)
    spoil(mta.folder)
    plan = run(mta)
    assert [change.reason.startswith(reason) for change in plan.changes] == [True]
    assert not run(mta).changed


def test_a_file_that_somebody_changes_meanwhile_is_left_to_them(mta: SmallMta, monkeypatch: pytest.MonkeyPatch) -> None:
    main_cf = mta.folder / "main.cf"
    monkeypatch.setattr(mta, "validate", lambda changes: main_cf.write_bytes(b"of another tool\n"))
    with pytest.raises(MtaError, match=r"main.cf was changed by somebody else"):
        run(mta)
    assert snapshot(mta.folder) == {"credentials": b"old secret\n", "main.cf": b"of another tool\n"}


def test_a_second_run_waits_for_the_first_but_not_for_ever(tmp_path: Path) -> None:
    lock = str(tmp_path / "lock")
    with transaction.exclusive(lock), pytest.raises(MtaError, match="Another run"), transaction.exclusive(
        lock, seconds=0.1
    ):
        pass
    with transaction.exclusive(lock, seconds=0):
        assert mode_of(tmp_path / "lock") == 0o600


@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_a_kill_while_putting_back_is_healed_too(mta: SmallMta, monkeypatch: pytest.MonkeyPatch, call: int) -> None:
    run(mta)
    (mta.folder / "main.cf").write_bytes(b"spoiled\n")
    (mta.folder / "credentials").write_bytes(b"relay user:spoiled-secret\n")
    mta.refuse_when = lambda this: True
    original, calls = os.replace, []

    def dying(source: str, target: str) -> None:
        calls.append(1)
        if len(calls) == 3 + call:
            raise Killed
        original(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", dying)
        patch.setattr(transaction, "clean_up", lambda plan: None)
        with pytest.raises(Killed if call < 4 else MtaError):
            run(mta)
    mta.refuse_when = lambda this: False
    run(mta)
    assert snapshot(mta.folder) == {"credentials": SECRET, "credentials.db": b"table:" + SECRET, "main.cf": b"new\n"}


def test_a_file_of_others_keeps_its_mode(mta: SmallMta) -> None:
    (mta.folder / "main.cf").chmod(0o640)
    run(mta)
    assert mode_of(mta.folder / "main.cf") == 0o640


def test_the_diff_hides_the_secrets_of_others(tmp_path: Path) -> None:
    (tmp_path / "main.cf").write_text("smtp_sasl_password_maps = static:apikey:SG.theirs\nrelayhost = a\n")
    mta = SmallMta(tmp_path)
    wanted = [files.WantedFile(path=str(tmp_path / "main.cf"), content=b"smtp_sasl_password_maps = hash:/x\n")]
    shown = str(describe_diff(transaction.make_plan(mta, wanted, must_run=True), []))
    assert "SG.theirs" not in shown
    assert "-smtp_sasl_password_maps = (a secret)" in shown and "-relayhost = a" in shown


def test_the_diff_shows_what_is_ours_and_no_secret(mta: SmallMta) -> None:
    plan = transaction.make_plan(mta, wanted_in(mta.folder), must_run=True)
    shown = str(describe_diff(plan, ["postfix"]))
    assert "the-secret" not in shown and "old secret" not in shown
    assert "-old\\n+new" in shown
    assert "+package postfix" in shown
