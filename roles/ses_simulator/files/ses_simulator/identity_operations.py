# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SES v2 operations on identities."""

from __future__ import annotations

import base64
import re
from typing import Any

from ses_simulator import identities
from ses_simulator.iam import ses_arn
from ses_simulator.identities import SimulatedIdentity
from ses_simulator.operations import Params, ServiceError, bad_request, not_found, operation
from ses_simulator.simulation import Simulation

_DOMAIN = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+")
_PAGE_SIZE = 100


def _existing(region: str, name: str) -> SimulatedIdentity:
    identity = identities.find(region, name)
    if identity is None:
        raise not_found(f"Email identity {name} does not exist.")
    return identity


def _check_configuration_set(region: str, name: str | None) -> None:
    if name and not identities.has_configuration_set(region, name):
        raise not_found(f"Configuration set <{name}> does not exist.")


def _check_name(name: str) -> None:
    local, at, domain = name.rpartition("@")
    if not _DOMAIN.fullmatch(domain.lower()) or (at and not local):
        raise bad_request(f"Invalid email address or domain name<{name}>.")


def _signing_zone(region: str) -> str:
    # The zone differs by region: whoever hard-codes one finds out here.
    return "dkim.amazonses.com" if region == "us-east-1" else f"dkim.{region}.amazonses.com"


def _dkim(identity: SimulatedIdentity, region: str) -> dict[str, Any]:
    attributes = dict(identity.dkim_attributes)
    if identity.is_domain:
        attributes["Tokens"] = identity.dkim_tokens
        if attributes.get("SigningAttributesOrigin") == "AWS_SES":
            attributes["SigningHostedZone"] = _signing_zone(region)
    return attributes


def _mail_from(identity: SimulatedIdentity) -> dict[str, Any]:
    if not identity.mail_from_domain:
        return {"BehaviorOnMxFailure": identity.behavior_on_mx_failure}
    return {
        "MailFromDomain": identity.mail_from_domain,
        "MailFromDomainStatus": identity.mail_from_status,
        "BehaviorOnMxFailure": identity.behavior_on_mx_failure,
    }


def _tags(region: str, name: str) -> list[dict[str, str]]:
    tags: list[dict[str, str]] = identities.backend(region).tagger.list_tags_for_resource(
        ses_arn(region, "identity", name)
    )["Tags"]
    return tags


@operation("CreateEmailIdentity")
def create_email_identity(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Make an identity, pending unless the simulator verifies at once."""
    name = str(params["EmailIdentity"])
    _check_name(name)
    if identities.find(region, name):
        raise ServiceError("AlreadyExistsException", f"Email identity {name} already exist.")
    _check_configuration_set(region, params.get("ConfigurationSetName"))
    signing = params.get("DkimSigningAttributes")
    if signing:
        _check_signing(signing)
    identity = identities.create(
        region,
        name,
        dkim_signing_attributes=signing,
        configuration_set_name=params.get("ConfigurationSetName"),
    )
    if params.get("Tags"):
        arn = ses_arn(region, "identity", identity.email_identity)
        identities.backend(region).tagger.tag_resource(arn, params["Tags"])
    return {
        "IdentityType": identity.identity_type,
        "VerifiedForSendingStatus": identity.verified_for_sending_status,
        "DkimAttributes": _dkim(identity, region),
    }


@operation("GetEmailIdentity")
def get_email_identity(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Show everything about an identity."""
    identity = _existing(region, params["EmailIdentity"])
    shown: dict[str, Any] = {
        "IdentityType": identity.identity_type,
        "FeedbackForwardingStatus": identity.feedback_forwarding_status,
        "VerifiedForSendingStatus": identity.verified_for_sending_status,
        "DkimAttributes": _dkim(identity, region),
        "MailFromAttributes": _mail_from(identity),
        "Policies": dict(identity.policies),
        "Tags": _tags(region, identity.email_identity),
        "VerificationStatus": identity.verification_status,
        "VerificationInfo": {"LastCheckedTimestamp": identity.last_checked},
    }
    if identity.configuration_set_name:
        shown["ConfigurationSetName"] = identity.configuration_set_name
    if identity.verified_for_sending_status:
        shown["VerificationInfo"]["LastSuccessTimestamp"] = identity.last_checked
    return shown


@operation("DeleteEmailIdentity")
def delete_email_identity(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Remove an identity and its tags."""
    identity = _existing(region, params["EmailIdentity"])
    state = identities.backend(region)
    state.tagger.delete_all_tags_for_resource(ses_arn(region, "identity", identity.email_identity))
    del state.email_identities[identity.email_identity]
    return {}


@operation("ListEmailIdentities")
def list_email_identities(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """List identities in pages; the token is the next page's first index."""
    everything = sorted(identities.backend(region).email_identities.values(), key=lambda one: str(one.email_identity))
    start = _page_start(params.get("NextToken"))
    end = start + int(params.get("PageSize") or _PAGE_SIZE)
    page: dict[str, Any] = {
        "EmailIdentities": [
            {
                "IdentityType": one.identity_type,
                "IdentityName": one.email_identity,
                "SendingEnabled": one.sending_enabled,
                "VerificationStatus": one.verification_status,
            }
            for one in everything[start:end]
        ]
    }
    if end < len(everything):
        page["NextToken"] = base64.urlsafe_b64encode(str(end).encode()).decode()
    return page


def _page_start(token: str | None) -> int:
    try:
        return int(base64.urlsafe_b64decode(token)) if token else 0
    except ValueError as error:
        raise bad_request("Invalid NextToken.") from error


@operation("PutEmailIdentityMailFromAttributes")
def put_mail_from(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Set or remove the custom MAIL FROM domain, a true subdomain of the identity's."""
    identity = _existing(region, params["EmailIdentity"])
    domain = str(params.get("MailFromDomain") or "").lower()
    parent = identity.email_identity.rpartition("@")[2]
    if domain and not domain.endswith("." + parent):
        raise bad_request(
            f"Provided MAIL-FROM domain <{domain}> is not subdomain of the domain of the identity <{parent}>."
        )
    identity.set_mail_from(domain, str(params.get("BehaviorOnMxFailure") or ""))
    return {}


@operation("PutEmailIdentityDkimAttributes")
def put_dkim(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Switch DKIM signing on or off."""
    _existing(region, params["EmailIdentity"]).dkim_attributes["SigningEnabled"] = bool(params.get("SigningEnabled"))
    return {}


def _check_signing(signing: Params) -> None:
    own_key = "DomainSigningPrivateKey" in signing
    if own_key != ("DomainSigningSelector" in signing):
        raise bad_request("DomainSigningPrivateKey and DomainSigningSelector must be given together.")


@operation("PutEmailIdentityDkimSigningAttributes")
def put_dkim_signing(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Change between Easy DKIM and an own key; the status begins anew."""
    identity = _existing(region, params["EmailIdentity"])
    signing = params.get("SigningAttributes") or {}
    if params["SigningAttributesOrigin"] == "EXTERNAL" and "DomainSigningPrivateKey" not in signing:
        raise bad_request("EXTERNAL needs DomainSigningPrivateKey and DomainSigningSelector.")
    _check_signing(signing)
    identity.change_signing(signing)
    return {"DkimStatus": identity.dkim_attributes["Status"], "DkimTokens": identity.dkim_tokens}


@operation("PutEmailIdentityFeedbackAttributes")
def put_feedback(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Switch feedback by e-mail on or off."""
    identity = _existing(region, params["EmailIdentity"])
    identity.feedback_forwarding_status = bool(params.get("EmailForwardingEnabled"))
    return {}


@operation("PutEmailIdentityConfigurationSetAttributes")
def put_configuration_set(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Set or remove the identity's default configuration set."""
    identity = _existing(region, params["EmailIdentity"])
    _check_configuration_set(region, params.get("ConfigurationSetName"))
    identity.configuration_set_name = params.get("ConfigurationSetName") or None
    return {}
