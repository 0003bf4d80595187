# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy of a credential."""

from __future__ import annotations

import fnmatch

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.send_policy import (
    SenderError,
    from_address_patterns,
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
    with pytest.raises(SenderError, match=r"neither a domain nor an e-mail address\. Use"):
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
    with pytest.raises(SenderError, match="There is no sender"):
        from_address_patterns([], subdomains=False)
