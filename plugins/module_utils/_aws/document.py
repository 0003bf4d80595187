# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The document of a credential in its store. Its text is a secret; its ``visible`` part is not."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import derive_smtp_password

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_KIND = "cloudmail.ses/smtp-credential"


class DocumentError(ValueError):
    """A stored text that is not a credential of this collection. The message never quotes the text."""


@dataclass(frozen=True)
class StoredKey:
    """An access key as it is stored: ``username`` is its id, ``passwords`` has one for each region."""

    username: str
    created: str
    passwords: Mapping[str, str] = field(repr=False)
    secret_access_key: Optional[str] = field(default=None, repr=False)

    @property
    def made_at(self) -> Optional[datetime]:
        """When the key was created, None when the document does not say it in our way."""
        try:
            return datetime.strptime(self.created, TIME_FORMAT).replace(tzinfo=timezone.utc)
        except ValueError:
            return None

    def visible(self) -> Dict[str, Any]:
        """Return what may be shown: no secret."""
        return {**self.facts(), "secret_access_key_kept": self.secret_access_key is not None}

    def facts(self) -> Dict[str, Any]:
        """Return which key it is, since when, and for which regions."""
        return {"username": self.username, "created": self.created, "regions": sorted(self.passwords)}

    def missing(self, regions: Sequence[str]) -> List[str]:
        """Return those of ``regions`` that have no password and cannot get one, sorted."""
        return [] if self.secret_access_key is not None else sorted(set(regions) - set(self.passwords))

    def with_regions(self, regions: Sequence[str]) -> StoredKey:
        """Return the key with passwords for ``regions`` too, as far as its secret was kept."""
        new = [region for region in regions if region not in self.passwords]
        if not new or self.secret_access_key is None:
            return self
        return replace(self, passwords={**self.passwords, **derive_all(self.secret_access_key, new)})

    def without_secret(self) -> StoredKey:
        """Return the key without its secret access key."""
        return replace(self, secret_access_key=None)


@dataclass(frozen=True)
class Document:
    """An SMTP credential: its current key, and while it is rotated the one that comes or the one that goes."""

    user_name: str
    current: StoredKey
    pending: Optional[StoredKey] = None
    previous: Optional[StoredKey] = None

    @property
    def stored_keys(self) -> Tuple[StoredKey, ...]:
        """All keys, the current one first."""
        return tuple(key for key in (self.current, self.pending, self.previous) if key)

    @property
    def username(self) -> str:
        """The id of the current key."""
        return self.current.username

    @property
    def created(self) -> str:
        """When the current key was created."""
        return self.current.created

    @property
    def passwords(self) -> Mapping[str, str]:
        """The current passwords by region."""
        return self.current.passwords

    def role(self, key_id: str) -> Optional[str]:
        """Return current, pending or previous, None for a key that is not stored."""
        roles = (("current", self.current), ("pending", self.pending), ("previous", self.previous))
        return next((role for role, key in roles if key and key.username == key_id), None)

    def without_secrets(self) -> Document:
        """Return the document without the secret access keys: passwords alone."""
        return Document(
            self.user_name,
            current=self.current.without_secret(),
            pending=self.pending.without_secret() if self.pending else None,
            previous=self.previous.without_secret() if self.previous else None,
        )

    def visible(self) -> Dict[str, Any]:
        """Return what may be shown: no secret."""
        shown: Dict[str, Any] = {"user_name": self.user_name, **self.current.visible()}
        if self.pending:
            shown["pending"] = self.pending.visible()
        if self.previous:
            shown["previous"] = self.previous.visible()
        return shown


def derive_all(secret_access_key: str, regions: Sequence[str]) -> Dict[str, str]:
    """Return the SMTP password of every region."""
    return {region: derive_smtp_password(secret_access_key, region) for region in regions}


def read_document(text: str) -> Document:
    """Return the document in ``text``. Raises DocumentError."""
    try:
        data = json.loads(text)
        if data["kind"] != _KIND:
            raise KeyError("kind")
        return Document(
            user_name=str(data["user_name"]),
            current=_read_key(data),
            pending=_read_key(data["pending"]) if data.get("pending") else None,
            previous=_read_key(data["previous"]) if data.get("previous") else None,
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        # From None: the cause's text could quote the secret.
        raise DocumentError("it is not a credential that cloudmail.ses.ses_smtp_credential has stored") from None


def _read_key(data: Mapping[str, Any]) -> StoredKey:
    return StoredKey(
        username=str(data["username"]),
        created=str(data["created"]),
        passwords={str(region): str(password) for region, password in data["passwords"].items()},
        secret_access_key=data.get("secret_access_key"),
    )


def write_document(document: Document) -> str:
    """Return the text to store. The current key stands at the top, as before there was rotation."""
    data: Dict[str, Any] = {"kind": _KIND, "user_name": document.user_name, **_write_key(document.current)}
    if document.pending:
        data["pending"] = _write_key(document.pending)
    if document.previous:
        data["previous"] = _write_key(document.previous)
    return json.dumps(data, sort_keys=True)


def _write_key(key: StoredKey) -> Dict[str, Any]:
    data: Dict[str, Any] = {"username": key.username, "created": key.created, "passwords": dict(key.passwords)}
    if key.secret_access_key is not None:
        data["secret_access_key"] = key.secret_access_key
    return data
