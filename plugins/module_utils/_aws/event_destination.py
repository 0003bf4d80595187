# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a configuration set's events go: the option, and what is wrong with it. Pure: no calls."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, List, Mapping, Optional

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError

EVENTS = (
    "send",
    "reject",
    "bounce",
    "complaint",
    "delivery",
    "open",
    "click",
    "rendering_failure",
    "delivery_delay",
    "subscription",
)
#: Exactly one of these says where the events go.
TARGETS = ("sns_topic_arn", "event_bus_arn", "firehose", "cloudwatch_dimensions")
EVENT_DESTINATION_ARGUMENT: Dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "options": {
        "name": {"type": "str", "required": True},
        "enabled": {"type": "bool", "default": True},
        "events": {"type": "list", "elements": "str", "choices": list(EVENTS), "required": True},
        "sns_topic_arn": {"type": "str"},
        "event_bus_arn": {"type": "str"},
        "firehose": {
            "type": "dict",
            "options": {
                "delivery_stream_arn": {"type": "str", "required": True},
                "iam_role_arn": {"type": "str", "required": True},
            },
        },
        "cloudwatch_dimensions": {
            "type": "list",
            "elements": "dict",
            "options": {
                "name": {"type": "str", "required": True},
                "source": {
                    "type": "str",
                    "choices": ["message_tag", "email_header", "link_tag"],
                    "default": "message_tag",
                },
                "default": {"type": "str", "required": True},
            },
        },
    },
    "mutually_exclusive": [TARGETS],
    "required_one_of": [TARGETS],
}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DIMENSION_VALUE = re.compile(r"[A-Za-z0-9_.@-]{1,255}")
_ARN = re.compile(r"arn:aws[a-z-]*:(?P<service>[a-z-]+):(?P<region>[a-z0-9-]*):(?P<account>[0-9]{12}):(?P<name>\S+)")

#: An event destination: ``name``, ``enabled``, ``events`` (sorted), and one of TARGETS.
Destination = Dict[str, Any]


def wanted_destinations(
    options: Optional[Iterable[Mapping[str, Any]]], region: str
) -> Optional[Dict[str, Destination]]:
    """Return the option's event destinations by name for one region; None leaves all as they are.

    ``{region}`` in an ARN stands for the region. Raises PlanError with all that is wrong.
    """
    if options is None:
        return None
    wanted: Dict[str, Destination] = {}
    wrong: List[str] = []
    for option in options:
        destination = _normal(option, region)
        name = destination["name"]
        if name in wanted:
            wrong.append(f"the name {name} is there twice; give each event destination a name of its own")
        wrong += [f"{name}: {text}" for text in _wrong(destination, region)]
        wanted[name] = destination
    if wrong:
        raise PlanError(f"These event_destinations cannot work in {region}: {'; '.join(wrong)}.")
    return wanted


def _normal(option: Mapping[str, Any], region: str) -> Destination:
    target = next(key for key in TARGETS if option.get(key) is not None)
    value = option[target]
    if target == "firehose":
        value = {key: text.strip().replace("{region}", region) for key, text in sorted(value.items())}
    elif target == "cloudwatch_dimensions":
        value = sorted((dict(each) for each in value), key=lambda each: str(each["name"]))
    else:
        value = value.strip().replace("{region}", region)
    events = sorted(set(option["events"]))
    return {"name": option["name"].strip(), "enabled": bool(option["enabled"]), "events": events, target: value}


def _wrong(destination: Destination, region: str) -> List[str]:
    wrong: List[str] = []
    if not _NAME.fullmatch(destination["name"]):
        wrong.append("a name has at most 64 of A-Z, a-z, 0-9, _ and -")
    if not destination["events"]:
        wrong.append("events is empty; name at least one, or set enabled to false to switch the destination off")
    if "sns_topic_arn" in destination:
        arn = destination["sns_topic_arn"]
        wrong += _wrong_arn(arn, "sns", region=region)
        if arn.endswith(".fifo"):
            wrong.append(f"{arn} is a FIFO topic, which SES cannot publish to; use a standard topic")
    if "event_bus_arn" in destination:
        arn = destination["event_bus_arn"]
        wrong += _wrong_arn(arn, "events", region=region)
        if not arn.endswith(":event-bus/default"):
            wrong.append(
                f"SES publishes to the default event bus only, whose ARN ends with event-bus/default, not to {arn}"
            )
    if "firehose" in destination:
        wrong += _wrong_arn(destination["firehose"]["delivery_stream_arn"], "firehose", region=region)
        wrong += _wrong_arn(destination["firehose"]["iam_role_arn"], "iam", region="")
    if "cloudwatch_dimensions" in destination:
        wrong += _wrong_dimensions(destination["cloudwatch_dimensions"])
    return wrong


def _wrong_arn(arn: str, service: str, *, region: str) -> List[str]:
    match = _ARN.fullmatch(arn)
    if not match or match.group("service") != service:
        return [f"{arn!r} is not an ARN of {service}"]
    if match.group("region") != region:
        where = match.group("region") or "no region"
        rule = "SES publishes in its own region only; with several regions, write {region} in the ARN"
        return [f"{arn} is in {where}, and {rule}"]
    return []


def _wrong_dimensions(dimensions: List[Dict[str, Any]]) -> List[str]:
    if not dimensions:
        return ["cloudwatch_dimensions is empty; CloudWatch needs at least one"]
    wrong = []
    names = [str(each["name"]) for each in dimensions]
    wrong += [f"the dimension {name} is there twice" for name in sorted({n for n in names if names.count(n) > 1})]
    for each in dimensions:
        if not re.fullmatch(r"[A-Za-z0-9_:-]{1,255}", each["name"]):
            wrong.append(f"the dimension's name {each['name']!r} may have at most 255 of A-Z, a-z, 0-9, _, - and :")
        if not _DIMENSION_VALUE.fullmatch(each["default"]):
            wrong.append(f"the default {each['default']!r} may have at most 255 of A-Z, a-z, 0-9, _, -, @ and .")
    return wrong
