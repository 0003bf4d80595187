# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules tell about an SES identity. Pure: no calls."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity import identity_facts
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_dns import dns_records, pending


def describe(name: str, answer: Optional[Mapping[str, Any]], region: str) -> Dict[str, Any]:
    """Return ``identity``, ``dns_records``, ``ready`` and ``pending`` from GetEmailIdentity's answer (None: no identity)."""
    if answer is None:
        return {"dns_records": [], "ready": False, "pending": []}
    waits_for = pending(name, answer, region)
    return {
        "identity": identity_facts(name, answer, region),
        "dns_records": dns_records(name, answer, region),
        "ready": not waits_for,
        "pending": waits_for,
    }
