# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the records that ses_identity returns to an identity that is ready, and what it says until then."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import rsa

REGIONS = ["eu-west-1", "us-east-1"]


def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(form.Encoding.PEM, form.PrivateFormat.TraditionalOpenSSL, form.NoEncryption()).decode()


def publish(aws: Any, domain: str, records: list[dict[str, Any]]) -> None:
    """Put records into Route 53, as a person would from what was returned."""
    client = boto3.client(
        "route53",
        region_name="us-east-1",
        endpoint_url=aws.url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    zone = client.create_hosted_zone(Name=domain, CallerReference=domain)["HostedZone"]["Id"]
    for record in records:
        value = record["value"]
        if record["type"] == "TXT":
            value = " ".join(f'"{value[start : start + 255]}"' for start in range(0, len(value), 255))
        client.change_resource_record_sets(
            HostedZoneId=zone,
            ChangeBatch={
                "Changes": [
                    {
                        "Action": "UPSERT",
                        "ResourceRecordSet": {
                            "Name": record["name"],
                            "Type": record["type"],
                            "TTL": record["ttl"],
                            "ResourceRecords": [{"Value": value}],
                        },
                    }
                ]
            },
        )


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("easy-ready.example", {}),
        ("own-ready.example", {"dkim_private_key": private_key(), "dkim_selector": "s1"}),
        ("deed-ready.example", {"dkim_origin_region": "us-east-1"}),
    ],
)
def test_the_records_that_are_returned_make_it_ready(aws: Any, name: str, options: dict[str, Any]) -> None:
    domains = {region: f"{region}.{name}" for region in REGIONS}
    wanted = {"name": name, "regions": REGIONS, "mail_from_domains": domains, **options}
    made = aws.module("ses_identity", **wanted)
    assert (made["rc"], made["ready"]) == (0, False), made
    publish(aws, name, made["dns_records"])
    done = aws.module("ses_identity", **wanted, wait=True, wait_timeout=20, wait_delay=1)
    assert (done["rc"], done["changed"], done["ready"], done["pending"]) == (0, False, True, []), done
    assert {r["status"] for r in done["dns_records"] if r["purpose"] != "dmarc"} == {"SUCCESS"}


def test_a_wait_that_fails_says_what_dns_has(aws: Any, name_server: Any) -> None:
    name = "look.example"
    options = {"name": name, "mail_from_domain": f"bounce.{name}"}
    made = aws.module("ses_identity", **options)
    right, wrong, missing = (r for r in made["dns_records"] if r["purpose"] == "dkim")
    name_server.zone = {
        (right["name"], "CNAME"): [f"{right['value']}."],
        (wrong["name"], "CNAME"): ["elsewhere.example."],
        (f"bounce.{name}", "MX"): ["10 mail.look.example."],
    }
    waiting = {"wait": True, "wait_timeout": 1, "wait_delay": 1}
    done = aws.module("ses_identity", **options, **waiting, check_dns=True, dns_servers=[name_server.address])
    assert done["rc"] == 1
    for sentence in (
        f"{right['name']} CNAME {right['value']} is in DNS, and SES has not looked since.",
        f"{wrong['name']} CNAME {wrong['value']} is not what DNS has, which is elsewhere.example.",
        f"{missing['name']} CNAME {missing['value']} is missing in DNS.",
        "amazonses.com is not what DNS has, which is 10 mail.look.example.",
        f"bounce.{name} TXT v=spf1 include:amazonses.com ~all is missing in DNS.",
    ):
        assert sentence in done["msg"]
    # What is known comes back with the failure.
    assert (done["ready"], done["dns_records"], len(done["pending"])) == (False, made["dns_records"], 2)
    # DMARC is a suggestion: nobody waits for it, and nobody asks.
    assert f"_dmarc.{name}" not in name_server.questions


def test_a_name_server_that_is_none_is_said_first(aws: Any) -> None:
    done = aws.module("ses_identity", name="first.example", wait=True, check_dns=True, dns_servers=["ns.example"])
    assert done["rc"] == 1
    assert "'ns.example' is not the address of a name server" in done["msg"]
    assert not aws.calls()
