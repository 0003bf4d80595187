# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that is wrong, said at once: a user who corrects one thing a run gives up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class ShortfallError(ValueError):
    """What has to be corrected before anything can be done; each of ``shortfalls`` is a text of its own."""

    def __init__(self, *shortfalls: str) -> None:
        super().__init__(in_one(shortfalls))
        self.shortfalls = shortfalls


def in_one(shortfalls: Iterable[str]) -> str:
    """Return one text: the only shortfall, or all of them, counted."""
    found = list(dict.fromkeys(shortfalls))
    if len(found) < 2:
        return "".join(found)
    numbered = " ".join(f"({number}) {text}" for number, text in enumerate(found, 1))
    return f"{len(found)} things have to be corrected. {numbered}"


class Shortfalls:
    """What checks found so far. A check raises one of ``kinds``."""

    def __init__(self, *kinds: type[ValueError]) -> None:
        self.found: list[str] = []
        self._kinds = kinds

    def check(self, check: Callable[..., Any], *arguments: Any) -> Any:
        """Return what ``check`` does; None, and its complaint kept, when it raises."""
        try:
            return check(*arguments)
        except self._kinds as exc:
            self.found.extend(exc.shortfalls if isinstance(exc, ShortfallError) else [str(exc)])
        return None
