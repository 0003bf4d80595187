# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a credential, in words with the next step."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_describe import credential_facts
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_state import Before, Wanted
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.document import Document, StoredKey
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.iam_user import KeyUse, User
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.ledger import STORE_TAG, TAG, AccessKey
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store import Stored

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)
MADE = NOW - timedelta(days=40, hours=1)
FIRST, SECOND, OTHER = "AKIAFIRST00000000001", "AKIASECOND0000000002", "AKIAOTHER00000000003"
WANTED = Wanted(
    name="fleet",
    user_name="ses-fleet",
    store_kind="secretsmanager",
    store_region="eu-west-1",
    where="Secrets Manager in eu-west-1",
    policy_name="cloudmail-ses-send",
)


def key(key_id: str, *, active: bool = True) -> AccessKey:
    return AccessKey(key_id, active=active, created=MADE)


def stored_key(key_id: str) -> StoredKey:
    return StoredKey(key_id, "2026-10-14T11:00:00Z", {"eu-west-1": "secret-password"}, "secret-key")


def user(note: str | None = f"user=made keys={FIRST}+{SECOND}") -> User:
    tags = {"team": "mail", STORE_TAG: "ssm:us-east-1:/elsewhere"}
    return User("ses-fleet", "arn:aws:iam::1:user/ses-fleet", "/", "", {**tags, **({TAG: note} if note else {})})


def state(**changes: Any) -> Before:
    """A healthy credential, but for ``changes``; the document's keys are given as pending and previous."""
    coming = {role: stored_key(SECOND) for role in ("pending", "previous") if changes.pop(role, False)}
    document = Document("ses-fleet", stored_key(FIRST), **coming)
    keys = (key(FIRST), key(SECOND)) if coming else (key(FIRST),)
    whole = Before(user(), {"Statement": []}, keys, Stored("fleet", "arn", document), NOW)
    return replace(whole, **changes)


@pytest.mark.parametrize("before", [state(), state(pending=True), state(previous=True)])
def test_all_is_well(before: Before) -> None:
    assert credential_facts(before, WANTED, {})["problems"] == []


def test_a_previous_key_may_be_inactive() -> None:
    before = state(previous=True, keys=(key(FIRST), key(SECOND, active=False)))
    facts = credential_facts(before, WANTED, {})
    assert (facts["problems"], facts["rotation"]) == ([], "inactive")


@pytest.mark.parametrize(
    ("before", "text"),
    [
        (state(user=None, policy=None, keys=()), f"IAM user ses-fleet of its access key {FIRST} does not exist"),
        (state(policy=None), "has no policy cloudmail-ses-send, so it may send nothing"),
        (state(keys=()), f"The current access key {FIRST} is stored, but the IAM user ses-fleet does not have it"),
        (
            state(keys=(key(FIRST, active=False),)),
            f"The current access key {FIRST} of the IAM user ses-fleet is inactive",
        ),
        (state(pending=True, keys=(key(FIRST),)), f"The pending access key {SECOND} is stored, but"),
        (
            state(pending=True, keys=(key(FIRST), key(SECOND, active=False))),
            f"The pending access key {SECOND} of the IAM user ses-fleet is inactive",
        ),
        (state(previous=True, keys=(key(FIRST),)), f"The previous access key {SECOND} is stored, but"),
        (state(keys=(key(FIRST), key(OTHER))), f"{OTHER} of the IAM user ses-fleet is not of this credential"),
        (state(keys=(key(FIRST), key(SECOND))), f"{SECOND} of the IAM user ses-fleet is this credential's, but"),
        (state(stored=None), "the credential is stored in: ssm:us-east-1:/elsewhere"),
        (
            state(keys=(key(FIRST), key(OTHER)), user=user(f"user=made keys={FIRST} pending=2026-10-14T11:00:00Z")),
            f"{OTHER} of the IAM user ses-fleet was created by a run that ended before its passwords were stored",
        ),
    ],
)
def test_what_is_wrong(before: Before, text: str) -> None:
    (problem,) = credential_facts(before, WANTED, {})["problems"]
    assert text in problem
    # And the way on
    assert any(word in problem for word in ("Run ses_smtp_credential", "Use that store", "Delete it", "Activate it"))


def test_several_things_are_all_told() -> None:
    before = state(policy=None, keys=(key(FIRST, active=False), key(OTHER)))
    assert len(credential_facts(before, WANTED, {})["problems"]) == 3


def test_the_credential_of_another_user() -> None:
    facts = credential_facts(state(user=None, keys=(), policy=None), replace(WANTED, user_name="else"), {})
    (problem,) = facts["problems"]
    assert "credential of the IAM user ses-fleet, not of else" in problem


def test_there_is_nothing_and_somebody_elses_user() -> None:
    for before in (
        state(user=None, keys=(), policy=None, stored=None),
        state(user=user(None), keys=(key(OTHER),), policy=None, stored=None),
    ):
        facts = credential_facts(before, WANTED, {})
        assert (facts["exists"], facts["problems"]) == (False, [])


def test_age_and_last_use_and_nothing_secret() -> None:
    use = KeyUse(NOW - timedelta(hours=2), service="ses", region="eu-west-1")
    never = KeyUse(NOW, service="N/A", region="N/A")
    facts = credential_facts(state(pending=True), WANTED, {FIRST: use, SECOND: never})
    first, second = facts["keys"]
    assert (first["age_days"], first["last_used"]) == (40, "2026-11-23T10:00:00Z")
    assert (first["last_used_service"], first["last_used_region"]) == ("ses", "eu-west-1")
    assert (second["role"], second["last_used_service"], second["last_used_region"]) == ("pending", None, None)
    assert facts["user"]["tags"] == {"team": "mail"}
    assert facts["secret_access_key_kept"] is True
    assert "secret-" not in str(facts)
