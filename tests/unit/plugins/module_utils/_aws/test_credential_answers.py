# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of AWS that are late, lost or out of date: never two keys, never a key that nobody knows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from ansible_collections.cloudmail.ses.plugins.module_utils._aws import iam_user
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError, SesError

if TYPE_CHECKING:
    from collections.abc import Callable

STORES = ["secretsmanager", "ssm"]


def failure(code: str, status: int) -> ClientError:
    error: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(error, "Some")


class Answers:
    """Changes the answers to one operation of a run: ``change`` gets each, with its number from 0."""

    def __init__(self, wire: Any, operation: str, change: Callable[[int, Any], None]) -> None:
        self.operation, self.change, self.count = operation, change, 0
        self.wire = wire()
        self._client = self.wire.client
        self.wire.client = self._watched

    def _watched(self, service: str) -> Any:
        wrapper = self._client(service)
        method, original = _snake(self.operation), wrapper.client
        if hasattr(original, method):
            wrapper.client = _Changed(original, method, self)
        return wrapper


class _Changed:
    def __init__(self, client: Any, method: str, answers: Answers) -> None:
        self._client, self._method, self._answers = client, method, answers

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)
        if name != self._method:
            return real

        def changed(**arguments: Any) -> Any:
            answer = real(**arguments)
            number = self._answers.count
            self._answers.count += 1
            self._answers.change(number, answer)
            return answer

        return changed


def _snake(operation: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in operation).lstrip("_")


def hide_first(times: int) -> Callable[[int, Any], None]:
    def change(number: int, answer: Any) -> None:
        if number < times:
            answer["AccessKeyMetadata"] = []

    return change


def raise_first(error: Exception, times: int = 1) -> Callable[[int, Any], None]:
    def change(number: int, _answer: Any) -> None:
        if number < times:
            raise error

    return change


@pytest.mark.parametrize("kind", [*STORES, "none"])
@pytest.mark.parametrize("hidden", [1, 2])
def test_a_new_key_that_is_not_listed_yet(fresh_account: Any, wire: Any, kind: str, hidden: int) -> None:
    account = fresh_account(kind)
    _steps, made = account.present()
    answers = Answers(wire, "ListAccessKeys", hide_first(hidden))
    steps, again = account.present(answers.wire)
    assert (steps.changed, again.username) == (False, made.username)
    assert answers.wire.writes == []
    assert answers.count == hidden + 1
    assert set(account.keys()) == {made.username}


@pytest.mark.parametrize("kind", STORES)
def test_the_key_of_a_killed_run_that_is_not_listed_yet(fresh_account: Any, wire: Any, killed: Any, kind: str) -> None:
    account = fresh_account(kind)
    whole = wire()
    account.present(whole)
    account = fresh_account(kind)
    with pytest.raises(killed):
        account.present(wire(kill_at=whole.calls.index("CreateAccessKey") + 1))
    (lost,) = account.keys()
    with pytest.raises(PlanError, match=f"{lost}.*is not stored: either another run"):
        account.present(Answers(wire, "ListAccessKeys", hide_first(2)).wire)
    account.later()
    _steps, made = account.present()
    assert made.username != lost
    assert set(account.keys()) == {made.username}


def test_looking_again_is_bounded_and_only_for_new_keys(
    fresh_account: Any, wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that really is gone is replaced, after a bounded wait when it was new and at once when it was not."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    account = fresh_account("secretsmanager")
    _steps, made = account.present()
    slept.clear()
    boto3.client("iam", "eu-west-1").delete_access_key(UserName="ses-fleet", AccessKeyId=made.username)
    _steps, second = account.present()
    assert sum(slept) == 15
    assert set(account.keys()) == {second.username}

    slept.clear()
    boto3.client("iam", "eu-west-1").delete_access_key(UserName="ses-fleet", AccessKeyId=second.username)
    document = account.stored().document
    old_document = replace(document, current=replace(document.current, created="2026-01-01T00:00:00Z"))
    _iam, store = account._parts(wire())
    store.write("fleet", old_document, before=account.stored(), tags={})
    _steps, third = account.present()
    assert slept == []
    assert set(account.keys()) == {third.username}


@pytest.mark.parametrize(
    "error",
    [
        failure("ServiceUnavailable", 503),
        failure("InternalFailure", 500),
        ReadTimeoutError(endpoint_url="https://iam.amazonaws.com"),
    ],
)
def test_a_creation_that_may_have_happened_is_not_repeated(fresh_account: Any, wire: Any, error: Exception) -> None:
    account = fresh_account("secretsmanager")
    answers = Answers(wire, "CreateAccessKey", raise_first(error))
    with pytest.raises(SesError, match=r"may have created the key all the same.*next run deletes"):
        account.present(answers.wire)
    assert answers.count == 1
    (lost,) = account.keys()
    _steps, made = account.recover()
    assert set(account.keys()) == {made.username} != {lost}


@pytest.mark.parametrize("code", ["NoSuchEntity", "Throttling", "EntityTemporarilyUnmodifiable", "LimitExceeded"])
def test_a_refused_creation_is_repeated(
    fresh_account: Any, wire: Any, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an honest refusal, that is one before the call: here the first attempt makes no key."""
    account = fresh_account("secretsmanager")
    watch = wire()
    refused: list[str] = []
    real = watch.before_call

    def refuse(model: Any, **kwargs: Any) -> None:
        real(model, **kwargs)
        if model.name == "CreateAccessKey" and len(refused) < 2:
            refused.append(code)
            raise failure(code, 400)

    monkeypatch.setattr(watch, "before_call", refuse)
    _steps, made = account.present(watch)
    assert watch.calls.count("CreateAccessKey") == 3
    assert set(account.keys()) == {made.username}


def test_a_refusal_for_good_promises_nothing(fresh_account: Any, wire: Any) -> None:
    account = fresh_account("secretsmanager")
    answers = Answers(wire, "CreateAccessKey", raise_first(failure("AccessDenied", 403)))
    with pytest.raises(SesError, match="lacks the permission") as caught:
        account.present(answers.wire)
    assert "all the same" not in caught.value.message
    assert answers.count == 1


def test_botocore_does_not_repeat_a_creation_either(fresh_account: Any) -> None:
    fresh_account("none")
    boto3.client("iam", "eu-west-1").create_user(UserName="ses-fleet")
    once = boto3.client("iam", "eu-west-1", config=Config(retries=iam_user.ONCE))
    sent: list[str] = []

    class Raw:
        def stream(self) -> Any:
            yield b"<ErrorResponse><Error><Code>ServiceUnavailable</Code></Error></ErrorResponse>"

    def answer(request: Any, **_kwargs: Any) -> AWSResponse:
        sent.append(request.method)
        return AWSResponse(request.url, 503, {}, Raw())

    once.meta.events.register_first("before-send.iam.CreateAccessKey", answer)
    with pytest.raises(SesError, match="may have created"):
        iam_user.IamUser("ses-fleet", client=once, once=once).create_key()
    assert len(sent) == 1


@pytest.mark.parametrize(("times", "known"), [(2, True), (99, False)])
def test_the_arn_of_a_new_parameter_cannot_be_read(fresh_account: Any, wire: Any, times: int, known: bool) -> None:
    """The credential is stored: nothing is undone."""
    account = fresh_account("ssm")

    def change(number: int, _answer: Any) -> None:
        # The first read, before the write, finds nothing and does not come here.
        if number < times:
            raise failure("ParameterNotFound", 400)

    _steps, made = account.present(Answers(wire, "GetParameter", change).wire)
    assert bool(made.store_arn) is known
    assert set(account.keys()) == {made.username}
    assert account.stored().document.username == made.username
    assert not account.present()[0].changed


@pytest.mark.parametrize("kind", STORES)
@pytest.mark.parametrize("error", [failure("InternalServerError", 500), ReadTimeoutError(endpoint_url="https://x")])
def test_the_answer_to_the_write_is_lost(fresh_account: Any, wire: Any, kind: str, error: Exception) -> None:
    account = fresh_account(kind)
    write = "CreateSecret" if kind == "secretsmanager" else "PutParameter"
    answers = Answers(wire, write, raise_first(error, times=99))
    text = (
        r"was deleted again.*fleet in the store \S+ may hold the passwords of this deleted key.*next run replaces them"
    )
    with pytest.raises(SesError, match=text):
        account.present(answers.wire)
    assert account.keys() == {}
    assert account.stored() is not None
    _steps, made = account.present()
    assert set(account.keys()) == {made.username} == {account.stored().document.username}


@pytest.mark.parametrize("kind", STORES)
def test_a_refused_write_stores_nothing(fresh_account: Any, wire: Any, kind: str) -> None:
    account = fresh_account(kind)
    write = "CreateSecret" if kind == "secretsmanager" else "PutParameter"
    answers = Answers(wire, write, raise_first(failure("AccessDeniedException", 400)))
    with pytest.raises(SesError, match="no key without a stored password is left") as caught:
        account.present(answers.wire)
    assert "may hold" not in caught.value.message


def test_a_key_that_was_switched_off_just_now(fresh_account: Any, wire: Any) -> None:
    """IAM's list may show the step before a moment late."""
    account = fresh_account("secretsmanager")
    _steps, made = account.present()
    for step in ("pending", "promoted", "inactive"):
        account.present(rotation=step)

    def still_active(number: int, answer: Any) -> None:
        if number < 2:
            answer["AccessKeyMetadata"] = [{**key, "Status": "Active"} for key in answer["AccessKeyMetadata"]]

    account.present(Answers(wire, "ListAccessKeys", still_active).wire, rotation="deleted")
    assert set(account.keys()) == {account.stored().document.username} != {made.username}


def test_a_key_that_was_deleted_just_now(fresh_account: Any, wire: Any) -> None:
    account = fresh_account("secretsmanager")
    account.present()
    account.present(rotation="pending")
    listed = boto3.client("iam", "eu-west-1").list_access_keys(UserName="ses-fleet")["AccessKeyMetadata"]
    account.present(rotation="cancelled")

    def still_there(number: int, answer: Any) -> None:
        if number < 2:
            answer["AccessKeyMetadata"] = listed

    _steps, again = account.present(Answers(wire, "ListAccessKeys", still_there).wire, rotation="pending")
    assert again.rotation == "pending"
    assert len(account.keys()) == 2
