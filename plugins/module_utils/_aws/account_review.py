# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Production access: whether to ask AWS for it, to wait, or to explain its refusal. Pure: no calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError

PRODUCTION_ACCESS_ARGUMENT: Dict[str, Any] = {
    "type": "dict",
    "options": {
        "mail_type": {"type": "str", "choices": ["marketing", "transactional"], "required": True},
        "website_url": {"type": "str", "required": True},
        "use_case_description": {"type": "str"},
        "contact_language": {"type": "str", "choices": ["en", "ja"]},
        "additional_contact_email_addresses": {"type": "list", "elements": "str"},
    },
}
_ENUMS = ("mail_type", "contact_language")


@dataclass(frozen=True)
class Decision:
    """What follows for something that AWS decides: ask now, wait (``pending``), or why it is stuck (``problem``)."""

    ask: bool = False
    pending: str = ""
    problem: str = ""


def wanted_details(option: Optional[Mapping[str, Any]]) -> Optional[Dict[str, Any]]:
    """Return the option ``production_access`` as facts, without what was not given. Raises PlanError."""
    if option is None:
        return None
    details = {key: value for key, value in option.items() if value is not None and value != []}
    for key in _ENUMS:
        if key in details:
            details[key] = details[key].upper()
    wrong: List[str] = []
    if not 1 <= len(details["website_url"]) <= 1000:
        wrong.append("website_url must have 1 to 1,000 characters")
    if len(details.get("use_case_description", "")) > 5000:
        wrong.append("use_case_description has more than 5,000 characters")
    if len(details.get("additional_contact_email_addresses", ())) > 4:
        wrong.append("additional_contact_email_addresses has more than 4 addresses")
    if wrong:
        raise PlanError(f"AWS would not take production_access: {'; '.join(wrong)}.")
    return details


def review(facts: Mapping[str, Any], details: Optional[Mapping[str, Any]]) -> Decision:
    """Return what follows from the state of the review in ``facts`` when ``details`` (None: nothing) are wanted."""
    if facts["production_access_enabled"]:
        return Decision()
    region, status, case = facts["region"], facts["review_status"], _case(facts)
    if status == "PENDING":
        return Decision(
            pending=f"AWS reviews the request for production access in {region}{case}; it usually takes a day. "
            f"Watch the support case for questions.{_older(facts, details or {})}"
        )
    if status == "GRANTED":
        return Decision(
            pending=f"AWS has granted production access in {region}{case}, and it is not in effect yet. "
            "Run again in some minutes."
        )
    if status == "DENIED":
        if details is not None and not _same(facts, details):
            return Decision(ask=True)
        return Decision(problem=denied(facts))
    if details is not None:
        return Decision(ask=True)
    if status == "FAILED":
        return Decision(
            problem=f"AWS did not receive the request for production access in {region}{case}, by an error of its own. "
            "Ask again: run cloudmail.ses.ses_account with production_access."
        )
    return Decision()


def _case(facts: Mapping[str, Any]) -> str:
    return f" (support case {facts['review_case_id']})" if facts["review_case_id"] else ""


def not_taken(facts: Mapping[str, Any]) -> str:
    """Return what to do when AWS took no request for production access, and no review runs."""
    if facts["review_status"] == "DENIED":
        return (
            f"AWS has denied production access in {facts['region']}{_case(facts)}, and takes no second request by its API. "
            "Answer in that case, under Support Center in the AWS console: say there what has changed since."
        )
    return (
        f"AWS took no request for production access in {facts['region']}{_case(facts)} (ConflictException), and shows no "
        "review that runs. Look under Support Center in the AWS console for a case that is open, and run again later."
    )


def denied(facts: Mapping[str, Any]) -> str:
    """Return what to do about a denied review."""
    return (
        f"AWS has denied production access in {facts['region']}{_case(facts)}. Read the reasons in the case, under Support "
        "Center in the AWS console, and answer there (what is sent to whom, how recipients opted in, how bounces and "
        "complaints are handled). When production_access differs from the denied details it is asked again; AWS may take "
        "no second request that way."
    )


def _older(facts: Mapping[str, Any], details: Mapping[str, Any]) -> str:
    # What SES does not give back says nothing.
    other = [
        key for key, wanted in details.items() if facts.get(key) and _comparable(facts[key]) != _comparable(wanted)
    ]
    if not other:
        return ""
    return (
        f" What it reviews are older details: {', '.join(other)} of production_access differ, and AWS takes no others until "
        "it has decided. Say in the case what has changed."
    )


def _same(facts: Mapping[str, Any], details: Mapping[str, Any]) -> bool:
    for key, wanted in details.items():
        found = facts.get(key)
        if key == "use_case_description" and not found:
            # SES does not have to give it back; then asking again on every run would be worse than not asking.
            continue
        if _comparable(found) != _comparable(wanted):
            return False
    return True


def _comparable(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return sorted(str(each).strip().lower() for each in value)
    return " ".join(str(value or "").split())
