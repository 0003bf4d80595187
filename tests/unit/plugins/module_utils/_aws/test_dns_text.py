# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records as a zone fragment, as a table, and as the plan for a Route 53 zone."""

from __future__ import annotations

from typing import Any

import dns.rdatatype
import dns.zone
import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.cloudmail.ses.plugins.filter import dns_route53, dns_table, dns_zone
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_record import quoted, unquoted
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_route53 import plan, route53_record_sets
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_text import records_table, zone_fragment
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError

SPF = "v=spf1 include:amazonses.com ~all"
KEY = "v=DKIM1; k=rsa; p=" + "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" * 12


def record(name: str, kind: str, value: str, purpose: str = "", ttl: int = 1800) -> dict[str, Any]:
    return {"name": name, "type": kind, "value": value, "purpose": purpose, "ttl": ttl, "status": "PENDING"}


DKIM = record("abc._domainkey.example.com", "CNAME", "abc.dkim.amazonses.com", "dkim")
MX = record("bounce.example.com", "MX", "10 feedback-smtp.eu-west-1.amazonses.com", "mail_from_mx")
TXT = record("bounce.example.com", "TXT", SPF, "mail_from_spf")
DMARC = record("_dmarc.example.com", "TXT", "v=DMARC1; p=none;", "dmarc")
OWN_KEY = record("key._domainkey.example.com", "TXT", KEY, "dkim")
RECORDS = [DKIM, MX, TXT, DMARC]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (SPF, f'"{SPF}"'),
        ('a "quoted" \\ one', '"a \\"quoted\\" \\\\ one"'),
        ("x" * 256, '"{}" "x"'.format("x" * 255)),
        ("ü" * 128, '"{}" "ü"'.format("ü" * 127)),
        ("", '""'),
    ],
)
def test_texts_are_quoted_and_split(value: str, written: str) -> None:
    assert quoted(value) == written
    assert unquoted(written) == value


def test_route_53_writes_octal() -> None:
    assert unquoted('"a\\052b" "c"') == "a*bc"
    assert unquoted("not quoted") == "not quoted"


def test_fragment_is_a_zone_that_says_the_same() -> None:
    text = zone_fragment([*RECORDS, OWN_KEY], "example.com")
    zone = dns.zone.from_text(text, origin="example.com.", relativize=False, check_origin=False)
    found = {
        (str(name).rstrip("."), dns.rdatatype.to_text(data.rdtype), ttl): data
        for name, ttl, data in zone.iterate_rdatas()
    }
    assert set(found) == {(one["name"], one["type"], 1800) for one in (DKIM, MX, TXT, OWN_KEY)}
    assert str(found["abc._domainkey.example.com", "CNAME", 1800].target) == "abc.dkim.amazonses.com."
    assert b"".join(found["key._domainkey.example.com", "TXT", 1800].strings).decode() == KEY
    # A second DMARC record makes the first one void, so it is only shown.
    assert '\n; _dmarc.example.com. 1800 IN TXT "v=DMARC1; p=none;"\n' in text
    assert text == zone_fragment([*RECORDS, OWN_KEY], "example.com")


def test_table_has_what_forms_take() -> None:
    lines = [" ".join(line.split()) for line in records_table(RECORDS).splitlines()]
    assert lines == [
        "Type Name TTL For Value",
        f"CNAME {DKIM['name']} 1800 DKIM: proves that the domain is yours, and signs its mail {DKIM['value']}",
        f"MX {MX['name']} 1800 MAIL FROM: takes bounces to SES {MX['value']}",
        f"TXT {TXT['name']} 1800 MAIL FROM: SPF {SPF}",
        f"TXT {DMARC['name']} 1800 DMARC, only if there is none yet {DMARC['value']}",
    ]
    # The columns stand below each other.
    assert len({line.index(one["value"]) for line, one in zip(records_table(RECORDS).splitlines()[1:], RECORDS)}) == 1


def test_values_of_one_name_and_type_are_one_set() -> None:
    other = record("Bounce.example.com.", "TXT", "a note", ttl=60)
    [first, second] = route53_record_sets([TXT, other, MX])
    assert first.as_dict() == {
        "record": "bounce.example.com",
        "type": "TXT",
        "ttl": 1800,
        "value": [f'"{SPF}"', '"a note"'],
    }
    assert second.values == ("10 feedback-smtp.eu-west-1.amazonses.com.",)


def there(name: str, kind: str, *values: str, ttl: int = 300, **more: Any) -> dict[str, Any]:
    """Return a record set as amazon.aws.route53_info returns it."""
    return {
        "name": f"{name}.",
        "type": kind,
        "ttl": ttl,
        "resource_records": [{"value": one} for one in values],
        **more,
    }


APEX = [
    there("example.com", "SOA", "ns-1.example.net. hostmaster.example.net. 1 7200 900 1209600 86400"),
    there("example.com", "NS", "ns-1.example.net."),
]


@pytest.mark.parametrize(
    ("wanted", "existing", "published"),
    [
        (DKIM, [], ["abc.dkim.amazonses.com."]),
        (DKIM, [there("abc._domainkey.example.com", "CNAME", "ABC.dkim.amazonses.com")], None),
        (DKIM, [there("abc._domainkey.example.com", "CNAME", "abc.old.amazonses.com.")], ["abc.dkim.amazonses.com."]),
        (MX, [there("bounce.example.com", "TXT", '"x"')], ["10 feedback-smtp.eu-west-1.amazonses.com."]),
        (MX, [there("bounce.example.com", "MX", "10 feedback-smtp.eu-west-1.amazonses.com")], None),
        (
            MX,
            [there("bounce.example.com", "MX", "5 feedback-smtp.eu-west-1.amazonses.com.")],
            ["10 feedback-smtp.eu-west-1.amazonses.com."],
        ),
        (TXT, [], [f'"{SPF}"']),
        (TXT, [there("bounce.example.com", "TXT", '"a\\052b"')], ['"a\\052b"', f'"{SPF}"']),
        (TXT, [there("bounce.example.com", "TXT", '"v=spf1 include:amazonses.com -all"', '"x"')], None),
        (DMARC, [], ['"v=DMARC1; p=none;"']),
        (DMARC, [there("_dmarc.example.com", "TXT", '"v=DMARC1; p=reject"')], None),
        (DMARC, [there("_dmarc.example.com", "CNAME", "example.com.reports.example.net.")], None),
        (DMARC, [there("_dmarc.example.com", "NS", "ns.reports.example.net.")], None),
        (
            record("_dmarc.mail.example.com", "TXT", "v=DMARC1; p=none;", "dmarc"),
            [there("_dmarc.example.com", "TXT", '"v=DMARC1; p=reject"')],
            None,
        ),
        (OWN_KEY, [there("key._domainkey.example.com", "TXT", f'"v=DKIM1;{KEY[16:200]}" "{KEY[200:]}"')], None),
        (
            record("a*b.example.com", "TXT", "x"),
            [there("a\\052b.example.com", "TXT", '"x"')],
            None,
        ),
    ],
)
def test_plan_writes_what_is_missing_and_keeps_the_rest(
    wanted: dict[str, Any], existing: list[dict[str, Any]], published: list[str] | None
) -> None:
    done = plan([wanted], {"Z1": [*APEX, *existing]})
    assert done["conflicts"] == []
    assert [one["value"] for one in done["publish"]] == ([published] if published else [])
    for one in done["publish"]:
        assert (one["record"], one["type"]) == (wanted["name"], wanted["type"])
        if existing and existing[0]["type"] == wanted["type"]:
            assert one["ttl"] == 300


@pytest.mark.parametrize(
    ("wanted", "existing", "words"),
    [
        (
            MX,
            there("bounce.example.com", "MX", "10 mail.example.net."),
            ["MX 10 mail.example.net.", "another MAIL FROM"],
        ),
        (
            MX,
            there("bounce.example.com", "MX", "10 feedback-smtp.eu-west-1.amazonses.com.", "20 mail.example.net."),
            ["20 mail.example.net.", "left alone"],
        ),
        (
            OWN_KEY,
            there("key._domainkey.example.com", "TXT", '"p=MIIB"'),
            ["TXT p=MIIB,", "Sign with another selector"],
        ),
        (MX, there("bounce.example.com", "CNAME", "example.net."), ["CNAME example.net.", "remove one of them"]),
        (TXT, there("bounce.example.com", "TXT", '"v=spf1 -all"'), ["TXT v=spf1 -all", "Add what SES needs"]),
        (TXT, there("bounce.example.com", "TXT", f'"{SPF}"', set_identifier="eu", weight=1), None),
        (
            MX,
            there("bounce.example.com", "MX", "5 feedback-smtp.eu-west-1.amazonses.com.", set_identifier="eu"),
            ["policy"],
        ),
        (
            MX,
            there("bounce.example.com", "NS", "ns.example.net."),
            ["delegated to ns.example.net.", "Publish it there"],
        ),
        (DKIM, there("_domainkey.example.com", "NS", "ns.example.net."), ["the zone _domainkey.example.com"]),
        (DKIM, there("abc._domainkey.example.com", "TXT", '"x"'), ["TXT x", "CNAME"]),
        (
            record("b.example.net", "MX", "10 x"),
            there("a.example.com", "A", "192.0.2.1"),
            ["none of the zones example.com"],
        ),
        (
            record("b.notexample.com", "MX", "10 x"),
            there("a.example.com", "A", "192.0.2.1"),
            ["none of the zones example.com"],
        ),
    ],
)
def test_plan_leaves_what_is_of_somebody_else(
    wanted: dict[str, Any], existing: dict[str, Any], words: list[str] | None
) -> None:
    done = plan([wanted], {"Z1": [*APEX, existing]})
    assert done["publish"] == []
    assert len(done["conflicts"]) == (1 if words else 0)
    for word in words or []:
        assert word in done["conflicts"][0]


def test_plan_takes_the_innermost_zone() -> None:
    inner = [there("mail.example.com", "SOA", "ns. hostmaster. 1 2 3 4 5"), there("mail.example.com", "NS", "ns.")]
    outer = [*APEX, there("mail.example.com", "NS", "ns.")]
    records = [DKIM, record("abc._domainkey.mail.example.com", "CNAME", "abc.dkim.amazonses.com", "dkim")]
    for zones in ({"Z1": outer, "Z2": inner}, {"Z2": inner, "Z1": outer}):
        done = plan(records, zones)
        assert [(one["hosted_zone_id"], one["record"]) for one in done["publish"]] == [
            ("Z1", "abc._domainkey.example.com"),
            ("Z2", "abc._domainkey.mail.example.com"),
        ]
        assert done["conflicts"] == []


def test_plan_needs_a_whole_zone() -> None:
    with pytest.raises(PlanError, match="no SOA record"):
        plan([MX], {"Z1": []})


def test_filters_as_ansible_loads_them() -> None:
    assert dns_zone.FilterModule().filters()["dns_zone"](RECORDS, "example.com").count("\n") > 8
    assert dns_table.FilterModule().filters()["dns_table"](RECORDS).count("\n") == 5
    done = dns_route53.FilterModule().filters()["dns_route53"](RECORDS, {"Z1": APEX})
    assert [one["record"] for one in done["publish"]] == [one["name"] for one in RECORDS]
    for wrong in ("text", [1], None):
        with pytest.raises(AnsibleFilterError, match="must be a list of dictionaries"):
            dns_table.dns_table(wrong)
    with pytest.raises(AnsibleFilterError, match=r"dns_zone: The record .* has no value"):
        dns_zone.dns_zone([{"name": "x", "type": "MX"}], "example.com")
