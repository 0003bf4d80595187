# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pure reading of nullmailer's list of servers."""

from __future__ import annotations

from typing import NamedTuple


class Remote(NamedTuple):
    """A line of the file C(remotes): the server, the protocol and its options without their dashes."""

    host: str
    protocol: str
    options: dict[str, str]


def remotes(text: str) -> list[Remote]:
    """Return the servers in the order in which they are tried."""
    found = []
    for line in text.splitlines():
        words = line.split()
        if words and not words[0].startswith("#"):
            options = [word.lstrip("-").partition("=") for word in words[2:]]
            protocol = words[1] if len(words) > 1 else "smtp"
            found.append(Remote(words[0], protocol, {name: value for name, _sign, value in options}))
    return found


def unsafe(remote: Remote) -> str:
    """Return why a server that has a password could not be trusted with it; empty where it can."""
    if "pass" not in remote.options:
        return ""
    if not {"ssl", "tls", "starttls"} & set(remote.options):
        return "it gets its password without TLS; add --starttls or --ssl"
    if "insecure" in remote.options:
        return "nobody looks whether it is the right one; take --insecure out"
    return ""
