# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DKIM of ses_identity in the simulator: keys of SES, of one's own, of another region, and the way between them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import rsa

REGIONS = ["us-east-1", "eu-west-1"]
PUT_KEYS, TAG, UNTAG = "PutEmailIdentityDkimSigningAttributes", "TagResource", "UntagResource"


def private_key(bits: int = 2048) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()).decode()


def writes(aws: Any) -> list[str]:
    return [name for name, write in aws.calls() if write and not name.startswith("GetCallerIdentity")]


def tags(result: dict[str, Any]) -> list[str]:
    return sorted(result["identity"]["tags"])


def test_a_key_of_ones_own_and_back(aws: Any) -> None:
    own = {"name": "own-key.example", "dkim_private_key": private_key(), "dkim_selector": "s1", "tags": {"a": "1"}}
    made = aws.module("ses_identity", **own)
    assert (made["rc"], made["changed"]) == (0, True), made
    assert made["identity"]["dkim_attributes"]["signing_attributes_origin"] == "EXTERNAL"
    record = made["dns_records"][0]
    assert (record["name"], record["type"], record["value"][:6]) == ("s1._domainkey.own-key.example", "TXT", "p=MIIB")
    assert f"{record['name']} TXT {record['value']}" in made["pending"][0]
    assert tags(made) == ["a", "cloudmail.ses:dkim"]
    # The fingerprint is made with the identity, in one call.
    assert writes(aws) == ["CreateEmailIdentity"]
    # Nothing of the key comes out.
    secret = own["dkim_private_key"].splitlines()[5]
    assert secret not in json.dumps(made)

    again = aws.module("ses_identity", **own)
    assert (again["rc"], again["changed"], again["dns_records"]) == (0, False, made["dns_records"])
    assert aws.calls() == [("GetEmailIdentity", False)]

    other = aws.module("ses_identity", **{**own, "dkim_private_key": private_key(1024), "dkim_selector": "s2"})
    assert writes(aws) == [PUT_KEYS, TAG]
    assert other["dns_records"][0]["name"] == "s2._domainkey.own-key.example"

    left = aws.module("ses_identity", name="own-key.example", tags={}, purge_tags=True)
    assert (tags(left), writes(aws)) == (["cloudmail.ses:dkim"], [UNTAG])

    # SES does not show a key of one's own, so another reader knows the record's name alone.
    info = aws.module("ses_identity_info", name="own-key.example")
    assert [r["purpose"] for r in info["dns_records"]] == ["dmarc"]
    assert "s2._domainkey.own-key.example TXT p= and the public half of your key" in info["pending"][0]
    aws.calls()

    back = aws.module("ses_identity", name="own-key.example", dkim="easy", dkim_key_length=1024)
    assert back["identity"]["dkim_attributes"]["next_signing_key_length"] == "RSA_1024_BIT"
    assert [r["type"] for r in back["dns_records"]] == ["CNAME"] * 3 + ["TXT"]
    assert (tags(back), writes(aws)) == ([], [PUT_KEYS, UNTAG])
    assert not aws.module("ses_identity", name="own-key.example", dkim="easy", dkim_key_length=1024)["changed"]


def test_a_key_that_another_tool_set_is_replaced_once(aws: Any) -> None:
    own = {"name": "foreign-key.example", "dkim_private_key": private_key(), "dkim_selector": "s1"}
    aws.module("ses_identity", **own)
    # As if the run had been killed between the key and the tag
    arn = "arn:aws:ses:eu-west-1:123456789012:identity/foreign-key.example"
    aws_client(aws).untag_resource(ResourceArn=arn, TagKeys=["cloudmail.ses:dkim"])
    aws.calls()
    assert aws.module("ses_identity", **own)["changed"]
    assert writes(aws) == [PUT_KEYS, TAG]
    assert not aws.module("ses_identity", **own)["changed"]


def aws_client(aws: Any) -> Any:
    import boto3

    return boto3.client(
        "sesv2",
        region_name="eu-west-1",
        endpoint_url=aws.url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def test_one_set_of_keys_for_several_regions(aws: Any) -> None:
    options = {"name": "deed.example", "regions": REGIONS, "dkim_origin_region": "eu-west-1", "dkim_key_length": 1024}
    made = aws.module("ses_identity", **options)
    assert (made["rc"], made["changed"]) == (0, True), made
    origins = [each["identity"]["dkim_attributes"]["signing_attributes_origin"] for each in made["identities"]]
    assert origins == ["AWS_SES_EU_WEST_1", "AWS_SES"]
    # The same three records do for both.
    assert [r["purpose"] for r in made["dns_records"]] == ["dkim", "dkim", "dkim", "dmarc"]
    assert {tuple(r["regions"]) for r in made["dns_records"]} == {tuple(REGIONS)}
    aws.calls()
    assert not aws.module("ses_identity", **options)["changed"]
    assert aws.calls() == [("GetEmailIdentity", False)] * 2

    apart = aws.module("ses_identity", name="deed.example", region="us-east-1", dkim="easy")
    assert apart["identity"]["dkim_attributes"]["signing_attributes_origin"] == "AWS_SES"
    assert writes(aws) == [PUT_KEYS]
    # The identity that the keys come from is outside this task, and is read.
    joined = aws.module("ses_identity", name="deed.example", region="us-east-1", dkim_origin_region="eu-west-1")
    assert joined["identity"]["dkim_attributes"]["signing_attributes_origin"] == "AWS_SES_EU_WEST_1"
    assert writes(aws) == [PUT_KEYS]

    gone = aws.module("ses_identity", name="deed.example", regions=list(reversed(REGIONS)), state="absent")
    assert (gone["rc"], gone["changed"]) == (0, True)


def test_parents_that_have_no_keys_to_give(aws: Any) -> None:
    replica = {"name": "no-parent.example", "region": "us-east-1", "dkim_origin_region": "eu-west-1"}
    done = aws.module("ses_identity", **replica)
    assert done["rc"] == 1
    assert "shall come from eu-west-1, where there is no identity no-parent.example. Add eu-west-1" in done["msg"]

    own = {"name": "no-parent.example", "dkim_private_key": private_key(), "dkim_selector": "s1"}
    aws.module("ses_identity", **own)
    aws.calls()
    done = aws.module("ses_identity", **replica)
    assert done["rc"] == 1
    assert "keys of its owner (BYODKIM), which SES does not replicate" in done["msg"]
    assert not writes(aws)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"dkim_private_key": "-----BEGIN", "dkim_selector": "s"}, "cannot be read as a private key"),
        ({"dkim_private_key": "SECRET"}, "required together"),
        ({"dkim": "easy", "dkim_origin_region": "eu-west-1"}, "mutually exclusive"),
        ({"dkim_private_key": "SECRET", "dkim_selector": "s", "dkim_key_length": 2048}, "mutually exclusive"),
    ],
)
def test_options_that_contradict_each_other(aws: Any, options: dict[str, Any], text: str) -> None:
    done = aws.module("ses_identity", name="contradiction.example", **options)
    assert (done["rc"], text in done["msg"]) == (1, True), done["msg"]
    assert not aws.calls()
