# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTML that is put together without a way to forget the escaping. Pure."""

from __future__ import annotations

import html
import re
from typing import Any

#: Control characters have no place in HTML, and those that turn the direction of writing would show a text as another
#: one; a reply may hold any of them.
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
#: Elements that have no end tag
_VOID = ("meta", "br", "link", "input")


class Markup(str):
    """Text that is HTML already. Everything else is escaped where it is put into an element."""

    __slots__ = ()


def escape(text: object) -> Markup:
    """Return ``text`` as it may stand in HTML, in an attribute's value too."""
    if isinstance(text, Markup):
        return text
    return Markup(html.escape(_CONTROL.sub("\ufffd", str(text)), quote=True))


def join(parts: Any, separator: str = "") -> Markup:
    """Return the parts in a row, those that are None left out."""
    return Markup(escape(separator).join(escape(part) for part in parts if part is not None))


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """Return an element. ``class_`` is class, ``aria_label`` is aria-label; True is a bare attribute, None none."""
    given = "".join(
        _attribute(key, value) for key, value in attributes.items() if value is not None and value is not False
    )
    opened = f"<{name}{given}>"
    return Markup(opened if name in _VOID else f"{opened}{join(children)}</{name}>")


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(value)}"'
