# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a mail server cannot do: the table, and that asking for it is an error."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._relay.capabilities import CANNOT, FEATURES, MTAS, cannot
from ansible_collections.cloudmail.ses.plugins.module_utils._relay.findings import RelayInputError
from ansible_collections.cloudmail.ses.plugins.module_utils._relay.relay_input import relay_input
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import derive_smtp_password

VIRGINIA = derive_smtp_password("some+secret+key", "us-east-1")
VERSED = {"region": "us-east-1", "password": VIRGINIA}


def test_the_table_names_what_there_is() -> None:
    assert set(CANNOT) <= set(MTAS)
    assert {feature for row in CANNOT.values() for feature in row} <= set(FEATURES)


@pytest.mark.parametrize("row", [(mta, name) for mta, row in CANNOT.items() for name in row], ids="-".join)
def test_a_row_has_a_reason_and_a_next_step(row: tuple[str, str]) -> None:
    reason = CANNOT[row[0]][row[1]]
    assert reason[0].isupper()
    assert reason.endswith(".")
    assert "ses_relay_mta to" in cannot(*row), "nobody can, so there is no next step"


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"configuration_set": "fleet"}, {"headers": ["ses_relay_configuration_set"]}),
        ({"message_tags": {"a": "b"}}, {"headers": ["ses_relay_message_tags"]}),
        (
            {"tenant": "shop", "source_arn": "arn:aws:ses:eu-west-1:111122223333:identity/example.com"},
            {"headers": ["ses_relay_tenant", "ses_relay_source_arn"]},
        ),
        (
            {
                "tenant": "shop",
                "source_arn": "arn:aws:ses:eu-west-1:111122223333:identity/example.com",
                "message_tags": {"a": "b"},
                "configuration_set": "fleet",
            },
            {
                "headers": [
                    "ses_relay_configuration_set",
                    "ses_relay_message_tags",
                    "ses_relay_tenant",
                    "ses_relay_source_arn",
                ],
                "many_headers": ["ses_relay_source_arn"],
            },
        ),
        ({"senders": [{"senders": ["a@x.example"], **VERSED}]}, {"senders": ["ses_relay_senders[0]"]}),
        (
            {"senders": [{"senders": ["a@x.example", "@y.example"], **VERSED}]},
            {"senders": ["ses_relay_senders[0]"], "sender_domains": ["ses_relay_senders[0].senders"]},
        ),
        (
            {"senders": [{"senders": ["a@x.example"], "endpoints": ["eu-west-1", VERSED]}]},
            {"senders": ["ses_relay_senders[0]"], "failover": ["ses_relay_senders[0].endpoints"]},
        ),
        ({"endpoints": ["eu-west-1", VERSED]}, {"failover": ["ses_relay_endpoints"]}),
        ({"endpoints": ["eu-west-1"]}, {}),
        ({"sender_exceptions": {"a@x.example": "a@x.example"}}, {"sender_exceptions": ["ses_relay_sender_exceptions"]}),
        ({"rate": 1}, {"rate": ["ses_relay_rate"]}),
        ({"account_rate": 1}, {"rate": ["ses_relay_account_rate"]}),
        ({"bounces": "admin"}, {"bounces_mailbox": ["ses_relay_bounces"]}),
        ({"bounces": "discard"}, {"bounces_discard": ["ses_relay_bounces"]}),
        ({"bounces": "b@x.example"}, {"bounces_sender": ["ses_relay_bounces"]}),
        ({"root_alias": "ops@x.example"}, {"root_alias": ["ses_relay_root_alias"]}),
        ({"port": 465}, {"wrapper": ["ses_relay_port"]}),
        ({"settings": {"postfix": {"a": 1}}}, {"settings": ["ses_relay_settings.postfix"]}),
        ({"settings": {"exim": {"a": 1}}}, {}),
        # The default asks for nothing.
        ({}, {}),
    ],
)
def test_what_asks_for_what(
    given: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
    asked: dict[str, list[str]],
) -> None:
    # Of a mail server that can do nothing but STARTTLS
    nothing = {name: f"Reason {name}." for name in FEATURES if name != "starttls"}
    monkeypatch.setitem(CANNOT, "postfix", nothing)
    found: dict[str, list[str]] = {}
    try:
        relay_input({**given, **changes})
    except RelayInputError as exc:
        for line in exc.lines:
            variable, _colon, reason = line.partition(": ")
            found.setdefault(reason.partition("Reason ")[2].partition(".")[0], []).append(variable)
    assert found == asked


def test_starttls(given: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CANNOT, "postfix", {"starttls": "Reason."})
    with pytest.raises(
        RelayInputError, match=r"ses_relay_port: postfix cannot do STARTTLS \(ports 25, 587 and 2587\)\. R"
    ):
        relay_input(given)
    relay_input({**given, "port": 465})


def test_who_can(monkeypatch: pytest.MonkeyPatch) -> None:
    for mta in MTAS:
        monkeypatch.setitem(CANNOT, mta, {"rate": "Reason."} if mta in ("msmtp", "exim") else {})
    assert cannot("msmtp", "rate") == (
        "msmtp cannot do a limit of messages a second. Reason. Or leave it out, or set ses_relay_mta to nullmailer, opensmtpd, "
        "postfix or sendmail, which can."
    )
    assert cannot("postfix", "rate") == ""
    assert cannot("unknown", "rate") == ""
