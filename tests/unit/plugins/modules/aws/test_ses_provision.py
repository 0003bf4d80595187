# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook provision as users run it, on empty accounts of simulators of its own."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHECKOUT = Path(__file__).resolve().parents[5]
PLAYBOOK = CHECKOUT / "playbooks" / "provision.yml"
COLLECTIONS = os.pathsep.join(path for path in sys.path if path and Path(path, "ansible_collections").is_dir())
REGIONS = ["eu-west-1", "us-east-1"]
#: What an unchanged run asks with one domain in two regions.
READS = {
    "GetEmailIdentity": 6,
    "GetAccount": 4,
    "GetUser": 2,
    "GetUserPolicy": 2,
    "ListAccessKeys": 2,
    "GetSecretValue": 2,
    "DescribeSecret": 1,
    "ListUserPolicies": 1,
    "ListAttachedUserPolicies": 1,
    "ListGroupsForUser": 1,
}
REVIEW = {
    "mail_type": "transactional",
    "website_url": "https://www.example.com",
    "use_case_description": "Receipts of a shop, to customers who have ordered.",
}


@pytest.fixture
def account(running: Any, tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """A function that starts a simulator with an empty account."""
    started: list[Path] = []

    def start() -> Any:
        directory = tmp_path / f"account-{len(started)}"
        place = running.url.removeprefix("http://").split(":")[0].rsplit(".", 1)[0]
        number = 20 + 4 * len(started)
        url = f"{place}.{number}:4579"
        regions = [f"--region={region}={place}.{number + at}" for at, region in enumerate(REGIONS, start=1)]
        command = [
            sys.executable,
            "-m",
            "ses_simulator",
            "start",
            "--state-dir",
            str(directory),
            "--api",
            url,
            *regions,
        ]
        subprocess.run(
            [*command, "--port", "20587/starttls"],
            env=running.environment,
            check=True,
            timeout=90,
            stdout=subprocess.DEVNULL,
        )
        started.append(directory)
        environment = {**running.environment, "AWS_ENDPOINT_URL": f"http://{url}", "PWD": str(tmp_path)}
        return dataclasses.replace(running, url=f"http://{url}", environment=environment)

    yield start
    for directory in started:
        command = [sys.executable, "-m", "ses_simulator", "stop", "--state-dir", str(directory)]
        subprocess.run(command, env=running.environment, check=True, timeout=90, stdout=subprocess.DEVNULL)


@pytest.fixture
def empty(account: Callable[[], Any]) -> Any:
    """A simulator with an empty account."""
    return account()


def provision(aws: Any, *options: str, **variables: Any) -> tuple[int, str]:
    """Run the playbook; return its return code, and what it said."""
    command = [str(Path(sys.executable).with_name("ansible-playbook")), str(PLAYBOOK), *options]
    settings = {
        "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS,
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_DEPRECATION_WARNINGS": "0",
    }
    # From a file: what stands in its command line, Ansible itself shows.
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(variables, file)
        file.flush()
        done = subprocess.run(
            [*command, "-e", f"@{file.name}"],
            env={**aws.environment, **settings},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
    return done.returncode, done.stdout + done.stderr


def route53(aws: Any) -> Any:
    return boto3.client(
        "route53",
        endpoint_url=aws.url,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def make_zone(aws: Any, name: str) -> str:
    zone_id = route53(aws).create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"]
    return str(zone_id.rsplit("/", 1)[1])


def put(aws: Any, zone_id: str, name: str, kind: str, value: str) -> None:
    records = {"Name": name, "Type": kind, "TTL": 300, "ResourceRecords": [{"Value": value}]}
    changes = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": records}]}
    route53(aws).change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch=changes)


def in_zone(aws: Any, zone_id: str) -> dict[tuple[str, str], list[str]]:
    sets = route53(aws).list_resource_record_sets(HostedZoneId=zone_id)["ResourceRecordSets"]
    return {
        (one["Name"].rstrip("."), one["Type"]): [record["Value"] for record in one["ResourceRecords"]] for one in sets
    }


def test_from_nothing_to_ready_with_route_53(empty: Any, tmp_path: Path) -> None:
    zone_id = make_zone(empty, "example.com")
    put(empty, zone_id, "_dmarc.example.com", "TXT", '"v=DMARC1; p=reject"')
    variables = {
        "ses_provision_domain": "example.com",
        "ses_provision_regions": REGIONS,
        "ses_provision_mail_from_subdomain": "bounce",
        "ses_provision_route53_zone": "example.com",
        "ses_provision_production_access": REVIEW,
        "ses_provision_wait": True,
        "ses_provision_wait_timeout": 60,
        "ses_provision_wait_delay": 1,
    }
    empty.calls()
    code, text = provision(empty, "--check", "--diff", **variables)
    assert (code, [call for call in empty.calls() if call[1]]) == (0, []), text
    assert "Check mode: nothing was made." in text

    code, text = provision(empty, **variables)
    assert code == 0, text
    assert "Ready for tests only: SES is in the sandbox in eu-west-1, us-east-1." in text
    assert "example.com in us-east-1: verified" in text
    assert "AWS reviews the request for production access in us-east-1" in text
    published = in_zone(empty, zone_id)
    assert len([name for name, kind in published if kind == "CNAME"]) == 6
    assert published["bounce.example.com", "MX"] == ["10 feedback-smtp.eu-west-1.amazonses.com."]
    assert published["bounce-us-east-1.example.com", "MX"] == ["10 feedback-smtp.us-east-1.amazonses.com."]
    assert published["bounce.example.com", "TXT"] == ['"v=spf1 include:amazonses.com ~all"']
    # What the owner of the domain says about DMARC stays.
    assert published["_dmarc.example.com", "TXT"] == ['"v=DMARC1; p=reject"']
    assert not (tmp_path / "ses-dns").exists()

    for region in REGIONS:
        empty.control("POST", "account", {"region": region, "review": "granted"})
    empty.calls()
    code, text = provision(empty, **variables)
    assert code == 0, text
    assert "Ready: example.com can send from eu-west-1, us-east-1." in text
    assert "changed=0" in text
    zone_reads = {"ListHostedZones": 1, "ListResourceRecordSets": 1}
    assert Counter(empty.calls()) == {(name, False): count for name, count in {**READS, **zone_reads}.items()}

    # A thousand hosts in the inventory: nothing more is asked.
    (tmp_path / "hosts").write_text("web[0001:1000].example.com\n")
    code, text = provision(empty, "-i", str(tmp_path / "hosts"), **variables)
    assert (code, "changed=0" in text) == (0, True), text
    assert Counter(empty.calls()) == {(name, False): count for name, count in {**READS, **zone_reads}.items()}


def test_files_conflicts_and_a_review_that_was_denied(empty: Any, tmp_path: Path) -> None:
    zone_id = make_zone(empty, "example.net")
    put(empty, zone_id, "bounce.example.net", "MX", "10 mail.example.org.")
    variables = {
        "ses_provision_domains": ["example.com", "example.net"],
        "ses_provision_region": "eu-west-1",
        "ses_provision_mail_from_subdomain": "bounce",
        "ses_provision_route53_zones": {"example.net": zone_id},
        "ses_provision_configuration_set": "fleet",
        "ses_provision_configuration_set_tls_policy": "require",
        "ses_provision_production_access": REVIEW,
        "ses_provision_require": {"max_send_rate": 10, "production_access": True},
        "ses_provision_credential_name": "fleet",
    }
    empty.calls()
    assert provision(empty, **variables)[0] == 2
    assert next(name for name, writes in empty.calls() if writes) == "CreateConfigurationSet"
    empty.control("POST", "account", {"region": "eu-west-1", "review": "denied"})
    code, text = provision(empty, **variables)
    words = " ".join(text.split())
    assert code == 2, text
    assert "Not ready: mail for example.com, example.net waits for DNS; something is not as it has to be." in words
    # All of it is said, and nothing of it has kept the rest from being made.
    failed = text[text.index("Fail when something is not as it has to be") :]
    assert "bounce.example.net MX 10 mail.example.org., which was left alone" in failed
    assert "denied" in failed
    assert "at most 1 recipient a second, and 10 are required" in failed
    assert "set ses_provision_max_send_rate" in failed
    assert in_zone(empty, zone_id)["bounce.example.net", "MX"] == ["10 mail.example.org."]
    assert in_zone(empty, zone_id)["bounce.example.net", "TXT"] == ['"v=spf1 include:amazonses.com ~all"']
    assert "Credential: fleet in Secrets Manager, eu-west-1, user name" in words
    files = sorted(path.name for path in (tmp_path / "ses-dns").iterdir())
    assert files == ["example.com.txt", "example.com.zone"]
    fragment = (tmp_path / "ses-dns" / "example.com.zone").read_text()
    assert fragment.count(" IN CNAME ") == 3
    assert "bounce.example.com. 1800 IN MX 10 feedback-smtp.eu-west-1.amazonses.com." in fragment
    assert "changed=0" in text
    assert [call for call in empty.calls() if call[1]] == []


def test_each_account_of_an_inventory(account: Callable[[], Any], tmp_path: Path) -> None:
    one, other = account(), account()
    inventory = {
        "accounts": {
            "hosts": {
                name: {
                    "ses_provision_domain": f"{name}.example",
                    "ses_provision_aws": {
                        "endpoint_url": aws.url,
                        "access_key": "testing",
                        "secret_key": f"secret-of-{name}",
                    },
                }
                for name, aws in (("one", one), ("other", other))
            }
        }
    }
    (tmp_path / "accounts.yml").write_text(yaml.safe_dump(inventory))
    make_zone(other, "other.example")
    # Whatever does not take the options of the account would fail here.
    nowhere = {**one.environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    code, text = provision(
        dataclasses.replace(one, environment=nowhere),
        "-i",
        str(tmp_path / "accounts.yml"),
        "-vvvvv",
        ses_provision_hosts="accounts",
        ses_provision_region="eu-west-1",
        ses_provision_route53_zones="{{ {'other.example': 'other.example'} if inventory_hostname == 'other' else {} }}",
    )
    assert code == 0, text
    assert "secret-of-" not in text
    for aws, name in ((one, "one"), (other, "other")):
        made = aws.module("ses_identity_info", name=f"{name}.example", endpoint_url=aws.url)
        assert made["identity"]["name"] == f"{name}.example"
    assert (tmp_path / "ses-dns" / "one" / "one.example.zone").exists()
    assert not (tmp_path / "ses-dns" / "other").exists()
    assert ("ChangeResourceRecordSets", True) not in one.calls()
    assert ("ChangeResourceRecordSets", True) in other.calls()


def test_a_wait_that_ends_says_what_is_missing(aws: Any, name_server: Any, tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private = key.private_bytes(*encoding).decode()
    (tmp_path / "file").touch()
    name_server.zone["mine._domainkey.wait.example", "TXT"] = ['"p=AAAA"']
    code, text = provision(
        dataclasses.replace(aws, environment={**aws.environment, "PWD": str(tmp_path)}),
        "-vvvvv",
        ses_provision_domain="wait.example",
        ses_provision_region="eu-west-1",
        ses_provision_dns_directory="file",
        ses_provision_dkim_private_key=private,
        ses_provision_dkim_selector="mine",
        ses_provision_check_dns=True,
        ses_provision_dns_servers=[name_server.address],
        ses_provision_wait=True,
        ses_provision_wait_timeout=2,
        ses_provision_wait_delay=1,
    )
    assert code == 2
    failed = text[text.index("Fail when something is not as it has to be") :]
    assert "The identity wait.example in eu-west-1 is not ready" in failed
    assert f"The DNS records could not be written to {tmp_path}/file" in failed
    assert "mine._domainkey.wait.example TXT: has another value, p=AAAA" in text
    assert "Credential: ses-smtp-wait-example in Secrets Manager, eu-west-1, user name" in text
    # The last lines of the key are its private half.
    assert not [line for line in private.splitlines()[-6:-2] if line in text]


def test_a_region_more(aws: Any) -> None:
    aws.module("ses_smtp_credential", name="ses-smtp-more-example", senders=["more.example"])
    variables = {
        "ses_provision_domain": "more.example",
        "ses_provision_regions": REGIONS,
        "ses_provision_dns_directory": "",
    }
    aws.calls()
    code, text = provision(aws, **variables)
    words = " ".join(text.split())
    assert (code, "CreateEmailIdentity" in dict(aws.calls())) == (2, True), text
    # The summary is there, and all that it says can be done with the role.
    assert "more.example in us-east-1: waits for DNS" in words
    assert "Credential: ses-smtp-more-example in Secrets Manager, eu-west-1 is as it was, see below" in words
    assert "Next: run again with -e ses_provision_rotation=pending." in words
    failed = words[words.index("Fail when something is not as it has to be") :]
    assert "has no password for us-east-1" in failed
    assert "(ses_provision_keep_secret_access_key). Replace the key: ses_provision_rotation=pending" in failed
    code, text = provision(
        aws, **variables, ses_provision_rotation="pending", ses_provision_keep_secret_access_key=True
    )
    assert code == 0, text
    # The steps that are left change nothing else.
    made = aws.module(
        "ses_smtp_credential", name="ses-smtp-more-example", senders=["more.example"], rotation="promoted"
    )
    assert (made["rotation"], made["regions"]) == ("promoted", REGIONS), made


def test_what_happens_when_identities_cannot_be_made(aws: Any) -> None:
    variables = {
        "ses_provision_domains": ["lacking.example", "there.example"],
        "ses_provision_regions": REGIONS,
        "ses_provision_dns_directory": "",
        "ses_provision_configuration_set": "lacking",
    }
    code, text = provision(aws, **variables)
    words = " ".join(text.split())
    assert code == 2
    assert [call for call in aws.calls() if call[1]] == []
    assert (
        "There is no configuration set lacking in eu-west-1 and us-east-1. Create it there with ses_provision_conf"
        in words
    )
    # One of them alone does not keep the others from being made.
    aws.module("ses_configuration_set", name="lacking", regions=REGIONS)
    fault = {"service": "sesv2", "operation": "CreateEmailIdentity", "error": "AccessDeniedException", "status": 403}
    aws.control("POST", "api", {"faults": [{**fault, "count": 1}]})
    code, text = provision(aws, **variables)
    words = " ".join(text.split())
    assert code == 2
    assert "lacking.example: not made, see below" in words
    assert "there.example in us-east-1: waits for DNS" in words
    assert "Credential: ses-smtp-lacking-example in Secrets Manager, eu-west-1, user name" in words
    assert "lacking.example: " in words[words.index("Fail when something is not as it has to be") :]
    assert "AccessDenied" in words[words.index("Fail when something is not as it has to be") :]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"ses_provision_domain": ""}, "Set ses_provision_domain"),
        (
            {"ses_provision_mail_from_domain": "b.example.com", "ses_provision_domain": "a@example.com"},
            "a@example.com is an address. Give its domain. ses_provision_mail_from_domain is one name",
        ),
        (
            {"ses_provision_regions": "eu-west-1,us-east-1", "ses_provision_aws": "profile=shop"},
            (
                "ses_provision_aws is a text, and a dictionary is wanted. On the command line that is written: -e "
                """'{"ses_provision_aws": {"profile": "shop"}}'. ses_provision_regions is a text, and a list is wanted."""
            ),
        ),
        ({"ses_provision_domain": "münchen.de"}, "Write münchen.de as xn--mnchen-3ya.de."),
        ({"ses_provision_regions": ["eu-west-1", "me-south-1"]}, "no SMTP endpoint in region me-south-1"),
        ({"ses_provision_route53_zone": "example.org"}, "example.org. is no public zone of this AWS account"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_made(aws: Any, variables: dict[str, Any], message: str) -> None:
    code, text = provision(
        aws, **{"ses_provision_domain": "example.com", "ses_provision_regions": REGIONS, **variables}
    )
    assert code == 2
    assert [call for call in aws.calls() if call[0] != "ListHostedZones"] == []
    assert message in " ".join(text.split())
