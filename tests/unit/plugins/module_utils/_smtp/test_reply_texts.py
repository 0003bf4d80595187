# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts as programs and mail servers write them, from the folder texts, and what the diagnosis makes of them.

A line "# kind: K | code: C | region: R | identities: a, b" begins a text; what it leaves out is not looked at, save the
code, which is null then.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.failures import FAILURES
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.replies import REPLIES
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply import diagnose

TEXTS = Path(__file__).with_name("texts")


def _texts() -> list[tuple[str, dict[str, str], str]]:
    found = []
    for path in sorted(TEXTS.glob("*.txt")):
        blocks = re.split(r"^# (?=kind: )", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
        for number, block in enumerate(blocks, 1):
            header, _newline, text = block.partition("\n")
            wanted = dict(each.split(": ", 1) for each in header.split(" | "))
            found.append((f"{path.stem}-{number}-{wanted['kind']}", wanted, text.rstrip("\n")))
    return found


@pytest.mark.parametrize(("wanted", "text"), [pytest.param(*rest, id=name) for name, *rest in _texts()])
def test_texts(wanted: dict[str, str], text: str) -> None:
    found = diagnose(text)
    assert (found.kind, found.code) == (wanted["kind"], int(wanted["code"]) if "code" in wanted else None), found
    if "region" in wanted:
        assert found.region == wanted["region"]
    if "identities" in wanted:
        assert ", ".join(found.identities) == wanted["identities"]
    assert "{" not in found.cause + found.fix
    if found.code and found.code >= 400 and found.kind != "permanent":
        assert found.reply.startswith(str(found.code))
        assert not re.search(r"in reply to|\\[rn]|SMTP code|\bat |\"$|\n", found.reply), found.reply


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(text, id=name)
        for name, wanted, text in _texts()
        if wanted["kind"] not in ("unknown", "temporary", "permanent")
    ],
)
def test_noise_before_a_text_changes_nothing(text: str) -> None:
    noise = (
        "Nov 23 10:12:01 mail postfix/qmgr[535]: 454B8120273: from=<a@example.com>, size=554, nrcpt=1 (queue active)\n"
    )
    accepted = "status=sent (250 Ok 0102018f2a5b7c1d-6f1c2a3b-4d5e-6f70-8192-a3b4c5d6e7f8-000000)\n"
    assert diagnose(noise * 3 + accepted + noise + text).kind == diagnose(text).kind


_SENT = (
    "Nov 23 10:12:01 mail postfix/smtp[554]: 4WbX2k0zz: to=<b@example.net>, relay=email-smtp.eu-west-1.amazonaws.com"
    "[192.0.2.7]:587, delay=0.5, dsn=2.0.0, status=sent (250 {})\n"
)
_UNVERIFIED = "554 Message rejected: Email address is not verified. in region "


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (_SENT.format("Ok 0102018f2a5b7c1d-6f1c2a3b-4d5e-000000"), "accepted"),
        (_SENT.format("2.0.0 Ok: queued as 4WbX2k0zz"), "unknown"),
        (_UNVERIFIED, "not_verified"),
        ("a", "unknown"),
        ("a.", "unknown"),
        ("email-smtp.", "unknown"),
        (" ", "unknown"),
        ("\n", "unknown"),
        ("said: ", "unknown"),
        ("message rejected: ", "rejected"),
        ("Content-Transfer-Encoding: base64\n", "unknown"),
        ("certificate is valid for ", "unknown"),
        ("554 Access denied: arn:aws:", "access_denied"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_megabyte_is_read_in_a_moment(line: str, kind: str) -> None:
    text = line * (1_000_000 // len(line))
    begun = time.process_time()
    assert diagnose(text).kind == kind
    # 0.02 to 0.4 seconds where this was written; a search that grows with the square takes minutes.
    assert time.process_time() - begun < 3


def test_numbers_without_end_are_read_in_bounded_time() -> None:
    begun = time.process_time()
    diagnose("554 " * 100_000)
    assert time.process_time() - begun < 5


def test_the_texts_hold_most_kinds() -> None:
    kinds = {wanted["kind"] for _name, wanted, _text in _texts()}
    missing = {case.kind for case in (*REPLIES, *FAILURES)} - kinds
    # What the MTAs wrote about these while SES said them is in the logs beside the texts.
    assert missing <= {
        "authenticated",
        "concurrency",
        "sigv2_rate",
        "not_subscribed",
        "sender_syntax",
        "configuration_set_paused",
        "message_tags",
        "rejected",
        "not_ses",
        "tls_broken",
        "tls_timed_out",
    }
