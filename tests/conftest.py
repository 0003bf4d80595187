# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the checkout importable as ``ansible_collections.cloudmail.ses``.

Ansible's import path wants a folder tree of that name. A symbolic link below .cache gives one,
so that the tests see the working tree as it is, and amazon.aws comes from the package ansible
(both are namespace packages of ``ansible_collections``).
"""

from __future__ import annotations

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
IMPORT_ROOT = CHECKOUT / ".cache" / "import"
SIMULATOR = CHECKOUT / "roles" / "ses_simulator" / "files"


def link_checkout() -> None:
    """Let IMPORT_ROOT/ansible_collections/cloudmail/ses be the checkout."""
    link = IMPORT_ROOT / "ansible_collections" / "cloudmail" / "ses"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        try:
            link.symlink_to(CHECKOUT, target_is_directory=True)
        except FileExistsError:
            # Another worker of pytest-xdist made it in between.
            pass


link_checkout()
# The folder of this file for what several suites share: reply_rows
for path in (IMPORT_ROOT, SIMULATOR, CHECKOUT / "tests"):
    sys.path.insert(0, str(path))
