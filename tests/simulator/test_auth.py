# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may authenticate: the key's state, the region dialled, the kind of password."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import smtplib
import time

import pytest
from simulator_client import SEND, Sender, Simulator

INVALID = (535, b"Authentication Credentials Invalid")
ACCEPTED = (235, b"Authentication successful.")


def attempt(simulator: Simulator, username: str, password: str, region: str = "eu-west-1") -> tuple[int, bytes]:
    connection = simulator.smtp(region)
    blob = base64.b64encode(f"\0{username}\0{password}".encode()).decode()
    answer = connection.docmd("AUTH", f"PLAIN {blob}")
    connection.close()
    return answer


def legacy(secret: str) -> str:
    digest = hmac.new(secret.encode(), b"SendRawEmail", hashlib.sha256).digest()
    return base64.b64encode(b"\x02" + digest).decode()


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1"])
@pytest.mark.parametrize("derived_for", ["eu-west-1", "us-east-1", "eu-west-2"])
def test_the_password_of_the_region_dialled_and_no_other(
    simulator: Simulator, sender: Sender, region: str, derived_for: str
) -> None:
    answer = attempt(simulator, sender.access_key_id, sender.password(derived_for), region)
    assert answer == (ACCEPTED if derived_for == region else INVALID)


def test_wrong_kinds_of_password(simulator: Simulator, sender: Sender) -> None:
    for password in (sender.secret, legacy(sender.secret + "x"), "", sender.password() + " "):
        assert attempt(simulator, sender.access_key_id, password) == INVALID


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1"])
def test_a_password_of_the_old_kind_is_good_everywhere_and_throttled(
    simulator: Simulator, sender: Sender, region: str
) -> None:
    simulator.verified("legacy.example.com", region)
    connection = simulator.smtp(region)
    connection.login(sender.access_key_id, legacy(sender.secret))
    with pytest.raises(smtplib.SMTPDataError, match="Maximum SigV2 SMTP sending rate exceeded"):
        connection.sendmail("a@legacy.example.com", "success@simulator.amazonses.com", "Subject: x\n\n")
    assert simulator.messages(mail_from="a@legacy.example.com") == []


def test_an_account_that_does_not_use_ses(simulator: Simulator, sender: Sender) -> None:
    simulator.control("POST", "account", {"region": "eu-west-1", "subscribed": False})
    not_subscribed = (535, b"Account not subscribed to SES")
    assert attempt(simulator, sender.access_key_id, sender.password()) == not_subscribed
    assert attempt(simulator, sender.access_key_id, "wrong") == INVALID
    assert attempt(simulator, sender.access_key_id, sender.password("us-east-1"), "us-east-1") == ACCEPTED
    simulator.control("POST", "account", {"region": "eu-west-1", "subscribed": True})
    assert attempt(simulator, sender.access_key_id, sender.password()) == ACCEPTED


def test_wrong_user_names(simulator: Simulator, sender: Sender) -> None:
    for username in (sender.name, "AKIAUNKNOWNUNKNOWN00", "ASIA" + sender.access_key_id[4:], ""):
        assert attempt(simulator, username, sender.password()) == INVALID


def test_a_key_counts_as_it_is_now(simulator: Simulator, sender: Sender) -> None:
    iam = simulator.client("iam")
    key = {"UserName": sender.name, "AccessKeyId": sender.access_key_id}
    assert attempt(simulator, sender.access_key_id, sender.password()) == ACCEPTED
    iam.update_access_key(**key, Status="Inactive")
    assert attempt(simulator, sender.access_key_id, sender.password()) == INVALID
    iam.update_access_key(**key, Status="Active")
    assert attempt(simulator, sender.access_key_id, sender.password()) == ACCEPTED
    iam.delete_access_key(**key)
    assert attempt(simulator, sender.access_key_id, sender.password()) == INVALID


def test_a_key_just_made_is_refused_for_a_moment(simulator: Simulator) -> None:
    simulator.control("POST", "account", {"region": "eu-west-1", "key_delay": 1.5})
    new = simulator.sender()
    begin = time.monotonic()
    assert attempt(simulator, new.access_key_id, new.password()) == INVALID
    assert attempt(simulator, new.access_key_id, new.password("us-east-1"), "us-east-1") == ACCEPTED
    while attempt(simulator, new.access_key_id, new.password()) == INVALID:
        assert time.monotonic() - begin < 10
        time.sleep(0.1)
    assert time.monotonic() - begin > 1.2


def test_a_delay_for_all_regions(simulator: Simulator, sender: Sender) -> None:
    answer = simulator.control("POST", "account", {"key_delay": 60})
    assert {region: account["key_delay"] for region, account in answer["regions"].items()} == {
        "eu-west-1": 60,
        "us-east-1": 60,
    }
    for region in ("eu-west-1", "us-east-1"):
        assert attempt(simulator, sender.access_key_id, sender.password(region), region) == INVALID
    simulator.control("POST", "account", {"key_delay": 0})
    assert attempt(simulator, sender.access_key_id, sender.password()) == ACCEPTED


def test_two_keys_of_a_user_work_side_by_side(simulator: Simulator, sender: Sender) -> None:
    key = simulator.client("iam").create_access_key(UserName=sender.name)["AccessKey"]
    second = Sender(sender.name, key["AccessKeyId"], key["SecretAccessKey"])
    assert attempt(simulator, second.access_key_id, second.password()) == ACCEPTED
    assert attempt(simulator, sender.access_key_id, sender.password()) == ACCEPTED
    assert attempt(simulator, second.access_key_id, sender.password()) == INVALID


def test_plain_without_initial_response(simulator: Simulator, sender: Sender) -> None:
    connection = simulator.smtp()
    assert connection.docmd("AUTH", "PLAIN")[0] == 334
    blob = base64.b64encode(f"\0{sender.access_key_id}\0{sender.password()}".encode()).decode()
    assert connection.docmd(blob) == ACCEPTED


@pytest.mark.parametrize("initial", [True, False])
def test_login(simulator: Simulator, sender: Sender, initial: bool) -> None:
    connection = simulator.smtp()
    username = base64.b64encode(sender.access_key_id.encode()).decode()
    if initial:
        assert connection.docmd("AUTH", f"LOGIN {username}") == (334, b"UGFzc3dvcmQ6")
    else:
        assert connection.docmd("AUTH", "LOGIN") == (334, b"VXNlcm5hbWU6")
        assert connection.docmd(username) == (334, b"UGFzc3dvcmQ6")
    assert connection.docmd(base64.b64encode(sender.password().encode()).decode()) == ACCEPTED
    assert connection.docmd("AUTH", "LOGIN")[0] == 503


@pytest.mark.parametrize(("argument", "code"), [("PLAIN !!!", 501), ("CRAM-MD5", 504), ("", 504)])
def test_malformed(simulator: Simulator, argument: str, code: int) -> None:
    connection = simulator.smtp()
    assert connection.docmd("AUTH", argument)[0] == code
    # The session goes on.
    assert connection.noop()[0] == 250


def test_groups_and_attached_policies_count(simulator: Simulator) -> None:
    iam = simulator.client("iam")
    simulator.verified("groups.example.com")
    document = json.dumps({"Version": "2012-10-17", "Statement": [SEND]})
    by_group, by_policy = simulator.sender(), simulator.sender()
    iam.create_group(GroupName="mailers")
    iam.put_group_policy(GroupName="mailers", PolicyName="send", PolicyDocument=document)
    iam.add_user_to_group(GroupName="mailers", UserName=by_group.name)
    arn = iam.create_policy(PolicyName="send", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_user_policy(UserName=by_policy.name, PolicyArn=arn)
    for one in (by_group, by_policy):
        simulator.logged_in(one).sendmail("a@groups.example.com", "success@simulator.amazonses.com", "Subject: x\n\n")
    nobody = simulator.logged_in(simulator.sender())
    with pytest.raises(smtplib.SMTPDataError, match="Access denied"):
        nobody.sendmail("a@groups.example.com", "success@simulator.amazonses.com", "Subject: x\n\n")
