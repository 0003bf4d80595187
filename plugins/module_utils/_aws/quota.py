# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SES's quotas in Service Quotas: the requests for an increase, and asking for one."""

from __future__ import annotations

from typing import Any, List, Optional

try:
    from botocore.exceptions import ClientError
except ImportError:
    pass  # AnsibleAWSModule reports a missing SDK.

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import calling, error_code
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.quota_request import (
    QUOTA_CODES,
    QuotaRequest,
    amount,
    request_of,
)

SERVICE_CODE = "ses"


class Quotas:
    """The calls of Service Quotas about SES in the region of one client."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.region: str = client.meta.region_name

    def requests(self, quota: str) -> List[QuotaRequest]:
        """Return the requests for the option ``quota``, the newest first."""
        found: List[QuotaRequest] = []
        token: Optional[str] = None
        while True:
            page = {"NextToken": token} if token else {}
            with calling(
                "servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota",
                f"read the requests for more of {quota} of SES in {self.region}",
            ):
                answer = self._client.list_requested_service_quota_change_history_by_quota(
                    aws_retry=True, ServiceCode=SERVICE_CODE, QuotaCode=QUOTA_CODES[quota], **page
                )
            found += [request_of(item) for item in answer.get("RequestedQuotas") or ()]
            token = answer.get("NextToken")
            if not token:
                return sorted(found, key=lambda request: request.created or "", reverse=True)

    def increase(self, quota: str, value: float) -> Optional[QuotaRequest]:
        """Ask for ``value``; return the request, None when another one is open already."""
        with calling(
            "servicequotas:RequestServiceQuotaIncrease", f"ask for {amount(quota, value)} of SES in {self.region}"
        ):
            try:
                answer = self._client.request_service_quota_increase(
                    aws_retry=True, ServiceCode=SERVICE_CODE, QuotaCode=QUOTA_CODES[quota], DesiredValue=float(value)
                )
            except ClientError as exc:
                if error_code(exc) == "ResourceAlreadyExistsException":
                    return None
                raise
        return request_of(answer.get("RequestedQuota") or {"QuotaCode": QUOTA_CODES[quota], "DesiredValue": value})
