# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read an SMTP credential, again where IAM's answers may be behind."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from typing import Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_policy import former_policy
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_rotation import may_be_late
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_state import Before, Wanted
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.iam_user import IamUser
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.ledger import STORING
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store import Store, read_unmarked

#: Seconds between the looks for a key that must have been created just now, or that another run may be storing.
PAUSES = (1, 2, 4, 8)
#: Seconds between the looks for what the step before of a rotation has done to a key.
_LATE_PAUSES = (1, 2)


def read_before(iam: IamUser, store: Store, wanted: Wanted) -> Before:
    """Return what is there, with at most one call for each thing (more for a key that was created just now)."""
    before = _read(iam, store, wanted)
    # IAM's lists may lag behind. Who believes them creates a second key and forgets the first. And another run may be
    # storing the key that it has made: its note and its key are right a moment later.
    for pause in PAUSES:
        if not (before.user and (before.unseen or before.storing)):
            break
        time.sleep(pause)
        before = _read(iam, store, wanted)
    key = before.storing
    if key:
        # The run that made it was killed, or it has until then to store it. A task that takes some minutes once is
        # better than one that somebody has to start again.
        time.sleep((key.created + STORING - before.now).total_seconds() + 1)
        before = _read(iam, store, wanted)
    for pause in _LATE_PAUSES:
        if not may_be_late(before, wanted):
            break
        time.sleep(pause)
        before = replace(before, keys=iam.keys())
    return replace(before, used=frozenset(key_id for key_id in _in_question(before, wanted) if iam.last_use(key_id)))


def _read(iam: IamUser, store: Store, wanted: Wanted) -> Before:
    user = iam.get()
    policy = iam.policy(wanted.policy_name) if user else None
    keys = iam.keys(seen=True) if user else ()
    # After the keys: one that another run has stored meanwhile is then none that seems to be lost.
    stored, marked = read_unmarked(store, wanted.name)
    return Before(
        user=user,
        policy=policy,
        keys=keys,
        stored=stored,
        now=iam.now,
        run=secrets.token_hex(4),
        former_policy=former_policy(user.tags if user else {}, wanted.policy_name, read=iam.policy),
        marked=marked,
    )


def _in_question(before: Before, wanted: Wanted) -> Tuple[str, ...]:
    """Return the keys that would be deleted unless somebody has used them.

    Nobody can have used a key whose secret died with the run that created it: a used one is somebody else's.
    """
    pending = (
        before.listed(before.stored.document.pending) if before.stored and wanted.rotation == "cancelled" else None
    )
    return (*before.lost, pending.id) if pending and pending.active else before.lost
