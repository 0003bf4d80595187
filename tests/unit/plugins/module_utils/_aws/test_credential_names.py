# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names that AWS takes, by its own rules."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_names import name_problems

GIVEN: dict[str, Any] = {"name": "fleet", "store": "secretsmanager", "policy_name": "cloudmail-ses-send"}


def problems(*, user_name: str = "ses-fleet", **changes: Any) -> list[str]:
    return name_problems({**GIVEN, **changes}, user_name=user_name)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"name": "mail/app+eu=1.a@b-C_d"},
        {"name": "x" * 512},
        {"store": "ssm", "name": "fleet"},
        {"store": "ssm", "name": "/mail/aws/app.1_a-B"},
        {"store": "ssm", "name": "/a" * 15},
        {"store": "none", "name": "kept nowhere, so any name"},
        {"user_name": "a" * 64},
        {"user_name": "ops+mail=1,2.x@y_z-0"},
        {"policy_name": "p" * 128},
        {"path": "/"},
        {"path": "/mail/eu/"},
        {"path": f"/{'p' * 510}/"},
        {"permissions_boundary": ""},
        {"permissions_boundary": "arn:aws:iam::aws:policy/PowerUserAccess"},
        {"permissions_boundary": "arn:aws-us-gov:iam::123456789012:policy/mail/boundary"},
    ],
)
def test_what_aws_takes(options: dict[str, Any]) -> None:
    assert problems(**options) == []


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"name": "my app"}, "Secrets Manager takes no secret of the name 'my app'"),
        ({"name": "büro"}, "Secrets Manager takes no secret"),
        ({"name": "x" * 513}, "Secrets Manager takes no secret"),
        ({"name": "fleet\n"}, "Secrets Manager takes no secret"),
        ({"name": ""}, "Secrets Manager takes no secret"),
        ({"store": "ssm", "name": "mail/app"}, "begin with a slash"),
        ({"store": "ssm", "name": "/mail/app/"}, "end without one"),
        ({"store": "ssm", "name": "/mail//app"}, "SSM takes no parameter of the name '/mail//app'"),
        ({"store": "ssm", "name": "a+b"}, "SSM takes no parameter"),
        ({"store": "ssm", "name": "/aws/mail"}, "begins with aws or ssm"),
        ({"store": "ssm", "name": "SSM-mail"}, "begins with aws or ssm"),
        ({"store": "ssm", "name": "/a" * 16}, "16 levels"),
        ({"store": "ssm", "name": "x" * 968}, "968 characters"),
        ({"user_name": "a" * 65}, "IAM takes no user of the name"),
        ({"user_name": "mail app"}, "IAM takes no user of the name 'mail app'"),
        ({"user_name": "a/b"}, "IAM takes no user"),
        ({"user_name": ""}, "IAM takes no user"),
        ({"policy_name": "may send"}, "IAM takes no policy of the name 'may send'"),
        ({"policy_name": "p" * 129}, "IAM takes no policy"),
        ({"path": "mail/"}, "The path 'mail/' is not one of IAM"),
        ({"path": "/mail"}, "begins and ends with a slash"),
        ({"path": "/my mail/"}, "has no space"),
        ({"path": ""}, "use / alone"),
        ({"path": f"/{'p' * 511}/"}, "at most 512"),
        ({"permissions_boundary": "mail-boundary"}, "not the ARN of a managed policy"),
        ({"permissions_boundary": "arn:aws:iam::123456789012:role/mail"}, "not the ARN of a managed policy"),
    ],
)
def test_what_aws_refuses(options: dict[str, Any], text: str) -> None:
    (problem,) = problems(**options)
    assert text in problem


def test_all_of_it_is_told() -> None:
    told = problems(name="a b", user_name="a b", policy_name="a b", path="a b", permissions_boundary="a b")
    assert len(told) == 5
