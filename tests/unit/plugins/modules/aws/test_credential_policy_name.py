# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A credential whose policy gets another name, and one whose secret waits for its deletion."""

from __future__ import annotations

from typing import Any

import boto3

REGION = "eu-west-1"


def client(aws: Any, service: str) -> Any:
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return boto3.client(service, REGION, endpoint_url=aws.url, **keys)


def test_a_narrower_policy_of_another_name_is_what_counts(aws: Any) -> None:
    for domain in ("wide.example", "narrow.example"):
        aws.module("ses_identity", name=domain)
        aws.verify(domain)
    wide = {"name": "renamed", "senders": ["wide.example", "narrow.example"]}
    narrow = {"name": "renamed", "senders": ["narrow.example"], "policy_name": "narrow"}
    aws.module("ses_smtp_credential", **wide)
    seen = {"credential": {"name": "renamed"}, "fail_when_refused": False}
    assert aws.module("ses_preflight", sender="app@wide.example", **seen)["accepted"]

    changed = aws.module("ses_smtp_credential", **narrow)
    assert (changed["rc"], changed["changed"]) == (0, True)
    assert "cloudmail-ses-send" in changed["diff"]["before"]
    assert "cloudmail-ses-send" not in changed["diff"]["after"]
    assert aws.module("ses_preflight", sender="app@narrow.example", **seen)["accepted"]
    assert not aws.module("ses_preflight", sender="app@wide.example", **seen)["accepted"]

    # Whoever deletes it need not know the name.
    gone = aws.module("ses_smtp_credential", name="renamed", state="absent")
    assert (gone["rc"], gone["changed"]) == (0, True), gone
    assert "renamed" not in [user["UserName"] for user in client(aws, "iam").list_users()["Users"]]


def test_a_secret_marked_for_deletion_is_gone_for_info_and_absent(aws: Any) -> None:
    made = aws.module("ses_smtp_credential", name="marked", senders=["example.com"])
    client(aws, "secretsmanager").delete_secret(SecretId="marked")
    info = aws.module("ses_smtp_credential_info", name="marked")
    assert info["rc"] == 0, info
    assert [key["id"] for key in info["credential"]["keys"]] == [made["username"]]
    assert any("marked for deletion" in problem for problem in info["credential"]["problems"])
    for changed in (True, False):
        gone = aws.module("ses_smtp_credential", name="marked", state="absent")
        assert (gone["rc"], gone["changed"]) == (0, changed), gone
    assert "marked" not in [user["UserName"] for user in client(aws, "iam").list_users()["Users"]]
