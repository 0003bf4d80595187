# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Another run, or somebody by hand, at the same time: no live key is deleted, and none is stored that is dead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError, SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.iam_user import IamUser
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.ledger import TAG, read_ledger

if TYPE_CHECKING:
    from collections.abc import Callable

STORES = ["secretsmanager", "ssm"]


def iam() -> Any:
    return boto3.client("iam", "eu-west-1")


def by_hand() -> str:
    """Make a key as an administrator does."""
    return str(iam().create_access_key(UserName="ses-fleet")["AccessKey"]["AccessKeyId"])


def just_before(account: Any, watch: Any, operation: str, other: Callable[[], Any]) -> Any:
    """Return a wire that lets somebody else act before the first call of this operation."""
    real, done = watch.before_call, []

    def call(model: Any, **kwargs: Any) -> None:
        if model.name == operation and not done:
            done.append(True)
            other()
            # The other run has a wire of its own; go on with this one.
            watch.client("iam")
        real(model, **kwargs)

    watch.before_call = call
    return watch


def refusing(watch: Any, operation: str, code: str = "AccessDenied", status: int = 403) -> Any:
    """Return a wire on which this operation is refused."""
    real = watch.before_call

    def call(model: Any, **kwargs: Any) -> None:
        real(model, **kwargs)
        if model.name == operation:
            error: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
            raise ClientError(error, operation)

    watch.before_call = call
    return watch


@pytest.mark.parametrize("operation", ["CreateAccessKey", "PutSecretValue"])
@pytest.mark.parametrize("rotation", [None, "pending"])
def test_a_key_by_hand_after_a_run_that_failed(
    fresh_account: Any, wire: Any, operation: str, rotation: str | None
) -> None:
    """The failed run has left no key, so none that comes after it is taken for one."""
    account = fresh_account("secretsmanager")
    account.present()
    with pytest.raises(SesError, match="lacks the permission"):
        account.present(refusing(wire(), operation), rotation="pending")
    assert read_ledger(account.tags()).pending is None
    theirs = by_hand()
    if rotation:
        with pytest.raises(PlanError, match="no room for a second"):
            account.present(rotation=rotation)
    else:
        account.present()
    account.later()
    assert not account.present()[0].delete_keys
    assert theirs in set(account.keys())


@pytest.mark.parametrize("operation", ["CreateAccessKey", "CreateSecret"])
def test_the_note_that_cannot_be_taken_back_is_told(fresh_account: Any, wire: Any, operation: str) -> None:
    account = fresh_account("secretsmanager")
    with pytest.raises(SesError, match=r"lacks the permission.*make none by hand before the next run has ended well"):
        account.present(refusing(refusing(wire(), operation), "TagUser"))


def test_two_keys_that_may_be_the_lost_one(fresh_account: Any, wire: Any, killed: Any) -> None:
    """One is of a killed run, one of an administrator: who can tell?"""
    account = fresh_account("secretsmanager")
    whole = wire()
    account.present(whole)
    account = fresh_account("secretsmanager")
    with pytest.raises(killed):
        account.present(wire(kill_at=whole.calls.index("CreateAccessKey") + 1))
    (lost,), theirs = account.keys(), by_hand()
    account.later()
    for run in (account.present, account.absent):
        with pytest.raises(PlanError, match=r"so one may be that key and one somebody's\. None was deleted") as caught:
            run()
        assert all(key in caught.value.message for key in (lost, theirs, "write 'user=made' into the tag", TAG))
    assert set(account.keys()) == {lost, theirs}
    # As the message says
    iam().tag_user(UserName="ses-fleet", Tags=[{"Key": TAG, "Value": "user=made"}])
    iam().delete_access_key(UserName="ses-fleet", AccessKeyId=lost)
    _steps, made = account.present()
    assert set(account.keys()) == {theirs, made.username}


@pytest.mark.parametrize("kind", STORES)
@pytest.mark.parametrize("rotation", [None, "pending"])
def test_the_other_run_has_made_its_key_and_not_stored_it(
    fresh_account: Any, wire: Any, kind: str, rotation: str | None
) -> None:
    account = fresh_account(kind)
    if rotation:
        account.present()
    write = "CreateSecret" if kind == "secretsmanager" else "PutParameter"
    write = "PutSecretValue" if rotation and kind == "secretsmanager" else write
    told: list[str] = []

    def second() -> None:
        for run in (lambda: account.present(rotation=rotation), account.present, account.absent):
            with pytest.raises(PlanError, match="either another run is about to store it") as caught:
                run()
            told.append(caught.value.message)

    _steps, made = account.present(just_before(account, wire(), write, second), rotation=rotation)
    assert len(told) == 3
    document = account.stored().document
    assert made.username == document.username
    assert set(account.keys()) == {key.username for key in document.stored_keys}
    assert len(account.keys()) == (2 if rotation else 1)
    assert not account.present()[0].changed


def test_the_other_run_stores_its_key_while_this_one_looks_again(
    fresh_account: Any, wire: Any, killed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = fresh_account("secretsmanager")
    slept: list[float] = []

    def second() -> None:
        monkeypatch.setattr("time.sleep", lambda seconds: slept.append(seconds) or go_on())
        done.append(account.present())

    def go_on() -> None:
        # The first run, which is in the middle of its write, comes to its end.
        if len(slept) == 1:
            store.write("fleet", document[0], before=None, tags={})

    _iam, store = account._parts(wire())
    real_write, document, done = type(store).write, [], []

    def write(self: Any, name: str, new: Any, **kwargs: Any) -> str:
        if not document:
            document.append(new)
            second()
            return "arn"
        return str(real_write(self, name, new, **kwargs))

    monkeypatch.setattr(type(store), "write", write)
    _steps, made = account.present()
    ((steps, seen),) = done
    assert (slept, steps.new_key, seen.username) == ([1], "", made.username)
    assert set(account.keys()) == {made.username}


@pytest.mark.parametrize("kind", STORES)
def test_the_other_run_begins_before_this_one_has_its_key(fresh_account: Any, wire: Any, kind: str) -> None:
    """Nobody sees a key yet, so the other run goes ahead. This one sees the note of the other, and gives way."""
    account = fresh_account(kind)
    made: list[Any] = []
    watch = just_before(account, wire(), "CreateAccessKey", lambda: made.append(account.present()[1]))
    with pytest.raises(SesError, match=r"Another run .*was deleted again.*when the other run has ended") as caught:
        account.present(watch)
    assert "answer" not in caught.value.message
    assert set(account.keys()) == {made[0].username} == {account.stored().document.username}
    assert not account.present()[0].changed


def test_tags_that_iam_shows_late_are_no_other_run(fresh_account: Any, wire: Any, monkeypatch: Any) -> None:
    """The look at the note before the write may show what was there before it."""
    account = fresh_account("secretsmanager")
    account.present()
    first = IamUser(account.wanted().user_name, client=wire().client("iam"), once=None).get()
    monkeypatch.setattr(IamUser, "get", lambda _self: first)
    _steps, made = account.present(rotation="pending")
    assert made.rotation == "pending"
    assert len(account.keys()) == 2


@pytest.mark.parametrize("kind", STORES)
def test_somebody_has_stored_a_credential_meanwhile(fresh_account: Any, wire: Any, kind: str) -> None:
    """Two first runs, each with its key: the second to come does not overwrite, and says whose it is."""
    account = fresh_account(kind)
    _steps, theirs = account.present()
    stored = account.stored().document
    account = fresh_account(kind)
    _iam, store = account._parts(wire())
    write = "CreateSecret" if kind == "secretsmanager" else "PutParameter"
    watch = just_before(
        account, wire(), write, lambda: store.write("fleet", stored, before=None, tags={}) and watch.client("iam")
    )
    with pytest.raises(
        SesError, match=f"somebody else .*{theirs.username}. It was left alone.*deleted again"
    ) as caught:
        account.present(watch)
    assert "answer" not in caught.value.message
    assert account.stored().document == stored
    assert account.keys() == {}


@pytest.mark.parametrize("kind", STORES)
def test_a_lost_answer_that_botocore_has_repeated(fresh_account: Any, wire: Any, kind: str) -> None:
    """The credential was stored by the first attempt, so the second is told that it exists: that is success."""
    account = fresh_account(kind)
    operation = "CreateSecret" if kind == "secretsmanager" else "PutParameter"
    watch = wire()
    real_client = watch.client

    class Twice:
        def __init__(self, client: Any) -> None:
            self._client = client

        def __getattr__(self, name: str) -> Any:
            method = getattr(self._client, name)
            if name not in ("create_secret", "put_parameter"):
                return method

            def twice(**kwargs: Any) -> Any:
                method(**kwargs)
                return method(**{**kwargs, **({"ClientRequestToken": "f" * 32} if name == "create_secret" else {})})

            return twice

    def client(service: str) -> Any:
        wrapper = real_client(service)
        wrapper.client = Twice(wrapper.client)
        return wrapper

    watch.client = client
    _steps, made = account.present(watch)
    assert watch.calls.count(operation) == 2
    assert made.store_arn == account.stored().arn
    assert set(account.keys()) == {made.username} == {account.stored().document.username}
    assert not account.present()[0].changed


def test_a_user_that_the_lists_do_not_know_yet(fresh_account: Any, wire: Any) -> None:
    """A killed run, or another one, has just made it: GetUser shows it, ListAccessKeys does not."""
    account = fresh_account("secretsmanager")
    iam().create_user(UserName="ses-fleet")
    watch = wire()
    real = watch.before_call

    def call(model: Any, **kwargs: Any) -> None:
        real(model, **kwargs)
        if model.name == "ListAccessKeys" and watch.calls.count("ListAccessKeys") <= 2:
            raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": "no"}}, "ListAccessKeys")

    watch.before_call = call
    _steps, made = account.present(watch)
    assert set(account.keys()) == {made.username}


@pytest.mark.parametrize(("times", "ends"), [(1, True), (3, True), (99, False)])
def test_a_user_that_iam_does_not_show_yet(fresh_account: Any, wire: Any, times: int, ends: bool) -> None:
    account = fresh_account("secretsmanager")
    iam().create_user(UserName="ses-fleet", Path="/mail/")
    watch = wire()
    real = watch.before_call

    def call(model: Any, **kwargs: Any) -> None:
        real(model, **kwargs)
        if model.name == "GetUser" and watch.calls.count("GetUser") <= times:
            raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": "no"}}, "GetUser")

    watch.before_call = call
    if not ends:
        with pytest.raises(
            SesError, match=r"does not show the IAM user ses-fleet.*run again in a minute.*upper and lower"
        ):
            account.present(watch)
        assert account.keys() == {}
        return
    _steps, made = account.present(watch)
    assert set(account.keys()) == {made.username}
    # It is the user of others, with what it had.
    assert read_ledger(account.tags()).made_user is False
