# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far the role ses_provision has come, from what its steps have returned. Pure: no calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Mapping, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_route53 import plan
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.provision_words import in_words_of_role

#: What the summary says about identities and the account already, the preflight need not say again.
_SAID_ELSEWHERE = (
    "identity_missing",
    "identity_pending",
    "identity_failed",
    "mail_from_failed",
    "recipient_unverified",
    "account_shutdown",
    "sending_paused",
)
Answers = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Run:
    """Variables of the role, and what its steps have returned so far."""

    domains: Sequence[str]
    regions: Sequence[str]
    #: ``name``, ``store``, ``region`` and ``username`` (None when there is none yet)
    credential: Mapping[str, Any]
    #: Why the credential is not as it has to be; empty when it is
    credential_error: str
    #: The domains in Route 53, and the record sets of their zones by ID
    route53_zones: Mapping[str, str]
    zone_records: Mapping[str, Answers]
    dmarc: bool
    wait: bool
    check_mode: bool
    changed: bool
    #: Where the DNS records are written to; empty for nowhere. And why that did not work
    dns_directory: str
    files_error: str
    #: The results of ses_identity for each domain: when they were made, and after the wait
    identities: Answers
    waited: Answers
    account: Mapping[str, Any]
    #: The results of ses_dns_info, and of ses_preflight for each domain
    dns: Mapping[str, Any]
    preflights: Answers


def report(run: Run) -> Dict[str, Any]:
    """Return how far it has come.

    :return: ``result`` (what the role returns), ``causes`` (why mail cannot be sent yet), ``account_problems``,
        ``stopped`` (regions), and what is left to do: ``route53`` (its plan), ``files`` (DNS records by domain),
        ``open_records`` (of those, what SES has not found), ``to_wait_for`` (domains)
    """
    # Nothing follows for a domain whose identity could not be made.
    identities = [one for one in run.identities if "ready" in one]
    made = {one["item"]: one for one in identities}
    arrived = {one["item"]: one for one in run.waited if "ready" in one and "msg" not in one}
    found = [{**made, **arrived}[domain] for domain in run.domains if domain in made]
    unready = [one for one in identities if not one["ready"]]
    by_hand = [one for one in unready if one["item"] not in run.route53_zones and one["dns_records"]]
    route53 = _route53(run, identities)
    facts = {"account_problems": _account_problems(run.account), "stopped": _stopped(_accounts(run))}
    result = {
        "domains": run.domains,
        "regions": run.regions,
        # ansible-core before 2.19 makes an empty text of a none.
        "credential": {**run.credential, "username": run.credential["username"] or None},
        "dns_records": _records(found),
        "sandbox_regions": [one["region"] for one in _accounts(run) if one["sandbox"]],
        "accounts": _accounts(run),
        "waiting_for_dns": [one["item"] for one in found if not one["ready"]],
        "waiting_for_aws": [text for one in _accounts(run) for text in one["pending"]],
        "refusals": _refusals(run.preflights),
        "problems": _problems(run, [*route53["conflicts"], run.files_error, *facts["account_problems"]]),
    }
    causes = _causes(result, facts["stopped"])
    return {
        "result": {"ready": not causes, **result},
        "causes": causes,
        "identities": found,
        "route53": route53,
        "files": {one["item"]: one["dns_records"] for one in by_hand},
        "open_records": [one for one in _records(by_hand) if one.get("status") != "SUCCESS"],
        # What SES has given up on is asked about without a wait too: the answer says what to do.
        "to_wait_for": [one["item"] for one in unready if run.wait or " is FAILED" in " ".join(one["pending"])],
        **facts,
    }


def _route53(run: Run, identities: Answers) -> Dict[str, Any]:
    purposes = ["dkim", "mail_from_mx", "mail_from_spf", *(["dmarc"] if run.dmarc else [])]
    records = _records([one for one in identities if one["item"] in run.route53_zones])
    return plan([one for one in records if one.get("purpose") in purposes], run.zone_records)


def _accounts(run: Run) -> Answers:
    return run.account.get("accounts") or []


def _account_problems(account: Mapping[str, Any]) -> List[str]:
    if account.get("accounts"):
        texts = [text for one in account["accounts"] for text in one["problems"]] + account["shortfalls"]
    else:
        texts = [account.get("msg", "")]
    return [in_words_of_role(text) for text in texts if text]


def _stopped(accounts: Answers) -> List[str]:
    by_user = [one["region"] for one in accounts if not one["sending_enabled"]]
    by_aws = [one["region"] for one in accounts if one["enforcement_status"] == "SHUTDOWN"]
    return _unique([*by_user, *by_aws])


def _refusals(preflights: Answers) -> List[Any]:
    reasons = [reason for one in preflights for reason in one.get("reasons", [])]
    return _unique(reason for reason in reasons if reason["code"] not in _SAID_ELSEWHERE)


def _problems(run: Run, problems: Sequence[str]) -> List[str]:
    unmade = [in_words_of_role(f"{one['item']}: {one['msg']}") for one in run.identities if "ready" not in one]
    failed = [*run.waited, run.dns, *(one for one in run.preflights if "reasons" not in one)]
    messages = [one.get("msg", "") for one in failed if not one.get("skipped")]
    return _unique(text for text in [*unmade, *problems, in_words_of_role(run.credential_error), *messages] if text)


def _causes(result: Mapping[str, Any], stopped: Sequence[str]) -> List[str]:
    causes = {
        f"mail for {', '.join(result['waiting_for_dns'])} waits for DNS": result["waiting_for_dns"],
        f"SES does not let this account send in {', '.join(stopped)}": stopped,
        "SES would refuse mail": result["refusals"],
        "something is not as it has to be": result["problems"],
    }
    return [text for text, holds in causes.items() if holds]


def _records(answers: Answers) -> List[Any]:
    return _unique(record for one in answers for record in one["dns_records"])


def _unique(values: Iterable[Any]) -> List[Any]:
    # Records and reasons are dictionaries, which no set takes.
    kept: List[Any] = []
    for value in values:
        if value not in kept:
            kept.append(value)
    return kept
