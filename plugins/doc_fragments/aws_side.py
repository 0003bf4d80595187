# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation that the AWS modules share."""

from __future__ import annotations


class ModuleDocFragment:
    """What is the same for all modules of the AWS side."""

    DOCUMENTATION = r"""
options: {}
attributes:
  platform:
    description: The platforms on which this module runs.
    platforms: posix
    support: full
notes:
  - The number of AWS calls depends on the task alone. Run it once, on the controller, not once for each host.
  - SES takes about one call a second from an account. Throttled calls are repeated with growing, random pauses.
"""

    CHANGES = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode and tell what it would do, without changing anything.
    support: full
  diff_mode:
    description: Tells what changed, with the option C(--diff).
    support: full
  idempotent:
    description: Makes no writing call when everything is as wanted.
    support: full
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode and tell what it would do, without changing anything.
    support: full
    details: This module changes nothing, so it does the same in check mode.
  diff_mode:
    description: Tells what changed, with the option C(--diff).
    support: none
    details: This module changes nothing.
  idempotent:
    description: Makes no writing call when everything is as wanted.
    support: full
    details: This module makes no writing call at all.
"""

    REGIONS = r"""
options:
  regions:
    description:
      - The regions to do this in, one after the other. What SES has is separate in each.
      - Not given, it is the region of O(region).
    type: list
    elements: str
"""
