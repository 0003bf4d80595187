# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an installed Sendmail was built with: its version, its tables, whether it reads all names of a certificate."""

from __future__ import annotations

import re
from typing import NamedTuple

from ansible_collections.cloudmail.ses.plugins.module_utils._mta.files import Table
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.host import run


class Build(NamedTuple):
    """C(words) are the names of what was compiled in, as Sendmail's debugging flag 0.13 shows them."""

    version: str = ""
    words: frozenset[str] = frozenset()

    @property
    def table(self) -> Table:
        """Berkeley DB where it is compiled in, as on Debian; else CDB, as in newer releases of the Red Hat family."""
        if "CDB" in self.words and "NEWDB" not in self.words:
            return Table("makemap", "cdb", ".cdb")
        return Table("makemap", "hash", ".db")

    @property
    def reads_alternative_names(self) -> bool:
        """Whether it compares the subject alternative names of a certificate: from 8.16 on, where compiled in."""
        return "_FFR_TLS_ALTNAMES" in self.words


def read_build() -> Build:
    """Ask the program. It reads no configuration for that."""
    return parse_build(run(["sendmail", "-C/dev/null", "-d0.13", "-bt"]).output)


def parse_build(shown: str) -> Build:
    """Return what Sendmail's C(-d0.13) printed; an empty build where it printed something else."""
    version = re.search(r"^Version (\S+)", shown, re.MULTILINE)
    words = {word.partition("=")[0] for word in shown.split()}
    return Build(version.group(1), frozenset(words)) if version else Build()
