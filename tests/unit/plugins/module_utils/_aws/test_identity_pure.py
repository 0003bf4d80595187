# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to change on an identity, its records, and what it waits for: no calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_dns import dns_records, given_up, pending
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_plan import (
    Wanted,
    defaults_of,
    normal_name,
    plan,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_settings import settings_of

DOMAIN = defaults_of("example.com")
WITH_MAIL_FROM = replace(DOMAIN, mail_from_domain="b.example.com", mail_from_on_mx_failure="REJECT_MESSAGE")


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("Example.COM.", "example.com"),
        ("App@Example.com", "App@example.com"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        (" example.com ", "example.com"),
    ],
)
def test_names(name: str, normal: str) -> None:
    assert normal_name(name) == normal


@pytest.mark.parametrize("name", ["", "com", "@example.com", "https://example.com", "a b.example.com", "ü..example"])
def test_wrong_names(name: str) -> None:
    with pytest.raises(PlanError, match=r"neither a domain nor an e-mail address|not a domain that can be written"):
        normal_name(name)


@pytest.mark.parametrize(
    ("before", "options", "changes"),
    [
        (DOMAIN, {}, {}),
        (DOMAIN, {"dkim_key_length": 2048, "feedback_forwarding": True, "configuration_set": ""}, {}),
        (DOMAIN, {"dkim_key_length": 1024}, {"dkim_key_length": "RSA_1024_BIT"}),
        (DOMAIN, {"dkim_signing": False}, {"dkim_signing": False}),
        (DOMAIN, {"configuration_set": "fleet"}, {"configuration_set": "fleet"}),
        (
            DOMAIN,
            {"mail_from_domain": "B.example.com."},
            {"mail_from_domain": "b.example.com", "mail_from_on_mx_failure": "USE_DEFAULT_VALUE"},
        ),
        (WITH_MAIL_FROM, {}, {}),
        (WITH_MAIL_FROM, {"mail_from_domain": "b.example.com"}, {}),
        (
            WITH_MAIL_FROM,
            {"mail_from_on_mx_failure": "use_default_value"},
            {"mail_from_on_mx_failure": "USE_DEFAULT_VALUE"},
        ),
        (
            WITH_MAIL_FROM,
            {"mail_from_domain": ""},
            {"mail_from_domain": "", "mail_from_on_mx_failure": "USE_DEFAULT_VALUE"},
        ),
        (replace(DOMAIN, tags={"a": "1"}), {"tags": {"b": 2}}, {"tags": {"b": "2"}}),
        (replace(DOMAIN, tags={"a": "1"}), {"tags": {"b": 2}, "purge_tags": False}, {"tags": {"a": "1", "b": "2"}}),
        (replace(DOMAIN, tags={"a": "1"}), {}, {}),
        (replace(DOMAIN, tags={"a": "1"}), {"tags": {}}, {"tags": {}}),
    ],
)
def test_plan(before: Any, options: dict[str, Any], changes: dict[str, Any]) -> None:
    todo = plan(before, Wanted(name="example.com", **options))
    assert todo.after == replace(before, **changes)
    assert todo.changed is bool(changes)
    # What is wanted is stable.
    assert not plan(todo.after, Wanted(name="example.com", **options)).changed


@pytest.mark.parametrize(("before", "changed"), [(None, False), (DOMAIN, True)])
def test_absent(before: Any, changed: bool) -> None:
    todo = plan(before, Wanted(name="example.com", state="absent"))
    assert (todo.after, todo.changed) == (None, changed)


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("example.com", {"mail_from_domain": "bounce.example.org"}, "not a subdomain of example.com"),
        ("example.com", {"mail_from_domain": "example.com"}, "Use for example bounce.example.com"),
        ("example.com", {"mail_from_domain": "badexample.com"}, "not a subdomain"),
        ("example.com", {"mail_from_on_mx_failure": "reject_message"}, "Set mail_from_domain as well"),
        ("app@example.com", {"dkim_key_length": 2048}, "on the domain's identity"),
    ],
)
def test_contradictions(name: str, options: dict[str, Any], text: str) -> None:
    with pytest.raises(PlanError, match=text):
        plan(None, Wanted(name=name, **options))


@pytest.mark.parametrize(
    ("origin", "length", "text"),
    [
        ("EXTERNAL", 2048, r"identity example\.com signs with a DKIM key of your own.*Leave dkim_key_length out"),
        ("EXTERNAL", 1024, r"replace it by keys of SES"),
        (
            "AWS_SES_EU_WEST_1",
            1024,
            r"example\.com takes its DKIM keys from another region \(AWS_SES_EU_WEST_1\).*leave",
        ),
    ],
)
def test_a_key_length_does_not_replace_keys_from_elsewhere(origin: str, length: int, text: str) -> None:
    dkim = {"SigningEnabled": True, "SigningAttributesOrigin": origin, "NextSigningKeyLength": "RSA_2048_BIT"}
    before = settings_of({"DkimAttributes": dkim})
    with pytest.raises(PlanError, match=text):
        plan(before, Wanted(name="example.com", dkim_key_length=length))
    # All else can be set, and the keys stay where they come from.
    todo = plan(before, Wanted(name="example.com", dkim_signing=False))
    assert todo.after == replace(before, dkim_signing=False)


def answer(**changes: Any) -> dict[str, Any]:
    dkim = {"Status": "PENDING", "Tokens": ["t1", "t2", "t3"], "SigningAttributesOrigin": "AWS_SES"}
    start = {"VerifiedForSendingStatus": False, "VerificationStatus": "PENDING", "DkimAttributes": dkim}
    return {**start, **changes}


MAIL_FROM = {"MailFromDomain": "b.example.com", "MailFromDomainStatus": "PENDING"}
VERIFIED = {"VerifiedForSendingStatus": True, "VerificationStatus": "SUCCESS"}


def test_records_take_the_zone_of_the_api() -> None:
    dkim = {"Status": "PENDING", "Tokens": ["t1"], "SigningHostedZone": "dkim.eu-west-1.amazonses.com"}
    records = dns_records("example.com", answer(DkimAttributes=dkim, MailFromAttributes=MAIL_FROM), "eu-west-1", ttl=60)
    assert [(r["name"], r["type"], r["value"], r["purpose"]) for r in records] == [
        ("t1._domainkey.example.com", "CNAME", "t1.dkim.eu-west-1.amazonses.com", "dkim"),
        ("b.example.com", "MX", "10 feedback-smtp.eu-west-1.amazonses.com", "mail_from_mx"),
        ("b.example.com", "TXT", "v=spf1 include:amazonses.com ~all", "mail_from_spf"),
        ("_dmarc.example.com", "TXT", "v=DMARC1; p=none;", "dmarc"),
    ]
    assert {r["ttl"] for r in records} == {60}


def test_records_without_a_zone_or_with_keys_of_ones_own() -> None:
    values = [r["value"] for r in dns_records("example.com", answer(), "eu-west-1") if r["type"] == "CNAME"]
    assert values == ["t1.dkim.amazonses.com", "t2.dkim.amazonses.com", "t3.dkim.amazonses.com"]
    own = {"Status": "PENDING", "Tokens": ["selector"], "SigningAttributesOrigin": "EXTERNAL"}
    assert [r["purpose"] for r in dns_records("example.com", answer(DkimAttributes=own), "eu-west-1")] == ["dmarc"]
    assert dns_records("app@example.com", answer(), "eu-west-1") == []


@pytest.mark.parametrize(
    ("name", "changes", "texts"),
    [
        ("example.com", {}, ["DKIM is PENDING; needed in DNS: t1._domainkey.example.com CNAME t1.dkim"]),
        (
            "example.com",
            {"VerificationInfo": {"ErrorType": "HOST_NOT_FOUND"}},
            ["DKIM is PENDING (SES found no such name in DNS); needed"],
        ),
        (
            "example.com",
            {"MailFromAttributes": MAIL_FROM},
            ["DKIM is PENDING", "MAIL FROM is PENDING; needed in DNS: b.example.com MX 10 feedback-smtp.eu-west-1"],
        ),
        ("example.com", {**VERIFIED, "DkimAttributes": {"Status": "SUCCESS"}}, []),
        ("example.com", {**VERIFIED, "DkimAttributes": {"Status": "NOT_STARTED"}}, []),
        (
            "example.com",
            {**VERIFIED, "DkimAttributes": {"Status": "SUCCESS"}, "MailFromAttributes": MAIL_FROM},
            ["MAIL FROM is PENDING"],
        ),
        ("app@example.com", {}, ["the address is PENDING: open the link in the mail that SES sent to app@example.com"]),
        ("app@example.com", VERIFIED, []),
    ],
)
def test_pending(name: str, changes: dict[str, Any], texts: list[str]) -> None:
    found = pending(name, answer(**changes), "eu-west-1")
    assert len(found) == len(texts)
    for sentence, start in zip(found, texts):
        assert sentence.startswith(start)


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({}, None),
        ({"VerificationStatus": "FAILED"}, "verification"),
        ({"DkimAttributes": {"Status": "FAILED"}}, "verification"),
        ({"DkimAttributes": {"Status": "TEMPORARY_FAILURE"}}, None),
        ({"IdentityType": "EMAIL_ADDRESS", "DkimAttributes": {"Status": "FAILED"}}, None),
        ({"IdentityType": "EMAIL_ADDRESS", "VerificationStatus": "FAILED"}, "verification"),
        ({"MailFromAttributes": {"MailFromDomainStatus": "FAILED"}}, "MAIL FROM"),
    ],
)
def test_given_up(changes: dict[str, Any], part: str | None) -> None:
    assert given_up(answer(**changes)) == part
