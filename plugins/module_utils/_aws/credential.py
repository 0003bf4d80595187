# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create, complete and delete SMTP credentials, so that a run may be killed between any two calls."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Mapping, Optional, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_plan import (
    PresentPlan,
    new_key_regions,
    plan_present,
    with_new_key,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_removal import AbsentPlan, plan_absent
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_rotation import may_be_late
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_state import Before, Wanted, rotation_of
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.document import (
    TIME_FORMAT,
    Document,
    StoredKey,
    derive_all,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import SesError, may_have_happened
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.iam_user import IamUser, NewKey, User
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.ledger import TAG, AccessKey, write_ledger
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store import Store

#: Seconds between the looks for a key that must have been created just now.
_PAUSES = (1, 2, 4, 8)
#: Seconds between the looks for what the step before of a rotation has done to a key.
_LATE_PAUSES = (1, 2)


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


def read_before(iam: IamUser, store: Store, wanted: Wanted) -> Before:
    """Return what is there, with at most one call for each thing (more for a key that was created just now)."""
    user = iam.get()
    before = Before(
        user=user,
        policy=iam.policy(wanted.policy_name) if user else None,
        keys=iam.keys() if user else (),
        stored=store.read(wanted.name),
        now=iam.now,
    )
    # IAM's lists may lag behind. Who believes them creates a second key and forgets the first.
    for pause in _PAUSES:
        if not (user and before.unseen):
            break
        time.sleep(pause)
        before = replace(before, keys=iam.keys())
    for pause in _LATE_PAUSES:
        if not may_be_late(before, wanted):
            break
        time.sleep(pause)
        before = replace(before, keys=iam.keys())
    # Nobody can have used a key whose secret died with the run that created it: a used one is somebody else's.
    return replace(before, used=frozenset(key_id for key_id in before.lost if iam.last_use(key_id)))


def ensure_present(iam: IamUser, store: Store, wanted: Wanted, *, check_mode: bool) -> Tuple[PresentPlan, Credential]:
    """Return the plan that was carried out (in check mode: would be), and the credential after it."""
    before = read_before(iam, store, wanted)
    kms, tags = wanted.kms_key_id is not None, wanted.tags is not None
    if before.stored and (kms or tags):
        before = replace(before, facts=store.facts(before.stored, kms=kms, tags=tags))
    steps = plan_present(before, wanted)
    if check_mode:
        return steps, _as_is(before, steps, user=before.user)
    # First, because the note of the killed run is what tells its key from others'.
    for key_id in steps.delete_keys:
        iam.delete_key(key_id)
    if steps.activate:
        iam.set_key_status(steps.activate, active=True)
    user = _ensure_user(iam, before, wanted, steps)
    if steps.put_policy:
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
    key = iam.create_key()
    try:
        new = _stored_key(key, steps.document, wanted)
        document = with_new_key(steps.document, steps.new_key, new, user_name=wanted.user_name)
        tags = {name: str(value) for name, value in (wanted.tags or {}).items()}
        arn = store.write(wanted.name, document, before=before.stored, tags=tags, rekey=bool(steps.store.rekey))
    except BaseException as exc:
        raise _undone(iam, key.id, exc, name=f"{wanted.name} in {wanted.where}") from exc
    own = [k.id for k in before.own_keys if k.id not in steps.delete_keys]
    iam.tag({TAG: write_ledger(steps.ledger.settled([*own, key.id]))})
    made = AccessKey(key.id, active=True, created=key.created)
    return Credential(
        key=steps.key if steps.new_key == "pending" else made,
        user_arn=user.arn,
        document=document if store.kind != "none" else None,
        regions=tuple(sorted(document.passwords)),
        store_arn=arn or None,
        rotation=rotation_of(before, document),
        passwords=document.passwords if store.kind == "none" else {},
    )


def _stored_key(key: NewKey, document: Optional[Document], wanted: Wanted) -> StoredKey:
    return StoredKey(
        username=key.id,
        created=key.created.strftime(TIME_FORMAT),
        passwords=derive_all(key.secret, new_key_regions(document, wanted)),
        secret_access_key=key.secret if wanted.keep_secret else None,
    )


def _undone(iam: IamUser, key_id: str, exc: BaseException, *, name: str) -> BaseException:
    unsure = may_have_happened(exc)
    try:
        iam.delete_key(key_id)
    except SesError as second:
        return SesError(
            f"{_text(exc)} The new access key {key_id} of the IAM user {iam.name} could not be deleted either: "
            f"{second.message} Run again: the next run deletes it{', unless it was stored after all' if unsure else ''}.",
            getattr(exc, "exception", None),
        )
    if not isinstance(exc, Exception):
        return exc
    stored = (
        f"The answer to the write was lost, so {name} may hold the passwords of this deleted key, which SES refuses: the "
        "next run replaces them. "
    )
    return SesError(
        f"{_text(exc)} The new access key {key_id} was deleted again, so no key without a stored password is left. "
        f"{stored if unsure else ''}Run again when the store can be written.",
        getattr(exc, "exception", None),
    )


def _text(exc: BaseException) -> str:
    # Texts of unknown errors may quote values; those of SesError are ours.
    return exc.message if isinstance(exc, SesError) else f"Storing the credential failed ({type(exc).__name__})."


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
    if check_mode:
        return steps
    for key_id in steps.delete_keys:
        iam.delete_key(key_id)
    if steps.delete_policy:
        iam.delete_policy(wanted.policy_name)
    # Before the user: with the user goes its note of the store, which a killed run would need.
    if steps.delete_stored:
        store.delete(wanted.name)
    if steps.delete_user:
        iam.delete()
    elif steps.untag:
        iam.untag(steps.untag)
    return steps
