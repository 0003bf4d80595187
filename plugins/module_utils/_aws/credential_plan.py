# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be done about an SMTP credential. Pure: no calls."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Dict, FrozenSet, List, Mapping, Optional, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.document import Document, DocumentError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.iam_user import User
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.ledger import (
    STORE_TAG,
    TAG,
    TAGS,
    AccessKey,
    Ledger,
    read_ledger,
    write_ledger,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store import Stored
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.tags import tag_change, wanted_tags

NEW_KEY = "(a new access key)"
#: IAM allows no more for one user.
MAX_KEYS = 2
#: For how long after its creation a key may be missing in IAM's lists.
_UNSEEN = timedelta(minutes=2)


@dataclass(frozen=True)
class Wanted:
    """What the user asked for; None leaves a setting of an existing user as it is."""

    name: str
    user_name: str
    store_kind: str
    store_region: str
    where: str
    policy_name: str
    policy: Mapping[str, Any] = field(default_factory=dict)
    regions: Tuple[str, ...] = ()
    path: Optional[str] = None
    boundary: Optional[str] = None
    tags: Optional[Mapping[str, Any]] = None
    purge_tags: bool = True
    keep_secret: bool = False

    @property
    def location(self) -> str:
        """The value of the tag that says where the credential is stored."""
        return "none" if self.store_kind == "none" else f"{self.store_kind}:{self.store_region}:{self.name}"[:256]


@dataclass(frozen=True)
class Before:
    """What is there. ``used`` holds those of the seemingly lost keys that somebody has used."""

    user: Optional[User]
    policy: Optional[Mapping[str, Any]]
    keys: Tuple[AccessKey, ...]
    stored: Optional[Stored]
    now: datetime
    used: FrozenSet[str] = frozenset()

    @property
    def ledger(self) -> Optional[Ledger]:
        """Our note on the user."""
        return read_ledger(self.user.tags) if self.user else None

    @property
    def lost(self) -> Tuple[str, ...]:
        """Keys that a killed run of ours created and did not store."""
        stored = [self.stored.document.username] if self.stored else []
        lost = self.ledger.lost_keys(self.keys, stored) if self.ledger else ()
        return tuple(key.id for key in lost if key.id not in self.used)

    @property
    def stored_key(self) -> Optional[AccessKey]:
        """The key whose password is stored, if it still exists."""
        return next((k for k in self.keys if self.stored and k.id == self.stored.document.username), None)

    @property
    def unseen(self) -> bool:
        """Whether a key of ours may exist that IAM does not list yet."""
        ledger, listed = self.ledger, {key.id for key in self.keys}
        if self.stored and self.stored.document.username in listed:
            return False
        if self.stored and self._recent(self.stored.document.made_at):
            return True
        if ledger is None or self.lost:
            return False
        # With no store nothing tells how old the keys in the note are.
        return self._recent(ledger.pending) or (self.stored is None and not listed.issuperset(ledger.keys))

    def _recent(self, moment: Optional[datetime]) -> bool:
        return moment is not None and abs(self.now - moment) <= _UNSEEN

    @property
    def own_keys(self) -> Tuple[AccessKey, ...]:
        """Keys that are ours and not lost."""
        ids = set(self.ledger.keys) if self.ledger else set()
        if self.stored_key:
            ids.add(self.stored_key.id)
        return tuple(key for key in self.keys if key.id in ids)


@dataclass(frozen=True)
class PresentPlan:
    """The steps that are needed, and the state before and after as people may see it."""

    create_user: bool
    move: Optional[str]
    boundary: Optional[str]
    untag: Tuple[str, ...]
    tag: Mapping[str, str]
    put_policy: bool
    delete_keys: Tuple[str, ...]
    key: Optional[AccessKey]
    document: Optional[Document] = field(repr=False)
    ledger: Ledger
    view_before: Mapping[str, Any]
    view_after: Mapping[str, Any]

    @property
    def create_key(self) -> bool:
        """Whether a new access key is needed."""
        return self.key is None

    @property
    def changed(self) -> bool:
        """Whether there is any step."""
        steps = (self.create_user, self.untag, self.tag, self.put_policy, self.delete_keys, self.create_key)
        return any(steps) or not (self.move is None and self.boundary is None and self.document is None)


def plan_present(before: Before, wanted: Wanted) -> PresentPlan:
    """Return what turns ``before`` into what is wanted. Raises PlanError when that is not possible without harm."""
    check_owner(before, wanted)
    key = _current_key(before, wanted)
    document = _rewritten(before.stored.document, wanted) if key and before.stored else None
    ledger = before.ledger or Ledger(made_user=before.user is None)
    left = [k for k in before.keys if k.id not in before.lost]
    if key is None:
        _check_room(before, wanted)
        ledger = ledger.awaiting(before.now, left)
    else:
        ledger = ledger.settled([k.id for k in before.own_keys])
    old_tags = dict(before.user.tags) if before.user else {}
    tags = _tags(old_tags, wanted, ledger)
    change = tag_change(old_tags, tags)
    user = before.user
    move = wanted.path if user and wanted.path not in (None, user.path) else None
    boundary = wanted.boundary if user and wanted.boundary not in (None, user.boundary) else None
    steps = PresentPlan(
        create_user=user is None,
        move=move,
        boundary=boundary,
        untag=change.remove,
        tag=change.put,
        put_policy=before.policy != wanted.policy,
        delete_keys=before.lost,
        key=key,
        document=document,
        ledger=ledger,
        view_before=view(before),
        view_after={},
    )
    return replace(steps, view_after=_view_after(before, wanted, steps))


def _current_key(before: Before, wanted: Wanted) -> Optional[AccessKey]:
    own = before.own_keys
    key = before.stored_key
    if wanted.store_kind == "none":
        key = max(own, key=lambda k: k.created) if own else None
    elif key is None and own:
        at = (before.user.tags if before.user else {}).get(STORE_TAG, "an unknown place")
        raise PlanError(
            f"The access key {own[0].id} of the IAM user {wanted.user_name} is this credential's, but its passwords are "
            f"not in {wanted.where} under {wanted.name} (they were stored in: {at}). Use that store, region and name. "
            "If the passwords are lost, delete the credential with state=absent, then create it again; hosts that "
            "still use it cannot send until they have the new password."
        )
    if key is not None and not key.active:
        raise PlanError(
            f"The access key {key.id} of the IAM user {wanted.user_name} is inactive, so its passwords do not work. "
            "Somebody switched it off: activate it again, or delete it, then run again."
        )
    return key


def _rewritten(old: Document, wanted: Wanted) -> Optional[Document]:
    """Return what has to be stored instead of ``old``, None when it is as wanted."""
    try:
        new = old.with_regions(wanted.regions)
    except DocumentError:
        missing = ", ".join(sorted(set(wanted.regions) - set(old.passwords)))
        raise PlanError(
            f"The credential {wanted.name} has no password for {missing}, and none can be derived: the secret of its "
            f"access key {old.username} was not kept (keep_secret_access_key). {_REPLACE}"
        ) from None
    if wanted.keep_secret and old.secret_access_key is None:
        raise PlanError(
            f"keep_secret_access_key is set, but the secret of the access key {old.username} of the credential "
            f"{wanted.name} was not kept when it was created, and AWS shows it only once. Leave the option out. {_REPLACE}"
        )
    if not wanted.keep_secret:
        new = replace(new, secret_access_key=None)
    return None if new == old else new


_REPLACE = (
    "Or create a second credential with another name and user_name, with all regions, move the hosts to it, and delete "
    "this one with state=absent."
)


def _check_room(before: Before, wanted: Wanted) -> None:
    left = [key.id for key in before.keys if key.id not in before.lost]
    if len(left) < MAX_KEYS:
        return
    raise PlanError(
        f"The IAM user {wanted.user_name} has {len(left)} access keys that are not of this credential: "
        f"{', '.join(left)}. IAM allows {MAX_KEYS}, and this module does not touch keys of others. Delete one of them if "
        "nobody uses it, or choose another user_name."
    )


def check_owner(before: Before, wanted: Wanted) -> None:
    """Raise PlanError when the stored document belongs to another user."""
    if before.stored and before.stored.document.user_name != wanted.user_name:
        raise PlanError(
            f"{wanted.name} in {wanted.where} holds the credential of the IAM user {before.stored.document.user_name}, "
            f"not of {wanted.user_name}. Use another name, or that user_name."
        )


def _tags(old: Mapping[str, str], wanted: Wanted, ledger: Ledger) -> Dict[str, str]:
    theirs = {key: value for key, value in old.items() if key not in TAGS}
    tags = wanted_tags(theirs, wanted.tags, purge=wanted.purge_tags)
    return {**tags, TAG: write_ledger(ledger), STORE_TAG: wanted.location}


def view(before: Before) -> Dict[str, Any]:
    """Return the state as people may see it."""
    user = before.user
    shown: Dict[str, Any] = {"user": None, "policy": before.policy, "access_keys": [k.id for k in before.keys]}
    if user:
        tags = {key: value for key, value in user.tags.items() if key not in TAGS}
        shown["user"] = {"name": user.name, "path": user.path, "permissions_boundary": user.boundary, "tags": tags}
    shown["stored"] = {"name": before.stored.name, **before.stored.document.visible()} if before.stored else None
    return shown


def _view_after(before: Before, wanted: Wanted, steps: PresentPlan) -> Dict[str, Any]:
    user, old_tags = before.user, before.user.tags if before.user else {}
    tags = _tags(old_tags, wanted, steps.ledger)
    keys: List[str] = [k.id for k in before.keys if k.id not in steps.delete_keys]
    shown: Dict[str, Any] = {
        "user": {
            "name": wanted.user_name,
            "path": wanted.path or (user.path if user else "/"),
            "permissions_boundary": wanted.boundary if wanted.boundary is not None else (user.boundary if user else ""),
            "tags": {key: value for key, value in tags.items() if key not in TAGS},
        },
        "policy": wanted.policy,
        "access_keys": [*keys, NEW_KEY] if steps.create_key else keys,
        "stored": None,
    }
    document = steps.document or (before.stored.document if before.stored and steps.key else None)
    if document:
        shown["stored"] = {"name": wanted.name, **document.visible()}
    elif wanted.store_kind != "none":
        new = Document(
            NEW_KEY, wanted.user_name, "now", dict.fromkeys(wanted.regions, ""), "" if wanted.keep_secret else None
        )
        shown["stored"] = {"name": wanted.name, **new.visible()}
    return shown
