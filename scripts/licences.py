# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check that every Python file of the collection names its copyright and its licence."""

from __future__ import annotations

import sys
from pathlib import Path

from checkout import CHECKOUT, source_files

HEADER = (
    "# Copyright (c) 2026, cloudmail.ses contributors\n"
    "# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)\n"
    "# SPDX-License-Identifier: GPL-3.0-or-later\n"
)


def python_files() -> list[Path]:
    """List the Python files that are not empty."""
    files = [CHECKOUT / path for path in source_files() if path.suffix == ".py"]
    return [path for path in files if path.stat().st_size]


def main() -> int:
    files = python_files()
    wanting = [path for path in files if HEADER not in path.read_text(encoding="utf-8")[:1000]]
    for path in wanting:
        print(f"{path.relative_to(CHECKOUT)}: the licence header is missing; scripts/licences.py has it")
    return 1 if wanting or not files else 0


if __name__ == "__main__":
    sys.exit(main())
