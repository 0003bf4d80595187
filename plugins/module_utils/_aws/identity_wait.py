# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait until SES has verified an identity in one or several regions."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, Mapping, Optional

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import SesError
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity import Identities
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity_dns import given_up, next_step, pending

#: GetEmailIdentity's answer by region.
Answers = Dict[str, Mapping[str, Any]]
#: Returns a sentence about what is in DNS, asked when a wait ends without success.
Looks = Callable[[Mapping[str, Mapping[str, Any]]], str]


def wait_for_identities(
    apis: Mapping[str, Identities],
    name: str,
    answers: Mapping[str, Mapping[str, Any]],
    *,
    timeout: float,
    delay: float,
    look: Optional[Looks] = None,
) -> Answers:
    """Ask SES every ``delay`` seconds until the identity is ready in all regions; return the last answers.

    Raises SesError after ``timeout`` seconds, for all regions together, or as soon as SES has given up in one of them,
    and says what is missing in each.
    """
    deadline = time.monotonic() + timeout
    last: Answers = dict(answers)
    while True:
        waiting = {region: answer for region, answer in last.items() if pending(name, answer, region)}
        if not waiting:
            return last
        left = deadline - time.monotonic()
        if left <= 0 or any(given_up(answer) for answer in waiting.values()):
            found = look(waiting) if look else ""
            raise SesError(f"{_missing(name, waiting)} {found}{_advice(name, waiting, timeout)}")
        time.sleep(min(delay, left))
        for region in waiting:
            last[region] = _read(apis[region], name)


def _read(api: Identities, name: str) -> Mapping[str, Any]:
    found = api.get(name)
    if found is None:
        raise SesError(f"The identity {name} in {api.region} was deleted by somebody while this task waited.")
    return found


def _missing(name: str, waiting: Mapping[str, Mapping[str, Any]]) -> str:
    return " ".join(
        f"The identity {name} in {region} is not ready: {'. Also, '.join(pending(name, answer, region))}."
        for region, answer in waiting.items()
    )


def _advice(name: str, waiting: Mapping[str, Mapping[str, Any]], timeout: float) -> str:
    steps = [next_step(name, answer, region) for region, answer in waiting.items() if given_up(answer)]
    if steps:
        return " ".join(steps)
    where = (
        f"The link comes in a mail to {name}; look in its junk folder"
        if "@" in name
        else "Check the records at the domain's name servers"
    )
    return f"Waited {timeout:g} seconds. {where}, then run again; DNS may take up to 72 hours."
