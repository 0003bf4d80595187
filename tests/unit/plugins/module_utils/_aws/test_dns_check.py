# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records are compared with those of a real DNS server, on loopback."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_check import check_records
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import PlanError

IMPORT_ROOTS = ":".join(path for path in sys.path if path and Path(path, "ansible_collections").is_dir())
SPF = "v=spf1 include:amazonses.com ~all"
MX = "10 feedback-smtp.eu-west-1.amazonses.com"
KEY = "p=" + "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" * 12
#: Name and type, and what the server has there.
ZONE = {
    ("a._domainkey.example.com", "CNAME"): ["a.dkim.amazonses.com."],
    ("b._domainkey.example.com", "CNAME"): ["B.DKIM.Amazonses.com."],
    ("wrong._domainkey.example.com", "CNAME"): ["a.dkim.example.com."],
    ("key._domainkey.example.com", "TXT"): [f'"v=DKIM1; k=rsa; {KEY[:200]}" "{KEY[200:]}"'],
    ("bounce.example.com", "MX"): ["10 feedback-smtp.eu-west-1.amazonses.com."],
    ("bounce.example.com", "TXT"): [f'"{SPF}"', '"a note"'],
    ("two.example.com", "MX"): ["10 feedback-smtp.eu-west-1.amazonses.com.", "20 mail.example.com."],
    ("two.example.com", "TXT"): [f'"{SPF}"', '"v=spf1 mx -all"'],
    ("more.example.com", "TXT"): ['"v=spf1 include:example.net include:amazonses.com -all"'],
    ("other.example.com", "TXT"): ['"v=spf1 include:example.net -all"'],
    ("_dmarc.example.com", "TXT"): ['"v=DMARC1; p=reject"'],
    ("alias.example.com", "CNAME"): ["bounce.example.com."],
}


@pytest.fixture
def server(name_server: Any) -> Any:
    """A server that has ZONE."""
    name_server.zone.update(ZONE)
    return name_server


def record(name: str, kind: str, value: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "value": value, "purpose": "kept"}


@pytest.mark.parametrize(
    ("name", "kind", "value", "state"),
    [
        ("a._domainkey.example.com", "CNAME", "a.dkim.amazonses.com", "present"),
        ("A._domainkey.Example.com.", "CNAME", "a.dkim.amazonses.com.", "present"),
        ("b._domainkey.example.com", "CNAME", "b.dkim.amazonses.com", "present"),
        ("wrong._domainkey.example.com", "CNAME", "a.dkim.amazonses.com", "different"),
        ("none._domainkey.example.com", "CNAME", "a.dkim.amazonses.com", "missing"),
        ("key._domainkey.example.com", "TXT", f"v=DKIM1;k=rsa;{KEY};", "present"),
        ("key._domainkey.example.com", "TXT", KEY, "present"),
        ("key._domainkey.example.com", "TXT", KEY[:-4], "different"),
        ("bounce.example.com", "MX", MX, "present"),
        ("bounce.example.com", "MX", "10 feedback-smtp.us-east-1.amazonses.com", "different"),
        ("two.example.com", "MX", MX, "different"),
        ("more.example.com", "MX", MX, "missing"),
        ("alias.example.com", "MX", MX, "present"),
        ("bounce.example.com", "TXT", SPF, "present"),
        ("bounce.example.com", "TXT", "a note", "present"),
        ("bounce.example.com", "TXT", "another note", "different"),
        ("two.example.com", "TXT", SPF, "different"),
        ("more.example.com", "TXT", SPF, "present"),
        ("other.example.com", "TXT", SPF, "different"),
        ("_dmarc.example.com", "TXT", SPF, "missing"),
        ("_dmarc.example.com", "TXT", "v=DMARC1; p=none;", "present"),
        ("_dmarc.example.net", "TXT", "v=DMARC1; p=none;", "missing"),
        ("x.broken.example.com", "TXT", SPF, "unknown"),
    ],
)
def test_state(server: Any, name: str, kind: str, value: str, state: str) -> None:
    [found] = check_records([record(name, kind, value)], [server.address], 5)
    assert found["state"] == state, found
    assert bool(found["problem"]) == (state == "unknown")
    assert {**found, "name": name, "purpose": "kept"} == found


def test_what_was_found_is_told(server: Any) -> None:
    wanted = [record("two.example.com", "MX", MX), record("key._domainkey.example.com", "TXT", KEY)]
    found = check_records(wanted, [server.address], 5)
    assert found[0]["found"] == [MX, "20 mail.example.com"]
    assert found[1]["found"] == [f"v=DKIM1; k=rsa; {KEY}"]


def test_several_values_of_one_name_may_all_be_wanted(server: Any) -> None:
    wanted = [record("two.example.com", "MX", MX), record("two.example.com", "MX", "20 mail.example.com")]
    server.questions.clear()
    assert [one["state"] for one in check_records(wanted, [server.address], 5)] == ["present", "present"]
    assert server.questions == ["two.example.com"]


def test_a_silent_server_takes_no_longer_than_the_time_and_hides_nothing_else(server: Any) -> None:
    wanted = [record(f"{number}.silent.example.com", "TXT", SPF) for number in range(12)]
    wanted.insert(0, record("bounce.example.com", "MX", MX))
    began = time.monotonic()
    found = check_records(wanted, [server.address], 0.5)
    assert time.monotonic() - began < 3
    assert [one["state"] for one in found] == ["present", *["unknown"] * 12]
    assert "no name server answered in time" in found[1]["problem"]


@pytest.mark.parametrize("address", ["ns.example.com", "192.0.2.53:dns", "192.0.2.53:0", "[::1]x53", ""])
def test_a_server_is_an_address(address: str) -> None:
    with pytest.raises(PlanError, match="is not the address of a name server"):
        check_records([record("example.com", "TXT", SPF)], [address], 1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"name": "example.com", "type": "A", "value": "192.0.2.1"},
            "has the type A, and only CNAME, MX, TXT are known",
        ),
        ({"name": "example.com", "type": "TXT"}, "has no value"),
        ({}, "has no name and no type and no value"),
    ],
)
def test_records_that_cannot_be_checked(wrong: dict[str, str], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        check_records([wrong], ["192.0.2.53"], 1)


def module(path: str = "", **options: Any) -> dict[str, Any]:
    """Run the module in a process of its own; return its result."""
    done = subprocess.run(
        [sys.executable, "-m", "ansible_collections.cloudmail.ses.plugins.modules.ses_dns_info"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": options}),
        env={"PYTHONPATH": f"{path}:{IMPORT_ROOTS}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.strip(), done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_module_tells_and_fails_only_when_asked_to(server: Any) -> None:
    wanted = [
        record("bounce.example.com", "MX", MX),
        record("other.example.com", "TXT", SPF),
        record("none._domainkey.example.com", "CNAME", "none.dkim.amazonses.com"),
        {**record("_dmarc.example.net", "TXT", "v=DMARC1; p=none;"), "purpose": "dmarc"},
    ]
    result = module(records=wanted, servers=[server.address])
    assert [one["state"] for one in result["records"]] == ["present", "different", "missing", "missing"]
    assert (result["changed"], result["complete"], result.get("failed")) == (False, False, None)

    result = module(records=wanted, servers=[server.address], required=True)
    assert result["failed"]
    assert f"other.example.com TXT {SPF} is not what DNS has, which is v=spf1 include:example.net -all" in result["msg"]
    assert "none._domainkey.example.com CNAME none.dkim.amazonses.com is missing in DNS" in result["msg"]
    assert "bounce" not in result["msg"]
    assert "DMARC" not in result["msg"]
    assert len(result["records"]) == 4

    result = module(records=[wanted[0], wanted[3]], servers=[server.address], required=True)
    assert (result.get("failed"), result["complete"]) == (None, True)


def test_module_refuses_names_for_servers() -> None:
    result = module(records=[record("example.com", "TXT", SPF)], servers=["ns.example.com"])
    assert "'ns.example.com' is not the address of a name server" in result["msg"]


def test_module_without_its_library(tmp_path: Path) -> None:
    (tmp_path / "dns.py").write_text("raise ImportError('not here')")
    result = module(str(tmp_path), records=[record("example.com", "TXT", SPF)])
    assert "pip install dnspython" in result["msg"]
