# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carry out what was planned for an SES identity in one region."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Dict, Mapping, Optional, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity import Identities
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_dkim import (
    KEY_TAG,
    OWN_KEY,
    parent_region,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_plan import Wanted, defaults_of
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_settings import Settings, signing_attributes
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.tags import tag_change

#: Returns the ARN of an identity by its name and region.
ArnOf = Callable[[str, str], str]


def create(api: Identities, wanted: Wanted, after: Settings) -> Optional[Settings]:
    """Create the identity and return its settings then; None when there is one by now."""
    made = api.create(
        wanted.name,
        tags=_all_tags(after),
        signing=_first_keys(wanted, after),
        configuration_set=after.configuration_set,
    )
    return _as_created(wanted.name, after) if made else None


def apply(api: Identities, wanted: Wanted, before: Settings, *, after: Settings, arn_of: ArnOf) -> None:
    """Make the calls that turn ``before`` into ``after``, and no others."""
    name = wanted.name
    if _mail_from(before) != _mail_from(after):
        api.set_mail_from(name, domain=after.mail_from_domain, behavior=after.mail_from_on_mx_failure)
    if _keys(before) != _keys(after):
        api.set_dkim_keys(name, origin=after.dkim_origin, signing=_next_keys(wanted, after))
    if before.dkim_signing != after.dkim_signing:
        api.set_dkim_signing(name, after.dkim_signing)
    if before.feedback_forwarding != after.feedback_forwarding:
        api.set_feedback_forwarding(name, after.feedback_forwarding)
    if before.configuration_set != after.configuration_set:
        api.set_configuration_set(name, after.configuration_set)
    _apply_policies(api, name, before.policies, after=after.policies)
    # The tags come last: the one that holds the key's fingerprint must not tell of a key that SES does not have.
    tags = tag_change(_all_tags(before), _all_tags(after))
    if tags:
        api.tag(name, tags, arn=arn_of(name, api.region))


def _apply_policies(api: Identities, name: str, before: Mapping[str, Any], *, after: Mapping[str, Any]) -> None:
    for policy_name, policy in after.items():
        if policy_name not in before:
            api.create_policy(name, policy_name, policy)
        elif before[policy_name] != policy:
            api.update_policy(name, policy_name, policy)
    for policy_name in sorted(set(before) - set(after)):
        api.delete_policy(name, policy_name)


def _mail_from(settings: Settings) -> Tuple[str, str]:
    return settings.mail_from_domain, settings.mail_from_on_mx_failure


def _keys(settings: Settings) -> Tuple[str, ...]:
    # A fingerprint that stayed behind on an identity with keys of SES says nothing about its keys.
    own = (settings.dkim_selector, settings.dkim_key) if settings.dkim_origin == OWN_KEY else ()
    return (settings.dkim_origin, settings.dkim_key_length, *own)


def _first_keys(wanted: Wanted, after: Settings) -> Dict[str, str]:
    if parent_region(after.dkim_origin):
        return {"DomainSigningAttributesOrigin": after.dkim_origin}
    return _next_keys(wanted, after)


def _next_keys(wanted: Wanted, after: Settings) -> Dict[str, str]:
    key = wanted.dkim.key if wanted.dkim else None
    length = after.dkim_key_length if wanted.dkim_key_length else ""
    return signing_attributes(after.dkim_origin, key=key, key_length=length)


def _all_tags(settings: Settings) -> Dict[str, str]:
    own = {KEY_TAG: settings.dkim_key} if settings.dkim_key else {}
    return {**settings.tags, **own}


def _as_created(name: str, after: Settings) -> Settings:
    # What CreateEmailIdentity takes is as wanted already; the rest has the defaults of SES.
    return replace(
        defaults_of(name),
        dkim_origin=after.dkim_origin,
        dkim_key_length=after.dkim_key_length,
        dkim_selector=after.dkim_selector,
        dkim_key=after.dkim_key,
        configuration_set=after.configuration_set,
        tags=after.tags,
    )
