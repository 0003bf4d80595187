# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether DNS has the records that SES looks for."""

from __future__ import annotations

import ipaddress
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Mapping, Sequence, Tuple

try:
    import dns.exception
    import dns.resolver

    HAS_DNSPYTHON = True
except ImportError:
    HAS_DNSPYTHON = False

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_record import check, question, state_of
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError, SesError

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
    check(records)
    if timeout <= 0:
        raise PlanError(f"timeout is {timeout:g}: it must be more than 0 seconds. Leave it out for 10.")
    resolver = _resolver(servers)
    wanted: Dict[Tuple[str, str], List[str]] = {}
    for record in records:
        wanted.setdefault(question(record), []).append(str(record["value"]))
    deadline = time.monotonic() + timeout
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        asked = {asking: pool.submit(_ask, resolver, asking, deadline) for asking in wanted}
        answers = {asking: future.result() for asking, future in asked.items()}
    return [_judged(record, answers[question(record)], wanted[question(record)]) for record in records]


def _judged(record: Mapping[str, Any], answer: Answer, wanted: Sequence[str]) -> Dict[str, Any]:
    state = "unknown" if answer.problem else state_of(record, answer.values, wanted)
    return {**record, "found": list(answer.values), "state": state, "problem": answer.problem}


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


def _ask(resolver: Any, asking: Tuple[str, str], deadline: float) -> Answer:
    name, kind = asking
    left = deadline - time.monotonic()
    if left <= 0:
        return Answer(problem="there was no time left to ask")
    try:
        found = resolver.resolve(f"{name}.", kind, lifetime=left)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return Answer()
    except dns.exception.Timeout:
        return Answer(problem="no name server answered in time")
    except dns.resolver.NoNameservers as exc:
        return Answer(problem=_by_server(exc))
    except dns.exception.DNSException as exc:
        return Answer(problem=str(exc))
    return Answer(values=tuple(sorted(_text(item, kind) for item in found)))


def _by_server(exc: Any) -> str:
    # The library's own text has the name in it, and a server once for each time that it was asked.
    said: Dict[str, None] = {}
    for server, _tcp, port, answer, _response in exc.kwargs.get("errors") or ():
        # Since dnspython 2.4 it is Do53:192.0.2.53@53.
        address = str(server).rpartition("@")[0].partition(":")[2] or str(server)
        place = address if port == DNS_PORT else f"{address}, port {port},"
        said[f"the name server {place} answered {answer}".rstrip(".")] = None
    return "; ".join(said) or "no name server answered"


def _text(item: Any, kind: str) -> str:
    if kind == "MX":
        return f"{item.preference} {item.exchange.to_text(omit_final_dot=True)}"
    if kind == "CNAME":
        return str(item.target.to_text(omit_final_dot=True))
    return b"".join(item.strings).decode("utf-8", "backslashreplace")
