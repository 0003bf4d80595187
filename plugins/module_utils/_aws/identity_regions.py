# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wanted of an identity in each of several regions. Pure: no calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Mapping, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_dkim import wanted_dkim
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_plan import Wanted
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_policy import read_option

#: The options that are taken as they are.
SETTINGS = (
    "state",
    "dkim_key_length",
    "dkim_signing",
    "mail_from_domain",
    "mail_from_on_mx_failure",
    "feedback_forwarding",
    "configuration_set",
    "purge_policies",
    "tags",
    "purge_tags",
)


def wanted_by_region(name: str, params: Mapping[str, Any], regions: Sequence[str]) -> Dict[str, Wanted]:
    """Return what the options of ses_identity ask for in each of ``regions``. Raises PlanError."""
    wanted = Wanted(name=name, policies=read_option(params["policies"]), **{key: params[key] for key in SETTINGS})
    if wanted.mail_from_domain and len(regions) > 1:
        raise PlanError(
            f"mail_from_domain {wanted.mail_from_domain} is asked for in {len(regions)} regions ({', '.join(regions)}), but "
            "SES wants exactly one MX record at its name, and that record names one region. Give each region a name of "
            "its own with mail_from_domains."
        )
    domains = {str(region): str(domain or "").strip() for region, domain in (params["mail_from_domains"] or {}).items()}
    _check_domains(domains, regions)
    return {
        region: replace(
            wanted,
            dkim=wanted_dkim(params, region),
            mail_from_domain=domains.get(region, wanted.mail_from_domain),
        )
        for region in regions
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
