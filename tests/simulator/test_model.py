# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every AWS operation that the collection uses, asked for over HTTP; each raw answer is held against botocore's model."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_steps import STEPS
from botocore import xform_name
from model_check import mismatches
from simulator_client import Simulator

from ses_simulator.operations import load, registered
from ses_simulator.services import service_model

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
# An IAM prefix, where it is not botocore's name of the service.
SERVICES = {"ses": "sesv2", "servicequotas": "service-quotas"}
# What amazon.aws.route53, route53_info and route53_zone call for the role ses_provision and its users.
ROUTE53 = (
    "ListHostedZones",
    "ListHostedZonesByName",
    "GetHostedZone",
    "CreateHostedZone",
    "DeleteHostedZone",
    "ListResourceRecordSets",
    "ChangeResourceRecordSets",
    "GetChange",
    "ListTagsForResource",
)
# The model requires what AWS leaves out: the MAIL FROM domain of an identity that has none, and where a list
# that was asked for from its beginning began.
ALLOWED = {
    "GetEmailIdentity.MailFromAttributes.MailFromDomain: required",
    "GetEmailIdentity.MailFromAttributes.MailFromDomainStatus: required",
    "ListHostedZones.Marker: required",
}


def _used() -> Iterator[tuple[str, str]]:
    """Yield service and operation of every ``calling("service:Operation", …)`` in the plugins."""
    for path in sorted(PLUGINS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "calling":
                action = node.args[0]
                assert isinstance(action, ast.Constant), (
                    f"{path}:{node.lineno}: calling() wants the action as a literal"
                )
                prefix, _colon, name = str(action.value).partition(":")
                yield SERVICES.get(prefix, prefix), name


def test_every_operation_that_the_collection_uses_has_a_request() -> None:
    used = {*_used(), *(("route53", name) for name in ROUTE53)}
    assert len(used) > 50, "the plugins' calls were not found"
    requests = {(service, name) for service, steps in STEPS.items() for name, _params in steps()}
    assert used - requests == set()


def test_every_operation_of_ses_and_its_quotas_has_a_request() -> None:
    load()
    for service in ("sesv2", "service-quotas"):
        assert set(registered(service)) - {name for name, _params in STEPS[service]()} == set()


@pytest.fixture
def fresh(simulator: Simulator) -> Iterator[Simulator]:
    """The session's simulator without what other tests have asked for."""
    simulator.control("POST", "account", {"region": "eu-west-1", "review": None})
    simulator.control("DELETE", "quotas")
    yield simulator
    simulator.control("POST", "account", {"region": "eu-west-1", "review": None})
    simulator.control("DELETE", "quotas")


@pytest.mark.parametrize("service", STEPS)
def test_every_answer_fits_the_service_model(fresh: Simulator, service: str) -> None:
    client, seen, problems = fresh.client(service), {}, []
    checked: list[str] = []

    def check(http_response: Any, model: Any, **_unused: Any) -> None:
        checked.append(model.name)
        problems.extend(mismatches(model, http_response.content))

    client.meta.events.register("after-call", check)
    for name, params in STEPS[service]():
        given = params(seen) if callable(params) else params
        seen[name] = getattr(client, xform_name(name))(**given)
    assert checked == [name for name, _params in STEPS[service]()]
    assert set(problems) - ALLOWED == set()


@pytest.mark.parametrize(
    ("service", "operation", "body", "count"),
    [
        (
            "sesv2",
            "GetEmailIdentity",
            '{"IdentityType": "HOST", "VerifiedForSendingStatus": "yes", "Colour": "red", "Tags": [{"Key": "a"}]}',
            4,
        ),
        ("sesv2", "GetAccount", '{"SendQuota": {"MaxSendRate": true}}', 1),
        ("service-quotas", "GetServiceQuota", '{"Quota": {"Value": "1", "QuotaAppliedAtLevel": "ME"}}', 2),
        ("iam", "GetUser", "<r><GetUserResult><User><CreateDate>now</CreateDate></User></GetUserResult></r>", 5),
        ("iam", "GetUser", "<r><User/></r>", 1),
        (
            "iam",
            "ListAccessKeys",
            (
                "<r><ListAccessKeysResult><IsTruncated>no</IsTruncated><AccessKeyMetadata><member><Status>On</Status>"
                "</member><item/></AccessKeyMetadata></ListAccessKeysResult></r>"
            ),
            3,
        ),
        ("route53", "GetHostedZone", "<r><VPCs><VPC><VPCRegion>moon</VPCRegion></VPC></VPCs></r>", 2),
    ],
)
def test_the_check_against_the_model_can_fail(service: str, operation: str, body: str, count: int) -> None:
    found = mismatches(service_model(service).operation_model(operation), body.encode())
    assert len(found) == count, found
