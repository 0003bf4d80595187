# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long lists in pages. The token is the next page's first index."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, TypeVar

from ses_simulator.services import ServiceError

T = TypeVar("T")
_INVALID = ServiceError("InvalidNextTokenException", "Invalid NextToken.")


def page_of(
    items: Sequence[T], *, token: str | None, size: int, invalid: ServiceError = _INVALID
) -> tuple[Sequence[T], dict[str, Any]]:
    """Return a page and, as a member ``NextToken``, where the next one begins when there is one."""
    try:
        start = int(base64.urlsafe_b64decode(token)) if token else 0
    except ValueError as error:
        raise ServiceError(invalid.code, invalid.message) from error
    end = start + size
    following = {"NextToken": base64.b64encode(str(end).encode()).decode()} if end < len(items) else {}
    return items[start:end], following
