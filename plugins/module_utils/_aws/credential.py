# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create, complete and delete SMTP credentials, so that a run may be killed between any two calls."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Dict, Mapping, Optional, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_plan import (
    Before,
    PresentPlan,
    Wanted,
    plan_present,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_removal import AbsentPlan, plan_absent
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.document import TIME_FORMAT, Document, derive_all
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import SesError, may_have_happened
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.iam_user import IamUser, NewKey, User
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.ledger import TAG, Ledger, write_ledger
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store import NoStore

#: Seconds between the looks for a key that must have been created just now.
_PAUSES = (1, 2, 4, 8)


@dataclass(frozen=True)
class Credential:
    """A credential as it is now. ``passwords`` are filled only when it was created and nothing stores them."""

    username: Optional[str] = None
    user_arn: Optional[str] = None
    created: Optional[str] = None
    regions: Tuple[str, ...] = ()
    store_arn: Optional[str] = None
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_before(iam: IamUser, store: NoStore, wanted: Wanted) -> Before:
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
    # Nobody can have used a key whose secret died with the run that created it: a used one is somebody else's.
    used = frozenset(key_id for key_id in before.lost if iam.was_used(key_id))
    return replace(before, used=used)


def ensure_present(iam: IamUser, store: NoStore, wanted: Wanted, *, check_mode: bool) -> Tuple[PresentPlan, Credential]:
    """Return the plan that was carried out (in check mode: would be), and the credential after it."""
    before = read_before(iam, store, wanted)
    steps = plan_present(before, wanted)
    if check_mode:
        return steps, _as_is(before, steps, user=before.user)
    # First, because the note of the killed run is what tells its key from others'.
    for key_id in steps.delete_keys:
        iam.delete_key(key_id)
    user = _ensure_user(iam, before, wanted, steps)
    if steps.put_policy:
        iam.put_policy(wanted.policy_name, wanted.policy)
    if steps.create_key:
        return steps, _create_key(iam, store, before, wanted=wanted, ledger=steps.ledger, user=user)
    if steps.document:
        store.write(wanted.name, steps.document, before=before.stored, tags={})
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
    iam: IamUser, store: NoStore, before: Before, *, wanted: Wanted, ledger: Ledger, user: User
) -> Credential:
    key = iam.create_key()
    try:
        document = _new_document(key, wanted)
        tags = {name: str(value) for name, value in (wanted.tags or {}).items()}
        arn = store.write(wanted.name, document, before=before.stored, tags=tags)
    except BaseException as exc:
        raise _undone(iam, key.id, exc, name=f"{wanted.name} in {wanted.where}") from exc
    own = [k.id for k in before.own_keys]
    iam.tag({TAG: write_ledger(ledger.settled([*own, key.id]))})
    return Credential(
        username=key.id,
        user_arn=user.arn,
        created=document.created,
        regions=tuple(sorted(document.passwords)),
        store_arn=arn or None,
        passwords=document.passwords if store.kind == "none" else {},
    )


def _new_document(key: NewKey, wanted: Wanted) -> Document:
    passwords: Dict[str, str] = derive_all(key.secret, wanted.regions)
    return Document(
        username=key.id,
        user_name=wanted.user_name,
        created=key.created.strftime(TIME_FORMAT),
        passwords=passwords,
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
    document = steps.document or (before.stored.document if before.stored and steps.key else None)
    created = steps.key.created.strftime(TIME_FORMAT) if steps.key else None
    return Credential(
        username=steps.key.id if steps.key else None,
        user_arn=user.arn if user else None,
        created=document.created if document else created,
        regions=tuple(sorted(document.passwords)) if document else (),
        store_arn=before.stored.arn if before.stored else None,
    )


def ensure_absent(iam: IamUser, store: NoStore, wanted: Wanted, *, check_mode: bool) -> AbsentPlan:
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
