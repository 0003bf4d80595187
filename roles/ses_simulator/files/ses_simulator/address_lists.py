# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SES finds wrong with an address header, in its words. Pure functions.

They are those of JavaMail's InternetAddress, which public reports of SES's replies quote.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_SPECIALS = set('()<>,;:\\"[]')
_QUOTED_LOCAL_PART = re.compile(r'"(?:[^"\\]|\\.)*"(?=@)')
_UNCLOSED = {'"': "Missing '\"'", "(": "Missing ')'", "<": "Missing '>'", "[": "Missing ']'"}
_CLOSING = {"<": ">", "[": "]"}


def fault_of_list(value: str) -> str:
    """Return what is wrong with a header such as From or To; an empty text when nothing is, or when it is empty."""
    addresses, fault = _split(value)
    faults = (fault_of_address(_bare(address)) for address in addresses if address.strip())
    return fault or next(filter(None, faults), "")


def fault_of_address(address: str) -> str:
    """Return what is wrong with one bare address, an empty text for a sound one."""
    quoted = _QUOTED_LOCAL_PART.match(address)
    local, at, domain = address.partition("@") if not quoted else ("", "@", address[quoted.end() + 1 :])
    if not quoted and at and not local:
        return "Missing local name"
    fault = _fault_of_part("Local address", local, _is_local_character)
    if fault:
        return fault
    if not at:
        return "Missing final '@domain'"
    if domain.startswith("[") and domain.endswith("]"):
        return ""
    return _fault_of_part("Domain", domain, _is_domain_character) if domain else "Missing domain"


def _fault_of_part(what: str, text: str, is_legal: Callable[[str], bool]) -> str:
    if text.startswith("."):
        return f"{what} starts with dot"
    for position, character in enumerate(text):
        if text[position : position + 2] == "..":
            return f"{what} contains dot-dot"
        if character <= " " or character >= "\x7f":
            return f"{what} contains control or whitespace"
        if not is_legal(character):
            return f"{what} contains illegal character"
    return f"{what} ends with dot" if text.endswith(".") else ""


def _is_local_character(character: str) -> bool:
    return character not in _SPECIALS


def _is_domain_character(character: str) -> bool:
    return character.isalnum() or character in "-."


def _bare(address: str) -> str:
    """Return what stands between angle brackets, else the address itself."""
    opened = address.rfind("<")
    return address[opened + 1 :].partition(">")[0].strip() if opened >= 0 else address.strip()


def _split(value: str) -> tuple[list[str], str]:
    """Return the addresses of a list, comments left out, and what keeps it from being one."""
    addresses, current, open_at, depth, in_group = [], "", "", 0, False
    characters = iter(value)
    for character in characters:
        if character == "\\":
            current += character + next(characters, "")
        elif open_at == "(":
            # A comment, which may hold others
            depth += {"(": 1, ")": -1}.get(character, 0)
            open_at = "(" if depth else ""
        elif open_at:
            current += character
            open_at = "" if character == _CLOSING.get(open_at, open_at) else open_at
        elif character in _UNCLOSED:
            open_at, depth = character, 1
            current += "" if character == "(" else character
        elif character == ":" and not in_group:
            # The name of a group, as in undisclosed-recipients:;
            in_group, current = True, ""
        elif character in ",;":
            if character == ";" and not in_group:
                return [], "Illegal semicolon, not in group"
            in_group = in_group and character == ","
            addresses.append(current)
            current = ""
        else:
            current += character
    return [*addresses, current], _UNCLOSED.get(open_at, "")
