# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people give to the DNS filters, and what it has to be. Pure: no calls."""

from __future__ import annotations

from typing import Any

_KINDS = (
    (dict, "a dictionary"),
    (list, "a list"),
    (str, "a text"),
    (bool, "true or false"),
    ((int, float), "a number"),
)


def not_records(value: Any) -> str:
    """Return why ``value`` is no list of DNS records, an empty text when it is one."""
    advice = "Give dns_records as cloudmail.ses.ses_identity returns them."
    if not isinstance(value, list):
        return f"the input must be a list of dictionaries, not {kind(value)}. {advice}"
    others = [each for each in value if not isinstance(each, dict)]
    if not others:
        return ""
    return f"the input must be a list of dictionaries, and there is {kind(others[0])} in it. {advice}"


def kind(value: Any) -> str:
    """Return what ``value`` is, as people say it: Ansible has types of its own for most."""
    if value is None:
        return "nothing"
    return next((words for types, words in _KINDS if isinstance(value, types)), "something else")
