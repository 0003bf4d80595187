# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rotation may be killed, or fail, between any two calls of any step: mail goes on, and the next run ends clean."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import AccessKeyLastUsed, iam_backends

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.ledger import read_ledger
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import derive_smtp_password

STORES = ["secretsmanager", "ssm"]
#: Each step, the steps before it, and the state that it ends in.
STEPS = [
    ("pending", [], "pending"),
    ("promoted", ["pending"], "promoted"),
    ("inactive", ["pending", "promoted"], "inactive"),
    ("deleted", ["pending", "promoted", "inactive"], "none"),
    ("cancelled", ["pending"], "none"),
    # The way back, when a host turns out to use the old key
    ("promoted", ["pending", "promoted", "inactive"], "promoted"),
]
ROUNDS = [pytest.param(*step, id="-".join([*step[1], step[0]])) for step in STEPS]


def iam() -> Any:
    return boto3.client("iam", "eu-west-1")


def status() -> dict[str, str]:
    """The status of each access key, as IAM keeps it."""
    users = iam_backends[DEFAULT_ACCOUNT_ID]["aws"].users.values()
    return {key.access_key_id: key.status for user in users for key in user.access_keys}


def start(fresh_account: Any, kind: str, steps: list[str]) -> tuple[Any, str]:
    """Return an account with a credential after these steps, and the key that it had first."""
    account = fresh_account(kind)
    _steps, made = account.present()
    for step in steps:
        account.present(rotation=step)
    return account, made.username


def check_works(account: Any) -> None:
    """The current passwords of the store are those of an active key: who reads them now can send."""
    current = account.stored().document.current
    assert status()[current.username] == "Active"
    check_passwords(account, current)


def check_passwords(account: Any, key: Any) -> None:
    secret = account.keys()[key.username]
    assert key.passwords == {region: derive_smtp_password(secret, region) for region in ("eu-west-1", "us-east-1")}


def check_clean(account: Any, wire: Any, rotation: str | None, state: str) -> None:
    """Every key has its passwords stored, every stored key exists, our note is right, and nothing is left to do."""
    check_works(account)
    document = account.stored().document
    assert set(account.keys()) == {key.username for key in document.stored_keys}
    for key in document.stored_keys:
        check_passwords(account, key)
    (note,) = [read_ledger({t["Key"]: t["Value"] for t in iam().list_user_tags(UserName="ses-fleet")["Tags"]})]
    assert note is not None
    assert (set(note.keys), note.pending) == (set(account.keys()), None)
    watch = wire()
    steps, credential = account.present(watch, rotation=rotation)
    assert (steps.changed, credential.rotation) == (False, state)
    assert watch.writes == []
    assert len(watch.calls) == 4


@pytest.mark.parametrize("kind", STORES)
@pytest.mark.parametrize(("step", "steps_before", "state"), ROUNDS)
def test_killed_between_any_two_calls(
    fresh_account: Any, wire: Any, killed: Any, kind: str, step: str, steps_before: list[str], state: str
) -> None:
    number, writes = 0, 0
    while True:
        account, first = start(fresh_account, kind, steps_before)
        watch = wire(kill_at=number)
        try:
            account.present(watch, rotation=step)
        except killed:
            check_works(account)
            account.recover(rotation=step)
            check_clean(account, wire, step, state)
            number += 1
            continue
        writes = len(watch.writes)
        break
    check_clean(account, wire, step, state)
    assert number >= 5
    assert writes >= 1
    # A rotation that has begun and is not taken back leaves the first key either beside the new one or gone.
    assert (first in status()) is (step != "deleted")


@pytest.mark.parametrize("kind", STORES)
@pytest.mark.parametrize(("step", "steps_before", "state"), ROUNDS)
def test_killed_and_not_taken_up_again(
    fresh_account: Any, wire: Any, killed: Any, kind: str, step: str, steps_before: list[str], state: str
) -> None:
    """The next run is an ordinary one: it cleans up, and leaves the rotation wherever it stands."""
    number, ends = 0, set()
    while True:
        account, _first = start(fresh_account, kind, steps_before)
        try:
            account.present(wire(kill_at=number), rotation=step)
        except killed:
            _steps, credential = account.recover()
            check_clean(account, wire, None, credential.rotation)
            ends.add(credential.rotation)
            number += 1
            continue
        break
    before = {(): "none", ("pending",): "pending", ("pending", "promoted"): "promoted"}.get(tuple(steps_before))
    assert ends <= {before or "inactive", state}


@pytest.mark.parametrize("kind", STORES)
def test_the_recovery_is_killed_too(fresh_account: Any, wire: Any, killed: Any, kind: str) -> None:
    """Killed right after the second key was made, and after it was stored: then again at every call of the next run."""
    account, _first = start(fresh_account, kind, [])
    whole = wire()
    account.present(whole, rotation="pending")
    made = whole.calls.index("CreateAccessKey")
    for kill_at in (made + 1, len(whole.calls) - 1):
        number, recovered = 0, False
        while not recovered:
            account, first = start(fresh_account, kind, [])
            with pytest.raises(killed):
                account.present(wire(kill_at=kill_at), rotation="pending")
            account.later()
            try:
                account.present(wire(kill_at=number), rotation="pending")
                recovered = True
            except killed:
                check_works(account)
                account.recover(rotation="pending")
            check_clean(account, wire, "pending", "pending")
            assert account.stored().document.username == first
            number += 1


@pytest.mark.parametrize("kind", STORES)
@pytest.mark.parametrize(("step", "steps_before", "state"), ROUNDS)
def test_a_call_fails(fresh_account: Any, wire: Any, kind: str, step: str, steps_before: list[str], state: str) -> None:
    """A failed run says so and leaves no key without a stored password; the same run again ends clean."""
    number, failed, messages = 0, True, []
    while failed:
        account, _first = start(fresh_account, kind, steps_before)
        broken = wire(fail_at=number)
        try:
            account.present(broken, rotation=step)
            failed = False
        except SesError as exc:
            messages.append(exc.message)
            check_works(account)
            assert set(account.keys()) <= {key.username for key in account.stored().document.stored_keys}
            account.present(rotation=step)
        check_clean(account, wire, step, state)
        number += 1
    # Four things are read, and at least one is written.
    assert len(messages) >= 5
    assert all("fleet" in message and "InternalServiceError" not in message for message in messages)


def use(key_id: str) -> None:
    """Let a host send with this key, as far as IAM notes that."""
    users = iam_backends[DEFAULT_ACCOUNT_ID]["aws"].users.values()
    (key,) = [key for user in users for key in user.access_keys if key.access_key_id == key_id]
    key.last_used = AccessKeyLastUsed(datetime.now(timezone.utc), "ses", "eu-west-1")


@pytest.mark.parametrize("kind", STORES)
def test_a_pending_key_that_a_host_uses_is_not_deleted_at_once(
    fresh_account: Any, wire: Any, killed: Any, kind: str
) -> None:
    number, ended = 0, False
    while not ended:
        account, first = start(fresh_account, kind, ["pending"])
        pending = account.stored().document.pending.username
        use(pending)
        foreseen, _made = account.present(rotation="cancelled", check_mode=True)
        assert foreseen.view_after["access_keys"] == {first: "Active", pending: "Inactive"}
        try:
            account.present(wire(kill_at=number), rotation="cancelled")
            ended = True
            assert status() == {first: "Active", pending: "Inactive"}
            assert account.stored().document.pending.username == pending
        except killed:
            number += 1
        # An ordinary run in between changes nothing about it.
        left = status()
        account.present()
        assert status() == left
        for _time in range(2):
            account.present(rotation="cancelled")
        check_clean(account, wire, "cancelled", "none")
        assert set(status()) == {first}
    assert number >= 5


@pytest.mark.parametrize("kind", STORES)
@pytest.mark.parametrize(("steps", "ours"), [(["pending"], 2), (["pending", "promoted"], 2), ([], 1)])
def test_deletion_takes_every_key_of_ours(
    fresh_account: Any, wire: Any, killed: Any, kind: str, steps: list[str], ours: int
) -> None:
    number = 0
    while True:
        account, _first = start(fresh_account, kind, steps)
        assert len(account.keys()) == ours
        try:
            account.absent(wire(kill_at=number))
        except killed:
            account.absent()
            assert (account.keys(), account.stored(), iam().list_users()["Users"]) == ({}, None, [])
            number += 1
            continue
        break
    assert not account.absent().changed
