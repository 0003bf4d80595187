# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/mta-matrix.md: what was proved on which mail server and which Debian, from what molecule's runs noted.

A run of a scenario leaves .cache/molecule/MTA.json. Rows of mail servers that have not run here stay as they are. With
``--check``, nothing is written: it fails when a run proved something else than the page says. A newer version of a mail
server alone is no failure.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
RESULTS = CHECKOUT / ".cache/molecule"
PAGE = CHECKOUT / "docs/mta-matrix.md"
MTAS = ("postfix", "exim", "sendmail", "opensmtpd", "msmtp", "nullmailer")
PROOFS = {
    "plain": "`sendmail -t`, cron's mail to root, an unprivileged user's, and `localhost:25` where the mail server listens: all "
    "arrive over TLS, with the credential and the region that are wanted, from the verified domain in envelope and `From`",
    "senders": "a sender with an account and a region of its own",
    "exceptions": "an address of the host that leaves as another one",
    "headers": "configuration set and tags on all mail, once also when the message brings its own",
    "closed": "nothing listens for other hosts",
    "unchanged": "a second run changes nothing, in `/etc` neither content nor times",
    "fail-over": "through the second region while the first refuses connections, and back",
    "throttled": "what gets a 454 stays queued and goes out later; without a queue, who sends is told to come again",
    "impostors": "a server with the right name and an unknown authority, one with a known authority and a wrong name, one "
    "without STARTTLS, and one that takes passwords in plain text: none gets a password or a message, and no message is lost",
    "bounces: root": "mail with the null sender, and the notice of a message that SES refused, go to root's mailbox or to whom "
    "root's mail goes; the queue is empty afterwards",
    "bounces: sender": "it leaves with a verified sender",
    "bounces: discarded": "it is dropped",
    "check mode": "`--check --diff` shows that something changes and no secret, and changes nothing",
    "rotation": "mail leaves with a new key, and with it alone once the old one is inactive",
    "wrapper": "TLS from the first byte, on port 465",
    "rate": "of five messages at once, one a second leaves",
    "absent": "no password anywhere on the disk, and `/etc` as the package had installed it",
}
CELLS = {"proved": "yes", "refused": "refused", "failed": "**no**"}
HEAD = f"""# What was proved on which mail server

Each row is a host of a Molecule scenario (`extensions/molecule`), each column what its proofs found at the simulator: in the
messages that it took, with their envelope, headers, TLS session and access key, and in what clients tried. `make molecule`
fails when a run proves something else than this page, which `scripts/mta_matrix.py` writes.

| | |
|---|---|
{chr(10).join(f"| {name} | {meaning} |" for name, meaning in PROOFS.items())}

"refused" is what a mail server cannot do: asked for it, the role fails before anything is changed, and says so. The reasons
are below.

"""


@dataclass
class Page:
    """The page's rows by mail server and Debian, and what each mail server refuses."""

    rows: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    refusals: dict[str, list[str]] = field(default_factory=dict)

    def text(self) -> str:
        """Return the page in Markdown."""
        columns = ["Mail server", "Debian", "Version", *PROOFS]
        lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
        order = sorted(self.rows, key=lambda row: (MTAS.index(row[0]), row[1]))
        lines += ["| " + " | ".join([*row, *self.rows[row]]) + " |" for row in order]
        for mta in MTAS:
            if self.refusals.get(mta):
                lines += ["", f"## What {mta} cannot do", "", *self.refusals[mta]]
        return HEAD + "\n".join(lines) + "\n"


def read(text: str) -> Page:
    """Return what the page says now."""
    page, mta = Page(), ""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and cells[0] in MTAS:
            page.rows[cells[0], cells[1]] = cells[2:]
        elif line.startswith("## What "):
            mta = line.split()[2]
        elif mta and line.startswith("- "):
            page.refusals.setdefault(mta, []).append(line)
    return page


def add(page: Page, result: dict[str, Any]) -> None:
    """Put a run's rows in the place of those that the page has."""
    mta = result["mta"]
    for release, version in result["versions"].items():
        cells = [CELLS[result["proofs"].get(name, {}).get(release, "failed")] for name in PROOFS]
        page.rows[mta, release] = [version, *cells]
    page.refusals[mta] = [f"- {name}: {reason}" for name, reason in sorted(result["refusals"].items())]


def main() -> int:
    """Write the page, or compare it."""
    known = PAGE.read_text() if PAGE.exists() else ""
    page, before = read(known), read(known)
    for path in sorted(RESULTS.glob("*.json")):
        add(page, json.loads(path.read_text()))
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page.text())
        return 0
    for row, cells in before.rows.items():
        page.rows[row][0] = cells[0]
    if page.text() == known:
        return 0
    print(
        f"{PAGE.relative_to(CHECKOUT)} is not what was proved: scripts/mta_matrix.py writes it anew.", file=sys.stderr
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
