# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The note on an IAM user that says which of its access keys belong to this collection.

An access key cannot carry a mark of its own, and its id is not known before it exists. So the user carries a tag, written
before a key is created: since when a key is on its way, and which keys were there already. A run that was killed between
the creation of a key and its storing leaves that tag, and a later run can tell the lost key from everybody else's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Mapping, Optional, Sequence, Tuple

#: The tag with the note. Its value holds only what IAM allows in tags, in at most 256 characters.
TAG = "cloudmail.ses:keys"
#: The tag that says where the credential is stored.
STORE_TAG = "cloudmail.ses:store"
#: The tag that says what the inline policy is called, when that is not the default.
POLICY_TAG = "cloudmail.ses:policy"
TAGS = (TAG, STORE_TAG, POLICY_TAG)

#: How long after the note a key may have been created by the run that wrote it. The next call after the note creates the
#: key; what takes time is waiting for a throttled IAM.
_WINDOW = timedelta(minutes=15)
#: AWS's own servers need not agree to the second. Keys from before the note are in ``others``, so this costs nothing.
_SKEW = timedelta(minutes=1)
#: For how long after its creation a key may still be on its way to the store: longer than a throttled store is asked again.
STORING = timedelta(minutes=3)
_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_KEY_ID = re.compile(r"[A-Z0-9a-z_]{16,128}")


@dataclass(frozen=True)
class AccessKey:
    """An access key of an IAM user, without its secret."""

    id: str
    active: bool
    created: datetime


@dataclass(frozen=True)
class Ledger:
    """``keys`` are ours; ``pending`` is when ``run`` was about to create a key, and ``others`` what was there then."""

    made_user: bool = False
    keys: Tuple[str, ...] = ()
    pending: Optional[datetime] = None
    others: Tuple[str, ...] = ()
    run: str = ""

    def awaiting(self, now: datetime, present: Sequence[AccessKey], *, run: str = "") -> Ledger:
        """Return the note to write before ``run`` creates a key."""
        others = tuple(sorted(key.id for key in present if key.id not in self.keys))
        return replace(self, pending=now.astimezone(timezone.utc).replace(microsecond=0), others=others, run=run)

    def settled(self, keys: Sequence[str]) -> Ledger:
        """Return the note to write when all of our keys are stored."""
        return replace(self, keys=tuple(sorted(keys)), pending=None, others=(), run="")

    def lost_keys(self, present: Sequence[AccessKey], stored: Sequence[str]) -> Tuple[AccessKey, ...]:
        """Return the keys that a run created and did not store: it was killed, or has not come to that yet."""
        since = self.pending
        if since is None:
            return ()
        known = {*self.keys, *self.others, *stored}
        return tuple(k for k in present if k.id not in known and since - _SKEW <= k.created <= since + _WINDOW)


def read_ledger(tags: Mapping[str, str]) -> Optional[Ledger]:
    """Return the note among the tags of a user, None when there is none."""
    text = tags.get(TAG)
    if text is None:
        return None
    fields = dict(part.partition("=")[::2] for part in text.split())
    return Ledger(
        made_user=fields.get("user") == "made",
        keys=_ids(fields.get("keys", "")),
        pending=_time(fields.get("pending", "")),
        others=_ids(fields.get("others", "")),
        run=fields.get("run", ""),
    )


def write_ledger(ledger: Ledger) -> str:
    """Return the value of the tag."""
    parts = [f"user={'made' if ledger.made_user else 'found'}"]
    if ledger.keys:
        parts.append(f"keys={'+'.join(ledger.keys)}")
    if ledger.pending:
        parts.append(f"pending={ledger.pending.strftime(_FORMAT)}")
    if ledger.others:
        parts.append(f"others={'+'.join(ledger.others)}")
    if ledger.run:
        parts.append(f"run={ledger.run}")
    return " ".join(parts)


def _ids(text: str) -> Tuple[str, ...]:
    return tuple(sorted(part for part in text.split("+") if _KEY_ID.fullmatch(part)))


def _time(text: str) -> Optional[datetime]:
    try:
        return datetime.strptime(text, _FORMAT).replace(tzinfo=timezone.utc)
    except ValueError:
        return None
