# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP side: /_simulator/ here, SES v2 here as far as registered, all other AWS calls to moto."""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIEnvironment

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.sesv2.responses import SESV2Response

from ses_simulator import account_operations, configuration_operations, identity_operations, operations
from ses_simulator.calls import Call, writes
from ses_simulator.control import PREFIX, Control
from ses_simulator.simulation import Simulation

_SCOPE = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_REST_SERVICES = ("sesv2", "route53")
_OPERATION_MODULES = (account_operations, configuration_operations, identity_operations)


@dataclass(frozen=True)
class ApiRequest:
    """An AWS API call, taken apart."""

    service: str
    region: str
    operation: str
    in_path: dict[str, str]
    query: str
    body: bytes


def read_request(environ: WSGIEnvironment, body: bytes) -> ApiRequest:
    """Find out service, region and operation of a call from its signature, target, form and path."""
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    service, region = (scope["service"], scope["region"]) if scope else ("unknown", "unknown")
    path, query = str(environ.get("PATH_INFO", "")), str(environ.get("QUERY_STRING", ""))
    if service == "ses" and path.startswith("/v2/"):
        service = "sesv2"
    in_path: dict[str, str] = {}
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        name = str(target).rpartition(".")[2]
    elif service in _REST_SERVICES:
        found = operations.match(service, environ["REQUEST_METHOD"], str(environ.get("RAW_PATH", path)))
        name, in_path = found or (f"{environ['REQUEST_METHOD']} {path}", {})
    else:
        form = body.decode("utf-8", "replace") if b"Action=" in body else query
        name = parse_qs(form).get("Action", [f"{environ['REQUEST_METHOD']} {path}"])[0]
    return ApiRequest(service, region, name, in_path, query, body)


class Application:
    """The WSGI application of the simulator's one HTTP address."""

    def __init__(self, simulation: Simulation, control: Control) -> None:
        self._simulation = simulation
        self._control = control
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        environ["wsgi.input"] = io.BytesIO(body)
        path = str(environ.get("PATH_INFO", ""))
        if path.startswith(PREFIX):
            answer = self._control.answer(
                environ["REQUEST_METHOD"], path.removeprefix(PREFIX), str(environ.get("QUERY_STRING", "")), body
            )
            start_response(answer.status, [("Content-Type", answer.content_type), _length(answer.body)])
            return [answer.body]
        environ["RAW_PATH"] = str(environ.get("REQUEST_URI") or path).partition("?")[0]
        return self._aws(environ, start_response, read_request(environ, body))

    def _aws(self, environ: WSGIEnvironment, start_response: StartResponse, request: ApiRequest) -> Iterable[bytes]:
        def note(status: int) -> None:
            self._simulation.calls.add(
                Call(request.service, request.operation, request.region, writes(request.operation), status)
            )

        if request.service == "sesv2" and _is_ours(request.operation):
            status, headers, body = self._ses_v2(request)
            note(status)
            start_response(f"{status} {'OK' if status == 200 else 'Error'}", [*headers, _length(body)])
            return [body]

        def noting_start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            note(int(status.split(maxsplit=1)[0]))
            return start_response(status, headers, exc_info)

        served: Iterable[bytes] = self._moto(environ, noting_start)
        return served

    def _ses_v2(self, request: ApiRequest) -> tuple[int, list[tuple[str, str]], bytes]:
        headers = [("Content-Type", "application/json"), ("x-amzn-RequestId", str(uuid.uuid4()))]
        try:
            if not operations.is_registered(request.operation):
                raise operations.ServiceError(
                    "UnsupportedOperation", f"The simulator does not have SES v2 {request.operation} yet.", status=400
                )
            model = operations.service_model("sesv2").operation_model(request.operation)
            params = operations.members(model, request.in_path, request.query, request.body)
            result = operations.perform(request.operation, request.region, params, self._simulation)
        except operations.ServiceError as error:
            body = {"message": error.message}
            return error.status, [*headers, ("x-amzn-ErrorType", error.code)], json.dumps(body).encode()
        return 200, headers, json.dumps(result).encode()


def _is_ours(operation: str) -> bool:
    """Tell whether to answer here: what is registered, and what moto would only fail on."""
    return operations.is_registered(operation) or not hasattr(SESV2Response, _snake(operation))


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _length(body: bytes) -> tuple[str, str]:
    return ("Content-Length", str(len(body)))
