# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The headers that all mail leaves with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_address import MessageError
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_ses_headers import Treatment, ses_headers

if TYPE_CHECKING:
    from ansible_collections.cloudmail.ses.plugins.module_utils._relay.endpoints import Place
    from ansible_collections.cloudmail.ses.plugins.module_utils._relay.findings import Findings

#: RFC 5322, section 2.1.1: a line has at most 998 characters.
_LONGEST = 998
_IDENTITY = re.compile(r"arn:[a-z-]+:ses:([a-z0-9-]+):[0-9]{12}:identity/[A-Za-z0-9._+=@-]+")


def read_headers(found: Findings, given: Mapping[str, Any], places: Sequence[Place]) -> List[Dict[str, str]]:
    """Return names and values in the order in which they are added."""
    names = ("configuration_set", "tenant", "source_arn")
    texts = {name: found.text(f"ses_relay_{name}", given.get(name)) for name in names}
    wanted = Treatment(
        texts["configuration_set"], _tags(found, given.get("message_tags")), texts["tenant"], texts["source_arn"]
    )
    try:
        headers = ses_headers(wanted)
    except MessageError as exc:
        for text in exc.shortfalls:
            option, _colon, reason = text.partition(": ")
            found.add(f"ses_relay_{'message_tags' if option == 'tags' else option}", reason)
        return []
    if texts["source_arn"]:
        _check_source_arn(found, texts["source_arn"], places)
    if len(headers.get("X-SES-MESSAGE-TAGS", "")) > _LONGEST - len("X-SES-MESSAGE-TAGS: "):
        found.add(
            "ses_relay_message_tags", f"are too long for a header, which has at most {_LONGEST} characters. Use fewer."
        )
    return [{"name": name, "value": value} for name, value in headers.items()]


def _tags(found: Findings, given: Any) -> Dict[str, str]:
    tags = {}
    for name, value in found.table("ses_relay_message_tags", given).items():
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        text = str(value) if is_number else found.text(f"ses_relay_message_tags.{name}", value)
        if text or value in ("", None):
            tags[str(name)] = text
    return tags


def _check_source_arn(found: Findings, arn: str, places: Sequence[Place]) -> None:
    match = _IDENTITY.fullmatch(arn)
    if not match:
        found.add(
            "ses_relay_source_arn", f"{arn!r} is not the ARN of a domain or of an address. Copy it from the identity."
        )
        return
    others = [place for place in places if place.region and place.region != match.group(1)]
    if others:
        names = " and ".join(f"{place.region} ({place.variable})" for place in others)
        found.add(
            "ses_relay_source_arn",
            f"{arn} is of an identity in {match.group(1)}, but mail goes to {names} too. Identities are per region, and SES "
            "refuses the ARN of another one. Leave it out, or relay through that one region.",
        )
