# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A quota of SES, and a request for more of it. Pure: no calls."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Dict, Mapping, Optional

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError

#: The option of a quota, and its code in Service Quotas.
QUOTA_CODES = {"max_24_hour_send": "L-804C8AE8", "max_send_rate": "L-CDEF9B6B"}
_OPTION_OF = {code: option for option, code in QUOTA_CODES.items()}
_PERIODS = {"max_24_hour_send": "in 24 hours", "max_send_rate": "a second"}


def wanted_quotas(options: Mapping[str, Any]) -> Dict[str, float]:
    """Return the quotas among a module's options. Raises PlanError for a value that no quota has."""
    wanted = {name: float(options[name]) for name in QUOTA_CODES if options[name] is not None}
    for name, value in wanted.items():
        if not 0 < value <= 1e10:
            raise PlanError(
                f"{name} is {number(value)}, which AWS would not take. Use a number above 0, up to 10,000,000,000."
            )
    return wanted


@dataclass(frozen=True)
class QuotaRequest:
    """A request for an increase; times are ISO 8601."""

    quota: str
    quota_code: str
    status: str
    desired_value: float
    id: Optional[str] = None
    case_id: Optional[str] = None
    created: Optional[str] = None
    last_updated: Optional[str] = None

    def visible(self) -> Dict[str, Any]:
        """Return this as a module returns it."""
        return asdict(self)

    def words(self) -> str:
        """Return what was asked for, and where to look it up."""
        case = f", support case {self.case_id}" if self.case_id else ""
        return f"{amount(self.quota, self.desired_value)} (request {self.id or 'without an ID'}{case})"


def amount(quota: str, value: float) -> str:
    """Return a value of a quota in words; SES writes "no limit" as -1."""
    if value < 0:
        return "no limit"
    text = number(value)
    return f"{text} recipient{'' if text == '1' else 's'} {_PERIODS[quota]}"


def number(value: float) -> str:
    """Return a number of recipients for people, never in scientific notation."""
    return f"{value:g}" if value < 1e5 else f"{value:.0f}"


def request_of(answer: Mapping[str, Any]) -> QuotaRequest:
    """Return a RequestedQuota of the API as a value."""
    code = str(answer.get("QuotaCode") or "")
    return QuotaRequest(
        quota=_OPTION_OF.get(code, code),
        quota_code=code,
        status=str(answer.get("Status") or "PENDING"),
        desired_value=float(answer.get("DesiredValue") or 0),
        id=answer.get("Id"),
        case_id=answer.get("CaseId"),
        created=_time(answer.get("Created")),
        last_updated=_time(answer.get("LastUpdated")),
    )


def _time(value: Any) -> Optional[str]:
    return value.isoformat() if isinstance(value, datetime) else None
