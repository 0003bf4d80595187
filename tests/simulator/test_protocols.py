# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What botocore writes is understood, and what is answered is what botocore reads, in every protocol."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from ses_simulator.protocols import Answer, ApiRequest, answer, error_answer, read_request
from ses_simulator.services import ServiceError


class _Raw(io.BytesIO):
    def stream(self, **_unused: Any) -> Any:
        yield self.read()


def _text(header: str | bytes) -> str:
    return header.decode() if isinstance(header, bytes) else header


def _call(service: str, operation: str, respond: Any, **params: Any) -> tuple[ApiRequest, Any]:
    """Send a call of boto3 through the functions under test; return what they read, and what boto3 reads."""
    client = boto3.client(
        service,
        region_name="eu-west-1",
        endpoint_url="http://127.0.0.1:1",
        aws_access_key_id="AKIAEXAMPLE",
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}),
    )
    seen: list[ApiRequest] = []

    def instead(request: AWSPreparedRequest, **_unused: Any) -> AWSResponse:
        url = urlsplit(request.url)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": request.method,
            "PATH_INFO": url.path,
            "QUERY_STRING": url.query,
            "HTTP_AUTHORIZATION": _text(request.headers["Authorization"]),
            "REMOTE_ADDR": "192.0.2.1",
        }
        if "X-Amz-Target" in request.headers:
            environ["HTTP_X_AMZ_TARGET"] = _text(request.headers["X-Amz-Target"])
        body = request.body or b""
        seen.append(read_request(environ, body if isinstance(body, bytes) else str(body).encode()))
        status, headers, content = respond(seen[0])
        return AWSResponse(request.url, status, dict(headers), _Raw(content))

    client.meta.events.register("before-send", instead)
    result = getattr(client, operation)(**params)
    return seen[0], result


CALLS: dict[str, tuple[str, str, dict[str, Any], str, dict[str, Any]]] = {
    "query": (
        "iam",
        "simulate_principal_policy",
        {
            "PolicySourceArn": "arn:aws:iam::123456789012:user/mail",
            "ActionNames": ["ses:SendRawEmail"],
            "ContextEntries": [
                {"ContextKeyName": "ses:FromAddress", "ContextKeyValues": ["a@x.org"], "ContextKeyType": "string"}
            ],
        },
        "SimulatePrincipalPolicy",
        {"EvaluationResults": [{"EvalActionName": "ses:SendRawEmail", "EvalDecision": "allowed"}]},
    ),
    "json": (
        "service-quotas",
        "get_service_quota",
        {"ServiceCode": "ses", "QuotaCode": "L-804C8AE8"},
        "GetServiceQuota",
        {"Quota": {"QuotaCode": "L-804C8AE8", "Value": 200.0}},
    ),
    "rest-json": (
        "sesv2",
        "get_email_identity_policies",
        {"EmailIdentity": "user+label@example.com"},
        "GetEmailIdentityPolicies",
        {"Policies": {"a": "{}"}},
    ),
}


@pytest.mark.parametrize("protocol", CALLS)
def test_a_call_and_its_answer(protocol: str) -> None:
    service, method, params, name, wanted = CALLS[protocol]
    request, result = _call(service, method, lambda seen: answer(seen, wanted), **params)
    assert (request.service, request.operation, request.region) == (service, name, "eu-west-1")
    assert (request.access_key_id, request.source_ip) == ("AKIAEXAMPLE", "192.0.2.1")
    assert request.params == params
    result.pop("ResponseMetadata")
    assert result == wanted


@pytest.mark.parametrize("service", ["iam", "service-quotas", "sesv2", "route53", "secretsmanager", "ssm", "sts"])
def test_an_error_is_read_as_that_error(service: str) -> None:
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "iam": ("get_user", {}),
        "service-quotas": ("get_service_quota", {"ServiceCode": "ses", "QuotaCode": "L-1"}),
        "sesv2": ("get_account", {}),
        "route53": ("list_hosted_zones", {}),
        "secretsmanager": ("list_secrets", {}),
        "ssm": ("describe_parameters", {}),
        "sts": ("get_caller_identity", {}),
    }
    method, params = calls[service]

    def respond(request: ApiRequest) -> Answer:
        return error_answer(request.service, ServiceError("AccessDenied", 'not "you" & <her>', status=403))

    with pytest.raises(ClientError) as caught:
        _call(service, method, respond, **params)
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert caught.value.response["Error"]["Message"] == 'not "you" & <her>'
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_call_that_no_operation_belongs_to_is_named_by_method_and_path() -> None:
    request = read_request({"REQUEST_METHOD": "GET", "PATH_INFO": "/nothing"}, b"")
    assert (request.service, request.operation, request.params) == ("unknown", "GET /nothing", {})
