# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The headers by which a message tells SES how to treat it. Pure.

Sources: SES developer guide, "Amazon SES header fields" and "Using sending authorization"; the models of the API.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_address import MessageError
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.shortfalls import Shortfalls

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
_SOURCE_ARN = re.compile(r"arn:(aws[a-z-]*):ses:([a-z0-9-]+):([0-9]{12}):identity/(\S+)")
_PARTITIONS = {"us-gov": "aws-us-gov", "cn": "aws-cn"}


@dataclass(frozen=True)
class Treatment:
    """What SES is asked to do with a message; nothing where it is empty.

    ``region`` is where the message goes, empty when that is not known.
    """

    configuration_set: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    tenant: str | None = None
    source_arn: str | None = None
    region: str = ""


def ses_headers(wanted: Treatment) -> dict[str, str]:
    """Return the headers; raise MessageError with all that SES would refuse."""
    findings = Shortfalls(MessageError)
    headers = {
        "X-SES-CONFIGURATION-SET": findings.check(_checked_name, "configuration_set", wanted.configuration_set),
        "X-SES-MESSAGE-TAGS": findings.check(_checked_tags, wanted.tags),
        "X-SES-TENANT": findings.check(_checked_name, "tenant", wanted.tenant),
        "X-SES-SOURCE-ARN": findings.check(_checked_arn, wanted.source_arn, wanted.region),
    }
    if findings.found:
        raise MessageError(*findings.found)
    return {name: value for name, value in headers.items() if value}


def _checked_name(option: str, name: str | None) -> str | None:
    if name and not _NAME.fullmatch(name):
        what = option.replace("_", " ")
        raise MessageError(f"{option}: {name!r} is not the name of a {what}: 1 to 64 of A-Z a-z 0-9 _ and -.")
    return name


def _checked_tags(tags: dict[str, str]) -> str | None:
    wrong = [text for pair in tags.items() for text in pair if not _TAG.fullmatch(text)]
    if wrong:
        names = ", ".join(repr(text) for text in wrong)
        raise MessageError(f"tags: names and values are 1 to 256 of A-Z a-z 0-9 _ and -, which {names} is not.")
    return ", ".join(f"{name}={value}" for name, value in tags.items()) or None


def _checked_arn(arn: str | None, region: str) -> str | None:
    if not arn:
        return None
    match = _SOURCE_ARN.fullmatch(arn)
    if not match:
        raise MessageError(
            f"source_arn: {arn!r} is not the ARN of an identity. It looks like "
            "arn:aws:ses:eu-west-1:111122223333:identity/example.com, and is that of the identity's owner."
        )
    partition, of_arn = match.group(1), match.group(2)
    expected = next((name for start, name in _PARTITIONS.items() if of_arn.startswith(start + "-")), "aws")
    if partition != expected:
        raise MessageError(
            f"source_arn: {arn} names the partition {partition}, but {of_arn} is in {expected}. Correct it."
        )
    if region and of_arn != region:
        raise MessageError(
            f"source_arn: {arn} is of an identity in {of_arn}, but the message goes to SES in {region}, and identities "
            "are per region. Use the identity's ARN there, or the other region."
        )
    return arn
