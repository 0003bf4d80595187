# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cells of a host: how far its test came, check by check."""

from __future__ import annotations

from typing import Any

import fleets
import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.failures import FAILURES
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.replies import REPLIES
from ansible_collections.cloudmail.ses.plugins.plugin_utils._report.account import Account
from ansible_collections.cloudmail.ses.plugins.plugin_utils._report.checks import (
    CHECKS,
    KINDS,
    check_of_through,
    checks_of_straight,
    seconds,
)
from ansible_collections.cloudmail.ses.plugins.plugin_utils._report.host import Seen, describe, explain, failures, state

NOBODY = Account({}, ())


FAILURE_EXAMPLES = {case.kind: case.examples[0] for case in FAILURES}


def states(result: dict[str, Any]) -> str:
    """Return the states of the checks up to the way straight to SES: o(k), w(arning), f(ailed), s(topped), n(one)."""
    found = checks_of_straight(result, certificate_days=14)
    return "".join(found[name].state[0] for name, _title in CHECKS if name != "through")


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        # name, port, TLS, certificate, authentication, identity, quota, straight
        pytest.param(fleets.accepted(), "oooooono", id="accepted"),
        pytest.param(fleets.accepted(tls={**fleets.TLS, "days_left": 13}), "ooowoono", id="certificate ends soon"),
        pytest.param(fleets.accepted(tls={**fleets.TLS, "days_left": 14}), "oooooono", id="certificate ends later"),
        pytest.param(fleets.refused("[Errno -2] Name or service not known", "connect"), "fnnnnnnf", id="no such name"),
        pytest.param(fleets.refused("[Errno 111] Connection refused", "connect"), "ofnnnnnf", id="refused"),
        pytest.param(fleets.refused("timed out", "connect"), "ofnnnnnf", id="timed out"),
        pytest.param(fleets.refused("STARTTLS is not offered", "tls"), "oofnnnnf", id="no TLS"),
        pytest.param(
            fleets.refused("certificate verify failed: certificate has expired", "tls"), "ooffnnnf", id="expired"
        ),
        pytest.param(fleets.refused("535 Authentication Credentials Invalid", "auth"), "oooofnnf", id="credentials"),
        pytest.param(fleets.refused("501 Invalid MAIL FROM address provided", "envelope"), "ooooonnf", id="sender"),
        pytest.param(fleets.refused(fleets.REFUSED, "send"), "ooooofnf", id="not verified"),
        pytest.param(
            fleets.refused("454 Throttling failure: Daily message quota exceeded.", "send"), "ooooonff", id="quota"
        ),
        pytest.param(fleets.accepted(accepted=False, message_id=None, stage="envelope"), "ooooonns", id="check mode"),
        pytest.param({"msg": "No module named ssl", "failed": False}, "nnnnnnnf", id="did not run"),
        pytest.param({"msg": "username is missing", "stage": None, "timings": {}}, "nnnnnnnf", id="senseless options"),
    ],
)
def test_how_far_it_came(result: dict[str, Any], expected: str) -> None:
    assert states(result) == expected


@pytest.mark.parametrize(
    ("kinds", "stage", "expected"),
    [
        (("no_such_name", "dns_trouble"), "connect", "fnnnnnnf"),
        (("refused", "unreachable", "timed_out", "silent", "reset", "proxy_answers", "not_ses"), "connect", "ofnnnnnf"),
        (("tls_expired", "tls_not_yet_valid", "tls_wrong_name", "tls_unknown_ca"), "tls", "ooffnnnf"),
        (("tls_protocol", "tls_not_offered", "tls_broken", "starttls_failed"), "tls", "oofnnnnf"),
        (("auth_not_offered", "login_failed"), "auth", "oooofnnf"),
    ],
)
@pytest.mark.parametrize("timed", [True, False])
def test_a_failure_shows_at_the_check_that_failed_and_no_other(
    kinds: tuple[str, ...], stage: str, expected: str, timed: bool
) -> None:
    for kind in kinds:
        result = fleets.refused(FAILURE_EXAMPLES[kind], stage)
        assert result["diagnosis"]["kind"] == kind
        if not timed:
            # Results without the time of the look-up say as much.
            result["timings"].pop("dns", None)
        assert states(result) == expected, kind


def test_a_reply_in_place_of_the_greeting_comes_through_an_open_port() -> None:
    assert states(fleets.refused("421 Too many concurrent SMTP connections", "connect")) == "oonnnnff"


def test_kinds_are_those_of_the_diagnosis() -> None:
    assert set(KINDS) <= {case.kind for case in (*REPLIES, *FAILURES)}
    assert len(KINDS) == len(set(KINDS))


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({}, ("none", "not asked")),
        ({"skipped": True, "changed": False}, ("none", "not asked")),
        (fleets.through(), ("ok", "postfix, 710 ms")),
        ({**fleets.refused(fleets.REFUSED, "send"), "mta": "exim"}, ("failed", "exim: 554 not verified")),
        (fleets.NO_MTA, ("failed", "could not be tested")),
    ],
)
def test_the_way_through_the_mail_server(result: dict[str, Any], expected: tuple[str, str]) -> None:
    found = check_of_through(result)
    assert (found.state, found.text) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0004, "0 ms"), (0.081, "81 ms"), (0.9996, "1.00 s"), (12.346, "12.35 s"), (None, ""), ("x", "")],
)
def test_durations_for_people(value: Any, text: str) -> None:
    assert seconds(value) == text


@pytest.mark.parametrize(
    ("seen", "expected", "kinds"),
    [
        (Seen("a", straight=fleets.accepted(), through=fleets.through()), "passed", []),
        (Seen("a", straight=fleets.accepted()), "passed", []),
        (Seen("a"), "waiting", []),
        (Seen("a", active=False), "untested", ["untested"]),
        (Seen("a", straight=fleets.UNREACHABLE), "unreachable", ["unreachable"]),
        (Seen("a", straight=fleets.accepted(), through=fleets.UNREACHABLE), "unreachable", ["unreachable"]),
        (Seen("a", straight=fleets.accepted(), through=fleets.NO_MTA), "failed", ["not_tested"]),
        (
            Seen("a", straight=fleets.refused("535 Authentication Credentials Invalid", "auth"), through=fleets.NO_MTA),
            "failed",
            ["credentials", "not_tested"],
        ),
        # failed_when hides the failure of a module that could not start.
        (Seen("a", straight={"failed": False, "msg": "MODULE FAILURE"}), "failed", ["not_tested"]),
    ],
)
def test_what_became_of_a_host(seen: Seen, expected: str, kinds: list[str]) -> None:
    assert state(seen) == expected
    assert [one.kind for one in failures(seen)] == kinds


def test_a_failure_is_one_text_with_cause_and_fix() -> None:
    [failure] = failures(Seen("a", straight=fleets.refused("535 Authentication Credentials Invalid", "auth")))
    text = explain(failure)
    assert text.startswith("Straight to SES: 535 Authentication Credentials Invalid. Cause: ")
    assert " Fix: Derive the password" in text
    [failure] = failures(Seen("a", straight=fleets.accepted(), through=fleets.NO_MTA))
    assert explain(failure) == "Through the mail server: " + fleets.NO_MTA["msg"]


def test_a_dialogue_is_kept_where_it_went_wrong_and_there_alone() -> None:
    bad = Seen("a", straight=fleets.refused(fleets.EVIL, "send", transcript=[f"line {n}" for n in range(99)]))
    assert describe(bad, NOBODY, certificate_days=14)["transcript"]["straight"] == [f"line {n}" for n in range(59, 99)]
    assert describe(Seen("a", straight=fleets.accepted()), NOBODY, certificate_days=14)["transcript"] == {}


def account(**reasons: list[dict[str, str]]) -> Account:
    said = fleets.account()
    preflights = said["__ses_verify_preflights"]["results"]
    regions = [{**one, **reasons} for one in preflights[0]["regions"]]
    return Account(said["__ses_verify_account_info"], [{**preflights[0], "regions": regions}])


def cells(straight: dict[str, Any], said: Account, **about: Any) -> tuple[Any, Any]:
    seen = Seen("a", about={**fleets.ABOUT, **about}, straight=straight)
    found = describe(seen, said, certificate_days=14)["checks"]
    return tuple(found["identity"].values()), tuple(found["quota"].values())


def test_what_aws_says_stands_where_the_message_says_nothing() -> None:
    timed_out = fleets.refused("timed out", "connect")
    assert cells(timed_out, NOBODY) == (("none", "not asked"), ("none", "not asked"))
    assert cells(timed_out, account()) == (("ok", "example.com verified"), ("ok", "48,766 of 50,000 left"))
    pending = account(reasons=[{"code": "identity_pending", "message": "m", "fix": "f"}])
    assert cells(timed_out, pending)[0] == ("failed", "identity pending")
    # SES took the message of this sender, so it is verified.
    assert cells(fleets.accepted(), pending)[0] == ("ok", "message accepted")
    assert cells(timed_out, account(), region="us-east-1") == (("none", "not known"), ("none", "not known"))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"remaining_24_hour_send": 0.4}, ("failed", "0 of 50,000 left")),
        ({"remaining_24_hour_send": 4999}, ("warning", "4,999 of 50,000 left")),
        ({"remaining_24_hour_send": 5000}, ("ok", "5,000 of 50,000 left")),
        ({"remaining_24_hour_send": None, "max_24_hour_send": -1}, ("ok", "no limit")),
        ({"sending_enabled": False}, ("failed", "sending is paused")),
    ],
)
def test_what_is_left_of_the_quota(facts: dict[str, Any], expected: tuple[str, str]) -> None:
    usual = fleets.account()["__ses_verify_account_info"]["accounts"][0]
    found = Account({"accounts": [{**usual, **facts}]}, ()).quota("eu-west-1")
    assert (found.state, found.text) == expected


def test_an_answer_that_lacks_is_a_note() -> None:
    # The role's failed_when has made it no failure.
    asked = Account({"msg": "AccessDenied", "failed": False}, [{"msg": "AccessDenied", "item": {}}])
    assert asked.notes() == ["AWS could not be asked: AccessDenied"]
    assert asked.regions() == [] and asked.problems() == []
    assert NOBODY.notes() == []
