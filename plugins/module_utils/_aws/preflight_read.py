# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a preflight reads from SES. What the caller may not read is a value of its own, not an error."""

from __future__ import annotations

from functools import partial
from typing import Any, Dict, Mapping, Optional

try:
    from botocore.exceptions import ClientError
except ImportError:
    pass  # AnsibleAWSModule reports a missing SDK.

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account import account_facts, get_account
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import calling, error_code
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.identity import Identities
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_question import (
    Question,
    covering_names,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_ses import Identity, SesState, is_verified
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.unread import Unread, unless_denied


def read_ses(client: Any, question: Question) -> SesState:
    """Return what the region of ``client`` has of what ``question`` is about, with as few calls as possible."""
    region = str(client.meta.region_name)
    account = unless_denied(lambda: account_facts(get_account(client), region))
    addresses = [question.sender]
    if not isinstance(account, Unread) and account["sandbox"]:
        addresses += question.outside_recipients
    identities = _read_identities(Identities(client), addresses)
    state = SesState(region, account, identities, {})
    name = state.effective_configuration_set(question)
    sets = {name: unless_denied(lambda: get_configuration_set(client, name))} if name else {}
    return SesState(region, account, identities, sets)


def _read_identities(api: Identities, addresses: Any) -> Dict[str, Identity]:
    found: Dict[str, Identity] = {}
    for address in addresses:
        for name in covering_names(address):
            if name not in found:
                found[name] = unless_denied(partial(api.get, name))
            # A wider identity has no say where a narrower one is verified.
            if is_verified(found[name]):
                break
    return found


def get_configuration_set(client: Any, name: str) -> Optional[Mapping[str, Any]]:
    """Return GetConfigurationSet's answer, None when the region has no such configuration set."""
    region = client.meta.region_name
    with calling("ses:GetConfigurationSet", f"read the configuration set {name} in {region}"):
        try:
            answer: Mapping[str, Any] = client.get_configuration_set(aws_retry=True, ConfigurationSetName=name)
        except ClientError as exc:
            if error_code(exc) == "NotFoundException":
                return None
            raise
        return answer
