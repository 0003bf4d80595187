# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ses_provision says about its input, and about how far it has come."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.cloudmail.ses.plugins.filter.provision_input import provision_input
from ansible_collections.cloudmail.ses.plugins.filter.provision_report import provision_report
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.provision_words import in_words_of_role

WANTED: dict[str, Any] = {
    "texts": [],
    "domains": ["example.com"],
    "regions": ["eu-west-1"],
    "mail_from_domain": "",
    "mail_from_subdomain": "",
    "has_dkim_private_key": False,
    "has_dkim_selector": False,
    "has_configuration_set": False,
    "configuration_set_settings": [],
    "route53_zones": {},
}
TWO = {"regions": ["eu-west-1", "us-east-1"]}
SPF = {"name": "b.example.com", "type": "TXT", "value": "v=spf1 ~all", "purpose": "mail_from_spf", "status": "PENDING"}
DMARC = {"name": "_dmarc.example.com", "type": "TXT", "value": "v=DMARC1; p=none;", "purpose": "dmarc", "status": ""}
ACCOUNT: dict[str, Any] = {
    "region": "eu-west-1",
    "sandbox": False,
    "sending_enabled": True,
    "enforcement_status": "HEALTHY",
    "max_send_rate": 14.0,
    "max_24_hour_send": 50000.0,
    "remaining_24_hour_send": 49999.0,
    "review_status": None,
    "pending": [],
    "problems": [],
}
SANDBOX = {**ACCOUNT, "sandbox": True, "review_status": "DENIED"}
ZONE = {"Z1": [{"name": "example.com.", "type": "SOA", "resource_records": [{"value": "ns. host. 1 2 3 4 5"}]}]}
OTHERS_MX = {"name": "b.example.com.", "type": "CNAME", "resource_records": [{"value": "example.org."}]}


def identity(*, ready: bool, **more: Any) -> dict[str, Any]:
    region = {"region": "eu-west-1", "exists": True, "ready": ready}
    some = {"item": "example.com", "ready": ready, "pending": [] if ready else ["DKIM is PENDING"]}
    return {**some, "dns_records": [SPF, DMARC], "identities": [region], **more}


def run(**changes: Any) -> Any:
    """The report of a run after which all is ready, but for ``changes``."""
    come: dict[str, Any] = {
        "domains": ["example.com"],
        "regions": ["eu-west-1"],
        "credential": {"name": "fleet", "store": "secretsmanager", "region": "eu-west-1", "username": "AKIA"},
        "credential_error": "",
        "route53_zones": {},
        "zone_records": {},
        "dmarc": True,
        "wait": False,
        "check_mode": False,
        "changed": False,
        "dns_directory": "/dns",
        "files_error": "",
        "identities": [identity(ready=True)],
        "waited": [],
        "account": {"accounts": [ACCOUNT], "shortfalls": []},
        "dns": {"skipped": True},
        "preflights": [{"reasons": []}],
    }
    return provision_report({**come, **changes})


WAITS = {"identities": [identity(ready=False)]}
IN_ROUTE53 = {**WAITS, "route53_zones": {"example.com": "Z1"}, "zone_records": ZONE}
CONFLICT = {**IN_ROUTE53, "zone_records": {"Z1": [*ZONE["Z1"], OTHERS_MX]}}


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({}, []),
        ({"domains": []}, ["no domain or no region"]),
        (
            {"domains": ["a@example.com", "Example.com", "localhost", "münchen.de", "example.net."]},
            [
                (
                    "In ses_provision_domains: a@example.com is an address. Give its domain. localhost is neither a domain nor an "
                    "e-mail address. Use example.com or app@example.com. Write münchen.de as xn--mnchen-3ya.de. Write example.net. "
                    "as example.net."
                ),
            ],
        ),
        (
            {"texts": ["ses_provision_regions"], "regions": "eu-west-1,us-east-1", "route53_zones": "a=b"},
            [
                (
                    "ses_provision_regions is a text, and a list is wanted. On the command line that is written: -e "
                    """'{"ses_provision_regions": ["eu-west-1", "us-east-1"]}'."""
                ),
            ],
        ),
        (
            {"texts": ["ses_provision_senders", "ses_provision_tags", "ses_provision_domains"]},
            [
                """a dictionary is wanted. On the command line that is written: -e '{"ses_provision_tags": {"team": """,
                "ses_provision_domains is a text",
            ],
        ),
        ({"mail_from_domain": "b.example.com"}, []),
        ({**TWO, "mail_from_domain": "b.example.com"}, ["there are 1 domains and 2 regions"]),
        ({"mail_from_domain": "b.example.com", "mail_from_subdomain": "b"}, ["not both"]),
        ({"has_dkim_selector": True}, ["needs both"]),
        ({"configuration_set_settings": ["ses_provision_configuration_set_tls_policy"]}, ["_tls_policy are settings"]),
        ({"route53_zones": {"example.org": "Z1"}, "regions": []}, ["no domain or no region", "names example.org,"]),
    ],
)
def test_input_errors(changes: dict[str, Any], parts: list[str]) -> None:
    errors = provision_input({**WANTED, **changes})["errors"]
    assert len(errors) == len(parts)
    assert all(part in error for part, error in zip(parts, errors, strict=True))


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, {}),
        ({"mail_from_domain": "b.example.com"}, {"eu-west-1": "b.example.com"}),
        (
            {**TWO, "mail_from_subdomain": "b"},
            {"eu-west-1": "b.example.com", "us-east-1": "b-us-east-1.example.com"},
        ),
    ],
)
def test_mail_from_domains(changes: dict[str, Any], names: dict[str, str]) -> None:
    assert provision_input({**WANTED, **changes})["mail_from_domains"] == {"example.com": names}


def hosted(zone_id: str, name: str, *, private: bool = False) -> dict[str, Any]:
    return {"id": f"/hostedzone/{zone_id}", "name": name, "config": {"private_zone": private}}


@pytest.mark.parametrize(
    ("zone", "listed", "ids", "error"),
    [
        ("Z1", [], ["Z1"], ""),
        ("/hostedzone/Z1", [], ["Z1"], ""),
        ("Example.com.", [hosted("Z1", "example.com."), hosted("Z2", "example.org.")], ["Z1"], ""),
        ("example.com", [hosted("Z1", "example.com.", private=True)], [], "example.com. is no public zone"),
        ("example.com", [hosted("Z1", "example.com."), hosted("Z2", "example.com.")], ["Z1", "Z2"], "several public"),
    ],
)
def test_zones(zone: str, listed: list[dict[str, Any]], ids: list[str], error: str) -> None:
    wanted = {**WANTED, "route53_zones": {"example.com": zone}, "hosted_zones": listed}
    zones = provision_input(wanted)["zones"]
    assert (zones["ids"], bool(zones["name_errors"])) == (ids, bool(error))
    assert error in " ".join(zones["name_errors"])


@pytest.mark.parametrize(
    ("domain", "held"),
    [("example.com", True), ("A.Example.com", True), ("badexample.com", False), ("example.org", False)],
)
def test_zones_hold_their_domains(domain: str, held: bool) -> None:
    read = [{"item": "Z1", "resource_record_sets": ZONE["Z1"]}]
    zones = provision_input({**WANTED, "route53_zones": {domain: "Z1"}, "zone_records": read})["zones"]
    assert (not zones["domain_errors"], zones["records"]) == (held, ZONE)


@pytest.mark.parametrize(
    ("changes", "headline", "steps"),
    [
        ({}, "Ready: example.com can send from eu-west-1.", ["ansible-playbook cloudmail.ses.relay"]),
        ({"check_mode": True, "changed": True}, "Check mode: nothing was made.", ["ansible-playbook"]),
        (WAITS, "Not ready: mail for example.com waits for DNS.", ["put these records into DNS (they are in /dns,"]),
        ({**WAITS, "dns_directory": ""}, "Not ready", ["put these records into DNS, then"]),
        (
            IN_ROUTE53,
            "Not ready: mail for example.com waits for DNS.",
            ["run again in some minutes. The records of exam"],
        ),
        (CONFLICT, "Not ready: mail for example.com waits for DNS; something is not as it has to be.", []),
        (
            {"account": {"accounts": [SANDBOX], "shortfalls": []}},
            "Ready for tests only: SES is in the sandbox in eu-west-1.",
            ["ask AWS to leave the sandbox in eu-west-1", "ansible-playbook"],
        ),
        (
            {"account": {"accounts": [{**SANDBOX, "pending": ["AWS reviews"]}], "shortfalls": []}},
            "Ready for tests only",
            ["ansible-playbook"],
        ),
        (
            {"account": {"accounts": [{**ACCOUNT, "enforcement_status": "SHUTDOWN"}], "shortfalls": []}},
            "Not ready: SES does not let this account send in eu-west-1.",
            ["find out in the SES console"],
        ),
        (
            {"preflights": [{"reasons": [{"code": "quota", "message": "No.", "fix": "Wait."}]}]},
            "Not ready: SES would",
            [],
        ),
        ({"preflights": [{"reasons": [{"code": "sending_paused"}]}]}, "Ready: ", ["ansible-playbook"]),
        (
            {
                "credential_error": "No password. Replace the key: rotation=pending with these options makes a second key."
            },
            "Not ready: something is not as it has to be.",
            ["run again with -e ses_provision_rotation=pending. With -e ses_provision_keep_secret_access_key=true"],
        ),
        ({"credential_error": "Give it up with rotation=cancelled; then rotation=pending."}, "Not ready", []),
    ],
)
def test_headline_and_next_steps(changes: dict[str, Any], headline: str, steps: list[str]) -> None:
    report = run(**changes)
    assert report["summary"]["headline"].startswith(headline)
    assert [
        step for step, start in zip(report["summary"]["next"], steps, strict=True) if not step.startswith(start)
    ] == []
    assert report["result"]["ready"] is not headline.startswith("Not ready")


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"files_error": "No."}, ["No."]),
        ({"waited": [{"item": "example.com", "ready": False, "msg": "Not ready yet."}]}, ["Not ready yet."]),
        ({"dns": {"msg": "No answer."}, "preflights": [{"msg": "Denied."}] * 2}, ["No answer.", "Denied."]),
        ({"dns": {"skipped": True, "msg": "No."}, "preflights": [{"reasons": [], "msg": "Said above."}]}, []),
        (
            {"identities": [identity(ready=True), {"item": "b.example", "msg": "AWS said no."}]},
            ["b.example: AWS said no."],
        ),
        ({"credential_error": "Set user_name."}, ["Set ses_provision_user_name."]),
        ({"account": {"msg": "set max_send_rate of cloudmail.ses.ses_account"}}, ["set ses_provision_max_send_rate"]),
        (
            {
                "account": {
                    "accounts": [{**ACCOUNT, "problems": ["Set production_access."]}],
                    "shortfalls": ["Too few."],
                }
            },
            ["Set ses_provision_production_access.", "Too few."],
        ),
    ],
)
def test_problems(changes: dict[str, Any], problems: list[str]) -> None:
    assert run(**changes)["result"]["problems"] == problems


@pytest.mark.parametrize(
    ("changes", "files", "published", "waited_for"),
    [
        ({}, {}, [], []),
        (WAITS, {"example.com": [SPF, DMARC]}, [], []),
        ({**WAITS, "wait": True}, {"example.com": [SPF, DMARC]}, [], ["example.com"]),
        (IN_ROUTE53, {}, ["b.example.com", "_dmarc.example.com"], []),
        ({**IN_ROUTE53, "dmarc": False}, {}, ["b.example.com"], []),
        ({"identities": [identity(ready=False, pending=["DKIM is FAILED."], dns_records=[])]}, {}, [], ["example.com"]),
    ],
)
def test_what_is_left_to_do(
    changes: dict[str, Any], files: dict[str, Any], published: list[str], waited_for: list[str]
) -> None:
    report = run(**changes)
    assert (report["files"], report["to_wait_for"]) == (files, waited_for)
    assert [one["record"] for one in report["route53"]["publish"]] == published


def test_what_the_wait_has_found_counts() -> None:
    report = run(**WAITS, waited=[identity(ready=True)])
    assert (report["result"]["ready"], report["summary"]["dns_records"]) == (True, [])
    assert report["summary"]["states"] == [
        "example.com in eu-west-1: verified",
        "eu-west-1: HEALTHY, production, 49999 of 50000 recipients left for 24 hours, 14 a second",
        "Credential: fleet in Secrets Manager, eu-west-1, user name AKIA",
    ]


def test_what_failed_is_not_told_as_if_it_had_not() -> None:
    states = run(
        domains=["example.com", "b.example"],
        identities=[identity(ready=True), {"item": "b.example", "msg": "No."}],
        credential_error="No.",
    )["summary"]["states"]
    assert [one for one in states if "see below" in one] == [
        "b.example: not made, see below",
        "Credential: fleet in Secrets Manager, eu-west-1 is as it was, see below",
    ]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "None (keep_secret_access_key). Use rotation=pending, as the rotation wants; user_name, kms_key_id.",
            (
                "None (ses_provision_keep_secret_access_key). Use ses_provision_rotation=pending, as the rotation wants; "
                "ses_provision_user_name, ses_provision_kms_key_id."
            ),
        ),
        (
            "Set dkim: easy or dkim_selector; DKIM: is set",
            "Set ses_provision_dkim: easy or ses_provision_dkim_selector; DKIM: is set",
        ),
        ("ses_provision_user_name of my_user_name.store=x", "ses_provision_user_name of my_user_name.store=x"),
        (
            "Create it there with cloudmail.ses.ses_configuration_set, or",
            (
                "Create it there with ses_provision_configuration_set and one of its settings, such as "
                "ses_provision_configuration_set_tls_policy, or"
            ),
        ),
    ],
)
def test_options_have_the_names_of_the_role(said: str, told: str) -> None:
    assert in_words_of_role(said) == told


@pytest.mark.parametrize("filter_", [provision_input, provision_report])
@pytest.mark.parametrize("given", [{"domains": []}, "a text", None])
def test_only_for_the_role(filter_: Any, given: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="is for the role ses_provision"):
        filter_(given)
