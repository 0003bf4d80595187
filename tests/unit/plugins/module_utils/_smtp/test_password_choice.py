# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which password of several regions is meant, and what the others tell about a refusal."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import CredentialError, derive_smtp_password
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password_choice import chosen_password, why_refused

IRELAND, VIRGINIA, OTHER = (
    derive_smtp_password("some+secret+key", "eu-west-1"),
    derive_smtp_password("some+secret+key", "us-east-1"),
    derive_smtp_password("another+secret+key", "eu-west-1"),
)
BOTH = {"eu-west-1": IRELAND, "us-east-1": VIRGINIA}


@pytest.mark.parametrize(
    ("password", "passwords", "region", "chosen"),
    [
        (IRELAND, None, "eu-west-1", IRELAND),
        (None, None, "eu-west-1", None),
        (None, BOTH, "eu-west-1", IRELAND),
        (None, BOTH, "us-east-1", VIRGINIA),
        (IRELAND, BOTH, "eu-west-1", IRELAND),
        # Known of no region, so it may be a newer one.
        (OTHER, BOTH, "eu-west-1", OTHER),
        # The endpoint's region is not known, so nothing contradicts.
        (VIRGINIA, BOTH, "", VIRGINIA),
    ],
)
def test_what_is_chosen(
    password: str | None, passwords: dict[str, str] | None, region: str, chosen: str | None
) -> None:
    assert chosen_password(password, passwords, region) == chosen


@pytest.mark.parametrize(
    ("password", "passwords", "region", "reason"),
    [
        (VIRGINIA, BOTH, "eu-west-1", r"is that of us-east-1, but the endpoint is in eu-west-1.*Leave password out"),
        (VIRGINIA, {"us-east-1": VIRGINIA}, "eu-west-1", "is that of us-east-1.*Add eu-west-1 to the regions"),
        (None, BOTH, "eu-north-1", "has none of eu-north-1, only of eu-west-1, us-east-1"),
        (None, BOTH, "", "does not tell which of them is meant. Give region too"),
        (None, {"eu-west-1": IRELAND, "us-east-1": IRELAND}, "eu-west-1", "the same for eu-west-1 and us-east-1"),
        (
            None,
            {"eu-west-1": "some+secret+key+of+forty+characters+++++"},
            "eu-west-1",
            "eu-west-1: .*secret access key",
        ),
        (
            None,
            {"username": "AKIA", "created": "x", "passwords": BOTH},
            "eu-west-1",
            "has created, passwords, username, which",
        ),
        (None, {"eu-west-1": None}, "eu-west-1", "passwords, eu-west-1: The SMTP password is empty"),
    ],
)
def test_what_cannot_be_chosen(password: str | None, passwords: dict[str, Any], region: str, reason: str) -> None:
    with pytest.raises(CredentialError, match=reason) as caught:
        chosen_password(password, passwords, region)
    assert not [secret for secret in (IRELAND, VIRGINIA, "some+secret") if secret in str(caught.value)]


@pytest.mark.parametrize(
    ("password", "passwords", "region", "reason"),
    [
        (IRELAND, BOTH, "eu-west-1", "is the one of eu-west-1 in passwords: so the key AKIA is inactive"),
        (VIRGINIA, BOTH, "", "the password is that of us-east-1"),
        (OTHER, BOTH, "eu-west-1", "is not the one of eu-west-1 in passwords"),
        (OTHER, BOTH, "eu-north-1", None),
        (OTHER, None, "eu-west-1", None),
    ],
)
def test_why_a_password_was_refused(
    password: str, passwords: dict[str, str] | None, region: str, reason: str | None
) -> None:
    known = why_refused(password, passwords, region, username="AKIA")
    assert known is None if reason is None else known is not None and reason in known[0]
    # The password is right for its region, or there is another one: nothing is to be derived.
    assert known is None or (known[1] and "Derive" not in known[1])
    assert password not in str(known)
