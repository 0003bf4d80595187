# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SES account in one region: sandbox, quota, and whether it may send."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Sequence

try:
    from botocore.exceptions import ClientError
except ImportError:
    pass  # AnsibleAWSModule reports a missing SDK.

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import calling, error_code


def get_account(client: Any) -> Dict[str, Any]:
    """Return the answer of SES v2 GetAccount for the region of ``client``."""
    with calling("ses:GetAccount", f"read the SES account in {client.meta.region_name}"):
        answer: Dict[str, Any] = client.get_account(aws_retry=True)
        return answer


def request_production_access(client: Any, details: Mapping[str, Any]) -> bool:
    """Ask AWS for production access with the ``details`` of account_facts; return whether AWS took the request.

    It takes none while a review is pending, nor after it has denied one.
    """
    optional = {
        "UseCaseDescription": details["use_case_description"],
        "ContactLanguage": details["contact_language"],
        "AdditionalContactEmailAddresses": details["additional_contact_email_addresses"],
    }
    with calling("ses:PutAccountDetails", f"ask for production access in {client.meta.region_name}"):
        try:
            client.put_account_details(
                aws_retry=True,
                ProductionAccessEnabled=True,
                MailType=details["mail_type"],
                WebsiteURL=details["website_url"],
                **{key: value for key, value in optional.items() if value},
            )
        except ClientError as exc:
            if error_code(exc) != "ConflictException":
                raise
            return False
    return True


def set_sending(client: Any, enabled: bool) -> None:
    """Pause or resume sending for the account in the region of ``client``."""
    with calling("ses:PutAccountSendingAttributes", f"set sending of the account in {client.meta.region_name}"):
        client.put_account_sending_attributes(aws_retry=True, SendingEnabled=enabled)


def set_suppressed_reasons(client: Any, reasons: Sequence[str], present: Mapping[str, Any]) -> None:
    """Set for which reasons recipients get on the account's suppression list; what else is ``present`` stays."""
    with calling("ses:PutAccountSuppressionAttributes", f"set suppression of the account in {client.meta.region_name}"):
        client.put_account_suppression_attributes(
            aws_retry=True, **{**present, "SuppressedReasons": [reason.upper() for reason in reasons]}
        )


def account_facts(answer: Mapping[str, Any], region: str) -> Dict[str, Any]:
    """Return GetAccount's answer as this collection's facts; counts are messages, the rate is messages a second."""
    quota = answer.get("SendQuota") or {}
    details = answer.get("Details") or {}
    review = details.get("ReviewDetails") or {}
    maximum = float(quota.get("Max24HourSend", 0))
    sent = float(quota.get("SentLast24Hours", 0))
    production = bool(answer.get("ProductionAccessEnabled", False))
    return {
        "region": region,
        "sandbox": not production,
        "production_access_enabled": production,
        "sending_enabled": bool(answer.get("SendingEnabled", False)),
        "enforcement_status": answer.get("EnforcementStatus"),
        "max_24_hour_send": maximum,
        "max_send_rate": float(quota.get("MaxSendRate", 0)),
        "sent_last_24_hours": sent,
        "remaining_24_hour_send": _remaining(maximum, sent),
        "review_status": review.get("Status"),
        "review_case_id": review.get("CaseId"),
        "mail_type": details.get("MailType"),
        "website_url": details.get("WebsiteURL"),
        "use_case_description": details.get("UseCaseDescription"),
        "contact_language": details.get("ContactLanguage"),
        "additional_contact_email_addresses": list(details.get("AdditionalContactEmailAddresses") or []),
        "suppressed_reasons": list((answer.get("SuppressionAttributes") or {}).get("SuppressedReasons") or []),
        "dedicated_ip_auto_warmup_enabled": bool(answer.get("DedicatedIpAutoWarmupEnabled", False)),
    }


def _remaining(maximum: float, sent: float) -> Optional[float]:
    # SES writes "no limit" as -1.
    return None if maximum < 0 else max(0.0, maximum - sent)
