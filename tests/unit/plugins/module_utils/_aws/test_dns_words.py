# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a name server that fails is said to have done: once, and not again for each record."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.cloudmail.ses.plugins.filter.dns_route53 import dns_route53
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_check import check_records
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_record import sentences
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_wait import dns_sentences


def records(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "type": "TXT", "value": "v=spf1 include:amazonses.com ~all"} for name in names]


def test_one_sentence_for_a_server_that_fails(name_server: Any) -> None:
    name_server.zone["good.example.com", "TXT"] = ['"v=spf1 include:amazonses.com ~all"']
    asked = records("a.broken.example.com", "good.example.com", "b.broken.example.com")
    found = check_records(asked, [name_server.address], 5)
    address, _colon, port = name_server.address.rpartition(":")
    said = f"(the name server {address}, port {port}, answered SERVFAIL)"
    assert dns_sentences(found) == [
        "good.example.com TXT v=spf1 include:amazonses.com ~all is in DNS, and SES has not looked since.",
        f"a.broken.example.com TXT, b.broken.example.com TXT could not be looked up {said}.",
    ]


def test_several_reasons() -> None:
    found = [{**one, "state": "unknown", "problem": one["name"][0]} for one in records("a1", "b1", "a2")]
    assert sentences(found) == ["a1 TXT, a2 TXT could not be looked up (a)", "b1 TXT could not be looked up (b)"]


@pytest.mark.parametrize("timeout", [0, -1.0])
def test_no_time_to_ask_in(timeout: float) -> None:
    with pytest.raises(PlanError, match=r"timeout is .*: it must be more than 0 seconds"):
        check_records(records("example.com"), ["192.0.2.53"], timeout)


class AnsiblesOwn(dict[str, Any]):
    """As Ansible has types of its own for what a template gives."""


@pytest.mark.parametrize("name", ["dns_zone", "dns_table", "dns_route53"])
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (AnsiblesOwn(), "must be a list of dictionaries, not a dictionary. Give dns_records"),
        ("example.com", "not a text."),
        (None, "not nothing."),
        (["example.com"], "and there is a text in it."),
        ([True], "and there is true or false in it."),
    ],
)
def test_what_is_no_list_of_records(name: str, wrong: Any, says: str) -> None:
    plugin = importlib.import_module(f"ansible_collections.cloudmail.ses.plugins.filter.{name}")
    with pytest.raises(AnsibleFilterError) as caught:
        plugin.FilterModule().filters()[name](wrong, *([] if name == "dns_table" else [{}]))
    assert says in str(caught.value)
    assert str(caught.value).startswith(f"{name}: the input must be")


def test_zones_are_a_dictionary() -> None:
    with pytest.raises(AnsibleFilterError, match=r"zones must be a dictionary, not a list\."):
        dns_route53([], [])
