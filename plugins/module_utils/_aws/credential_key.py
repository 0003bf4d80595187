# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create an access key and store its passwords, or leave nothing of it behind."""

from __future__ import annotations

from typing import Optional, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_plan import (
    PresentPlan,
    new_key_regions,
    with_new_key,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_state import Before, Wanted
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.document import (
    TIME_FORMAT,
    Document,
    StoredKey,
    derive_all,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import (
    PlanError,
    SesError,
    may_have_happened,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.iam_user import IamUser, NewKey
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.ledger import (
    TAG,
    AccessKey,
    Ledger,
    read_ledger,
    write_ledger,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store import Store


def create_and_store(
    iam: IamUser, store: Store, before: Before, *, wanted: Wanted, steps: PresentPlan
) -> Tuple[AccessKey, Document, str]:
    """Return the new key, the document with it, and the ARN of what is stored."""
    try:
        key = iam.create_key()
    except SesError as exc:
        if may_have_happened(exc):
            raise
        raise _because(exc, exc.message + _settle(iam, before, steps)) from exc
    try:
        new = _stored_key(key, steps.document, wanted)
        document = with_new_key(steps.document, steps.new_key, new, user_name=wanted.user_name)
        tags = {name: str(value) for name, value in (wanted.tags or {}).items()}
        if not _is_ours(iam, before, steps):
            raise PlanError(
                f"Another run has begun to make an access key of the IAM user {iam.name} meanwhile (its note in the tag {TAG} "
                "says so)."
            )
        arn = store.write(wanted.name, document, before=before.stored, tags=tags, rekey=bool(steps.store.rekey))
    except BaseException as exc:
        raise _undone(iam, before, steps, key=key.id, exc=exc, name=f"{wanted.name} in {wanted.where}") from exc
    iam.tag({TAG: write_ledger(_settled(before, steps, key.id))})
    return AccessKey(key.id, active=True, created=key.created), document, arn


def _stored_key(key: NewKey, document: Optional[Document], wanted: Wanted) -> StoredKey:
    return StoredKey(
        username=key.id,
        created=key.created.strftime(TIME_FORMAT),
        passwords=derive_all(key.secret, new_key_regions(document, wanted)),
        secret_access_key=key.secret if wanted.keep_secret else None,
    )


def _is_ours(iam: IamUser, before: Before, steps: PresentPlan) -> bool:
    """Return whether the note on the user is still that of this run, or the one before it: IAM may show tags late."""
    user = iam.get()
    return user is None or read_ledger(user.tags) in (steps.ledger, before.ledger)


def _settled(before: Before, steps: PresentPlan, *new: str) -> Ledger:
    own = [key.id for key in before.own_keys if key.id not in steps.delete_keys]
    return steps.ledger.settled([*own, *new])


def _settle(iam: IamUser, before: Before, steps: PresentPlan) -> str:
    """Take our note back, because no key is on its way any more; return what to know when that fails.

    Otherwise a key that somebody makes by hand within its time would look like one that a killed run has lost.
    """
    try:
        if _is_ours(iam, before, steps):
            iam.tag({TAG: write_ledger(_settled(before, steps))})
    except SesError:
        return (
            f" The tag {TAG} of the IAM user {iam.name} still says that a key is on its way: make none by hand before the "
            "next run has ended well."
        )
    return ""


def _undone(
    iam: IamUser, before: Before, steps: PresentPlan, *, key: str, exc: BaseException, name: str
) -> BaseException:
    unsure = may_have_happened(exc)
    try:
        iam.delete_key(key)
    except SesError as second:
        return _because(
            exc,
            f"{_text(exc)} The new access key {key} of the IAM user {iam.name} could not be deleted either: "
            f"{second.message} Run again in a few minutes: a later run deletes it"
            f"{', unless it was stored after all' if unsure else ''}.",
        )
    noted = _settle(iam, before, steps)
    if not isinstance(exc, Exception):
        return exc
    stored = (
        f"The answer to the write was lost, so {name} may hold the passwords of this deleted key, which SES refuses: the "
        "next run replaces them. "
    )
    next_step = "other run has ended" if isinstance(exc, PlanError) else "store can be written"
    return _because(
        exc,
        f"{_text(exc)} The new access key {key} was deleted again, so no key without a stored password is left. "
        f"{stored if unsure else ''}Run again when the {next_step}.{noted}",
    )


def _because(exc: BaseException, message: str) -> SesError:
    return SesError(message, getattr(exc, "exception", None))


def _text(exc: BaseException) -> str:
    # Texts of unknown errors may quote values; those of SesError are ours.
    return exc.message if isinstance(exc, SesError) else f"Storing the credential failed ({type(exc).__name__})."
