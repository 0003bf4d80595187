# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""E-mail addresses as SES takes them: bare, in ASCII, domains in punycode. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.shortfalls import ShortfallError, Shortfalls

#: RFC 5321, section 4.1.2: a dot string or a quoted one. Where the dots are is left to SES.
_LOCAL_PART = re.compile(r'[A-Za-z0-9!#$%&\'*+/=?^_`{|}~.-]+|"(?:[ !#-\[\]-~]|\\[ -~])+"')
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?")
#: RFC 5321, section 4.5.3.1.1, and RFC 1035, section 2.3.4.
_LONGEST_LOCAL_PART, _LONGEST_DOMAIN = 64, 253
_MAX_RECIPIENTS = 50


class MessageError(ShortfallError):
    """Something that SES would refuse, or that would break the dialogue."""


@dataclass(frozen=True)
class Envelope:
    """Sender and recipients as they go over the wire; an empty sender is the MTA's own."""

    sender: str
    recipients: tuple[str, ...]


def checked_envelope(sender: str | None, recipients: tuple[str, ...]) -> Envelope:
    """Return the addresses with their domains in ASCII; raise MessageError with all that SES would not take.

    Source: SES developer guide, "Email format" and "Service quotas".
    """
    findings = Shortfalls(MessageError)
    bare = findings.check(bare_address, "mail_from", sender) if sender else ""
    found = [findings.check(bare_address, "recipients", recipient) for recipient in recipients]
    if not recipients:
        findings.found.append("There is no recipient. Give at least one in recipients.")
    if len(recipients) > _MAX_RECIPIENTS:
        findings.found.append(
            f"{len(recipients)} recipients are too many: SES takes at most {_MAX_RECIPIENTS} a message. "
            "Send several messages."
        )
    findings.found.extend(
        f"recipients: {address} is there more than once, and SES would count it each time. Name it once."
        for address in _repeated(found)
    )
    if findings.found:
        raise MessageError(*findings.found)
    return Envelope(bare or "", tuple(found))


def bare_address(option: str, address: str) -> str:
    """Return an address with its domain in ASCII; raise MessageError, which begins with ``option``."""
    shown = f"{option}: {address!r}"
    if address.strip() == "<>":
        raise MessageError(
            f"{shown} is the null sender of bounces, which SES refuses (501): it relays none. Give an address of yours."
        )
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain or any(c in "\r\n\0" for c in address):
        raise MessageError(f"{shown} is not a bare address. Write local-part@domain.")
    if not local.startswith('"') and ("<" in address or " " in address.strip()):
        raise MessageError(
            f"{shown} is not a bare address. Write local-part@domain, without a name; a name can stand in headers "
            "(From, To)."
        )
    if not local.startswith('"') and any(c in local for c in ",;@"):
        raise MessageError(f"{shown} is not a bare address. Write several addresses as a list.")
    if not local.isascii():
        raise MessageError(
            f"{shown} has characters outside ASCII before the @, and SES does not offer SMTPUTF8. "
            "Use an address in ASCII; only domains can be converted."
        )
    if not _LOCAL_PART.fullmatch(local) or len(local) > _LONGEST_LOCAL_PART:
        raise MessageError(
            f"{shown} is not a bare address: {local!r} is not 1 to {_LONGEST_LOCAL_PART} characters that may stand "
            "before the @."
        )
    return f"{local}@{_domain(shown, domain)}"


def _domain(shown: str, domain: str) -> str:
    name = domain if domain.isascii() else _in_ascii(shown, domain)
    labels = name.split(".")
    if len(labels) < 2:
        raise MessageError(f"{shown}: the domain {domain!r} is not a full one. SES knows domains such as example.com.")
    if not all(_LABEL.fullmatch(label) for label in labels) or len(name) > _LONGEST_DOMAIN:
        raise MessageError(
            f"{shown}: {domain!r} is not a domain. Write one such as example.com, without a dot at its end."
        )
    return name


def _in_ascii(shown: str, domain: str) -> str:
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import punycode

    try:
        return punycode.to_punycode(domain)
    except punycode.PunycodeError as exc:
        raise MessageError(f"{shown}: the domain {exc}") from None


def _repeated(addresses: list[str | None]) -> list[str]:
    """Return what is there more than once; local parts differ by case, domains do not."""
    seen: set[str] = set()
    repeated = []
    for address in filter(None, addresses):
        local, _at, domain = address.rpartition("@")
        key = f"{local}@{domain.lower()}"
        if key in seen and address not in repeated:
            repeated.append(address)
        seen.add(key)
    return repeated
