# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Domains and e-mail addresses as SES knows them: ASCII, domains in lower case and punycode. Pure: no calls."""

from __future__ import annotations

import re

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.punycode import PunycodeError, to_punycode

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?")
_TOP_LEVEL = re.compile(r"[a-z][a-z0-9-]{0,61}[a-z0-9]")
#: RFC 5322 (section 3.2.3, without quoted strings) and RFC 5321 (section 4.5.3.1.1).
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
#: RFC 1035, section 2.3.4.
_LONGEST_DOMAIN = 253


class DomainError(ValueError):
    """What is wrong with a domain or an address, with the next step. It goes on after the text that was given."""


def domain_or_address(text: str) -> str:
    """Return a domain or an e-mail address with its domain in lower case and punycode. Raises DomainError."""
    local, at, domain = text.strip().rpartition("@")
    if not at:
        return normal_domain(domain)
    if not local.isascii():
        raise DomainError(
            "has characters outside ASCII before the @, which SES does not take. Use an address in ASCII; only domains are "
            "converted."
        )
    if "*" in local:
        raise _wrong("it is a pattern")
    if not _LOCAL_PART.fullmatch(local):
        raise _wrong(f"{local!r} is not 1 to 64 characters that an address may have before the @" if local else "")
    return f"{local}@{normal_domain(domain)}"


def normal_domain(text: str) -> str:
    """Return a domain in lower case and punycode, without a dot at its end. Raises DomainError."""
    domain = text.strip().rstrip(".")
    if "*" in domain:
        raise _wrong("it is a pattern")
    domain = (domain if domain.isascii() else _punycode(domain)).lower()
    *labels, top_level = domain.split(".")
    if not labels or any(c.isspace() or c in "/:" for c in domain):
        raise _wrong()
    bad = [label for label in labels if not _LABEL.fullmatch(label)]
    if bad:
        raise _wrong(f"its part {bad[0]!r} is not 1 to 63 letters, digits and hyphens, with no hyphen at either end")
    if not _TOP_LEVEL.fullmatch(top_level):
        raise _wrong(f"there is no top-level domain {top_level!r}")
    if len(domain) > _LONGEST_DOMAIN:
        raise _wrong(f"it has more than {_LONGEST_DOMAIN} characters")
    return domain


def _wrong(why: str = "") -> DomainError:
    start = "is neither a domain nor an e-mail address"
    return DomainError(f"{start}{f': {why}' if why else ''}. Use example.com or app@example.com.")


def _punycode(domain: str) -> str:
    try:
        return to_punycode(domain)
    except PunycodeError as exc:
        raise DomainError(str(exc)) from None
