# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of a mail server, held against what it cannot do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, Mapping, Sequence, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._relay.capabilities import cannot

if TYPE_CHECKING:
    from ansible_collections.cloudmail.ses.plugins.module_utils._relay.findings import Findings
    from ansible_collections.cloudmail.ses.plugins.module_utils._relay.relays import Relay

#: The variables that ask for a feature when they are set.
_WHEN_SET = (
    ("headers", "configuration_set"),
    ("headers", "message_tags"),
    ("headers", "tenant"),
    ("headers", "source_arn"),
    ("sender_exceptions", "sender_exceptions"),
    ("rate", "rate"),
    ("rate", "account_rate"),
    ("root_alias", "root_alias"),
)
#: From here on a mail server that hangs each header on another one of the message may run out of those.
MANY_HEADERS = 3
#: What each mail server makes something of: it is the default.
_DEFAULT_BOUNCES = {"to": "mailbox", "address": "root"}


def find_impossible(
    found: Findings, wish: Mapping[str, Any], *, given: Mapping[str, Any], relays: Sequence[Relay]
) -> None:
    """Find what is asked for and the mail server cannot do."""
    asked = [(feature, f"ses_relay_{name}") for feature, name in _WHEN_SET if given.get(name)]
    for feature, variable in [*asked, *_of_relays(relays), *_of_wish(wish)]:
        reason = cannot(wish["mta"], feature)
        if reason:
            found.add(variable, reason)


def _of_relays(relays: Sequence[Relay]) -> List[Tuple[str, str]]:
    asked = []
    for relay in relays:
        if relay.start != relays[0].start:
            asked.append(("senders", relay.start.rstrip(".")))
        if any(sender.startswith("@") for sender in relay.senders):
            asked.append(("sender_domains", f"{relay.start}senders"))
        if relay.own_places and len(relay.places) > 1:
            asked.append(("failover", f"{relay.start}endpoints"))
    return asked


def _of_wish(wish: Mapping[str, Any]) -> List[Tuple[str, str]]:
    asked = [("wrapper" if wish["wrapper"] else "starttls", "ses_relay_port")]
    if len(wish["headers"]) > MANY_HEADERS:
        asked.append(("many_headers", "ses_relay_source_arn"))
    if wish["settings"]:
        asked.append(("settings", f"ses_relay_settings.{wish['mta']}"))
    if wish["bounces"] != _DEFAULT_BOUNCES:
        asked.append((f"bounces_{wish['bounces']['to']}", "ses_relay_bounces"))
    return asked
