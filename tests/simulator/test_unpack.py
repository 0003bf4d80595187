# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the role puts the simulator's code in place."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from simulator_client import FILES


def unpack(directory: Path, **files: str) -> str:
    done = subprocess.run(
        [sys.executable, str(FILES / "unpack.py"), str(directory)],
        input=json.dumps({f"{name}.py": text for name, text in files.items()}),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def sources(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in directory.iterdir() if path.is_file()}


def test_only_differences_change_anything(tmp_path: Path) -> None:
    directory = tmp_path / "new" / "package"
    assert unpack(directory, one="1\n", two="zwei ä\n") == "changed"
    assert sources(directory) == {"one.py": "1\n", "two.py": "zwei ä\n"}
    assert unpack(directory, one="1\n", two="zwei ä\n") == "current"
    (directory / "one.py").write_text("tampered", encoding="utf-8")
    assert unpack(directory, one="1\n", three="3\n") == "changed"
    assert sources(directory) == {"one.py": "1\n", "three.py": "3\n"}


def test_files_are_readable_by_all_and_others_stay(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    unpack(tmp_path, one="1\n")
    assert (tmp_path / "one.py").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "notes.txt").exists()
