# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pure edits of the files that Debian keeps beside Exim's own: assignments of a shell, one a line.

These are C(/etc/exim4/update-exim4.conf.conf), from which Debian makes Exim's configuration, and
C(/etc/default/exim4), with the options that the daemon is started with.
"""

from __future__ import annotations

import re
import shlex
from typing import Mapping, Optional

Lines = Mapping[str, Optional[str]]

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")

# "-q30m" or "-qf1h"; the flags between the q and the time say what a queue run does.
_QUEUE_RUNS = re.compile(r"^-q([a-z]*?)[0-9]+[0-9wdhms]*$")

_CLIENT = re.compile(r"\s*client_[a-z_]+\s*=")


def assignment_lines(text: str) -> dict[str, str]:
    """Return the lines that set a variable, by its name; of a repeated one the last counts, as for the shell."""
    lines = {}
    for line in text.splitlines(keepends=True):
        match = _ASSIGNMENT.match(line)
        if match:
            lines[match.group(1)] = line
    return lines


def assigned(line: str) -> str:
    """Return the value that a line sets, without its quotes."""
    value = line.split("=", 1)[1].strip()
    try:
        return "".join(shlex.split(value, comments=True)[:1])
    except ValueError:
        return value


def read_assignments(text: str) -> dict[str, str]:
    """Return the values of the variables that a text sets."""
    return {name: assigned(line) for name, line in assignment_lines(text).items()}


def write_assignments(values: Mapping[str, str]) -> dict[str, str]:
    """Return the line that gives each variable its value, quoted as Debian's own are."""
    # A quoted quote would be right for the shell, but Debian's scripts also read the lines with sed.
    return {name: "{}='{}'".format(name, value.replace("'", "")) for name, value in values.items()}


def edit_assignments(text: str, lines: Lines) -> str:
    """Return the text with these lines by variable; one that already has its value stays as it is written.

    Of a repeated one the last is changed or removed, which is the one that counts.
    """
    parts = text.splitlines(keepends=True)
    places = {match.group(1): at for at, match in enumerate(map(_ASSIGNMENT.match, parts)) if match}
    added = []
    for name, line in lines.items():
        if name not in places:
            added += [line.rstrip("\n") + "\n"] if line is not None else []
        elif line is None:
            parts[places[name]] = ""
        elif assigned(parts[places[name]]) != assigned(line):
            parts[places[name]] = line.rstrip("\n") + "\n"
    result = "".join(parts)
    if added and result and not result.endswith("\n"):
        result += "\n"
    return result + "".join(added)


def with_queue_runs(options: str, interval: str) -> str:
    """Return the options of a daemon with a queue run every C(interval), such as C(1m)."""
    kept = []
    flags = ""
    for option in options.split():
        match = _QUEUE_RUNS.match(option)
        if match:
            flags = match.group(1)
        else:
            kept.append(option)
    return " ".join([*kept[:1], f"-q{flags}{interval}", *kept[1:]])


def without_clients(text: str) -> str:
    """Return a fragment of authenticators without what makes them clients; a server of the same name stays one.

    Exim has one client for each mechanism, and tries all that it has where a password is refused.
    """
    kept = []
    dropping = False
    for line in text.splitlines(keepends=True):
        dropping = dropping or _CLIENT.match(line) is not None
        if not dropping:
            kept.append(line)
        dropping = dropping and line.rstrip().endswith("\\")
    return "".join(kept)


def filled(text: str) -> bool:
    """Tell whether a configuration file has anything but comments and blank lines."""
    return any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines())
