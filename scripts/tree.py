# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy what git would commit into a folder tree of the collection's name, and print the path.

ansible-test, ansible-lint and mypy want ansible_collections/cloudmail/ses, without what git
ignores. Only changed files are copied: the tools' caches go by the files' times.
"""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from pathlib import Path

from checkout import CHECKOUT, source_files

TREE = CHECKOUT / ".cache/tree/ansible_collections/cloudmail/ses"
# Doc fragments and base classes come from here.
AMAZON_AWS = Path(sysconfig.get_path("purelib")) / "ansible_collections/amazon/aws"
# What the tools leave in the tree
KEPT = (".ansible/", ".git/", "tests/output/")


def is_same(one: Path, other: Path) -> bool:
    """Compare two files by time and size."""
    if not other.exists():
        return False
    a, b = one.stat(), other.stat()
    return (a.st_mtime_ns, a.st_size, a.st_mode) == (b.st_mtime_ns, b.st_size, b.st_mode)


def main() -> None:
    files = set(source_files())
    for path in sorted(TREE.rglob("*"), reverse=True):
        name = path.relative_to(TREE)
        if f"{name.as_posix()}/".startswith(KEPT):
            continue
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
        elif path.is_file() and name not in files:
            path.unlink()
    for name in files:
        if not is_same(CHECKOUT / name, TREE / name):
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, TREE / name)
    if not (TREE / ".git").exists():
        # ansible-test asks git for the files, and the checkout's git ignores .cache.
        subprocess.run(["git", "init", "--quiet", TREE], check=True)
    link = TREE.parent.parent / "amazon/aws"
    link.parent.mkdir(exist_ok=True)
    if not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(AMAZON_AWS, target_is_directory=True)
    print(TREE)


if __name__ == "__main__":
    main()
