# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a test host: submits the messages that standard input asks for, prints how each fared.

A request is a line of JSON with timeout, retries, region, sender and recipients; the answer one with the result of the
module ses_smtp_test with through=mta, and "said", the diagnosis of the log's lines alone, as the filter gives it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import follow
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply import diagnose

COUNT = iter(range(1, 1_000_000))


def send(timeout: float, retries: int, sender: str, recipients: list[str]) -> dict[str, Any]:
    """Return the module's result for one message."""
    message_id = f"<{next(COUNT)}.{id(COUNT)}@example.com>"
    header = f"From: {sender}\r\nTo: {recipients[0]}\r\nMessage-ID: {message_id}\r\nSubject: Test\r\n"
    letter = follow.Letter(
        message_id=message_id, data=f"{header}\r\nHello.\r\n".encode(), sender=sender, recipients=tuple(recipients)
    )
    result = follow.deliver(letter, timeout=timeout, retries=retries, region="eu-west-1", dry_run=False)
    result["said"] = diagnose("\n".join(result["transcript"])).as_dict()
    return result


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(send(**json.loads(line))), flush=True)
