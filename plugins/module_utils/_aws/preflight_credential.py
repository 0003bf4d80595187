# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an SMTP credential is one that SES lets in: user, access key, stored passwords."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, List, Optional, Sequence, Tuple, Union

try:
    from botocore.exceptions import ClientError
except ImportError:
    pass  # AnsibleAWSModule reports a missing SDK.

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.document import Document
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import SesError, calling, error_code
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.iam_user import IamUser, User
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.ledger import AccessKey
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_question import (
    Findings,
    refused,
    together,
    unknown,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store import Store
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.unread import Unread, unless_denied
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import CredentialError, check_smtp_password

#: How long IAM's lists may lag behind, and the seconds between looks at them meanwhile.
_NEW = timedelta(minutes=1)
_PAUSES = (1, 2, 4)
#: IAM answers both in the same way.
_NO_OWNER = "The access key {key} is not one of this account, or the caller may not ask whose it is. {why}"
_MAKE = "Create it with cloudmail.ses.ses_smtp_credential."


@dataclass(frozen=True)
class Named:
    """How a credential was named: by the name of its store, by its user, by its key. Empty texts mean not at all."""

    name: str = ""
    where: str = ""
    user_name: str = ""
    access_key_id: str = ""


@dataclass(frozen=True)
class CredentialState:
    """What there is of a credential. ``document`` is None when nothing is stored or no store was named."""

    named: Named
    document: Union[Document, Unread, None] = None
    user: Union[User, Unread, None] = None
    keys: Union[Tuple[AccessKey, ...], Unread] = ()

    @property
    def access_key_id(self) -> str:
        """The key that sends, empty when any key of the user may be meant."""
        stored = self.document.username if isinstance(self.document, Document) else ""
        return self.named.access_key_id or stored


def read_credential(client: Any, named: Named, store: Store) -> CredentialState:
    """Return what there is of a credential; ``client`` is one of IAM."""
    state = CredentialState(named)
    if named.name:
        stored = unless_denied(lambda: store.read(named.name))
        if stored is None:
            return state
        state = replace(state, document=stored if isinstance(stored, Unread) else stored.document)
    user_name = _user_name(state)
    if not user_name:
        owner = unless_denied(lambda: key_owner(client, named.access_key_id))
        if isinstance(owner, Unread):
            return replace(state, user=Unread(_NO_OWNER.format(key=named.access_key_id, why=owner.why)))
        user_name = owner
    if not user_name:
        return state
    iam = IamUser(user_name, client=client, once=client)
    state = _read_user(replace(state, named=replace(named, user_name=user_name)), iam)
    for pause in _PAUSES:
        if not _may_lag(state, iam):
            break
        time.sleep(pause)
        state = _read_user(state, iam)
    return state


def _read_user(state: CredentialState, iam: IamUser) -> CredentialState:
    user = unless_denied(iam.get)
    return replace(state, user=user, keys=unless_denied(lambda: _keys_of(iam)) if user else ())


def _keys_of(iam: IamUser) -> Tuple[AccessKey, ...]:
    try:
        return iam.keys()
    except SesError as exc:
        # Of a user that the caller may not read, this is the first that says whether it exists.
        if exc.exception is None or error_code(exc.exception) != "NoSuchEntity":
            raise
        return ()


def _may_lag(state: CredentialState, iam: IamUser) -> bool:
    """Return whether IAM's servers may not have heard yet of the key, which was stored just now."""
    if not isinstance(state.document, Document) or isinstance(state.keys, Unread):
        return False
    made_at = state.document.current.made_at
    seen = any(key.id == state.document.username for key in state.keys)
    return not seen and made_at is not None and iam.now - made_at < _NEW


def _user_name(state: CredentialState) -> str:
    if state.named.user_name:
        return state.named.user_name
    if isinstance(state.document, Document):
        return state.document.user_name
    # The name that ses_smtp_credential gives to a user without one.
    return state.named.name.strip("/").replace("/", "-")


def key_owner(client: Any, access_key_id: str) -> str:
    """Return the name of the user whose key this is, empty when this account has no such key."""
    with calling("iam:GetAccessKeyLastUsed", f"find out whose access key {access_key_id} is"):
        try:
            answer = client.get_access_key_last_used(aws_retry=True, AccessKeyId=access_key_id)
        except ClientError as exc:
            if error_code(exc) == "NoSuchEntity":
                return ""
            raise
        return str(answer.get("UserName") or "")


def credential_findings(state: CredentialState, region: str) -> Findings:
    """Return what speaks against the credential in one region."""
    return together([_stored(state, region), _user(state), _keys(state)])


def _stored(state: CredentialState, region: str) -> Findings:
    named, document = state.named, state.document
    if not named.name:
        return Findings()
    if isinstance(document, Unread):
        return unknown(document.why)
    if document is None:
        return refused("credential_missing", f"There is no credential {named.name} in {named.where}.", _MAKE)
    if region not in document.passwords:
        return refused(
            "password_missing",
            f"The credential {named.name} in {named.where} has no SMTP password for {region}, only for "
            f"{', '.join(sorted(document.passwords)) or 'no region'}; a password works in one region.",
            "Add the region with cloudmail.ses.ses_smtp_credential (regions); its error says how when the secret of the key "
            "was not kept.",
        )
    try:
        check_smtp_password(document.passwords[region])
    except CredentialError as exc:
        return refused("password_wrong", f"The password for {region} in {named.name} cannot work. {exc}", _MAKE)
    return Findings()


def _user(state: CredentialState) -> Findings:
    if isinstance(state.user, Unread):
        return unknown(state.user.why)
    if state.user is not None or (state.named.name and state.document is None):
        return Findings()
    if state.named.user_name:
        return refused("user_missing", f"There is no IAM user {state.named.user_name}.", _MAKE)
    return refused(
        "key_unknown",
        f"No IAM user of this account has the access key {state.named.access_key_id}: it was deleted, or belongs to another "
        "account.",
        "Use the access key of an existing IAM user, or credentials of the other account for this task.",
    )


def _keys(state: CredentialState) -> Findings:
    if isinstance(state.keys, Unread):
        return unknown(state.keys.why)
    if state.user is None:
        return Findings()
    name, wanted = state.named.user_name, state.access_key_id
    if not name:
        return Findings()
    candidates = [key for key in state.keys if not wanted or key.id == wanted]
    if any(key.active for key in candidates):
        return Findings()
    if candidates:
        return _inactive(candidates, name)
    if not wanted:
        return refused("key_missing", f"The IAM user {name} has no access key.", _MAKE)
    return refused(
        "key_not_of_user",
        f"The access key {wanted} is not one of the IAM user {name}, which has {_ids(state.keys) or 'none'}: it was deleted, "
        "or belongs to another user.",
        "Create a new one with cloudmail.ses.ses_smtp_credential, or name the user that has this key.",
    )


def _inactive(keys: Sequence[AccessKey], user: str) -> Findings:
    plural = len(keys) > 1
    return refused(
        "key_inactive",
        f"The access key{'s' if plural else ''} {_ids(keys)} of the IAM user {user} {'are' if plural else 'is'} inactive; "
        "SES answers 535 to inactive keys.",
        "Make it active again (aws iam update-access-key --status Active), or replace it with "
        "cloudmail.ses.ses_smtp_credential.",
    )


def _ids(keys: Sequence[AccessKey]) -> str:
    names: List[str] = [key.id for key in keys]
    return ", ".join(names)


def known_user(state: Optional[CredentialState]) -> Optional[User]:
    """Return the user whose policies decide, None when there is none or it cannot be read."""
    return state.user if state and isinstance(state.user, User) else None
