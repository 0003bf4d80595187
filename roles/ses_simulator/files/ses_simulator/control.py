# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's own HTTP interface under ``/_simulator/``."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import parse_qs

from ses_simulator import __version__, identities
from ses_simulator.accounts import Account
from ses_simulator.faults import parse_fault
from ses_simulator.messages import Query
from ses_simulator.quotas import QUOTAS
from ses_simulator.simulation import Simulation

PREFIX = "/_simulator/"
_QUERY_FIELDS = {"recipient", "mail_from", "subject", "region"}


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: str
    body: bytes
    content_type: str = "application/json"


def _json(value: Any, status: str = "200 OK") -> Answer:
    return Answer(status, (json.dumps(value, indent=1) + "\n").encode())


class Control:
    """Looks at and changes a simulation."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._handlers: dict[tuple[str, str], Callable[[dict[str, list[str]], bytes], Answer]] = {
            ("GET", "health"): self._health,
            ("GET", "ca.pem"): lambda _query, _body: Answer(
                "200 OK", simulation.authority.pem(), "application/x-pem-file"
            ),
            ("GET", "messages"): self._messages,
            ("DELETE", "messages"): lambda _query, _body: self._clear(simulation.messages.clear),
            ("POST", "identities"): self._set_identity,
            ("POST", "account"): self._set_account,
            ("GET", "quotas"): self._quota_requests,
            ("POST", "quotas"): self._decide_quota,
            ("DELETE", "quotas"): lambda _query, _body: self._clear(self._forget_quota_requests),
            ("GET", "api"): lambda _query, _body: _json(simulation.api.as_dict()),
            ("POST", "api"): self._set_api,
            ("DELETE", "api"): lambda _query, _body: self._clear(simulation.api.clear),
            ("GET", "faults"): lambda _query, _body: _json([asdict(fault) for fault in simulation.faults.active()]),
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): lambda _query, _body: self._clear(simulation.faults.clear),
            ("GET", "origins"): lambda _query, _body: _json([asdict(origin) for origin in simulation.origins.known()]),
            ("POST", "origins"): lambda _query, body: _json(asdict(simulation.origins.add(_object(body)))),
            ("DELETE", "origins"): lambda _query, _body: self._clear(simulation.origins.clear),
            ("GET", "decisions"): lambda _query, _body: _json(simulation.decisions.as_list()),
            ("DELETE", "decisions"): lambda _query, _body: self._clear(simulation.decisions.clear),
            ("GET", "connections"): self._connections,
            ("DELETE", "connections"): lambda _query, _body: self._clear(simulation.dialogues.clear),
            ("GET", "calls"): lambda _query, _body: _json(simulation.calls.as_list()),
            ("DELETE", "calls"): lambda _query, _body: self._clear(simulation.calls.clear),
        }

    def answer(self, method: str, path: str, query: str, body: bytes) -> Answer:
        """Answer one request; ``path`` is what follows the prefix."""
        if method == "GET" and path.startswith("messages/"):
            return self._raw_message(path.removeprefix("messages/"))
        handler = self._handlers.get((method, path.rstrip("/")))
        if handler is None:
            known = ", ".join(f"{verb} {PREFIX}{name}" for verb, name in self._handlers)
            return _json({"error": f"no {method} {PREFIX}{path}; there are: {known}"}, "404 Not Found")
        try:
            return handler(parse_qs(query), body)
        except (ValueError, TypeError, KeyError) as error:
            return _json({"error": str(error)}, "400 Bad Request")

    def _clear(self, clear: Callable[[], None]) -> Answer:
        clear()
        return _json({})

    def _health(self, _query: dict[str, list[str]], _body: bytes) -> Answer:
        settings = self._simulation.settings
        return _json(
            {
                "status": "ok",
                "version": __version__,
                "pid": os.getpid(),
                "regions": dict(settings.regions),
                "ports": [str(port) for port in settings.ports],
                "messages": len(self._simulation.messages),
            }
        )

    def _messages(self, query: dict[str, list[str]], _body: bytes) -> Answer:
        unknown = sorted(set(query) - _QUERY_FIELDS - {"limit"})
        if unknown:
            raise ValueError(f"unknown filter {unknown[0]!r}: there are {', '.join(sorted(_QUERY_FIELDS))} and limit")
        wanted = Query(**{name: values[0] for name, values in query.items() if name in _QUERY_FIELDS})
        limit = int(query["limit"][0]) if "limit" in query else None
        return _json([message.as_dict() for message in self._simulation.messages.find(wanted, limit=limit)])

    def _raw_message(self, message_id: str) -> Answer:
        message = self._simulation.messages.get(message_id)
        if message is None:
            return _json(
                {"error": f"no message {message_id}: unknown, deleted, or too old to be kept"}, "404 Not Found"
            )
        return Answer("200 OK", message.content, "message/rfc822")

    def _connections(self, query: dict[str, list[str]], _body: bytes) -> Answer:
        unknown = sorted(set(query) - {"region", "client"})
        if unknown:
            raise ValueError(f"unknown filter {unknown[0]!r}: there are region and client")
        return _json(self._simulation.dialogues.as_list(**{name: values[0] for name, values in query.items()}))

    def _set_identity(self, _query: dict[str, list[str]], body: bytes) -> Answer:
        wanted = _object(body)
        status = identities.STATUSES.get(wanted["status"])
        if status is None:
            raise ValueError(f"status {wanted['status']!r} is unknown: choose one of {', '.join(identities.STATUSES)}")
        region, name = self._region(wanted), str(wanted["identity"])
        identity = identities.find(region, name) or identities.create(region, name)
        identity.set_status(status, str(wanted.get("error_type", "")))
        if "mail_from_status" in wanted:
            identity.mail_from_status = identities.STATUSES[wanted["mail_from_status"]]
        if "dkim_status" in wanted:
            identity.dkim.status = identities.STATUSES[wanted["dkim_status"]]
        return _json({"region": region, "identity": identity.email_identity, "status": wanted["status"]})

    def _set_account(self, _query: dict[str, list[str]], body: bytes) -> Answer:
        wanted = _object(body)
        everywhere = [name for name, _address in self._simulation.settings.regions]
        regions = [self._region(wanted)] if "region" in wanted else everywhere
        changes = {name: value for name, value in wanted.items() if name != "region"}
        accounts = {region: self._simulation.account(region) for region in regions}
        for account in accounts.values():
            account.configure(changes)
        if "region" in wanted:
            return _json({"region": regions[0], **accounts[regions[0]].as_dict()})
        return _json({"regions": {region: account.as_dict() for region, account in accounts.items()}})

    def _quota_requests(self, query: dict[str, list[str]], _body: bytes) -> Answer:
        regions = query.get("region") or [name for name, _address in self._simulation.settings.regions]
        return _json([shown for region in regions for shown in _requests(region, self._simulation.account(region))])

    def _decide_quota(self, _query: dict[str, list[str]], body: bytes) -> Answer:
        wanted = _object(body)
        region, code = self._region(wanted), str(wanted["quota"])
        if code not in QUOTAS:
            raise ValueError(f"quota {code!r} is unknown: there are {', '.join(QUOTAS)}")
        account = self._simulation.account(region)
        account.decide_quota(code, str(wanted["status"]))
        return _json([shown for shown in _requests(region, account) if shown["quota_code"] == code])

    def _forget_quota_requests(self) -> None:
        for region, _address in self._simulation.settings.regions:
            self._simulation.account(region).quota_requests.clear()

    def _set_api(self, _query: dict[str, list[str]], body: bytes) -> Answer:
        self._simulation.api.configure(_object(body))
        return _json(self._simulation.api.as_dict())

    def _add_fault(self, _query: dict[str, list[str]], body: bytes) -> Answer:
        wanted = _object(body)
        self._region(wanted)
        fault = parse_fault(wanted)
        ports = [port.number for port in self._simulation.settings.ports]
        if fault.port is not None and fault.port not in ports:
            raise ValueError(f"port {fault.port!r} is not served here: there are {', '.join(map(str, ports))}")
        self._simulation.faults.add(fault)
        return _json(asdict(fault))

    def _region(self, wanted: dict[str, Any]) -> str:
        region = wanted.get("region")
        known = [name for name, _address in self._simulation.settings.regions]
        if region not in known:
            raise ValueError(f"region {region!r} is not served here: there are {', '.join(known)}")
        return str(region)


def _requests(region: str, account: Account) -> list[dict[str, Any]]:
    return [{"region": region, **asdict(request)} for request in account.quota_requests]


def _object(body: bytes) -> dict[str, Any]:
    value = json.loads(body)
    if not isinstance(value, dict):
        raise TypeError("the body must be a JSON object")
    return value
