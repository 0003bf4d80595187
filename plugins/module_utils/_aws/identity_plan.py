# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to change on an SES identity. Pure: no calls."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Dict, Mapping, Optional

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.domain import (
    DomainError,
    domain_or_address,
    normal_domain,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_dkim import EASY_DKIM, KEY_TAG, OWN_KEY, Dkim
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_policy import Policies, planned
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_settings import DEFAULT_MX_BEHAVIOR, Settings
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.tags import wanted_tags

#: What SES gives to keys that it makes itself.
DEFAULT_KEY_LENGTH = "RSA_2048_BIT"


@dataclass(frozen=True)
class Wanted:
    """What the user asked for; None leaves a setting as it is, an empty text removes it."""

    name: str
    state: str = "present"
    dkim_signing: Optional[bool] = None
    dkim: Optional[Dkim] = None
    dkim_key_length: Optional[int] = None
    mail_from_domain: Optional[str] = None
    mail_from_on_mx_failure: Optional[str] = None
    feedback_forwarding: Optional[bool] = None
    configuration_set: Optional[str] = None
    policies: Optional[Policies] = None
    purge_policies: bool = False
    tags: Optional[Mapping[str, Any]] = None
    purge_tags: bool = True


@dataclass(frozen=True)
class Plan:
    """The settings before and after; None stands for no identity."""

    before: Optional[Settings]
    after: Optional[Settings]

    @property
    def changed(self) -> bool:
        """Whether anything has to be done."""
        return self.before != self.after


def normal_name(name: str) -> str:
    """Return the identity's name as SES keeps it: domains in lower case and punycode, local parts as they are.

    Raises PlanError.
    """
    try:
        return domain_or_address(name)
    except DomainError as exc:
        raise PlanError(f"{name!r} {exc}") from None


def defaults_of(name: str) -> Settings:
    """Return the settings that SES gives to a new identity."""
    return Settings(
        dkim_signing="@" not in name,
        dkim_key_length="" if "@" in name else DEFAULT_KEY_LENGTH,
        mail_from_domain="",
        mail_from_on_mx_failure=DEFAULT_MX_BEHAVIOR,
        feedback_forwarding=True,
        configuration_set="",
        tags={},
    )


def plan(before: Optional[Settings], wanted: Wanted) -> Plan:
    """Return what turns ``before`` (None: no identity) into what is wanted. Raises PlanError."""
    if wanted.state == "absent":
        return Plan(before, None)
    start = before or defaults_of(wanted.name)
    after = replace(
        start,
        tags=_wanted_tags(start, wanted),
        policies=planned(dict(start.policies), wanted.policies, purge=wanted.purge_policies),
    )
    if wanted.dkim_signing is not None:
        after = replace(after, dkim_signing=wanted.dkim_signing)
    if wanted.feedback_forwarding is not None:
        after = replace(after, feedback_forwarding=wanted.feedback_forwarding)
    if wanted.configuration_set is not None:
        after = replace(after, configuration_set=wanted.configuration_set)
    return Plan(before, _with_mail_from(_with_key_length(_with_dkim(after, wanted), wanted), wanted))


def _wanted_tags(start: Settings, wanted: Wanted) -> Dict[str, str]:
    tags = wanted_tags(start.tags, wanted.tags, purge=wanted.purge_tags)
    # What a user copies from a result may hold the tag that only dkim_key sets.
    return {key: value for key, value in tags.items() if key != KEY_TAG}


def _with_dkim(after: Settings, wanted: Wanted) -> Settings:
    dkim = wanted.dkim
    if dkim is None:
        return after
    if "@" in wanted.name:
        raise PlanError(
            f"The identity {wanted.name} is an address: the DKIM keys belong to its domain. "
            "Set dkim, dkim_private_key or dkim_origin_region on the domain's identity."
        )
    if dkim.key is not None:
        key = dkim.key
        return replace(
            after, dkim_origin=OWN_KEY, dkim_selector=key.selector, dkim_key=key.fingerprint, dkim_key_length=""
        )
    if after.dkim_origin == dkim.origin:
        return replace(after, dkim_selector="", dkim_key="")
    # SES makes or fetches other keys: those of SES have its default length unless dkim_key_length says otherwise.
    length = DEFAULT_KEY_LENGTH if dkim.origin == EASY_DKIM else ""
    return replace(after, dkim_origin=dkim.origin, dkim_selector="", dkim_key="", dkim_key_length=length)


def _with_key_length(after: Settings, wanted: Wanted) -> Settings:
    if wanted.dkim_key_length is None:
        return after
    length = f"RSA_{wanted.dkim_key_length}_BIT"
    if wanted.dkim is not None and wanted.dkim.origin != EASY_DKIM:
        # The length of a replica's keys is that of the identity they come from.
        return after
    _check_key_length(after, wanted.name, length)
    return replace(after, dkim_key_length=length)


def _check_key_length(start: Settings, name: str, length: str) -> None:
    if "@" in name:
        raise PlanError(
            f"The identity {name} is an address: the DKIM key belongs to its domain. "
            "Set dkim_key_length on the domain's identity."
        )
    # The one call that sets the length makes SES the origin of the keys as well.
    if start.dkim_origin == OWN_KEY:
        raise PlanError(
            f"The identity {name} signs with a DKIM key of your own (BYODKIM), whose length SES does not choose; setting "
            "dkim_key_length would replace it by keys of SES, whose records are not in DNS. Leave dkim_key_length out, "
            "or go to Easy DKIM with dkim: easy and put the new records into DNS."
        )
    if start.dkim_origin != EASY_DKIM and start.dkim_key_length != length:
        raise PlanError(
            f"The identity {name} takes its DKIM keys from another region ({start.dkim_origin}); setting dkim_key_length "
            "here would replace them by keys whose records are not in DNS. Set it on the identity in that region, and "
            "leave it out here."
        )


def _with_mail_from(after: Settings, wanted: Wanted) -> Settings:
    domain = after.mail_from_domain
    if wanted.mail_from_domain is not None:
        domain = _mail_from_domain(wanted.mail_from_domain.strip())
        _check_mail_from(wanted.name, domain)
    behavior = wanted.mail_from_on_mx_failure
    if behavior is not None and not domain:
        raise PlanError(
            f"mail_from_on_mx_failure is set for the identity {wanted.name}, which has no custom MAIL FROM domain. "
            "Set mail_from_domain as well."
        )
    if not domain:
        return replace(after, mail_from_domain="", mail_from_on_mx_failure=DEFAULT_MX_BEHAVIOR)
    on_failure = behavior.upper() if behavior else after.mail_from_on_mx_failure
    return replace(after, mail_from_domain=domain, mail_from_on_mx_failure=on_failure)


def _mail_from_domain(text: str) -> str:
    try:
        return normal_domain(text) if text else ""
    except DomainError as exc:
        raise PlanError(f"The MAIL FROM domain {text!r} {exc}") from None


def _check_mail_from(name: str, domain: str) -> None:
    parent = name.rpartition("@")[2]
    if domain and not domain.endswith(f".{parent}"):
        raise PlanError(
            f"The MAIL FROM domain {domain} is not a subdomain of {parent}, which SES requires. "
            f"Use for example bounce.{parent}, a name that no other mail server uses."
        )


def visible(settings: Optional[Settings], name: str) -> Dict[str, Any]:
    """Return settings for a diff."""
    return {"name": name, "state": "present", **asdict(settings)} if settings else {"name": name, "state": "absent"}
