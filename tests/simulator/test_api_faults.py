# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The AWS API misbehaving on demand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from simulator_client import Simulator

STORED = {"Name": "faulty", "SecretString": "x"}


@pytest.fixture
def faulty(simulator: Simulator) -> Iterator[Simulator]:
    yield simulator
    simulator.control("DELETE", "api")


def order(simulator: Simulator, service: str, operation: str, **more: Any) -> None:
    simulator.control("POST", "api", {"faults": [{"service": service, "operation": operation, **more}]})


def error(call: Any, **parameters: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def names(secrets: Any) -> list[str]:
    return [secret["Name"] for secret in secrets.list_secrets()["SecretList"]]


def test_more_calls_than_the_rate_are_throttled(faulty: Simulator) -> None:
    v2, v1 = faulty.client("sesv2"), faulty.client("ses")
    # The first call of a service takes long.
    v1.list_identities()
    faulty.control("POST", "api", {"max_rate": 0.7})
    v2.get_account()
    assert error(v2.get_account) == ("TooManyRequestsException", 429)
    assert error(v1.list_identities) == ("Throttling", 400)
    # Other services have limits of their own.
    faulty.client("iam").list_users()
    time.sleep(1.5)
    v2.get_account()
    faulty.control("POST", "api", {"max_rate": None})
    for _call in range(5):
        v2.get_account()


def test_before_nothing_happens_and_after_it_has_happened(faulty: Simulator) -> None:
    secrets = faulty.client("secretsmanager")
    order(faulty, "secretsmanager", "CreateSecret", error="InternalServiceError", count=2)
    for _try in range(2):
        assert error(secrets.create_secret, **STORED) == ("InternalServiceError", 500)
    assert "faulty" not in names(secrets)
    order(faulty, "secretsmanager", "CreateSecret", error="InternalServiceError", status=503, when="after")
    assert error(secrets.create_secret, **STORED) == ("InternalServiceError", 503)
    assert "faulty" in names(secrets)
    secrets.put_secret_value(SecretId="faulty", SecretString="y")
    assert faulty.control("GET", "api")["faults"] == []
    secrets.delete_secret(SecretId="faulty", ForceDeleteWithoutRecovery=True)


@pytest.mark.parametrize(("when", "made"), [("before", False), ("after", True)])
def test_a_dropped_connection(faulty: Simulator, when: str, made: bool) -> None:
    iam = faulty.client("iam")
    order(faulty, "iam", "CreateUser", drop=True, when=when)
    with pytest.raises(ConnectionClosedError):
        iam.create_user(UserName=f"dropped-{when}")
    assert (f"dropped-{when}" in [user["UserName"] for user in iam.list_users()["Users"]]) is made
    calls = faulty.control("GET", "calls")
    assert [call["status"] for call in calls if call["operation"] == "CreateUser"] == [0]


@pytest.mark.parametrize(
    ("service", "operation", "method", "params", "expected", "action"),
    [
        ("sesv2", "GetAccount", "get_account", {}, ("AccessDeniedException", 403), "ses:GetAccount"),
        ("iam", "ListUsers", "list_users", {}, ("AccessDenied", 403), "iam:ListUsers"),
        (
            "service-quotas",
            "ListServiceQuotas",
            "list_service_quotas",
            {"ServiceCode": "ses"},
            ("AccessDeniedException", 400),
            "servicequotas:ListServiceQuotas",
        ),
    ],
)
def test_a_missing_permission(
    faulty: Simulator,
    service: str,
    operation: str,
    method: str,
    params: dict[str, str],
    expected: tuple[str, int],
    action: str,
) -> None:
    order(faulty, service, operation, error=expected[0], count=None, region="eu-west-1")
    call = getattr(faulty.client(service), method)
    with pytest.raises(ClientError, match=f"is not authorized to perform: {action}"):
        call(**params)
    assert error(call, **params) == expected
    getattr(faulty.client(service, "us-east-1"), method)(**params)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({"max_rate": 0}, "max_rate is 0"),
        ({"max_rate": True}, "max_rate is True"),
        ({"rate": 1}, "unknown field 'rate'"),
        ({"faults": {}}, "faults must be a list"),
        ({"faults": [{"service": "s3x", "operation": "A", "error": "E"}]}, "service 's3x' is unknown"),
        ({"faults": [{"service": "iam", "operation": "Make", "error": "E"}]}, "iam has no operation 'Make'"),
        ({"faults": [{"service": "iam", "operation": "GetUser"}]}, "needs an error"),
        ({"faults": [{"service": "iam", "operation": "GetUser", "error": "E", "count": 0}]}, "count must be"),
        ({"faults": [{"service": "iam", "operation": "GetUser", "error": "E", "when": "now"}]}, "when is 'now'"),
        ({"faults": [{"service": "iam", "operation": "GetUser", "error": "E", "status": 200}]}, "status is 200"),
        ({"faults": [{"service": "iam", "operation": "GetUser", "drop": "yes"}]}, "drop is 'yes'"),
    ],
)
def test_orders_that_cannot_be(faulty: Simulator, body: object, complaint: str) -> None:
    status, answer = faulty.http("POST", "api", body)
    assert (status, complaint in answer.decode()) == (400, True), answer
    assert faulty.control("GET", "api") == {"max_rate": None, "faults": []}
