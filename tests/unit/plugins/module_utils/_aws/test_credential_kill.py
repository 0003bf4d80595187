# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run may be killed, or fail, between any two calls: the next one ends clean, and others' keys stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError, SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import derive_smtp_password

if TYPE_CHECKING:
    from collections.abc import Callable

STORES = ["secretsmanager", "ssm"]


def nothing(_account: Any) -> set[str]:
    return set()


def foreign_key(_account: Any) -> set[str]:
    """Somebody has made the user and uses a key of it."""
    iam = boto3.client("iam", "eu-west-1")
    iam.create_user(UserName="ses-fleet")
    return {iam.create_access_key(UserName="ses-fleet")["AccessKey"]["AccessKeyId"]}


def key_gone(account: Any) -> set[str]:
    """Somebody has deleted our key, so what is stored is of no use."""
    _steps, made = account.present()
    boto3.client("iam", "eu-west-1").delete_access_key(UserName="ses-fleet", AccessKeyId=made.username)
    return set()


def key_gone_and_foreign(account: Any) -> set[str]:
    """The same, and somebody put a key of theirs in its place."""
    key_gone(account)
    return {boto3.client("iam", "eu-west-1").create_access_key(UserName="ses-fleet")["AccessKey"]["AccessKeyId"]}


STARTS = [nothing, foreign_key, key_gone, key_gone_and_foreign]


def check_clean(account: Any, foreign: set[str], wire: Any) -> None:
    """One key of ours, its passwords stored and right, others' keys there, and nothing left to do."""
    keys = account.keys()
    document = account.stored().document
    assert set(keys) == foreign | {document.username}
    assert document.passwords == {
        region: derive_smtp_password(keys[document.username], region) for region in ("eu-west-1", "us-east-1")
    }
    again = wire()
    steps, _made = account.present(again)
    assert not steps.changed
    assert again.writes == []
    assert len(again.calls) == len(set(again.calls)) == 4


@pytest.mark.parametrize("kind", STORES)
@pytest.mark.parametrize("start", STARTS)
def test_killed_before_any_call(
    fresh_account: Any, wire: Any, killed: Any, kind: str, start: Callable[[Any], set[str]]
) -> None:
    number = 0
    while True:
        account = fresh_account(kind)
        foreign = start(account)
        try:
            account.present(wire(kill_at=number))
        except killed:
            account.recover()
            check_clean(account, foreign, wire)
            number += 1
            continue
        break
    check_clean(account, foreign, wire)
    assert number >= 7, "the run made fewer calls than it needs"


@pytest.mark.parametrize(("start", "key_call"), [(nothing, 4), (foreign_key, 6)])
def test_the_recovery_is_killed_too(fresh_account: Any, wire: Any, killed: Any, start: Any, key_call: int) -> None:
    """After a kill right after the creation of a key, and after its storing, kill the recovery at every call as well."""
    for first in (key_call + 1, key_call + 3):
        second, recovered = 0, False
        while not recovered:
            account = fresh_account("secretsmanager")
            foreign = start(account)
            with pytest.raises(killed):
                account.present(wire(kill_at=first))
            account.later()
            try:
                account.present(wire(kill_at=second))
                recovered = True
            except killed:
                account.recover()
            check_clean(account, foreign, wire)
            second += 1


@pytest.mark.parametrize("kind", STORES)
@pytest.mark.parametrize("start", STARTS)
def test_a_call_fails(fresh_account: Any, wire: Any, kind: str, start: Any) -> None:
    """A failed run says so, and leaves no key without a stored password behind."""
    number, failed, messages = 0, True, []
    while failed:
        account = fresh_account(kind)
        foreign = start(account)
        before = set(account.keys())
        broken = wire(fail_at=number)
        try:
            account.present(broken)
            failed = False
        except SesError as exc:
            # One of the two things the run was about is named.
            messages.append(exc.message)
            stored = account.stored()
            kept = {stored.document.username} if stored else set()
            assert set(account.keys()) <= before | kept
            account.present()
        check_clean(account, foreign, wire)
        # An ARN that cannot be read after the write fails nothing, but the run has more calls.
        failed = failed or number < len(broken.calls)
        number += 1
    assert all("fleet" in message and "InternalServiceError" not in message for message in messages)


@pytest.mark.parametrize("kind", STORES)
def test_storing_fails_and_the_key_cannot_be_deleted(fresh_account: Any, wire: Any, killed: Any, kind: str) -> None:
    """The worst case: the message says it, and the next run deletes the key."""
    account = fresh_account(kind)
    whole = wire()
    account.present(whole)
    store_call = whole.calls.index("CreateSecret" if kind == "secretsmanager" else "PutParameter")

    account = fresh_account(kind)
    broken = wire(fail_at=store_call)
    real = broken.before_call

    def also_deletion(model: Any, **kwargs: Any) -> None:
        if model.name == "DeleteAccessKey":
            broken.fail_at = len(broken.calls)
        real(model, **kwargs)

    broken.before_call = also_deletion
    with pytest.raises(
        SesError, match=r"could not be deleted either.*Run again in a few minutes: a later run deletes it"
    ) as caught:
        account.present(broken)
    (lost,) = account.keys()
    assert lost in caught.value.message
    account.recover()
    assert lost not in set(account.keys())
    check_clean(account, set(), wire)


@pytest.mark.parametrize("kind", [*STORES, "none"])
def test_deletion_is_killed(fresh_account: Any, wire: Any, killed: Any, kind: str) -> None:
    number = 0
    while True:
        account = fresh_account(kind)
        account.present()
        try:
            account.absent(wire(kill_at=number))
        except killed:
            account.absent()
            assert boto3.client("iam", "eu-west-1").list_users()["Users"] == []
            assert kind == "none" or account.stored() is None
            number += 1
            continue
        break
    assert number >= 6
    again = wire()
    assert not account.absent(again).changed
    assert again.writes == []


def attach_policy() -> str:
    statement = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}'
    iam = boto3.client("iam", "eu-west-1")
    arn = iam.create_policy(PolicyName="Quarantine", PolicyDocument=statement)["Policy"]["Arn"]
    iam.attach_user_policy(UserName="ses-fleet", PolicyArn=arn)
    return f"the managed policy {arn}"


def join_group() -> str:
    iam = boto3.client("iam", "eu-west-1")
    iam.create_group(GroupName="staff")
    iam.add_user_to_group(GroupName="staff", UserName="ses-fleet")
    return "the membership in the group staff"


def write_policy() -> str:
    statement = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}'
    boto3.client("iam", "eu-west-1").put_user_policy(UserName="ses-fleet", PolicyName="more", PolicyDocument=statement)
    return "the inline policy more"


@pytest.mark.parametrize("hung", [(attach_policy,), (join_group,), (write_policy,), (attach_policy, join_group)])
def test_a_user_that_cannot_go_loses_nothing(fresh_account: Any, wire: Any, hung: Any) -> None:
    """IAM deletes no user with things of others. That is found out before its keys and passwords are gone."""
    account = fresh_account("secretsmanager")
    account.present()
    before = account.keys(), account.stored()
    named = [hang() for hang in hung]
    for check_mode in (True, False):
        watch = wire()
        with pytest.raises(PlanError, match=r"Nothing was deleted\. Take that away") as caught:
            account.absent(watch, check_mode=check_mode)
        assert all(name in caught.value.message for name in named)
        assert (watch.writes, account.keys(), account.stored()) == ([], *before)


def test_a_user_of_others_keeps_what_hangs_on_it(fresh_account: Any, wire: Any) -> None:
    account = fresh_account("secretsmanager")
    boto3.client("iam", "eu-west-1").create_user(UserName="ses-fleet")
    account.present()
    for hang in (attach_policy, join_group, write_policy):
        hang()
    watch = wire()
    assert account.absent(watch).changed
    assert account.keys() == {}
    assert not [call for call in watch.calls if call in ("ListUserPolicies", "ListGroupsForUser")]


def test_without_a_store_a_killed_run_leaves_no_key(fresh_account: Any, wire: Any, killed: Any) -> None:
    number = 0
    while True:
        account = fresh_account("none")
        try:
            account.present(wire(kill_at=number))
        except killed:
            _steps, made = account.recover()
            keys = account.keys()
            # Killed after the last note the key is known, though its passwords were never shown.
            assert set(keys) == {made.username}
            number += 1
            continue
        break
    again = wire()
    steps, made = account.present(again)
    assert not steps.changed
    assert (again.writes, dict(made.passwords)) == ([], {})
