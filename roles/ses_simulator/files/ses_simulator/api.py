# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP side: /_simulator/ here, AWS operations here as far as registered, all other AWS calls to moto."""

from __future__ import annotations

import io
import re
import socket
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.sesv2.responses import SESV2Response

from ses_simulator import operations
from ses_simulator.api_faults import AFTER, BEFORE
from ses_simulator.calls import DROPPED, Call, writes
from ses_simulator.control import PREFIX, Control
from ses_simulator.protocols import Answer, ApiRequest, answer, error_answer, read_request, tidied
from ses_simulator.services import SES, ServiceError
from ses_simulator.simulation import Simulation


class Application:
    """The WSGI application of the simulator's one HTTP address."""

    def __init__(self, simulation: Simulation, control: Control) -> None:
        self._simulation = simulation
        self._control = control
        self._moto = DomainDispatcherApplication(create_backend_app)
        operations.load()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        environ["wsgi.input"] = io.BytesIO(body)
        path = str(environ.get("PATH_INFO", ""))
        if path.startswith(PREFIX):
            told = self._control.answer(
                environ["REQUEST_METHOD"], path.removeprefix(PREFIX), str(environ.get("QUERY_STRING", "")), body
            )
            start_response(told.status, [("Content-Type", told.content_type), _length(told.body)])
            return [told.body]
        environ["RAW_PATH"] = str(environ.get("REQUEST_URI") or path).partition("?")[0]
        return self._aws(environ, start_response, read_request(environ, body))

    def _aws(self, environ: WSGIEnvironment, start_response: StartResponse, request: ApiRequest) -> Iterable[bytes]:
        answered = self._faulty(request, BEFORE) or self._throttled(request)
        if answered is None:
            # What happens after the call has been carried out takes the place of its answer.
            carried_out = self._answer(environ, request)
            answered = self._faulty(request, AFTER) or carried_out
        status, headers, body = answered
        self._simulation.calls.add(
            Call(request.service, request.operation, request.region, writes(request.operation), status)
        )
        if status == DROPPED:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError("dropped on demand")
        start_response(f"{status} {'OK' if status < 300 else 'Error'}", [*headers, _length(body)])
        return [body]

    def _faulty(self, request: ApiRequest, when: str) -> Answer | None:
        fault = self._simulation.api.take(request.service, request.operation, region=request.region, when=when)
        if fault is None:
            return None
        if fault.drop:
            return DROPPED, [], b""
        return error_answer(request.service, ServiceError(fault.error, fault.message, status=fault.status))

    def _throttled(self, request: ApiRequest) -> Answer | None:
        try:
            self._simulation.api.throttle(request.service)
        except ServiceError as error:
            return error_answer(request.service, error)
        return None

    def _answer(self, environ: WSGIEnvironment, request: ApiRequest) -> Answer:
        try:
            operations.pass_gates(request, self._simulation)
            if operations.is_registered(request.service, request.operation):
                return answer(request, operations.perform(request, self._simulation))
            if request.service == SES and not hasattr(SESV2Response, _snake(request.operation)):
                raise ServiceError(
                    "UnsupportedOperation", f"The simulator does not have SES v2 {request.operation} yet."
                )
        except ServiceError as error:
            return error_answer(request.service, error)
        return tidied(request, self._ask_moto(environ))

    def _ask_moto(self, environ: WSGIEnvironment) -> Answer:
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Any:
            begun.append((status, headers))
            return lambda _written: None

        body = b"".join(self._moto(environ, start))
        status, headers = begun[-1]
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        return int(status.split(maxsplit=1)[0]), kept, body


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _length(body: bytes) -> tuple[str, str]:
    return ("Content-Length", str(len(body)))
