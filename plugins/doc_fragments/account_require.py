# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of what an SES account has to have."""

from __future__ import annotations


class ModuleDocFragment:
    """The option that ses_account and ses_account_info share."""

    DOCUMENTATION = r"""
options:
  require:
    description:
      - What the account has to have, in every region. When it falls short of anything, the module fails at its end with one
        message that lists all that is missing, in all regions, with the next step for each.
      - What is not named here is not looked at.
    type: dict
    suboptions:
      production_access:
        description: With V(true), the account must be out of the sandbox. V(false) requires nothing.
        type: bool
      sending:
        description: With V(true), sending must be paused neither by the account's owner nor by AWS. V(false) requires nothing.
        type: bool
      max_send_rate:
        description: The least rate, in recipients a second.
        type: float
      max_24_hour_send:
        description: The least quota, in recipients in any 24 hours.
        type: float
      remaining_24_hour_send:
        description: How much of the quota must be left now, in recipients.
        type: float
"""
