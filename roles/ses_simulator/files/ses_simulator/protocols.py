# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS's protocols: what a call asks for, and how an answer or an error is written in the service's protocol."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any
from urllib.parse import parse_qs, unquote
from wsgiref.types import WSGIEnvironment
from xml.sax.saxutils import escape

from botocore.exceptions import UnknownServiceError
from botocore.model import ListShape, Shape, StructureShape
from moto.core.model import OperationModel
from moto.core.parse import QueryParser
from moto.core.serialize import QuerySerializer, ResponseSerializer, RestXMLSerializer
from werkzeug.datastructures import MultiDict

from ses_simulator.services import SES, ServiceError, service_model

_SCOPE = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
# Where a signature's name of a service is not botocore's.
_SERVICES = {"servicequotas": "service-quotas"}
# botocore 1.43.105 moved these; older clients still use the documented places.
_OLDER_ROUTES = {
    SES: (
        ("GET", "/v2/email/identities", "ListEmailIdentities"),
        ("GET", "/v2/email/configuration-sets", "ListConfigurationSets"),
    ),
}
_XML: dict[str, type[ResponseSerializer]] = {"query": QuerySerializer, "rest-xml": RestXMLSerializer}
_JSON_VERSIONS = {"json": "application/x-amz-json-1.1", "rest-json": "application/json"}

Answer = tuple[int, list[tuple[str, str]], bytes]


@dataclass(frozen=True)
class ApiRequest:
    """An AWS API call, taken apart.

    ``service`` is botocore's name of it. ``access_key_id`` and ``region`` are ``unknown`` without a signature;
    ``operation`` is method and path where no operation belongs to them.
    """

    service: str
    region: str
    operation: str
    access_key_id: str
    in_path: Mapping[str, str]
    query: str
    body: bytes
    source_ip: str = ""

    @cached_property
    def params(self) -> dict[str, Any]:
        """All members of the request by their names in the service model.

        Raises ServiceError for a body that is not JSON where it should be. An XML body is left out.
        """
        return _params(self)


@dataclass(frozen=True)
class Route:
    """A method and a pattern of paths that belong to one operation."""

    method: str
    pattern: re.Pattern[str]
    operation: str


@cache
def protocol_of(service: str) -> str:
    """Return ``rest-json``, ``rest-xml``, ``json`` or ``query``; an empty text for an unknown service."""
    try:
        return str(service_model(service).metadata["protocol"])
    except UnknownServiceError:
        return ""


@cache
def _routes(service: str) -> tuple[Route, ...]:
    model = service_model(service)
    known = [
        (m.http["method"], m.http["requestUri"], m.name) for m in map(model.operation_model, model.operation_names)
    ]
    routes = []
    for method, uri, name in (*known, *_OLDER_ROUTES.get(service, ())):
        path = re.sub(r"\{(\w+)\+?\}", r"(?P<\1>[^/]+)", uri.partition("?")[0].rstrip("/"))
        routes.append(Route(method, re.compile(path + "/?"), name))
    # Fixed paths before those with a placeholder in the same position.
    return tuple(sorted(routes, key=lambda route: route.pattern.groups))


def match(service: str, method: str, path: str) -> tuple[str, dict[str, str]] | None:
    """Return the operation and the path's members for a REST request, None when there is none."""
    for route in _routes(service):
        found = route.pattern.fullmatch(path) if route.method == method else None
        if found:
            return route.operation, {name: unquote(value) for name, value in found.groupdict().items()}
    return None


def read_request(environ: WSGIEnvironment, body: bytes) -> ApiRequest:
    """Find out service, region and operation of a call from its signature, target, form and path."""
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    key, region, signed = scope.group("key", "region", "service") if scope else ("unknown",) * 3
    method, path = str(environ["REQUEST_METHOD"]), str(environ.get("PATH_INFO", ""))
    query = str(environ.get("QUERY_STRING", ""))
    service = SES if signed == "ses" and path.startswith("/v2/") else _SERVICES.get(signed, signed)
    name, in_path = f"{method} {path}", dict[str, str]()
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        name = str(target).rpartition(".")[2]
    elif protocol_of(service).startswith("rest-"):
        name, in_path = match(service, method, str(environ.get("RAW_PATH", path))) or (name, in_path)
    else:
        form = body.decode("utf-8", "replace") if b"Action=" in body else query
        name = parse_qs(form).get("Action", [name])[0]
    return ApiRequest(service, region, name, key, in_path, query, body, str(environ.get("REMOTE_ADDR", "")))


def _params(request: ApiRequest) -> dict[str, Any]:
    protocol = protocol_of(request.service)
    if not protocol or request.operation not in service_model(request.service).operation_names:
        return {}
    model = service_model(request.service).operation_model(request.operation)
    if protocol == "query":
        form = parse_qs(request.body.decode("utf-8", "replace") or request.query, keep_blank_values=True)
        values = MultiDict((name, value) for name, given in form.items() for value in given)
        parser: Any = QueryParser(model)
        return dict(parser.parse({"values": values}))
    params = {} if protocol == "json" else _in_url(model, request)
    if protocol != "rest-xml" and request.body.strip():
        try:
            params.update(json.loads(request.body))
        except ValueError as error:
            raise ServiceError("SerializationException", f"the body is not JSON: {error}") from error
    return params


def _in_url(model: OperationModel, request: ApiRequest) -> dict[str, Any]:
    """Return the members of path and query, numbers as numbers."""
    fields = model.input_shape.members if model.input_shape else {}
    by_location = {shape.serialization.get("name", name): (name, shape) for name, shape in fields.items()}
    params: dict[str, Any] = {}
    for key, value in request.in_path.items():
        params[by_location.get(key, (key, None))[0]] = value
    for key, values in parse_qs(request.query).items():
        name, shape = by_location.get(key, (key, None))
        kind = shape.type_name if shape is not None else "string"
        params[name] = values if kind == "list" else int(values[0]) if kind == "integer" else values[0]
    return params


def _request_id() -> str:
    return str(uuid.uuid4())


def answer(request: ApiRequest, result: Mapping[str, Any]) -> Answer:
    """Return a successful HTTP answer with the operation's members; times are seconds, or datetimes for XML."""
    protocol = protocol_of(request.service)
    if protocol in _XML:
        model = service_model(request.service).operation_model(request.operation)
        written = _XML[protocol](model).serialize(result)
        return int(written["status_code"]), [*written["headers"].items()], _encoded(written["body"])
    headers = [("Content-Type", _JSON_VERSIONS[protocol]), ("x-amzn-RequestId", _request_id())]
    return 200, headers, json.dumps(result).encode()


def _encoded(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else body


def tidied(request: ApiRequest, answered: Answer) -> Answer:
    """Return an answer of moto in JSON without empty members and without those that the service does not have."""
    status, headers, body = answered
    if status >= 300 or protocol_of(request.service) not in _JSON_VERSIONS or not body:
        return answered
    if request.operation not in service_model(request.service).operation_names:
        return answered
    shape = service_model(request.service).operation_model(request.operation).output_shape
    return status, headers, json.dumps(_known(shape, json.loads(body))).encode()


def _known(shape: Shape | None, value: Any) -> Any:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        members = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        return {
            name: _known(members[name], item) for name, item in value.items() if name in members and item is not None
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_known(shape.member, item) for item in value]
    return value


def error_answer(service: str, error: ServiceError) -> Answer:
    """Return an HTTP answer that clients of the service read as that error."""
    protocol, identifier = protocol_of(service), _request_id()
    if protocol in _JSON_VERSIONS:
        headers = [("Content-Type", _JSON_VERSIONS[protocol]), ("x-amzn-RequestId", identifier)]
        if protocol == "rest-json":
            return error.status, [*headers, ("x-amzn-ErrorType", error.code)], _json(message=error.message)
        return error.status, headers, _json(__type=error.code, message=error.message)
    namespace = service_model(service).metadata.get("xmlNamespace", "") if protocol else ""
    if not namespace:
        # Services of rest-xml have theirs on the shapes alone.
        namespace = "https://route53.amazonaws.com/doc/2013-04-01/"
    body = (
        f'<?xml version="1.0"?>\n<ErrorResponse xmlns="{namespace}"><Error>'
        f"<Type>{'Sender' if error.status < 500 else 'Receiver'}</Type><Code>{escape(error.code)}</Code>"
        f"<Message>{escape(error.message)}</Message></Error><RequestId>{identifier}</RequestId></ErrorResponse>"
    )
    return error.status, [("Content-Type", "text/xml"), ("x-amzn-RequestId", identifier)], body.encode()


def _json(**members: str) -> bytes:
    return json.dumps(members).encode()
