# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why SES has not accepted a message that an MTA was given."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.cloudmail.ses.plugins.module_utils._mta.follow_tracker import (
    BOUNCED,
    BROKEN,
    DEFERRED,
    SENT,
    Tracker,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply import Context, Diagnosis, diagnose

# What MTAs say of any certificate that they do not trust. Postfix and Exim keep to themselves whether it is expired.
_VAGUE = ("tls_unverified", "tls_unknown_ca", "tls_wrong_name")
_LOST = ("reset", "silent", "timed_out")
_SHORTEST_LOOK, _LONGEST_LOOK = 1.0, 5.0


def explain(tracker: Tracker, *, where: str, timeout: float, left: float, region: str) -> Diagnosis:
    """Return why the message of ``tracker`` was not accepted; ``where`` names the logs that were read.

    ``left`` is how many seconds of ``timeout`` are left, for a look at the server.
    """
    if tracker.status in (DEFERRED, BOUNCED):
        found = tracker.explain(_of_reply(tracker, left=left, region=region))
        lost = "may be sent more than once" in tracker.reply or (
            not tracker.keeps_queue and found.code is None and found.kind in _LOST
        )
        doubt = " SES may have accepted the message all the same: the reply was lost."
        return replace(found, cause=found.cause + doubt) if lost else found
    if tracker.status == SENT:
        return _own(
            "not_ses",
            tracker.reply,
            f"The MTA gave the message to {tracker.relay}, which is not SES.",
            f"Check the relay of the MTA ({tracker.title}: {tracker.relay_settings}), and "
            "that the recipient is not local to this host.",
        )
    if tracker.status == BROKEN:
        return _own(
            "mta_broken",
            tracker.reply,
            f"{tracker.title}'s SMTP client ends with a fatal error, so no mail leaves this host.",
            f"Correct what it names in {tracker.title}'s configuration, then reload it.",
        )
    if tracker.queue_ids:
        return _own(
            "still_queued",
            f"queued as {tracker.queue_id}, without a result after {timeout:g} seconds",
            "The MTA has not finished its attempt: usually a firewall drops its connections, or an earlier failure keeps "
            "its client from starting.",
            "Test the way itself with through=ses, and look at the MTA's log.",
        )
    return _own(
        "not_in_log",
        f"no line about the message in {where} after {timeout:g} seconds",
        tracker.explain_silence(),
        "Start the MTA, and run as a user who can read the mail log (become).",
    )


def _of_reply(tracker: Tracker, *, left: float, region: str) -> Diagnosis:
    """Return what the MTA's last words mean, by what it said before them and by a look at the server where they hide it."""
    tracker.locate()
    context = Context(
        host=tracker.host,
        port=tracker.port,
        region=region,
        sender=tracker.letter.sender,
        recipients=tracker.letter.recipients,
    )
    found = diagnose(tracker.reply, context)
    if found.kind == "unknown" or found.kind in _VAGUE:
        # The MTA says the reason in a line of its own, such as that of its SASL or TLS library.
        reasons = [diagnose(line, context) for line in tracker.warnings]
        found = next((reason for reason in reasons if reason.kind not in ("unknown", *_VAGUE)), found)
    if found.kind in _VAGUE and tracker.host:
        seen = _look(tracker, left)
        if seen is not None and seen.kind.startswith("tls_"):
            found = replace(seen, reply=f"{found.reply} ({seen.reply})")
    return found


def _look(tracker: Tracker, left: float) -> Diagnosis | None:
    """Return what is wrong with the server's certificate by this host's own look at it; None when nothing is.

    What the host trusts is what an MTA should, so that the answer is the MTA's as well.
    """
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import endpoint, session

    port = tracker.port or endpoint.STARTTLS_PORTS[0]
    target = session.Target(
        host=tracker.host,
        port=port,
        encryption="tls" if port in endpoint.WRAPPER_PORTS else "starttls",
        timeout=min(max(left, _SHORTEST_LOOK), _LONGEST_LOOK),
    )
    return session.run_session(target, session.Mail(), stage="tls").diagnosis


def _own(kind: str, reply: str, cause: str, fix: str) -> Diagnosis:
    return Diagnosis(kind=kind, code=None, reply=reply, cause=cause, fix=fix, retry="never")
