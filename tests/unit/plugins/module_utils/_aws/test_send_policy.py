# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy of a credential."""

from __future__ import annotations

import fnmatch
from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.send_policy import (
    PolicyError,
    SendRules,
    from_address_patterns,
    policy_of_rules,
    send_policy,
)


@pytest.mark.parametrize(
    ("senders", "subdomains", "patterns"),
    [
        (["example.com"], False, ["*@example.com"]),
        (["example.com"], True, ["*@*.example.com", "*@example.com"]),
        (["Example.COM."], False, ["*@example.com"]),
        (["App@Example.com"], True, ["App@example.com"]),
        (["*@example.com"], False, ["*@example.com"]),
        (["b.example", "a.example", "a.example"], False, ["*@a.example", "*@b.example"]),
        (["münchen.example"], False, ["*@xn--mnchen-3ya.example"]),
        (["a+b@x.example"], False, ["a+b@x.example"]),
    ],
)
def test_patterns(senders: list[str], subdomains: bool, patterns: list[str]) -> None:
    assert from_address_patterns(senders, subdomains=subdomains) == patterns


@pytest.mark.parametrize(
    "sender",
    ["", "com", "*", "*.example.com", "@example.com", "a b@example.com", "a*@example.com", "a?@example.com"]
    + [
        "x@*",
        "https://example.com",
        "x@${aws:username}.com",
        "${aws:username}@example.com",
        "-a.example",
        "a..example",
    ],
)
def test_refused(sender: str) -> None:
    """Above all: no wildcard or policy variable that IAM would widen."""
    with pytest.raises(PolicyError, match=r"neither a domain nor an e-mail address[.:]|stands for others"):
        from_address_patterns([sender], subdomains=True)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("app@example.com", True),
        ("app@mail.example.com", False),
        ("app@example.com.evil.example", False),
        ("app@badexample.com", False),
        ("ops@example.org", True),
        ("app@example.org", False),
    ],
)
def test_what_the_policy_lets_through(address: str, allowed: bool) -> None:
    (statement,) = send_policy(from_address_patterns(["example.com", "ops@example.org"], subdomains=False))["Statement"]
    patterns = statement["Condition"]["StringLike"]["ses:FromAddress"]
    assert any(fnmatch.fnmatchcase(address, pattern) for pattern in patterns) is allowed
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Allow", "ses:SendRawEmail", "*")


def test_no_sender_is_not_every_sender() -> None:
    with pytest.raises(PolicyError, match="There is no sender"):
        policy_of_rules(SendRules(senders=[]), ["eu-west-1"])


def statements(**rules: Any) -> list[dict[str, Any]]:
    policy = policy_of_rules(SendRules(senders=["example.com"], **rules), ["eu-west-1", "us-east-1"])
    return list(policy["Statement"])


def test_each_limit_is_one_more_condition() -> None:
    (statement,) = statements(recipients=["Example.org", "ops@example.net"])
    assert statement["Condition"] == {
        "StringLike": {"ses:FromAddress": ["*@example.com"]},
        "ForAllValues:StringLike": {"ses:Recipients": ["*@example.org", "ops@example.net"]},
    }
    (statement,) = statements(source_addresses=["198.51.100.7", "2001:db8::/32", "203.0.113.0/24"])
    assert statement["Condition"]["IpAddress"] == {
        "aws:SourceIp": ["198.51.100.7/32", "2001:db8::/32", "203.0.113.0/24"]
    }
    (statement,) = statements(vpc_endpoints=["vpce-0123456789abcdef0"])
    assert statement["Condition"]["StringEquals"] == {"aws:SourceVpce": ["vpce-0123456789abcdef0"]}


def test_network_or_endpoint_one_must_do_and_the_rest_holds_for_both() -> None:
    """Conditions of one statement must all hold: two ways in are two statements."""
    both = statements(
        source_addresses=["198.51.100.0/24"], vpc_endpoints=["vpce-01234567"], recipients=["a@example.org"]
    )
    assert [sorted(statement["Condition"]) for statement in both] == [
        ["ForAllValues:StringLike", "IpAddress", "StringLike"],
        ["ForAllValues:StringLike", "StringEquals", "StringLike"],
    ]
    assert len({statement["Sid"] for statement in both}) == 2


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("us-gov-west-1", "aws-us-gov"), ("eusc-de-east-1", "aws-eusc")]
)
def test_configuration_sets_leave_every_identity_to_the_condition(region: str, partition: str) -> None:
    rules = SendRules(senders=["example.com"], configuration_sets=["news", "alerts"])
    (statement,) = policy_of_rules(rules, [region])["Statement"]
    assert statement["Resource"] == [
        f"arn:{partition}:ses:*:*:identity/*",
        f"arn:{partition}:ses:*:*:configuration-set/alerts",
        f"arn:{partition}:ses:*:*:configuration-set/news",
    ]
    assert statement["Condition"] == {"StringLike": {"ses:FromAddress": ["*@example.com"]}}


@pytest.mark.parametrize(
    "network",
    ["10.1.2.3", "172.16.0.0/12", "192.168.1.0/24", "127.0.0.1", "100.64.0.1", "169.254.169.254", "fd00::/8", "::1"],
)
def test_a_private_address_would_let_nothing_through(network: str) -> None:
    with pytest.raises(PolicyError, match=r"not public, and SES sees public addresses only .*vpc_endpoints"):
        statements(source_addresses=[network])


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ({"source_addresses": ["mail.example.com"]}, r"neither an address nor a network\. Use 198"),
        ({"source_addresses": ["198.51.100.7/24"]}, r"host bits set: use 198\.51\.100\.0/24"),
        ({"source_addresses": ["0.0.0.0/0"]}, r"is every address\. Leave source_addresses out"),
        ({"source_addresses": ["::/0"]}, "is every address"),
        ({"vpc_endpoints": ["vpc-01234567"]}, r"not the ID of a VPC endpoint\. Use"),
        ({"vpc_endpoints": ["vpce-*"]}, "not the ID of a VPC endpoint"),
        ({"configuration_sets": ["*"]}, "not the name of a configuration set"),
        ({"configuration_sets": ["arn:aws:ses:eu-west-1:1:configuration-set/x"]}, "not its ARN"),
        ({"recipients": ["*"]}, r"The recipient '\*' is neither a domain"),
        ({"recipients": [f"user-{number:03}@example.org" for number in range(99)]}, r"IAM takes 2048 .*Name domains"),
    ],
)
def test_what_cannot_be_a_limit(rules: dict[str, list[str]], text: str) -> None:
    with pytest.raises(PolicyError, match=text):
        statements(**rules)


def test_everything_wrong_is_said_at_once() -> None:
    rules = SendRules(
        senders=["*", "x@*"],
        recipients=["nobody"],
        source_addresses=["10.0.0.1"],
        vpc_endpoints=["x"],
        configuration_sets=["a b"],
    )
    with pytest.raises(PolicyError) as caught:
        policy_of_rules(rules, ["eu-west-1", "us-gov-west-1"])
    wrong = ["'*'", "'x@*'", "'nobody'", "'10.0.0.1'", "'x'", "'a b'", "several AWS partitions (aws, aws-us-gov)"]
    assert [text for text in wrong if text not in str(caught.value)] == []
