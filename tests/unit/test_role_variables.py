# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of ses_provision: its specification, its defaults, its README and its tasks know the same ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.provision_input import EXAMPLES

ROLE = Path(__file__).resolve().parent.parent.parent / "roles" / "ses_provision"
#: What the role gives, what its playbook takes, and the start of a family of names
OTHERS = {"ses_provision_result", "ses_provision_hosts", "ses_provision_configuration_set_"}
NAME = re.compile(r"(?<![_a-z])ses_provision_\w+")


def read(name: str) -> Any:
    return yaml.safe_load((ROLE / name).read_text(encoding="utf-8"))


OPTIONS = read("meta/argument_specs.yml")["argument_specs"]["main"]["options"]


def test_defaults_are_those_of_the_specification() -> None:
    defaults = read("defaults/main.yml")
    assert set(defaults) <= set(OPTIONS)
    for name, value in defaults.items():
        # What is computed is told in words.
        assert ("default" not in OPTIONS[name]) if "{{" in str(value) else (OPTIONS[name]["default"] == value), name
    assert {name for name in OPTIONS if "default" in OPTIONS[name]} <= set(defaults)


def test_what_is_used_is_specified_and_the_other_way_round() -> None:
    files = [path for part in ("tasks", "templates", "vars", "defaults") for path in (ROLE / part).iterdir()]
    used = {name for path in files for name in NAME.findall(path.read_text(encoding="utf-8"))}
    assert used - OTHERS == set(OPTIONS)


def test_readme_tells_all() -> None:
    text = (ROLE / "README.md").read_text(encoding="utf-8")
    # One line of the table gives names by their ends: `ses_provision_a_b`, `_c`
    family = "ses_provision_configuration_set"
    told = set(NAME.findall(text)) | {f"{family}{end}" for end in re.findall(r"`(_[a-z_]+)`", text)}
    assert told - OTHERS == set(OPTIONS)


def test_no_list_and_no_dictionary_is_taken_as_a_text() -> None:
    structures = {name for name, option in OPTIONS.items() if option["type"] in ("list", "dict")}
    assert structures == set(EXAMPLES) == set(read("vars/main.yml")["__ses_provision_structures"])
    assert all(isinstance(EXAMPLES[name], {"list": list, "dict": dict}[OPTIONS[name]["type"]]) for name in structures)
