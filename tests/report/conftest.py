# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests of the report: the playbook that writes it, and a browser that shows it. `make report-test` runs them."""

from __future__ import annotations

import sys
from pathlib import Path

for folder in ("report", "simulator"):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / folder))
