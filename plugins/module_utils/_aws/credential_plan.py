# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be done about an SMTP credential. Pure: no calls."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_policy import policy_note
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_rotation import Step, rotation_step
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_state import (
    MAX_KEYS,
    Before,
    Wanted,
    check_lost,
    check_owner,
    key_status,
    view,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.document import Document, StoredKey
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.ledger import (
    STORE_TAG,
    TAG,
    TAGS,
    AccessKey,
    Ledger,
    write_ledger,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store import StoreChange, StoreFacts, store_change
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.tags import tag_change, wanted_tags

NEW_KEY = "(a new access key)"


@dataclass(frozen=True)
class PresentPlan:
    """The steps that are needed, and the state before and after as people may see it.

    ``document`` is what is to be stored, but for the key that is to be created; ``key`` is the current key, None when it
    is to be created.
    """

    create_user: bool
    move: Optional[str]
    boundary: Optional[str]
    untag: Tuple[str, ...]
    tag: Mapping[str, str]
    put_policy: bool
    delete_policy: str
    delete_keys: Tuple[str, ...]
    activate: str
    deactivate: str
    new_key: str
    key: Optional[AccessKey]
    document: Optional[Document] = field(repr=False)
    write: bool
    store: StoreChange
    ledger: Ledger
    view_before: Mapping[str, Any]
    view_after: Mapping[str, Any]

    @property
    def changed(self) -> bool:
        """Whether there is any step."""
        iam = (
            self.create_user,
            self.untag,
            self.tag,
            self.put_policy,
            self.delete_policy,
            self.delete_keys,
            self.activate,
            self.deactivate,
        )
        settings = (self.move is not None, self.boundary is not None)
        return any((*iam, *settings, self.new_key, self.write, self.store))


def plan_present(before: Before, wanted: Wanted) -> PresentPlan:
    """Return what turns ``before`` into what is wanted. Raises PlanError when that is not possible without harm."""
    if before.marked:
        raise before.marked
    check_owner(before, wanted)
    check_lost(before, wanted)
    step = _without_store(before, wanted) if wanted.store_kind == "none" else rotation_step(before, wanted)
    if step.new_key:
        _check_room(before, wanted, step)
    document = _completed(step, wanted) if step.document else None
    facts = before.facts or StoreFacts()
    change = store_change(facts, tags=wanted.tags, purge=wanted.purge_tags, kms_key_id=wanted.kms_key_id)
    delete = (*before.lost, *([step.delete] if step.delete else []))
    ledger = _ledger(before, step)
    old_tags = dict(before.user.tags) if before.user else {}
    tags = tag_change(old_tags, _tags(old_tags, wanted, ledger))
    user = before.user
    steps = PresentPlan(
        create_user=user is None,
        move=wanted.path if user and wanted.path not in (None, user.path) else None,
        boundary=wanted.boundary if user and wanted.boundary not in (None, user.boundary) else None,
        untag=tags.remove,
        tag=tags.put,
        put_policy=before.policy != wanted.policy,
        delete_policy=before.former_policy,
        delete_keys=delete,
        activate=step.activate,
        deactivate=step.deactivate,
        new_key=step.new_key,
        key=_current_after(before, document),
        document=document,
        write=bool(before.stored and (document != before.stored.document or change.rekey)),
        store=change,
        ledger=ledger,
        view_before=view(before),
        view_after={},
    )
    return replace(steps, view_after=_view_after(before, wanted, steps))


def with_new_key(document: Optional[Document], role: str, key: StoredKey, *, user_name: str) -> Document:
    """Return the document with a new key in its place."""
    if document and role == "pending":
        return replace(document, pending=key)
    return Document(user_name, current=key, previous=document.previous if document else None)


def new_key_regions(document: Optional[Document], wanted: Wanted) -> List[str]:
    """Return the regions that a new key gets passwords for: no host that uses the credential may miss one."""
    return sorted({*wanted.regions, *(document.passwords if document else ())})


def _without_store(before: Before, wanted: Wanted) -> Step:
    if wanted.rotation:
        raise PlanError(
            "Without a store nothing can tell the keys of a rotation apart. Use store=secretsmanager or ssm, or make a "
            "second credential with another name and move the hosts to it."
        )
    at = before.user.tags.get(STORE_TAG, wanted.location) if before.user else wanted.location
    if at != wanted.location:
        raise PlanError(
            f"The credential of the IAM user {wanted.user_name} is stored: {at}. Without a store nobody would know of that "
            "any more. Use that store, region and name, or delete the credential there first (state=absent), then make it "
            "again with store=none."
        )
    key = _newest(before)
    if key and not key.active:
        raise PlanError(
            f"The access key {key.id} of the IAM user {wanted.user_name} is inactive, so its passwords do not work. "
            "Somebody switched it off: activate it again, or delete it, then run again."
        )
    return Step(None, new_key="" if key else "current")


def _newest(before: Before) -> Optional[AccessKey]:
    return max(before.own_keys, key=lambda key: key.created) if before.own_keys else None


def _current_after(before: Before, document: Optional[Document]) -> Optional[AccessKey]:
    return before.listed(document.current) if document else _newest(before)


def _ledger(before: Before, step: Step) -> Ledger:
    ledger = before.ledger or Ledger(made_user=before.user is None)
    if step.new_key:
        return ledger.awaiting(before.now, [key for key in before.keys if key.id not in before.lost], run=before.run)
    return ledger.settled([key.id for key in before.own_keys if key.id != step.delete])


def _completed(step: Step, wanted: Wanted) -> Document:
    """Return the document with all regions, and with or without the secrets, as wanted."""
    document = step.document
    if document is None:
        raise ValueError("a step without a document has nothing to complete")
    done = replace(
        document,
        current=document.current.with_regions(wanted.regions),
        pending=document.pending.with_regions(wanted.regions) if document.pending else None,
    )
    # While a new key is on its way, the old one need not have what it lacks; and giving up must always be possible.
    if not step.new_key and wanted.rotation != "cancelled":
        checked = document.pending if wanted.rotation == "pending" else document.current
        _check_complete(checked or document.current, document, wanted)
    return done if wanted.keep_secret else done.without_secrets()


def _check_complete(key: StoredKey, document: Document, wanted: Wanted) -> None:
    problems = []
    missing = key.missing(wanted.regions)
    if missing:
        problems.append(
            f"The credential {wanted.name} has no password for {', '.join(missing)}, and none can be derived: the secret of "
            f"its access key {key.username} was not kept (keep_secret_access_key)."
        )
    if wanted.keep_secret and key.secret_access_key is None:
        problems.append(
            f"keep_secret_access_key is set, but the secret of the access key {key.username} of the credential "
            f"{wanted.name} was not kept when it was created, and AWS shows it only once. Leave the option out, or do the "
            "following."
        )
    if problems:
        raise PlanError(" ".join([*problems, _replace_key(key, document, wanted)]))


def _replace_key(key: StoredKey, document: Document, wanted: Wanted) -> str:
    pending, previous = document.pending, document.previous
    if pending and pending != key and not pending.missing(wanted.regions):
        return (
            f"The pending key {pending.username} has what is missing: give it to the hosts, then use rotation=promoted."
        )
    again = "rotation=pending with these options makes a second key, which has all of it"
    if pending:
        return f"Give up the pending key {pending.username} with rotation=cancelled; then {again}."
    ending = (
        f"End the rotation from {previous.username} first (rotation=inactive, then deleted). Then " if previous else ""
    )
    text = f"{again}; give it to the hosts, then use rotation=promoted, inactive and deleted."
    return f"{ending}{text}" if ending else f"Replace the key: {text}"


def _check_room(before: Before, wanted: Wanted, step: Step) -> None:
    left = [key.id for key in before.keys if key.id not in before.lost]
    if len(left) < MAX_KEYS:
        return
    others = [key_id for key_id in left if before.role(key_id) in ("foreign", "unstored")]
    beside = f" beside {step.document.username}" if step.document and step.new_key == "pending" else ""
    raise PlanError(
        f"There is no room for {'a second' if beside else 'an'} access key of the credential {wanted.name}{beside}: IAM "
        f"allows {MAX_KEYS} keys for one user, and {wanted.user_name} has keys that are not of this credential, or whose "
        f"passwords it has lost: {', '.join(others)}. This module does not touch keys of others. Delete what nobody uses "
        "(aws iam get-access-key-last-used tells), then run again, or choose another user_name."
    )


def _tags(old: Mapping[str, str], wanted: Wanted, ledger: Ledger) -> Dict[str, str]:
    theirs = {key: value for key, value in old.items() if key not in TAGS}
    tags = wanted_tags(theirs, wanted.tags, purge=wanted.purge_tags)
    return {**tags, TAG: write_ledger(ledger), STORE_TAG: wanted.location, **policy_note(wanted.policy_name)}


def _view_after(before: Before, wanted: Wanted, steps: PresentPlan) -> Dict[str, Any]:
    user, old_tags = before.user, before.user.tags if before.user else {}
    tags = _tags(old_tags, wanted, steps.ledger)
    changed = {steps.activate: True, steps.deactivate: False}
    keys = {
        key.id: key_status(active=changed.get(key.id, key.active))
        for key in before.keys
        if key.id not in steps.delete_keys
    }
    if steps.new_key:
        keys[NEW_KEY] = key_status(active=True)
    return {
        "user": {
            "name": wanted.user_name,
            "path": wanted.path or (user.path if user else "/"),
            "permissions_boundary": wanted.boundary if wanted.boundary is not None else (user.boundary if user else ""),
            "tags": {key: value for key, value in tags.items() if key not in TAGS},
        },
        "policy": wanted.policy,
        "access_keys": keys,
        "stored": _stored_after(before, wanted, steps),
    }


def _stored_after(before: Before, wanted: Wanted, steps: PresentPlan) -> Optional[Dict[str, Any]]:
    if wanted.store_kind == "none":
        return None
    document = steps.document
    if steps.new_key:
        passwords = dict.fromkeys(new_key_regions(document, wanted), "")
        key = StoredKey(NEW_KEY, "now", passwords, "" if wanted.keep_secret else None)
        document = with_new_key(document, steps.new_key, key, user_name=wanted.user_name)
    shown = {"name": wanted.name, **document.visible()} if document else {"name": wanted.name}
    return {**shown, **before.facts.after(steps.store).visible()} if before.facts else shown
