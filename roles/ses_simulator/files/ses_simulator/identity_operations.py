# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SES v2 operations on identities."""

from __future__ import annotations

import re
from typing import Any, cast

from ses_simulator import dkim, identities
from ses_simulator.identities import SimulatedIdentity
from ses_simulator.operations import Params, operation
from ses_simulator.pages import page_of
from ses_simulator.services import ServiceError, bad_request, not_found
from ses_simulator.simulation import Simulation
from ses_simulator.tag_operations import add_tags, check_tags, forget_tags, tags_of

_DOMAIN = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+")
_PAGE_SIZE = 100


def existing(region: str, name: str) -> SimulatedIdentity:
    """Return an identity of a region; raise NotFoundException when there is none of that name."""
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


def _dkim(identity: SimulatedIdentity, region: str) -> dict[str, Any]:
    shown = identity.dkim.shown()
    if not identity.is_domain:
        return {name: shown[name] for name in ("SigningEnabled", "Status", "SigningAttributesOrigin")}
    return {**shown, **_published(identity, region)}


def _published(identity: SimulatedIdentity, region: str) -> dict[str, Any]:
    """Return the tokens and the zone that a domain's DNS records are made of; a replica shows its parent's."""
    if identity.dkim.origin == dkim.OWN_KEY:
        return {"Tokens": [identity.dkim.selector]}
    home = identity.dkim.parent_region or region
    source = identities.find(home, identity.email_identity) if identity.dkim.parent_region else identity
    if source is None or (source is not identity and identities.replication_error(source)):
        return {}
    return {"Tokens": source.dkim.tokens, "SigningHostedZone": dkim.signing_zone(home)}


def _mail_from(identity: SimulatedIdentity) -> dict[str, Any]:
    if not identity.mail_from_domain:
        return {"BehaviorOnMxFailure": identity.behavior_on_mx_failure}
    return {
        "MailFromDomain": identity.mail_from_domain,
        "MailFromDomainStatus": identity.mail_from_status,
        "BehaviorOnMxFailure": identity.behavior_on_mx_failure,
    }


@operation("CreateEmailIdentity")
def create_email_identity(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Make an identity, pending unless the simulator verifies at once."""
    name = str(params["EmailIdentity"])
    _check_name(name)
    if identities.find(region, name):
        raise ServiceError("AlreadyExistsException", f"Email identity {name} already exist.")
    _check_configuration_set(region, params.get("ConfigurationSetName"))
    signing = params.get("DkimSigningAttributes")
    if signing is not None and "@" in name:
        raise bad_request("DkimSigningAttributes cannot be given for an email address.")
    dkim.check_signing(signing or {}, region=region, origin=dkim.origin_of(signing or {}))
    tags = check_tags(params.get("Tags") or [])
    identity = identities.create(
        region, name, dkim_signing_attributes=signing, configuration_set_name=params.get("ConfigurationSetName")
    )
    add_tags(region, "identity", identity.email_identity, tags)
    return {
        "IdentityType": identity.identity_type,
        "VerifiedForSendingStatus": identity.verified_for_sending_status,
        "DkimAttributes": _dkim(identity, region),
    }


def _verification_info(identity: SimulatedIdentity) -> dict[str, Any]:
    info: dict[str, Any] = {"LastCheckedTimestamp": identity.last_checked}
    if identity.last_success:
        info["LastSuccessTimestamp"] = identity.last_success
    if identity.error_type:
        info["ErrorType"] = identity.error_type
    return info


@operation("GetEmailIdentity")
def get_email_identity(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Show everything about an identity."""
    identity = existing(region, params["EmailIdentity"])
    identity.look(region)
    shown: dict[str, Any] = {
        "IdentityType": identity.identity_type,
        "FeedbackForwardingStatus": identity.feedback_forwarding_status,
        "VerifiedForSendingStatus": identity.verified_for_sending_status,
        "DkimAttributes": _dkim(identity, region),
        "MailFromAttributes": _mail_from(identity),
        "Policies": dict(identity.policies),
        "Tags": tags_of(region, "identity", identity.email_identity),
        "VerificationStatus": identity.verification_status,
        "VerificationInfo": _verification_info(identity),
    }
    if identity.configuration_set_name:
        shown["ConfigurationSetName"] = identity.configuration_set_name
    return shown


@operation("DeleteEmailIdentity")
def delete_email_identity(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Remove an identity and its tags; SES keeps one while other regions have its DKIM keys."""
    identity = existing(region, params["EmailIdentity"])
    replicas = identities.replicas(region, identity.email_identity)
    if replicas:
        raise bad_request(
            f"Email identity {identity.email_identity} cannot be deleted until its replicas are: {', '.join(replicas)}."
        )
    forget_tags(region, "identity", identity.email_identity)
    del identities.backend(region).email_identities[identity.email_identity]
    return {}


@operation("ListEmailIdentities")
def list_email_identities(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """List identities in pages."""
    everything = sorted(identities.backend(region).email_identities.values(), key=lambda one: str(one.email_identity))
    for one in everything:
        cast("SimulatedIdentity", one).look(region)
    shown, following = page_of(
        everything, token=params.get("NextToken"), size=int(params.get("PageSize") or _PAGE_SIZE)
    )
    return {
        "EmailIdentities": [
            {
                "IdentityType": one.identity_type,
                "IdentityName": one.email_identity,
                "SendingEnabled": one.sending_enabled,
                "VerificationStatus": one.verification_status,
            }
            for one in shown
        ],
        **following,
    }


@operation("PutEmailIdentityMailFromAttributes")
def put_mail_from(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Set or remove the custom MAIL FROM domain, a true subdomain of the identity's."""
    identity = existing(region, params["EmailIdentity"])
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
    existing(region, params["EmailIdentity"]).dkim.signing_enabled = bool(params.get("SigningEnabled"))
    return {}


@operation("PutEmailIdentityDkimSigningAttributes")
def put_dkim_signing(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Change between Easy DKIM, a replica of another region's and an own key; the status begins anew."""
    identity = existing(region, params["EmailIdentity"])
    signing, origin = params.get("SigningAttributes") or {}, str(params["SigningAttributesOrigin"])
    if not identity.is_domain:
        raise bad_request(f"DKIM keys belong to a domain: {identity.email_identity} is an email address.")
    if "DomainSigningAttributesOrigin" in signing:
        raise bad_request("DomainSigningAttributesOrigin cannot be given here: use SigningAttributesOrigin.")
    dkim.check_signing(signing, region=region, origin=origin)
    identity.change_signing(origin, signing)
    published = _published(identity, region)
    answer = {"DkimStatus": identity.dkim.status, "DkimTokens": published.get("Tokens", [])}
    if "SigningHostedZone" in published:
        answer["SigningHostedZone"] = published["SigningHostedZone"]
    return answer


@operation("PutEmailIdentityFeedbackAttributes")
def put_feedback(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Switch feedback by e-mail on or off."""
    identity = existing(region, params["EmailIdentity"])
    identity.feedback_forwarding_status = bool(params.get("EmailForwardingEnabled"))
    return {}


@operation("PutEmailIdentityConfigurationSetAttributes")
def put_configuration_set(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Set or remove the identity's default configuration set."""
    identity = existing(region, params["EmailIdentity"])
    _check_configuration_set(region, params.get("ConfigurationSetName"))
    identity.configuration_set_name = params.get("ConfigurationSetName") or None
    return {}
