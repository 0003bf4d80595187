# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which AWS regions have an SES SMTP endpoint. Data only: it ages, so it carries its date.

Sources: AWS General Reference "Amazon SES endpoints and quotas", SES developer guide.
"""

from __future__ import annotations

AS_OF = "2026-11"

#: Regions documented to serve SES over SMTP.
SMTP = frozenset(
    [
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
        "ap-south-1",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "eu-north-1",
        "sa-east-1",
        "us-gov-west-1",
        "us-gov-east-1",
    ]
)

#: Regions documented to serve SES over SMTP from FIPS 140 validated endpoints.
FIPS = frozenset(["us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "us-gov-east-1", "us-gov-west-1"])

#: Regions with the SES API that are documented to have no SMTP endpoint.
API_ONLY = frozenset(
    [
        "af-south-1",
        "ap-south-2",
        "ap-southeast-3",
        "ap-southeast-5",
        "eu-south-1",
        "eu-central-2",
        "il-central-1",
        "me-south-1",
        "me-central-1",
        "ca-west-1",
    ]
)

#: Regions for which the documentation does not say.
UNCONFIRMED = frozenset(
    ["ap-east-2", "ap-southeast-4", "ap-southeast-6", "ap-southeast-7", "eu-south-2", "mx-central-1"]
)

#: Regions without SES, and the beginnings of the names of partitions without it.
NO_SES = frozenset(("ap-east-1",))
NO_SES_PREFIXES = ("cn-", "us-iso-", "us-isob-", "us-isof-", "eu-isoe-")
