# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SES v2 operations on the account of a region."""

from __future__ import annotations

from typing import Any

from ses_simulator.operations import Params, ServiceError, operation
from ses_simulator.simulation import Simulation

_DETAILS = (
    "MailType",
    "WebsiteURL",
    "ContactLanguage",
    "UseCaseDescription",
    "AdditionalContactEmailAddresses",
)


@operation("GetAccount")
def get_account(region: str, _params: Params, simulation: Simulation) -> dict[str, Any]:
    """Show sandbox, quotas and enforcement."""
    account = simulation.account(region)
    shown: dict[str, Any] = {
        "DedicatedIpAutoWarmupEnabled": True,
        "EnforcementStatus": account.enforcement_status,
        "ProductionAccessEnabled": account.production_access,
        "SendQuota": {
            "Max24HourSend": account.max_24_hour_send,
            "MaxSendRate": account.max_send_rate,
            "SentLast24Hours": float(account.sent_last_24_hours()),
        },
        "SendingEnabled": account.may_send,
        "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
        "VdmAttributes": {"VdmEnabled": "DISABLED"},
    }
    if account.details:
        shown["Details"] = account.details
    return shown


@operation("PutAccountDetails")
def put_account_details(region: str, params: Params, simulation: Simulation) -> dict[str, Any]:
    """Ask for production access: the review stays pending until the account is changed here."""
    account = simulation.account(region)
    if account.details.get("ReviewDetails", {}).get("Status") == "PENDING":
        raise ServiceError("ConflictException", "A review of the account details is already pending.", status=409)
    details = {name: params[name] for name in _DETAILS if params.get(name)}
    account.details = {**details, "ReviewDetails": {"Status": "PENDING", "CaseId": "172911111100001"}}
    return {}


@operation("PutAccountSendingAttributes")
def put_account_sending(region: str, params: Params, simulation: Simulation) -> dict[str, Any]:
    """Pause or resume sending."""
    simulation.account(region).sending_enabled = bool(params.get("SendingEnabled"))
    return {}
