# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one state that the API, the SMTP endpoints and the HTTP interface share."""

from __future__ import annotations

from ses_simulator.accounts import Account
from ses_simulator.api_faults import ApiBoard
from ses_simulator.calls import CallLog
from ses_simulator.certificates import Authority
from ses_simulator.decisions import DecisionLog
from ses_simulator.dialogues import DialogueLog
from ses_simulator.faults import FaultBoard
from ses_simulator.messages import MessageStore
from ses_simulator.origins import Origins
from ses_simulator.settings import Settings


class Simulation:
    """Everything that moto does not hold."""

    def __init__(self, settings: Settings, authority: Authority) -> None:
        self.settings = settings
        self.authority = authority
        self.messages = MessageStore()
        self.faults = FaultBoard()
        self.api = ApiBoard()
        self.calls = CallLog()
        self.origins = Origins()
        self.decisions = DecisionLog()
        self.dialogues = DialogueLog()
        self._accounts: dict[str, Account] = {}

    def account(self, region: str) -> Account:
        """Return the account's side of a region, made at first sight."""
        return self._accounts.setdefault(region, Account())
