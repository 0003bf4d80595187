# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readings and edits of sendmail.mc and sendmail.cf: our line goes in and out, all else stays to the byte."""

from __future__ import annotations

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._mta.sendmail_build import parse_build
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.sendmail_files import (
    INCLUDE,
    INCLUDE_LINE,
    complaints,
    edit_mc,
    mc_lines,
    options,
    pid_of,
    relay_hosts,
    renamed,
    smart_host,
    substance,
)

MC = """\
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
MAILER_DEFINITIONS
MAILER(`local')dnl
"""

CF = """\
##### built by root@web1.example.net on Mon Nov 23 23:54:29 UTC 2026
O AliasFile=/etc/mail/aliases
O PidFile = /run/sendmail.pid
#O SmartHost=commented.example
DS
DS[mail.example.net]
Kses_authinfo hash /etc/mail/ses/authinfo
Kses_authinfo_other hash /etc/mail/ses/authinfo-other
Kaccess hash -o /etc/mail/access
"""


def wanted() -> dict[str, str]:
    return {INCLUDE: INCLUDE_LINE}


@pytest.mark.parametrize("text", ["", MC, MC.rstrip("\n") + "\n", MC + "dnl the last word\n"])
def test_our_line_goes_to_the_end_and_away_again(text: str) -> None:
    changed = edit_mc(text, wanted())
    assert changed == text + INCLUDE_LINE + "\n"
    assert mc_lines(text) == {}
    assert edit_mc(changed, {INCLUDE: mc_lines(text).get(INCLUDE)}) == text


def test_our_line_stays_alone_and_last() -> None:
    once = edit_mc(MC, wanted())
    assert edit_mc(once, wanted()) == once
    later = once + "MAILER(`smtp')dnl\n"
    assert edit_mc(later, wanted()) == MC + "MAILER(`smtp')dnl\n" + INCLUDE_LINE + "\n"
    assert edit_mc(once + once, wanted()).count(INCLUDE_LINE) == 1
    assert edit_mc(once, {}) == once


def test_a_file_without_a_last_line_break_gets_one() -> None:
    assert edit_mc("MAILER(`smtp')dnl", wanted()) == "MAILER(`smtp')dnl\n" + INCLUDE_LINE + "\n"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (CF.replace("Mon Nov 23", "Tue Nov 24"), True),
        ("### a header\n\n" + CF, True),
        (CF.replace("DS\n", "DSother.example\n"), False),
        (CF + "O MaxHopCount=26\n", False),
    ],
)
def test_comments_make_no_other_sendmail_cf(other: str, same: bool) -> None:
    assert (substance(other) == substance(CF)) is same


def test_what_a_sendmail_cf_says() -> None:
    assert options(CF) == {"AliasFile": "/etc/mail/aliases", "PidFile": "/run/sendmail.pid"}
    assert smart_host(CF) == "[mail.example.net]"
    assert smart_host("DS\n") == smart_host("") == ""


def test_only_the_named_map_is_read_from_elsewhere() -> None:
    text = renamed(CF, {"/etc/mail/ses/authinfo": "/etc/mail/ses/.authinfo.ses-staged"})
    assert "Kses_authinfo hash /etc/mail/ses/.authinfo.ses-staged\n" in text
    assert "Kses_authinfo_other hash /etc/mail/ses/authinfo-other\n" in text
    assert renamed(CF, {}) == CF


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("C{SesHosts}a.example b.example\nC{SesDomains}c.example\n", ["a.example", "b.example"]),
        ("C{SesDomains}c.example\n", []),
    ],
)
def test_endpoints(text: str, hosts: list[str]) -> None:
    assert relay_hosts(text) == hosts


@pytest.mark.parametrize(
    ("text", "pid"), [("2309\n/usr/sbin/sendmail-mta -bd\n", 2309), ("", 0), ("\n12\n", 0), ("none\n", 0)]
)
def test_pid(text: str, pid: int) -> None:
    assert pid_of(text) == pid


def test_what_sendmail_has_against_a_configuration() -> None:
    said = """\
WARNING: Ruleset authinfo has multiple definitions
WARNING: Ruleset EnvFromL has multiple definitions
ADDRESS TEST MODE (ruleset 3 NOT automatically invoked)
Enter <ruleset> <address>
> """
    assert complaints(said) == []
    wrong = '/etc/mail/sendmail.cf: line 179: unknown configuration line "X"'
    assert complaints(wrong + "\n" + said) == [wrong]
    twice = "WARNING: Ruleset check_mail has multiple definitions"
    assert complaints(twice) == [twice]


DEBIAN_12 = """\
Version 8.17.1.9
 Compiled with: DNSMAP IPV6_FULL NETUNIX NEWDB=5.3
   FFR Defines: _FFR_BADRCPT_SHUTDOWN _FFR_TLS_ALTNAMES
"""


@pytest.mark.parametrize(
    ("shown", "version", "kind", "suffix", "names"),
    [
        (DEBIAN_12, "8.17.1.9", "hash", ".db", True),
        ("Version 8.15.2\n Compiled with: NETUNIX NEWDB NIS\n", "8.15.2", "hash", ".db", False),
        ("Version 8.18.1\n Compiled with: CDB=1 DNSMAP\n", "8.18.1", "cdb", ".cdb", False),
        ("sendmail: something else\n", "", "hash", ".db", False),
    ],
)
def test_build(shown: str, version: str, kind: str, suffix: str, names: bool) -> None:
    build = parse_build(shown)
    assert build.version == version
    assert (build.table.kind, build.table.suffix) == (kind, suffix)
    assert build.reads_alternative_names is names
