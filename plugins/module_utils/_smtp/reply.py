# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From any text that holds a reply of SES or a network failure to cause and fix."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import case as cases
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import remedies, replies
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.bounce import plain_text
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.endpoint import region_of_host
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.failure_text import find_failure
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.failures import FAILURES
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply_text import (
    first_bare,
    first_known,
    first_quoted,
    last_accepted,
    of_other_server,
)

_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:([a-z0-9-]*):[0-9]*:[^\s'`\",)]+")
_IN_REGION = re.compile(r"in region ([A-Za-z]{2}[A-Za-z0-9-]+-[0-9]+)(?:\s*:\s*(.*))?", re.DOTALL)
# A quoted display name may have commas.
_LISTED = re.compile(r'(?:"[^"]*"|[^,"])+')
_TO = re.compile(r"\b(?:orig_)?to=<([^>]*)>")
_HOST = re.compile(r"[A-Za-z0-9.-]{0,99}email-smtp(?:-fips)?\.[a-z0-9-]+\.(?:vpce\.)?(?:amazonaws\.com|api\.aws)")
_SERVER = re.compile(r"\b(?:host|server) ([A-Za-z0-9.-]{1,253})\[")
_HOST_PORT = re.compile(r"\[[0-9A-Fa-f.:]{3,45}\]:([0-9]{2,5})\b|\bport[:=]? ?([0-9]{2,5})\b")
# Failures that say less than a reply in the same text.
_VAGUE = ("login_failed", "no_connection")
_STARTTLS_PORTS = (25, 587, 2587)
_CUT = re.compile(r"lost connection|closed connection|\[EOF\]", re.IGNORECASE)


@dataclass(frozen=True)
class Diagnosis:
    """What a reply means. ``retry`` is soon, later or never; ``identities`` are what SES says failed its check."""

    kind: str
    code: int | None
    reply: str
    cause: str
    fix: str
    retry: str
    identities: tuple[str, ...] = ()
    region: str | None = None
    user_arn: str | None = None
    resource_arn: str | None = None

    @property
    def retriable(self) -> bool:
        """Whether the same attempt can succeed later without a change to the message, the credential or the client."""
        return self.retry != cases.NEVER

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as plain data."""
        return {
            "kind": self.kind,
            "code": self.code,
            "reply": self.reply,
            "cause": self.cause,
            "fix": self.fix,
            "retriable": self.retriable,
            "retry": self.retry,
            "identities": list(self.identities),
            "region": self.region,
            "user_arn": self.user_arn,
            "resource_arn": self.resource_arn,
        }


@dataclass(frozen=True)
class Context:
    """What is known beside the text; everything is optional."""

    host: str = ""
    port: int = 0
    region: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    #: The code of the reply that the text is, 0 when it is any other text. A reply names no failure of the way to the server.
    code: int = 0


def diagnose(text: str, context: Context | None = None) -> Diagnosis:
    """Return what ``text`` says: a bare reply, an MTA's log line, an exception's text, a traceback."""
    context = context or Context()
    text = plain_text(text)
    port = context.port or _port_in(text)
    code, reply, case = _find_case(text, context.code)
    case = _at_port(case, reply, port)
    match = _IN_REGION.search(reply)
    arns = list(_ARN.finditer(reply))
    user_arn = next((a.group() for a in arns if ":iam:" in a.group() or ":sts:" in a.group()), None)
    resource = next((a for a in arns if a.group() != user_arn), None)
    region = match.group(1).lower() if match else (resource.group(1) if resource else None)
    region = region or _region_in(text) or context.region or region_of_host(context.host)
    identities = _identities(match.group(2) if match else None, resource.group() if resource else None)
    cause, fix = _specific(case, identities, context=context, text=text)
    return Diagnosis(
        kind=case.kind,
        code=code,
        reply=reply,
        cause=_fill(cause, text, context=context, region=region),
        fix=_fill(fix, text, context=context, region=region),
        retry=case.retry,
        identities=identities,
        region=region or None,
        user_arn=user_arn,
        resource_arn=resource.group() if resource else None,
    )


def _find_case(text: str, code: int) -> tuple[int | None, str, cases.Case]:
    """Return what went wrong since SES last accepted a message; of several failures the first, which causes the others."""
    accepted = last_accepted(text)
    since = accepted.start + len(accepted.text) if accepted else 0
    refused = first_known(text, since, refused=True)
    if refused is None:
        after = text[since:] if since else text
        lower = after.lower()
        refused = first_bare(after, lower)
        failure = None if refused or code else find_failure(after, lower)
        if failure and not (failure[0].kind in _VAGUE and first_quoted(text, since, refused=True)):
            return None, failure[1], failure[0]
    best = refused or first_quoted(text, since, refused=True) or accepted or first_known(text, 0, refused=False)
    best = best or first_quoted(text, 0, refused=False)
    if best is not None:
        return best.code, best.text, best.case or of_other_server(best.code, best.text)
    if code:
        return code, _one_line(text), of_other_server(code, text)
    return None, _one_line(text), replies.UNKNOWN


def _at_port(case: cases.Case, line: str, port: int) -> cases.Case:
    """Return what a connection that ends before the greeting means at a port: that TLS comes first there, or a mere cut."""
    if case.kind == "plain_on_wrapper" and port in _STARTTLS_PORTS and _CUT.search(line):
        return next(each for each in FAILURES if each.kind == "reset")
    return case


def _one_line(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _identities(listed: str | None, resource_arn: str | None) -> tuple[str, ...]:
    if listed:
        names = [_address(part) for part in _LISTED.findall(listed)]
        return tuple(dict.fromkeys(name for name in names if name))
    if resource_arn and ":identity/" in resource_arn:
        return (resource_arn.split(":identity/", 1)[1],)
    return ()


def _address(part: str) -> str:
    """Return the address in "name <address>", which SES shows as the message's header has it."""
    inside = re.search(r"<([^<>]*)>", part)
    return (inside.group(1) if inside else part).strip().rstrip(".").strip()


def _specific(case: cases.Case, identities: tuple[str, ...], *, context: Context, text: str) -> tuple[str, str]:
    """Say whether sender or recipient is meant, where the text or the context tells."""
    if case.kind not in ("not_verified", "access_denied") or not identities:
        return case.cause, case.fix
    names = ", ".join(identities)
    recipients = context.recipients or tuple(_TO.findall(text))
    if all(_covers(identity, recipients) for identity in identities) and context.sender not in identities:
        if case.kind == "access_denied":
            return f"The IAM policy does not allow ses:SendRawEmail on the recipient's identity {names}.", case.fix
        return (
            remedies.SANDBOX_CAUSE.replace("{names}", names),
            remedies.SANDBOX,
        )
    if case.kind == "access_denied":
        return f"The IAM policy of the user does not allow ses:SendRawEmail on the identity {names}.", case.fix
    if context.sender and all(_covers(identity, (context.sender,)) for identity in identities):
        return (
            f"The sender {names} is not verified in {{region}}.",
            "Verify it or its domain in {region}: a verification counts in one region only.",
        )
    return f"Not verified in {{region}}: {names}. " + case.cause.split(": ", 1)[1].capitalize(), case.fix


def _covers(identity: str, addresses: tuple[str, ...]) -> bool:
    wanted = identity.lower()
    return any(a.lower() == wanted or a.lower().rpartition("@")[2] == wanted for a in addresses)


def _region_in(text: str) -> str | None:
    host = _host_in(text)
    return region_of_host(host) if host else None


def _host_in(text: str) -> str | None:
    # A search for the whole name takes minutes in a text of a megabyte.
    place = text.find("email-smtp")
    match = _HOST.search(text, max(0, place - 99), place + 200) if place >= 0 else None
    return match.group() if match else None


def _server_in(text: str) -> str | None:
    server = _SERVER.search(text)
    return server.group(1) if server else None


def _port_in(text: str) -> int:
    port = _HOST_PORT.search(text)
    return int(port.group(1) or port.group(2)) if port else 0


def _fill(template: str, text: str, *, context: Context, region: str | None) -> str:
    host = _host_in(text) or _server_in(text)
    port = context.port or _port_in(text)
    values = {
        "{host}": context.host or host or "the server",
        "{port}": str(port or "of the relay"),
        "{region}": region or "this region",
    }
    for name, value in values.items():
        template = template.replace(name, value)
    return template[:1].upper() + template[1:] if template.startswith("the server") else template
