# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations of Service Quotas, for the service code ``ses`` alone."""

from __future__ import annotations

from typing import Any

from ses_simulator.iam import ACCOUNT_ID, partition_of
from ses_simulator.operations import Params, operation
from ses_simulator.pages import page_of
from ses_simulator.quotas import QUOTAS, Quota, QuotaRequest
from ses_simulator.services import ServiceError
from ses_simulator.simulation import Simulation

SERVICE = "service-quotas"
_INVALID_TOKEN = ServiceError("InvalidPaginationTokenException", "Invalid NextToken.")
SERVICE_NAME = "Amazon Simple Email Service (Amazon SES)"


def _no_such(what: str) -> ServiceError:
    return ServiceError("NoSuchResourceException", f"The request failed because the specified {what} does not exist.")


def _check_service(params: Params) -> None:
    if params["ServiceCode"] != "ses":
        raise _no_such("service")


def _quota(params: Params) -> Quota:
    _check_service(params)
    quota = QUOTAS.get(str(params["QuotaCode"]))
    if quota is None:
        raise _no_such("quota")
    return quota


def _about(region: str, quota: Quota) -> dict[str, Any]:
    return {
        "ServiceCode": "ses",
        "ServiceName": SERVICE_NAME,
        "QuotaCode": quota.code,
        "QuotaName": quota.name,
        "QuotaArn": f"arn:{partition_of(region)}:servicequotas:{region}:{ACCOUNT_ID}:ses/{quota.code}",
        "GlobalQuota": False,
        "Unit": "None",
    }


def _shown(region: str, quota: Quota, value: float) -> dict[str, Any]:
    return {**_about(region, quota), "Value": value, "Adjustable": True, "QuotaAppliedAtLevel": "ACCOUNT"}


def _applied(region: str, quota: Quota, simulation: Simulation) -> dict[str, Any]:
    # An account without a limit has -1 at SES; the model of Service Quotas begins at 0.
    value = float(getattr(simulation.account(region), quota.attribute))
    return _shown(region, quota, value if value >= 0 else 10_000_000_000.0)


def _request(region: str, request: QuotaRequest) -> dict[str, Any]:
    shown: dict[str, Any] = {
        **_about(region, QUOTAS[request.quota_code]),
        "Id": request.id,
        "DesiredValue": request.desired_value,
        "Status": request.status,
        "Created": request.created,
        "LastUpdated": request.last_updated,
        "Requester": f'{{"accountId":"{ACCOUNT_ID}"}}',
        "QuotaRequestedAtLevel": "ACCOUNT",
    }
    if request.case_id:
        shown["CaseId"] = request.case_id
    return shown


@operation("ListServiceQuotas", service=SERVICE)
def list_quotas(region: str, params: Params, simulation: Simulation) -> dict[str, Any]:
    """List what applies to the account."""
    _check_service(params)
    code = params.get("QuotaCode")
    return {"Quotas": [_applied(region, quota, simulation) for quota in QUOTAS.values() if code in (None, quota.code)]}


@operation("ListAWSDefaultServiceQuotas", service=SERVICE)
def list_defaults(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """List what a new account has."""
    _check_service(params)
    return {"Quotas": [_shown(region, quota, quota.default) for quota in QUOTAS.values()]}


@operation("GetServiceQuota", service=SERVICE)
def get_quota(region: str, params: Params, simulation: Simulation) -> dict[str, Any]:
    """Show what applies to the account."""
    return {"Quota": _applied(region, _quota(params), simulation)}


@operation("GetAWSDefaultServiceQuota", service=SERVICE)
def get_default(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Show what a new account has."""
    quota = _quota(params)
    return {"Quota": _shown(region, quota, quota.default)}


@operation("RequestServiceQuotaIncrease", service=SERVICE)
def request_increase(region: str, params: Params, simulation: Simulation) -> dict[str, Any]:
    """Ask for more; one open request a quota."""
    quota, account = _quota(params), simulation.account(region)
    wanted = float(params["DesiredValue"])
    if any(request.is_open for request in account.quota_requests if request.quota_code == quota.code):
        raise ServiceError(
            "ResourceAlreadyExistsException", "Only one open service quota increase request is allowed per quota."
        )
    if wanted <= _applied(region, quota, simulation)["Value"]:
        raise ServiceError(
            "IllegalArgumentException", "You must provide a quota value greater than the current quota value."
        )
    made = QuotaRequest(quota.code, wanted)
    account.quota_requests.append(made)
    return {"RequestedQuota": _request(region, made)}


@operation("GetRequestedServiceQuotaChange", service=SERVICE)
def get_request(region: str, params: Params, simulation: Simulation) -> dict[str, Any]:
    """Show a request."""
    for request in simulation.account(region).quota_requests:
        if request.id == params["RequestId"]:
            return {"RequestedQuota": _request(region, request)}
    raise _no_such("request")


def _history(region: str, params: Params, simulation: Simulation, code: str | None) -> dict[str, Any]:
    newest_first = reversed(simulation.account(region).quota_requests)
    found = [
        request
        for request in newest_first
        if code in (None, request.quota_code) and params.get("Status") in (None, request.status)
    ]
    size = int(params.get("MaxResults") or 100)
    shown, following = page_of(found, token=params.get("NextToken"), size=size, invalid=_INVALID_TOKEN)
    return {"RequestedQuotas": [_request(region, request) for request in shown], **following}


@operation("ListRequestedServiceQuotaChangeHistoryByQuota", service=SERVICE)
def list_requests_by_quota(region: str, params: Params, simulation: Simulation) -> dict[str, Any]:
    """List the requests for a quota, the newest first."""
    return _history(region, params, simulation, _quota(params).code)


@operation("ListRequestedServiceQuotaChangeHistory", service=SERVICE)
def list_requests(region: str, params: Params, simulation: Simulation) -> dict[str, Any]:
    """List all requests, the newest first."""
    if "ServiceCode" in params:
        _check_service(params)
    return _history(region, params, simulation, None)
