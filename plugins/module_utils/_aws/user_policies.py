# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All policies that decide about an IAM user: its own, those of its groups, and its permissions boundary."""

from __future__ import annotations

import json
from functools import partial
from typing import Any, Callable, Dict, Iterator, List, Mapping, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import calling
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.policy_evaluation import Policy, UserPolicies
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.unread import Unread, unless_denied


class PolicyReader:
    """The calls of IAM that read policies."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._managed: Dict[str, Policy] = {}

    def inline(self, user: str) -> Iterator[Policy]:
        """Yield the inline policies of a user."""
        with calling("iam:ListUserPolicies", f"list the inline policies of the IAM user {user}"):
            names = pages(self._client.list_user_policies, "PolicyNames", UserName=user)
        for name in names:
            with calling("iam:GetUserPolicy", f"read the policy {name} of the IAM user {user}"):
                answer = self._client.get_user_policy(aws_retry=True, UserName=user, PolicyName=name)
            yield Policy(f"the policy {name} of the user {user}", _document(answer["PolicyDocument"]))

    def attached(self, user: str) -> Iterator[Policy]:
        """Yield the managed policies that are attached to a user."""
        with calling("iam:ListAttachedUserPolicies", f"list the policies attached to the IAM user {user}"):
            attached = pages(self._client.list_attached_user_policies, "AttachedPolicies", UserName=user)
        for each in attached:
            yield self.managed(str(each["PolicyArn"]), f"the managed policy {each['PolicyName']}")

    def groups(self, user: str) -> List[str]:
        """Return the names of the groups of a user."""
        with calling("iam:ListGroupsForUser", f"list the groups of the IAM user {user}"):
            groups = pages(self._client.list_groups_for_user, "Groups", UserName=user)
        return [str(group["GroupName"]) for group in groups]

    def inline_of_group(self, group: str) -> Iterator[Policy]:
        """Yield the inline policies of a group."""
        with calling("iam:ListGroupPolicies", f"list the inline policies of the IAM group {group}"):
            names = pages(self._client.list_group_policies, "PolicyNames", GroupName=group)
        for name in names:
            with calling("iam:GetGroupPolicy", f"read the policy {name} of the IAM group {group}"):
                answer = self._client.get_group_policy(aws_retry=True, GroupName=group, PolicyName=name)
            yield Policy(f"the policy {name} of the group {group}", _document(answer["PolicyDocument"]))

    def attached_to_group(self, group: str) -> Iterator[Policy]:
        """Yield the managed policies that are attached to a group."""
        with calling("iam:ListAttachedGroupPolicies", f"list the policies attached to the IAM group {group}"):
            attached = pages(self._client.list_attached_group_policies, "AttachedPolicies", GroupName=group)
        for each in attached:
            yield self.managed(str(each["PolicyArn"]), f"the managed policy {each['PolicyName']} (group {group})")

    def managed(self, arn: str, name: str) -> Policy:
        """Return the version in force of a managed policy."""
        if arn not in self._managed:
            with calling("iam:GetPolicy", f"read the policy {arn}"):
                version = self._client.get_policy(aws_retry=True, PolicyArn=arn)["Policy"]["DefaultVersionId"]
            with calling("iam:GetPolicyVersion", f"read the version {version} of the policy {arn}"):
                answer = self._client.get_policy_version(aws_retry=True, PolicyArn=arn, VersionId=version)
            self._managed[arn] = Policy(name, _document(answer["PolicyVersion"]["Document"]))
        return Policy(name, self._managed[arn].document)


def read_user_policies(client: Any, user: str, boundary: str) -> UserPolicies:
    """Return all policies of a user that the caller may read; ``boundary`` is the ARN of its permissions boundary."""
    reader = PolicyReader(client)
    found: List[Policy] = []
    unread: List[str] = []

    def collect(read: Callable[[], Sequence[Any]]) -> Sequence[Any]:
        answer = unless_denied(read)
        if isinstance(answer, Unread):
            unread.append(answer.why)
            return ()
        return answer

    found += collect(lambda: list(reader.inline(user)))
    found += collect(lambda: list(reader.attached(user)))
    for group in collect(lambda: reader.groups(user)):
        found += collect(partial(_all, reader.inline_of_group, group))
        found += collect(partial(_all, reader.attached_to_group, group))
    limits = collect(lambda: [reader.managed(boundary, f"the permissions boundary {boundary}")]) if boundary else ()
    return UserPolicies(tuple(found), next(iter(limits), None), tuple(unread))


def _all(read: Callable[[str], Iterator[Policy]], name: str) -> Sequence[Policy]:
    return list(read(name))


def pages(call: Callable[..., Mapping[str, Any]], member: str, **args: Any) -> List[Any]:
    """Return ``member`` of all pages that IAM answers to ``call``, in one list."""
    items: List[Any] = []
    marker: Dict[str, Any] = {}
    while True:
        answer = call(aws_retry=True, **args, **marker)
        items += answer.get(member) or []
        if not answer.get("IsTruncated"):
            return items
        marker = {"Marker": answer["Marker"]}


def _document(document: Any) -> Mapping[str, Any]:
    parsed: Mapping[str, Any] = json.loads(document) if isinstance(document, str) else document
    return parsed
