# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables of the role that the tests change, and passwords that SES would take."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import derive_smtp_password

REGIONS = ("eu-west-1", "us-east-1", "eu-north-1")


@pytest.fixture
def ours() -> dict[str, str]:
    """The passwords of the key that is everybody's, by region."""
    return {region: derive_smtp_password("some+secret+key", region) for region in REGIONS}


@pytest.fixture
def theirs() -> dict[str, str]:
    """The passwords of another key, by region."""
    return {region: derive_smtp_password("another+secret+key", region) for region in REGIONS}


@pytest.fixture
def given(ours: dict[str, str]) -> dict[str, Any]:
    """The variables of a host with one region, as the role gives them."""
    return {
        "mta": "postfix",
        "region": "eu-west-1",
        "host": "",
        "endpoints": [],
        "port": 587,
        "username": "AKIAIOSFODNN7EXAMPLE",
        "password": ours["eu-west-1"],
        "passwords": {},
        "sender_domain": "example.com",
        "senders": [],
        "sender_exceptions": {},
        "configuration_set": "",
        "message_tags": {},
        "tenant": "",
        "source_arn": "",
        "rate": "",
        "account_rate": "",
        "account_rate_hosts": "",
        "limit": "",
        "hosts": 4,
        "bounces": "root",
        "root_alias": "",
        "settings": {},
    }
