# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets as a run leaves them in hostvars, with what ses_smtp_test returned on each host."""

from __future__ import annotations

import random
from typing import Any

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply import Context, diagnose

HOST = "email-smtp.eu-west-1.amazonaws.com"
SENDER = "postmaster@example.com"
MADE = "2026-11-23T20:15:00Z"
STAGES = ("connect", "tls", "auth", "envelope", "send")
ABOUT = {
    "host": HOST,
    "port": 587,
    "region": "eu-west-1",
    "sender": SENDER,
    "account": {"sender": SENDER, "region": "eu-west-1"},
    "tested": "2026-11-23T20:14:30Z",
}
TLS = {
    "version": "TLSv1.3",
    "cipher": "TLS_AES_256_GCM_SHA384",
    "subject": f"CN={HOST}",
    "names": [HOST],
    "issuer": "CN=Amazon RSA 2048 M01, O=Amazon, C=US",
    "not_after": "2027-05-01T23:59:59Z",
    "days_left": 159,
}
REFUSED = "554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: postmaster@example.com"


def timings(until: str, *, slow: float = 1.0, chance: random.Random | None = None) -> dict[str, float]:
    """Return what the stages of a dialogue took."""
    chance = chance or random.Random(1)
    usual = {"connect": 0.04, "tls": 0.055, "auth": 0.09, "envelope": 0.055, "send": 0.085}
    found = {"dns": round(0.004 * chance.lognormvariate(0, 0.5), 4)}
    for stage in STAGES[: STAGES.index(until) + 1]:
        found[stage] = round(usual[stage] * slow * chance.lognormvariate(0, 0.35), 4)
    return {**found, "total": round(sum(found.values()) - found["dns"], 4)}


def accepted(**more: Any) -> dict[str, Any]:
    """Return the result of a message that went straight to SES."""
    message_id = "0102018f2a5b7c1d-6f1c2a3b-4d5e-6f70-8192-a3b4c5d6e7f8-000000"
    return {
        "accepted": True,
        "message_id": message_id,
        "code": 250,
        "reply": f"250 Ok {message_id}",
        "stage": "send",
        "host": HOST,
        "port": 587,
        "diagnosis": None,
        "tls": TLS,
        "timings": timings("send"),
        "transcript": ["S: 220 email-smtp.amazonaws.com ESMTP", f"S: 250 Ok {message_id}"],
        "attempts": 1,
        "changed": False,
        "failed": False,
        **more,
    }


def refused(reply: str, stage: str, **more: Any) -> dict[str, Any]:
    """Return the result of a dialogue that ended at a stage, with the diagnosis of what was said there."""
    found = diagnose(reply, Context(host=HOST, port=587, region="eu-west-1", sender=SENDER))
    # A name that does not resolve has no time.
    reached = {"connect": 0.02, "total": 0.02} if found.kind == "no_such_name" else timings(stage)
    return {
        **accepted(),
        "accepted": False,
        "message_id": None,
        "code": found.code,
        "reply": found.reply,
        "stage": stage,
        "diagnosis": found.as_dict(),
        "tls": TLS if stage in STAGES[2:] else None,
        "timings": reached,
        "transcript": ["C: EHLO web1.example.com", f"S: {reply}"],
        "msg": f"SES did not accept: stage {stage} failed: {reply}.",
        **more,
    }


def through(**more: Any) -> dict[str, Any]:
    """Return the result of a message that the host's mail server got accepted."""
    message_id = "0102018f2a5b7c1d-aaaaaaaa-4d5e-6f70-8192-a3b4c5d6e7f8-000000"
    return {
        **accepted(message_id=message_id),
        "tls": {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "verified": True},
        "timings": {"submit": 0.03, "queue": 0.06, "total": 0.71},
        "mta": "postfix",
        "queue_id": "4WbX2k3Yz1z9s",
        **more,
    }


def variables(
    straight: dict[str, Any] | None, passed: dict[str, Any] | None = None, **about: Any
) -> dict[str, dict[str, Any]]:
    """Return a host's variables after its tests; with no result at all, before them."""
    found = {
        "__ses_verify_straight": straight,
        "__ses_verify_through": passed,
        "__ses_verify_about": {**ABOUT, **about},
    }
    return {name: value for name, value in found.items() if value is not None} if straight else {}


def good(*, slow: float = 1.0, chance: random.Random | None = None) -> dict[str, dict[str, Any]]:
    """Return the variables of a host that can send both ways."""
    chance = chance or random.Random(1)
    took = timings("send", slow=slow, chance=chance)
    return variables(accepted(timings=took), through(timings={"total": round(took["total"] + 0.4, 4)}))


UNREACHABLE = {
    "unreachable": True,
    "changed": False,
    "msg": "Task failed: Failed to connect to the host via ssh: ssh: connect to host 192.0.2.1 port 22: Connection refused",
}
NO_MTA = {
    "failed": False,
    "msg": "through=mta: there is no sendmail command, which every MTA brings. Install the MTA.",
}
EVIL = "554 Transaction failed: <script>document.title='owned'</script><img src=x onerror=alert(1)>\" ' & \x07\u202e"


def mixed() -> dict[str, dict[str, dict[str, Any]]]:
    """Return a small fleet in which everything goes wrong that can."""
    refused_certificate = refused("certificate verify failed: certificate has expired", "tls")
    return {
        "web1.example.com": good(),
        "web2.example.com": good(slow=3),
        "web3.example.com": variables(accepted(tls={**TLS, "days_left": 6}), through()),
        "db1.example.com": variables(refused("535 Authentication Credentials Invalid", "auth"), through()),
        "db2.example.com": variables(refused("535 Authentication Credentials Invalid", "auth"), through()),
        "mail-gateway-with-a-rather-long-name.internal.example.com": variables(
            refused("[Errno 111] Connection refused", "connect"), through()
        ),
        "proxy1.example.com": variables(refused_certificate, through()),
        "name1.example.com": variables(refused("[Errno -2] Name or service not known", "connect"), through()),
        "evil1.example.com": variables(refused(EVIL, "send"), through()),
        "<b>bold</b>": variables(refused(REFUSED, "send"), {**refused(REFUSED, "send"), "mta": "postfix"}),
        "bare1.example.com": variables(accepted(), NO_MTA),
        "lost1.example.com": variables(UNREACHABLE),
        "gone1.example.com": {},
        "next1.example.com": {},
    }


def lost() -> tuple[str, ...]:
    """Return the hosts of the small fleet that the run has lost before their tests."""
    return ("gone1.example.com",)


def large(size: int = 500) -> dict[str, dict[str, dict[str, Any]]]:
    """Return a large fleet: most can send, and what fails, fails in few ways."""
    chance = random.Random(7)
    hosts: dict[str, dict[str, dict[str, Any]]] = {}
    for number in range(1, size + 1):
        name = f"web{number:03}.example.com"
        kind = chance.random()
        if kind < 0.06:
            hosts[name] = variables(refused("535 Authentication Credentials Invalid", "auth"), through())
        elif kind < 0.09:
            hosts[name] = variables({**UNREACHABLE, "msg": f"Failed to connect to the host via ssh: {name} port 22"})
        elif kind < 0.10:
            hosts[name] = variables(accepted(), NO_MTA)
        else:
            hosts[name] = good(slow=chance.choice((1, 1, 1, 1.3, 2, 6)), chance=chance)
    return hosts


def account() -> dict[str, dict[str, Any]]:
    """Return what AWS said, as the role registers it."""
    facts = {
        "region": "eu-west-1",
        "sandbox": False,
        "sending_enabled": True,
        "enforcement_status": "HEALTHY",
        "max_24_hour_send": 50000.0,
        "remaining_24_hour_send": 48766.0,
        "max_send_rate": 14.0,
    }
    answer = {"region": "eu-west-1", "identity": "example.com", "accepted": True, "reasons": [], "notes": []}
    return {
        "__ses_verify_account_info": {"accounts": [facts], "failed": False},
        "__ses_verify_preflights": {
            "results": [{"item": ABOUT["account"], "regions": [answer], "reasons": [], "notes": []}]
        },
    }
