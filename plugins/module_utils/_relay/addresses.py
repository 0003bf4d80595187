# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses of senders, as the tables of every mail server take them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Dict, List

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.domain import DomainError, normal_domain
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_address import MessageError, bare_address

if TYPE_CHECKING:
    from ansible_collections.cloudmail.ses.plugins.module_utils._relay.findings import Findings

# What is left out means something in the tables or the expressions of some mail server.
_LOCAL_PART = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._+=-]*[A-Za-z0-9_+=-])?")
_HOST_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def address(text: str) -> str:
    """Return an address with its domain in lower case and punycode. Raises MessageError, which begins with the address."""
    try:
        local, _at, domain = bare_address("", text).rpartition("@")
    except MessageError as exc:
        raise MessageError(str(exc)[len(": ") :]) from None
    if not _LOCAL_PART.fullmatch(local) or ".." in local:
        raise MessageError(
            f"{text!r} has characters before the @ that mean something else in the configuration of some mail server. Use an "
            "address of letters, digits and . _ + = - before the @."
        )
    return f"{local}@{domain.lower()}"


def host_address(text: str) -> str:
    """Return an address, which may be of a host without a domain such as root@localhost."""
    local, at, host = text.rpartition("@")
    if at and _HOST_LABEL.fullmatch(host):
        return address(f"{local}@{host}.internal")[: -len(".internal")]
    return address(text)


def domain(text: str) -> str:
    """Return a domain in lower case and punycode. Raises DomainError, which begins with the domain."""
    if "@" in text:
        raise DomainError(f"{text!r} is an address. Give its domain.")
    try:
        return normal_domain(text)
    except DomainError as exc:
        raise DomainError(f"{text!r} {exc}") from None


def sender(text: str) -> str:
    """Return an address, or a domain with an @ before it, which stands for every address there."""
    if not text.startswith("@"):
        return address(text)
    return f"@{domain(text[1:])}"


def read_senders(found: Findings, variable: str, given: Any) -> List[str]:
    """Return the senders of an entry."""
    entries = found.entries(variable, given)
    if not entries:
        found.add(variable, 'has no sender. Name addresses, or domains such as "@example.com".')
    checked = []
    for number, entry in enumerate(entries):
        text = found.text(f"{variable}[{number}]", entry)
        if not text:
            found.add(f"{variable}[{number}]", 'is empty. Name an address, or a domain such as "@example.com".')
        else:
            checked.append(found.check(f"{variable}[{number}]", sender, text))
    return [one for one in checked if one]


def read_exceptions(found: Findings, variable: str, given: Any) -> Dict[str, str]:
    """Return by address of the host the one that its mail leaves with."""
    exceptions: Dict[str, str] = {}
    for key, value in found.table(variable, given).items():
        name = f"{variable}[{str(key)!r}]"
        before = found.check(name, host_address, found.text(name, key))
        after = found.check(name, address, found.text(name, value))
        if before and before in exceptions:
            found.add(name, f"{before} is there more than once. Name it once.")
        if before and after:
            exceptions[before] = after
    return exceptions
