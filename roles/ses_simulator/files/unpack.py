# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a directory hold exactly the given source files; say ``changed`` when it did not before.

One step for thirty files: reads a JSON object of names and texts, takes the directory as argument.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def unpack(directory: Path, wanted: dict[str, str]) -> bool:
    """Write and remove what differs; return whether anything did."""
    directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    found = {path.name: path.read_text(encoding="utf-8") for path in directory.glob("*.py")}
    for name in set(found) - set(wanted):
        (directory / name).unlink()
    for name, text in wanted.items():
        if found.get(name) != text:
            temporary = directory / (name + ".new")
            temporary.write_text(text, encoding="utf-8")
            temporary.chmod(0o644)
            temporary.replace(directory / name)
    return found != wanted


if __name__ == "__main__":
    print("changed" if unpack(Path(sys.argv[1]), json.load(sys.stdin)) else "current")
