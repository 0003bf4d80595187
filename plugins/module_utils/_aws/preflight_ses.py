# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether SES itself takes a message: identity, account, quota, configuration set. Pure: no calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Tuple, Union

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_question import (
    MAX_RECIPIENTS,
    Findings,
    Question,
    covering_names,
    noted,
    refused,
    together,
    unknown,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.quota_request import number
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.unread import Unread
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import remedies

#: GetEmailIdentity's answer, None when there is no such identity.
Identity = Union[Mapping[str, Any], Unread, None]


@dataclass(frozen=True)
class SesState:
    """What one region has of what a question is about. ``account`` are the facts of account_facts."""

    region: str
    account: Union[Mapping[str, Any], Unread]
    identities: Mapping[str, Identity]
    configuration_sets: Mapping[str, Union[Mapping[str, Any], Unread, None]]

    @property
    def in_sandbox(self) -> Optional[bool]:
        """Whether only verified recipients get mail, None when the account cannot be read."""
        return None if isinstance(self.account, Unread) else bool(self.account["sandbox"])

    def covering(self, address: str) -> Tuple[str, Identity]:
        """Return the identity that decides about an address, and its name.

        It is the narrowest verified one; without one the narrowest there is. What is unread, decides when nothing
        verified was found. An empty name stands for no identity at all.
        """
        found: List[Tuple[str, Identity]] = [
            (name, self.identities.get(name)) for name in covering_names(address) if self.identities.get(name)
        ]
        verified = [(name, answer) for name, answer in found if is_verified(answer)]
        unread = [(name, answer) for name, answer in found if isinstance(answer, Unread)]
        return (verified or unread or found or [("", None)])[0]

    def effective_configuration_set(self, question: Question) -> str:
        """Return the configuration set that a message has: its own, else the default of the sender's identity."""
        _name, answer = self.covering(question.sender)
        default = answer.get("ConfigurationSetName") if isinstance(answer, Mapping) else ""
        return question.configuration_set or str(default or "")


def is_verified(answer: Identity) -> bool:
    """Return whether an identity may send."""
    return isinstance(answer, Mapping) and bool(answer.get("VerifiedForSendingStatus"))


def ses_findings(question: Question, state: SesState) -> Findings:
    """Return all that speaks against the message on SES's side in one region."""
    return together(
        [
            _too_many(question),
            _account(question, state),
            _sender(question, state),
            _recipients(question, state),
            _configuration_set(question, state),
        ]
    )


def _too_many(question: Question) -> Findings:
    count = len(question.recipients)
    if count <= MAX_RECIPIENTS:
        return Findings()
    return refused(
        "too_many_recipients",
        f"The message has {count} recipients; SES takes {MAX_RECIPIENTS} in one message.",
        remedies.TOO_MANY_RECIPIENTS,
    )


def _account(question: Question, state: SesState) -> Findings:
    if isinstance(state.account, Unread):
        return unknown(state.account.why)
    account = state.account
    return together([_standing(account, state.region), _quota(question, account), _rate(question, account)])


def _standing(account: Mapping[str, Any], region: str) -> Findings:
    found = Findings()
    if account["enforcement_status"] == "SHUTDOWN":
        found += refused(
            "account_shutdown",
            f"AWS has paused sending of this account in {region} (enforcement status SHUTDOWN).",
            remedies.SHUTDOWN,
        )
    elif not account["sending_enabled"]:
        found += refused(
            "sending_paused",
            f"Sending is switched off for this account in {region}.",
            remedies.PAUSED,
        )
    if account["enforcement_status"] == "PROBATION":
        found += noted(
            f"The account is under review in {region} (enforcement status PROBATION): SES still sends, and pauses the "
            "account unless the bounces or complaints that AWS has written about stop."
        )
    if account["sandbox"]:
        found += noted(
            f"The account is in the sandbox in {region}: only verified recipients and those of the mailbox simulator get "
            "mail. Ask for production access with cloudmail.ses.ses_account."
        )
    return found


def _quota(question: Question, account: Mapping[str, Any]) -> Findings:
    maximum, sent = account["max_24_hour_send"], account["sent_last_24_hours"]
    if maximum < 0 or sent + question.counted <= maximum:
        return Findings()
    return refused(
        "quota_spent",
        f"The quota of {account['region']} is {number(maximum)} recipients in 24 hours; {number(sent)} are spent, and this needs "
        f"{number(question.counted)}.",
        remedies.DAILY_QUOTA,
    )


def _rate(question: Question, account: Mapping[str, Any]) -> Findings:
    allowed = account["max_send_rate"]
    if question.rate is None or question.rate * len(question.recipients) <= allowed:
        return Findings()
    return refused(
        "rate_too_low",
        f"SES takes {number(allowed)} recipients a second in {account['region']}; this needs "
        f"{number(question.rate * len(question.recipients))}.",
        remedies.RATE,
    )


def _sender(question: Question, state: SesState) -> Findings:
    name, answer = state.covering(question.sender)
    if isinstance(answer, Unread):
        # Without this there is no answer at all: saying yes would be a guess.
        return refused("not_readable", answer.why, "Without it nothing can be said about the sender.") + Findings(
            complete=False
        )
    if answer is None:
        return _missing(question.sender, state.region)
    if not is_verified(answer):
        return _unverified(question.sender, name, answer, region=state.region)
    return _dkim(name, answer, state.region) + _mail_from(name, answer, state.region)


def _missing(sender: str, region: str) -> Findings:
    domain = sender.rpartition("@")[2]
    return refused(
        "identity_missing",
        f"No identity in {region} covers the sender {sender}: there is none for the address, for {domain}, nor for a "
        "domain above it.",
        f"Create the identity {domain} in {region} with cloudmail.ses.ses_identity and publish its DNS records; "
        "identities of other regions do not count.",
    )


def _unverified(sender: str, name: str, answer: Mapping[str, Any], *, region: str) -> Findings:
    status = str(answer.get("VerificationStatus") or "PENDING")
    cause = str((answer.get("VerificationInfo") or {}).get("ErrorType") or "")
    code = "identity_failed" if status == "FAILED" else "identity_pending"
    return refused(
        code,
        f"The identity {name}, which covers the sender {sender}, is not verified in {region}: its status is {status}"
        f"{f' ({cause})' if cause else ''}.",
        _verify(name, failed=status == "FAILED"),
    )


def _verify(name: str, *, failed: bool) -> str:
    if "@" in name and failed:
        return "Its link has expired. Delete the identity and create it again, then open the link in the new mail."
    if "@" in name:
        return "Open the link in the mail that AWS has sent to that address."
    if failed:
        return (
            "SES has given up after 72 hours. Publish the DNS records that cloudmail.ses.ses_identity returns "
            "(dns_records), then delete the identity and create it again, or ask SES to look again in its console."
        )
    return "Publish the DNS records that cloudmail.ses.ses_identity returns (dns_records), and wait until SES has seen them."


def _dkim(name: str, answer: Mapping[str, Any], region: str) -> Findings:
    dkim = answer.get("DkimAttributes") or {}
    status = str(dkim.get("Status") or "")
    if "@" in name or (dkim.get("SigningEnabled") and status == "SUCCESS"):
        return Findings()
    if not dkim.get("SigningEnabled"):
        return noted(f"DKIM signing of {name} is switched off in {region}: receivers may take its mail for forged.")
    return noted(
        f"DKIM of {name} is {status} in {region}: SES takes the mail and sends it unsigned, so receivers may take it for "
        "forged. Check the records with the purpose dkim that cloudmail.ses.ses_identity returns."
    )


def _mail_from(name: str, answer: Mapping[str, Any], region: str) -> Findings:
    mail_from: Dict[str, Any] = answer.get("MailFromAttributes") or {}
    domain, status = str(mail_from.get("MailFromDomain") or ""), str(mail_from.get("MailFromDomainStatus") or "PENDING")
    if not domain or status == "SUCCESS":
        return Findings()
    if mail_from.get("BehaviorOnMxFailure") != "REJECT_MESSAGE":
        return noted(
            f"The MAIL FROM domain {domain} of {name} is {status} in {region}: until it succeeds, SES uses its own domain "
            "amazonses.com, which does not align for SPF."
        )
    return refused(
        "mail_from_failed",
        f"The MAIL FROM domain {domain} of {name} is {status} in {region}, and the identity says to reject messages then.",
        remedies.MAIL_FROM_DOMAIN.format(region=region),
    )


def _recipients(question: Question, state: SesState) -> Findings:
    if not question.outside_recipients or state.in_sandbox is False:
        return Findings()
    if state.in_sandbox is None:
        return Findings(
            notes=(f"Whether {state.region} is in the sandbox is not known, so the recipients could not be checked.",),
            complete=False,
        )
    return together([_recipient(address, state) for address in question.outside_recipients])


def _recipient(address: str, state: SesState) -> Findings:
    _name, answer = state.covering(address)
    if isinstance(answer, Unread):
        return unknown(answer.why)
    if is_verified(answer):
        return Findings()
    return refused(
        "recipient_unverified",
        remedies.SANDBOX_CAUSE.format(region=state.region, names=address),
        remedies.SANDBOX,
    )


def _configuration_set(question: Question, state: SesState) -> Findings:
    name = state.effective_configuration_set(question)
    if not name:
        return Findings()
    answer = state.configuration_sets.get(name)
    if isinstance(answer, Unread):
        return unknown(answer.why)
    whose = "" if question.configuration_set else " (the default of the sender's identity)"
    if answer is None:
        return refused(
            "configuration_set_missing",
            f"There is no configuration set {name}{whose} in {state.region}.",
            remedies.CONFIGURATION_SET,
        )
    if (answer.get("SendingOptions") or {}).get("SendingEnabled", True):
        return Findings()
    return refused(
        "configuration_set_paused",
        f"Sending is switched off for the configuration set {name}{whose} in {state.region}.",
        remedies.CONFIGURATION_SET_PAUSED,
    )
