# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a dialogue failed: what its error means, and who it was that showed a certificate nobody trusts."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import certificate, reply, tls
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.dialogue import Dialogue, RefusedError


@dataclass(frozen=True)
class Explained:
    """A failure: the server's reply or the error's text, the reply's code if there was one, and what it means."""

    text: str
    code: int | None
    diagnosis: reply.Diagnosis
    tls: dict[str, Any] | None


def explain(dialogue: Dialogue, error: Exception) -> Explained:
    """Return what ``error``, which ended ``dialogue``, means."""
    text = str(error)
    code = error.code if isinstance(error, RefusedError) else None
    context = _context(dialogue, code)
    seen = dialogue.tls
    shown = ""
    if isinstance(error, ssl.SSLCertVerificationError):
        seen = _look_at_certificate(dialogue)
        shown = _whose(seen) if seen else ""
    elif _of_a_stranger(dialogue, error):
        greeting = dialogue.strange_greeting
        text = f"the greeting is not of SES: {greeting}" + (f"; {text}" if text != greeting else "")
        context = _context(dialogue)
    found = reply.diagnose(text, context)
    if shown:
        found = replace(found, cause=f"{found.cause} {shown}")
    return Explained(text=text, code=code, diagnosis=found, tls=seen)


def _of_a_stranger(dialogue: Dialogue, error: Exception) -> bool:
    """Whether the failure is best explained by a server that is not SES.

    Once its certificate is verified it is what the user asked for. A 4xx may pass: SES's load balancers
    have words of their own for it. A connection that broke says nothing about who broke it.
    """
    if dialogue.tls or not dialogue.strange_greeting or not isinstance(error, (RefusedError, ssl.SSLError)):
        return False
    return not (isinstance(error, RefusedError) and error.code and error.code < 500)


def _look_at_certificate(dialogue: Dialogue) -> dict[str, Any] | None:
    """Shake hands again without verification, to see who answers; say nothing after that, and hang up."""
    target = replace(dialogue.target, address=dialogue.peer)
    look = Dialogue(target, dialogue.mail, deadline=dialogue.deadline)
    try:
        look.perform("connect")
        sock = look.shake_hands(tls.make_blind_context())
        seen = certificate.parse(sock.getpeercert(binary_form=True) or b"")
        found = tls.describe_unverified(sock, seen)
    except (RefusedError, OSError, certificate.CertificateError):
        return None  # Without it the failure is as clear as OpenSSL's words.
    finally:
        look.leave(politely=False)
    dialogue.transcript.append("* the certificate, seen on a second connection that ended there: " + _whose(found))
    return found


def _whose(seen: dict[str, Any]) -> str:
    itself = seen["subject"] == seen["issuer"]
    issuer = "itself" if itself else seen["issuer"] or "an issuer without a name"
    alone = [f"CN={name}" for name in seen["names"]] == [seen["subject"]]
    names = "" if alone or not seen["names"] else f", for {', '.join(seen['names'][:5])}"
    return (
        f"The certificate is {seen['subject'] or 'one without a subject'}{names}, issued by {issuer}, "
        f"valid from {seen['not_before']} to {seen['not_after']}."
    )


def _context(dialogue: Dialogue, code: int | None = None) -> reply.Context:
    return reply.Context(
        host=dialogue.host,
        port=dialogue.target.port,
        region=dialogue.target.region,
        sender=dialogue.mail.sender,
        recipients=dialogue.mail.recipients,
        code=code or 0,
    )
