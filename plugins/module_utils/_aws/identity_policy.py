# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sending authorization policies of an SES identity. Pure: no calls."""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Dict, List, Mapping, Optional

from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError

#: Policies by name, each as a dictionary; one that is no JSON stays a text.
Policies = Dict[str, Any]
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_IDENTITY_ARN = re.compile(r"arn:[^:]+:ses:(?P<region>[a-z0-9-]+):[^:]*:identity/")


def parse(policies: Optional[Mapping[str, Any]]) -> Policies:
    """Return the policies of an answer of SES, JSON texts, as dictionaries."""
    return {name: _loaded(text) for name, text in (policies or {}).items()}


def read_option(policies: Optional[Mapping[str, Any]]) -> Optional[Policies]:
    """Return the module's option ``policies``, each a dictionary or JSON text. Raises PlanError with all that is wrong."""
    if policies is None:
        return None
    read = {str(name): _loaded(policy) for name, policy in policies.items()}
    wrong = [_problem(name, policy) for name, policy in read.items()]
    if any(wrong):
        raise PlanError(" ".join(text for text in wrong if text))
    return read


def _loaded(policy: Any) -> Any:
    if not isinstance(policy, str):
        return policy
    try:
        return json.loads(policy)
    except ValueError:
        return policy


def _problem(name: str, policy: Any) -> str:
    if not _NAME.fullmatch(name):
        return f"{name!r} cannot be the name of a policy. Use at most 64 letters, digits, _ and - in policies."
    if not isinstance(policy, dict) or not statements(policy):
        return (
            f"The policy {name} is not an IAM policy. Give it as a dictionary, or as JSON text of one, with Version and "
            "Statement."
        )
    return ""


def statements(policy: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """Return the statements of a policy, which IAM takes as a list or, a single one, as it is."""
    found = policy.get("Statement")
    found = [found] if isinstance(found, dict) else found
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def in_region(policies: Policies, region: str, arn: Callable[[], str]) -> Policies:
    """Return policies for the identity in ``region``: a statement without Resource is about it (``arn`` returns its ARN).

    Raises PlanError for a Resource of another region, which SES would refuse.
    """
    return {name: _policy_in(name, policy, region, arn=arn) for name, policy in policies.items()}


def _policy_in(name: str, policy: Mapping[str, Any], region: str, *, arn: Callable[[], str]) -> Dict[str, Any]:
    filled: List[Dict[str, Any]] = []
    for statement in statements(policy):
        if "Resource" not in statement and "NotResource" not in statement:
            filled.append({**statement, "Resource": arn()})
            continue
        _check_region(name, statement.get("Resource"), region)
        filled.append(statement)
    return {**policy, "Statement": filled}


def _check_region(name: str, resources: Any, region: str) -> None:
    for resource in resources if isinstance(resources, list) else [resources]:
        match = _IDENTITY_ARN.match(str(resource))
        if match and match.group("region") != region:
            raise PlanError(
                f"The policy {name} is for {resource}, which is not in {region}. Leave Resource out: each region then gets "
                "the identity of that region."
            )


def planned(before: Policies, wanted: Optional[Policies], *, purge: bool) -> Policies:
    """Return the policies that should be there; ``wanted`` None leaves all as they are.

    One that says the same in other words (order, a list of one, an account in place of its ARN) stays as it is.
    """
    if wanted is None:
        return dict(before)
    kept = {} if purge else dict(before)
    for name, policy in wanted.items():
        current = before.get(name)
        # IAM's default of a policy without a Version is 2008-10-17, amazon.aws's default as well.
        same = isinstance(current, dict) and not compare_policies(current, policy)
        kept[name] = current if same else policy
    return kept


def as_text(policy: Any) -> str:
    """Return a policy as SES takes it."""
    return policy if isinstance(policy, str) else json.dumps(policy)
