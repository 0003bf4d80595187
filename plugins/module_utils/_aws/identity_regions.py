# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wanted of an identity in each of several regions. Pure: no calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Mapping, Optional, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_plan import Wanted


def wanted_by_region(
    wanted: Wanted, regions: Sequence[str], mail_from_domains: Optional[Mapping[str, Any]]
) -> Dict[str, Wanted]:
    """Return ``wanted`` for each of ``regions``, with the MAIL FROM domain of that region. Raises PlanError."""
    if wanted.mail_from_domain and len(regions) > 1:
        raise PlanError(
            f"mail_from_domain {wanted.mail_from_domain} is asked for in {len(regions)} regions ({', '.join(regions)}), but "
            "SES wants exactly one MX record at its name, and that record names one region. Give each region a name of "
            "its own with mail_from_domains."
        )
    domains = {str(region): str(domain or "").strip() for region, domain in (mail_from_domains or {}).items()}
    _check_domains(domains, regions)
    return {
        region: replace(wanted, mail_from_domain=domains[region]) if region in domains else wanted for region in regions
    }


def _check_domains(domains: Mapping[str, str], regions: Sequence[str]) -> None:
    others = sorted(set(domains) - set(regions))
    if others:
        raise PlanError(
            f"mail_from_domains names {', '.join(others)}, where this task does nothing (it works in {', '.join(regions)}). "
            "Add the region to regions, or remove it from mail_from_domains."
        )
    by_domain: Dict[str, List[str]] = {}
    for region, domain in domains.items():
        if domain:
            by_domain.setdefault(domain.rstrip(".").lower(), []).append(region)
    for domain, shared in by_domain.items():
        if len(shared) > 1:
            raise PlanError(
                f"mail_from_domains gives {domain} to {' and '.join(shared)}, but SES wants exactly one MX record at that "
                "name, and the record names one region. Give each region a name of its own."
            )
