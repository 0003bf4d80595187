# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that name an SMTP credential: the same for whoever changes and whoever reads it."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_state import Wanted
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import RETRY, PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.failure import note_writes
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store import Store
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store_open import open_store
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.endpoint import RegionError, check_region

#: Argument spec of the options that say which credential is meant, and where it is.
NAMING: Dict[str, Any] = {
    "name": {"type": "str", "required": True, "aliases": ["credential_name"]},
    "user_name": {"type": "str"},
    "policy_name": {"type": "str", "default": "cloudmail-ses-send"},
    "store": {"type": "str", "choices": ["secretsmanager", "ssm", "none"], "default": "secretsmanager"},
}


def store_of(module: Any) -> Store:
    """Return the store that the options of a module name."""
    kind = module.params["store"]
    if kind != "none" and not module.region:
        raise PlanError(
            "There is no region, so nobody knows where the credential is stored. Set region to the region of its store "
            f"({kind}), here or as AWS_REGION. The option regions says something else: which regions it has passwords for."
        )
    client = None if kind == "none" else note_writes(module.client(kind, retry_decorator=RETRY))
    return open_store(kind, client, module.params.get("kms_key_id"))


def identified(params: Mapping[str, Any], store: Store) -> Wanted:
    """Return which credential is meant, with nothing else wanted about it."""
    return Wanted(
        name=params["name"],
        user_name=params["user_name"] or params["name"].strip("/").replace("/", "-"),
        store_kind=store.kind,
        store_region=store.region,
        where=store.where,
        policy_name=params["policy_name"],
    )


def checked_regions(regions: Sequence[str]) -> Tuple[Tuple[str, ...], List[str]]:
    """Return the regions, sorted, and warnings about some. Raises RegionError, once for all that have no SMTP."""
    names = sorted(set(regions))
    wrong, warnings = [], []
    for region in names:
        try:
            warnings.append(check_region(region))
        except RegionError as exc:
            wrong.append(str(exc))
    if wrong:
        raise RegionError(" ".join(wrong))
    return tuple(names), [warning for warning in warnings if warning]
