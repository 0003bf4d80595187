# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be set on an SES identity, and how the API writes it. Pure: no calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_dkim import (
    EASY_DKIM,
    KEY_TAG,
    OWN_KEY,
    OwnKey,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_policy import parse
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.tags import to_dict

#: The API's default of an identity that was never told otherwise.
DEFAULT_MX_BEHAVIOR = "USE_DEFAULT_VALUE"


@dataclass(frozen=True)
class Settings:
    """What a user can set on an identity. Empty texts mean none."""

    dkim_signing: bool
    dkim_key_length: str
    mail_from_domain: str
    mail_from_on_mx_failure: str
    feedback_forwarding: bool
    configuration_set: str
    #: Without the tag that holds ``dkim_key``.
    tags: Mapping[str, str]
    #: Where the DKIM keys come from: AWS_SES, EXTERNAL, or AWS_SES_ and a region.
    dkim_origin: str = EASY_DKIM
    #: The selector of a key of one's own, and the fingerprint of its public half.
    dkim_selector: str = ""
    dkim_key: str = ""
    policies: Mapping[str, Any] = field(default_factory=dict)


def settings_of(answer: Mapping[str, Any]) -> Settings:
    """Return the settings in GetEmailIdentity's answer."""
    dkim = answer.get("DkimAttributes") or {}
    mail_from = answer.get("MailFromAttributes") or {}
    tags = to_dict(answer.get("Tags"))
    origin = str(dkim.get("SigningAttributesOrigin") or EASY_DKIM)
    return Settings(
        dkim_signing=bool(dkim.get("SigningEnabled", False)),
        # Of a key of one's own SES tells no length that can be wanted.
        dkim_key_length="" if origin == OWN_KEY else str(dkim.get("NextSigningKeyLength") or ""),
        mail_from_domain=str(mail_from.get("MailFromDomain") or ""),
        mail_from_on_mx_failure=str(mail_from.get("BehaviorOnMxFailure") or DEFAULT_MX_BEHAVIOR),
        feedback_forwarding=bool(answer.get("FeedbackForwardingStatus", False)),
        configuration_set=str(answer.get("ConfigurationSetName") or ""),
        tags={key: value for key, value in tags.items() if key != KEY_TAG},
        dkim_origin=origin,
        # For keys of one's own the one token is the selector.
        dkim_selector="".join((dkim.get("Tokens") or [])[:1]) if origin == OWN_KEY else "",
        dkim_key=tags.get(KEY_TAG, ""),
        policies=parse(answer.get("Policies")),
    )


def signing_attributes(origin: str, *, key: Optional[OwnKey], key_length: str) -> Dict[str, str]:
    """Return the SigningAttributes for PutEmailIdentityDkimSigningAttributes."""
    if key is not None:
        return {"DomainSigningSelector": key.selector, "DomainSigningPrivateKey": key.private_key}
    return {"NextSigningKeyLength": key_length} if origin == EASY_DKIM and key_length else {}


def identity_facts(name: str, answer: Mapping[str, Any], region: str) -> Dict[str, Any]:
    """Return GetEmailIdentity's answer in snake case, with ``name``, ``region`` and tags as a dictionary."""
    known = {key: value for key, value in answer.items() if key not in ("ResponseMetadata", "Tags", "Policies")}
    facts: Dict[str, Any] = camel_dict_to_snake_dict(known)
    facts.update(name=name, region=region, tags=to_dict(answer.get("Tags")), policies=answer.get("Policies") or {})
    for missing in ("dkim_attributes", "mail_from_attributes"):
        facts[missing] = facts.get(missing) or {}
    return facts
