# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action group holds the modules that take the AWS options: others would refuse its defaults."""

from __future__ import annotations

from pathlib import Path

import yaml

COLLECTION = Path(__file__).resolve().parent.parent.parent


def test_group_is_the_aws_side() -> None:
    runtime = yaml.safe_load((COLLECTION / "meta/runtime.yml").read_text(encoding="utf-8"))
    aws_side = [
        module.stem
        for module in (COLLECTION / "plugins/modules").glob("*.py")
        if "amazon.aws.common.modules" in module.read_text(encoding="utf-8")
    ]
    assert sorted(runtime["action_groups"]["ses"]) == sorted(aws_side)
