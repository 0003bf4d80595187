# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as Ansible's diff mode shows it: whole files that are ours, single lines of files that are not."""

from __future__ import annotations

import difflib
from typing import Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._mta.files import FileChange
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.journal import is_journal
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.transaction import Plan


def describe_diff(plan: Plan, missing_packages: Sequence[str]) -> list[dict[str, str]]:
    """Return one diff a file, secrets masked, and one each for missing packages and for a service to load or start."""
    diffs = [_file_diff(change) for change in plan.changes if not is_journal(change.wanted.path)]
    if missing_packages:
        diffs.insert(0, {"prepared": "".join(f"+package {name}\n" for name in missing_packages)})
    if plan.stopped:
        diffs.append(
            {"before_header": "service", "after_header": "service", "before": "stopped\n", "after": "running\n"}
        )
    elif plan.interrupted:
        diffs.append(
            {"prepared": "An earlier run did not finish: its leftovers are removed, the mail server loads anew.\n"}
        )
    return diffs


def _file_diff(change: FileChange) -> dict[str, str]:
    wanted = change.wanted
    header = f"{wanted.path} ({change.reason})"
    if change.before.content == wanted.content:
        # Its mode, its owner or its lookup table; there are no lines to show.
        return {"prepared": f"--- {header}\n"}
    if wanted.secret:
        before = "(a secret)\n" if change.before.exists else ""
        after = "" if wanted.absent else "(the new secret)\n"
        return {"before_header": header, "after_header": header, "before": before, "after": after}
    old = (change.before.content or b"").decode("utf-8", "replace").splitlines()
    new = wanted.content.decode("utf-8", "replace").splitlines()
    # No context lines: what others keep in main.cf or an aliases file is none of a diff's business.
    old, new = ([_masked(line) for line in lines] for lines in (old, new))
    lines = list(difflib.unified_diff(old, new, lineterm="", n=0))[2:]
    return {"prepared": "\n".join([f"--- {header}", *(line for line in lines if not line.startswith("@@"))]) + "\n"}


def _masked(line: str) -> str:
    """Hide what a setting may hold of others' secrets: "smtp_sasl_password_maps = static:user:password"."""
    name, equals, value = line.partition("=")
    if equals and "password" in name and any(kind in value for kind in ("static:", "inline:")):
        return f"{name}= (a secret)"
    return line
