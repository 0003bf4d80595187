# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A test of the way to SES: what is wanted is checked, done, and reported in one message."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_address import MessageError
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.proof_wanted import (
    ProofError,
    Straight,
    wanted_probe,
    wanted_straight,
    wanted_through_mta,
)

if TYPE_CHECKING:
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply import Diagnosis

__all__ = ["ProofError", "Report", "nothing_done", "prove"]


@dataclass(frozen=True)
class Report:
    """The module's result; ``failure`` is the message when SES did not accept."""

    result: dict[str, Any]
    failure: str | None = None
    warnings: tuple[str, ...] = ()


def prove(params: dict[str, Any], *, check_mode: bool) -> Report:
    """Do what the module's ``params`` want; raise ProofError when they cannot be right."""
    if params["through"] == "mta":
        return _through_mta(params, check_mode)
    return _probe(params) if params["probe"] else _through_ses(params, check_mode)


def nothing_done(params: dict[str, Any]) -> dict[str, Any]:
    """Return the result of a test that was refused, with the keys of every other."""
    result: dict[str, Any] = {
        "accepted": False,
        "message_id": None,
        "code": None,
        "reply": None,
        "stage": None,
        "host": None,
        "port": None,
        "diagnosis": None,
        "tls": None,
        "timings": {},
        "transcript": [],
        "attempts": 0,
    }
    if params["through"] == "mta":
        result.update(mta=None, queue_id=None)
    elif params["probe"]:
        result.update(doors=[], recommended=None)
    return result


def _through_ses(params: dict[str, Any], check_mode: bool) -> Report:
    # Each way loads what it needs and no more: a fleet pays for it on every host.
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import session

    stage = "envelope" if check_mode and params["stage"] == "send" else params["stage"]
    wanted = wanted_straight(params, stage=stage)
    host, port = wanted.endpoint.host, wanted.port
    outcome = session.run_with_retries(
        session.Target(
            host=host,
            port=port,
            encryption=wanted.encryption,
            timeout=params["timeout"],
            ca_path=params["ca_path"],
            region=wanted.endpoint.region,
        ),
        session.Mail(
            username=wanted.username,
            password=wanted.password,
            sender=wanted.envelope.sender,
            recipients=wanted.envelope.recipients,
            data=_data(wanted) if stage == "send" else b"",
        ),
        stage=stage,
        retries=params["retries"],
        new_credential=params["new_credential"],
    )
    diagnosis = _explained(outcome.diagnosis, wanted, params)
    result = {
        **nothing_done(params),
        "accepted": outcome.accepted,
        "message_id": outcome.message_id,
        "code": outcome.code,
        "reply": outcome.reply,
        "stage": outcome.stage,
        "host": host,
        "port": port,
        "diagnosis": diagnosis.as_dict() if diagnosis else None,
        "tls": outcome.tls,
        "timings": outcome.timings,
        "transcript": list(outcome.transcript),
        "attempts": outcome.attempts,
    }
    failure = _failure(result, doubt=outcome.in_doubt) if diagnosis else None
    if check_mode and not failure and params["stage"] == "send":
        result["msg"] = (
            f"Check mode: {host}:{port} took sender and recipients; the dialogue was reset, nothing was sent."
        )
    warnings = (*wanted.warnings, outcome.warning) if outcome.warning else wanted.warnings
    return Report(result, failure=failure, warnings=warnings)


def _probe(params: dict[str, Any]) -> Report:
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import probe

    where = wanted_probe(params)
    begun = time.monotonic()
    found = probe.probe_doors(where.host, ca_path=params["ca_path"], timeout=params["timeout"])
    best, diagnosis = found.recommended, found.diagnosis
    result = {
        **nothing_done(params),
        **found.as_dict(),
        "stage": "tls",
        "host": where.host,
        "port": best.port if best else None,
        "diagnosis": diagnosis.as_dict() if diagnosis else None,
        "reply": diagnosis.reply if diagnosis else None,
        "tls": best.tls if best else None,
        "timings": {"total": round(time.monotonic() - begun, 4)},
        "attempts": 1,
    }
    if found.failure:
        del result["msg"]
    return Report(result, failure=found.failure, warnings=(*filter(None, (where.warning,)), *found.warnings))


def _through_mta(params: dict[str, Any], check_mode: bool) -> Report:
    from ansible_collections.cloudmail.ses.plugins.module_utils._mta import follow

    envelope, content = wanted_through_mta(params)
    message_id, data = ("", b"") if check_mode else _composed(content)
    letter = follow.Letter(
        message_id=message_id,
        data=data,
        sender=envelope.sender,
        recipients=envelope.recipients,
    )
    try:
        result = follow.deliver(
            letter,
            timeout=params["timeout"],
            retries=params["retries"],
            region=params["region"] or "",
            dry_run=check_mode,
        )
    except follow.FollowError as exc:
        raise ProofError(str(exc)) from exc
    return Report(result, failure=_failure(result) if result["diagnosis"] else None)


def _data(wanted: Straight) -> bytes:
    return _composed(wanted.content)[1]


def _composed(content: Any) -> tuple[str, bytes]:
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message import compose

    try:
        return compose(content)
    except MessageError as exc:
        raise ProofError(*exc.shortfalls) from exc


def _explained(found: Diagnosis | None, wanted: Straight, params: dict[str, Any]) -> Diagnosis | None:
    """Say more about a refused credential, where the other regions' passwords tell it."""
    if found is None or found.kind != "credentials":
        return found
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password_choice import why_refused

    known = why_refused(wanted.password, params["passwords"], wanted.endpoint.region, username=wanted.username)
    return replace(found, cause=known[0], fix=known[1]) if known else found


def _failure(result: dict[str, Any], *, doubt: bool = False) -> str:
    """Return what failed where, the reply, the cause and the fix, as one text."""
    found = result["diagnosis"]
    where = f" against {result['host']}:{result['port']}" if result["host"] else ""
    tries = f" ({result['attempts']} attempts)" if result["attempts"] > 1 else ""
    unsure = " SES may have accepted the message all the same: the reply was lost." if doubt else ""
    said = result["reply"].rstrip(".")
    return (
        f"SES did not accept: stage {result['stage']} failed{where}{tries}: {said}.{unsure} "
        f"Cause: {found['cause']} Fix: {found['fix']}"
    )
