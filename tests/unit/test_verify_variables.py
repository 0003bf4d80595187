# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of ses_verify: its specification, its defaults, its README and its tasks know the same ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROLE = Path(__file__).resolve().parent.parent.parent / "roles" / "ses_verify"
#: What its playbook takes
OTHERS = {"ses_verify_serial"}
NAME = re.compile(r"(?<![_a-z])ses_verify_\w+")


def read(name: str) -> Any:
    return yaml.safe_load((ROLE / name).read_text(encoding="utf-8"))


OPTIONS = read("meta/argument_specs.yml")["argument_specs"]["main"]["options"]


def test_defaults_are_those_of_the_specification() -> None:
    defaults = read("defaults/main.yml")
    assert set(defaults) == set(OPTIONS)
    for name, value in defaults.items():
        # What is computed is told in words; a port of ses_relay's has the usual one for its default.
        if "{{" not in str(value):
            assert OPTIONS[name]["default"] == value, name
        assert OPTIONS[name].get("default", "") in ("", value, 587), name


def test_what_is_used_is_specified_and_the_other_way_round() -> None:
    files = [path for part in ("tasks", "vars", "defaults") for path in (ROLE / part).iterdir()]
    used = {name for path in files for name in NAME.findall(path.read_text(encoding="utf-8"))}
    assert used == set(OPTIONS)


def test_readme_tells_all() -> None:
    assert set(NAME.findall((ROLE / "README.md").read_text(encoding="utf-8"))) - OTHERS == set(OPTIONS)
