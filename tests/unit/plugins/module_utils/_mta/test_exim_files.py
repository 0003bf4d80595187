# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of what Debian keeps beside Exim's own files: what is ours changes, what is not stays to the byte."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._mta.exim_files import (
    assigned,
    assignment_lines,
    edit_assignments,
    filled,
    read_assignments,
    with_queue_runs,
    without_clients,
    write_assignments,
)

MADE_FROM = """\
# /etc/exim4/update-exim4.conf.conf
#
# dc_smarthost='commented.example.net'

dc_eximconfig_configtype='none'
dc_other_hostnames='web1.example.net'
dc_local_interfaces='127.0.0.1 ; ::1'
dc_smarthost=''
CFILEMODE=644
"""
WANTED = {"dc_eximconfig_configtype": "local", "dc_use_split_config": "true"}


@pytest.mark.parametrize(
    "line",
    ["A='x y'", 'A="x y"', "A='x y' # a comment", "A=x", "A=", "A=''", "A='it'", "A= x"],
)
def test_reads_values_as_the_shell_does(line: str) -> None:
    shell = subprocess.run(
        ["sh", "-c", f'{line}\nprintf %s "$A"'],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    # A space after the sign runs a command with the variable empty.
    assert assigned(line) == ("x" if line == "A= x" else shell.stdout)


def test_reads_what_is_set_and_not_what_is_commented() -> None:
    values = read_assignments(MADE_FROM)
    assert values["dc_local_interfaces"] == "127.0.0.1 ; ::1"
    assert values["dc_smarthost"] == ""


def test_last_of_a_repeated_variable_counts() -> None:
    assert read_assignments("A=1\nA=2\n") == {"A": "2"}
    assert edit_assignments("A=1\nB=1\nA=2\n", {"A": "A='3'"}) == "A=1\nB=1\nA='3'\n"
    assert edit_assignments("A=1\nA=2\n", {"A": None}) == "A=1\n"


def test_replaces_in_place_and_appends() -> None:
    after = edit_assignments(MADE_FROM, write_assignments(WANTED))
    expected = MADE_FROM.replace("'none'", "'local'") + "dc_use_split_config='true'\n"
    assert after == expected


@pytest.mark.parametrize("text", ["dc_use_split_config=true\n", 'dc_use_split_config="true"  # mine\n'])
def test_wanted_values_leave_the_text_alone(text: str) -> None:
    assert edit_assignments(text, write_assignments({"dc_use_split_config": "true"})) == text


def test_second_edit_changes_nothing() -> None:
    once = edit_assignments(MADE_FROM, write_assignments(WANTED))
    assert edit_assignments(once, write_assignments(WANTED)) == once


@pytest.mark.parametrize("text", [MADE_FROM, MADE_FROM.rstrip("\n") + "\n", ""])
def test_gives_back_to_the_byte(text: str) -> None:
    before = assignment_lines(text)
    edited = edit_assignments(text, write_assignments(WANTED))
    assert edit_assignments(edited, {name: before.get(name) for name in WANTED}) == text


def test_appends_on_a_line_of_its_own() -> None:
    assert edit_assignments("A=1", {"B": "B='2'"}) == "A=1\nB='2'\n"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("-bdf -q30m", "-bdf -q1m"),
        ("-bdf -qf30m -oX 25", "-bdf -qf1m -oX 25"),
        ("-bdf -q1h30m", "-bdf -q1m"),
        ("-bdf", "-bdf -q1m"),
        ("-bdf -oX 25:587 -oP /run/exim4/exim.pid", "-bdf -q1m -oX 25:587 -oP /run/exim4/exim.pid"),
        ("", "-q1m"),
    ],
)
def test_sets_the_time_between_queue_runs(options: str, expected: str) -> None:
    assert with_queue_runs(options, "1m") == expected
    assert with_queue_runs(expected, "1m") == expected


AUTHENTICATORS = """\
PASSWDLINE=${sg{\\
                ${lookup{$host}nwildlsearch{CONFDIR/passwd.client}{$value}fail}\\
            }}
plain:
  driver = plaintext
  public_name = PLAIN
.ifndef AUTH_CLIENT_ALLOW_NOTLS_PASSWORDS
  client_send = "<; ${if !eq{$tls_out_cipher}{}\\
                    {^${extract{1}{:}{PASSWDLINE}}\\
                   }fail}"
.else
  client_send = "<; ^a"
.endif
plain_server:
  driver = plaintext
  public_name = PLAIN
  server_condition = "${if crypteq{$auth3}{x}{1}{0}}"
cram:
  client_name = a
  client_secret = b
"""


def test_takes_the_clients_out_and_leaves_the_servers() -> None:
    after = without_clients(AUTHENTICATORS)
    assert "client_" not in after
    assert "extract" not in after
    assert after.splitlines()[3:9] == [
        "plain:",
        "  driver = plaintext",
        "  public_name = PLAIN",
        ".ifndef AUTH_CLIENT_ALLOW_NOTLS_PASSWORDS",
        ".else",
        ".endif",
    ]
    assert "  server_condition = " in after
    assert after.startswith("PASSWDLINE=${sg{\\\n                ${lookup{$host}")


@pytest.mark.parametrize(
    ("text", "expected"), [("", False), ("# only\n\n  # comments\n", False), ("# a\nMAIN_TLS_ENABLE = yes\n", True)]
)
def test_tells_a_file_that_says_something(text: str, *, expected: bool) -> None:
    assert filled(text) is expected
