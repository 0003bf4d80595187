# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be set on an SES configuration set, and how the API writes it. Pure: no calls."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Dict, Mapping, Optional, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.tags import to_dict


@dataclass(frozen=True)
class Settings:
    """What a user can set on a configuration set. An empty pool is SES's shared addresses."""

    tls_policy: str = "optional"
    dedicated_pool: str = ""
    reputation_metrics: bool = False
    sending_enabled: bool = True
    #: None: those of the account.
    suppressed_reasons: Optional[Tuple[str, ...]] = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def visible(self) -> Dict[str, Any]:
        """Return this as a module returns it."""
        reasons = self.suppressed_reasons
        return {**asdict(self), "suppressed_reasons": None if reasons is None else list(reasons)}


def settings_of(answer: Mapping[str, Any]) -> Settings:
    """Return the settings in GetConfigurationSet's answer, which leaves out what was never set."""
    delivery = answer.get("DeliveryOptions") or {}
    reasons = (answer.get("SuppressionOptions") or {}).get("SuppressedReasons")
    return Settings(
        tls_policy=str(delivery.get("TlsPolicy") or "OPTIONAL").lower(),
        dedicated_pool=str(delivery.get("SendingPoolName") or ""),
        reputation_metrics=bool((answer.get("ReputationOptions") or {}).get("ReputationMetricsEnabled", False)),
        sending_enabled=bool((answer.get("SendingOptions") or {}).get("SendingEnabled", True)),
        suppressed_reasons=None if reasons is None else tuple(sorted(str(reason).lower() for reason in reasons)),
        tags=to_dict(answer.get("Tags")),
    )


def delivery_options(after: Settings, present: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the delivery options to set; what this collection does not manage stays as in ``present``."""
    kept = {key: value for key, value in present.items() if key not in ("TlsPolicy", "SendingPoolName")}
    pool = {"SendingPoolName": after.dedicated_pool} if after.dedicated_pool else {}
    return {**kept, "TlsPolicy": after.tls_policy.upper(), **pool}


def suppression_options(after: Settings, present: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the suppression options to set; scope and validation stay as in ``present``.

    An empty list switches suppression off, a missing one means the account's reasons.
    """
    kept = {key: value for key, value in present.items() if key != "SuppressedReasons"}
    if after.suppressed_reasons is None:
        return kept
    return {**kept, "SuppressedReasons": [reason.upper() for reason in after.suppressed_reasons]}
