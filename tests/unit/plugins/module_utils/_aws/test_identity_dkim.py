# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DKIM in its three ways: keys read, what changes between them, and the records: no calls."""

from __future__ import annotations

import base64
import functools
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_dkim import (
    EASY_DKIM,
    KEY_TAG,
    OWN_KEY,
    Dkim,
    own_key,
    parent_region,
    replica_origin,
    wanted_dkim,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_dns import dns_records, pending
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_plan import (
    Wanted,
    defaults_of,
    plan,
    visible,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_settings import Settings, settings_of

#: 512 bits, which the library reads and no longer makes
WEAK_KEY = (
    "MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEAukIpoN3gXXnWUT+rdyf06XC9gM7ZIt+ah8RRQIcRE/"
    "segZYJfS1q3G5qoH7ic3c0B9PmgcFOPb09m8nWVcamGQIDAQABAkArL0ntlWP+6E/LmMKNpwL+2PfnFI59qnBuyBK6"
    "rlZEVlBNcUSMS+d6j9n8mwmqmpMKPDzSQVSrzDiE1+DRf6vNAiEA7psgEgP0x2tvW4b+NJcTeWsoetTb3w0+bFAz7A"
    "/udUsCIQDH1iA2WzU9L2cibto4RTYpfVQMOaOPr7a6xNTYx1PHqwIhAJANG0mFFeynUe2CDEqXwuwU47V0eOGqzzr5"
    "GL+1xpMNAiAdUXXyY5lA+8Zmz9qmLMlQdvmwvXgYqY/mgOA1WbEZ9wIgGO+yZkKuhHKMbQAAdqSGqC405ju6BSDSbI"
    "iIS+avTfI="
)
PKCS1, PKCS8 = form.PrivateFormat.TraditionalOpenSSL, form.PrivateFormat.PKCS8


@functools.lru_cache(maxsize=None)
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def pem(key: Any, kind: Any = PKCS8, passphrase: bytes = b"") -> str:
    protection = form.BestAvailableEncryption(passphrase) if passphrase else form.NoEncryption()
    text: bytes = key.private_bytes(form.Encoding.PEM, kind, protection)
    return text.decode()


def body(text: str) -> str:
    return "".join(line for line in text.splitlines() if "-----" not in line)


@pytest.mark.parametrize(
    "text",
    [
        pem(rsa_key()),
        pem(rsa_key(), PKCS1),
        f"\n  {pem(rsa_key())}\n\n",
        pem(rsa_key()).replace("\n", "\r\n"),
        body(pem(rsa_key())),
        body(pem(rsa_key(), PKCS1)),
    ],
)
def test_one_key_in_any_form_is_the_same_key(text: str) -> None:
    key = own_key(text, "s2026")
    assert key == own_key(pem(rsa_key()), "s2026")
    # What SES takes has no header and no line breaks, and what is in DNS belongs to it.
    der = base64.b64decode(key.private_key, validate=True)
    read = form.load_der_private_key(der, password=None).public_key()
    assert read == rsa_key().public_key()
    assert read == form.load_der_public_key(base64.b64decode(key.public_key))


@pytest.mark.parametrize(
    ("text", "selector", "problem"),
    [
        (pem(rsa_key(), passphrase=b"secret"), "s", "protected by a passphrase; decrypt it first"),
        (pem(rsa_key(), PKCS1, passphrase=b"secret"), "s", "protected by a passphrase; decrypt it first"),
        (WEAK_KEY, "s", "has 512 bits; SES takes 1024 to 2048"),
        (pem(rsa_key(3072)), "s", "has 3072 bits; SES takes 1024 to 2048"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "s", "is no RSA key"),
        ("Zm9v", "s", "cannot be read as a private key"),
        ("not base64 at all", "s", "cannot be read as a private key"),
        (pem(rsa_key())[:400], "s", "cannot be read as a private key"),
        (pem(rsa_key()), "s2026._domainkey", "is not a DKIM selector"),
        (pem(rsa_key()), "-s", "is not a DKIM selector"),
        (pem(rsa_key()), "s" * 64, "is not a DKIM selector"),
    ],
)
def test_keys_that_ses_would_not_take(text: str, selector: str, problem: str) -> None:
    with pytest.raises(PlanError, match=problem) as caught:
        own_key(text, selector)
    # The library's own error may quote the key: it does not follow.
    assert caught.value.__context__ is None
    assert not body(text)[40:80] or body(text)[40:80] not in str(caught.value.message)


def test_a_key_is_in_no_text() -> None:
    key = own_key(pem(rsa_key()), "s2026")
    after = plan(None, Wanted(name="example.com", dkim=Dkim(OWN_KEY, key))).after
    for shown in (repr(key), repr(Dkim(OWN_KEY, key)), repr(after), repr(visible(after, "example.com"))):
        assert key.private_key[60:100] not in shown


@pytest.mark.parametrize(
    ("params", "region", "wanted"),
    [
        ({}, "eu-west-1", None),
        ({"dkim": "easy"}, "eu-west-1", Dkim(EASY_DKIM)),
        ({"dkim_origin_region": "eu-west-1"}, "eu-west-1", Dkim(EASY_DKIM)),
        ({"dkim_origin_region": "eu-west-1"}, "us-gov-east-1", Dkim("AWS_SES_EU_WEST_1")),
    ],
)
def test_what_the_options_ask_for(params: dict[str, Any], region: str, wanted: Dkim | None) -> None:
    assert wanted_dkim(params, region) == wanted


def test_a_region_that_is_none() -> None:
    with pytest.raises(PlanError, match=r"'Ireland' is not an AWS region.*dkim_origin_region"):
        wanted_dkim({"dkim_origin_region": "Ireland"}, "eu-west-1")


@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-east-1", "ap-northeast-3"])
def test_origins_name_regions(region: str) -> None:
    assert parent_region(replica_origin(region)) == region


EASY = defaults_of("example.com")
KEY = own_key(pem(rsa_key()), "s2026")
OTHER = own_key(pem(rsa_key(1024)), "s2026")
OWN = replace(EASY, dkim_origin=OWN_KEY, dkim_selector="s2026", dkim_key=KEY.fingerprint, dkim_key_length="")
REPLICA = replace(EASY, dkim_origin="AWS_SES_EU_WEST_1", dkim_key_length="")
TO_OWN, TO_REPLICA, TO_EASY = Dkim(OWN_KEY, KEY), Dkim("AWS_SES_EU_WEST_1"), Dkim(EASY_DKIM)


@pytest.mark.parametrize(
    ("before", "options", "after"),
    [
        (EASY, {"dkim": TO_EASY}, EASY),
        (EASY, {"dkim": TO_OWN}, OWN),
        (EASY, {"dkim": TO_REPLICA}, REPLICA),
        (OWN, {}, OWN),
        (OWN, {"dkim": TO_OWN}, OWN),
        (OWN, {"dkim": Dkim(OWN_KEY, OTHER)}, replace(OWN, dkim_key=OTHER.fingerprint)),
        (replace(OWN, dkim_selector="old"), {"dkim": TO_OWN}, OWN),
        # Made with another tool: nobody knows which key it is.
        (replace(OWN, dkim_key=""), {"dkim": TO_OWN}, OWN),
        (OWN, {"dkim": TO_EASY}, EASY),
        (OWN, {"dkim": TO_EASY, "dkim_key_length": 1024}, replace(EASY, dkim_key_length="RSA_1024_BIT")),
        (REPLICA, {"dkim": TO_EASY}, EASY),
        (REPLICA, {"dkim": TO_REPLICA, "dkim_key_length": 1024}, REPLICA),
        (REPLICA, {"dkim": Dkim("AWS_SES_US_EAST_1")}, replace(REPLICA, dkim_origin="AWS_SES_US_EAST_1")),
        # A run that was killed between the keys and the tag
        (replace(EASY, dkim_key="sha256:old"), {"dkim": TO_EASY}, EASY),
        (OWN, {"tags": {}, "purge_tags": True}, OWN),
        (OWN, {"tags": {KEY_TAG: "sha256:copied", "a": "1"}}, replace(OWN, tags={"a": "1"})),
    ],
)
def test_changes_between_the_ways(before: Settings, options: dict[str, Any], after: Settings) -> None:
    todo = plan(before, Wanted(name="example.com", **options))
    assert todo.after == after
    assert not plan(todo.after, Wanted(name="example.com", **options)).changed


def test_dkim_is_of_a_domain() -> None:
    with pytest.raises(PlanError, match=r"app@example\.com is an address: the DKIM keys belong to its domain"):
        plan(None, Wanted(name="app@example.com", dkim=TO_OWN))


def answer(**dkim: Any) -> dict[str, Any]:
    return {"VerifiedForSendingStatus": False, "DkimAttributes": {"Status": "PENDING", **dkim}}


def test_the_settings_in_an_answer() -> None:
    tags = [{"Key": KEY_TAG, "Value": "sha256:1"}, {"Key": "a", "Value": "1"}]
    dkim = {"SigningAttributesOrigin": OWN_KEY, "Tokens": ["s2026"], "SigningEnabled": True}
    found = settings_of({"DkimAttributes": dkim, "Tags": tags, "Policies": {"p": '{"Version": "1"}', "q": "{"}})
    assert (found.dkim_selector, found.dkim_key, found.tags) == ("s2026", "sha256:1", {"a": "1"})
    assert found.policies == {"p": {"Version": "1"}, "q": "{"}


@pytest.mark.parametrize(
    ("origin", "wanted"), [(OWN_KEY, TO_OWN), ("AWS_SES_EU_WEST_1", TO_REPLICA), (EASY_DKIM, TO_EASY)]
)
def test_the_length_of_the_next_key_of_ses_is_no_change(origin: str, wanted: Dkim) -> None:
    found = answer(
        SigningAttributesOrigin=origin, Tokens=["s2026"], SigningEnabled=True, NextSigningKeyLength="RSA_2048_BIT"
    )
    before = settings_of({**found, "Tags": [{"Key": KEY_TAG, "Value": KEY.fingerprint}] if wanted == TO_OWN else []})
    assert not plan(before, Wanted(name="example.com", dkim=wanted)).changed


def test_the_record_of_a_key_of_ones_own() -> None:
    own = answer(SigningAttributesOrigin=OWN_KEY, Tokens=["s2026"])
    record = dns_records("example.com", own, "eu-west-1", key=KEY)[0]
    expected = {"name": "s2026._domainkey.example.com", "type": "TXT", "value": f"p={KEY.public_key}"}
    assert {name: record[name] for name in expected} == expected
    # SES has another selector, as in check mode: the record would be of no use.
    assert [r["purpose"] for r in dns_records("example.com", own, "eu-west-1", key=replace(KEY, selector="s"))] == [
        "dmarc"
    ]


@pytest.mark.parametrize(
    ("dkim", "text"),
    [
        (
            {"SigningAttributesOrigin": OWN_KEY, "Tokens": ["s2026"]},
            "needed in DNS: s2026._domainkey.example.com TXT p= and the public half of your key",
        ),
        ({"SigningAttributesOrigin": "AWS_SES_EU_WEST_1"}, "needed in DNS: the records of the identity in eu-west-1"),
        ({"SigningAttributesOrigin": EASY_DKIM}, "nothing that SES names so far"),
    ],
)
def test_records_that_nobody_knows(dkim: dict[str, Any], text: str) -> None:
    (sentence,) = pending("example.com", answer(**dkim), "us-east-1")
    assert text in sentence


def test_why_a_replica_fails() -> None:
    failed = {**answer(SigningAttributesOrigin="AWS_SES_EU_WEST_1"), "VerificationInfo": {}}
    failed["VerificationInfo"]["ErrorType"] = "REPLICATION_ACCESS_DENIED"
    assert "allow ses:ReplicateEmailIdentityDkimSigningKey" in pending("example.com", failed, "us-east-1")[0]
