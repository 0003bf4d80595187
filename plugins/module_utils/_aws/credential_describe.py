# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An SMTP credential in facts, and what is wrong with it in words. Nothing here is secret."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_policy import former_policy
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_state import (
    Before,
    Wanted,
    key_status,
    lost_problem,
    rotation_of,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.document import TIME_FORMAT, Document
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.iam_user import IamUser, KeyUse
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.ledger import STORE_TAG, TAGS, AccessKey
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store import Store, read_unmarked

_ROLES = ("current", "pending", "previous", "lost", "unstored", "foreign")


def inspect(iam: IamUser, store: Store, wanted: Wanted) -> Tuple[Before, Dict[str, KeyUse]]:
    """Return what is there, with one call for each thing, and the last uses of its keys by their ids."""
    user = iam.get()
    keys = iam.keys(seen=True) if user else ()
    uses = {key.id: iam.last_use(key.id) for key in keys}
    used = {key_id: use for key_id, use in uses.items() if use}
    stored, marked = read_unmarked(store, wanted.name)
    before = Before(
        user=user,
        policy=iam.policy(wanted.policy_name) if user else None,
        keys=keys,
        stored=stored,
        now=iam.now,
        used=frozenset(used),
        former_policy=former_policy(user.tags if user else {}, wanted.policy_name, read=iam.policy),
        marked=marked,
    )
    return before, used


def credential_facts(before: Before, wanted: Wanted, uses: Mapping[str, KeyUse]) -> Dict[str, Any]:
    """Return the facts about a credential."""
    user, stored = before.user, before.stored
    document = stored.document if stored else None
    store = {"type": wanted.store_kind, "name": wanted.name, "region": wanted.store_region}
    keys = [_key_facts(before, key, use=uses.get(key.id), role=_role(before, wanted, key)) for key in before.keys]
    return {
        "exists": bool(document or any(key["role"] != "foreign" for key in keys)),
        "user_name": wanted.user_name,
        "user": None
        if user is None
        else {
            "arn": user.arn,
            "path": user.path,
            "permissions_boundary": user.boundary,
            "tags": {name: value for name, value in user.tags.items() if name not in TAGS},
        },
        "keys": sorted(keys, key=lambda key: (_ROLES.index(key["role"]), key["id"])),
        "rotation": rotation_of(before, before.document),
        "regions": sorted(document.passwords) if document else [],
        "store": {**store, "arn": stored.arn} if stored else store,
        "secret_access_key_kept": bool(document and document.current.secret_access_key is not None),
        "policy": {"name": wanted.policy_name, "document": before.policy},
        "problems": problems(before, wanted),
    }


def _role(before: Before, wanted: Wanted, key: AccessKey) -> str:
    # With no store, a key of ours has its passwords wherever the user has put them.
    settled = key in before.own_keys and key.id not in before.lost
    return "current" if wanted.store_kind == "none" and settled else before.role(key.id)


def _key_facts(before: Before, key: AccessKey, *, use: Optional[KeyUse], role: str) -> Dict[str, Any]:
    stored = before.stored.document.stored_keys if before.stored else ()
    regions = next((sorted(part.passwords) for part in stored if part.username == key.id), [])
    return {
        "id": key.id,
        "role": role,
        "status": key_status(active=key.active),
        "created": key.created.strftime(TIME_FORMAT),
        "age_days": max(0, (before.now - key.created).days),
        "regions": regions,
        "last_used": use.moment.strftime(TIME_FORMAT) if use else None,
        "last_used_service": _named(use.service) if use else None,
        "last_used_region": _named(use.region) if use else None,
    }


def _named(text: str) -> Optional[str]:
    return None if text in ("", "N/A") else text


def problems(before: Before, wanted: Wanted) -> List[str]:
    """Return what is wrong, one sentence or two each, with the next step."""
    document = before.stored.document if before.stored else None
    user = f"the IAM user {wanted.user_name}"
    if document and (before.user is None or document.user_name != wanted.user_name):
        return [_without_user(document, wanted)]
    found = [*_stored_problems(before, user), *_key_problems(before, wanted, user)]
    ours = document or before.ledger or before.own_keys
    if before.marked:
        found.append(before.marked.message)
    if before.former_policy:
        found.append(
            f"The policy of {user} is {before.former_policy}, not {wanted.policy_name}. Give that policy_name, or run "
            f"ses_smtp_credential with policy_name={wanted.policy_name}, which replaces it."
        )
    elif before.user and ours and before.policy is None:
        found.append(
            f"{user[0].upper()}{user[1:]} has no policy {wanted.policy_name}, so it may send nothing unless another policy "
            "allows that. Run ses_smtp_credential, which writes it."
        )
    return found


def _without_user(document: Document, wanted: Wanted) -> str:
    if document.user_name != wanted.user_name:
        return (
            f"{wanted.name} in {wanted.where} holds the credential of the IAM user {document.user_name}, not of "
            f"{wanted.user_name}. Ask with that user_name, or another name."
        )
    return (
        f"{wanted.name} is stored in {wanted.where}, but the IAM user {wanted.user_name} of its access key "
        f"{document.username} does not exist, so its passwords do not work. Run ses_smtp_credential, which makes user and "
        "key again, or check the account."
    )


def _stored_problems(before: Before, user: str) -> List[str]:
    document = before.stored.document if before.stored else None
    found = []
    for part in document.stored_keys if document else ():
        role, key = document.role(part.username) if document else "", before.listed(part)
        if key is None:
            next_step = {
                "current": "Run ses_smtp_credential, which replaces it (with rotation=promoted, when one is pending).",
                "pending": "Run ses_smtp_credential, which forgets it, or with rotation=pending makes another.",
                "previous": "Run ses_smtp_credential, which forgets it.",
            }[str(role)]
            found.append(
                f"The {role} access key {part.username} is stored, but {user} does not have it any more. {next_step}"
            )
        elif not key.active and role != "previous":
            found.append(
                f"The {role} access key {part.username} of {user} is inactive, so its passwords do not work. Activate it "
                "(aws iam update-access-key), or replace it with rotation="
                + ("pending and promoted." if role == "current" else "cancelled, then pending.")
            )
    return found


def _key_problems(before: Before, wanted: Wanted, user: str) -> List[str]:
    found = []
    at = before.user.tags.get(STORE_TAG, "an unknown place") if before.user else ""
    ours = bool(before.stored or before.ledger)
    for key in before.keys:
        role = before.role(key.id)
        if role == "lost":
            found.append(
                lost_problem(before, wanted.user_name)
                or f"The access key {key.id} of {user} was created by a run that ended before its passwords were stored. Run "
                "ses_smtp_credential, which deletes it."
            )
        elif role == "unstored" and wanted.store_kind != "none":
            found.append(
                f"The access key {key.id} of {user} is this credential's, but its passwords are not in {wanted.where} under "
                f"{wanted.name} (the credential is stored in: {at}). Use that store, region and name, or delete the key if "
                "nobody uses it."
            )
        elif role == "foreign" and ours:
            found.append(
                f"The access key {key.id} of {user} is not of this credential, and takes the place that a rotation needs. "
                "Delete it if nobody uses it, or use another user_name."
            )
    return found
