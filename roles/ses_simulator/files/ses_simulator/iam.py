# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SMTP needs to know of IAM: whose key it is, its password, its policies. Nothing is cached."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.utils import utcnow
from moto.iam.models import AccessKey, IAMBackend, ManagedPolicy, User, iam_backends
from moto.utilities.utils import get_partition

from ses_simulator.password import smtp_password
from ses_simulator.policy import Policy

ACCOUNT_ID = DEFAULT_ACCOUNT_ID


@dataclass(frozen=True)
class Principal:
    """An authenticated IAM user."""

    access_key_id: str
    user_name: str
    user_arn: str


def partition_of(region: str) -> str:
    """Return the ARN partition of a region."""
    return str(get_partition(region))


def ses_arn(region: str, kind: str, name: str) -> str:
    """Return the ARN of an SES resource; ``kind`` is ``identity`` or ``configuration-set``."""
    return f"arn:{partition_of(region)}:ses:{region}:{ACCOUNT_ID}:{kind}/{name}"


def _backend(region: str) -> IAMBackend:
    return iam_backends[ACCOUNT_ID][partition_of(region)]


def authenticate(region: str, *, username: str, password: str, key_delay: float = 0.0) -> Principal | None:
    """Return the user whose active key and regional SMTP password these are, else None.

    A key that is younger than ``key_delay`` seconds is not known yet.
    """
    if not username.startswith("AKIA"):
        return None
    for user in list(_backend(region).users.values()):
        for key in list(user.access_keys):
            if key.access_key_id == username and key.status == "Active" and _age(key) >= key_delay:
                expected = smtp_password(key.secret_access_key, region)
                matches = hmac.compare_digest(expected.encode(), password.encode())
                return Principal(username, user.name, user.arn) if matches else None
    return None


def _age(key: AccessKey) -> float:
    return (utcnow() - key.create_date).total_seconds()


def policies_of(region: str, user_name: str) -> list[Policy]:
    """Return the inline and attached policies of a user and of its groups."""
    backend = _backend(region)
    user = backend.users.get(user_name)
    if user is None:
        return []
    # Copies: the threads of the API may change all of these meanwhile.
    holders: list[Any] = [user, *(group for group in list(backend.groups.values()) if _is_member(user, group))]
    documents = [document for holder in holders for document in list(holder.policies.values())]
    documents += [_document(managed) for holder in holders for managed in list(holder.managed_policies.values())]
    return [json.loads(document) for document in documents]


def _document(managed: ManagedPolicy) -> str:
    versions = {version.version_id: version.document for version in list(managed.versions)}
    return versions[managed.default_version_id]


def _is_member(user: User, group: Any) -> bool:
    return any(member.name == user.name for member in list(group.users))
