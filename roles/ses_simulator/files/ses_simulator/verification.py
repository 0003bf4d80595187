# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SES finds out when it looks at DNS. Pure functions over a look-up."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ses_simulator.zones import normal

Lookup = Callable[[str, str], "list[str] | None"]
PENDING, SUCCESS, FAILED = "PENDING", "SUCCESS", "FAILED"
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True)
class Finding:
    """A status, and why it is not SUCCESS in the words of VerificationInfo."""

    status: str
    error: str = ""


FOUND = Finding(SUCCESS)


def easy_dkim(domain: str, tokens: list[str], zone: str, lookup: Lookup) -> Finding:
    """Look for the three CNAME records of Easy DKIM."""
    errors = [_cname_error(lookup(f"{token}._domainkey.{domain}", "CNAME"), f"{token}.{zone}") for token in tokens]
    wrong = [error for error in errors if error]
    # A wrong value says more than a record that is still missing.
    return Finding(PENDING, max(wrong, key=lambda error: error == "INVALID_VALUE")) if wrong else FOUND


def _cname_error(values: list[str] | None, wanted: str) -> str:
    if values is None:
        return "HOST_NOT_FOUND"
    if not values:
        return "TYPE_NOT_FOUND"
    return "" if [normal(value) for value in values] == [normal(wanted)] else "INVALID_VALUE"


def own_dkim(domain: str, selector: str, public_key: str, lookup: Lookup) -> Finding:
    """Look for the TXT record of a key of the owner's own."""
    values = lookup(f"{selector}._domainkey.{domain}", "TXT")
    if values is None:
        return Finding(PENDING, "HOST_NOT_FOUND")
    if not values:
        return Finding(PENDING, "TYPE_NOT_FOUND")
    return FOUND if any(_key_in(value) == public_key for value in values) else Finding(PENDING, "INVALID_VALUE")


def _key_in(record: str) -> str:
    tags = dict(tag.partition("=")[::2] for tag in _BLANKS.sub("", record).split(";"))
    return tags.get("p", "")


def mail_from(domain: str, region: str, lookup: Lookup) -> Finding:
    """Look for the MX record of a custom MAIL FROM domain: exactly one, and SES's own.

    The SPF record beside it matters to recipients, not to this status.
    """
    values = lookup(domain, "MX")
    if not values:
        return Finding(PENDING)
    hosts = [normal(value.split()[-1]) for value in values if value.split()]
    return FOUND if hosts == [f"feedback-smtp.{region}.amazonses.com"] else Finding(FAILED)
