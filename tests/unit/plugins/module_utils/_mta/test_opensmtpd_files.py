# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import opensmtpd_files as files

OURS = {files.SETTINGS: files.SETTINGS, files.RULES: files.RULES}

DEBIAN = """\
# This is the smtpd server system-wide configuration file.
table aliases file:/etc/aliases

listen on localhost  # for "us" alone

action "local" maildir alias <aliases>
action "relay" relay

match for local action "local"
match from local for any action "relay"
"""

ADMIN = """\
listen on eth0 port 587 tls-require auth filter "spam"
listen on lo \\
    filter { "spam", "dkim" } tag here
action intra relay host smtp://mail.corp.example
action out relay host "smtp+tls://me@mail.example.net:587" auth <secrets>
action mx relay backup
match auth from any for any action "out"
match from any for domain "example.org" action "local"
match from local for domain "corp.example" action "intra"
match from src <lan> for any action out
match ! from local for any reject
match ! for local action "out"
match from any for domain "b.example" action mx
"""


def test_ours_stand_before_what_uses_them_and_before_the_way_out() -> None:
    after = files.edit_lines(DEBIAN, OURS).splitlines()
    assert after.index(files.SETTINGS) + 1 == after.index("table aliases file:/etc/aliases")
    assert after.index(files.RULES) + 1 == after.index('match from local for any action "relay"')
    assert after.index(files.RULES) - 1 == after.index('match for local action "local"')


@pytest.mark.parametrize("text", [DEBIAN, ADMIN, "", "# nothing\n", "listen on lo", DEBIAN.rstrip("\n")])
def test_taken_away_nothing_is_left(text: str) -> None:
    edited = files.edit_lines(text, OURS)
    assert files.RULES in edited
    assert files.edit_lines(edited, OURS) == edited
    assert files.edit_lines(edited, dict.fromkeys(OURS)) in (text, text + "\n")


def test_rules_that_were_moved_go_back_to_their_place() -> None:
    right = files.edit_lines(DEBIAN, OURS)
    moved = right.replace(files.RULES + "\n", "") + files.RULES + "\n"
    assert files.edit_lines(moved, OURS) == right


def test_rules_stand_before_the_first_rule_that_takes_local_mail_off_the_host() -> None:
    after = files.edit_lines(ADMIN, OURS).splitlines()
    assert after.index(files.RULES) + 1 == after.index('match ! for local action "out"')


def test_ways_out_are_the_relays_of_rules_for_any_domain() -> None:
    assert list(files.ways_out(DEBIAN)) == ["relay"]
    assert list(files.ways_out(ADMIN)) == ["out"]
    assert files.relay_host(files.ways_out(ADMIN)["out"]) == "smtp+tls://me@mail.example.net:587"
    assert files.relay_host(files.ways_out(DEBIAN)["relay"]) == ""


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("listen on localhost", 'listen on localhost filter "ses-relay"'),
        ("listen on lo  # here", 'listen on lo filter "ses-relay"  # here'),
        ("listen on socket mask-src", 'listen on socket mask-src filter "ses-relay"'),
        ('listen on lo filter "a" tag b', 'listen on lo tag b filter { "a", "ses-relay" }'),
        ('listen on lo filter { "a", "b" } tag c', 'listen on lo tag c filter { "a", "b", "ses-relay" }'),
        ('listen on lo \\\n  hostname "x # y"', 'listen on lo \\\n  hostname "x # y" filter "ses-relay"'),
    ],
)
def test_every_listener_gets_the_filter_once_and_gives_it_back(line: str, wanted: str) -> None:
    statement = next(files.read_statements(line + "\n"))
    assert files.with_filter(statement) == wanted
    changed = next(files.read_statements(wanted + "\n"))
    assert changed.key == statement.key
    assert files.with_filter(changed) == wanted
    assert files.edit_lines(wanted + "\n", {statement.key: line}) == line + "\n"


def test_lines_are_known_by_what_they_are_about() -> None:
    assert files.read_lines(files.edit_lines(DEBIAN, OURS)) == {
        **OURS,
        "listen on localhost": 'listen on localhost  # for "us" alone',
        'action "local"': 'action "local" maildir alias <aliases>',
        'action "relay"': 'action "relay" relay',
    }


def test_an_action_is_replaced_where_it_stands() -> None:
    after = files.edit_lines(DEBIAN, {'action "relay"': 'action "relay" relay host <x>'})
    assert after == DEBIAN.replace('"relay" relay\n', '"relay" relay host <x>\n')


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (DEBIAN, "maildir"),
        ('action "l" maildir "~/mail" junk\n', 'maildir "~/mail"'),
        ('action "l" mda "procmail -f -" user x\n', 'mda "procmail -f -"'),
        ('action "l" mbox alias <aliases>\n', "mbox"),
        ('action "r" relay\n', "mbox"),
    ],
)
def test_bounces_are_delivered_as_local_mail_is(text: str, wanted: str) -> None:
    assert files.local_delivery(text) == wanted
