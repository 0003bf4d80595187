# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each reply of SES, diagnosed from the lines that real MTAs logged when they got it.

The lines are what tests/fleet/test_5_follow.py saw: WRITE_CORPUS=1 make fleet-test ARGS="-k every_reply" writes them anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import replies
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply import diagnose

FOLDER = Path(__file__).parent / "texts/mta"
HEAD = "# kind: "
# What Sendmail does not log, because it goes on without a login that SES refused and logs the refusal of that.
HIDDEN = {"sendmail": {"credentials", "not_subscribed"}}
LOGS = sorted(FOLDER.glob("*.log"))


def rows(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the kind and the text of each row of a file."""
    for row in path.read_text().split(HEAD)[1:]:
        kind, _newline, text = row.partition("\n")
        yield kind, text


@pytest.mark.parametrize(
    ("kind", "text"),
    [pytest.param(kind, text, id=f"{path.stem}-{kind}") for path in LOGS for kind, text in rows(path)],
)
def test_the_lines_of_a_log(kind: str, text: str) -> None:
    found = diagnose(text)
    assert found.kind == kind, text
    # The line with the outcome is the last that names the recipient; it alone must do, as people cut it out of a log.
    line = [line for line in text.splitlines() if "success@simulator.amazonses.com" in line][-1]
    alone = diagnose(line)
    assert alone.code in (found.code, None), line
    assert alone.kind == kind or alone.code is None, line


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_every_reply_is_there(path: Path) -> None:
    wanted = {case.kind for case in replies.REPLIES if any(code >= 400 for code in case.codes)}
    assert wanted - {kind for kind, _text in rows(path)} == HIDDEN.get(path.stem, set())
