# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls of IAM about one user, its inline policy and its access keys."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

try:
    from botocore.exceptions import ClientError
except ImportError:
    pass  # AnsibleAWSModule reports a missing SDK.

from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import (
    BUSY,
    RETRY,
    THROTTLED,
    SesError,
    calling,
    error_code,
    may_have_happened,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.ledger import AccessKey
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.tags import to_dict, to_list

# What IAM has just created, some of its servers do not know for a few seconds; what it has just deleted, some still do.
PATIENT: Any = AWSRetry.jittered_backoff(
    retries=5,
    delay=1,
    max_delay=5,
    catch_extra_error_codes=[*THROTTLED, *BUSY, "NoSuchEntity", "DeleteConflict"],
)
#: The retries of the client that creates keys: botocore's own would repeat a creation that may have happened.
ONCE: Any = {"total_max_attempts": 1}


class _RefusedRetry(AWSRetry):
    """Repeats what AWS has refused for now. Unlike AWSRetry, no failure of a server: the call may have happened."""

    @staticmethod
    def found(response_code: str, catch_extra_error_codes: Optional[Sequence[str]] = None) -> bool:
        return response_code in (catch_extra_error_codes or ())


_REFUSED: Any = _RefusedRetry.jittered_backoff(
    retries=5, delay=1, max_delay=5, catch_extra_error_codes=[*THROTTLED, *BUSY, "LimitExceeded", "NoSuchEntity"]
)


_EXISTS = (
    "IAM does not show the IAM user {name}, and yet refuses to create it because it exists. If it was made just now, run again "
    "in a minute. Otherwise there is a user whose name differs in upper and lower case alone, which IAM takes for the same: "
    "give its name as user_name, or another one."
)


@dataclass(frozen=True)
class User:
    """An IAM user."""

    name: str
    arn: str
    path: str
    boundary: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class NewKey:
    """A new access key with the secret that IAM shows this once."""

    id: str
    created: datetime
    secret: str = field(repr=False)


@dataclass(frozen=True)
class KeyUse:
    """The last use of an access key, as far as IAM knows: it notes one in about 15 minutes."""

    moment: datetime
    service: str
    region: str


class UserExists(SesError):
    """There is a user of this name, though IAM has just said that there is none."""


class IamUser:
    """One IAM user, whether it exists or not.

    ``client`` repeats throttled calls. ``once`` is a client that repeats nothing on its own: a creation of a key that got
    no answer may have happened.
    """

    def __init__(self, name: str, *, client: Any, once: Any) -> None:
        self.name = name
        self._client = client
        self._once = once
        self.now = datetime.now(timezone.utc)

    def get(self) -> Optional[User]:
        """Return the user, None when there is none; sets ``now`` to IAM's clock."""
        with calling("iam:GetUser", f"read the IAM user {self.name}"):
            try:
                answer = self._client.get_user(aws_retry=True, UserName=self.name)
            except ClientError as exc:
                self._read_clock(exc.response)
                if error_code(exc) == "NoSuchEntity":
                    return None
                raise
        self._read_clock(answer)
        return _user(answer["User"])

    def _read_clock(self, answer: Mapping[str, Any]) -> None:
        # Keys carry IAM's time; comparing them with this machine's clock would trust that clock.
        date = (answer.get("ResponseMetadata") or {}).get("HTTPHeaders", {}).get("date")
        try:
            self.now = parsedate_to_datetime(date) if date else datetime.now(timezone.utc)
        except (TypeError, ValueError):
            self.now = datetime.now(timezone.utc)
        if self.now.tzinfo is None:
            self.now = self.now.replace(tzinfo=timezone.utc)

    def policy(self, policy_name: str) -> Optional[Dict[str, Any]]:
        """Return the document of an inline policy, None when there is none."""
        with calling("iam:GetUserPolicy", f"read the policy {policy_name} of the IAM user {self.name}"):
            try:
                answer = self._client.get_user_policy(aws_retry=True, UserName=self.name, PolicyName=policy_name)
            except ClientError as exc:
                if error_code(exc) == "NoSuchEntity":
                    return None
                raise
        document = answer["PolicyDocument"]
        return json.loads(document) if isinstance(document, str) else dict(document)

    def keys(self, *, seen: bool = False) -> Tuple[AccessKey, ...]:
        """Return the access keys. IAM allows two of them, so there is one page. ``seen``: the user does exist."""
        patience = PATIENT if seen else RETRY
        with calling("iam:ListAccessKeys", f"list the access keys of the IAM user {self.name}"):
            answer = patience(self._client.list_access_keys)(UserName=self.name)
        return tuple(
            AccessKey(id=k["AccessKeyId"], active=k["Status"] == "Active", created=_utc(k["CreateDate"]))
            for k in answer["AccessKeyMetadata"]
        )

    def last_use(self, key_id: str) -> Optional[KeyUse]:
        """Return when and where a key was last used, None when nobody ever used it."""
        with calling(
            "iam:GetAccessKeyLastUsed",
            f"find out whether the access key {key_id} of the IAM user {self.name} was ever used",
        ):
            answer = self._client.get_access_key_last_used(aws_retry=True, AccessKeyId=key_id)
        used = answer.get("AccessKeyLastUsed") or {}
        if "LastUsedDate" not in used:
            return None
        return KeyUse(_utc(used["LastUsedDate"]), service=used.get("ServiceName", ""), region=used.get("Region", ""))

    def create(self, *, path: str, boundary: str, tags: Mapping[str, str]) -> User:
        """Create the user. Raises UserExists when there is one that IAM did not show."""
        extra = {"PermissionsBoundary": boundary} if boundary else {}
        with calling("iam:CreateUser", f"create the IAM user {self.name} with its path, tags and permissions boundary"):
            try:
                answer = self._client.create_user(
                    aws_retry=True, UserName=self.name, Path=path, Tags=to_list(tags), **extra
                )
            except ClientError as exc:
                if error_code(exc) == "EntityAlreadyExists":
                    raise UserExists(_EXISTS.format(name=self.name), exc) from exc
                raise
        return _user(answer["User"])

    def move(self, path: str) -> None:
        """Give the user another path, and so another ARN."""
        with calling("iam:UpdateUser", f"move the IAM user {self.name} to the path {path}"):
            self._client.update_user(aws_retry=True, UserName=self.name, NewPath=path)

    def set_boundary(self, boundary: str) -> None:
        """Set the permissions boundary; an empty one removes it."""
        if boundary:
            with calling("iam:PutUserPermissionsBoundary", f"set the permissions boundary of the IAM user {self.name}"):
                self._client.put_user_permissions_boundary(
                    aws_retry=True, UserName=self.name, PermissionsBoundary=boundary
                )
            return
        with calling(
            "iam:DeleteUserPermissionsBoundary", f"remove the permissions boundary of the IAM user {self.name}"
        ):
            self._client.delete_user_permissions_boundary(aws_retry=True, UserName=self.name)

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags."""
        with calling("iam:TagUser", f"tag the IAM user {self.name}"):
            PATIENT(self._client.tag_user)(UserName=self.name, Tags=to_list(tags))

    def untag(self, names: Sequence[str]) -> None:
        """Remove tags."""
        with calling("iam:UntagUser", f"remove tags of the IAM user {self.name}"):
            self._client.untag_user(aws_retry=True, UserName=self.name, TagKeys=list(names))

    def put_policy(self, policy_name: str, document: Mapping[str, Any]) -> None:
        """Write an inline policy."""
        with calling("iam:PutUserPolicy", f"write the policy {policy_name} of the IAM user {self.name}"):
            PATIENT(self._client.put_user_policy)(
                UserName=self.name, PolicyName=policy_name, PolicyDocument=json.dumps(document)
            )

    def delete_policy(self, policy_name: str) -> None:
        """Delete an inline policy."""
        with calling("iam:DeleteUserPolicy", f"delete the policy {policy_name} of the IAM user {self.name}"):
            self._client.delete_user_policy(aws_retry=True, UserName=self.name, PolicyName=policy_name)

    def attached(self, *, but: Sequence[str]) -> Tuple[str, ...]:
        """Return what keeps IAM from deleting the user, in words, apart from keys and the inline policies ``but``."""
        with calling("iam:ListUserPolicies", f"list the inline policies of the IAM user {self.name}"):
            inline = self._client.list_user_policies(aws_retry=True, UserName=self.name)["PolicyNames"]
        with calling("iam:ListAttachedUserPolicies", f"list the policies attached to the IAM user {self.name}"):
            managed = self._client.list_attached_user_policies(aws_retry=True, UserName=self.name)["AttachedPolicies"]
        with calling("iam:ListGroupsForUser", f"list the groups of the IAM user {self.name}"):
            groups = self._client.list_groups_for_user(aws_retry=True, UserName=self.name)["Groups"]
        return (
            *(f"the inline policy {name}" for name in inline if name not in but),
            *(f"the managed policy {policy['PolicyArn']}" for policy in managed),
            *(f"the membership in the group {group['GroupName']}" for group in groups),
        )

    def create_key(self) -> NewKey:
        """Create an access key. Raises SesError, which says so when there may be a key all the same."""
        try:
            with calling("iam:CreateAccessKey", f"create an access key of the IAM user {self.name}"):
                key = _REFUSED(self._once.create_access_key)(UserName=self.name)["AccessKey"]
        except SesError as exc:
            if not may_have_happened(exc):
                raise
            raise SesError(
                f"{exc.message} AWS may have created the key all the same, so the call was not repeated. Run again: the "
                "next run deletes such a key.",
                exc.exception,
            ) from None
        return NewKey(id=key["AccessKeyId"], created=_utc(key["CreateDate"]), secret=key["SecretAccessKey"])

    def delete_key(self, key_id: str) -> None:
        """Delete an access key; one that is gone is no error."""
        with calling("iam:DeleteAccessKey", f"delete the access key {key_id} of the IAM user {self.name}"):
            try:
                self._client.delete_access_key(aws_retry=True, UserName=self.name, AccessKeyId=key_id)
            except ClientError as exc:
                if error_code(exc) != "NoSuchEntity":
                    raise

    def set_key_status(self, key_id: str, *, active: bool) -> None:
        """Make an access key active or inactive."""
        status = "Active" if active else "Inactive"
        with calling(
            "iam:UpdateAccessKey", f"make the access key {key_id} of the IAM user {self.name} {status.lower()}"
        ):
            self._client.update_access_key(aws_retry=True, UserName=self.name, AccessKeyId=key_id, Status=status)

    def delete(self) -> None:
        """Delete the user."""
        with calling("iam:DeleteUser", f"delete the IAM user {self.name}"):
            PATIENT(self._client.delete_user)(UserName=self.name)


def _user(data: Mapping[str, Any]) -> User:
    return User(
        name=data["UserName"],
        arn=data["Arn"],
        path=data["Path"],
        boundary=str((data.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn") or ""),
        tags=to_dict(data.get("Tags")),
    )


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(timezone.utc) if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
