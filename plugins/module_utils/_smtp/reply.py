# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From any text that holds a reply of SES or a network failure to cause and fix."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import replies
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.endpoint import region_of_host

# "554 text", "554-text" and, as Python shows a reply, "(554, b'text')"; not the digits of a process ID, time or size.
_CODE = re.compile(
    r"(?P<before>^|said:\s*|:\s+|[(\"'={]\s*|\s)(?P<code>[2-5][0-9]{2})(?:[ -]|,\s*b?(?P<quote>[\"']))",
    re.MULTILINE,
)
_ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}\s+")
_REPLY_END = re.compile(r"\s*\(in reply to |\\r|\\n(?![2-5][0-9]{2})")
_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:([a-z0-9-]*):[0-9]*:[^\s'`\",)]+")
_IN_REGION = re.compile(r"in region ([A-Za-z]{2}[A-Za-z0-9-]+-[0-9]+)(?:\s*:\s*(.*))?", re.DOTALL)
_TO = re.compile(r"\b(?:orig_)?to=<([^>]*)>")
_HOST = re.compile(r"[A-Za-z0-9.-]*email-smtp(?:-fips)?\.[a-z0-9-]+\.(?:vpce\.)?(?:amazonaws\.com|api\.aws)")
_HOST_PORT = re.compile(r"\[[0-9A-Fa-f.:]+\]:([0-9]{2,5})\b")


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
        """Whether the same attempt can succeed later without anybody changing anything."""
        return self.retry != replies.NEVER

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


def diagnose(text: str, context: Context | None = None) -> Diagnosis:
    """Return what ``text`` says: a bare reply, an MTA's log line, an exception's text, a traceback."""
    context = context or Context()
    code, reply, case = _find_case(text)
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


def _find_case(text: str) -> tuple[int | None, str, replies.Case]:
    found = [(m.group("before"), int(m.group("code")), _cut(text, m)) for m in _CODE.finditer(text)]
    for _before, code, reply in found:
        for case in replies.REPLIES:
            if case.code == code and re.match(_pattern(case), _without_code(reply), re.IGNORECASE | re.DOTALL):
                return code, reply, case
    for case in replies.FAILURES:
        if re.search(case.pattern, text, re.IGNORECASE):
            return None, _one_line(text), case
    for before, code, reply in found:
        if before.strip() or text.strip().startswith(str(code)):
            return code, reply, replies.CLASSES[code // 100]
    return None, _one_line(text), replies.UNKNOWN


def _pattern(case: replies.Case) -> str:
    # 250 is said of much; everything else may have words before what tells it apart, such as "553 <a@b> Invalid".
    return case.pattern if case.kind == "accepted" else f".*(?:{case.pattern})"


def _cut(text: str, match: re.Match[str]) -> str:
    """Return the reply that begins at ``match``, its continuation lines joined, without what quotes it."""
    lines = text[match.start("code") :].splitlines()
    code = match.group("code")
    kept = [lines[0]]
    for line in lines[1:]:
        if kept[-1][:4] != code + "-" or line[:3] != code:
            break
        kept.append(line)
    reply = " ".join([kept[0]] + [line[4:] for line in kept[1:]])
    end = _REPLY_END.search(reply)
    reply = reply[: end.start()] if end else reply
    quote = match.group("quote") or match.group("before").strip()
    if quote in ("'", '"') and reply.rfind(quote) > len(code) + 3:
        reply = reply[: reply.rfind(quote)]
    if reply.rstrip().endswith(")") and reply.count(")") > reply.count("("):
        reply = reply.rstrip()[:-1]
    reply = re.sub(r"^([2-5][0-9]{2})(?:-|,\s*b?['\"])\s*", r"\1 ", reply)
    return reply.replace(f"\\n{code} ", " ").strip()


def _without_code(reply: str) -> str:
    return _ENHANCED.sub("", reply[4:], count=1) if _ENHANCED.match(reply[4:]) else reply[4:]


def _one_line(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _identities(listed: str | None, resource_arn: str | None) -> tuple[str, ...]:
    if listed:
        return tuple(part.strip().rstrip(".") for part in listed.split(",") if part.strip())
    if resource_arn and ":identity/" in resource_arn:
        return (resource_arn.split(":identity/", 1)[1],)
    return ()


def _specific(case: replies.Case, identities: tuple[str, ...], *, context: Context, text: str) -> tuple[str, str]:
    """Say whether sender or recipient is meant, where the text or the context tells."""
    if case.kind not in ("not_verified", "access_denied") or not identities:
        return case.cause, case.fix
    names = ", ".join(identities)
    recipients = context.recipients or tuple(_TO.findall(text))
    if all(_covers(identity, recipients) for identity in identities) and context.sender not in identities:
        if case.kind == "access_denied":
            return f"The IAM policy does not allow ses:SendRawEmail on the recipient's identity {names}.", case.fix
        return (
            f"The recipient {names} is not verified in {{region}}, and the account is still in the sandbox there.",
            "Leave the sandbox in {region}, verify the recipient, or send to success@simulator.amazonses.com.",
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
    match = _HOST.search(text)
    return region_of_host(match.group()) if match else None


def _fill(template: str, text: str, *, context: Context, region: str | None) -> str:
    host = _HOST.search(text)
    port = _HOST_PORT.search(text)
    values = {
        "{host}": context.host or (host.group() if host else "the server"),
        "{port}": str(context.port or (port.group(1) if port else "")) or "of the relay",
        "{region}": region or "this region",
    }
    for name, value in values.items():
        template = template.replace(name, value)
    return template
