# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring an SES identity into the wanted state, and wait until SES has verified it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, Callable, Dict, Mapping, Optional, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity import Identities, Settings, settings_of
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_dns import given_up, pending
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_plan import Plan, Wanted, defaults_of, plan
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.tags import tag_change

#: Returns the ARN of an identity by its name; called only when tags of an existing identity change.
ArnOf = Callable[[str], str]


def ensure_identity(
    api: Identities, wanted: Wanted, *, arn_of: ArnOf, check_mode: bool
) -> Tuple[Plan, Optional[Dict[str, Any]]]:
    """Return the plan that was carried out, and GetEmailIdentity's answer after it (before it in check mode)."""
    answer = api.get(wanted.name)
    todo = plan(settings_of(answer) if answer else None, wanted)
    if not todo.changed or check_mode:
        return todo, answer
    if todo.after is None:
        api.delete(wanted.name)
        return todo, None
    _apply(api, wanted, todo.before, after=todo.after, arn_of=arn_of)
    return todo, api.get(wanted.name)


def _apply(api: Identities, wanted: Wanted, before: Optional[Settings], *, after: Settings, arn_of: ArnOf) -> None:
    name = wanted.name
    if before is None:
        api.create(
            name,
            tags=after.tags,
            key_length=after.dkim_key_length if wanted.dkim_key_length else None,
            configuration_set=after.configuration_set,
        )
        before = _as_created(name, after)
    if (before.mail_from_domain, before.mail_from_on_mx_failure) != (
        after.mail_from_domain,
        after.mail_from_on_mx_failure,
    ):
        api.set_mail_from(name, domain=after.mail_from_domain, behavior=after.mail_from_on_mx_failure)
    if before.dkim_key_length != after.dkim_key_length:
        api.set_key_length(name, after.dkim_key_length)
    if before.dkim_signing != after.dkim_signing:
        api.set_dkim_signing(name, after.dkim_signing)
    if before.feedback_forwarding != after.feedback_forwarding:
        api.set_feedback_forwarding(name, after.feedback_forwarding)
    if before.configuration_set != after.configuration_set:
        api.set_configuration_set(name, after.configuration_set)
    tags = tag_change(before.tags, after.tags)
    if tags:
        api.tag(name, arn=arn_of(name), put=tags.put, remove=tags.remove)


def _as_created(name: str, after: Settings) -> Settings:
    # What CreateEmailIdentity takes is as wanted already; the rest has the defaults of SES.
    return replace(
        defaults_of(name),
        dkim_key_length=after.dkim_key_length,
        configuration_set=after.configuration_set,
        tags=after.tags,
    )


def wait_for_identity(
    api: Identities, name: str, answer: Mapping[str, Any], *, timeout: int, delay: int
) -> Dict[str, Any]:
    """Ask SES every ``delay`` seconds until the identity is ready; return GetEmailIdentity's last answer.

    Raises SesError after ``timeout`` seconds, or as soon as SES has given up, and says what is missing.
    """
    deadline = time.monotonic() + timeout
    last: Mapping[str, Any] = answer
    while True:
        missing = pending(name, last, api.region)
        if not missing:
            return dict(last)
        what = f"The identity {name} in {api.region} is not ready: {'. Also, '.join(missing)}."
        stopped = given_up(last)
        if stopped:
            raise SesError(
                f"{what} SES has given up on its {stopped} (it looks for 72 hours). Put the records into DNS, delete "
                "the identity or its MAIL FROM domain, and run again."
            )
        left = deadline - time.monotonic()
        if left <= 0:
            raise SesError(
                f"{what} Waited {timeout} seconds. Check the records at the domain's name servers, then run again; "
                "DNS may take up to 72 hours."
            )
        time.sleep(min(delay, left))
        found = api.get(name)
        if found is None:
            raise SesError(f"The identity {name} in {api.region} was deleted by somebody while this task waited.")
        last = found
