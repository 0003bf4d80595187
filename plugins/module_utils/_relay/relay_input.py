# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role ses_relay is asked for: its variables checked, and put into the one form that every mail server reads."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Sequence, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._relay.addresses import (
    domain,
    read_exceptions,
    read_senders,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._relay.bounces import read_bounces, read_root_alias
from ansible_collections.cloudmail.ses.plugins.module_utils._relay.capabilities import MTAS, cannot
from ansible_collections.cloudmail.ses.plugins.module_utils._relay.credentials import (
    Choice,
    Credential,
    read_credential,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._relay.endpoints import Place, read_places
from ansible_collections.cloudmail.ses.plugins.module_utils._relay.findings import Findings
from ansible_collections.cloudmail.ses.plugins.module_utils._relay.headers import read_headers
from ansible_collections.cloudmail.ses.plugins.module_utils._relay.rate import read_rate
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
        "hosts",
        "bounces",
        "root_alias",
        "settings",
    ]
)
_SENDERS_FIELDS = ("senders", "endpoints", "region", "host", "username", "password", "passwords")
_HEADERS = ("configuration_set", "message_tags", "tenant", "source_arn")
_NO_VERIFICATION = ("dma", "ssmtp")


class _Relay(NamedTuple):
    """Where the mail of some senders goes; of all others without ``senders``. ``said`` is of all its endpoints."""

    variable: str
    senders: List[str]
    places: List[Place]
    said: List[Credential]


def relay_input(given: Mapping[str, Any]) -> Tuple[Dict[str, Any], List[str]]:
    """Return what is wanted, and warnings. Raises RelayInputError with all that is wrong."""
    found = Findings()
    mta = _mta(found, given.get("mta"))
    relays = _relays(found, given)
    places = [place for relay in relays for place in relay.places]
    port = _port(found, given.get("port"))
    settings = _settings(found, given.get("settings"))
    wish = {
        "mta": mta,
        "relays": _with_credentials(found, relays),
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
    _check_mta(found, wish, given, relays)
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


def _relays(found: Findings, given: Mapping[str, Any]) -> List[_Relay]:
    """Return the relay of the whole host, and those of some senders."""
    whole = read_credential(found, "ses_relay_", given)
    places = read_places(found, "ses_relay_", given)
    if not places and not any(given.get(name) for name in ("endpoints", "region", "host")):
        found.add(
            "ses_relay_region",
            "is empty. Give the region of SES such as eu-west-1, or ses_relay_endpoints or ses_relay_host.",
        )
    relays = [_Relay("ses_relay_endpoints", [], places, [whole])]
    first: Dict[str, str] = {}
    for number, entry in enumerate(found.entries("ses_relay_senders", given.get("senders"))):
        variable = f"ses_relay_senders[{number}]"
        if not isinstance(entry, Mapping):
            found.add(variable, "is not a dictionary. Write {senders: [app@example.net], region: us-east-1}.")
            continue
        relays.append(_of_senders(found, variable, entry, whole=relays[0]))
        for sender in relays[-1].senders:
            other = first.setdefault(sender.lower(), variable)
            if other != variable or relays[-1].senders.count(sender) > 1:
                found.add(f"{variable}.senders", f"{sender} is in {other}.senders already. Name each sender once.")
    return relays


def _of_senders(found: Findings, variable: str, entry: Mapping[str, Any], *, whole: _Relay) -> _Relay:
    start = f"{variable}."
    found.fields(variable, entry, known=_SENDERS_FIELDS)
    senders = read_senders(found, f"{start}senders", entry.get("senders"))
    credential = read_credential(found, start, entry)
    has_place = any(entry.get(name) for name in ("endpoints", "region", "host"))
    places = read_places(found, start, entry) if has_place else whole.places
    if not has_place and not credential.username and not credential.password and not credential.passwords:
        found.add(
            variable, "says neither where the mail of its senders goes nor as whom. Give region, endpoints or username."
        )
    return _Relay(f"{start}endpoints", senders, places, [credential, *whole.said])


def _with_credentials(found: Findings, relays: Sequence[_Relay]) -> List[Dict[str, Any]]:
    choice = Choice(found)
    full = []
    for number, relay in enumerate(relays, 1):
        endpoints = []
        for place in relay.places:
            username, password = choice.choose(place.variable, place.region, [place.credential, *relay.said])
            endpoints.append({"host": place.host, "region": place.region, "username": username, "password": password})
        name = "ses" if number == 1 else f"ses-{number}"
        full.append({"name": name, "senders": relay.senders, "endpoints": endpoints})
    choice.check_regions()
    return full


def _port(found: Findings, given: Any) -> int:
    try:
        port = 0 if isinstance(given, bool) else int(given)
    except (TypeError, ValueError):
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
        settings[name] = found.table(variable, value)
    return settings


def _check_mta(found: Findings, wish: Mapping[str, Any], given: Mapping[str, Any], relays: Sequence[_Relay]) -> None:
    """Find what the mail server cannot do, where it is asked for."""
    asked = [("headers", f"ses_relay_{name}") for name in _HEADERS if given.get(name)]
    asked += [("senders", relay.variable.rpartition(".")[0]) for relay in relays[1:2]]
    asked += [
        ("sender_domains", f"{relay.variable.rpartition('.')[0]}.senders")
        for relay in relays
        for one in relay.senders
        if one[0] == "@"
    ]
    asked += [("failover", relay.variable) for relay in relays if len(relay.places) > 1]
    asked += [("rate", f"ses_relay_{name}") for name in ("rate", "account_rate") if given.get(name)]
    asked += [(name, f"ses_relay_{name}") for name in ("sender_exceptions", "root_alias") if given.get(name)]
    asked += [("settings", f"ses_relay_settings.{wish['mta']}")] if wish["settings"] else []
    asked.append(("wrapper" if wish["wrapper"] else "starttls", "ses_relay_port"))
    # The default is what each mail server makes of it.
    if wish["bounces"] != {"to": "mailbox", "address": "root"}:
        asked.append((f"bounces_{wish['bounces']['to']}", "ses_relay_bounces"))
    for feature, variable in dict.fromkeys(asked):
        reason = cannot(wish["mta"], feature)
        if reason:
            found.add(variable, reason)


def _or(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
