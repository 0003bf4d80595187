# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The IAM policy of a credential that may send by SMTP from some addresses, and do nothing else."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Sequence

_DOMAIN = re.compile(
    r"(?=.{1,253}$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)
_LOCAL = re.compile(r"[A-Za-z0-9!#%&'+/=^_`{|}~.-]{1,64}|\*")


class SenderError(ValueError):
    """A sender that is neither a domain nor an e-mail address."""


def from_address_patterns(senders: Sequence[str], *, subdomains: bool) -> List[str]:
    """Return the patterns of ``ses:FromAddress`` for domains and addresses, sorted.

    A domain ``example.com`` gives ``*@example.com``, with ``subdomains`` ``*@*.example.com`` as well.
    An address stands for itself; as local part ``*`` is allowed. Raises SenderError.
    """
    if not senders:
        # A policy without a condition would allow every sender.
        raise SenderError("There is no sender. Give the domains or addresses that mail is sent from, as senders.")
    patterns = set()
    for sender in senders:
        local, at, domain = sender.strip().rpartition("@")
        domain = _ascii_domain(domain.rstrip("."), sender)
        if at and not _LOCAL.fullmatch(local):
            raise SenderError(_wrong(sender))
        if at and local != "*":
            patterns.add(f"{local}@{domain}")
            continue
        patterns.add(f"*@{domain}")
        if subdomains:
            patterns.add(f"*@*.{domain}")
    return sorted(patterns)


def send_policy(patterns: Sequence[str]) -> Dict[str, Any]:
    """Return a policy document that allows ``ses:SendRawEmail`` from ``patterns`` alone.

    ``Resource`` is ``*`` on purpose: for one message SES asks IAM about the sender's identity, the configuration set,
    and, in the sandbox, the recipient's identity. A policy scoped to the sender's identity is refused by the second
    or third question. The condition on the address keeps it narrow.
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "SendFromTheseAddresses",
                "Effect": "Allow",
                "Action": "ses:SendRawEmail",
                "Resource": "*",
                "Condition": {"StringLike": {"ses:FromAddress": list(patterns)}},
            }
        ],
    }


def _ascii_domain(domain: str, sender: str) -> str:
    # SES compares with the address in the message, where domains are in lower case punycode by custom.
    try:
        ascii_domain = domain.lower() if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise SenderError(_wrong(sender)) from None
    if not _DOMAIN.fullmatch(ascii_domain):
        raise SenderError(_wrong(sender))
    return ascii_domain


def _wrong(sender: str) -> str:
    return f"The sender {sender!r} is neither a domain nor an e-mail address. Use example.com or app@example.com."
