# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The regions of one task, and a client for each of them."""

from __future__ import annotations

import re
from typing import Any, Dict, List

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import RETRY, PlanError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.failure import note_writes

#: The option of the documentation fragment cloudmail.ses.aws_side.regions.
REGIONS_ARGUMENT: Dict[str, Any] = {"regions": {"type": "list", "elements": "str"}}
_SHAPE = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}")


def clients(module: Any, service: str) -> List[Any]:
    """Return a client of ``service`` for each region in O(regions), in that order, else one for O(region).

    Raises PlanError for what is no name of a region: botocore would make a host name of any text and fail at DNS. A
    failure tells of what they have changed.
    """
    regions = list(dict.fromkeys(str(region).strip() for region in module.params["regions"] or ()))
    for region in regions:
        check_region(region, "regions")
    if not regions:
        if not module.region:
            raise PlanError(
                "There is no region. Name one in region, or several in regions, or set the environment variable AWS_REGION."
            )
        return [note_writes(module.client(service, retry_decorator=RETRY))]
    return [note_writes(module.client(service, retry_decorator=RETRY, region=region)) for region in regions]


def check_region(region: str, option: str) -> None:
    """Raise PlanError when what ``option`` says is no name of a region."""
    if not _SHAPE.fullmatch(region):
        raise PlanError(f"{region!r} is not an AWS region. Use names such as eu-west-1 in {option}.")
