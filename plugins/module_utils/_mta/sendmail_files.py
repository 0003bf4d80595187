# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pure readings and edits of Sendmail's files: text in, text out, everything that is not ours untouched.

C(sendmail.mc) is the administrator's, written in m4. One line of ours at its end takes our part in. C(sendmail.cf) is what
m4 makes of both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Mapping

if TYPE_CHECKING:
    from ansible_collections.cloudmail.ses.plugins.module_utils._mta.journal import Lines

RELAY_M4 = "/etc/mail/ses/relay.m4"
"""Our part of sendmail.mc."""

INCLUDE = "include"
"""The key of the line that takes it in."""

INCLUDE_LINE = f"include(`{RELAY_M4}')dnl the relay to Amazon SES, by Ansible (role cloudmail.ses.ses_relay)"

_INCLUDE = re.compile(rf"^[ \t]*include\(`{re.escape(RELAY_M4)}'\).*\n?", re.MULTILINE)
_TWO_PARTS = re.compile(r"(?:> )?WARNING: Ruleset (?:authinfo|EnvFromL|Local_\w+) has multiple definitions$")
_OPTION = re.compile(r"^O ([A-Za-z]+)\s*=\s*(.*?)\s*$", re.MULTILINE)


def mc_lines(text: str) -> dict[str, str]:
    """Return our line of a sendmail.mc, when it is there."""
    found = _INCLUDE.search(text)
    return {INCLUDE: found.group(0)} if found else {}


def edit_mc(text: str, lines: Lines) -> str:
    """Return a sendmail.mc with our line at its end, where all that is defined before counts; or without it."""
    if INCLUDE not in lines:
        return text
    line = lines[INCLUDE]
    rest = _INCLUDE.sub("", text)
    if line is None:
        return rest
    if rest and not rest.endswith("\n"):
        rest += "\n"
    return rest + line.rstrip("\n") + "\n"


def substance(cf: str) -> str:
    """Return a sendmail.cf without its comments, which say when, where and by whom it was made."""
    return "\n".join(line for line in cf.splitlines() if line.strip() and not line.startswith("#"))


def options(cf: str) -> dict[str, str]:
    """Return the options that a sendmail.cf sets; of a repeated one the last counts, as for Sendmail."""
    return dict(_OPTION.findall(cf))


def smart_host(cf: str) -> str:
    """Return the smart host of a sendmail.cf (the macro S), empty without one."""
    found = re.findall(r"^DS(.*)$", cf, re.MULTILINE)
    return found[-1].strip() if found else ""


def relay_hosts(m4: str) -> list[str]:
    """Return the endpoints that our part of sendmail.mc names."""
    found = re.search(r"^C\{SesHosts\}(.*)$", m4, re.MULTILINE)
    return found.group(1).split() if found else []


def pid_of(text: str) -> int:
    """Return the process that a pid file names in its first line, 0 for none."""
    first = text.partition("\n")[0].strip()
    return int(first) if first.isdigit() else 0


def renamed(text: str, names: Mapping[str, str]) -> str:
    """Return a sendmail.cf whose maps are read from other files."""
    if not names:
        return text
    paths = "|".join(map(re.escape, names))
    return re.sub(
        rf"^(K\S+ \S+ )({paths})$", lambda found: found.group(1) + names[found.group(2)], text, flags=re.MULTILINE
    )


def complaints(said: str) -> list[str]:
    """Return what Sendmail says against a configuration, without what is as it has to be.

    Some rulesets have a part of ours and one of Sendmail's own, of which it warns.
    """
    return [
        line
        for line in said.splitlines()
        if line.strip() and not _TWO_PARTS.match(line.strip()) and not line.startswith(("> ", "ADDRESS", "Enter"))
    ]
