# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses as SES takes them."""

from __future__ import annotations

import idna
import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_address import (
    MessageError,
    bare_address,
    checked_envelope,
)


@pytest.mark.parametrize(
    ("sender", "recipients", "reason"),
    [
        ("a@example.com>\r\nDATA", ("b@example.net",), "not a bare address"),
        ("Me <a@example.com>", ("b@example.net",), "without a name"),
        ("<>", ("b@example.net",), "null sender of bounces, which SES refuses"),
        ("root", ("b@example.net",), "not a bare address"),
        ("@example.com", ("b@example.net",), "not a bare address"),
        ("a b@example.com", ("b@example.net",), "not a bare address"),
        ("a\\b@example.com", ("b@example.net",), "may stand before the @"),
        ("x" * 65 + "@example.com", ("b@example.net",), "1 to 64 characters"),
        ("grüße@example.com", ("b@example.net",), "SES does not offer SMTPUTF8"),
        ("a@straße.example", ("b@example.net",), "would become strasse.example .* punycode"),
        ("a@web1", ("b@example.net",), "'web1' is not a full one"),
        ("a@example.com.", ("b@example.net",), "without a dot at its end"),
        ("a@exa mple.com", ("b@example.net",), "not a bare address"),
        ("a@-x.example", ("b@example.net",), "not a domain"),
        ("a@" + "x" * 64 + ".example", ("b@example.net",), "not a domain"),
        ("a@[192.0.2.1]", ("b@example.net",), "not a domain"),
        ("a@example.com", (), "no recipient"),
        ("a@example.com", tuple(f"b{n}@example.net" for n in range(51)), "51 recipients are too many"),
        ("a@example.com", ("b@example.net", "-x"), "recipients: '-x' is not"),
        ("a@example.com", ("b@example.net,c@example.net",), "several addresses as a list"),
        ("a@example.com", ("b@example.net", "b@EXAMPLE.net"), "recipients: b@EXAMPLE.net is there more than once"),
    ],
)
def test_refused(sender: str, recipients: tuple[str, ...], reason: str) -> None:
    with pytest.raises(MessageError, match=reason):
        checked_envelope(sender, recipients)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(MessageError) as caught:
        checked_envelope("root", ("b@example.net", "x", "b@example.net"))
    assert len(caught.value.shortfalls) == 3
    for part in ("3 things have to be corrected. (1) mail_from: 'root'", "(2) recipients: 'x'", "more than once"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "success+web1@simulator.amazonses.com",
        '"quoted one"@example.com',
        "o'neil_!#$%&*/=?^`{|}~-.@example.com",
        "a@xn--mnchen-3ya.example",
        "a@_dmarc.example",
        # SES is to judge these.
        "a..b@example.com",
    ],
)
def test_taken_as_they_are(address: str) -> None:
    assert checked_envelope(None, (address,)).recipients == (address,)


@pytest.mark.parametrize(
    "domain",
    ["münchen.example", "例え.example", "MÜNCHEN.example", "παράδειγμα.example", "пример.example", "a。例え.example"],
)
def test_international_domains_are_those_of_idna_2008(domain: str) -> None:
    expected = idna.encode(domain, uts46=True).decode("ascii")
    assert bare_address("mail_from", f"Ab@{domain}") == f"Ab@{expected}"


def test_local_parts_that_differ_by_case_are_two() -> None:
    assert len(checked_envelope("a@example.com", ("b@example.net", "B@example.net")).recipients) == 2
