# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create, complete and delete SMTP credentials, so that a run may be killed between any two calls."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Mapping, Optional, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_key import create_and_store
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_plan import PresentPlan, plan_present
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_read import PAUSES, read_before
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_removal import (
    AbsentPlan,
    plan_absent,
    refuse_attached,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_state import Before, Wanted, rotation_of
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.document import TIME_FORMAT, Document
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.iam_user import IamUser, User, UserExists
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.ledger import AccessKey
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store import Store


@dataclass(frozen=True)
class Credential:
    """A credential as it is now. ``passwords`` are filled only when it was created and nothing stores them."""

    key: Optional[AccessKey] = None
    user_arn: Optional[str] = None
    document: Optional[Document] = field(default=None, repr=False)
    regions: Tuple[str, ...] = ()
    store_arn: Optional[str] = None
    rotation: str = "none"
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def username(self) -> Optional[str]:
        """The id of the current access key."""
        return self.key.id if self.key else None

    @property
    def created(self) -> Optional[str]:
        """When that key was created, in UTC."""
        return self.key.created.strftime(TIME_FORMAT) if self.key else None


def ensure_present(iam: IamUser, store: Store, wanted: Wanted, *, check_mode: bool) -> Tuple[PresentPlan, Credential]:
    """Return the plan that was carried out (in check mode: would be), and the credential after it."""
    # A user that IAM does not show yet (a run before was killed, another goes on) is planned for again when it does.
    for pause in PAUSES:
        try:
            return _ensure_present(iam, store, wanted, check_mode=check_mode)
        except UserExists:
            time.sleep(pause)
    return _ensure_present(iam, store, wanted, check_mode=check_mode)


def _ensure_present(iam: IamUser, store: Store, wanted: Wanted, *, check_mode: bool) -> Tuple[PresentPlan, Credential]:
    before = read_before(iam, store, wanted)
    kms, tags = wanted.kms_key_id is not None, wanted.tags is not None
    if before.stored and (kms or tags):
        before = replace(before, facts=store.facts(before.stored, kms=kms, tags=tags))
    steps = plan_present(before, wanted)
    if check_mode:
        return steps, _as_is(before, steps, user=before.user)
    if before.stored and (steps.new_key or steps.write):
        # What the write needs to know is read before there is a key that would have to be deleted again.
        before = replace(before, stored=store.prepared(before.stored))
    # First, because the note of the killed run is what tells its key from others'.
    for key_id in steps.delete_keys:
        iam.delete_key(key_id)
    if steps.activate:
        iam.set_key_status(steps.activate, active=True)
    if steps.delete_policy:
        _rename_policy(iam, wanted, steps)
    user = _ensure_user(iam, before, wanted, steps)
    if steps.put_policy and not steps.delete_policy:
        iam.put_policy(wanted.policy_name, wanted.policy)
    if before.stored and steps.store.tags:
        store.tag(before.stored, steps.store.tags)
    if steps.new_key:
        return steps, _create_key(iam, store, before, wanted=wanted, steps=steps, user=user)
    if steps.write and steps.document:
        store.write(wanted.name, steps.document, before=before.stored, tags={}, rekey=bool(steps.store.rekey))
    if steps.deactivate:
        iam.set_key_status(steps.deactivate, active=False)
    return steps, _as_is(before, steps, user=user)


def _rename_policy(iam: IamUser, wanted: Wanted, steps: PresentPlan) -> None:
    # The new one first, so that the hosts go on sending; both before the note of the old one's name is changed.
    if steps.put_policy:
        iam.put_policy(wanted.policy_name, wanted.policy)
    iam.delete_policy(steps.delete_policy)


def _ensure_user(iam: IamUser, before: Before, wanted: Wanted, steps: PresentPlan) -> User:
    if before.user is None:
        return iam.create(path=wanted.path or "/", boundary=wanted.boundary or "", tags=steps.tag)
    if steps.move is not None:
        iam.move(steps.move)
    if steps.boundary is not None:
        iam.set_boundary(steps.boundary)
    if steps.untag:
        iam.untag(steps.untag)
    if steps.tag:
        iam.tag(steps.tag)
    if steps.move is None:
        return before.user
    return iam.get() or before.user


def _create_key(
    iam: IamUser, store: Store, before: Before, *, wanted: Wanted, steps: PresentPlan, user: User
) -> Credential:
    made, document, arn = create_and_store(iam, store, before, wanted=wanted, steps=steps)
    return Credential(
        key=steps.key if steps.new_key == "pending" else made,
        user_arn=user.arn,
        document=document if store.kind != "none" else None,
        regions=tuple(sorted(document.passwords)),
        store_arn=arn or None,
        rotation=rotation_of(before, document),
        passwords=document.passwords if store.kind == "none" else {},
    )


def _as_is(before: Before, steps: PresentPlan, *, user: Optional[User]) -> Credential:
    document = steps.document if steps.new_key != "current" else None
    rotation = "pending" if steps.new_key == "pending" else rotation_of(before, document)
    if rotation in ("promoted", "inactive") and (steps.activate or steps.deactivate):
        rotation = "promoted" if steps.activate else "inactive"
    return Credential(
        key=steps.key,
        user_arn=user.arn if user else None,
        document=document,
        regions=tuple(sorted(document.passwords)) if document else (),
        store_arn=before.stored.arn if before.stored else None,
        rotation=rotation,
    )


def ensure_absent(iam: IamUser, store: Store, wanted: Wanted, *, check_mode: bool) -> AbsentPlan:
    """Delete what is ours; return the plan that was carried out (in check mode: would be)."""
    before = read_before(iam, store, wanted)
    steps = plan_absent(before, wanted)
    if steps.delete_user:
        refuse_attached(iam.attached(but=(wanted.policy_name, *steps.delete_policies)), wanted)
    if check_mode:
        return steps
    for key_id in steps.delete_keys:
        iam.delete_key(key_id)
    for policy_name in steps.delete_policies:
        iam.delete_policy(policy_name)
    # Before the user: with the user goes its note of the store, which a killed run would need.
    if steps.delete_stored:
        store.delete(wanted.name)
    if steps.delete_user:
        iam.delete()
    elif steps.untag:
        iam.untag(steps.untag)
    return steps
