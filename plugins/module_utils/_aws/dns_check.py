# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether DNS has the records that SES looks for."""

from __future__ import annotations

import ipaddress
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Mapping, Sequence, Set, Tuple

try:
    import dns.exception
    import dns.resolver

    HAS_DNSPYTHON = True
except ImportError:
    HAS_DNSPYTHON = False

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError, SesError

#: The types of the records that SES wants.
TYPES = ("CNAME", "MX", "TXT")
DNS_PORT = 53
#: A name server that says nothing is asked again after this many seconds.
_PATIENCE = 2.0
_AT_ONCE = 8


@dataclass(frozen=True)
class Answer:
    """What DNS has for one name and type; ``problem`` says why that could not be found out."""

    values: Tuple[str, ...] = ()
    problem: str = ""


def check_records(
    records: Sequence[Mapping[str, Any]], servers: Sequence[str] = (), timeout: float = 10.0
) -> List[Dict[str, Any]]:
    """Return each of ``records`` with what DNS has for it.

    :param records: dictionaries with ``name``, ``type`` (CNAME, MX, TXT) and ``value`` (TXT without quotes); what else
        they hold is returned as it is
    :param servers: addresses of name servers, each with a port where it is not 53; none: those of the system
    :param timeout: seconds for all records together
    :return: in the same order, with ``found`` (the values in DNS), ``state`` (``present``, ``different``, ``missing``,
        or ``unknown`` when no server answered) and ``problem`` (why it is unknown, else empty)
    :raises PlanError: a record or a server that cannot be asked
    :raises SesError: dnspython is missing, or this system has no name servers
    """
    for record in records:
        _check(record)
    resolver = _resolver(servers)
    wanted: Dict[Tuple[str, str], List[str]] = {}
    for record in records:
        wanted.setdefault(_question(record), []).append(str(record["value"]))
    deadline = time.monotonic() + timeout
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        asked = {question: pool.submit(_ask, resolver, question, deadline) for question in wanted}
        answers = {question: future.result() for question, future in asked.items()}
    return [_judged(record, answers[_question(record)], wanted[_question(record)]) for record in records]


def state_of(record: Mapping[str, Any], found: Sequence[str], wanted: Sequence[str]) -> str:
    """Return ``present``, ``different`` or ``missing`` for a record.

    ``found`` are the values that DNS has at its name and type, ``wanted`` all that should be there.
    """
    value = str(record["value"])
    family = _family(value) if record["type"] == "TXT" else ""
    if family:
        found = [one for one in found if _family(one) == family]
    if not found:
        return "missing"
    if family == "dmarc":
        # Whatever it says: the policy is the domain owner's.
        return "present"
    if family == "spf":
        # A second SPF record makes both void (RFC 7208, section 4.5).
        return "present" if len(found) == 1 and _mechanisms(value) <= _mechanisms(found[0]) else "different"
    have = {_normal(one, record["type"]) for one in found}
    if _normal(value, record["type"]) not in have:
        return "different"
    # SES takes a MAIL FROM domain only when its one MX record is the only one.
    extra = have - {_normal(one, "MX") for one in wanted} if record["type"] == "MX" else set()
    return "different" if extra else "present"


def _normal(value: str, kind: str) -> str:
    if kind == "TXT":
        return _dkim_key(value) if _family(value) == "dkim" else value
    return " ".join(value.lower().rstrip(".").split())


def _dkim_key(value: str) -> str:
    """Return the key of a DKIM record: lines, blanks and other tags may differ between those who pass it on."""
    tags = "".join(value.split()).split(";")
    return next((tag for tag in tags if tag.startswith("p=")), value)


def _family(value: str) -> str:
    """Return which of the texts that may stand at one name once only this is, or an empty text."""
    start = "".join(value.split()).lower()
    if start == "v=spf1" or value.strip().lower().startswith("v=spf1 "):
        return "spf"
    if start.startswith("v=dmarc1"):
        return "dmarc"
    return "dkim" if start.startswith(("v=dkim1", "p=", "k=rsa")) else ""


def _mechanisms(spf: str) -> Set[str]:
    """Return what a SPF record names; its end (``~all``) is the owner's choice."""
    return {term.lower().lstrip("+") for term in spf.split() if not term.lower().endswith("all")}


def _judged(record: Mapping[str, Any], answer: Answer, wanted: Sequence[str]) -> Dict[str, Any]:
    state = "unknown" if answer.problem else state_of(record, answer.values, wanted)
    return {**record, "found": list(answer.values), "state": state, "problem": answer.problem}


def _question(record: Mapping[str, Any]) -> Tuple[str, str]:
    return str(record["name"]).lower().rstrip("."), str(record["type"])


def _check(record: Mapping[str, Any]) -> None:
    missing = [key for key in ("name", "type", "value") if not record.get(key)]
    if missing:
        raise PlanError(
            f"The record {dict(record)} has no {' and no '.join(missing)}. Each needs name, type and value."
        )
    if record["type"] not in TYPES:
        raise PlanError(
            f"The record {record['name']} has the type {record['type']}, and only {', '.join(TYPES)} can be checked. "
            "SES wants no others; leave it out."
        )


def _resolver(servers: Iterable[str]) -> Any:
    if not HAS_DNSPYTHON:
        raise SesError(
            "DNS cannot be asked, because the Python library dnspython is missing where this task runs. "
            "Install it there (pip install dnspython), or leave DNS unchecked."
        )
    places = [_place(server) for server in servers]
    try:
        resolver = dns.resolver.Resolver(configure=not places)
    except dns.exception.DNSException as exc:
        raise SesError(f"This system has no name servers to ask ({exc}). Name some in the servers option.") from None
    if places:
        resolver.nameserver_ports = dict(places)
        resolver.nameservers = [address for address, _port in places]
    resolver.timeout = _PATIENCE
    return resolver


def _place(server: str) -> Tuple[str, int]:
    """Return the address and the port of ``192.0.2.53``, ``192.0.2.53:5353``, ``2001:db8::53`` or ``[2001:db8::53]:5353``."""
    address, separator, port = server.strip(), "", ""
    if address.startswith("["):
        address, _bracket, rest = address[1:].partition("]")
        separator, port = rest[:1], rest[1:]
    elif address.count(":") == 1:
        address, separator, port = address.partition(":")
    try:
        ipaddress.ip_address(address)
        number = int(port) if separator else DNS_PORT
    except ValueError:
        number = 0
    if not 0 < number < 65536 or separator not in ("", ":"):
        raise PlanError(
            f"{server!r} is not the address of a name server. Use an address such as 192.0.2.53, or with a port "
            "192.0.2.53:5353; names cannot be used to find names."
        )
    return address, number


def _ask(resolver: Any, question: Tuple[str, str], deadline: float) -> Answer:
    name, kind = question
    left = deadline - time.monotonic()
    if left <= 0:
        return Answer(problem="there was no time left to ask")
    try:
        found = resolver.resolve(f"{name}.", kind, lifetime=left)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return Answer()
    except dns.exception.Timeout:
        return Answer(problem="no name server answered in time")
    except dns.exception.DNSException as exc:
        return Answer(problem=str(exc))
    return Answer(values=tuple(sorted(_text(item, kind) for item in found)))


def _text(item: Any, kind: str) -> str:
    if kind == "MX":
        return f"{item.preference} {item.exchange.to_text(omit_final_dot=True)}"
    if kind == "CNAME":
        return str(item.target.to_text(omit_final_dot=True))
    return b"".join(item.strings).decode("utf-8", "backslashreplace")
