# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words in which the role ses_provision says how far it has come. Pure: no calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Mapping

if TYPE_CHECKING:
    from ansible_collections.cloudmail.ses.plugins.module_utils._aws.provision_report import Run

_STORES = {"secretsmanager": "Secrets Manager", "ssm": "the SSM Parameter Store"}


def summary(run: Run, report: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the parts of the summary.

    :param report: as provision_report.report returns it
    :return: ``headline``; lists of lines: ``states``, ``in_dns``, ``refusals``, ``next``; and ``dns_records`` that somebody has to publish
    """
    waiting = report["result"]["waiting_for_dns"]
    by_hand = any(domain not in run.route53_zones for domain in waiting)
    return {
        "headline": _headline(run, report),
        "states": [
            *(_identity(run, one["item"], identity) for one in report["identities"] for identity in one["identities"]),
            *(f"{one['item']}: not made, see below" for one in run.identities if "ready" not in one),
            *(_account(one) for one in report["result"]["accounts"]),
            _credential(run),
        ],
        "dns_records": report["open_records"] if by_hand else [],
        "in_dns": [_in_dns(record) for record in run.dns.get("records", [])],
        "refusals": [f"{one['message']} {one['fix']}" for one in report["result"]["refusals"]],
        "next": _next(run, report, by_hand=by_hand and bool(report["open_records"])),
    }


def _headline(run: Run, report: Mapping[str, Any]) -> str:
    sandbox = report["result"]["sandbox_regions"]
    if run.check_mode and run.changed:
        return "Check mode: nothing was made. This is what is there now."
    if report["causes"]:
        return f"Not ready: {'; '.join(report['causes'])}."
    if sandbox:
        return f"Ready for tests only: SES is in the sandbox in {', '.join(sandbox)}."
    return f"Ready: {', '.join(run.domains)} can send from {', '.join(run.regions)}."


def _identity(run: Run, domain: str, identity: Mapping[str, Any]) -> str:
    waits = "waits for DNS" if identity["exists"] or not run.check_mode else "does not exist yet"
    return f"{domain} in {identity['region']}: {'verified' if identity['ready'] else waits}"


def _account(one: Mapping[str, Any]) -> str:
    left, limit = one["remaining_24_hour_send"], one["max_24_hour_send"]
    parts = [
        one["enforcement_status"],
        "sandbox" if one["sandbox"] else "production",
        "no daily limit" if left is None else f"{int(left)} of {int(limit)} recipients left for 24 hours",
        f"{one['max_send_rate']:g} a second",
        "" if one["sending_enabled"] else "sending is switched off",
        f"review {one['review_status'].lower()}" if one["review_status"] else "",
    ]
    return f"{one['region']}: {', '.join(filter(None, parts))}"


def _credential(run: Run) -> str:
    one = run.credential
    if run.credential_error:
        return f"Credential: {one['name']} in {_STORES[one['store']]}, {one['region']} is as it was, see below"
    user = f", user name {one['username']}" if one["username"] else " (does not exist yet)"
    return f"Credential: {one['name']} in {_STORES[one['store']]}, {one['region']}{user}"


def _in_dns(record: Mapping[str, Any]) -> str:
    states = {
        "different": f"has another value, {', '.join(record['found'])}",
        "unknown": f"could not be looked up, {record['problem']}",
    }
    return f"{record['name']} {record['type']}: {states.get(record['state'], record['state'])}"


def _next(run: Run, report: Mapping[str, Any], *, by_hand: bool) -> List[str]:
    result, stopped = report["result"], ", ".join(report["stopped"])
    sandbox = ", ".join(result["sandbox_regions"])
    in_route53 = ", ".join(domain for domain in result["waiting_for_dns"] if domain in run.route53_zones)
    written = bool(run.dns_directory and not run.files_error)
    files = f" (they are in {run.dns_directory}, as a zone fragment and as a table)" if written else ""
    asked = result["waiting_for_aws"] or report["account_problems"]
    steps = {
        f"put these records into DNS{files}, then run again. SES looks for them for 72 hours.": by_hand,
        f"run again in some minutes. The records of {in_route53} are in Route 53; SES looks for them for 72 hours.": (
            in_route53 and not report["route53"]["conflicts"]
        ),
        f"ask AWS to leave the sandbox in {sandbox}: set ses_provision_production_access, or use the SES console "
        "(Account dashboard, Request production access).\nIt takes about 24 hours. Until then only verified recipients "
        "and the mailbox simulator get mail.": sandbox and not asked,
        "run again with -e ses_provision_rotation=pending. With -e ses_provision_keep_secret_access_key=true as well, a "
        "further region will not take a new key.": _needs_second_key(run.credential_error),
        f"find out in the SES console (Account dashboard, Reputation metrics) why sending is off in {stopped}.": stopped,
        _relay(run): not report["causes"],
    }
    return [step for step, holds in steps.items() if holds]


def _needs_second_key(error: str) -> bool:
    # A pending key that lacks something is given up first; the error says that.
    return "rotation=pending" in error and "rotation=cancelled" not in error


def _relay(run: Run) -> str:
    kept, region = run.credential, run.regions[0]
    options = {
        "credential": kept["name"],
        "region": region,
        "sender_domain": run.domains[0],
        "credential_store": kept["store"] if kept["store"] != "secretsmanager" else "",
        "credential_region": kept["region"] if kept["region"] != region else "",
    }
    return "ansible-playbook cloudmail.ses.relay" + "".join(
        f" -e ses_relay_{name}={value}" for name, value in options.items() if value
    )
