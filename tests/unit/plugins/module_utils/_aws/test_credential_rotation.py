# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rotation, step by step: what each step leaves, and what is refused with the next step named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_rotation import ROTATIONS
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.document import read_document, write_document
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError, SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import derive_smtp_password

if TYPE_CHECKING:
    from collections.abc import Callable

STORES = ["secretsmanager", "ssm"]
USER = {"UserName": "ses-fleet"}


def iam() -> Any:
    return boto3.client("iam", "eu-west-1")


def switch_off(key_id: str) -> None:
    iam().update_access_key(**USER, AccessKeyId=key_id, Status="Inactive")


def delete(key_id: str) -> None:
    iam().delete_access_key(**USER, AccessKeyId=key_id)


def statuses() -> dict[str, str]:
    return {key["AccessKeyId"]: key["Status"] for key in iam().list_access_keys(**USER)["AccessKeyMetadata"]}


@pytest.fixture
def account(fresh_account: Callable[[str], Any]) -> Any:
    return fresh_account("secretsmanager")


@pytest.mark.parametrize("kind", STORES)
def test_a_whole_rotation(fresh_account: Any, wire: Any, kind: str) -> None:
    account = fresh_account(kind)
    _steps, made = account.present()
    first = made.username

    _steps, pending = account.present(rotation="pending")
    document = account.stored().document
    second = document.pending.username
    assert (pending.username, pending.rotation, first != second) == (first, "pending", True)
    assert (document.username, document.previous) == (first, None)
    assert statuses() == {first: "Active", second: "Active"}
    assert document.pending.passwords == {
        region: derive_smtp_password(account.keys()[second], region) for region in ("eu-west-1", "us-east-1")
    }

    watch = wire()
    _steps, promoted = account.present(watch, rotation="promoted")
    document = account.stored().document
    assert (promoted.username, document.username, document.previous.username) == (second, second, first)
    assert document.pending is None
    assert statuses() == {first: "Active", second: "Active"}
    assert watch.writes == ["PutSecretValue" if kind == "secretsmanager" else "PutParameter"]

    watch = wire()
    account.present(watch, rotation="inactive")
    assert statuses() == {first: "Inactive", second: "Active"}
    assert watch.writes == ["UpdateAccessKey"]

    account.present(rotation="deleted")
    assert statuses() == {second: "Active"}
    document = account.stored().document
    assert (document.username, document.pending, document.previous) == (second, None, None)
    # And round again
    _steps, again = account.present(rotation="pending")
    assert (again.username, len(statuses())) == (second, 2)


@pytest.mark.parametrize("steps", [[], ["pending"], ["pending", "promoted"], ["pending", "promoted", "inactive"]])
def test_without_the_option_a_rotation_stays_where_it_is(account: Any, wire: Any, steps: list[str]) -> None:
    account.present()
    for step in steps:
        account.present(rotation=step)
    watch = wire()
    planned, credential = account.present(watch)
    assert (planned.changed, watch.writes) == (False, [])
    assert credential.rotation == (steps[-1] if steps else "none")


@pytest.mark.parametrize(
    ("steps", "asked", "text"),
    [
        ([], "promoted", r"No access key .* is pending beside {first}, .*Start with rotation=pending"),
        (["pending"], "inactive", r"{second} is still pending and {first} the current.*Next is rotation=promoted"),
        (["pending"], "deleted", r"{second} is still pending .*rotation=cancelled, which deletes it"),
        (["pending", "promoted"], "pending", r"{first} to {second} has not ended: {first} .*rotation=inactive"),
        (["pending", "promoted"], "deleted", r"previous access key {first} .*still active.*Next is rotation=inactive"),
        (["pending", "promoted"], "cancelled", r"cannot be cancelled: {second} has become .*Next is rotation=inactive"),
        (["pending", "promoted", "inactive"], "pending", r"{first} is still there \(inactive\).*rotation=deleted"),
        (["pending", "promoted", "inactive"], "cancelled", r"{first} is the previous one"),
    ],
)
def test_a_step_out_of_order(account: Any, wire: Any, steps: list[str], asked: str, text: str) -> None:
    _steps, made = account.present()
    for step in steps:
        account.present(rotation=step)
    second = next((key for key in statuses() if key != made.username), "")
    watch = wire()
    with pytest.raises(PlanError, match=text.format(first=made.username, second=second)):
        account.present(watch, rotation=asked)
    assert watch.writes == []


@pytest.mark.parametrize("asked", ["inactive", "deleted", "cancelled"])
def test_nothing_to_take_away_is_no_change(account: Any, asked: str) -> None:
    account.present()
    assert not account.present(rotation=asked)[0].changed


@pytest.mark.parametrize("asked", ROTATIONS)
def test_there_is_no_credential(account: Any, wire: Any, asked: str) -> None:
    watch = wire()
    with pytest.raises(PlanError, match=r"no credential fleet .* no key to rotate\. Create it first"):
        account.present(watch, rotation=asked)
    assert watch.writes == []


def test_without_a_store(fresh_account: Any) -> None:
    account = fresh_account("none")
    account.present()
    with pytest.raises(PlanError, match=r"Without a store .*Use store=secretsmanager or ssm"):
        account.present(rotation="pending")


@pytest.mark.parametrize(
    ("steps", "spoil", "asked", "text"),
    [
        # The current key was switched off
        ([], "off-first", None, r"{first} .* is inactive.*aws iam update-access-key .*{first}.*rotation=pending"),
        ([], "off-first", "deleted", r"{first} .* is inactive"),
        (["pending"], "off-first", None, r"{first} .* is inactive.*The pending key {second} works.*rotation=promoted"),
        (["pending"], "off-first", "cancelled", r"{second} is the only one left .*left alone.*rotation=promoted"),
        (
            ["pending", "promoted"],
            "off-second",
            "inactive",
            r"{second} .* is inactive, so {first} is the only one left",
        ),
        (["pending", "promoted", "inactive"], "off-second", "deleted", r"{second} .* is inactive.*{first} is the only"),
        (["pending", "promoted", "inactive"], "off-second", "promoted", r"{second} .* is inactive.*Activate"),
        # The pending key was switched off, or is gone
        (["pending"], "off-second", "promoted", r"pending access key {second} .* inactive.*rotation=cancelled deletes"),
        (["pending"], "off-second", "pending", r"pending access key {second} .* inactive.*Activate it again"),
        (["pending"], "gone-second", "promoted", r"No access key .* is pending .*Start with rotation=pending"),
        # The current key is gone
        ([], "gone-first", "pending", r"{first} .* not there any more.*Leave rotation out"),
        ([], "gone-first", "cancelled", r"{first} .* not there any more.*Leave rotation out"),
        (["pending"], "gone-first", None, r"{first} .* not there any more.*pending key {second} works.*promoted"),
        (["pending"], "gone-first", "cancelled", r"{second} is the only one left"),
        (["pending", "promoted"], "gone-second", "inactive", r"{first} is the only one left .*Leave rotation out"),
    ],
)
def test_what_others_did_to_the_keys(
    account: Any, wire: Any, steps: list[str], spoil: str, asked: str | None, text: str
) -> None:
    _steps, made = account.present()
    for step in steps:
        account.present(rotation=step)
    first, second = made.username, next((key for key in statuses() if key != made.username), "")
    what, _dash, which = spoil.partition("-")
    {"off": switch_off, "gone": delete}[what](first if which == "first" else second)
    watch = wire()
    with pytest.raises(PlanError, match=text.format(first=first, second=second)):
        account.present(watch, rotation=asked)
    assert watch.writes == []


def test_a_key_that_was_switched_off_is_rotated_out(account: Any) -> None:
    """After a leak: off at once, then the way out that the message names."""
    _steps, made = account.present()
    switch_off(made.username)
    account.present(rotation="pending")
    _steps, promoted = account.present(rotation="promoted")
    assert promoted.rotation == "inactive"
    account.present(rotation="deleted")
    assert list(statuses().values()) == ["Active"]
    assert not account.present()[0].changed


def test_a_pending_key_that_is_gone_is_forgotten_or_made_anew(account: Any) -> None:
    account.present()
    account.present(rotation="pending")
    gone = account.stored().document.pending.username
    delete(gone)
    _steps, again = account.present(rotation="pending")
    document = account.stored().document
    assert (again.rotation, document.pending.username in statuses()) == ("pending", True)
    delete(document.pending.username)
    assert account.present()[0].changed
    assert account.stored().document.pending is None
    assert not account.present()[0].changed


def test_promoting_when_the_current_key_is_gone(account: Any) -> None:
    _steps, made = account.present()
    account.present(rotation="pending")
    delete(made.username)
    _steps, promoted = account.present(rotation="promoted")
    assert (promoted.rotation, list(statuses())) == ("none", [promoted.username])
    assert account.stored().document.previous is None


def test_a_current_key_that_is_gone_is_replaced_beside_the_previous_one(account: Any) -> None:
    _steps, made = account.present()
    for step in ("pending", "promoted"):
        account.present(rotation=step)
    delete(account.stored().document.username)
    _steps, replaced = account.present()
    document = account.stored().document
    assert (document.username, document.previous.username) == (replaced.username, made.username)
    assert set(statuses()) == {replaced.username, made.username}


def test_a_foreign_key_leaves_no_room(account: Any, wire: Any) -> None:
    _steps, made = account.present()
    theirs = iam().create_access_key(**USER)["AccessKey"]["AccessKeyId"]
    watch = wire()
    text = rf"no room for a second access key .* beside {made.username}: .*: {theirs}\. This module does not touch"
    with pytest.raises(PlanError, match=text):
        account.present(watch, rotation="pending")
    assert watch.writes == []
    assert not account.present()[0].changed


@pytest.mark.parametrize("kind", STORES)
def test_a_rotation_brings_a_region_that_could_not_be_derived(fresh_account: Any, wire: Any, kind: str) -> None:
    account = fresh_account(kind)
    account.present()
    more = ("eu-west-1", "eu-north-1")
    account.present(rotation="pending", regions=more)
    pending = account.stored().document.pending
    # None that hosts use now is left out, though it was not asked for this time.
    assert sorted(pending.passwords) == ["eu-north-1", "eu-west-1", "us-east-1"]
    with pytest.raises(
        PlanError, match=rf"no password for eu-north-1.*pending key {pending.username} has what is missing"
    ):
        account.present(regions=more)
    with pytest.raises(
        PlanError, match=r"no password for sa-east-1.*Give up .*rotation=cancelled; then rotation=pending"
    ):
        account.present(rotation="pending", regions=("sa-east-1",))
    account.present(rotation="promoted", regions=more)
    with pytest.raises(PlanError, match=r"no password for sa-east-1.*End the rotation from \S+ first"):
        account.present(regions=("sa-east-1",))
    _steps, last = account.present(regions=more)
    assert last.regions == ("eu-north-1", "eu-west-1", "us-east-1")


def test_giving_up_is_always_possible(account: Any) -> None:
    account.present()
    account.present(rotation="pending", regions=("eu-north-1",), keep_secret=True)
    account.present(rotation="cancelled", regions=("eu-north-1",), keep_secret=True)
    assert account.stored().document.pending is None
    assert len(statuses()) == 1


def test_the_secret_is_kept_from_the_next_key_on(account: Any) -> None:
    account.present()
    account.present(rotation="pending", keep_secret=True)
    document = account.stored().document
    assert document.current.secret_access_key is None
    assert document.pending.secret_access_key == account.keys()[document.pending.username]
    account.present(rotation="promoted", keep_secret=True)
    _steps, more = account.present(keep_secret=True, regions=("eu-north-1",))
    assert "eu-north-1" in more.regions
    account.present()
    assert "secret_access_key" not in write_document(account.stored().document)


@pytest.mark.parametrize("asked", ROTATIONS)
def test_check_mode_is_the_same_plan(account: Any, wire: Any, asked: str) -> None:
    steps = {"promoted": 1, "inactive": 2, "deleted": 3, "cancelled": 1}.get(asked, 0)
    account.present()
    for step in ROTATIONS[:steps]:
        account.present(rotation=step)
    watch = wire()
    foreseen, there = account.present(watch, check_mode=True, rotation=asked)
    assert watch.writes == []
    done, credential = account.present(rotation=asked)
    assert (foreseen.view_before, foreseen.changed) == (done.view_before, True)
    assert foreseen.view_after == done.view_after != done.view_before
    assert there.rotation == credential.rotation


def test_nothing_secret_in_plans_and_their_text(account: Any) -> None:
    results: list[Any] = [account.present(keep_secret=True)]
    secrets = set(account.keys().values())
    for step in ROTATIONS[:4]:
        results.append(account.present(keep_secret=True, rotation=step))
        secrets |= set(account.keys().values())
    secrets |= {derive_smtp_password(secret, region) for secret in secrets for region in ("eu-west-1", "us-east-1")}
    text = repr(results) + json.dumps([[steps.view_before, steps.view_after] for steps, _made in results])
    assert len(secrets) == 6
    assert [secret for secret in secrets if secret in text] == []


def test_a_document_from_before_there_was_rotation() -> None:
    old = {
        "kind": "cloudmail.ses/smtp-credential",
        "username": "AKIAOLD",
        "user_name": "fleet",
        "created": "2026-01-01T00:00:00Z",
        "passwords": {"eu-west-1": "x"},
        "secret_access_key": "y",
    }
    document = read_document(json.dumps(old))
    assert (document.username, document.pending, document.previous) == ("AKIAOLD", None, None)
    assert json.loads(write_document(document)) == old


@pytest.mark.parametrize("kind", STORES)
def test_the_answer_to_the_write_of_a_pending_key_is_lost(fresh_account: Any, wire: Any, kind: str) -> None:
    """It was stored, but nobody knows: the key is deleted, and the next run makes another."""
    account = fresh_account(kind)
    _steps, made = account.present()
    watch = wire()
    real_client = watch.client

    def client(service: str) -> Any:
        wrapper = real_client(service)
        if service == kind:
            wrapper.client = _Lost(wrapper.client)
        return wrapper

    watch.client = client
    with pytest.raises(SesError, match=r"was deleted again"):
        account.present(watch, rotation="pending")
    assert list(statuses()) == [made.username]
    assert account.stored().document.username == made.username
    account.present(rotation="pending")
    document = account.stored().document
    assert set(statuses()) == {made.username, document.pending.username}


class _Lost:
    """A client whose writes are carried out, and then get no answer."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)
        if not name.startswith("put_"):
            return real

        def lost(**arguments: Any) -> Any:
            from botocore.exceptions import ReadTimeoutError

            real(**arguments)
            raise ReadTimeoutError(endpoint_url="https://x")

        return lost
