# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulator computes without a state: passwords, paths, headers, settings."""

from __future__ import annotations

import pytest

from ses_simulator import content
from ses_simulator.address_lists import fault_of_list
from ses_simulator.identities import covering_names, is_mailbox_simulator
from ses_simulator.password import smtp_password
from ses_simulator.path import parse_path
from ses_simulator.settings import DEFAULT_PORTS, Port


@pytest.mark.parametrize(
    ("secret", "region", "password"),
    [
        ("some+secret+key", "eu-central-1", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"),
        ("some+secret+key", "us-west-1", "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"),
        ("another+secret+key", "eu-central-1", "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"),
    ],
)
def test_password_vectors(secret: str, region: str, password: str) -> None:
    assert smtp_password(secret, region) == password


@pytest.mark.parametrize(
    ("arg", "expected"),
    [
        ("FROM:<a@example.com>", ("a@example.com", "")),
        ("from: <a@example.com> BODY=8BITMIME", ("a@example.com", "")),
        ("FROM:a@example.com", ("a@example.com", "")),
        ("FROM:<>", ("", "")),
        ("FROM:<a@example.com> SIZE=41943041", ("", "552 Message is too long.")),
        ("FROM:<a@example.com> SMTPUTF8", ("", "555 FROM: parameters not recognized or not implemented")),
        ("TO:<a@example.com>", ("", "501 Syntax: FROM:<address>")),
        (None, ("", "501 Syntax: FROM:<address>")),
        ("FROM:", ("", "501 Syntax: FROM:<address>")),
    ],
)
def test_path(arg: str | None, expected: tuple[str, str]) -> None:
    assert parse_path(arg, keyword="FROM:") == expected


@pytest.mark.parametrize(
    ("address", "valid"),
    [
        ("a@example.com", True),
        ("a+label@sub.example.com", True),
        ('"odd local"@example.com', True),
        ("root@localhost", True),
        ("a@b@example.com", False),
        ("a", False),
        ("@example.com", False),
        ("a@", False),
        ("a@-example.com", False),
        ("a@exa_mple.com", False),
        ("a b@example.com", False),
        ("a,b@example.com", False),
        ("ä@example.com", False),
    ],
)
def test_address(address: str, valid: bool) -> None:
    assert content.is_address(address) is valid


def test_headers_are_unfolded_and_end_at_the_body() -> None:
    raw = b"Subject: one\r\n two\r\nX-Empty:\r\nFrom: a@example.com\r\n\r\nBody: no header\r\n"
    assert content.parse_headers(raw) == (("Subject", "one two"), ("X-Empty", ""), ("From", "a@example.com"))


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"From: a@example.com\r\nReceived: 1\r\nReceived: 2\r\n\r\n", ""),
        (b"From: a@example.com\r\nFROM: b@example.com\r\n\r\n", "Duplicate header 'FROM'."),
        (b"Subject: 1\r\nSubject: 2\r\n\r\n", "Duplicate header 'Subject'."),
        (b"From: root\r\n\r\n", "Missing final '@domain'"),
        (b"From: a@example.com\r\nTo: root\r\n\r\n", "Missing final '@domain'"),
        (b"To: undisclosed-recipients:;\r\nCc:\r\nReturn-Path: <>\r\n\r\n", ""),
        ("From: Jürgen <a@example.com>\r\n\r\n".encode(), "Local address contains control or whitespace"),
        (b"Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: inline\r\n\r\n", ""),
        (b"Content-Type: text; charset=utf-8\r\n\r\n", "Expected '/', got ;"),
        (b"Content-Type: text\r\n\r\n", "Expected '/', got null"),
        (b"Content-Type: ;\r\n\r\n", "Expected MIME type, got ;"),
        (b"Content-Disposition: =?utf-8?Q?inline?=\r\n\r\n", "Expected disposition, got ="),
        (b"Content-Type: multipart/mixed; boundary=b\r\n\r\nText\r\n", "Missing start boundary"),
        (b'Content-Type: multipart/mixed; boundary="b c"\r\n\r\n--b c\r\n\r\nText\r\n--b c--\r\n', ""),
        (b"X-SES-MESSAGE-TAGS: fleet=a, host=b-1_2\r\n\r\n", ""),
        (
            b"X-SES-MESSAGE-TAGS: fleet=a b\r\n\r\n",
            "Invalid tag value <a b>: only alphanumeric ASCII characters, '_', and '-' are allowed.",
        ),
        (
            b"X-SES-MESSAGE-TAGS: the fleet=a\r\n\r\n",
            "Invalid tag name <the fleet>: only alphanumeric ASCII characters, '_', and '-' are allowed.",
        ),
    ],
)
def test_header_faults(raw: bytes, fault: str) -> None:
    assert content.fault_of(content.parse_headers(raw), raw) == fault


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("a@example.com", ""),
        ("The App <a@example.com>, b@example.com", ""),
        ('"Doe, J." <a@example.com>', ""),
        ("a@example.com (the (inner) app, or not)", ""),
        ("Group: a@example.com, b@example.com;, c@example.com", ""),
        ('"odd local"@example.com', ""),
        ("a@[192.0.2.1]", ""),
        ("", ""),
        ("root", "Missing final '@domain'"),
        ("a@example.com, root", "Missing final '@domain'"),
        ("The App <root>", "Missing final '@domain'"),
        ("@example.com", "Missing local name"),
        ("a@", "Missing domain"),
        ("the app@example.com", "Local address contains control or whitespace"),
        ("a:b@example.com", ""),
        ("a[b@example.com]", "Local address contains illegal character"),
        (".a@example.com", "Local address starts with dot"),
        ("a..b@example.com", "Local address contains dot-dot"),
        ("a.@example.com", "Local address ends with dot"),
        ("=?utf-8?Q?a@example.com?=", "Domain contains illegal character"),
        ("a@b@example.com", "Domain contains illegal character"),
        ("a@exa mple.com", "Domain contains control or whitespace"),
        ("a@.example.com", "Domain starts with dot"),
        ("a@example..com", "Domain contains dot-dot"),
        ("a@example.com.", "Domain ends with dot"),
        ("a@example.com; b@example.com", "Illegal semicolon, not in group"),
        ('"a@example.com', "Missing '\"'"),
        ("A <a@example.com", "Missing '>'"),
        ("A (b <a@example.com>", "Missing ')'"),
    ],
)
def test_address_lists(value: str, fault: str) -> None:
    assert fault_of_list(value) == fault


@pytest.mark.parametrize(("parts", "fault"), [(500, ""), (501, "Number of MIME parts exceeds 500.")])
def test_parts_are_counted(parts: int, fault: str) -> None:
    inner = (
        b'--b\r\nContent-Type: multipart/alternative; boundary="i i"\r\n\r\n'
        + b"--i i\r\n\r\nx\r\n" * 9
        + b"--i i--\r\n"
    )
    part = b"--b\r\n\r\n--signature--\r\n-- \r\nx\r\n"
    raw = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + inner + part * (parts - 10) + b"--b--\r\n"
    assert content.fault_of(content.parse_headers(raw), raw) == fault


def test_what_would_cover_an_address_narrowest_first() -> None:
    assert list(covering_names("Root+cron@Mail.Example.COM")) == [
        "Root+cron@mail.example.com",
        "Root@mail.example.com",
        "mail.example.com",
        "example.com",
    ]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("success@simulator.amazonses.com", True),
        ("bounce+label@simulator.amazonses.com", True),
        ("anyone@simulator.amazonses.com", False),
        ("success@example.com", False),
    ],
)
def test_mailbox_simulator(address: str, expected: bool) -> None:
    assert is_mailbox_simulator(address) is expected


def test_default_ports_are_those_of_ses() -> None:
    assert {str(port) for port in DEFAULT_PORTS} == {
        "25/starttls",
        "587/starttls",
        "2587/starttls",
        "465/tls",
        "2465/tls",
    }


@pytest.mark.parametrize("text", ["0", "65536", "smtp", "587/ssl", ""])
def test_bad_ports_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"port|after the slash"):
        Port.parse(text)
