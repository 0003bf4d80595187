# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to go when an SMTP credential is deleted. Pure: no calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_state import (
    Before,
    Wanted,
    check_lost,
    check_owner,
    key_status,
    view,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.iam_user import User
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.ledger import STORE_TAG, TAGS


@dataclass(frozen=True)
class AbsentPlan:
    """What is ours and has to go."""

    delete_keys: Tuple[str, ...]
    delete_policies: Tuple[str, ...]
    delete_user: bool
    untag: Tuple[str, ...]
    delete_stored: bool
    view_before: Mapping[str, Any]
    view_after: Mapping[str, Any]

    @property
    def changed(self) -> bool:
        """Whether there is any step."""
        return any((self.delete_keys, self.delete_policies, self.delete_user, self.untag, self.delete_stored))


def plan_absent(before: Before, wanted: Wanted) -> AbsentPlan:
    """Return how to delete what is ours. Raises PlanError when others' things stand in the way."""
    check_owner(before, wanted)
    user, ledger = before.user, before.ledger
    ours = tuple(k.id for k in before.keys if k.id in before.lost or k in before.own_keys)
    if user and ledger is None and before.stored is None:
        # Somebody else's user, or one that was there before us and is clean of us again.
        return AbsentPlan((), (), False, (), False, view(before), view(before))
    if user:
        _check_location(user, wanted)
        check_lost(before, wanted)
    foreign = [k.id for k in before.keys if k.id not in ours]
    made = bool(ledger and ledger.made_user)
    if made and foreign:
        raise PlanError(
            f"The IAM user {wanted.user_name} has access keys that are not of this credential: {', '.join(foreign)}. "
            "Nothing was deleted. Delete these keys if nobody uses them, then run again."
        )
    after = view(before) if user and not made else {"user": None}
    after.pop("former_policy", None)
    return AbsentPlan(
        delete_keys=ours,
        delete_policies=_policies(before, wanted),
        delete_user=made,
        untag=tuple(t for t in TAGS if user and not made and t in user.tags),
        delete_stored=before.stored is not None,
        view_before=view(before),
        view_after={
            **after,
            "policy": None,
            "access_keys": {k.id: key_status(active=k.active) for k in before.keys if k.id in foreign},
            "stored": None,
        },
    )


def refuse_attached(attached: Sequence[str], wanted: Wanted) -> None:
    """Raise PlanError when something of others hangs on the user that is to be deleted."""
    if attached:
        raise PlanError(
            f"The IAM user {wanted.user_name} cannot be deleted, because IAM refuses that while something of others hangs on "
            f"it: {', '.join(attached)}. Nothing was deleted. Take that away from the user (or, when it is a policy that this "
            "module has written, give its policy_name), then run again."
        )


def _policies(before: Before, wanted: Wanted) -> Tuple[str, ...]:
    own = wanted.policy_name if before.policy is not None else ""
    return tuple(name for name in (own, before.former_policy) if name)


def _check_location(user: User, wanted: Wanted) -> None:
    at = user.tags.get(STORE_TAG, wanted.location)
    if at != wanted.location:
        raise PlanError(
            f"The credential of the IAM user {user.name} is stored elsewhere: {at}, not {wanted.location}. Nothing was "
            "deleted. Give that store, region and name, so that no password stays behind."
        )
