# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role ses_relay is asked for: its variables checked, and put into the one form that every mail server reads."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._relay.addresses import domain, read_exceptions
from ansible_collections.cloudmail.ses.plugins.module_utils._relay.asked import find_impossible
from ansible_collections.cloudmail.ses.plugins.module_utils._relay.bounces import read_bounces, read_root_alias
from ansible_collections.cloudmail.ses.plugins.module_utils._relay.capabilities import MTAS
from ansible_collections.cloudmail.ses.plugins.module_utils._relay.findings import Findings
from ansible_collections.cloudmail.ses.plugins.module_utils._relay.headers import read_headers
from ansible_collections.cloudmail.ses.plugins.module_utils._relay.rate import read_rate
from ansible_collections.cloudmail.ses.plugins.module_utils._relay.relays import read_relays, with_credentials
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.endpoint import PORTS, WRAPPER_PORTS

#: The variables of the role without ses_relay_ before them, and the number of hosts in the play.
VARIABLES = frozenset(
    [
        "mta",
        "region",
        "host",
        "endpoints",
        "port",
        "username",
        "password",
        "passwords",
        "sender_domain",
        "senders",
        "sender_exceptions",
        "configuration_set",
        "message_tags",
        "tenant",
        "source_arn",
        "rate",
        "account_rate",
        "account_rate_hosts",
        "hosts",
        "limit",
        "bounces",
        "root_alias",
        "settings",
    ]
)
_NO_VERIFICATION = ("dma", "ssmtp")


def relay_input(given: Mapping[str, Any]) -> Tuple[Dict[str, Any], List[str]]:
    """Return what is wanted, and warnings. Raises RelayInputError with all that is wrong."""
    found = Findings()
    mta = _mta(found, given.get("mta"))
    relays = read_relays(found, given)
    places = [place for relay in relays for place in relay.places]
    port = _port(found, given.get("port", 587))
    settings = _settings(found, given.get("settings"))
    wish = {
        "mta": mta,
        "relays": with_credentials(found, relays),
        "port": port,
        "wrapper": port in WRAPPER_PORTS,
        "sender_domain": _sender_domain(found, given.get("sender_domain")),
        "sender_exceptions": read_exceptions(found, "ses_relay_sender_exceptions", given.get("sender_exceptions")),
        "headers": read_headers(found, given, places),
        "rate": read_rate(found, given),
        "bounces": read_bounces(found, given.get("bounces")),
        "root_alias": read_root_alias(found, given.get("root_alias")),
        "settings": settings.get(mta, {}),
    }
    find_impossible(found, wish, given=given, relays=relays)
    found.raise_all()
    return wish, list(dict.fromkeys(place.warning for place in places if place.warning))


def _mta(found: Findings, given: Any) -> str:
    mta = found.text("ses_relay_mta", given)
    if mta in _NO_VERIFICATION:
        found.add(
            "ses_relay_mta",
            f"{mta} does not verify the name of the server, so it would give the password to any. Use {_or(MTAS)}.",
        )
    elif mta not in MTAS:
        found.add("ses_relay_mta", f"{mta!r} is no mail server that the role knows. Use {_or(MTAS)}.")
    return mta


def _port(found: Findings, given: Any) -> int:
    try:
        port = int(str(given))
    except ValueError:
        port = 0
    if port not in PORTS:
        found.add(
            "ses_relay_port",
            f"{given!r} is no port of SES. It has 587, 2587 and 25 (STARTTLS), and 465 and 2465 (TLS).",
        )
    return port


def _sender_domain(found: Findings, given: Any) -> str:
    text = found.text("ses_relay_sender_domain", given)
    if not text:
        found.add("ses_relay_sender_domain", "is empty. Give a domain that is verified in SES, such as example.com.")
        return ""
    return found.check("ses_relay_sender_domain", domain, text) or ""


def _settings(found: Findings, given: Any) -> Dict[str, Dict[Any, Any]]:
    settings = {}
    for name, value in found.table("ses_relay_settings", given).items():
        variable = f"ses_relay_settings.{name}"
        if name not in MTAS:
            found.add(variable, f"is no mail server that the role knows. The settings stand under {_or(MTAS)}.")
        else:
            settings[name] = found.table(variable, value)
    return settings


def _or(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
