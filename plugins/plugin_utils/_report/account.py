# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWS says of the account and the senders, asked once for the whole fleet. Pure: it reads what modules returned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.cloudmail.ses.plugins.plugin_utils._report.checks import (
    FAILED,
    NONE,
    NOT_ASKED,
    OK,
    WARNING,
    Check,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Below this part of the daily quota, what is left is worth a warning.
_LOW = 0.1


@dataclass(frozen=True)
class Account:
    """The results of ses_account_info and, for each sender (its ``item``), of ses_preflight."""

    info: Mapping[str, Any]
    preflights: Sequence[Mapping[str, Any]]

    @property
    def asked(self) -> bool:
        """Tell whether AWS was asked at all."""
        return bool(self.info or self.preflights)

    def quota(self, region: str) -> Check:
        """Return what is left of the quota in a region."""
        if not self.asked:
            return NOT_ASKED
        facts = next((one for one in self._regions() if one.get("region") == region), None)
        if facts is None:
            return Check(NONE, "not known")
        if not facts.get("sending_enabled"):
            return Check(FAILED, "sending is paused")
        left, most = facts.get("remaining_24_hour_send"), facts.get("max_24_hour_send") or 0
        if left is None:
            return Check(OK, "no limit")
        return Check(FAILED if left < 1 else WARNING if left < most * _LOW else OK, f"{left:,.0f} of {most:,.0f} left")

    def identity(self, sender: str, region: str) -> Check:
        """Return whether a sender is verified in a region."""
        if not self.asked:
            return NOT_ASKED
        for answer in self.preflights:
            for one in answer.get("regions") or ():
                if (answer.get("item") or {}).get("sender") == sender and one.get("region") == region:
                    return _identity(one)
        return Check(NONE, "not known")

    def problems(self) -> list[dict[str, str]]:
        """Return why SES would refuse mail, each reason once."""
        found = {
            (str(reason["message"]), str(reason.get("fix") or ""))
            for answer in self.preflights
            for reason in answer.get("reasons") or ()
        }
        return [{"message": message, "fix": fix} for message, fix in sorted(found)]

    def notes(self) -> list[str]:
        """Return what is good to know, and what could not be asked."""
        # The role passes over failures, so what tells them is that the answer lacks.
        unanswered = [self.info] if self.info and "accounts" not in self.info else []
        unanswered += [one for one in self.preflights if "regions" not in one]
        unread = {f"AWS could not be asked: {one.get('msg') or 'no reason given'}" for one in unanswered}
        return sorted(unread) + sorted({str(note) for one in self.preflights for note in one.get("notes") or ()})

    def regions(self) -> list[dict[str, Any]]:
        """Return the account's state in each region that was asked."""
        names = ("region", "sandbox", "sending_enabled", "enforcement_status")
        quotas = ("max_24_hour_send", "remaining_24_hour_send", "max_send_rate")
        return [{name: one.get(name) for name in names + quotas} for one in self._regions()]

    def as_dict(self) -> dict[str, Any]:
        """Return it as the report's data."""
        return {
            "asked": self.asked,
            "regions": self.regions(),
            "problems": self.problems(),
            "notes": self.notes(),
        }

    def _regions(self) -> Sequence[Mapping[str, Any]]:
        return self.info.get("accounts") or ()


def _identity(answer: Mapping[str, Any]) -> Check:
    codes = [str(reason.get("code")) for reason in answer.get("reasons") or ()]
    wrong = [code for code in codes if code.startswith(("identity_", "mail_from_"))]
    if wrong:
        return Check(FAILED, wrong[0].replace("_", " "))
    return Check(OK, f"{answer['identity']} verified") if answer.get("identity") else Check(NONE, "not known")
