# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of IAM: whose key it is, its password, what the user may do. Nothing is cached."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.utils import utcnow
from moto.iam.models import AccessKey, AccessKeyLastUsed, IAMBackend, ManagedPolicy, User, iam_backends
from moto.iam.utils import generate_access_key_id_from_account_id
from moto.utilities.utils import get_partition

from ses_simulator.password import legacy_smtp_password, smtp_password
from ses_simulator.policy import Policy, Request, Verdict, evaluate

ACCOUNT_ID = DEFAULT_ACCOUNT_ID


@dataclass(frozen=True)
class Principal:
    """An authenticated IAM user; ``legacy`` when its password was of the kind before 2019."""

    access_key_id: str
    user_name: str
    user_arn: str
    legacy: bool = False


def partition_of(region: str) -> str:
    """Return the ARN partition of a region."""
    return str(get_partition(region))


def ses_arn(region: str, kind: str, name: str) -> str:
    """Return the ARN of an SES resource; ``kind`` is ``identity`` or ``configuration-set``."""
    return f"arn:{partition_of(region)}:ses:{region}:{ACCOUNT_ID}:{kind}/{name}"


@dataclass(frozen=True)
class Source:
    """A policy, its name as IAM's policy simulator gives it, and what it is attached to."""

    name: str
    kind: str
    document: Policy


@dataclass(frozen=True)
class Permissions:
    """What bears upon a user: policies of its own and of its groups, and the boundary where there is one."""

    policies: tuple[Source, ...] = ()
    boundary: Policy | None = None

    def evaluate(self, request: Request) -> tuple[Verdict, Verdict | None]:
        """Return what the policies say, and what the boundary says."""
        own = evaluate([source.document for source in self.policies], request)
        return own, None if self.boundary is None else evaluate([self.boundary], request)

    def allow(self, request: Request) -> bool:
        """Tell whether both allow the request."""
        return all(verdict is None or verdict for verdict in self.evaluate(request))


def backend(region: str) -> IAMBackend:
    """Return moto's IAM of the region's partition."""
    return iam_backends[ACCOUNT_ID][partition_of(region)]


def owner_of(region: str, access_key_id: str) -> tuple[User, AccessKey] | None:
    """Return the user with this access key, and the key."""
    for user in list(backend(region).users.values()):
        for key in list(user.access_keys):
            if key.access_key_id == access_key_id:
                return user, key
    return None


def was_made_here(access_key_id: str) -> bool:
    """Tell whether this account made the key, now or once: the account is in the name of a key."""
    made = generate_access_key_id_from_account_id(ACCOUNT_ID, prefix="AKIA")
    return len(access_key_id) == len(made) and access_key_id[:12] == made[:12]


def authenticate(region: str, *, username: str, password: str, key_delay: float = 0.0) -> Principal | None:
    """Return the user whose active key and SMTP password these are, the regional or the legacy one, else None.

    A key that is younger than ``key_delay`` seconds is not known yet. IAM notes that the key was used.
    """
    found = owner_of(region, username) if username.startswith("AKIA") else None
    if found is None:
        return None
    user, key = found
    if key.status != "Active" or _age(key) < key_delay:
        return None
    legacy = _same(legacy_smtp_password(key.secret_access_key), password)
    if not legacy and not _same(smtp_password(key.secret_access_key, region), password):
        return None
    note_use(key, service="ses", region=region)
    return Principal(username, user.name, user.arn, legacy)


def _same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode())


def note_use(key: AccessKey, *, service: str, region: str) -> None:
    """Have GetAccessKeyLastUsed tell of this moment."""
    key.last_used = AccessKeyLastUsed(timestamp=utcnow(), service=service, region=region)


def _age(key: AccessKey) -> float:
    return (utcnow() - key.create_date).total_seconds()


def permissions_of(region: str, user_name: str) -> Permissions:
    """Return everything that bears upon a user; nothing for one that is gone."""
    known = backend(region)
    user = known.users.get(user_name)
    if user is None:
        return Permissions()
    # Copies: the threads of the API may change all of these meanwhile.
    groups = [group for group in list(known.groups.values()) if _is_member(user, group)]
    sources = [
        source for kind, holder in [("user", user), *(("group", g) for g in groups)] for source in _of(kind, holder)
    ]
    arn = boundary_of(user)
    managed = known.managed_policies.get(arn) if arn else None
    # A boundary whose policy is gone allows nothing.
    boundary: Policy | None = json.loads(_document(managed)) if managed else {} if arn else None
    return Permissions(tuple(sources), boundary)


def _of(kind: str, holder: Any) -> list[Source]:
    inline = [
        Source(f"{kind}_{holder.name}_{name}", kind, json.loads(text)) for name, text in list(holder.policies.items())
    ]
    return inline + [
        Source(
            managed.name,
            f"{'aws' if ':aws:policy/' in managed.arn else 'user'}-managed",
            json.loads(_document(managed)),
        )
        for managed in list(holder.managed_policies.values())
    ]


def shown_boundary(user: User) -> dict[str, str]:
    """Return a user's permissions boundary as IAM shows it; nothing where there is none."""
    return getattr(user, "permissions_boundary", None) or {}


def boundary_of(user: User) -> str:
    """Return the ARN of a user's permissions boundary, or an empty string."""
    return shown_boundary(user).get("PermissionsBoundaryArn", "")


def set_boundary(user: User, arn: str) -> None:
    """Give a user a permissions boundary; an empty ``arn`` takes it away. moto has no such thing for users."""
    # moto writes a response from the attributes that the service model names, in snake case.
    boundary = {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": arn}
    vars(user)["permissions_boundary"] = boundary if arn else None


def _document(managed: ManagedPolicy) -> str:
    versions = {version.version_id: version.document for version in list(managed.versions)}
    return versions[managed.default_version_id]


def _is_member(user: User, group: Any) -> bool:
    return any(member.name == user.name for member in list(group.users))
