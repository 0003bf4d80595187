# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the variables of the role ses_relay: which of them, why, and what to do."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._relay.findings import RelayInputError
from ansible_collections.cloudmail.ses.plugins.module_utils._relay.relay_input import relay_input
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import derive_smtp_password

IRELAND, VIRGINIA = (derive_smtp_password("some+secret+key", region) for region in ("eu-west-1", "us-east-1"))
BOTH = {"eu-west-1": IRELAND, "us-east-1": VIRGINIA}
THEIRS = "AKIAI44QH8DHBEXAMPLE"
IAM_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
LEGACY = "An60U4ZD3sd4fg+FvXUjayOipTt8LO4rUUmhpdX6ctDy"
OUR_SENDERS = ["app@example.net"]
ARN = "arn:aws:ses:eu-west-1:111122223333:identity/"
SECRETS = (IRELAND, VIRGINIA, IAM_SECRET, LEGACY)


def lines_of(given: dict[str, Any]) -> list[str]:
    """Return what is wrong, none of which may hold a secret."""
    with pytest.raises(RelayInputError) as raised:
        relay_input(given)
    assert not [secret for secret in SECRETS if secret in str(raised.value)]
    return raised.value.lines


def check(given: dict[str, Any], changes: dict[str, Any], variable: str, reason: str) -> None:
    """See that there is one complaint, of ``variable``, and that it ends with the next step."""
    lines = lines_of({**given, **changes})
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"{variable}: "), lines
    assert re.search(reason, lines[0]), lines
    assert (". " in lines[0] or " are 1 to " in lines[0] or ": 1 to " in lines[0]) and lines[0].endswith(
        (".", "'.", "...")
    ), lines


@pytest.mark.parametrize(
    ("changes", "variable", "reason"),
    [
        ({"region": ""}, "ses_relay_region", "is empty. Give the region"),
        ({"region": "eu-wst"}, "ses_relay_region", "'eu-wst' is not an AWS region"),
        ({"region": "eu-west-1a"}, "ses_relay_region", "availability zone"),
        ({"region": "il-central-1"}, "ses_relay_region", "no SMTP endpoint in region il-central-1"),
        ({"region": "cn-north-1"}, "ses_relay_region", "does not exist in region cn-north-1"),
        ({"region": ["eu-west-1"]}, "ses_relay_region", "is a list, and a text is wanted"),
        (
            {"host": "email-smtp.us-east-1.amazonaws.com"},
            "ses_relay_host",
            "is in us-east-1, but region is eu-west-1",
        ),
        ({"host": "x.mail-manager-smtp.amazonaws.com"}, "ses_relay_host", "Mail Manager, another product"),
        ({"host": "email.eu-west-1.amazonaws.com"}, "ses_relay_host", "HTTPS API"),
        ({"host": "smtp://ses.example.net:587"}, "ses_relay_host", "not a host name|is no host name"),
        ({"host": "192.0.2.25"}, "ses_relay_host", "'192.0.2.25' is no host name.*no certificate"),
        ({"host": "2001:db8::25"}, "ses_relay_host", "no certificate"),
        ({"host": "ses.example.net", "region": "Ireland"}, "ses_relay_host", "'Ireland' is not an AWS region"),
        ({"endpoints": "eu-west-1"}, "ses_relay_endpoints", r"is a text, and a list is wanted.*-e '\{\"ses_relay_endp"),
        ({"endpoints": ["eu-west-1", 5]}, "ses_relay_endpoints[1]", "neither a region nor a dictionary"),
        ({"endpoints": ["eu-west-1", "Virginia"]}, "ses_relay_endpoints[1]", "'Virginia' is not an AWS region"),
        (
            {"endpoints": ["email-smtp.eu-west-1.amazonaws.com"]},
            "ses_relay_endpoints[0]",
            r"is a host name, not a region.*\{host: email-smtp",
        ),
        ({"endpoints": [{"port": 465, "region": "eu-west-1"}]}, "ses_relay_endpoints[0]", "port means nothing here"),
        ({"endpoints": ["eu-west-1", {}]}, "ses_relay_endpoints[1]", "neither a region nor a host"),
        ({"endpoints": ["eu-west-1", "eu-west-1"]}, "ses_relay_endpoints[1]", r"is ses_relay_endpoints\[0\] already"),
        (
            {"endpoints": ["us-east-1"], "passwords": BOTH, "password": ""},
            "ses_relay_region",
            "'eu-west-1' is not among ses_relay_endpoints",
        ),
        (
            {"endpoints": ["eu-west-1"], "host": "ses.example.net"},
            "ses_relay_host",
            "'ses.example.net' is not among ses_relay_endpoints",
        ),
    ],
)
def test_where(given: dict[str, Any], changes: dict[str, Any], variable: str, reason: str) -> None:
    check(given, changes, variable, reason)


@pytest.mark.parametrize(
    ("changes", "variable", "reason"),
    [
        ({"username": ""}, "ses_relay_username", "is empty. Give the ID of the access key"),
        ({"username": "ASIAIOSFODNN7EXAMPLE"}, "ses_relay_username", "is temporary"),
        ({"username": "AIDAIOSFODNN7EXAMPLE"}, "ses_relay_username", "identifier of an IAM user"),
        ({"username": "app@example.com"}, "ses_relay_username", "is an e-mail address"),
        ({"username": VIRGINIA}, "ses_relay_username", "looks like a secret"),
        (
            {"username": IRELAND, "password": "AKIAIOSFODNN7EXAMPLE"},
            "ses_relay_username",
            "User name and password are swapped",
        ),
        ({"username": {"key": THEIRS}}, "ses_relay_username", "is a dictionary, and a text is wanted"),
        ({"password": ""}, "ses_relay_password", "is empty. Give the SMTP password"),
        ({"password": IAM_SECRET}, "ses_relay_password", "is an IAM secret access key itself"),
        ({"password": LEGACY}, "ses_relay_password", "is of the old kind"),
        ({"password": BOTH}, "ses_relay_password", "is a dictionary, and a text is wanted"),
        ({"password": str(BOTH)}, "ses_relay_password", "whole dictionary"),
        ({"password": f"{IRELAND}\n"}, "ses_relay_password", "white space"),
        ({"password": "{{ vault_password }}"}, "ses_relay_password", "not resolved"),
        (
            {"passwords": {"us-east-1": VIRGINIA}, "password": VIRGINIA},
            "ses_relay_password",
            "is that of us-east-1, but the endpoint is in eu-west-1",
        ),
        ({"passwords": [IRELAND]}, "ses_relay_passwords", "is a list, and a dictionary is wanted"),
        ({"passwords": {"eu-west-1": IAM_SECRET}}, "ses_relay_passwords.eu-west-1", "IAM secret access key itself"),
        ({"passwords": {**BOTH, "eu-north-1": ""}}, "ses_relay_passwords.eu-north-1", "is empty"),
        ({"passwords": {**BOTH, "eu-north-1": 5}}, "ses_relay_passwords.eu-north-1", "is a number"),
        ({"passwords": {IRELAND: "eu-west-1"}}, "ses_relay_passwords", "keys and values are swapped"),
        (
            {"passwords": {"username": THEIRS, "created": False, "passwords": BOTH}},
            "ses_relay_passwords",
            "has created, passwords, username, which is no region",
        ),
        (
            {"passwords": {"eu-west-1": IRELAND, "us-east-1": IRELAND}},
            "ses_relay_passwords",
            "has the same for eu-west-1 and us-east-1",
        ),
        (
            {"passwords": {"us-east-1": VIRGINIA}, "password": ""},
            "ses_relay_passwords",
            "for ses_relay_region: it has none of eu-west-1, only of us-east-1",
        ),
        (
            {
                "passwords": {"us-east-1": VIRGINIA},
                "password": "",
                "host": "email-smtp.eu-west-1.amazonaws.com",
            },
            "ses_relay_passwords",
            "for ses_relay_region: it has none of eu-west-1",
        ),
        (
            {"host": "ses.example.net", "region": "", "passwords": BOTH, "password": ""},
            "ses_relay_passwords",
            "for ses_relay_host: it .*does not tell which of them is meant. Give region too",
        ),
        # One password, two regions: as one variable, and as the same text in two.
        (
            {"endpoints": ["eu-west-1", "us-east-1"]},
            "ses_relay_password",
            "in eu-west-1 and us-east-1, and a password belongs to one region",
        ),
        (
            {"endpoints": ["eu-west-1", {"region": "us-east-1", "password": IRELAND}]},
            "ses_relay_endpoints[1].password",
            r"in eu-west-1 and us-east-1 \(in ses_relay_password too\)",
        ),
        (
            {"endpoints": ["eu-west-1", {"region": "us-east-1", "username": THEIRS}]},
            "ses_relay_endpoints[1].username",
            rf"{THEIRS} is a key of its own, and there is no password of it for ses_relay_endpoints\[1\]",
        ),
        (
            {"endpoints": [{"region": "eu-west-1", "password": IAM_SECRET}]},
            "ses_relay_endpoints[0].password",
            "IAM secret access key itself",
        ),
    ],
)
def test_as_whom(given: dict[str, Any], changes: dict[str, Any], variable: str, reason: str) -> None:
    check(given, changes, variable, reason)


@pytest.mark.parametrize(
    ("entry", "variable", "reason"),
    [
        ("app@example.net", "", "is not a dictionary. Write"),
        ({"senders": OUR_SENDERS}, "", "says neither where the mail of its senders goes nor as whom"),
        ({"senders": OUR_SENDERS, "region": "eu-west-1", "from": "x"}, "", "from means nothing here"),
        ({"region": "eu-west-1"}, ".senders", "has no sender"),
        ({"senders": "app@example.net", "region": "eu-west-1"}, ".senders", "is a text, and a list is wanted"),
        ({"senders": [""], "region": "eu-west-1"}, ".senders[0]", "is empty"),
        ({"senders": [None], "region": "eu-west-1"}, ".senders[0]", "is empty"),
        ({"senders": [5], "region": "eu-west-1"}, ".senders[0]", "is a number"),
        ({"senders": ["app"], "region": "eu-west-1"}, ".senders[0]", "'app' is not a bare address"),
        ({"senders": ["App <app@example.net>"], "region": "eu-west-1"}, ".senders[0]", "without a name"),
        ({"senders": ["app@host"], "region": "eu-west-1"}, ".senders[0]", "'host' is not a full one"),
        ({"senders": ["@host"], "region": "eu-west-1"}, ".senders[0]", "'host' is neither"),
        ({"senders": ["@*.example.net"], "region": "eu-west-1"}, ".senders[0]", "it is a pattern"),
        ({"senders": ["example.net"], "region": "eu-west-1"}, ".senders[0]", "'example.net' is not a bare address"),
        (
            {"senders": ["$app@example.net"], "region": "eu-west-1"},
            ".senders[0]",
            r"'\$app@example.net' has characters",
        ),
        ({"senders": ['"a b"@example.net'], "region": "eu-west-1"}, ".senders[0]", "has characters before the @"),
        ({"senders": ["-fx@example.net"], "region": "eu-west-1"}, ".senders[0]", "has characters before the @"),
        ({"senders": ["*@example.net"], "region": "eu-west-1"}, ".senders[0]", "has characters before the @"),
        ({"senders": ["a..b@example.net"], "region": "eu-west-1"}, ".senders[0]", "has characters before the @"),
        ({"senders": ["ä@example.net"], "region": "eu-west-1"}, ".senders[0]", "outside ASCII"),
        ({"senders": ["app@straße.example"], "region": "eu-west-1"}, ".senders[0]", "would become strasse.example"),
        ({"senders": ["a@x.example", "A@x.example"], "region": "eu-west-1"}, ".senders", "A@x.example is in .*already"),
        ({"senders": OUR_SENDERS, "endpoints": ["Ireland2"]}, ".endpoints[0]", "'Ireland2' is not an AWS region"),
        ({"senders": OUR_SENDERS, "region": "Ireland2"}, ".region", "'Ireland2' is not an AWS region"),
        (
            {"senders": OUR_SENDERS, "endpoints": ["eu-west-1"], "region": "us-east-1"},
            ".region",
            r"'us-east-1' is not among ses_relay_senders\[0\].endpoints",
        ),
        (
            {"senders": OUR_SENDERS, "username": THEIRS},
            ".username",
            r"key of its own, and there is no password of it for ses_relay_senders\[0\]\. Give it beside",
        ),
        (
            {"senders": OUR_SENDERS, "endpoints": [{"region": "us-east-1"}], "username": THEIRS},
            ".username",
            r"no password of it for ses_relay_senders\[0\].endpoints\[0\]",
        ),
        (
            {"senders": OUR_SENDERS, "username": THEIRS, "passwords": {"us-east-1": VIRGINIA}},
            ".passwords",
            r"for ses_relay_senders\[0\]: it has none of eu-west-1",
        ),
        ({"senders": OUR_SENDERS, "username": "x", "password": VIRGINIA}, ".username", "is not an access key ID"),
    ],
)
def test_of_senders(given: dict[str, Any], entry: Any, variable: str, reason: str) -> None:
    check(given, {"senders": [entry]}, f"ses_relay_senders[0]{variable}", reason)


def test_senders_of_two_relays(given: dict[str, Any]) -> None:
    entries = [{"senders": ["app@x.example", one], "region": "eu-west-1"} for one in ("@y.example", "@z.example")]
    reason = r"app@x.example is in ses_relay_senders\[0\].senders already"
    check(given, {"senders": entries}, "ses_relay_senders[1].senders", reason)


def test_the_hosts_password_is_not_that_of_another_region(given: dict[str, Any]) -> None:
    entry = {"senders": OUR_SENDERS, "region": "us-east-1"}
    check(
        given, {"senders": [entry]}, "ses_relay_password", "in eu-west-1 and us-east-1, and a password belongs to one"
    )


@pytest.mark.parametrize(
    ("changes", "variable", "reason"),
    [
        ({"mta": "dma"}, "ses_relay_mta", "dma does not verify the name of the server"),
        (
            {"mta": "qmail"},
            "ses_relay_mta",
            "'qmail' is no mail server.*exim, msmtp, nullmailer, opensmtpd, postfix or",
        ),
        ({"mta": None}, "ses_relay_mta", "'' is no mail server"),
        ({"port": 26}, "ses_relay_port", "26 is no port of SES. It has 587, 2587 and 25"),
        ({"port": "smtp"}, "ses_relay_port", "'smtp' is no port"),
        ({"port": 587.5}, "ses_relay_port", "587.5 is no port"),
        ({"port": True}, "ses_relay_port", "True is no port"),
        ({"sender_domain": ""}, "ses_relay_sender_domain", "is empty. Give a domain"),
        ({"sender_domain": "ops@example.com"}, "ses_relay_sender_domain", "'ops@example.com' is an address"),
        ({"sender_domain": "example"}, "ses_relay_sender_domain", "'example' is neither a domain"),
        ({"sender_domain": 5}, "ses_relay_sender_domain", "is a number, and a text is wanted"),
        (
            {"sender_exceptions": ["a@b.example"]},
            "ses_relay_sender_exceptions",
            "is a list, and a dictionary is wanted",
        ),
        ({"sender_exceptions": {"root": "a@b.example"}}, "ses_relay_sender_exceptions['root']", "'root' is not a bare"),
        (
            {"sender_exceptions": {"root@localhost": "root@localhost"}},
            "ses_relay_sender_exceptions['root@localhost']",
            "'localhost' is not a full one",
        ),
        (
            {"sender_exceptions": {"a@h.example": "x@b.example", "a@H.example": "y@b.example"}},
            "ses_relay_sender_exceptions['a@H.example']",
            "a@h.example is there more than once",
        ),
        ({"configuration_set": "my fleet"}, "ses_relay_configuration_set", "'my fleet' is not the name of a config"),
        ({"tenant": "a/b"}, "ses_relay_tenant", "'a/b' is not the name of a tenant"),
        ({"message_tags": "a=b"}, "ses_relay_message_tags", "is a text, and a dictionary is wanted.*-e"),
        ({"message_tags": {"a b": "c"}}, "ses_relay_message_tags", "which 'a b' is not"),
        ({"message_tags": {"a": ""}}, "ses_relay_message_tags", "which '' is not"),
        ({"message_tags": {"live": True}}, "ses_relay_message_tags.live", "is true or false, and a text is wanted"),
        ({"message_tags": {f"n{i}": "v" * 200 for i in range(5)}}, "ses_relay_message_tags", "too long for a header"),
        ({"source_arn": "example.com"}, "ses_relay_source_arn", "'example.com' is not the ARN of an identity"),
        ({"source_arn": f"{ARN}a$b"}, "ses_relay_source_arn", r"a\$b' is not the ARN of a domain or of an address"),
        (
            {"source_arn": f"{ARN}example.com".replace("eu-west-1", "us-east-1")},
            "ses_relay_source_arn",
            r"identity in us-east-1, but mail goes to eu-west-1 \(ses_relay_region\)",
        ),
        (
            {"source_arn": f"{ARN}example.com", "endpoints": ["eu-west-1", "us-east-1"], "passwords": BOTH},
            "ses_relay_source_arn",
            r"identity in eu-west-1, but mail goes to us-east-1 \(ses_relay_endpoints\[1\]\) too",
        ),
        ({"rate": 0}, "ses_relay_rate", "0 is not a number of messages a second above 0"),
        ({"rate": -1.5}, "ses_relay_rate", "-1.5 is not"),
        ({"rate": "fast"}, "ses_relay_rate", "'fast' is not"),
        ({"rate": "nan"}, "ses_relay_rate", "'nan' is not"),
        ({"rate": "inf"}, "ses_relay_rate", "'inf' is not"),
        ({"rate": 10**400}, "ses_relay_rate", "is not a number of messages"),
        ({"rate": True}, "ses_relay_rate", "True is not"),
        ({"rate": [5]}, "ses_relay_rate", "a list is not"),
        ({"account_rate": 0}, "ses_relay_account_rate", "0 is not"),
        ({"account_rate": 5, "limit": "web1"}, "ses_relay_account_rate", "--limit web1 may leave some out"),
        ({"account_rate": 5, "account_rate_hosts": 0}, "ses_relay_account_rate_hosts", "0 is not a number of hosts"),
        ({"account_rate": 5, "account_rate_hosts": "few"}, "ses_relay_account_rate_hosts", "'few' is not a number"),
        ({"rate": 1, "account_rate": 5}, "ses_relay_rate", "this host's own, and ses_relay_account_rate is shared"),
        ({"bounces": ""}, "ses_relay_bounces", "'' is neither a user of the host nor an address"),
        ({"bounces": "/dev/null"}, "ses_relay_bounces", "'/dev/null' is neither"),
        ({"bounces": "bounces@host"}, "ses_relay_bounces", "'host' is not a full one"),
        ({"bounces": False}, "ses_relay_bounces", "is true or false, and a text is wanted"),
        ({"root_alias": "|/usr/bin/procmail"}, "ses_relay_root_alias", r"'\|/usr/bin/procmail' is neither an address"),
        ({"root_alias": "root"}, "ses_relay_root_alias", "'root' is neither an address nor another user"),
        ({"root_alias": "a@x.example,"}, "ses_relay_root_alias", "'' is neither an address"),
        ({"root_alias": "ops@host"}, "ses_relay_root_alias", "'host' is not a full one"),
        ({"root_alias": ["a@x.example"]}, "ses_relay_root_alias", "is a list, and a text is wanted"),
        ({"settings": "a=b"}, "ses_relay_settings", "is a text, and a dictionary is wanted"),
        ({"settings": {"qmail": {}}}, "ses_relay_settings.qmail", "is no mail server that the role knows"),
        ({"settings": {"smtp_bind_address": "x"}}, "ses_relay_settings.smtp_bind_address", "is no mail server"),
        ({"settings": {"exim": ["x"]}}, "ses_relay_settings.exim", "is a list, and a dictionary is wanted"),
    ],
)
def test_the_rest(given: dict[str, Any], changes: dict[str, Any], variable: str, reason: str) -> None:
    check(given, changes, variable, reason)


def test_all_at_once(given: dict[str, Any]) -> None:
    given.update(region="eu-wst", password=IAM_SECRET, rate=0, senders=[{"senders": ["x"], "endpoints": ["us"]}])
    with pytest.raises(RelayInputError) as raised:
        relay_input(given)
    first, *rest = str(raised.value).splitlines()
    assert first == "5 things have to be corrected in the variables of the role ses_relay."
    assert rest == raised.value.lines
    assert [line.partition(":")[0] for line in rest] == [
        "ses_relay_region",
        "ses_relay_password",
        "ses_relay_senders[0].senders[0]",
        "ses_relay_senders[0].endpoints[0]",
        "ses_relay_rate",
    ]


@pytest.mark.parametrize("name", ["region", "host", "sender_domain", "tenant", "bounces", "root_alias", "mta", "port"])
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_in_the_wrong_place_is_not_shown(given: dict[str, Any], name: str, secret: str) -> None:
    lines = lines_of({**given, name: f"{secret} "})
    assert any("hidden" in line for line in lines)


def test_the_given_password_is_nowhere_shown(given: dict[str, Any]) -> None:
    lines = lines_of({**given, "password": "hunter22", "tenant": "x hunter22", "passwords": {"eu-west-1": "hunter33"}})
    assert any("'x (hidden)'" in line for line in lines)
    assert "hunter" not in "".join(lines)
