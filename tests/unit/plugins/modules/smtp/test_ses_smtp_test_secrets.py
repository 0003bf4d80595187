# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret shows, whatever happens, as talkative as Ansible can be."""

from __future__ import annotations

import base64
import hashlib
import hmac
import urllib.parse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .conftest import Runner

USERNAME = "AKIAIOSFODNN7EXAMPLE"
PASSWORD = "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"
WRONG = "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"
VIRGINIA = "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
LEGACY = base64.b64encode(b"\x02" + hmac.new(SECRET.encode(), b"SendRawEmail", hashlib.sha256).digest()).decode()

#: What each task gives beside what all of them do, and a part of how it ends.
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "accepted": ({}, "250 Ok"),
    "accepted over TLS from the start": ({"port": "{{ wrapper }}", "encryption": "tls"}, "250 Ok"),
    "accepted with all that a message may have": (
        {
            "mail_from": "a@münchen.example",
            "html": "<p>x</p>",
            "headers": {"From": "Jörg <a@münchen.example>"},
            "attachments": [{"path": "play.yml", "name": "Übersicht.yml"}],
            "tags": {"a": "b"},
        },
        "250 Ok",
    ),
    "refused by a server that repeats it": ({"password": "{{ wrong }}"}, "535 Authentication Credentials Invalid"),
    "refused with AUTH LOGIN": ({"password": "{{ wrong }}", "port": "{{ login }}"}, "535 Authentication"),
    "chosen by region": ({"password": "{{ omit }}", "passwords": "{{ both }}", "region": "eu-west-1"}, "250 Ok"),
    "of another region": (
        {"password": "{{ virginia }}", "passwords": "{{ both }}", "region": "eu-west-1"},
        "us-east-1, but",
    ),
    "refused, with those of other regions": ({"password": "{{ wrong }}", "passwords": "{{ both }}"}, "535 Auth"),
    "all of them as the password": ({"password": "{{ both | string }}"}, "whole dictionary"),
    "a certificate that nobody knows": ({"ca_path": "{{ omit }}"}, "stage tls failed"),
    "refused connection": ({"port": 1}, "stage connect failed"),
    "throttled": ({"port": "{{ throttled }}", "retries": 0}, "454 Throttling failure"),
    "the secret as the password": ({"password": "{{ secret }}"}, "secret access key itself"),
    "an old password": ({"password": "{{ legacy }}"}, "of the old kind"),
    "swapped": ({"username": "{{ secret }}", "password": "AKIAIOSFODNN7EXAMPLE"}, "are swapped"),
    "swapped, and no host": ({"username": "{{ secret }}", "host": "{{ omit }}"}, "neither a region nor a host"),
    "swapped, and an option that Ansible refuses": (
        {"username": "{{ secret }}", "passwords": "{{ {password: 'eu-west-1'} }}", "timeout": "abc"},
        "timeout",
    ),
    "the password as the user name": ({"username": "{{ password }}"}, "Were user name and secret swapped"),
    "the secret with the user name": ({"username": "AKIAIOSFODNN7EXAMPLE:{{ secret }}"}, "is not an access key ID"),
    "a white space": ({"password": "{{ password }} "}, "white space"),
    "with the user name": ({"password": "AKIAIOSFODNN7EXAMPLE:{{ password }}"}, "colon before it"),
    "swapped in passwords": (
        {"password": "{{ omit }}", "passwords": "{{ exchanged }}", "region": "eu-west-1"},
        "keys and values are swapped",
    ),
    "a probe with it": ({"probe": True, "port": "{{ omit }}", "timeout": 0.5}, "No port of localhost works"),
}


def forms(secret: str) -> Iterator[str]:
    """Return what a secret looks like where it leaks."""
    yield secret
    yield secret[:-1]
    yield urllib.parse.quote(secret, safe="")
    yield base64.b64encode(secret.encode()).decode().rstrip("=")
    for user in (USERNAME, secret):
        yield base64.b64encode(f"\0{user}\0{secret}".encode()).decode().rstrip("=")


def test_no_secret_shows(runner: Runner, serve: Callable[..., Any]) -> None:
    server, wrapper, login, throttled = serve(), serve(wrapper=True), serve(auth_exclude_mechanism=["PLAIN"]), serve()
    throttled.behaviour.data_replies = ["454 Throttling failure: Maximum sending rate exceeded."]
    secrets = {"password": PASSWORD, "wrong": WRONG, "virginia": VIRGINIA, "secret": SECRET, "legacy": LEGACY}
    variables = {
        **secrets,
        "both": {"eu-west-1": PASSWORD, "us-east-1": VIRGINIA},
        "exchanged": {PASSWORD: "eu-west-1", VIRGINIA: "us-east-1"},
        "wrapper": wrapper.port,
        "login": login.port,
        "throttled": throttled.port,
    }
    usual = {
        "host": "localhost",
        "port": server.port,
        "ca_path": server.ca_path,
        "username": USERNAME,
        "password": "{{ password }}",
        "mail_from": "a@example.com",
        "timeout": 5,
    }
    tasks = [
        {
            "name": name,
            "cloudmail.ses.ses_smtp_test": {**usual, **others},
            "register": "result",
            "failed_when": f"{ending!r} not in (result | string)",
        }
        for name, (others, ending) in CASES.items()
    ]
    said = runner.playbook(tasks, variables)
    assert said.count("TASK [") >= len(CASES) and "module_args" in said
    shown = [(name, form) for name, secret in secrets.items() for form in forms(secret) if form in said]
    assert shown == []
