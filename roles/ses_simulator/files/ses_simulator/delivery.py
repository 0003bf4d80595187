# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SES does with a message after DATA: the checks in its order, and the acceptance."""

from __future__ import annotations

import datetime
import time
import uuid
from dataclasses import dataclass

from ses_simulator import content, iam, identities
from ses_simulator.accounts import SIGV2_EXCEEDED
from ses_simulator.iam import Principal
from ses_simulator.messages import MAX_KEPT_BYTES, Message
from ses_simulator.policy import Request
from ses_simulator.simulation import Simulation

ACTION = "ses:SendRawEmail"
MAX_RECIPIENTS = 50
_PAUSED = (
    "554 Message rejected: Sending paused for this account. For more information, please check"
    " the inbox of the email address associated with your AWS account."
)
# The first four digits of an SES message id tell the region.
_ID_PREFIXES = {
    "us-east-1": "0100",
    "us-west-2": "0101",
    "eu-west-1": "0102",
    "ca-central-1": "010d",
    "eu-central-1": "0107",
    "ap-southeast-2": "0108",
    "ap-south-1": "0109",
    "sa-east-1": "0103",
    "eu-west-2": "010b",
    "ap-northeast-1": "0106",
}


@dataclass(frozen=True)
class Submission:
    """One message as a client handed it over."""

    region: str
    port: int
    peer: str
    tls_version: str
    tls_cipher: str
    principal: Principal
    mail_from: str
    recipients: tuple[str, ...]
    headers: content.Headers
    raw: bytes

    @property
    def from_address(self) -> str:
        """The address that the message claims to be from; MAIL FROM where there is no From header."""
        return content.address_in(content.header(self.headers, "from"))[1] or self.mail_from

    @property
    def configuration_set(self) -> str:
        """The configuration set that the message asks for, else the default of its sender's identity, else nothing."""
        identity = identities.covering(self.region, self.from_address)
        default = identity.configuration_set_name if identity else ""
        return content.header(self.headers, "x-ses-configuration-set") or default or ""

    @property
    def source_arn(self) -> str:
        """The ARN of the identity that the message says it may use, in place of that of its From address."""
        return content.header(self.headers, "x-ses-source-arn")

    @property
    def source_identity(self) -> str:
        """The name of the identity in ``source_arn``; empty without one, and for one of another account or region."""
        prefix = iam.ses_arn(self.region, "identity", "")
        return self.source_arn[len(prefix) :] if self.source_arn.startswith(prefix) else ""


def submit(simulation: Simulation, submission: Submission) -> str:
    """Return SES's reply to a message; keep the message when that is a 250."""
    return _refusal(simulation, submission) or _accept(simulation, submission)


def _refusal(simulation: Simulation, sub: Submission) -> str | None:
    account = simulation.account(sub.region)
    if not account.may_send:
        return _PAUSED
    if len(sub.recipients) > MAX_RECIPIENTS:
        return f"554 Transaction failed: Recipient count exceeds {MAX_RECIPIENTS}."
    fault = content.fault_of(sub.headers, sub.raw)
    if fault:
        return f"554 Transaction failed: {fault}"
    counted = [address for address in sub.recipients if not identities.is_mailbox_simulator(address)]
    return (
        _configuration_set_refusal(sub)
        or _denied(simulation, sub)
        or _unverified(simulation, sub)
        or _mail_from_failed(sub)
        or (SIGV2_EXCEEDED if sub.principal.legacy else None)
        or account.spend(recipients=len(sub.recipients), counted=len(counted))
    )


def _configuration_set_refusal(sub: Submission) -> str | None:
    name = sub.configuration_set
    sends = identities.configuration_set_sends(sub.region, name) if name else True
    if sends is None:
        return f"554 Configuration Set does not exist: Configuration set <{name}> does not exist."
    return None if sends else f"554 Message rejected: Sending paused for configuration set <{name}>."


def _denied(simulation: Simulation, sub: Submission) -> str | None:
    permissions = iam.permissions_of(sub.region, sub.principal.user_name)
    context = {**_context(sub), **simulation.origins.context(sub.peer)}
    for resource in _resources(simulation, sub):
        # There is no other account here whose identity could have a policy for this one.
        foreign = resource == sub.source_arn and not sub.source_identity
        if foreign or not permissions.allow(Request(ACTION, resource, context)):
            # SES opens its quotes with a back-tick and closes them with an apostrophe.
            return (
                f"554 Access denied: User `{sub.principal.user_arn}' is not authorized to perform"
                f" `{ACTION}' on resource `{resource}'"
            )
    return None


def _resources(simulation: Simulation, sub: Submission) -> list[str]:
    """Return the ARNs that SES checks: sender, configuration set and, in the sandbox, recipients."""
    names = [] if sub.source_arn else [_identity_name(sub.region, sub.from_address)]
    if not simulation.account(sub.region).production_access:
        others = [address for address in sub.recipients if not identities.is_mailbox_simulator(address)]
        names += [_identity_name(sub.region, address) for address in others]
    arns = [sub.source_arn] if sub.source_arn else []
    arns += [iam.ses_arn(sub.region, "identity", name) for name in dict.fromkeys(names)]
    if sub.configuration_set:
        arns.append(iam.ses_arn(sub.region, "configuration-set", sub.configuration_set))
    return arns


def _identity_name(region: str, address: str) -> str:
    identity = identities.covering(region, address)
    return str(identity.email_identity) if identity else address


def _context(sub: Submission) -> dict[str, tuple[str, ...]]:
    display_name = content.address_in(content.header(sub.headers, "from"))[0]
    feedback = content.address_in(content.header(sub.headers, "return-path"))[1] or sub.mail_from
    return {
        "ses:FromAddress": (sub.from_address,),
        "ses:FromDisplayName": (display_name,),
        "ses:FeedbackAddress": (feedback,),
        "ses:Recipients": sub.recipients,
        "aws:SecureTransport": ("true",),
        "aws:username": (sub.principal.user_name,),
        "aws:PrincipalArn": (sub.principal.user_arn,),
        "aws:RequestedRegion": (sub.region,),
    }


def _unverified(simulation: Simulation, sub: Submission) -> str | None:
    senders = [sub.from_address, sub.mail_from]
    senders += [content.address_in(content.header(sub.headers, name))[1] for name in ("sender", "return-path")]
    addresses = [address for address in senders if address]
    if not simulation.account(sub.region).production_access:
        addresses += [address for address in sub.recipients if not identities.is_mailbox_simulator(address)]
    failed = [address for address in dict.fromkeys(addresses) if not identities.is_verified(sub.region, address)]
    if sub.source_identity and sub.from_address not in failed and not _source_covers(sub):
        failed.insert(0, sub.from_address)
    if not failed:
        return None
    return (
        "554 Message rejected: Email address is not verified. The following identities failed the check"
        f" in region {sub.region.upper()}: {', '.join(failed)}"
    )


def _source_covers(sub: Submission) -> bool:
    """Tell whether the identity of X-SES-SOURCE-ARN is verified and one of those that the From address could use."""
    source = identities.canonical(sub.source_identity)
    return source in identities.covering_names(sub.from_address) and identities.is_verified_identity(sub.region, source)


def _mail_from_failed(sub: Submission) -> str | None:
    identity = identities.covering(sub.region, sub.from_address)
    if identity is None or identity.behavior_on_mx_failure != "REJECT_MESSAGE":
        return None
    if not identity.mail_from_domain or identity.mail_from_status == "SUCCESS":
        return None
    return f"554 MAIL FROM domain not verified: {identity.mail_from_domain}"


def message_id(region: str) -> str:
    """Return a message id in SES's form."""
    return f"{_ID_PREFIXES.get(region, '010f')}{int(time.time() * 1000):012x}-{uuid.uuid4()}-000000"


def _accept(simulation: Simulation, sub: Submission) -> str:
    identifier = message_id(sub.region)
    simulation.messages.add(
        Message(
            id=identifier,
            received=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds"),
            region=sub.region,
            port=sub.port,
            peer=sub.peer,
            tls_version=sub.tls_version,
            tls_cipher=sub.tls_cipher,
            access_key_id=sub.principal.access_key_id,
            user_arn=sub.principal.user_arn,
            mail_from=sub.mail_from,
            recipients=sub.recipients,
            headers=sub.headers,
            size=len(sub.raw),
            content=sub.raw[:MAX_KEPT_BYTES],
            tags=content.tags_of(sub.headers),
            configuration_set=sub.configuration_set,
        )
    )
    return f"250 Ok {identifier}"
