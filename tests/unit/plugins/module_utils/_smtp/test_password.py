# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SMTP passwords: published vectors, and wrong kinds of credentials."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.endpoint import RegionError
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import (
    CredentialError,
    check_access_key_id,
    check_credential,
    check_secret_access_key,
    check_smtp_password,
    derive_smtp_password,
)

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
LEGACY = base64.b64encode(b"\x02" + hmac.new(SECRET.encode(), b"SendRawEmail", hashlib.sha256).digest()).decode()
PASSWORD = "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"
PLUS = "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"


@pytest.mark.parametrize(
    ("secret", "region", "password"),
    [
        ("some+secret+key", "eu-central-1", PASSWORD),
        ("some+secret+key", "us-west-1", "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"),
        ("another+secret+key", "eu-central-1", "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"),
    ],
)
def test_published_vectors(secret: str, region: str, password: str) -> None:
    assert derive_smtp_password(secret, region) == password
    check_smtp_password(password)


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        (PASSWORD, "SMTP password already"),
        (LEGACY, "old kind"),
        ("AKIAIOSFODNN7EXAMPLE", "is an access key ID"),
        ("ASIAIOSFODNN7EXAMPLE", "is an access key ID"),
        ("IQoJb3JpZ2luX2Vj" * 20, "session token"),
        (SECRET + "\n", "white space"),
        ("\u00a0" + SECRET, "white space"),
        (SECRET[:20] + " " + SECRET[20:], "white space inside"),
        (SECRET + "\u200b", "outside ASCII"),
        ("", "is empty"),
        ("  ", "is empty"),
        ("{{ vault_secret }}", "not resolved"),
        ("$SES_SECRET", "not resolved"),
        ("$ANSIBLE_VAULT;1.1;AES256\n6638", "not resolved"),
        ("{{vault_secret}}", "not resolved"),
    ],
)
def test_wrong_kinds_of_secret(secret: str, reason: str) -> None:
    with pytest.raises(CredentialError, match=reason) as caught:
        derive_smtp_password(secret, "eu-west-1")
    assert not secret.strip() or secret.strip() not in str(caught.value)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        (SECRET, "secret access key itself"),
        (LEGACY, "old kind"),
        ("AKIAIOSFODNN7EXAMPLE", "the user name"),
        (PASSWORD + " ", "white space"),
        ("hunter2", "44 characters.*has 7 characters"),
        (PASSWORD[:-1], "has 43 characters"),
        ("", "empty"),
        ("None", "not resolved"),
        ("{{ ses.passwords[region] }}", "not resolved"),
        (f'"{PASSWORD}"', "quotes around it"),
        (f"{{'eu-west-1': '{PASSWORD}'}}", "whole dictionary"),
        (f"AKIAIOSFODNN7EXAMPLE:{PASSWORD}", "user name and a colon before it"),
        (PLUS.replace("+", "%2B").replace("/", "%2F"), "written as in a URL"),
        (base64.b64encode(PASSWORD.encode()).decode(), "base64 once more"),
    ],
)
def test_wrong_kinds_of_password(password: str, reason: str) -> None:
    with pytest.raises(CredentialError, match=reason) as caught:
        check_smtp_password(password)
    assert not password or password == "None" or password.strip() not in str(caught.value)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    ("key_id", "reason"),
    [
        ("ASIAIOSFODNN7EXAMPLE", "temporary"),
        ("AROAIOSFODNN7EXAMPLE", "IAM role"),
        ("AIDAIOSFODNN7EXAMPLE", "IAM user"),
        (SECRET, "swapped"),
        (PASSWORD, "swapped"),
        ("me@example.com", "e-mail address"),
        ("ses-smtp-user.20260101-120000", "name of the IAM user"),
        (" AKIAIOSFODNN7EXAMPLE", "white space"),
        ("", "empty"),
    ],
)
def test_wrong_kinds_of_user_name(key_id: str, reason: str) -> None:
    with pytest.raises(CredentialError, match=reason) as caught:
        check_access_key_id(key_id)
    assert SECRET not in str(caught.value) and PASSWORD not in str(caught.value)


def test_right_kinds_pass() -> None:
    check_access_key_id("AKIAIOSFODNN7EXAMPLE")
    check_secret_access_key(SECRET)


def test_region_without_smtp() -> None:
    with pytest.raises(RegionError, match="no SMTP endpoint in region me-south-1"):
        derive_smtp_password(SECRET, "me-south-1")
    check_smtp_password(derive_smtp_password(SECRET, "me-south-1", check_region=False))


@pytest.mark.parametrize(
    ("username", "password", "said"),
    [
        (PASSWORD, "AKIAIOSFODNN7EXAMPLE", ["are swapped"]),
        (SECRET, " AKIAIOSFODNN7EXAMPLE", ["are swapped"]),
        ("ASIAIOSFODNN7EXAMPLE", SECRET, ["temporary", "secret access key itself"]),
        ("me@example.com", "AKIAIOSFODNN7EXAMPLE", ["e-mail address", "is an access key ID"]),
    ],
)
def test_a_pair_is_looked_at_as_one(username: str, password: str, said: list[str]) -> None:
    with pytest.raises(CredentialError) as caught:
        check_credential(username, password)
    assert len(caught.value.shortfalls) == len(said)
    for reason in said:
        assert reason in str(caught.value)
    assert SECRET not in str(caught.value) and PASSWORD not in str(caught.value)
