# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The document of a credential in its store. Its text is a secret; its ``visible`` part is not."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any, Dict, Mapping, Optional, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import derive_smtp_password

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_KIND = "cloudmail.ses/smtp-credential"


class DocumentError(ValueError):
    """A stored text that is not a credential of this collection. The message never quotes the text."""


@dataclass(frozen=True)
class Document:
    """An SMTP credential: ``username`` is the access key id, ``passwords`` has one for each region."""

    username: str
    user_name: str
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
        return {
            "username": self.username,
            "user_name": self.user_name,
            "created": self.created,
            "regions": sorted(self.passwords),
            "secret_access_key_kept": self.secret_access_key is not None,
        }

    def with_regions(self, regions: Sequence[str]) -> Document:
        """Return the document with passwords for ``regions`` too; needs the kept secret for new ones."""
        missing = [region for region in regions if region not in self.passwords]
        if not missing:
            return self
        if self.secret_access_key is None:
            raise DocumentError("the secret access key was not kept")
        return replace(self, passwords={**self.passwords, **derive_all(self.secret_access_key, missing)})


def derive_all(secret_access_key: str, regions: Sequence[str]) -> Dict[str, str]:
    """Return the SMTP password of every region."""
    return {region: derive_smtp_password(secret_access_key, region) for region in regions}


def read_document(text: str) -> Document:
    """Return the document in ``text``. Raises DocumentError."""
    try:
        data = json.loads(text)
        passwords = data["passwords"]
        if data["kind"] != _KIND or not isinstance(passwords, dict):
            raise KeyError("kind")
        return Document(
            username=str(data["username"]),
            user_name=str(data["user_name"]),
            created=str(data["created"]),
            passwords={str(region): str(password) for region, password in passwords.items()},
            secret_access_key=data.get("secret_access_key"),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        # From None: the cause's text could quote the secret.
        raise DocumentError("it is not a credential that cloudmail.ses.ses_smtp_credential has stored") from None


def write_document(document: Document) -> str:
    """Return the text to store."""
    data: Dict[str, Any] = {
        "kind": _KIND,
        "username": document.username,
        "user_name": document.user_name,
        "created": document.created,
        "passwords": dict(document.passwords),
    }
    if document.secret_access_key is not None:
        data["secret_access_key"] = document.secret_access_key
    return json.dumps(data, sort_keys=True)
