# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Domains and addresses: what becomes punycode, what would become somebody else's domain, and what is neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.domain import DomainError, domain_or_address
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_plan import Wanted, normal_name, plan
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_question import question
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.send_policy import PolicyError, from_address_patterns

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Example.COM.", "example.com"),
        ("MÜLLER.de", "xn--mller-kva.de"),
        ("App@müller.de", "App@xn--mller-kva.de"),
        ("ΟΔΟΣ.gr", "xn--pxavbq.gr"),
        ("例え。jp", "xn--r8jz45g.jp"),
        ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
        ("xn--strae-oqa.de", "xn--strae-oqa.de"),
        ("a/b+c@_x.example.com", "a/b+c@_x.example.com"),
    ],
)
def test_normal(text: str, normal: str) -> None:
    assert domain_or_address(text) == normal


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("straße.de", "strasse.de"),
        ("STRAẞE.de", "strasse.de"),
        ("οδός.gr", "xn--pxavn9a.gr"),
        ("नी\u200d.com", "xn--l2b2c.com"),
        ("क\u200c.com", "xn--11b.com"),
        ("soft\u00adhyphen.de", "softhyphen.de"),
    ],
)
def test_nobody_gets_the_domain_of_somebody_else(text: str, other: str) -> None:
    with pytest.raises(DomainError, match=rf"would become {other} by the older rules.*Give this domain in punycode"):
        domain_or_address(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("*.example.com", "it is a pattern"),
        ("*@example.com", "it is a pattern"),
        ("-bad.com", "its part '-bad' is not"),
        ("xn--.de", "its part 'xn--' is not"),
        ("a..example", "its part '' is not"),
        ("x" * 64 + ".com", "is not 1 to 63"),
        ("192.0.2.1", "there is no top-level domain '1'"),
        (".".join(["abcdefgh"] * 30), "more than 253"),
        ("a b@example.com", "before the @"),
        ("mailto:a@example.com", "before the @"),
        ("app@com", "Use example.com"),
    ],
)
def test_neither_domain_nor_address(text: str, why: str) -> None:
    with pytest.raises(DomainError, match="neither a domain nor an e-mail address") as caught:
        domain_or_address(text)
    assert why in str(caught.value)


def _sends(name: str) -> object:
    return question(name if "@" in name else f"app@{name}", ["success@simulator.amazonses.com"])


def _receives(name: str) -> object:
    return question("app@example.com", [name if "@" in name else f"app@{name}"])


def _mail_from(name: str) -> object:
    return plan(None, Wanted("example.com", mail_from_domain=name.rpartition("@")[2]))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("straße.de", "Give this domain in punycode"),
        ("ü@example.com", "outside ASCII before the @"),
        ("-bad.com", "neither a domain nor an e-mail address"),
    ],
)
@pytest.mark.parametrize(
    "take", [normal_name, _sends, _receives, lambda text: from_address_patterns([text], subdomains=False)]
)
def test_everything_that_takes_a_name_says_so(take: Callable[[str], object], text: str, why: str) -> None:
    with pytest.raises((PlanError, PolicyError)) as caught:
        take(text)
    assert text in str(caught.value)
    assert why in str(caught.value)


def test_mail_from_domains_are_converted() -> None:
    after = plan(None, Wanted("xn--mller-kva.de", mail_from_domain="Bounce.müller.de.")).after
    assert after is not None
    assert after.mail_from_domain == "bounce.xn--mller-kva.de"
    with pytest.raises(PlanError, match=r"'b\.straße\.de' would become b\.strasse\.de"):
        plan(None, Wanted("strasse.de", mail_from_domain="b.straße.de"))
