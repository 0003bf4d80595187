# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a preflight is asked, and what it finds. Values and pure functions, no calls."""

from __future__ import annotations

import ipaddress
from dataclasses import asdict, dataclass
from email.utils import parseaddr
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.domain import DomainError, domain_or_address
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError

#: SES's own recipients for tests: always taken, never counted against the quota of a day.
SIMULATOR_DOMAIN = "simulator.amazonses.com"
_SIMULATOR_NAMES = ("success", "bounce", "ooto", "complaint", "suppressionlist")
MAX_RECIPIENTS = 50


@dataclass(frozen=True)
class Reason:
    """Why SES would refuse, and the next step; ``code`` is for programs."""

    code: str
    message: str
    fix: str

    @property
    def sentence(self) -> str:
        """Both in one line, for people."""
        return f"{self.message} {self.fix}"


@dataclass(frozen=True)
class Findings:
    """What a part of the preflight found. ``complete`` is false where something could not be looked at."""

    reasons: Tuple[Reason, ...] = ()
    notes: Tuple[str, ...] = ()
    complete: bool = True

    def __add__(self, other: Findings) -> Findings:
        return Findings(
            tuple(dict.fromkeys(self.reasons + other.reasons)),
            tuple(dict.fromkeys(self.notes + other.notes)),
            self.complete and other.complete,
        )

    def visible(self) -> Dict[str, Any]:
        """Return the findings as a module's result."""
        return {
            "accepted": not self.reasons,
            "complete": self.complete,
            "reasons": [asdict(reason) for reason in self.reasons],
            "notes": list(self.notes),
        }


def refused(code: str, message: str, fix: str) -> Findings:
    """Return findings with one reason."""
    return Findings(reasons=(Reason(code, message, fix),))


def noted(*notes: str) -> Findings:
    """Return findings with nothing but notes."""
    return Findings(notes=notes)


def unknown(why: str) -> Findings:
    """Return findings with a note that something could not be looked at, which is no refusal."""
    return Findings(notes=(why,), complete=False)


def together(findings: Sequence[Findings]) -> Findings:
    """Return all findings as one."""
    total = Findings()
    for each in findings:
        total += each
    return total


@dataclass(frozen=True)
class Question:
    """One kind of message: who sends it to whom, from where, and how much of it.

    ``messages`` and ``rate`` (messages a second) are None when only this one message is meant.
    """

    sender: str
    display_name: str
    recipients: Tuple[str, ...]
    configuration_set: str = ""
    source_address: str = ""
    vpc_endpoint: str = ""
    messages: Optional[int] = None
    rate: Optional[float] = None

    @property
    def outside_recipients(self) -> Tuple[str, ...]:
        """The recipients that are not SES's own for tests."""
        return tuple(address for address in self.recipients if not is_mailbox_simulator(address))

    @property
    def counted(self) -> int:
        """How much of the quota of a day it needs, in recipients."""
        if self.messages is not None:
            return self.messages * len(self.recipients)
        return len(self.outside_recipients)


def question(
    sender: str,
    recipients: Sequence[str],
    *,
    configuration_set: str = "",
    source_address: str = "",
    vpc_endpoint: str = "",
    messages: Optional[int] = None,
    rate: Optional[float] = None,
) -> Question:
    """Return the question. Raises PlanError that names every input that cannot be meant."""
    problems: List[str] = []
    display_name, address = _address(sender, "sender", problems)
    to = tuple(dict.fromkeys(_address(each, "recipient", problems)[1] for each in recipients))
    if not to:
        problems.append("There is no recipient. Leave recipients out for one of SES's own, or name some.")
    if source_address and not _is_ip(source_address):
        problems.append(f"source_address {source_address!r} is not an IP address. Use one such as 192.0.2.10.")
    for name, number in (("messages", messages), ("rate", rate)):
        if number is not None and number <= 0:
            problems.append(f"{name} is {number}: it must be more than 0.")
    if problems:
        raise PlanError(" ".join(problems))
    return Question(
        sender=address,
        display_name=display_name,
        recipients=to,
        configuration_set=configuration_set,
        source_address=source_address,
        vpc_endpoint=vpc_endpoint,
        messages=messages,
        rate=rate,
    )


def _address(text: str, what: str, problems: List[str]) -> Tuple[str, str]:
    display_name, address = parseaddr(text.strip())
    if "@" not in address:
        problems.append(f"The {what} {text!r} is not an e-mail address. Use app@example.com.")
        return display_name, ""
    try:
        return display_name, domain_or_address(address)
    except DomainError as exc:
        problems.append(f"The {what} {text!r} {exc}")
        return display_name, ""


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_mailbox_simulator(address: str) -> bool:
    """Return whether an address is one of SES's own recipients for tests, with or without a +label."""
    local, _at, domain = address.rpartition("@")
    return domain.lower() == SIMULATOR_DOMAIN and local.partition("+")[0].lower() in _SIMULATOR_NAMES


def covering_names(address: str) -> Iterator[str]:
    """Yield the names of the identities that would cover an address, the narrowest first.

    That is the address, the address without its +label, its domain, and each parent domain. The last label alone (com) is
    never an identity. Source: SES developer guide, "Verified identities".
    """
    local, _at, domain = address.rpartition("@")
    yield address
    base, plus, _label = local.partition("+")
    if plus and base:
        yield f"{base}@{domain}"
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        yield ".".join(labels[start:])
