# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of main.cf, master.cf and aliases: what is ours changes, what is not stays to the byte."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._mta.postfix_files import (
    alias_lines,
    changed_settings,
    edit_aliases,
    edit_services,
    edit_settings,
    read_settings,
    service_lines,
    setting_lines,
    write_aliases,
    write_settings,
)

MAIN_CF = """\
# See /usr/share/postfix/main.cf.dist
myhostname = web1.example.net
mydestination = $myhostname,
# a comment inside a continued line
    localhost.example.net, localhost

relayhost =
inet_interfaces=loopback-only
"""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("myhostname", "web1.example.net"),
        ("mydestination", "$myhostname, localhost.example.net, localhost"),
        ("relayhost", ""),
        ("inet_interfaces", "loopback-only"),
    ],
)
def test_reads_logical_lines(name: str, value: str) -> None:
    assert read_settings(MAIN_CF)[name] == value


def test_last_of_a_repeated_setting_counts() -> None:
    assert read_settings("relayhost = a\nrelayhost = b\n") == {"relayhost": "b"}


def test_wanted_values_leave_the_text_alone() -> None:
    wanted = {"relayhost": "", "mydestination": "$myhostname, localhost.example.net, localhost"}
    assert edit_settings(MAIN_CF, write_settings(wanted)) == MAIN_CF


def test_replaces_in_place_and_appends() -> None:
    after = edit_settings(MAIN_CF, write_settings({"relayhost": "[r.example]:587", "smtp_sasl_auth_enable": "yes"}))
    assert after == MAIN_CF.replace("relayhost =\n", "relayhost = [r.example]:587\n") + "smtp_sasl_auth_enable = yes\n"


def test_replaces_a_continued_line_whole() -> None:
    after = edit_settings(MAIN_CF, write_settings({"mydestination": "localhost"}))
    assert "localhost.example.net" not in after
    assert read_settings(after)["mydestination"] == "localhost"
    assert read_settings(after)["relayhost"] == ""


@pytest.mark.parametrize("wanted", ["a", "b"])
def test_repeated_settings_become_one(wanted: str) -> None:
    assert (
        edit_settings("relayhost = a\nx = 1\nrelayhost = b\n", write_settings({"relayhost": wanted}))
        == f"relayhost = {wanted}\nx = 1\n"
    )


def test_a_last_line_without_newline_is_not_glued_to_ours() -> None:
    assert edit_settings("x = 1", write_settings({"y": "2"})) == "x = 1\ny = 2\n"


def test_an_indented_comment_is_no_part_of_a_value() -> None:
    text = "mydestination = a\n  # b\n  c\n"
    assert read_settings(text) == {"mydestination": "a c"}
    assert edit_settings(text, write_settings({"mydestination": "a c"})) == text


@pytest.mark.parametrize("text", ["", MAIN_CF])
def test_editing_twice_changes_nothing_more(text: str) -> None:
    wanted = {"relayhost": "[r.example]:587", "a": "x, y", "inet_interfaces": "all"}
    once = edit_settings(text, write_settings(wanted))
    assert edit_settings(once, write_settings(wanted)) == once
    assert {name: read_settings(once)[name] for name in wanted} == wanted


def test_names_what_a_change_changes() -> None:
    after = edit_settings(MAIN_CF, write_settings({"relayhost": "r", "inet_interfaces": "loopback-only", "new": "1"}))
    assert changed_settings(MAIN_CF, after) == {"relayhost": ("", "r"), "new": (None, "1")}


MASTER_CF = """\
# service type  private unpriv  chroot  wakeup  maxproc command + args
smtp      inet  n       -       y       -       -       smtpd
smtp      unix  -       -       y       -       -       smtp
relay     unix  -       -       y       -       -       smtp
        -o syslog_name=postfix/$service_name
"""


def test_services_are_told_apart_by_type() -> None:
    after = edit_services(MASTER_CF, {"smtp/unix": "smtp unix - - n - - smtp"})
    assert "smtp      inet  n       -       y" in after
    assert "smtp unix - - n - - smtp\n" in after
    assert "smtp      unix" not in after
    assert after.endswith("syslog_name=postfix/$service_name\n")


def test_service_written_in_columns_is_the_same_service() -> None:
    assert edit_services(MASTER_CF, {"smtp/unix": "smtp unix - - y - - smtp"}) == MASTER_CF


def test_new_service_comes_last() -> None:
    line = "ses-bounces unix - n n - - local -o alias_maps=static:root"
    assert edit_services(MASTER_CF, {"ses-bounces/unix": line}) == MASTER_CF + line + "\n"


ALIASES = """\
# See man 5 aliases for format
postmaster:    root
root: alice,
   bob
"odd name": carol
"""


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"postmaster": "root"}, ALIASES),
        ({"root": "alice, bob"}, ALIASES),
        ({"root": "ops@example.com"}, ALIASES.replace("root: alice,\n   bob\n", "root: ops@example.com\n")),
        ({"abuse": "root"}, ALIASES + "abuse: root\n"),
        ({"Root": "ops@example.com"}, ALIASES.replace("root: alice,\n   bob\n", "Root: ops@example.com\n")),
        ({"ODD NAME": "carol"}, ALIASES),
    ],
)
def test_aliases(wanted: dict[str, str], expected: str) -> None:
    assert edit_aliases(ALIASES, write_aliases(wanted)) == expected


def test_repeated_aliases_become_one() -> None:
    assert edit_aliases("root: a\nx: y\nROOT: b\n", write_aliases({"root": "b"})) == "root: b\nx: y\n"


@pytest.mark.parametrize(
    ("text", "read", "edit", "ours"),
    [
        (MAIN_CF, setting_lines, edit_settings, {"relayhost": "relayhost = [r.example]:587", "new": "new = 1"}),
        (MAIN_CF, setting_lines, edit_settings, {"mydestination": "mydestination = localhost"}),
        ("x = 1", setting_lines, edit_settings, {"x": "x = 2"}),
        (
            MASTER_CF,
            service_lines,
            edit_services,
            {"relay/unix": "relay unix - - n - - smtp", "a/unix": "a unix - - smtp"},
        ),
        (ALIASES, alias_lines, edit_aliases, {"root": "root: ops@example.com", "abuse": "abuse: root"}),
    ],
)
def test_what_was_there_before_comes_back_to_the_byte(text: str, read: Any, edit: Any, ours: dict[str, str]) -> None:
    before = {key: read(text).get(key) for key in ours}
    changed = edit(text, ours)
    assert changed != text
    assert edit(changed, before) == (text if text.endswith("\n") else text + "\n")
