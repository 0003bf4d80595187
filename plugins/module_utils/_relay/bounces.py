# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where mail with the null sender goes, and root's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Dict

from ansible_collections.cloudmail.ses.plugins.module_utils._relay.addresses import address

if TYPE_CHECKING:
    from ansible_collections.cloudmail.ses.plugins.module_utils._relay.findings import Findings

_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")


def read_bounces(found: Findings, given: Any) -> Dict[str, str]:
    """Return where mail with the null sender goes: to a mailbox of the host, nowhere, or on with this sender."""
    text = found.text("ses_relay_bounces", "root" if given is None else given)
    if text == "discard":
        return {"to": "discard", "address": ""}
    if "@" in text:
        return {"to": "sender", "address": found.check("ses_relay_bounces", address, text) or ""}
    if not _USER.fullmatch(text):
        found.add(
            "ses_relay_bounces",
            f"{text!r} is neither a user of the host nor an address. Give root or another user, discard, or an address that "
            "is verified in SES.",
        )
    return {"to": "mailbox", "address": text}


def read_root_alias(found: Findings, given: Any) -> str:
    """Return where root's mail goes: addresses and users of the host, separated by commas; empty as it is."""
    text = found.text("ses_relay_root_alias", given)
    names = []
    for part in text.split(",") if text else []:
        name = part.strip()
        if "@" in name:
            names.append(found.check("ses_relay_root_alias", address, name) or "")
        elif _USER.fullmatch(name) and name != "root":
            names.append(name)
        else:
            found.add(
                "ses_relay_root_alias",
                f"{name!r} is neither an address nor another user of the host. Give such as ops@example.com; what else an "
                "alias can be belongs into the host's own aliases.",
            )
    return ", ".join(names)
