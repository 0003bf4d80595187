# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module and the lookup ses_smtp_credential against the simulator."""

from __future__ import annotations

import json
import os
import smtplib
import ssl
import subprocess
import sys
from typing import Any

import boto3
import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import derive_smtp_password

REGIONS = ["eu-west-1", "us-east-1"]
READS = {
    "secretsmanager": ["GetUser", "GetUserPolicy", "ListAccessKeys", "GetSecretValue", "DescribeSecret"],
    "ssm": ["GetUser", "GetUserPolicy", "ListAccessKeys", "GetParameter", "ListTagsForResource"],
    "none": ["GetUser", "GetUserPolicy", "ListAccessKeys"],
}


def lookup(aws: Any, name: str, **options: str) -> subprocess.CompletedProcess[str]:
    """Print a stored credential with Ansible, as JSON."""
    program = (
        "import json, sys\n"
        "from ansible.plugins.loader import init_plugin_loader, lookup_loader\n"
        "init_plugin_loader(sys.argv[1].split(':'))\n"
        "plugin = lookup_loader.get('cloudmail.ses.ses_smtp_credential')\n"
        "print(json.dumps(plugin.run([sys.argv[2]], {}, **json.loads(sys.argv[3]))))\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program, _collections(), name, json.dumps({"region": "eu-west-1", **options})],
        env=aws.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _collections() -> str:
    return os.pathsep.join(path for path in sys.path if path and os.path.isdir(f"{path}/ansible_collections"))


def client(aws: Any, service: str) -> Any:
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return boto3.client(service, "eu-west-1", endpoint_url=aws.url, **keys)


@pytest.mark.parametrize(("store", "name"), [("secretsmanager", "life"), ("ssm", "/life/ssm"), ("none", "life-none")])
def test_life_of_a_credential(aws: Any, store: str, name: str) -> None:
    options = {"name": name, "store": store, "senders": ["example.com"], "regions": REGIONS, "tags": {"team": "mail"}}
    foreseen = aws.module("ses_smtp_credential", check_mode=True, **options)
    assert foreseen["changed"]
    assert not [call for call in aws.calls() if call[1]]

    made = aws.module("ses_smtp_credential", **options)
    assert (made["rc"], made["changed"], made["regions"]) == (0, True, REGIONS)
    assert made["diff"] == foreseen["diff"]
    assert made["user_arn"].endswith(f":user/{made['user_name']}")
    assert ("passwords" in made) is (store == "none")
    assert ("arn" in made["store"]) is (store != "none")
    aws.calls()

    again = aws.module("ses_smtp_credential", **options)
    assert (again["rc"], again["changed"], again["username"]) == (0, False, made["username"])
    assert aws.calls() == [(call, False) for call in READS[store]]
    assert "passwords" not in again

    gone = aws.module("ses_smtp_credential", name=name, store=store, state="absent")
    assert (gone["rc"], gone["changed"]) == (0, True)
    assert not aws.module("ses_smtp_credential", name=name, store=store, state="absent")["changed"]
    assert made["user_name"] not in [user["UserName"] for user in client(aws, "iam").list_users()["Users"]]


@pytest.mark.parametrize(("store", "name"), [("secretsmanager", "seen"), ("ssm", "/seen/ssm")])
def test_only_the_lookup_shows_the_passwords(aws: Any, store: str, name: str) -> None:
    options = {"name": name, "store": store, "senders": ["example.com"], "keep_secret_access_key": True}
    results = [aws.module("ses_smtp_credential", **options) for _time in "ab"]
    read = lookup(aws, name, store=store)
    assert read.returncode == 0, read.stderr
    (credential,) = json.loads(read.stdout)
    assert (credential["username"], credential["user_name"]) == (results[0]["username"], results[0]["user_name"])
    assert sorted(credential) == ["created", "passwords", "user_name", "username"]
    stored = (
        client(aws, "ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
        if store == "ssm"
        else client(aws, "secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    )
    secret = json.loads(stored)["secret_access_key"]
    assert credential["passwords"] == {"eu-west-1": derive_smtp_password(secret, "eu-west-1")}
    results += [aws.module("ses_smtp_credential", name=name, store=store, state="absent")]
    for hidden in (secret, *credential["passwords"].values()):
        assert hidden not in json.dumps(results)


def test_the_password_opens_the_door(aws: Any) -> None:
    made = aws.module("ses_smtp_credential", name="door", senders=["door.example"])
    (credential,) = json.loads(lookup(aws, "door").stdout)
    context = ssl.create_default_context(cafile=aws.ca_path)
    # The test server is reached by its address; the fleet's tests check names.
    context.check_hostname = False
    with smtplib.SMTP(aws.smtp[0], aws.smtp[1], timeout=10) as smtp:
        smtp.starttls(context=context)
        code, _text = smtp.login(made["username"], credential["passwords"]["eu-west-1"])
    assert code == 235


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "There is no SMTP credential nowhere in Secrets Manager in eu-west-1. Check name, store and region"),
        ({"store": "ssm", "region": "us-east-1"}, "nowhere in the SSM Parameter Store in us-east-1. Check name"),
        ({"endpoint_url": "http://127.0.0.1:9"}, "Could not read the secret nowhere from Secrets Manager"),
    ],
)
def test_the_lookup_says_what_is_missing(aws: Any, options: dict[str, str], text: str) -> None:
    read = lookup(aws, "nowhere", **options)
    assert read.returncode != 0
    assert text in read.stderr.replace("\n", " ")


@pytest.mark.parametrize(("on_missing", "warned"), [("skip", False), ("warn", True)])
def test_the_lookup_may_leave_out_what_is_missing(aws: Any, on_missing: str, warned: bool) -> None:
    read = lookup(aws, "nowhere", on_missing=on_missing)
    assert (read.returncode, read.stdout.strip()) == (0, "[]")
    assert ("There is no SMTP credential nowhere" in read.stderr.replace("\n", " ")) is warned


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"senders": None}, "There is no sender"),
        ({"senders": ["*"]}, "neither a domain nor an e-mail address"),
        ({"regions": ["eu-south-1"]}, "SES has no SMTP endpoint in region eu-south-1"),
        ({"regions": ["eu-west-1a"]}, "availability zone"),
    ],
)
def test_refused_before_any_call(aws: Any, options: dict[str, Any], text: str) -> None:
    done = aws.module("ses_smtp_credential", **{"name": "refused", "senders": ["example.com"], **options})
    assert done["rc"] == 1
    assert text in done["msg"]
    assert aws.calls() == []


def test_a_new_region_is_a_warning(aws: Any) -> None:
    done = aws.module("ses_smtp_credential", name="new", senders=["example.com"], regions=["eu-west-9"])
    assert (done["rc"], done["regions"]) == (0, ["eu-west-9"])
    assert "eu-west-9" in json.dumps(done["warnings"])


def test_the_path_of_the_user_changes_its_arn(aws: Any) -> None:
    options = {"name": "moved", "senders": ["example.com"]}
    aws.module("ses_smtp_credential", **options)
    moved = aws.module("ses_smtp_credential", **options, path="/mail/")
    assert moved["changed"], moved
    assert moved["user_arn"].endswith(":user/mail/moved")
    # Moto, unlike IAM, keeps tags by the ARN and so loses them: the note is written again.
    assert aws.module("ses_smtp_credential", **options, path="/mail/")["username"] == moved["username"]
    assert not aws.module("ses_smtp_credential", **options)["changed"]


def test_what_was_done_before_a_failure_is_told(aws: Any) -> None:
    fault = {"service": "iam", "operation": "CreateAccessKey", "error": "AccessDenied", "status": 403}
    aws.control("POST", "api", {"faults": [fault]})
    failed = aws.module("ses_smtp_credential", name="halfway", senders=["example.com"])
    aws.control("DELETE", "api")
    assert (failed["rc"], failed["changed"]) == (1, True)
    assert "Done before that: CreateUser, PutUserPolicy" in failed["msg"]
    refused = aws.module("ses_smtp_credential", name="halfway", senders=["example.com"], rotation="inactive")
    assert (refused["rc"], refused["changed"]) == (1, False)
