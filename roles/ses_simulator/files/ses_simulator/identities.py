# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identities and configuration sets: they live in moto's SES state; what moto lacks is added here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, cast

import moto.ses.models as moto_ses
from moto.ses.models import EmailIdentity, SESBackend, ses_backends

from ses_simulator import verification, zones
from ses_simulator.dkim import OWN_KEY, Dkim, signing_zone
from ses_simulator.iam import ACCOUNT_ID

STATUSES = {
    "verified": "SUCCESS",
    "pending": "PENDING",
    "failed": "FAILED",
    "temporary_failure": "TEMPORARY_FAILURE",
    "not_started": "NOT_STARTED",
}
# SES goes on looking at DNS.
_WAITING = {"PENDING", "TEMPORARY_FAILURE"}
SIMULATOR_DOMAIN = "simulator.amazonses.com"
_V1_STATUSES = {"SUCCESS": "Success", "PENDING": "Pending", "FAILED": "Failed"}


class SimulatedIdentity(EmailIdentity):
    """moto's identity, with what SES v2 shows of one, and pending until it is verified."""

    verify_at_once = False

    def __init__(
        self,
        email_identity: str,
        tags: list[dict[str, str]] | None,
        dkim_signing_attributes: object | None,
        configuration_set_name: str | None,
    ) -> None:
        super().__init__(email_identity, tags, dkim_signing_attributes, configuration_set_name)
        self.feedback_forwarding_status = True
        self.mail_from_domain = ""
        self.mail_from_status = "PENDING"
        self.behavior_on_mx_failure = "USE_DEFAULT_VALUE"
        self.last_checked = time.time()
        self.last_success = 0.0
        self.error_type = ""
        signing = dkim_signing_attributes if isinstance(dkim_signing_attributes, dict) else {}
        self.dkim = Dkim.begin(signing) if self.is_domain else Dkim(signing_enabled=False, status="NOT_STARTED")
        self.set_status("SUCCESS" if self.verify_at_once else "PENDING")

    @property
    def is_domain(self) -> bool:
        """True for a domain identity."""
        return bool(self.identity_type == "DOMAIN")

    def change_signing(self, origin: str, signing: Mapping[str, Any]) -> None:
        """Change where DKIM keys come from, or their length."""
        self.dkim.change(origin, signing)
        if self.verify_at_once and self.is_domain:
            self.dkim.status = "SUCCESS"

    def set_status(self, status: str, error_type: str = "") -> None:
        """Set the verification and what follows from it: DKIM of a domain, custom MAIL FROM."""
        self._set_verification(status, error_type)
        if self.is_domain:
            self.dkim.status = status
        if self.mail_from_domain:
            self.mail_from_status = status

    def _set_verification(self, status: str, error_type: str) -> None:
        self.verification_status = status
        self.error_type = error_type
        self.verified_for_sending_status = status == "SUCCESS"
        self.sending_enabled = self.verified_for_sending_status
        self.last_checked = time.time()
        if self.verified_for_sending_status:
            self.last_success = self.last_checked

    def set_mail_from(self, domain: str, behavior: str) -> None:
        """Set or, with an empty domain, remove the custom MAIL FROM domain."""
        if domain != self.mail_from_domain:
            self.mail_from_status = "SUCCESS" if self.verify_at_once and domain else "PENDING"
        self.mail_from_domain = domain
        self.behavior_on_mx_failure = behavior or "USE_DEFAULT_VALUE"

    def look(self, region: str) -> None:
        """Let SES look at DNS, which is the simulator's Route 53, for what it waits for.

        What has failed stays so: SES gives up after 72 hours.
        """
        lookup = partial(zones.lookup, region)
        if self.is_domain and _WAITING & {self.dkim.status, self.verification_status}:
            found = self._look_for_dkim(region, lookup)
            if self.dkim.status in _WAITING:
                self.dkim.status = found.status
            if self.verification_status in _WAITING:
                self._set_verification(found.status, found.error)
        if self.mail_from_domain and self.mail_from_status in _WAITING:
            self.mail_from_status = verification.mail_from(self.mail_from_domain, region, lookup).status

    def _look_for_dkim(self, region: str, lookup: verification.Lookup) -> verification.Finding:
        if self.dkim.origin == OWN_KEY:
            return verification.own_dkim(self.email_identity, self.dkim.selector, self.dkim.public_key, lookup)
        if not self.dkim.parent_region:
            return verification.easy_dkim(self.email_identity, self.dkim.tokens, signing_zone(region), lookup)
        parent = find(self.dkim.parent_region, self.email_identity)
        error = replication_error(parent)
        if parent is None or error:
            return verification.Finding("FAILED", error)
        # A parent that was verified by word has its records somewhere: they are the replica's too.
        if parent.dkim.status == "SUCCESS":
            return verification.FOUND
        zone = signing_zone(self.dkim.parent_region)
        return verification.easy_dkim(self.email_identity, parent.dkim.tokens, zone, lookup)


def replication_error(parent: SimulatedIdentity | None) -> str:
    """Return why an identity cannot be the parent of a replica, in the words of VerificationInfo."""
    if parent is None:
        return "REPLICATION_PRIMARY_NOT_FOUND"
    if parent.dkim.origin == OWN_KEY:
        return "REPLICATION_PRIMARY_BYO_DKIM_NOT_SUPPORTED"
    return "REPLICATION_REPLICA_AS_PRIMARY_NOT_SUPPORTED" if parent.dkim.parent_region else ""


def replicas(region: str, name: str) -> list[str]:
    """Return the regions whose identity of that name has the DKIM keys of the one in ``region``."""
    known = {one: find(one, name) for one in list(ses_backends[ACCOUNT_ID])}
    return sorted(one for one, found in known.items() if found and found.dkim.parent_region == region)


def backend(region: str) -> SESBackend:
    """Return moto's SES state of a region."""
    return ses_backends[ACCOUNT_ID][region]


def canonical(identity: str) -> str:
    """Return the key of an identity: domains without case, local parts with it."""
    local, at, domain = identity.rpartition("@")
    return local + at + domain.lower()


def find(region: str, identity: str) -> SimulatedIdentity | None:
    """Return the identity of exactly that name, if the region has it."""
    found: Any = backend(region).email_identities.get(canonical(identity))
    return found if isinstance(found, SimulatedIdentity) else None


def create(region: str, identity: str, **options: Any) -> SimulatedIdentity:
    """Make an identity in moto's state."""
    made = backend(region).create_email_identity_v2(
        canonical(identity),
        options.get("tags"),
        options.get("dkim_signing_attributes"),
        options.get("configuration_set_name"),
    )
    # install() has put SimulatedIdentity in the place of moto's own.
    return cast("SimulatedIdentity", made)


def covering_names(address: str) -> Iterable[str]:
    """Yield the names of identities that would cover an address, the narrowest first.

    That is the address, the address without its +label, its domain, and every parent domain.
    """
    local, _separator, domain = canonical(address).rpartition("@")
    yield f"{local}@{domain}"
    base, plus, _label = local.partition("+")
    if plus:
        yield f"{base}@{domain}"
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        yield ".".join(labels[start:])


def covering(region: str, address: str) -> SimulatedIdentity | None:
    """Return the verified identity that covers an address; without one, any that would, else None."""
    present = [found for found in (find(region, name) for name in covering_names(address)) if found]
    for found in present:
        found.look(region)
    verified = [found for found in present if found.verified_for_sending_status]
    return next(iter(verified or present), None)


def is_verified(region: str, address: str) -> bool:
    """Tell whether SES would let this address send, or in the sandbox receive."""
    identity = covering(region, address)
    return identity is not None and bool(identity.verified_for_sending_status)


def is_verified_identity(region: str, name: str) -> bool:
    """Tell whether there is an identity of exactly that name, and it is verified."""
    identity = find(region, name)
    if identity is not None:
        identity.look(region)
    return identity is not None and bool(identity.verified_for_sending_status)


def is_mailbox_simulator(address: str) -> bool:
    """Tell whether an address is one of SES's own test recipients, with or without a +label."""
    local, _separator, domain = address.rpartition("@")
    names = ("success", "bounce", "ooto", "complaint", "suppressionlist")
    return domain.lower() == SIMULATOR_DOMAIN and local.partition("+")[0].lower() in names


def has_configuration_set(region: str, name: str) -> bool:
    """Tell whether the region has a configuration set of that name."""
    return configuration_set_sends(region, name) is not None


def configuration_set_sends(region: str, name: str) -> bool | None:
    """Tell whether a configuration set of the region sends, None when there is none of that name."""
    found = backend(region).config_sets.get(name)
    if found is None:
        return None
    options: Any = found.enabled or {}
    return bool(options.get("SendingEnabled", True))


def _v1_verification(self: SESBackend, identities: list[str] | None = None) -> dict[str, dict[str, str]]:
    known = {name: self.email_identities[name] for name in identities or () if name in self.email_identities}
    return {
        name: {
            "VerificationStatus": _V1_STATUSES.get(identity.verification_status, "Pending"),
            "VerificationToken": "ILQMESfEW0p6i6gIJcEWvO65TP5hg6B99hGFZ2lxrIs=",
        }
        for name, identity in known.items()
    }


def _v1_is_verified(self: SESBackend, source: str) -> bool:
    return is_verified(self.region_name, source) if "@" in source else source in self.email_identities


def install(*, verify_at_once: bool) -> None:
    """Put the additions into moto: its SES v1 and v2 then make and show the same identities."""
    SimulatedIdentity.verify_at_once = verify_at_once
    additions: dict[str, Callable[..., Any]] = {
        "get_identity_verification_attributes": _v1_verification,
        "_is_verified_address": _v1_is_verified,
        "delete_identity": lambda self, identity: self.email_identities.pop(canonical(identity), None),
    }
    vars(moto_ses)["EmailIdentity"] = SimulatedIdentity
    for name, function in additions.items():
        setattr(SESBackend, name, function)
