# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The preflight: for one kind of message and the regions it may leave from, whether SES would take it, and why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.iam_user import User
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.policy_evaluation import UserPolicies
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_credential import (
    CredentialState,
    Named,
    credential_findings,
    known_user,
    read_credential,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_policy import own_findings, sending
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_question import (
    Findings,
    Question,
    noted,
    refused,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_read import read_ses
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_ses import SesState, ses_findings
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.preflight_simulate import (
    settles,
    simulate,
    simulated_findings,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store import Store
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.unread import unless_denied
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.user_policies import read_user_policies
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.endpoint import RegionError, check_region


@dataclass(frozen=True)
class Iam:
    """What is asked about IAM's side: which credential, and whether IAM's own simulator is asked as well."""

    client: Any
    named: Named
    store: Store
    simulate: bool = False


@dataclass(frozen=True)
class _Sender:
    """The credential as it is, with the policies of its user."""

    iam: Iam
    credential: CredentialState
    policies: UserPolicies


def preflight(question: Question, clients: Sequence[Any], iam: Optional[Iam]) -> Dict[str, Any]:
    """Return the module's result; ``clients`` are those of SES, one for each region. Raises SesError."""
    answers: Dict[str, Tuple[str, Findings]] = {}
    sender: Optional[_Sender] = None
    for client in clients:
        region = str(client.meta.region_name)
        start = _endpoint(region)
        if start.reasons:
            answers[region] = ("", start)
            continue
        # IAM is the same in all regions, and asked only when there is one with SMTP.
        sender = sender or (_read_sender(iam) if iam else None)
        state = read_ses(client, question)
        found = start + ses_findings(question, state) + (_sender_findings(question, state, sender) if sender else start)
        answers[region] = (state.covering(question.sender)[0], found)
    return {**_summary(answers), **_credential(sender)}


def _endpoint(region: str) -> Findings:
    try:
        warning = check_region(region)
    except RegionError as exc:
        message, _period, fix = str(exc).partition(". ")
        return refused("region_without_smtp", f"{message}.", fix)
    return noted(warning) if warning else Findings()


def _read_sender(iam: Iam) -> _Sender:
    credential = read_credential(iam.client, iam.named, iam.store)
    user = known_user(credential)
    if user is None:
        return _Sender(iam, credential, UserPolicies())
    return _Sender(iam, credential, read_user_policies(iam.client, user.name, user.boundary))


def _sender_findings(question: Question, state: SesState, sender: _Sender) -> Findings:
    found = credential_findings(sender.credential, state.region)
    user = known_user(sender.credential)
    return found if user is None else found + _policy_findings(question, state, sender, user=user)


def _policy_findings(question: Question, state: SesState, sender: _Sender, *, user: User) -> Findings:
    asked = sending(question, state, user)
    own = own_findings(asked, sender.policies, user)
    if not sender.iam.simulate:
        return own
    results = unless_denied(lambda: simulate(sender.iam.client, asked, user))
    if settles(results, asked) and not own.reasons:
        # What could not be told here, IAM has told.
        return Findings()
    return own + simulated_findings(results, asked, user)


def _summary(answers: Dict[str, Tuple[str, Findings]]) -> Dict[str, Any]:
    total = sum((found for _identity, found in answers.values()), Findings())
    regions = [
        {"region": region, "identity": identity or None, **found.visible()}
        for region, (identity, found) in answers.items()
    ]
    return {**total.visible(), "regions": regions}


def _credential(sender: Optional[_Sender]) -> Dict[str, Any]:
    if sender is None:
        return {}
    named: Dict[str, Union[str, None]] = {
        "user_name": sender.credential.named.user_name,
        "access_key_id": sender.credential.access_key_id,
    }
    return {name: value for name, value in named.items() if value}


def refusal(question: Question, result: Dict[str, Any]) -> str:
    """Return all reasons of all regions as one message."""
    reasons: List[Dict[str, str]] = result["reasons"]
    listed = " ".join(f"({number}) {each['message']} {each['fix']}" for number, each in enumerate(reasons, 1))
    return f"SES would not take mail from {question.sender} to {', '.join(question.recipients)}: {listed}"
