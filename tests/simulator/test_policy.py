# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM policies, as far as sending mail meets them."""

from __future__ import annotations

from typing import Any

import pytest

from ses_simulator.policy import Request, Verdict, allowed, evaluate

ARN = "arn:aws:ses:eu-west-1:123456789012:identity/example.com"
REQUEST = Request(
    "ses:SendRawEmail",
    ARN,
    {
        "ses:FromAddress": ("root@host.example.com",),
        "ses:Recipients": ("a@example.com", "b@example.org"),
        "aws:SourceIp": ("192.0.2.10",),
        "aws:PrincipalArn": ("arn:aws:iam::123456789012:user/mailer",),
        "aws:SecureTransport": ("true",),
    },
)


def statement(effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "ses:SendRawEmail", "Resource": "*", **elements}


def on(operator: str, key: str, *values: str) -> dict[str, Any]:
    return statement(Condition={operator: {key: list(values)}})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (statement(), True),
        (statement(Action="ses:*"), True),
        (statement(Action="SES:sendrawemail"), True),
        (statement(Action=["ses:SendEmail", "ses:Send*Email"]), True),
        (statement(Action="ses:SendEmail"), False),
        (statement(Resource=ARN), True),
        (statement(Resource="arn:aws:ses:*:*:identity/*.com"), True),
        (statement(Resource="arn:aws:ses:us-east-1:*:identity/*"), False),
        (statement(Resource="arn:aws:ses"), True),
        (statement(Resource="arn:aws:ses:*/example.com"), False),
        ({"Effect": "Allow", "NotAction": "ses:SendEmail", "Resource": "*"}, True),
        ({"Effect": "Allow", "NotAction": "ses:*", "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "*", "NotResource": ARN}, False),
        (on("StringEquals", "ses:FromAddress", "root@host.example.com"), True),
        (on("StringEquals", "SES:fromaddress", "Root@host.example.com"), False),
        (on("StringEqualsIgnoreCase", "ses:FromAddress", "Root@host.example.com"), True),
        (on("StringLike", "ses:FromAddress", "*@example.com", "*@*.example.com"), True),
        (on("StringLike", "ses:FromAddress", "*@example.com"), False),
        (on("StringNotLike", "ses:FromAddress", "*@example.org"), True),
        (on("StringNotLike", "ses:FromAddress", "*@host.example.com"), False),
        (on("ForAllValues:StringLike", "ses:Recipients", "*@example.com"), False),
        (on("ForAllValues:StringLike", "ses:Recipients", "*@example.com", "*@example.org"), True),
        (on("ForAnyValue:StringLike", "ses:Recipients", "*@example.com"), True),
        (on("ForAnyValue:StringNotLike", "ses:Recipients", "*@example.com"), True),
        (on("ForAnyValue:StringNotLike", "aws:TagKeys", "team"), False),
        (on("ForAllValues:StringLike", "aws:TagKeys", "team"), True),
        (on("StringNotLike", "aws:SourceVpce", "vpce-1"), True),
        (on("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:user/*"), True),
        (on("ArnLike", "aws:PrincipalArn", "arn:aws:*:user/mailer"), False),
        (on("ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::123456789012:user/mailer"), False),
        (on("Bool", "aws:SecureTransport", "True"), True),
        (on("Bool", "aws:SecureTransport", "false"), False),
        (on("IpAddress", "aws:SourceIp", "192.0.2.0/24"), True),
        (on("IpAddress", "aws:SourceIp", "198.51.100.0/24"), False),
        (on("NotIpAddress", "aws:SourceIp", "192.0.2.0/24"), False),
        (on("StringEquals", "aws:SourceVpce", "vpce-1"), False),
        (on("StringEqualsIfExists", "aws:SourceVpce", "vpce-1"), True),
        (on("Null", "aws:SourceVpce", "true"), True),
        (on("Null", "ses:FromAddress", "true"), False),
        (on("NumericLessThan", "ses:FromAddress", "1"), False),
    ],
)
def test_one_statement(given: dict[str, Any], expected: bool) -> None:
    assert allowed([{"Statement": given}], REQUEST) is expected


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], False),
        ([statement(), statement("Deny", Action="ses:*")], False),
        ([statement(), statement("Deny", Resource="arn:aws:ses:us-east-1:*:*")], True),
        # A condition that is not understood here must not open what a Deny closes.
        ([statement(), statement("Deny", Condition={"DateLessThan": {"aws:CurrentTime": "2099-01-01"}})], False),
    ],
)
def test_several_statements(statements: list[dict[str, Any]], expected: bool) -> None:
    assert allowed([{"Statement": statements}], REQUEST) is expected


@pytest.mark.parametrize(
    ("boundary", "expected"),
    [
        (statement(), True),
        (statement(Action="*"), True),
        (statement(Action="ses:SendEmail"), False),
        (statement("Deny"), False),
        (on("StringLike", "ses:FromAddress", "*@example.org"), False),
    ],
)
def test_a_boundary_must_allow_as_well(boundary: dict[str, Any], expected: bool) -> None:
    within = {"Statement": [boundary]}
    assert allowed([{"Statement": [statement()]}], REQUEST, boundary=within) is expected
    # A boundary gives nothing by itself.
    assert not allowed([], REQUEST, boundary=within)


def test_which_policy_decided() -> None:
    policies = [{"Statement": statement(Action="iam:*")}, {"Statement": [statement(), statement()]}]
    assert evaluate(policies[:1], REQUEST) == Verdict("implicitDeny")
    assert evaluate(policies, REQUEST) == Verdict("allowed", (1,))
    assert evaluate([*policies, {"Statement": statement("Deny")}], REQUEST) == Verdict("explicitDeny", (2,))
