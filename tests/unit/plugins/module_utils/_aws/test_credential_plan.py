# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wanted against what is there: the refusals, and what a plan shows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError, SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.send_policy import send_policy
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import derive_smtp_password

if TYPE_CHECKING:
    from collections.abc import Callable

STORES = ["secretsmanager", "ssm"]


@pytest.fixture
def account(fresh_account: Callable[[str], Any]) -> Any:
    return fresh_account("secretsmanager")


def iam() -> Any:
    return boto3.client("iam", "eu-west-1")


def test_two_foreign_keys_are_named(account: Any, wire: Any) -> None:
    iam().create_user(UserName="ses-fleet")
    keys = [iam().create_access_key(UserName="ses-fleet")["AccessKey"]["AccessKeyId"] for _key in "ab"]
    watch = wire()
    with pytest.raises(PlanError) as caught:
        account.present(watch)
    assert all(key in caught.value.message for key in keys)
    assert watch.writes == []


def test_a_key_of_somebody_else_made_meanwhile_and_used_is_left_alone(account: Any, wire: Any, killed: Any) -> None:
    """The run was killed before its key; somebody made one by hand at that moment, and uses it."""
    with pytest.raises(killed):
        account.present(wire(kill_at=4))
    theirs = iam().create_access_key(UserName="ses-fleet")["AccessKey"]
    keys = {"aws_access_key_id": theirs["AccessKeyId"], "aws_secret_access_key": theirs["SecretAccessKey"]}
    boto3.client("sts", "eu-west-1", **keys).get_caller_identity()
    _steps, made = account.present()
    assert set(account.keys()) == {theirs["AccessKeyId"], made.username}


def test_adding_a_region_needs_the_secret(account: Any, wire: Any) -> None:
    account.present()
    watch = wire()
    with pytest.raises(
        PlanError, match=r"no password for eu-north-1, .*keep_secret_access_key.*rotation=pending with these options"
    ):
        account.present(watch, regions=("eu-west-1", "eu-north-1"))
    assert watch.writes == []


@pytest.mark.parametrize("kind", STORES)
def test_a_kept_secret_gives_new_regions(fresh_account: Any, wire: Any, kind: str) -> None:
    account = fresh_account(kind)
    _steps, first = account.present(keep_secret=True)
    secret = account.keys()[first.username]
    assert account.stored().document.current.secret_access_key == secret

    steps, second = account.present(keep_secret=True, regions=("eu-north-1",))
    assert steps.changed
    assert second.username == first.username
    assert second.regions == ("eu-north-1", "eu-west-1", "us-east-1")
    assert account.stored().document.passwords["eu-north-1"] == derive_smtp_password(secret, "eu-north-1")

    # No longer kept: gone from the store, passwords as before
    account.present()
    assert account.stored().document.current.secret_access_key is None
    with pytest.raises(PlanError, match=r"AWS shows it only once"):
        account.present(keep_secret=True)
    watch = wire()
    assert not account.present(watch)[0].changed
    assert watch.writes == []


def test_the_secret_is_not_kept_by_default(account: Any) -> None:
    account.present()
    (secret,) = account.keys().values()
    text = boto3.client("secretsmanager", "eu-west-1").get_secret_value(SecretId="fleet")["SecretString"]
    assert secret not in text


def test_the_store_holds_something_else(account: Any, wire: Any) -> None:
    boto3.client("secretsmanager", "eu-west-1").create_secret(Name="fleet", SecretString="hunter2-of-others")
    watch = wire()
    with pytest.raises(SesError, match=r"not a credential .* use another name") as caught:
        account.present(watch)
    assert "hunter2" not in str(caught.value)
    assert watch.writes == []
    with pytest.raises(SesError):
        account.absent()


def test_the_store_holds_the_credential_of_another_user(account: Any) -> None:
    account.present()
    with pytest.raises(PlanError, match=r"credential of the IAM user ses-fleet, not of other"):
        account.present(user_name="other")


def test_an_inactive_key_is_not_switched_on(account: Any) -> None:
    _steps, made = account.present()
    iam().update_access_key(UserName="ses-fleet", AccessKeyId=made.username, Status="Inactive")
    with pytest.raises(PlanError, match=rf"{made.username} .* is inactive"):
        account.present()


def test_a_lost_document_does_not_cost_the_live_key(account: Any, wire: Any) -> None:
    """Hosts still send with it: replacing it is the user's decision."""
    _steps, made = account.present()
    boto3.client("secretsmanager", "eu-west-1").delete_secret(SecretId="fleet", ForceDeleteWithoutRecovery=True)
    watch = wire()
    with pytest.raises(PlanError, match=rf"{made.username} .*stored in: secretsmanager:eu-west-1:fleet.*state=absent"):
        account.present(watch)
    assert watch.writes == []
    assert account.absent().changed
    assert account.keys() == {}


def test_a_secret_marked_for_deletion(account: Any) -> None:
    account.present()
    boto3.client("secretsmanager", "eu-west-1").delete_secret(SecretId="fleet")
    with pytest.raises(SesError, match=r"marked for deletion\. Restore it"):
        account.present()


def test_what_others_changed_is_repaired(account: Any) -> None:
    _steps, made = account.present(path="/mail/", tags={"team": "mail"})
    other = json.dumps(send_policy(["*@example.org"]))
    iam().put_user_policy(UserName="ses-fleet", PolicyName="cloudmail-ses-send", PolicyDocument=other)
    iam().put_user_policy(UserName="ses-fleet", PolicyName="of-others", PolicyDocument=other)
    iam().untag_user(UserName="ses-fleet", TagKeys=["team", "cloudmail.ses:keys"])
    iam().tag_user(UserName="ses-fleet", Tags=[{"Key": "more", "Value": "1"}])
    steps, again = account.present(path="/mail/", tags={"team": "mail"})
    assert steps.changed
    assert again.username == made.username
    user = iam().get_user(UserName="ses-fleet")["User"]
    assert {tag["Key"] for tag in user["Tags"]} == {"team", "cloudmail.ses:keys", "cloudmail.ses:store"}
    document = iam().get_user_policy(UserName="ses-fleet", PolicyName="cloudmail-ses-send")["PolicyDocument"]
    assert document["Statement"][0]["Condition"] == {"StringLike": {"ses:FromAddress": ["*@example.com"]}}
    assert "of-others" in iam().list_user_policies(UserName="ses-fleet")["PolicyNames"]
    assert not account.present(path="/mail/", tags={"team": "mail"})[0].changed


def test_the_user_of_somebody_else_stays(account: Any) -> None:
    iam().create_user(UserName="ses-fleet", Tags=[{"Key": "team", "Value": "mail"}])
    theirs = iam().create_access_key(UserName="ses-fleet")["AccessKey"]["AccessKeyId"]
    account.present()
    assert account.absent().changed
    assert set(account.keys()) == {theirs}
    assert iam().list_user_policies(UserName="ses-fleet")["PolicyNames"] == []
    assert iam().list_user_tags(UserName="ses-fleet")["Tags"] == [{"Key": "team", "Value": "mail"}]
    assert not account.absent().changed


def test_a_foreign_key_on_our_user_stops_the_deletion(account: Any, wire: Any) -> None:
    account.present()
    theirs = iam().create_access_key(UserName="ses-fleet")["AccessKey"]["AccessKeyId"]
    watch = wire()
    with pytest.raises(PlanError, match=rf"{theirs}.*Nothing was deleted"):
        account.absent(watch)
    assert watch.writes == []


def test_deleting_with_the_wrong_store_leaves_all(account: Any) -> None:
    account.present()
    with pytest.raises(PlanError, match=r"stored elsewhere: secretsmanager:eu-west-1:fleet"):
        account.absent(store_region="us-east-1", name="fleet")


@pytest.mark.parametrize("kind", [*STORES, "none"])
def test_check_mode_is_the_same_plan(fresh_account: Any, wire: Any, kind: str) -> None:
    account = fresh_account(kind)
    watch = wire()
    foreseen, nothing = account.present(watch, check_mode=True)
    assert (watch.writes, nothing.username) == ([], None)
    done, made = account.present()
    assert foreseen.view_after == done.view_after
    assert foreseen.view_before == done.view_before

    watch = wire()
    foreseen = account.absent(watch, check_mode=True)
    assert watch.writes == []
    assert foreseen == account.absent()
    assert made.username


@pytest.mark.parametrize("kind", [*STORES, "none"])
def test_nothing_secret_in_plans_and_their_text(fresh_account: Any, kind: str) -> None:
    account = fresh_account(kind)
    keep = kind != "none"
    steps, made = account.present(keep_secret=keep)
    secrets = list(account.keys().values())
    secrets += [derive_smtp_password(secrets[0], region) for region in ("eu-west-1", "us-east-1")]
    again = account.present(keep_secret=keep)
    gone = account.absent(check_mode=True)
    text = repr((steps, made, again, gone)) + json.dumps([steps.view_before, steps.view_after, gone.view_before])
    assert not [secret for secret in secrets if secret in text]
    assert bool(made.passwords) is (kind == "none")
