# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SES v2 operations on the account of a region."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ses_simulator.operations import Params, operation
from ses_simulator.services import ServiceError, bad_request
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
        "SuppressionAttributes": {"SuppressedReasons": account.suppressed_reasons},
        "VdmAttributes": {"VdmEnabled": "DISABLED"},
    }
    if account.details:
        shown["Details"] = account.details
    return shown


@operation("PutAccountDetails")
def put_account_details(region: str, params: Params, simulation: Simulation) -> dict[str, Any]:
    """Ask for production access: the review is pending until it is decided through ``/_simulator/account``.

    Who was denied cannot ask again here, only in the support case: https://github.com/aws/aws-cli/issues/6652
    """
    account = simulation.account(region)
    if account.review in ("pending", "denied"):
        raise ServiceError("ConflictException", "The account details are under review, or were denied.", status=409)
    if urlsplit(str(params["WebsiteURL"])).scheme not in ("http", "https"):
        raise bad_request(f"Website URL <{params['WebsiteURL']}> is not valid.")
    account.details = {name: params[name] for name in _DETAILS if params.get(name)}
    if params.get("ProductionAccessEnabled") is not False:
        account.review = "pending"
    return {}


@operation("PutAccountSuppressionAttributes")
def put_account_suppression(region: str, params: Params, simulation: Simulation) -> dict[str, Any]:
    """Set what puts an address on the account's suppression list; nothing switches it off."""
    simulation.account(region).suppressed_reasons = list(dict.fromkeys(params.get("SuppressedReasons") or []))
    return {}


@operation("PutAccountSendingAttributes")
def put_account_sending(region: str, params: Params, simulation: Simulation) -> dict[str, Any]:
    """Pause or resume sending."""
    simulation.account(region).sending_enabled = bool(params.get("SendingEnabled"))
    return {}
