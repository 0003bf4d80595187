# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the inline policy of a credential is called: noted on its user, so that another name leaves no policy behind."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.ledger import POLICY_TAG, TAG

#: What the policy is called when nothing else is asked for, and when there is no note.
DEFAULT = "cloudmail-ses-send"


def policy_note(policy_name: str) -> Dict[str, str]:
    """Return the tag that notes the name of the policy: none for the default."""
    # IAM allows a comma in the names of policies and not in tags, and with the slash it is the other way round.
    return {} if policy_name == DEFAULT else {POLICY_TAG: policy_name.replace(",", "/")}


def noted_policy(tags: Mapping[str, str]) -> str:
    """Return what the policy of ours is called, empty for a user that is not ours."""
    if POLICY_TAG in tags:
        return tags[POLICY_TAG].replace("/", ",")
    return DEFAULT if TAG in tags else ""


def former_policy(tags: Mapping[str, str], policy_name: str, *, read: Callable[[str], Any]) -> str:
    """Return the name of a policy of ours that is there under another name; ``read`` is asked about another one only."""
    noted = noted_policy(tags)
    return noted if noted not in ("", policy_name) and read(noted) is not None else ""
