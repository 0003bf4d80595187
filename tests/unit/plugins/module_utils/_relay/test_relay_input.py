# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the variables of the role ses_relay come to."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._relay.relay_input import relay_input
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import derive_smtp_password

OURS, THEIRS = "AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"
IRELAND, VIRGINIA = (derive_smtp_password("some+secret+key", region) for region in ("eu-west-1", "us-east-1"))
THEIRS_IRELAND, THEIRS_VIRGINIA = (
    derive_smtp_password("another+secret+key", region) for region in ("eu-west-1", "us-east-1")
)
BOTH = {"eu-west-1": IRELAND, "us-east-1": VIRGINIA}
THEIR_BOTH = {"eu-west-1": THEIRS_IRELAND, "us-east-1": THEIRS_VIRGINIA}
IN_IRELAND = ("email-smtp.eu-west-1.amazonaws.com", "eu-west-1", OURS, IRELAND)
IN_VIRGINIA = ("email-smtp.us-east-1.amazonaws.com", "us-east-1", OURS, VIRGINIA)
AS_THEM_IN_IRELAND = ("email-smtp.eu-west-1.amazonaws.com", "eu-west-1", THEIRS, THEIRS_IRELAND)
AS_THEM_IN_VIRGINIA = ("email-smtp.us-east-1.amazonaws.com", "us-east-1", THEIRS, THEIRS_VIRGINIA)
VPC = "vpce-0a1b-eu-west-1a.email-smtp.eu-west-1.vpce.amazonaws.com"
SENDERS = ["app@example.net"]


def test_a_plain_host(given: dict[str, Any]) -> None:
    wish, warnings = relay_input(given)
    assert wish == {
        "mta": "postfix",
        "relays": [
            {
                "name": "ses",
                "senders": [],
                "endpoints": [
                    {
                        "host": "email-smtp.eu-west-1.amazonaws.com",
                        "region": "eu-west-1",
                        "username": OURS,
                        "password": IRELAND,
                        "sender": "",
                    }
                ],
            }
        ],
        "port": 587,
        "wrapper": False,
        "sender_domain": "example.com",
        "sender_exceptions": {},
        "headers": [],
        "rate": None,
        "bounces": {"to": "mailbox", "address": "root"},
        "root_alias": "",
        "settings": {},
    }
    assert warnings == []


def test_what_is_not_set(given: dict[str, Any]) -> None:
    needed = {name: given[name] for name in ("mta", "region", "username", "password", "sender_domain")}
    assert relay_input(needed) == relay_input(given)
    assert relay_input({**dict.fromkeys(given), **needed, "port": 587}) == relay_input(given)


@pytest.mark.parametrize(
    ("changes", "endpoints"),
    [
        # The endpoint of the region by name, as a default of the role may have it.
        ({"host": "email-smtp.eu-west-1.amazonaws.com"}, [IN_IRELAND]),
        ({"host": "Email-SMTP.eu-west-1.amazonaws.com.", "region": ""}, [IN_IRELAND]),
        ({"host": VPC}, [(VPC, "eu-west-1", OURS, IRELAND)]),
        ({"host": "ses.example.net"}, [("ses.example.net", "eu-west-1", OURS, IRELAND)]),
        ({"host": "ses.example.net", "region": ""}, [("ses.example.net", "", OURS, IRELAND)]),
        # An explicit host always wins.
        ({"host": "ses.example.net", "region": "il-central-1"}, [("ses.example.net", "il-central-1", OURS, IRELAND)]),
        # In order of preference, with a password each.
        ({"endpoints": ["us-east-1", "eu-west-1"], "password": "", "passwords": BOTH}, [IN_VIRGINIA, IN_IRELAND]),
        ({"endpoints": ["us-east-1"], "region": "", "password": "", "passwords": BOTH}, [IN_VIRGINIA]),
        ({"endpoints": [{"region": "eu-west-1"}]}, [IN_IRELAND]),
        # The one password is used where those by region have none.
        ({"endpoints": ["eu-west-1", "us-east-1"], "passwords": {"us-east-1": VIRGINIA}}, [IN_IRELAND, IN_VIRGINIA]),
        # Two hosts of one region share its password.
        ({"endpoints": [{"host": VPC}, "eu-west-1"]}, [(VPC, "eu-west-1", OURS, IRELAND), IN_IRELAND]),
        (
            {"endpoints": [{"host": VPC}], "host": "email-smtp.eu-west-1.amazonaws.com"},
            [(VPC, "eu-west-1", OURS, IRELAND)],
        ),
        (
            {"endpoints": ["eu-west-1", {"region": "us-east-1", "username": THEIRS, "password": THEIRS_VIRGINIA}]},
            [IN_IRELAND, AS_THEM_IN_VIRGINIA],
        ),
        ({"endpoints": ["eu-west-1", {"region": "us-east-1", "password": VIRGINIA}]}, [IN_IRELAND, IN_VIRGINIA]),
    ],
)
def test_where_mail_goes(given: dict[str, Any], changes: dict[str, Any], endpoints: list[tuple[str, ...]]) -> None:
    relays = relay_input({**given, **changes})[0]["relays"]
    assert [tuple(one.values()) for one in relays[0]["endpoints"]] == [(*endpoint, "") for endpoint in endpoints]


@pytest.mark.parametrize(
    ("changes", "entry", "endpoints"),
    [
        # Another region with the same key, whose passwords are known.
        ({"passwords": BOTH}, {"region": "us-east-1"}, [IN_VIRGINIA]),
        ({}, {"region": "us-east-1", "password": VIRGINIA}, [IN_VIRGINIA]),
        # Another account in the same place.
        ({}, {"username": THEIRS, "password": THEIRS_IRELAND}, [AS_THEM_IN_IRELAND]),
        (
            {"endpoints": ["eu-west-1", "us-east-1"], "passwords": BOTH, "password": ""},
            {"username": THEIRS, "passwords": THEIR_BOTH},
            [AS_THEM_IN_IRELAND, AS_THEM_IN_VIRGINIA],
        ),
        # That account's own credential goes before one that an endpoint of the whole host has.
        (
            {"endpoints": [{"region": "eu-west-1", "username": OURS, "password": IRELAND}]},
            {"username": THEIRS, "password": THEIRS_IRELAND},
            [AS_THEM_IN_IRELAND],
        ),
        # Another account, its regions in another order.
        (
            {},
            {"endpoints": ["us-east-1", {"region": "eu-west-1"}], "username": THEIRS, "passwords": THEIR_BOTH},
            [AS_THEM_IN_VIRGINIA, AS_THEM_IN_IRELAND],
        ),
        (
            {},
            {"endpoints": [{"region": "us-east-1", "username": THEIRS, "password": THEIRS_VIRGINIA}, "eu-west-1"]},
            [AS_THEM_IN_VIRGINIA, IN_IRELAND],
        ),
    ],
)
def test_where_mail_of_senders_goes(
    given: dict[str, Any], changes: dict[str, Any], entry: dict[str, Any], endpoints: list[tuple[str, ...]]
) -> None:
    relays = relay_input({**given, **changes, "senders": [{"senders": SENDERS, **entry}]})[0]["relays"]
    assert (relays[1]["name"], relays[1]["senders"]) == ("ses-2", SENDERS)
    assert [tuple(one.values()) for one in relays[1]["endpoints"]] == [(*each, SENDERS[0]) for each in endpoints]
    assert relays[0] == relay_input({**given, **changes})[0]["relays"][0]


def test_senders_are_normal_and_relays_named(given: dict[str, Any]) -> None:
    entries = [
        {"senders": ["App+x@EXAMPLE.net", "@Bücher.Example"], "region": "us-east-1"},
        {"senders": ["a@example.net"], "region": "eu-west-1"},
    ]
    relays = relay_input({**given, "password": "", "passwords": BOTH, "senders": entries})[0]["relays"]
    assert [(one["name"], one["senders"]) for one in relays] == [
        ("ses", []),
        ("ses-2", ["App+x@example.net", "@xn--bcher-kva.example"]),
        ("ses-3", ["a@example.net"]),
    ]


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({"port": 465}, "wrapper", True),
        ({"port": "2465"}, "port", 2465),
        ({"port": 25}, "wrapper", False),
        ({"sender_domain": "Bücher.example"}, "sender_domain", "xn--bcher-kva.example"),
        (
            {"sender_exceptions": {"backup@Web1.internal": "backups@Example.com", "root@localhost": "ops@example.com"}},
            "sender_exceptions",
            {"backup@web1.internal": "backups@example.com", "root@localhost": "ops@example.com"},
        ),
        (
            {
                "source_arn": "arn:aws:ses:eu-west-1:111122223333:identity/example.com",
                "tenant": "shop",
                "message_tags": {"team": "mail", "year": 2026},
                "configuration_set": "fleet",
                "mta": "exim",
            },
            "headers",
            [
                {"name": "X-SES-CONFIGURATION-SET", "value": "fleet"},
                {"name": "X-SES-MESSAGE-TAGS", "value": "team=mail, year=2026"},
                {"name": "X-SES-TENANT", "value": "shop"},
                {"name": "X-SES-SOURCE-ARN", "value": "arn:aws:ses:eu-west-1:111122223333:identity/example.com"},
            ],
        ),
        ({"rate": 5}, "rate", 5.0),
        ({"rate": "0.5"}, "rate", 0.5),
        # Four hosts share it.
        ({"account_rate": 14}, "rate", 3.5),
        ({"account_rate": 14, "account_rate_hosts": 28, "limit": "web1"}, "rate", 0.5),
        ({"account_rate": 14, "account_rate_hosts": "7"}, "rate", 2.0),
        ({"bounces": "postmaster"}, "bounces", {"to": "mailbox", "address": "postmaster"}),
        ({"bounces": "discard"}, "bounces", {"to": "discard", "address": ""}),
        ({"bounces": "bounces@Example.com"}, "bounces", {"to": "sender", "address": "bounces@example.com"}),
        ({"root_alias": "ops@Example.com,admin"}, "root_alias", "ops@example.com, admin"),
        ({"settings": {"postfix": {"a": 1}, "exim": {"b": 2}}}, "settings", {"a": 1}),
        ({"settings": {"exim": {"b": 2}}}, "settings", {}),
    ],
)
def test_the_rest(given: dict[str, Any], changes: dict[str, Any], name: str, value: Any) -> None:
    assert relay_input({**given, **changes})[0][name] == value


def test_a_region_that_nobody_documented_is_a_warning(given: dict[str, Any]) -> None:
    changes = {"endpoints": ["eu-west-1", "xx-new-1"], "passwords": {"xx-new-1": VIRGINIA}}
    wish, warnings = relay_input({**given, **changes})
    assert wish["relays"][0]["endpoints"][1]["host"] == "email-smtp.xx-new-1.amazonaws.com"
    assert len(warnings) == 1
    assert "xx-new-1 is unknown" in warnings[0]


def test_a_password_in_a_vault_before_ansible_core_2_19(given: dict[str, Any]) -> None:
    in_vault = type("AnsibleVaultEncryptedUnicode", (), {"__str__": lambda _self: IRELAND})()
    for changes in ({"password": in_vault}, {"password": "", "passwords": {"eu-west-1": in_vault}}):
        endpoints = relay_input({**given, **changes})[0]["relays"][0]["endpoints"]
        assert [tuple(one.values()) for one in endpoints] == [(*IN_IRELAND, "")]


def test_a_domain_of_senders_is_proved_with_its_postmaster(given: dict[str, Any]) -> None:
    entry = {"senders": ["@example.net"], "username": THEIRS, "password": THEIRS_IRELAND}
    relays = relay_input({**given, "senders": [entry]})[0]["relays"]
    assert relays[1]["endpoints"][0]["sender"] == "postmaster@example.net"
