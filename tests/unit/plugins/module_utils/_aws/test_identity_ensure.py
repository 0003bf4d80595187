# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several regions: what is checked before anything is changed, and in which order it is done."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError, SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_dkim import Dkim, replica_origin
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_ensure import Around, ensure_identities
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_plan import Wanted

PARENT, REPLICA = "eu-west-1", "us-east-1"
NAME = "example.com"


class Ses:
    """SES in two regions, which refuses what SES refuses about replicas."""

    def __init__(self, **origins: str) -> None:
        self.origins = {region.replace("_", "-"): origin for region, origin in origins.items()}
        self.done: list[str] = []
        self.sets: dict[str, list[str]] = {}
        self.warnings: list[str] = []

    def region(self, region: str) -> Any:
        return Region(self, region)

    def ensure(self, *regions: str, check_mode: bool = False, **options: Any) -> list[str]:
        """Ensure the identity in the regions, with keys of PARENT; return what was done."""
        dkim = {PARENT: Dkim(), REPLICA: Dkim(replica_origin(PARENT))}
        wanted = {region: Wanted(NAME, **{"dkim": dkim[region], **options}) for region in regions}
        around = Around(
            arn_of=lambda name, region: f"arn:aws:ses:{region}:1:identity/{name}",
            open_region=self.region,
            has_configuration_set=lambda region, name: name in self.sets.get(region, ()),
            warn=self.warnings.append,
        )
        apis = {region: self.region(region) for region in regions}
        ensure_identities(apis, wanted, around=around, check_mode=check_mode)
        return self.done


class Region:
    def __init__(self, ses: Ses, region: str) -> None:
        self.ses = ses
        self.region = region

    def get(self, _name: str) -> Any:
        origin = self.ses.origins.get(self.region)
        dkim = {"SigningAttributesOrigin": origin, "SigningEnabled": True, "NextSigningKeyLength": "RSA_2048_BIT"}
        return {"DkimAttributes": dkim, "FeedbackForwardingStatus": True} if origin else None

    def create(self, _name: str, *, signing: dict[str, str], **_others: Any) -> bool:
        origin = signing.get("DomainSigningAttributesOrigin", "AWS_SES")
        if origin == replica_origin(PARENT) and PARENT not in self.ses.origins:
            raise SesError("The parent identity does not exist.")
        self.ses.origins[self.region] = origin
        self.ses.done.append(f"create in {self.region}")
        return True

    def set_dkim_keys(self, _name: str, *, origin: str, signing: dict[str, str]) -> None:
        self.ses.origins[self.region] = origin
        self.ses.done.append(f"{origin} in {self.region}")

    def delete(self, _name: str) -> None:
        del self.ses.origins[self.region]
        if self.region == PARENT and replica_origin(PARENT) in self.ses.origins.values():
            raise SesError("The parent identity has replicas.")
        self.ses.done.append(f"delete in {self.region}")


ORDERS = [(PARENT, REPLICA), (REPLICA, PARENT)]


@pytest.mark.parametrize("regions", ORDERS)
def test_parents_are_made_first_and_deleted_last(regions: tuple[str, ...]) -> None:
    ses = Ses()
    assert ses.ensure(*regions) == [f"create in {PARENT}", f"create in {REPLICA}"]
    ses.done.clear()
    assert ses.ensure(*regions) == []
    assert ses.ensure(*regions, state="absent") == [f"delete in {REPLICA}", f"delete in {PARENT}"]


def test_keys_of_one_region_after_each_had_its_own() -> None:
    ses = Ses(eu_west_1="AWS_SES", us_east_1="AWS_SES")
    assert ses.ensure(PARENT, REPLICA) == ["AWS_SES_EU_WEST_1 in us-east-1"]


def test_a_parent_outside_the_task() -> None:
    assert Ses(eu_west_1="AWS_SES").ensure(REPLICA) == [f"create in {REPLICA}"]
    # Known to be there: nobody asks.
    ses = Ses(us_east_1=replica_origin(PARENT))
    assert ses.ensure(REPLICA) == []


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(
    ("origins", "text"),
    [
        ({}, "where there is no identity example.com. Add eu-west-1 to regions"),
        ({"eu_west_1": "EXTERNAL"}, "keys of its owner (BYODKIM), which SES does not replicate"),
        ({"eu_west_1": "AWS_SES_EU_NORTH_1"}, "keys of eu-north-1, which SES does not replicate"),
    ],
)
def test_parents_without_keys_to_give(origins: dict[str, str], text: str, check_mode: bool) -> None:
    ses = Ses(**origins)
    with pytest.raises(PlanError) as caught:
        ses.ensure(REPLICA, check_mode=check_mode)
    assert text in str(caught.value.message)
    assert ses.done == []


def test_contradictions_of_all_regions_at_once() -> None:
    ses = Ses()
    with pytest.raises(PlanError) as caught:
        ses.ensure(PARENT, REPLICA, mail_from_domain="b.example.org")
    text = str(caught.value.message)
    assert text.startswith("In eu-west-1, us-east-1: The MAIL FROM domain b.example.org is not a subdomain")
    assert ses.done == []


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_configuration_set_that_is_missing(check_mode: bool) -> None:
    """Told before anything is changed, for all regions; in check mode a task before may have it made."""
    ses = Ses(eu_west_1="AWS_SES")
    ses.sets = {"eu-west-1": ["fleet"]}
    assert ses.ensure(PARENT, configuration_set="fleet", check_mode=True) == []
    assert ses.warnings == []
    text = "There is no configuration set nope in eu-west-1 and us-east-1. Create it there with"
    if check_mode:
        assert ses.ensure(PARENT, REPLICA, configuration_set="nope", check_mode=True) == []
        assert [warning.startswith(text) for warning in ses.warnings] == [True]
        return
    with pytest.raises(PlanError, match=text):
        ses.ensure(PARENT, REPLICA, configuration_set="nope")
    assert (ses.done, ses.warnings) == ([], [])
