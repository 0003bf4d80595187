# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/permissions.md: written from the code, up to date, and small enough for IAM."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
DOCUMENT = CHECKOUT / "docs/permissions.md"


def check(checkout: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(checkout / "scripts/permissions.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


def test_it_is_up_to_date() -> None:
    assert check(CHECKOUT) == (0, "")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what the script reads."""
    for folder in ("scripts", "plugins", "roles", "playbooks", "docs"):
        shutil.copytree(CHECKOUT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


ACCOUNT = "plugins/module_utils/_aws/account.py"
CHANGES = [
    (ACCOUNT, 'calling("ses:GetAccount"', 'calling("ses:GetAccounts"'),
    ("plugins/modules/ses_account_info.py", "C(ses:GetAccount)", "C(ses:DeleteEmailIdentity)"),
    ("roles/ses_provision/tasks/route53_read.yml", "amazon.aws.route53_info:", "amazon.aws.route53_zone:"),
]
COMPLAINTS = [
    f"ses:GetAccounts is called in {ACCOUNT} and has no place in scripts/permission_groups.py",
    "ses:GetAccount has a place, and nothing calls it",
    "ses:GetAccounts is called, and no plugin documents it",
    "ses_account_info names ses:DeleteEmailIdentity, which it does not call",
    "amazon.aws.route53_zone is used in a role, and AMAZON_AWS does not know it",
    "amazon.aws.route53_info is in AMAZON_AWS, and no role uses it",
]


def test_what_does_not_fit_together_is_found(copy: Path) -> None:
    for path, old, new in CHANGES:
        replace(copy / path, old, new)
    code, text = check(copy)
    assert code == 1
    assert [one for one in COMPLAINTS if one not in text] == []


@pytest.mark.parametrize(
    ("path", "old", "new", "complaint"),
    [
        (
            ACCOUNT,
            'calling("ses:GetAccount"',
            "calling(ACTION",
            "the first argument of calling() is no literal such as",
        ),
        ("docs/permissions.md", '"ses:GetAccount"', '"ses:Get*"', "docs/permissions.md is out of date"),
    ],
)
def test_what_cannot_be_read_or_is_old_is_found(copy: Path, path: str, old: str, new: str, complaint: str) -> None:
    replace(copy / path, old, new)
    code, text = check(copy)
    assert code == 1
    assert complaint in text


def test_a_managed_policy_has_room_for_all_of_it() -> None:
    blocks = re.findall(r"```json\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    whole, *additions = [json.loads(block) for block in blocks]
    statements = [*whole["Statement"], *(one for group in additions if isinstance(group, list) for one in group)]
    names = [one["Sid"] for one in statements]
    assert len(names) == len(set(names))
    # IAM counts 6,144 characters without white space.
    assert len(re.sub(r"\s", "", json.dumps({**whole, "Statement": statements}))) <= 6144
