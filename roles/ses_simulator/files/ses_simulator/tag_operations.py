# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SES v2 operations on tags. The tags themselves live in moto's state."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ses_simulator import identities
from ses_simulator.iam import ses_arn
from ses_simulator.operations import Params, operation
from ses_simulator.services import bad_request, not_found
from ses_simulator.simulation import Simulation

MAX_TAGS = 50
_ARN = re.compile(r"arn:aws[a-z-]*:ses:(?P<region>[a-z0-9-]+):\d{12}:(?P<kind>identity|configuration-set)/(?P<name>.+)")
Tags = Sequence[dict[str, str]]


def check_tags(tags: Tags) -> Tags:
    """Return the tags; raise BadRequestException for what SES would not take."""
    keys = [tag["Key"] for tag in tags]
    if len(set(keys)) < len(keys):
        raise bad_request("Duplicate tag keys are not allowed.")
    if len(keys) > MAX_TAGS:
        raise bad_request(f"A resource can have at most {MAX_TAGS} tags.")
    for tag in tags:
        if not 1 <= len(tag["Key"]) <= 128 or len(tag["Value"]) > 256:
            raise bad_request(f"Tag <{tag['Key']}>: a key has 1 to 128 characters, a value at most 256.")
        if tag["Key"].lower().startswith("aws:"):
            raise bad_request(f"Tag <{tag['Key']}>: aws: is reserved.")
    return tags


def tags_of(region: str, kind: str, name: str) -> list[dict[str, str]]:
    """Return the tags of an ``identity`` or a ``configuration-set``."""
    arn = ses_arn(region, kind, name)
    tags: list[dict[str, str]] = identities.backend(region).tagger.list_tags_for_resource(arn)["Tags"]
    return tags


def add_tags(region: str, kind: str, name: str, tags: Tags) -> None:
    """Add or replace tags that check_tags has seen."""
    if tags:
        identities.backend(region).tagger.tag_resource(ses_arn(region, kind, name), list(tags))


def forget_tags(region: str, kind: str, name: str) -> None:
    """Remove all tags, because what had them is removed."""
    identities.backend(region).tagger.delete_all_tags_for_resource(ses_arn(region, kind, name))


def _resource(region: str, arn: str) -> tuple[str, str]:
    found = _ARN.fullmatch(arn)
    if found is None or found["region"] != region:
        raise bad_request(f"Invalid resource ARN <{arn}>.")
    kind, name = found["kind"], found["name"]
    present = identities.find(region, name) if kind == "identity" else identities.has_configuration_set(region, name)
    if not present:
        raise not_found(f"Resource <{arn}> does not exist.")
    return kind, identities.canonical(name) if kind == "identity" else name


@operation("TagResource")
def tag_resource(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Add or replace tags."""
    kind, name = _resource(region, str(params["ResourceArn"]))
    tags = check_tags(params["Tags"])
    together = {tag["Key"] for tag in (*tags_of(region, kind, name), *tags)}
    if len(together) > MAX_TAGS:
        raise bad_request(f"A resource can have at most {MAX_TAGS} tags.")
    add_tags(region, kind, name, tags)
    return {}


@operation("UntagResource")
def untag_resource(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """Remove tags; what is not there is no error."""
    kind, name = _resource(region, str(params["ResourceArn"]))
    arn = ses_arn(region, kind, name)
    identities.backend(region).tagger.untag_resource_using_names(arn, list(params["TagKeys"]))
    return {}


@operation("ListTagsForResource")
def list_tags(region: str, params: Params, _simulation: Simulation) -> dict[str, Any]:
    """List the tags."""
    return {"Tags": tags_of(region, *_resource(region, str(params["ResourceArn"])))}
