# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Headers: what is refused, and how the others are written, read back with Python's parser."""

from __future__ import annotations

import email
import email.policy
from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_address import MessageError
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_headers import with_given, write_header
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_ses_headers import Treatment, ses_headers

OURS = {"From": "a@example.com", "Subject": "Test", "X-SES-TENANT": "one"}
ARN = "arn:aws:ses:eu-west-1:111122223333:identity/example.com"


def test_a_given_header_replaces_ours_and_a_list_repeats() -> None:
    headers = with_given(OURS, {"SUBJECT": "Mine", "X-A": ["1", 2]})
    assert headers == [
        ("From", "a@example.com"),
        ("X-SES-TENANT", "one"),
        ("SUBJECT", "Mine"),
        ("X-A", "1"),
        ("X-A", "2"),
    ]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"X-A": "1\r\nBcc: x@example.org"}, "line break"),
        ({"X-A": "1\x00"}, "control character"),
        ({"X-A": "1\u2028Bcc: x@example.org"}, "line break"),
        ({"X-A": "1\x85"}, "control character"),
        ({"X A": "1"}, "not the name of a header"),
        ({"X-Ä": "1"}, "not the name of a header"),
        ({"Subject": "1", "subject": "2"}, "subject is there twice"),
        ({"Reply-To": ["a@example.com", "b@example.com"]}, "Reply-To is there 2 times"),
        ({"List-Unsubscribe": ["<x:1>", "<x:2>"]}, "List-Unsubscribe is there 2 times"),
        ({"x-ses-tenant": "two"}, "X-SES-TENANT is what an option of its own says"),
        ({"Bcc": "x@example.org"}, "would show to everybody"),
        ({"Content-Type": "text/html"}, "follows from body, html"),
        ({"X-A": None}, "no text as its value"),
        ({"X-A": []}, "no text as its value"),
        ({"X-A": {"b": 1}}, "no text as its value"),
        ({"X-A": "x" * 999}, "more than 998 characters"),
        ({"X-A": "\udcff"}, "not UTF-8"),
        ({"From": "Me"}, "headers: From: 'Me' is not a bare address"),
        ({"From": ""}, "holds no address"),
        ({"From": "Doe, John <j@example.com>"}, "headers: From: 'Doe' is not a bare address"),
        ({"To": "ü@example.com"}, "SMTPUTF8"),
        ({"Message-ID": "x"}, "form <unique@domain>"),
    ],
)
def test_refused(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(MessageError, match=reason):
        with_given(OURS, given)


def read(name: str, value: str) -> Any:
    lines = write_header(name, value)
    assert lines.endswith("\r\n") and lines.isascii()
    assert all(len(line) <= 998 for line in lines.split("\r\n"))
    return email.message_from_bytes((lines + "\r\nx").encode(), policy=email.policy.default)[name]


@pytest.mark.parametrize(
    "value",
    [
        "Grüße aus Köln",
        "Ü" * 300,
        "a  b " + "word " * 50 + "end",
        "x" * 500,
        "😀 emoji",
    ],
)
def test_values_survive(value: str) -> None:
    # A word that fills a line begins one, after the space that the name has.
    assert str(read("Subject", value)).lstrip() == value


def test_lines_are_folded_at_78_but_not_those_for_ses() -> None:
    many = ", ".join(f"recipient{number}@example.com" for number in range(50))
    lines = write_header("To", many).split("\r\n")
    assert len(lines) > 10 and max(map(len, lines)) <= 78
    assert str(read("To", many)) == many
    for name, value in (("X-SES-MESSAGE-TAGS", "a=b, " * 100 + "c=d"), ("Message-ID", f"<{'x' * 100}@example.com>")):
        assert write_header(name, value) == f"{name}: {value}\r\n"


def test_names_are_encoded_and_addresses_are_not() -> None:
    ((_name, value),) = with_given({}, {"From": "Jörg <joerg@münchen.example>, b@example.com"})
    assert value == "=?utf-8?b?SsO2cmc=?= <joerg@xn--mnchen-3ya.example>, b@example.com"


def test_the_headers_of_ses() -> None:
    wanted = Treatment(configuration_set="fleet", tags={"a": "1", "b-_": "x"}, tenant="t", source_arn=ARN)
    assert ses_headers(wanted) == {
        "X-SES-CONFIGURATION-SET": "fleet",
        "X-SES-MESSAGE-TAGS": "a=1, b-_=x",
        "X-SES-TENANT": "t",
        "X-SES-SOURCE-ARN": ARN,
    }
    assert ses_headers(Treatment()) == {}
    assert ses_headers(Treatment(configuration_set="", tenant="", source_arn="")) == {}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"configuration_set": "a b"}, "configuration_set: 'a b' is not the name of a configuration set"),
        ({"configuration_set": "x" * 65}, "1 to 64"),
        ({"tenant": "a.b"}, "tenant: 'a.b' is not"),
        ({"tags": {"a b": "1"}}, "which 'a b' is not"),
        ({"tags": {"a": "1, evil=2"}}, "which '1, evil=2' is not"),
        ({"tags": {"a": ""}}, "which '' is not"),
        ({"tags": {"a": "x" * 257}}, "1 to 256"),
        ({"source_arn": "example.com"}, "not the ARN of an identity"),
        ({"source_arn": ARN.replace(":ses:", ":sns:")}, "not the ARN of an identity"),
        ({"source_arn": ARN + " x"}, "not the ARN of an identity"),
        ({"source_arn": ARN.replace("aws:", "aws-us-gov:")}, "eu-west-1 is in aws. Correct"),
        ({"source_arn": ARN, "region": "us-east-1"}, "is of an identity in eu-west-1, but .* SES in us-east-1"),
    ],
)
def test_refused_by_ses(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(MessageError, match=reason):
        ses_headers(Treatment(**options))


def test_an_arn_of_govcloud() -> None:
    arn = "arn:aws-us-gov:ses:us-gov-west-1:111122223333:identity/a@example.com"
    assert ses_headers(Treatment(source_arn=arn, region="us-gov-west-1")) == {"X-SES-SOURCE-ARN": arn}
