# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module in a process of its own: options, results, exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ansible_collections.cloudmail.ses.plugins.modules import ses_smtp_test

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Runner

USERNAME = "AKIAIOSFODNN7EXAMPLE"
PASSWORD = "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"
DOCUMENTED = yaml.safe_load(ses_smtp_test.RETURN)
ALWAYS = {name for name, about in DOCUMENTED.items() if about["returned"] == "always"}
FROM_ANSIBLE = {"changed", "failed", "invocation", "rc", "warnings", "deprecations", "exception"}


def options(server: Any, **others: Any) -> dict[str, Any]:
    return {
        "host": "localhost",
        "port": server.port,
        "ca_path": server.ca_path,
        "username": USERNAME,
        "password": PASSWORD,
        "mail_from": "a@example.com",
        "timeout": 10,
        **others,
    }


def documented(result: dict[str, Any]) -> set[str]:
    """Return the keys of a result that the documentation has to name, all that it promises among them."""
    names = set(result) - FROM_ANSIBLE
    assert names <= set(DOCUMENTED), names - set(DOCUMENTED)
    assert names >= ALWAYS, ALWAYS - names
    types = {"str": str, "int": int, "bool": bool, "dict": dict, "list": list}
    for name in names:
        if result[name] is not None:
            assert isinstance(result[name], types[DOCUMENTED[name]["type"]]), name
    return names - ALWAYS


def test_accepted(runner: Runner, serve: Callable[..., Any]) -> None:
    server = serve()
    result = runner.module(**options(server, html="<p>x</p>", tags={"a": "b"}))
    assert documented(result) == set()
    assert (result["rc"], result["changed"], result["accepted"]) == (0, False, True)
    (envelope,) = server.behaviour.messages
    assert b"X-SES-MESSAGE-TAGS: a=b\r\n" in envelope.content and b"text/html" in envelope.content
    assert envelope.rcpt_tos == ["success@simulator.amazonses.com"]


def test_check_mode(runner: Runner, serve: Callable[..., Any]) -> None:
    server = serve()
    result = runner.module(check_mode=True, **options(server))
    assert documented(result) == {"msg"}
    assert (result["rc"], result["accepted"], result["stage"]) == (0, False, "envelope")
    assert "nothing was sent" in result["msg"]
    assert server.behaviour.messages == [] and server.behaviour.resets == 1


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ({"password": PASSWORD[:-1] + "3"}, "stage auth failed against localhost"),
        ({"username": "ASIAIOSFODNN7EXAMPLE", "recipients": ["x"]}, "2 things have to be corrected"),
        ({"through": "mta"}, "is of no use with through=mta"),
        ({"probe": True}, "is of no use with probe=true"),
    ],
)
def test_every_failure_is_as_documented(
    runner: Runner, serve: Callable[..., Any], others: dict[str, Any], reason: str
) -> None:
    result = runner.module(**options(serve(), **others))
    extra = {"through": {"mta", "queue_id"}, "probe": {"doors", "recommended"}}
    assert documented(result) == {"msg"}.union(*(extra.get(name, set()) for name in others))
    assert (result["rc"], result["failed"], result["accepted"]) == (1, True, False)
    assert reason in result["msg"]


def test_the_examples_are_of_known_options() -> None:
    about = yaml.safe_load(ses_smtp_test.DOCUMENTATION)["options"]
    examples = yaml.safe_load(ses_smtp_test.EXAMPLES)
    assert examples
    for task in examples:
        given = task["cloudmail.ses.ses_smtp_test"]
        assert set(given) <= set(about), task["name"]
        for one in given.get("attachments", []):
            assert set(one) <= set(about["attachments"]["suboptions"]), task["name"]
