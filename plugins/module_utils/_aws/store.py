# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every store of credentials can do, what it holds, and the one that keeps nothing."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional, Tuple

try:
    from botocore.exceptions import ClientError
except ImportError:
    pass  # AnsibleAWSModule and AWSLookupBase report a missing SDK.


from ansible_collections.cloudmail.ses.plugins.module_utils._aws.document import (
    Document,
    DocumentError,
    read_document,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import (
    PlanError,
    SesError,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.tags import (
    TagChange,
    tag_change,
    wanted_tags,
)

#: Seconds between the looks for what is said to exist.
_PAUSES = (1, 2, 4)
DESCRIPTION = "SMTP credential of Amazon SES"


@dataclass(frozen=True)
class Stored:
    """A credential as found in its store. ``kms_key_id`` is filled only where a write has to name it again."""

    name: str
    arn: str
    document: Document = field(repr=False)
    kms_key_id: str = ""


@dataclass(frozen=True)
class StoreFacts:
    """What protects and marks a stored credential; None was not asked for."""

    kms_key_id: Optional[str] = None
    tags: Optional[Mapping[str, str]] = None

    def visible(self) -> Dict[str, Any]:
        """Return what is known, as people may see it."""
        facts = {"kms_key_id": self.kms_key_id, "tags": None if self.tags is None else dict(self.tags)}
        return {name: value for name, value in facts.items() if value is not None}

    def after(self, change: StoreChange) -> StoreFacts:
        """Return the facts after a change."""
        tags = None if self.tags is None else {k: v for k, v in self.tags.items() if k not in change.tags.remove}
        return StoreFacts(change.rekey or self.kms_key_id, tags if tags is None else {**tags, **change.tags.put})


@dataclass(frozen=True)
class StoreChange:
    """What has to change about a stored credential, apart from its document; ``rekey`` names the KMS key."""

    tags: TagChange
    rekey: str = ""

    def __bool__(self) -> bool:
        return bool(self.tags or self.rekey)


def store_change(
    facts: StoreFacts, *, tags: Optional[Mapping[str, Any]], purge: bool, kms_key_id: Optional[str]
) -> StoreChange:
    """Return what turns ``facts`` into what is wanted; what is None on either side is left alone."""
    before = facts.tags or {}
    after = before if facts.tags is None else wanted_tags(before, tags, purge=purge)
    rekey = kms_key_id if kms_key_id and facts.kms_key_id and _another_key(kms_key_id, facts.kms_key_id) else ""
    return StoreChange(tag_change(before, after), rekey)


def _another_key(wanted: str, found: str) -> bool:
    """Return whether another key is wanted, as far as the names tell.

    Whether an alias of one's own belongs to a key that is named by its id, only KMS knows. Who asks for it again and again
    would never be done, so that counts as the same. The alias of a service's default key names no key of one's own.
    """
    name, other = _key_name(wanted), _key_name(found)
    unknown = name.startswith("alias/") and not name.startswith("alias/aws/") and not other.startswith("alias/")
    return name != other and not unknown


def _key_name(key_id: str) -> str:
    """Return the id of a KMS key, or its alias, from that or from an ARN."""
    name = key_id.rpartition(":")[2] if key_id.startswith("arn:") else key_id
    return name[4:] if name.startswith("key/") else name


class MarkedForDeletion(SesError):
    """The secret is marked for deletion: it cannot be read, and its name cannot be used yet."""


class Store(ABC):
    """What every store can do. ``kind`` is the value of the option store and the boto3 service, ``where`` is for people."""

    kind: str
    region: str
    where: str

    @abstractmethod
    def read(self, name: str) -> Optional[Stored]:
        """Return what is stored, None when there is nothing of this name. Raises SesError."""

    @abstractmethod
    def facts(self, stored: Stored, *, kms: bool, tags: bool) -> StoreFacts:
        """Return the KMS key and the tags, as far as asked for."""

    def prepared(self, stored: Stored) -> Stored:
        """Return ``stored`` with what a write over it has to name. Raises SesError."""
        return stored

    @abstractmethod
    def write(
        self, name: str, document: Document, *, before: Optional[Stored], tags: Mapping[str, str], rekey: bool = False
    ) -> str:
        """Store ``document``, over what there was ``before``; return its ARN, empty when there is none to be known."""

    @abstractmethod
    def tag(self, stored: Stored, change: TagChange) -> None:
        """Set and remove tags."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """Delete what is stored; nothing there is no error."""

    def _created_already(self, name: str, document: Document, refused: ClientError) -> str:
        """Return the ARN of what a creation found in its place, when that is ``document``.

        When the answer to a creation is lost, botocore repeats it, and is told that there is something of this name. Raises
        PlanError when somebody else has stored that, and ``refused`` when nobody can tell.
        """
        stored = self.read(name)
        for pause in _PAUSES:
            if stored:
                break
            time.sleep(pause)
            stored = self.read(name)
        if stored is None:
            raise refused
        if stored.document == document:
            return stored.arn
        raise PlanError(
            f"Meanwhile somebody else (another run?) has stored a credential as {name} in {self.where}: the access key "
            f"{stored.document.username}. It was left alone."
        ) from None


class NoStore(Store):
    """Keeps nothing: whoever creates the credential has to keep it."""

    kind = "none"
    region = ""
    where = "no store"

    def read(self, name: str) -> Optional[Stored]:
        """Return None: nothing is ever kept."""
        return None

    def facts(self, stored: Stored, *, kms: bool, tags: bool) -> StoreFacts:
        """Return nothing."""
        return StoreFacts()

    def write(
        self, name: str, document: Document, *, before: Optional[Stored], tags: Mapping[str, str], rekey: bool = False
    ) -> str:
        """Return an empty ARN."""
        return ""

    def tag(self, stored: Stored, change: TagChange) -> None:
        """Do nothing."""

    def delete(self, name: str) -> None:
        """Do nothing."""


def read_unmarked(store: Store, name: str) -> Tuple[Optional[Stored], Optional[MarkedForDeletion]]:
    """Return what is stored, and the error of a secret that is marked for deletion: that is as good as gone."""
    try:
        return store.read(name), None
    except MarkedForDeletion as exc:
        return None, exc


def parsed(text: str, name: str, where: str) -> Document:
    """Return the document in ``text``. Raises PlanError when it is something else."""
    try:
        return read_document(text)
    except DocumentError as exc:
        raise PlanError(
            f"{name} exists in {where}, but {exc}. It was left alone: use another name for the credential."
        ) from None
