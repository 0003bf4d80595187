# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait until SES has verified an identity in one or several regions."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_record import sentences
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity import Identities
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_describe import merge_records
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_dkim import OwnKey
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_dns import (
    dns_records,
    given_up,
    next_step,
    pending,
)

#: GetEmailIdentity's answer by region.
Answers = Dict[str, Mapping[str, Any]]
#: Returns what DNS itself has for records, one sentence for each; see ``dns_sentences``.
Look = Callable[[Sequence[Mapping[str, Any]]], List[str]]


@dataclass(frozen=True)
class Pause:
    """How long to wait for all regions together, and between two questions in the same region, in seconds."""

    timeout: float
    delay: float


class NotReadyError(SesError):
    """A wait that ended without success, with the last ``answers`` of SES."""

    def __init__(self, message: str, answers: Answers) -> None:
        super().__init__(message)
        self.answers = answers


def wait_for_identities(
    apis: Mapping[str, Identities],
    name: str,
    answers: Mapping[str, Mapping[str, Any]],
    *,
    pause: Pause,
    key: Optional[OwnKey] = None,
    look: Optional[Look] = None,
) -> Answers:
    """Ask SES until the identity is ready in all regions; return the last answers.

    Raises NotReadyError when the time is over, or as soon as SES has given up in one of the regions, and says what is
    missing in each; what ``look`` finds in DNS at that moment is told as well.
    """
    deadline = time.monotonic() + pause.timeout
    last: Answers = dict(answers)
    while True:
        waiting = {region: answer for region, answer in last.items() if pending(name, answer, region, key=key)}
        if not waiting:
            return last
        left = deadline - time.monotonic()
        if left <= 0 or any(given_up(answer) for answer in waiting.values()):
            parts = [_missing(name, waiting, key), *_looked(name, waiting, key=key, look=look)]
            raise NotReadyError(" ".join([*parts, _advice(name, waiting, pause.timeout)]), last)
        time.sleep(min(pause.delay, left))
        for region in waiting:
            last[region] = _read(apis[region], name)


def _read(api: Identities, name: str) -> Mapping[str, Any]:
    found = api.get(name)
    if found is None:
        raise SesError(f"The identity {name} in {api.region} was deleted by somebody while this task waited.")
    return found


def _missing(name: str, waiting: Answers, key: Optional[OwnKey]) -> str:
    return " ".join(
        f"The identity {name} in {region} is not ready: {'. Also, '.join(pending(name, answer, region, key=key))}."
        for region, answer in waiting.items()
    )


def _looked(name: str, waiting: Answers, *, key: Optional[OwnKey], look: Optional[Look]) -> List[str]:
    records = [
        record
        for region, answer in waiting.items()
        for record in dns_records(name, answer, region, key=key)
        if record["status"] not in (None, "SUCCESS")
    ]
    return look(merge_records(records)) if look and records else []


def _advice(name: str, waiting: Answers, timeout: float) -> str:
    steps = [next_step(name, answer, region) for region, answer in waiting.items() if given_up(answer)]
    if steps:
        return " ".join(steps)
    if "@" in name and not all(answer.get("VerifiedForSendingStatus") for answer in waiting.values()):
        return f"Waited {timeout:g} seconds. Look for the mail of SES in the mailbox of {name} and its junk folder."
    return (
        f"Waited {timeout:g} seconds. Check the records at the domain's name servers, then run again; DNS may take up to "
        "72 hours."
    )


def dns_sentences(records: Sequence[Mapping[str, Any]]) -> List[str]:
    """Return what ``check_records`` found, one sentence for each record or reason."""
    late = ", and SES has not looked since"
    return [f"{text}{late if text.endswith(' is in DNS') else ''}." for text in sentences(records)]
