# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which key comes, which goes. Pure: no calls.

A credential has its current key and, during a rotation, a second one: first ``pending`` (made, not used by hosts yet),
then, when it has become the current one, the former as ``previous``. Both work until the previous one is made inactive.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Callable, Dict, FrozenSet, Optional

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_state import MAX_KEYS, Before, Wanted
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.document import Document
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.ledger import STORE_TAG, AccessKey

#: The values of the option rotation.
ROTATIONS = ("pending", "promoted", "inactive", "deleted", "cancelled")
_NEXT = {
    "promoted": "rotation=inactive, when every host has the current one, then rotation=deleted",
    "inactive": "rotation=deleted",
}


@dataclass(frozen=True)
class Step:
    """What a rotation needs; ``new_key`` is the role of the key to create, the rest are the ids of keys."""

    document: Optional[Document] = field(repr=False)
    new_key: str = ""
    activate: str = ""
    deactivate: str = ""
    delete: str = ""


@dataclass(frozen=True)
class _Found:
    """The keys that exist, each with its side in IAM."""

    wanted: Wanted
    document: Document
    current: Optional[AccessKey]
    pending: Optional[AccessKey]
    previous: Optional[AccessKey]
    used: FrozenSet[str]

    @property
    def user(self) -> str:
        return f"the IAM user {self.wanted.user_name}"

    @property
    def works(self) -> bool:
        return self.current is not None and self.current.active


def rotation_step(before: Before, wanted: Wanted) -> Step:
    """Return what is to be done about the keys. Raises PlanError when that step is not the next one."""
    document = before.document
    if document is None:
        return _first_key(before, wanted)
    found = _Found(
        wanted,
        document,
        current=before.current_key,
        pending=before.listed(document.pending),
        previous=before.listed(document.previous),
        used=before.used,
    )
    return _STEPS[wanted.rotation](found)


def may_be_late(before: Before, wanted: Wanted) -> bool:
    """Return whether IAM's list contradicts the step, as it does for a moment after the step before."""
    document = before.document
    if document is None or document.pending:
        return False
    previous = before.listed(document.previous)
    if wanted.rotation == "deleted":
        return previous is not None and previous.active
    left = [key for key in before.keys if key.id not in before.lost]
    return wanted.rotation == "pending" and previous is None and len(left) >= MAX_KEYS


def _first_key(before: Before, wanted: Wanted) -> Step:
    if before.own_keys:
        key, tags = before.own_keys[0], before.user.tags if before.user else {}
        raise PlanError(
            f"The access key {key.id} of the IAM user {wanted.user_name} is this credential's, but its passwords are "
            f"not in {wanted.where} under {wanted.name} (they were stored in: {tags.get(STORE_TAG, 'an unknown place')}). "
            "Use that store, region and name. If the passwords are lost, delete the credential with state=absent, then "
            "create it again; hosts that still use it cannot send until they have the new password."
        )
    if wanted.rotation:
        raise PlanError(
            f"There is no credential {wanted.name} in {wanted.where}, so there is no key to rotate. Create it first: leave "
            "rotation out. If it exists, check name, store, region and the AWS account."
        )
    return Step(None, new_key="current")


def _leave(found: _Found) -> Step:
    if found.works:
        return Step(found.document)
    old, pending, previous = found.document.username, found.pending, found.previous
    state = "inactive" if found.current else "not there any more"
    says = f"The access key {old} of {found.user} is {state}, so its passwords do not work."
    if pending and pending.active:
        raise PlanError(f"{says} The pending key {pending.id} works: give it to the hosts, then use rotation=promoted.")
    if found.current is None:
        if pending:
            raise PlanError(
                f"{says} Nor do those of the pending key {pending.id}, which is inactive. {_activate(found, pending)}"
            )
        return Step(found.document, new_key="current")
    if previous:
        going_on = f"The rotation from {previous.id} has not ended yet, so there is no room for another key."
    else:
        going_on = (
            "Or replace it: rotation=pending makes a second key; give that to the hosts, then use rotation=promoted, and "
            f"rotation=deleted, which deletes {old}."
        )
    raise PlanError(f"{says} Somebody switched it off. {_activate(found, found.current)} {going_on}")


def _pending(found: _Found) -> Step:
    pending, previous = found.pending, found.previous
    if pending and not pending.active:
        raise PlanError(
            f"The pending access key {pending.id} of {found.user} is inactive, so it cannot become the current one. "
            f"{_activate(found, pending)} Or give it up: rotation=cancelled deletes it."
        )
    if pending:
        return Step(found.document)
    if previous:
        state = "promoted" if previous.active else "inactive"
        raise PlanError(
            f"The rotation of {found.user} from the access key {previous.id} to {found.document.username} has not ended: "
            f"{previous.id} is still there ({'active' if previous.active else 'inactive'}), and IAM allows two keys. End it "
            f"first: {_NEXT[state]}."
        )
    if found.current is None:
        raise PlanError(
            f"The access key {found.document.username} of {found.user} is not there any more, so there is nothing to rotate "
            "from. Leave rotation out: that replaces it at once."
        )
    return Step(found.document, new_key="pending")


def _promoted(found: _Found) -> Step:
    document, pending, previous = found.document, found.pending, found.previous
    if pending and not pending.active:
        _pending(found)
    if pending and document.pending:
        former = document.current if found.current else None
        return Step(replace(document, current=document.pending, pending=None, previous=former))
    if previous and found.works:
        return Step(document, activate="" if previous.active else previous.id)
    if previous:
        _leave(found)
    raise PlanError(
        f"No access key of {found.user} is pending beside {document.username}, so none can be promoted. Start with "
        "rotation=pending, and give the new key to the hosts."
    )


def _inactive(found: _Found) -> Step:
    _refuse_pending(found, "inactive")
    _need_current(found, found.previous)
    previous = found.previous
    return Step(found.document, deactivate=previous.id if previous and previous.active else "")


def _deleted(found: _Found) -> Step:
    _refuse_pending(found, "deleted")
    _need_current(found, found.previous)
    previous = found.previous
    if previous is None:
        return Step(found.document)
    if previous.active:
        raise PlanError(
            f"The previous access key {previous.id} of {found.user} is still active: a host that has not got the current "
            f"one, {found.document.username}, sends with it. Next is rotation=inactive, which can be taken back "
            "(rotation=promoted), then rotation=deleted, which cannot."
        )
    return Step(replace(found.document, previous=None), delete=previous.id)


def _cancelled(found: _Found) -> Step:
    if found.previous:
        raise PlanError(
            f"The rotation of {found.user} cannot be cancelled: {found.document.username} has become the current access key "
            f"already, and {found.previous.id} is the previous one. Next is rotation=inactive, then rotation=deleted; to go "
            "back, start another rotation after that."
        )
    _need_current(found, found.pending)
    if found.pending and found.pending.active and found.pending.id in found.used:
        # A host has it already: inactive, it can be given back. The same step again deletes it.
        return Step(found.document, deactivate=found.pending.id)
    return Step(replace(found.document, pending=None), delete=found.pending.id if found.pending else "")


def _refuse_pending(found: _Found, step: str) -> None:
    if found.pending:
        raise PlanError(
            f"rotation={step} is for the previous access key of {found.user}, but {found.pending.id} is still pending and "
            f"{found.document.username} the current one. Next is rotation=promoted, when the hosts have "
            f"{found.pending.id}; or rotation=cancelled, which deletes it."
        )


def _need_current(found: _Found, other: Optional[AccessKey]) -> None:
    if found.works:
        return
    if other is None and found.current:
        _leave(found)
    state = "inactive" if found.current else "not there any more"
    left = f", so {other.id} is the only one left that can work, and was left alone" if other else ""
    ways = [_activate(found, found.current)] if found.current else []
    if found.pending:
        ways.append("Or use rotation=promoted, which makes the pending one the current one.")
    if not ways:
        ways.append("Leave rotation out: that replaces it at once.")
    raise PlanError(
        f"The current access key {found.document.username} of {found.user} is {state}{left}. {' '.join(ways)}"
    )


def _activate(found: _Found, key: AccessKey) -> str:
    return (
        f"Activate it again (aws iam update-access-key --user-name {found.wanted.user_name} --access-key-id {key.id} "
        "--status Active), then run again."
    )


_STEPS: Dict[Optional[str], Callable[[_Found], Step]] = {
    None: _leave,
    "pending": _pending,
    "promoted": _promoted,
    "inactive": _inactive,
    "deleted": _deleted,
    "cancelled": _cancelled,
}
