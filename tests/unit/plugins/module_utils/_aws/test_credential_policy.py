# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inline policy of a credential under another name, and a store that is forgotten or marked for deletion."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_describe import problems
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_policy import noted_policy, policy_note
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_read import read_before
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError, SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.send_policy import send_policy

if TYPE_CHECKING:
    from collections.abc import Callable

WIDE = send_policy(["*@example.com", "*@example.org"])
OTHER = "mail,narrow"


@pytest.fixture
def account(fresh_account: Callable[[str], Any]) -> Any:
    return fresh_account("secretsmanager")


def iam() -> Any:
    return boto3.client("iam", "eu-west-1")


def policies() -> list[str]:
    return list(iam().list_user_policies(UserName="ses-fleet")["PolicyNames"])


@pytest.mark.parametrize(("old", "new"), [("cloudmail-ses-send", OTHER), (OTHER, "cloudmail-ses-send"), ("one", "two")])
def test_another_name_leaves_no_policy_behind(account: Any, wire: Any, old: str, new: str) -> None:
    account.present(policy_name=old, policy=WIDE)
    foreseen, _made = account.present(policy_name=new, check_mode=True)
    watch = wire()
    done, _made = account.present(watch, policy_name=new)
    assert policies() == [new]
    assert foreseen == done
    tag = "UntagUser" if new == "cloudmail-ses-send" else "TagUser"
    assert watch.writes == ["PutUserPolicy", "DeleteUserPolicy", tag]
    # The diff shows it
    assert (done.view_before["former_policy"], "former_policy" in done.view_after) == (old, False)
    again = wire()
    assert not account.present(again, policy_name=new)[0].changed
    assert len(again.calls) == 4


def test_the_same_policy_under_another_name_is_a_change_in_the_diff(account: Any) -> None:
    account.present(policy_name="one")
    steps, _made = account.present(policy_name="two")
    assert steps.changed
    assert steps.view_before != steps.view_after


@pytest.mark.parametrize("given", ["one", "two", "cloudmail-ses-send"])
def test_absent_deletes_the_policy_whatever_its_name(account: Any, wire: Any, given: str) -> None:
    account.present(policy_name="one", tags={"team": "mail"})
    watch = wire()
    foreseen = account.absent(wire(), check_mode=True, policy_name=given)
    assert foreseen == account.absent(watch, policy_name=given)
    assert watch.writes.count("DeleteUserPolicy") == 1
    assert iam().list_users()["Users"] == []
    assert not account.absent(policy_name=given).changed


def test_the_policies_and_the_user_of_others_stay(account: Any) -> None:
    iam().create_user(UserName="ses-fleet")
    for name in ("cloudmail-ses-send", "of-others"):
        iam().put_user_policy(UserName="ses-fleet", PolicyName=name, PolicyDocument=json.dumps(WIDE))
    # Nothing is noted on this user, so nothing on it is ours.
    account.present(policy_name="one")
    assert policies() == ["cloudmail-ses-send", "of-others", "one"]
    account.present(policy_name="two")
    assert policies() == ["cloudmail-ses-send", "of-others", "two"]
    # Asked for with another name, the one that is ours goes.
    gone = account.absent(policy_name="three")
    assert (gone.delete_policies, "former_policy" in gone.view_after) == (("two",), False)
    assert policies() == ["cloudmail-ses-send", "of-others"]
    assert iam().list_user_tags(UserName="ses-fleet")["Tags"] == []


def test_killed_while_the_policy_gets_another_name(fresh_account: Any, wire: Any, killed: Any) -> None:
    number = 0
    while True:
        account = fresh_account("secretsmanager")
        account.present(policy_name="one", policy=WIDE)
        watch = wire(kill_at=number)
        try:
            account.present(watch, policy_name="two")
        except killed:
            # At every moment there is one to send with.
            assert policies()
            account.present(policy_name="two")
            assert policies() == ["two"]
            assert not account.present(policy_name="two")[0].changed
            number += 1
            continue
        break
    assert number >= 8


def test_reading_tells_the_name_of_the_policy(account: Any, wire: Any) -> None:
    account.present(policy_name="one")
    parts = account._parts(wire())
    (problem,) = problems(read_before(*parts, account.wanted()), account.wanted())
    assert "is one, not cloudmail-ses-send. Give that policy_name" in problem


@pytest.mark.parametrize("name", ["cloudmail-ses-send", "a,b,c", "x+=.@-_"])
def test_the_note_of_a_name(name: str) -> None:
    tags = {"cloudmail.ses:keys": "user=made", **policy_note(name)}
    assert noted_policy(tags) == name
    assert not any("," in value for value in tags.values())


@pytest.mark.parametrize("kind", ["secretsmanager", "ssm"])
def test_a_store_is_not_forgotten(fresh_account: Any, wire: Any, kind: str) -> None:
    account = fresh_account(kind)
    _steps, made = account.present()
    keeps_nothing = type(account)("none")
    watch = wire()
    with pytest.raises(PlanError, match=rf"is stored: {kind}:eu-west-1:fleet.*state=absent"):
        keeps_nothing.present(watch)
    assert watch.writes == []
    assert not account.present()[0].changed
    assert list(account.keys()) == [made.username]


def mark(account: Any) -> None:
    account.present()
    boto3.client("secretsmanager", "eu-west-1").delete_secret(SecretId="fleet")


def test_what_is_marked_for_deletion_is_gone_for_a_deletion(account: Any, wire: Any) -> None:
    mark(account)
    watch = wire()
    assert account.absent(watch).changed
    assert account.keys() == {}
    assert iam().list_users()["Users"] == []
    assert "DeleteSecret" not in watch.writes
    assert not account.absent().changed


def test_what_is_marked_for_deletion_is_told_to_who_reads(account: Any, wire: Any) -> None:
    mark(account)
    parts = account._parts(wire())
    told = problems(read_before(*parts, account.wanted()), account.wanted())
    assert any("marked for deletion. Restore it" in problem for problem in told)


def test_what_is_marked_for_deletion_stops_everything_else(account: Any, wire: Any) -> None:
    mark(account)
    watch = wire()
    with pytest.raises(SesError, match=r"marked for deletion\. Restore it"):
        account.present(watch)
    assert watch.writes == []
