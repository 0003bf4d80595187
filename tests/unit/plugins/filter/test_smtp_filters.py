# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters, as Ansible loads them."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.cloudmail.ses.plugins.filter import smtp_diagnosis, smtp_endpoint, smtp_password


def test_smtp_password() -> None:
    derive = smtp_password.FilterModule().filters()["smtp_password"]
    assert derive("some+secret+key", "us-west-1") == "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"
    with pytest.raises(AnsibleFilterError, match="no SMTP endpoint in region il-central-1"):
        derive("some+secret+key", "il-central-1")
    with pytest.raises(AnsibleFilterError, match="is an access key ID"):
        derive("AKIAIOSFODNN7EXAMPLE", "us-west-1")
    with pytest.raises(AnsibleFilterError, match="the input must be a string, not NoneType"):
        derive(None, "us-west-1")


def test_smtp_endpoint() -> None:
    name = smtp_endpoint.FilterModule().filters()["smtp_endpoint"]
    assert name("us-east-1", fips=True) == "email-smtp-fips.us-east-1.amazonaws.com"
    with pytest.raises(AnsibleFilterError, match="only its API"):
        name("me-central-1")
    with pytest.raises(AnsibleFilterError, match="must be a string"):
        name(["us-east-1"])


def test_smtp_diagnosis() -> None:
    explain = smtp_diagnosis.FilterModule().filters()["smtp_diagnosis"]
    found = explain(
        "status=bounced (host email-smtp.eu-west-1.amazonaws.com[192.0.2.7] said: "
        "535 Authentication Credentials Invalid (in reply to end of AUTH))"
    )
    assert (found["code"], found["reply"]) == (535, "535 Authentication Credentials Invalid")
    assert (found["kind"], found["region"], found["retriable"]) == ("credentials", "eu-west-1", False)
    assert found["identities"] == []
    with pytest.raises(AnsibleFilterError, match="must be a string, not dict"):
        explain({})
