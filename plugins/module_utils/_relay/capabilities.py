# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a mail server cannot do, which is an error where it is asked for. Data, and who can instead."""

from __future__ import annotations

from typing import List, Mapping, Sequence

MTAS = ("exim", "msmtp", "nullmailer", "opensmtpd", "postfix", "sendmail")

#: What can be asked for, and what it is called.
FEATURES: Mapping[str, str] = {
    "senders": "relays by sender",
    "sender_domains": "relays by the domain of the sender",
    "sender_exceptions": "exceptions from the rewriting of senders",
    "failover": "several endpoints in order of preference",
    "headers": "headers on all mail",
    "many_headers": "more than three headers on all mail",
    "rate": "a limit of messages a second",
    "bounces_mailbox": "a mailbox for mail with the null sender",
    "bounces_discard": "dropping mail with the null sender",
    "bounces_sender": "a sender for mail with the null sender",
    "root_alias": "an alias of root",
    "starttls": "STARTTLS (ports 25, 587 and 2587)",
    "wrapper": "TLS from the first byte (ports 465 and 2465)",
    "settings": "raw settings",
}

#: By mail server and feature: the reason in a sentence or two, and what to do but for taking another mail server.
#: What the default of a variable asks for (bounces_mailbox for root) is never refused, even when it stands here.
CANNOT: Mapping[str, Mapping[str, str]] = {
    "postfix": {
        "many_headers": "It puts each before another header that every message has once, of which there are three.",
    },
    "msmtp": {
        "rate": "Each message is a process of its own, and there is no queue. Lower the rate where the messages come from.",
    },
    "sendmail": {
        "wrapper": "As a client it begins TLS with STARTTLS alone; only its server listens with TLS from the first byte. "
        "Set ses_relay_port to 587 (or 2587, or 25).",
    },
}

# A mail server that cannot do the whole cannot do the part.
_PART_OF = {"many_headers": "headers", "sender_domains": "senders"}


def cannot(mta: str, feature: str) -> str:
    """Return why ``mta`` cannot do this and which mail servers can, or an empty text where it can."""
    reason = CANNOT.get(mta, {}).get(feature, "")
    if not reason:
        return ""
    able = [name for name in MTAS if not {feature, _PART_OF.get(feature)} & set(CANNOT.get(name, {}))]
    return f"{mta} cannot do {FEATURES[feature]}. {reason} {_instead(able)}".rstrip()


def _instead(able: Sequence[str]) -> str:
    names: List[str] = [f"{', '.join(able[:-1])} or {able[-1]}"] if len(able) > 1 else list(able)
    return "".join(f"Or leave it out, or set ses_relay_mta to {name}, which can." for name in names)
