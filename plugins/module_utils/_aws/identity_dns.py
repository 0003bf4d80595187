# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The DNS records of an SES identity, and what it still waits for. Pure: no calls."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_record import DEFAULT_TTL
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_dkim import OWN_KEY, OwnKey, parent_region

#: Where SES keeps Easy DKIM keys when the API does not say it (it does since 2025, and it differs by region).
DKIM_ZONE = "dkim.amazonses.com"
#: Statuses after which SES has given up until it is told again.
_GIVEN_UP = ("FAILED",)
_ERROR_TYPES = {
    "HOST_NOT_FOUND": "SES found no such name in DNS",
    "TYPE_NOT_FOUND": "SES found the name in DNS, but no record of this type",
    "INVALID_VALUE": "SES found the record with another value",
    "DNS_SERVER_ERROR": "the domain's name servers did not answer SES",
    "SERVICE_ERROR": "SES had trouble of its own",
    "REPLICATION_ACCESS_DENIED": (
        "the caller may not replicate the DKIM key: allow ses:ReplicateEmailIdentityDkimSigningKey for the identity in the "
        "region that the keys come from"
    ),
    "REPLICATION_PRIMARY_NOT_FOUND": "the region that the DKIM keys come from has no such identity",
    "REPLICATION_PRIMARY_BYO_DKIM_NOT_SUPPORTED": "the identity that the DKIM keys come from has a key of its owner",
    "REPLICATION_REPLICA_AS_PRIMARY_NOT_SUPPORTED": (
        "the identity that the DKIM keys come from has its keys from another region itself"
    ),
    "REPLICATION_PRIMARY_INVALID_REGION": "SES does not replicate DKIM keys from that region",
}


def dns_records(
    name: str, answer: Mapping[str, Any], region: str, *, key: Optional[OwnKey] = None, ttl: int = DEFAULT_TTL
) -> List[Dict[str, Any]]:
    """Return the records that the identity ``name`` needs in DNS, from GetEmailIdentity's answer.

    Each has ``name``, ``type``, ``value`` (TXT without quotes), ``ttl`` (seconds), ``purpose`` (``dkim``,
    ``mail_from_mx``, ``mail_from_spf``, ``dmarc``), ``status`` (what SES says of it, None where it does not look) and
    ``region``. SES does not show a DKIM key of one's own: its record is there only when ``key`` is given.
    """
    records = _dkim(name, answer.get("DkimAttributes") or {}, key) + _mail_from(
        answer.get("MailFromAttributes") or {}, region
    )
    if "@" not in name:
        # p=none only asks for reports: the step to quarantine or reject is the domain owner's to take.
        records.append(_record(f"_dmarc.{name}", "TXT", "v=DMARC1; p=none;", purpose="dmarc", status=None))
    return [{**record, "ttl": ttl, "region": region} for record in records]


def pending(name: str, answer: Mapping[str, Any], region: str, *, key: Optional[OwnKey] = None) -> List[str]:
    """Return what the identity still waits for, one sentence each; none when it is ready to send."""
    records = dns_records(name, answer, region, key=key)
    found = [_address_pending(name, answer) if "@" in name else _dkim_pending(name, answer, records)]
    mail_from = answer.get("MailFromAttributes") or {}
    status = mail_from.get("MailFromDomainStatus")
    if mail_from.get("MailFromDomain") and status != "SUCCESS":
        found.append(f"MAIL FROM is {status}; needed in DNS: {_listed(records, 'mail_from')}")
    return [sentence for sentence in found if sentence]


def _address_pending(name: str, answer: Mapping[str, Any]) -> str:
    if answer.get("VerifiedForSendingStatus"):
        return ""
    return (
        f"the address is {answer.get('VerificationStatus') or 'PENDING'}: open the link in the mail that SES sent "
        f"to {name} (it works for 24 hours)"
    )


def _dkim_pending(name: str, answer: Mapping[str, Any], records: List[Dict[str, Any]]) -> str:
    dkim = answer.get("DkimAttributes") or {}
    status = str(dkim.get("Status") or "NOT_STARTED")
    if answer.get("VerifiedForSendingStatus") and status in ("SUCCESS", "NOT_STARTED"):
        return ""
    needed = _listed(records, "dkim") or _unknown_dkim(name, dkim)
    return f"DKIM is {status}{_why(answer)}; needed in DNS: {needed}"


def _unknown_dkim(name: str, dkim: Mapping[str, Any]) -> str:
    origin = str(dkim.get("SigningAttributesOrigin") or "")
    if origin == OWN_KEY:
        selector = "".join((dkim.get("Tokens") or [])[:1])
        return f"{selector}._domainkey.{name} TXT p= and the public half of your key (BYODKIM), which SES does not show"
    parent = parent_region(origin)
    return f"the records of the identity in {parent}" if parent else "nothing that SES names so far"


def given_up(answer: Mapping[str, Any]) -> Optional[str]:
    """Return the name of the part that SES has stopped to look for, if any."""
    # The DKIM that an address shows is its domain's.
    of_domain = answer.get("IdentityType") != "EMAIL_ADDRESS"
    dkim = (answer.get("DkimAttributes") or {}).get("Status") if of_domain else None
    if dkim in _GIVEN_UP or answer.get("VerificationStatus") in _GIVEN_UP:
        return "verification"
    if (answer.get("MailFromAttributes") or {}).get("MailFromDomainStatus") in _GIVEN_UP:
        return "MAIL FROM"
    return None


def next_step(name: str, answer: Mapping[str, Any], region: str) -> str:
    """Return what to do about the part that SES has given up on (see ``given_up``)."""
    if given_up(answer) == "MAIL FROM":
        domain = (answer.get("MailFromAttributes") or {}).get("MailFromDomain")
        return (
            f"SES has given up on the MAIL FROM domain {domain} in {region} (it looks for 72 hours). Put its two records "
            "into DNS, remove the MAIL FROM domain (an empty mail_from_domain), set it again, and SES looks anew."
        )
    if "@" in name:
        return (
            f"SES has given up on its verification in {region}: the link in its mail works for 24 hours. Delete the identity "
            f"{name} (state: absent) and make it again; SES then sends a new mail."
        )
    return (
        f"SES has given up on its verification in {region} (it looks for 72 hours). Delete the identity {name} there "
        "(state: absent), make it again, and put the records of the new one into DNS."
    )


def _dkim(name: str, dkim: Mapping[str, Any], key: Optional[OwnKey]) -> List[Dict[str, Any]]:
    if "@" in name:
        return []
    tokens, status = dkim.get("Tokens") or [], dkim.get("Status")
    if dkim.get("SigningAttributesOrigin") == OWN_KEY:
        # With a key of one's own the token is the selector of one TXT record.
        if key is None or tokens != [key.selector]:
            return []
        value = f"p={key.public_key}"
        return [_record(f"{key.selector}._domainkey.{name}", "TXT", value, purpose="dkim", status=status)]
    zone = str(dkim.get("SigningHostedZone") or DKIM_ZONE).rstrip(".")
    return [
        _record(f"{token}._domainkey.{name}", "CNAME", f"{token}.{zone}", purpose="dkim", status=status)
        for token in tokens
    ]


def _mail_from(attributes: Mapping[str, Any], region: str) -> List[Dict[str, Any]]:
    domain = attributes.get("MailFromDomain")
    if not domain:
        return []
    status = attributes.get("MailFromDomainStatus")
    mx = f"10 feedback-smtp.{region}.amazonses.com"
    return [
        _record(domain, "MX", mx, purpose="mail_from_mx", status=status),
        _record(domain, "TXT", "v=spf1 include:amazonses.com ~all", purpose="mail_from_spf", status=status),
    ]


def _record(name: str, kind: str, value: str, *, purpose: str, status: Optional[str]) -> Dict[str, Any]:
    return {"name": name, "type": kind, "value": value, "purpose": purpose, "status": status}


def _listed(records: List[Dict[str, Any]], purpose: str) -> str:
    found = [f"{r['name']} {r['type']} {r['value']}" for r in records if r["purpose"].startswith(purpose)]
    return ", ".join(found)


def _why(answer: Mapping[str, Any]) -> str:
    error = (answer.get("VerificationInfo") or {}).get("ErrorType")
    return f" ({_ERROR_TYPES.get(error, error)})" if error else ""
