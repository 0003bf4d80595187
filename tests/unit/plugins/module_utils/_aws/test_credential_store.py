# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What protects and marks a stored credential: its KMS key and its tags."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError, SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store import StoreFacts, store_change
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store_open import open_store

STORES = ["secretsmanager", "ssm"]
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY_ARN = f"arn:aws:kms:eu-west-1:111122223333:key/{KEY_ID}"


def client(service: str) -> Any:
    return boto3.client(service, "eu-west-1")


def kms_key(kind: str) -> str | None:
    """The KMS key of the stored credential, as AWS keeps it."""
    if kind == "secretsmanager":
        # Secrets Manager does not name its default key.
        return client(kind).describe_secret(SecretId="fleet").get("KmsKeyId") or "alias/aws/secretsmanager"
    return client(kind).describe_parameters()["Parameters"][0].get("KeyId")


def tags(kind: str) -> dict[str, str]:
    if kind == "secretsmanager":
        found = client(kind).describe_secret(SecretId="fleet").get("Tags", [])
    else:
        found = client(kind).list_tags_for_resource(ResourceType="Parameter", ResourceId="fleet")["TagList"]
    return {tag["Key"]: tag["Value"] for tag in found}


def present(account: Any, watch: Any, kms: str | None = None, **changes: Any) -> Any:
    """Run with a KMS key, which the store needs to know as well as the plan."""
    real = account._parts

    def parts(wire: Any) -> Any:
        iam, store = real(wire)
        return iam, open_store(store.kind, wire.client(store.kind), kms)

    account._parts = parts
    try:
        return account.present(watch, kms_key_id=kms, **changes)
    finally:
        account._parts = real


@pytest.mark.parametrize("kind", STORES)
def test_the_kms_key_of_an_existing_credential(fresh_account: Any, wire: Any, kind: str) -> None:
    account = fresh_account(kind)
    account.present()
    before = account.stored().document
    watch = wire()
    steps, _made = present(account, watch, "alias/mail")
    assert steps.changed
    assert watch.writes == ["UpdateSecret" if kind == "secretsmanager" else "PutParameter"]
    assert (kms_key(kind), account.stored().document) == ("alias/mail", before)
    assert steps.view_before["stored"]["kms_key_id"] == f"alias/aws/{kind}"
    assert steps.view_after["stored"]["kms_key_id"] == "alias/mail"

    for same in ("alias/mail", "arn:aws:kms:eu-west-1:111122223333:alias/mail"):
        watch = wire()
        assert not present(account, watch, same)[0].changed
        assert watch.writes == []
    # Not given: it stays, whatever else is written
    account.present(rotation="pending")
    assert kms_key(kind) == "alias/mail"
    present(account, wire(), f"alias/aws/{kind}", rotation="promoted")
    assert account.stored().document.previous.username == before.username
    assert kms_key(kind) == f"alias/aws/{kind}"


def test_a_parameter_is_written_with_the_key_that_it_has(fresh_account: Any, wire: Any) -> None:
    """SSM, unlike Moto, takes its default key when a write over a parameter names none."""
    account = fresh_account("ssm")
    present(account, wire(), "alias/mail")
    watch = wire()
    sent: list[Any] = []
    real = watch.before_call

    def note(model: Any, **kwargs: Any) -> None:
        real(model, **kwargs)
        if model.name == "PutParameter":
            sent.append(json.loads(kwargs["params"]["body"]))

    watch.before_call = note
    account.present(watch, rotation="pending")
    assert [(write["KeyId"], write["Overwrite"]) for write in sent] == [("alias/mail", True)]


class Pages:
    """An SSM client whose DescribeParameters answers with these pages."""

    def __init__(self, client: Any, pages: list[Any]) -> None:
        self._client, self._pages, self.tokens = client, pages, []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def describe_parameters(self, **arguments: Any) -> Any:
        self.tokens.append(arguments.get("NextToken"))
        return self._pages[len(self.tokens) - 1]


def paged(account: Any, watch: Any, pages: list[Any]) -> Pages:
    """Give the account a store whose parameter is described by these pages."""
    real, client = account._parts, Pages(watch.client("ssm"), pages)
    account._parts = lambda wire: (real(wire)[0], open_store("ssm", client))
    return client


def test_the_page_with_the_parameter_may_come_after_an_empty_one(fresh_account: Any, wire: Any) -> None:
    account, watch = fresh_account("ssm"), wire()
    account.present()
    client = paged(account, watch, [{"Parameters": [], "NextToken": "2"}, {"Parameters": [{"KeyId": "alias/mail"}]}])
    account.present(watch, rotation="pending")
    assert client.tokens == [None, "2"]
    assert kms_key("ssm") == "alias/mail"


def test_a_kms_key_that_cannot_be_found_out_is_not_replaced(fresh_account: Any, wire: Any) -> None:
    """Nothing is made before that is known, so there is nothing to undo."""
    account, watch = fresh_account("ssm"), wire()
    account.present()
    before = account.stored()
    paged(account, watch, [{"Parameters": []}])
    with pytest.raises(PlanError, match=r"nobody knows its KMS key.*run again in a minute; otherwise give kms_key_id"):
        account.present(watch, rotation="pending")
    assert (watch.writes, account.stored()) == ([], before)


def test_a_kms_key_that_may_not_be_read_is_told_before_there_is_a_key(fresh_account: Any, wire: Any) -> None:
    account, watch = fresh_account("ssm"), wire()
    account.present()
    real = watch.before_call

    def refuse(model: Any, **kwargs: Any) -> None:
        real(model, **kwargs)
        if model.name == "DescribeParameters":
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, model.name)

    watch.before_call = refuse
    with pytest.raises(SesError, match="lacks the permission ssm:DescribeParameters"):
        account.present(watch, rotation="pending")
    assert watch.writes == []


@pytest.mark.parametrize("kind", STORES)
def test_a_new_credential_gets_the_kms_key_at_once(fresh_account: Any, wire: Any, kind: str) -> None:
    account = fresh_account(kind)
    present(account, wire(), KEY_ID)
    assert kms_key(kind) == KEY_ID
    watch = wire()
    assert not present(account, watch, KEY_ARN)[0].changed
    assert len(watch.calls) == 5


@pytest.mark.parametrize("kind", STORES)
def test_the_tags_of_an_existing_credential(fresh_account: Any, wire: Any, kind: str) -> None:
    account = fresh_account(kind)
    account.present(tags={"team": "mail", "old": "1"})
    assert tags(kind) == {"team": "mail", "old": "1"}
    steps, _made = account.present(tags={"team": "post", "new": "2"})
    assert tags(kind) == {"team": "post", "new": "2"}
    assert steps.view_after["stored"]["tags"] == tags(kind)
    watch = wire()
    assert not account.present(watch, tags={"team": "post", "new": "2"})[0].changed
    assert watch.writes == []
    account.present(tags={"more": "3"}, purge_tags=False)
    assert tags(kind) == {"team": "post", "new": "2", "more": "3"}
    account.present()
    assert len(tags(kind)) == 3
    account.present(tags={})
    assert tags(kind) == {}


@pytest.mark.parametrize("kind", STORES)
def test_killed_while_the_store_is_changed(fresh_account: Any, wire: Any, killed: Any, kind: str) -> None:
    number = 0
    while True:
        account = fresh_account(kind)
        _steps, made = account.present(tags={"old": "1"})
        wanted = {"tags": {"team": "mail"}, "kms": "alias/mail", "rotation": "pending"}
        try:
            present(account, wire(kill_at=number), **wanted)
        except killed:
            if len(account.keys()) > 1 and not account.stored().document.pending:
                account.later()
            present(account, wire(), **wanted)
            watch = wire()
            assert not present(account, watch, **wanted)[0].changed
            assert (tags(kind), kms_key(kind)) == ({"team": "mail"}, "alias/mail")
            document = account.stored().document
            assert set(account.keys()) == {made.username, document.pending.username}
            number += 1
            continue
        break
    assert number >= 8


@pytest.mark.parametrize(
    ("wanted", "found", "differs"),
    [
        (None, "alias/aws/ssm", False),
        ("alias/aws/ssm", "alias/aws/ssm", False),
        (KEY_ID, KEY_ARN, False),
        (KEY_ARN, KEY_ID, False),
        (KEY_ID, "1234abcd-0000-34cd-56ef-1234567890ab", True),
        ("alias/mail", "alias/aws/ssm", True),
        ("arn:aws:kms:eu-west-1:1:alias/mail", "alias/mail", False),
        # Only KMS knows whose alias it is: what would be a change again and again is none.
        ("alias/mail", KEY_ARN, False),
        ("alias/mail", KEY_ID, False),
        ("alias/mail", "arn:aws:kms:eu-west-1:1:alias/other", True),
        ("alias/aws/secretsmanager", KEY_ARN, True),
        (KEY_ARN, "alias/mail", True),
        ("alias/mail", None, False),
    ],
)
def test_names_of_kms_keys(wanted: str | None, found: str | None, differs: bool) -> None:
    change = store_change(StoreFacts(kms_key_id=found), tags=None, purge=True, kms_key_id=wanted)
    assert bool(change) is differs
    assert change.rekey == (wanted if differs else "")


def test_tags_of_aws_itself_stay() -> None:
    facts = StoreFacts(tags={"aws:cloudformation:stack-name": "mail", "old": "1"})
    change = store_change(facts, tags={}, purge=True, kms_key_id=None)
    assert change.tags.remove == ("old",)
