# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the caller may not read, as a value: for those who can do without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, TypeVar, Union

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import DENIED, SesError, error_code

T = TypeVar("T")


@dataclass(frozen=True)
class Unread:
    """What the caller may not read; ``why`` names it and the permission."""

    why: str


def unless_denied(read: Callable[[], T]) -> Union[T, Unread]:
    """Return what ``read`` returns, Unread when the caller lacks the permission. Raises SesError for all else."""
    try:
        return read()
    except SesError as exc:
        if exc.exception is None or error_code(exc.exception) not in DENIED:
            raise
        return Unread(exc.message)
