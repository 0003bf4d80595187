# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long to wait before trying again."""

from __future__ import annotations

import random

_LONGEST = 15.0


def pause_before(attempt: int) -> float:
    """Return the seconds to wait before the attempt of that number, from 2 on: about 1, 2, 4, ... at most 15.

    Source: SES developer guide, "Amazon SES SMTP issues": retry 4xx with growing pauses.
    """
    # Hosts that were throttled together must not come back together.
    spread = random.uniform(0.75, 1.25)
    return min(2.0 ** (attempt - 2), _LONGEST) * spread
