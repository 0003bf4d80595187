# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The note that tells our keys from others'."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.ledger import (
    TAG,
    AccessKey,
    Ledger,
    read_ledger,
    write_ledger,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)
OURS, OTHER, NEW = "AKIAOURS000000000001", "AKIAOTHER00000000001", "AKIANEW0000000000001"


def key(key_id: str, minutes: float) -> AccessKey:
    return AccessKey(id=key_id, active=True, created=NOON + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    "ledger",
    [
        Ledger(),
        Ledger(made_user=True, keys=(OURS,)),
        Ledger(made_user=True, pending=NOON),
        Ledger(keys=(NEW, OURS), pending=NOON, others=(OTHER,), run="0a1b2c3d"),
    ],
)
def test_it_survives_the_tag(ledger: Ledger) -> None:
    text = write_ledger(ledger)
    assert read_ledger({TAG: text}) == ledger
    # What IAM takes as the value of a tag
    assert re.fullmatch(r"[A-Za-z0-9 _.:/=+@-]{0,256}", text)


@pytest.mark.parametrize("text", ["", "rubbish", "pending=yesterday keys=*", "keys= others=+"])
def test_a_spoilt_note_owns_nothing(text: str) -> None:
    ledger = read_ledger({TAG: text})
    assert ledger is not None
    assert ledger == Ledger()
    assert ledger.lost_keys([key(NEW, 0)], []) == ()


def test_no_note() -> None:
    assert read_ledger({"team": "mail"}) is None


@pytest.mark.parametrize(
    ("minutes", "lost"), [(-30, False), (-2, False), (-0.5, True), (0, True), (1, True), (15, True), (16, False)]
)
def test_only_keys_of_the_moments_after_the_note_can_be_lost_ones(minutes: float, lost: bool) -> None:
    ledger = Ledger(pending=NOON)
    assert bool(ledger.lost_keys([key(NEW, minutes)], [])) is lost


def test_known_keys_are_never_lost() -> None:
    present = [key(OURS, 0), key(OTHER, 0)]
    assert Ledger(keys=(OURS,)).awaiting(NOON, present).lost_keys(present, []) == ()
    assert Ledger(pending=NOON).lost_keys([key(NEW, 0)], [NEW]) == ()
    assert Ledger(keys=()).lost_keys([key(NEW, 0)], []) == ()


def test_settling_ends_the_search() -> None:
    settled = Ledger(made_user=True, pending=NOON, others=(OTHER,), run="0a1b2c3d").settled([OURS])
    assert settled == Ledger(made_user=True, keys=(OURS,))
