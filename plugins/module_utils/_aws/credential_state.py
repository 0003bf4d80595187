# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An SMTP credential as it is wanted and as it is found. Pure: no calls."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Dict, FrozenSet, Mapping, Optional, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.document import TIME_FORMAT, Document, StoredKey
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError, SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.iam_user import User
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.ledger import (
    STORING,
    TAG,
    TAGS,
    AccessKey,
    Ledger,
    read_ledger,
    write_ledger,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store import Stored, StoreFacts

#: IAM allows no more access keys for one user.
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
    kms_key_id: Optional[str] = None
    rotation: Optional[str] = None

    @property
    def location(self) -> str:
        """The value of the tag that says where the credential is stored."""
        return "none" if self.store_kind == "none" else f"{self.store_kind}:{self.store_region}:{self.name}"[:256]


@dataclass(frozen=True)
class Before:
    """What is there. ``used`` holds those of the keys that may have to go that somebody has used; ``run`` names our run.

    ``former_policy`` is the name of a policy of ours that is not called as wanted, and ``marked`` says that the stored
    credential is marked for deletion: then there is nothing to read, and the name cannot be used.
    """

    user: Optional[User]
    policy: Optional[Mapping[str, Any]]
    keys: Tuple[AccessKey, ...]
    stored: Optional[Stored]
    now: datetime
    used: FrozenSet[str] = frozenset()
    facts: Optional[StoreFacts] = None
    run: str = ""
    former_policy: str = ""
    marked: Optional[SesError] = None

    @property
    def ledger(self) -> Optional[Ledger]:
        """Our note on the user."""
        return read_ledger(self.user.tags) if self.user else None

    @property
    def document(self) -> Optional[Document]:
        """What is stored, without a coming or a going key that IAM does not have any more."""
        if self.stored is None:
            return None
        document = self.stored.document
        if not self.listed(document.pending):
            document = replace(document, pending=None)
        return document if self.listed(document.previous) else replace(document, previous=None)

    def listed(self, key: Optional[StoredKey]) -> Optional[AccessKey]:
        """Return IAM's side of a stored key, None when IAM does not have it."""
        return next((k for k in self.keys if key and k.id == key.username), None)

    @property
    def current_key(self) -> Optional[AccessKey]:
        """The key whose passwords are the current ones, if it still exists."""
        return self.listed(self.stored.document.current) if self.stored else None

    @property
    def lost(self) -> Tuple[str, ...]:
        """Keys that a run of ours created and did not store."""
        return tuple(key.id for key in self._lost)

    @property
    def _lost(self) -> Tuple[AccessKey, ...]:
        lost = self.ledger.lost_keys(self.keys, self._stored_ids) if self.ledger else ()
        return tuple(key for key in lost if key.id not in self.used)

    @property
    def storing(self) -> Optional[AccessKey]:
        """A key that another run may be about to store at this moment."""
        return next((key for key in self._lost if self.now - key.created < STORING), None)

    @property
    def own_keys(self) -> Tuple[AccessKey, ...]:
        """Keys that are ours and not lost."""
        ids = {*self._stored_ids, *(self.ledger.keys if self.ledger else ())}
        return tuple(key for key in self.keys if key.id in ids)

    @property
    def _stored_ids(self) -> Tuple[str, ...]:
        return tuple(key.username for key in self.stored.document.stored_keys) if self.stored else ()

    @property
    def unseen(self) -> bool:
        """Whether a key of ours may exist that IAM does not list yet."""
        ledger, listed = self.ledger, {key.id for key in self.keys}
        if self.stored:
            coming = (self.stored.document.current, self.stored.document.pending)
            if any(key and key.username not in listed and self._recent(key.made_at) for key in coming):
                return True
        if ledger is None or self.lost:
            return False
        # The run that wrote the note was killed, but perhaps after it had stored its key.
        arrived = set(self._stored_ids) - {*ledger.keys, *ledger.others}
        if self._recent(ledger.pending) and not arrived:
            return True
        # With no store nothing tells how old the keys in the note are.
        return self.stored is None and not listed.issuperset(ledger.keys)

    def _recent(self, moment: Optional[datetime]) -> bool:
        return moment is not None and abs(self.now - moment) <= _UNSEEN

    def role(self, key_id: str) -> str:
        """Return what a key is: current, pending, previous, lost (see there), unstored (ours, but not here) or foreign."""
        stored = self.stored.document.role(key_id) if self.stored else None
        if stored or key_id in self.lost:
            return stored or "lost"
        return "unstored" if any(key.id == key_id for key in self.own_keys) else "foreign"


def check_owner(before: Before, wanted: Wanted) -> None:
    """Raise PlanError when the stored document belongs to another user."""
    if before.stored and before.stored.document.user_name != wanted.user_name:
        raise PlanError(
            f"{wanted.name} in {wanted.where} holds the credential of the IAM user {before.stored.document.user_name}, "
            f"not of {wanted.user_name}. Use another name, or that user_name."
        )


def lost_problem(before: Before, user_name: str) -> str:
    """Return why the keys that seem to be lost cannot be deleted now, with the next step; empty when they can."""
    user, note = f"the IAM user {user_name}", before.ledger
    if len(before.lost) > 1 and note:
        settled = write_ledger(note.settled([key.id for key in before.own_keys]))
        return (
            f"The access keys {' and '.join(before.lost)} of {user} were both made after the note of a run that has not stored "
            "its key, so one may be that key and one somebody's. None was deleted. Delete those that nobody uses (aws iam "
            f"get-access-key-last-used tells). To keep one, first write '{settled}' into the tag {TAG} of the user. Then run "
            "again."
        )
    key = before.storing
    if key is None:
        return ""
    return (
        f"The access key {key.id} of {user} was made at {key.created.strftime(TIME_FORMAT)} and is not stored: either another "
        "run is about to store it, or that run was killed. Nothing was changed. Make sure that no other run goes on, then run "
        f"again after {(key.created + STORING).strftime(TIME_FORMAT)}: a key that is not stored by then is deleted."
    )


def check_lost(before: Before, wanted: Wanted) -> None:
    """Raise PlanError when a key that seems to be lost may be in somebody's hands."""
    problem = lost_problem(before, wanted.user_name)
    if problem:
        raise PlanError(problem)


def rotation_of(before: Before, document: Optional[Document]) -> str:
    """Return how far a rotation is: none, pending, promoted or inactive; ``document`` is the one that will be stored."""
    if document is None or not (document.pending or document.previous):
        return "none"
    if document.pending:
        return "pending"
    key = before.listed(document.previous)
    return "promoted" if key is None or key.active else "inactive"


def view(before: Before) -> Dict[str, Any]:
    """Return the state as people may see it."""
    user, shown = before.user, None
    if user:
        tags = {key: value for key, value in user.tags.items() if key not in TAGS}
        shown = {"name": user.name, "path": user.path, "permissions_boundary": user.boundary, "tags": tags}
    keys = {key.id: key_status(active=key.active) for key in before.keys}
    state = {"user": shown, "policy": before.policy, "access_keys": keys, "stored": stored_view(before)}
    return {**state, "former_policy": before.former_policy} if before.former_policy else state


def stored_view(before: Before) -> Optional[Dict[str, Any]]:
    """Return what is stored as people may see it, None when nothing is."""
    if before.stored is None:
        return None
    shown = {"name": before.stored.name, **before.stored.document.visible()}
    return {**shown, **before.facts.visible()} if before.facts else shown


def key_status(*, active: bool) -> str:
    """Return the status of a key as IAM calls it."""
    return "Active" if active else "Inactive"
