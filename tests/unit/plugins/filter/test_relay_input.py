# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter relay_input, as Ansible's templates call it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

from ansible_collections.cloudmail.ses.plugins.filter import relay_input as plugin
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import derive_smtp_password

PASSWORD = derive_smtp_password("some+secret+key", "eu-west-1")
GIVEN: dict[str, Any] = {
    "mta": "exim",
    "region": "eu-west-1",
    "username": "AKIAIOSFODNN7EXAMPLE",
    "password": PASSWORD,
    "sender_domain": "example.com",
}
relay_input = plugin.FilterModule().filters()["relay_input"]


def test_what_it_returns() -> None:
    assert relay_input(GIVEN)["relays"][0]["endpoints"] == [
        {
            "host": "email-smtp.eu-west-1.amazonaws.com",
            "region": "eu-west-1",
            "username": "AKIAIOSFODNN7EXAMPLE",
            "password": PASSWORD,
            "sender": "",
        }
    ]


def test_all_that_is_wrong() -> None:
    with pytest.raises(AnsibleFilterError) as raised:
        relay_input({**GIVEN, "rate": "fast", "tenant": f"of {PASSWORD}"})
    assert "2 things have to be corrected" in str(raised.value)
    assert "\nses_relay_rate: 'fast' is not" in str(raised.value)
    assert PASSWORD not in str(raised.value)


@pytest.mark.parametrize("given", ["eu-west-1", None, {**GIVEN, "ses_relay_port": 465}])
def test_what_is_not_of_the_role(given: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="relay_input is for the role ses_relay"):
        relay_input(given)


def test_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(Display, "warning", lambda _self, text: shown.append(text))
    relay_input(GIVEN)
    assert shown == []
    relay_input({**GIVEN, "region": "xx-new-1"})
    assert [text for text in shown if "xx-new-1 is unknown" in text] == shown
    assert len(shown) == 1
