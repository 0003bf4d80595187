# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A test of the way to SES: what is wanted is checked, done, and reported in one message."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import endpoint, message, password

_STAGES = ("connect", "tls", "auth", "envelope", "send")
_ONLY_SES = ("host", "port", "encryption", "username", "password", "ca_path")


class ProofError(ValueError):
    """A test that makes no sense as it is wanted; nothing was done."""


@dataclass(frozen=True)
class Report:
    """The module's result; ``failure`` is the message when SES did not accept."""

    result: dict[str, Any]
    failure: str | None = None
    warnings: tuple[str, ...] = ()


def prove(params: dict[str, Any], *, check_mode: bool) -> Report:
    """Do what the module's ``params`` want; raise ProofError when they cannot be right."""
    try:
        if params["timeout"] <= 0:
            raise ProofError(f"timeout must be more than 0 seconds, not {params['timeout']:g}.")
        if params["retries"] < 0:
            raise ProofError(f"retries must be 0 or more, not {params['retries']}.")
        if params["through"] == "mta":
            return _through_mta(params, check_mode)
        return _through_ses(params, check_mode)
    except (endpoint.RegionError, endpoint.HostError, password.CredentialError, message.MessageError) as exc:
        raise ProofError(str(exc)) from exc


def _through_ses(params: dict[str, Any], check_mode: bool) -> Report:
    # Each way loads what it needs and no more: a fleet pays for it on every host.
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import session

    warnings = []
    host = params["host"]
    if not host:
        found = endpoint.smtp_endpoint(params["region"])
        host = found.host
        warnings = [found.warning] if found.warning else []
    endpoint.check_host(host)
    stage = "envelope" if check_mode and params["stage"] == "send" else params["stage"]
    _check_needs(params, stage)
    port = params["port"] or 587
    target = session.Target(
        host=host,
        port=port,
        encryption=params["encryption"] or ("tls" if port in session.WRAPPER_PORTS else "starttls"),
        timeout=params["timeout"],
        ca_path=params["ca_path"],
    )
    mail = session.Mail(
        username=params["username"] or "",
        password=params["password"] or "",
        sender=params["mail_from"] or "",
        recipients=tuple(params["recipients"]),
        data=message.compose(_content(params))[1] if stage == "send" else b"",
    )
    outcome = session.run_with_retries(
        target, mail, stage=stage, retries=params["retries"], new_credential=params["new_credential"]
    )
    result = {
        "accepted": outcome.accepted,
        "message_id": outcome.message_id,
        "code": outcome.code,
        "reply": outcome.reply,
        "stage": outcome.stage,
        "host": host,
        "port": port,
        "diagnosis": outcome.diagnosis.as_dict() if outcome.diagnosis else None,
        "tls": outcome.tls,
        "timings": outcome.timings,
        "transcript": list(outcome.transcript),
        "attempts": outcome.attempts,
    }
    failure = _failure(result, doubt=outcome.in_doubt) if outcome.diagnosis else None
    if check_mode and not failure and params["stage"] == "send":
        result["msg"] = (
            f"Check mode: {host}:{port} took sender and recipients; the dialogue was reset, nothing was sent."
        )
    return Report(result, failure=failure, warnings=tuple(warnings))


def _through_mta(params: dict[str, Any], check_mode: bool) -> Report:
    from ansible_collections.cloudmail.ses.plugins.module_utils._mta import follow

    for option in _ONLY_SES:
        if params[option]:
            raise ProofError(f"{option} is of no use with through=mta: the MTA has its own. Remove it.")
    if params["stage"] != "send":
        raise ProofError(f"stage={params['stage']} is not possible with through=mta, only send.")
    message.check_addresses(params["mail_from"], tuple(params["recipients"]))
    message_id, data = message.compose(_content(params))
    letter = follow.Letter(
        message_id=message_id,
        data=data,
        sender=params["mail_from"] or "",
        recipients=tuple(params["recipients"]),
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


def _check_needs(params: dict[str, Any], stage: str) -> None:
    reached = _STAGES.index(stage)
    if reached >= _STAGES.index("auth"):
        for option in ("username", "password"):
            if params[option] is None:
                raise ProofError(f"{option} is missing: the stage {stage} needs it. Give it, or stop at stage=tls.")
        password.check_access_key_id(params["username"])
        password.check_smtp_password(params["password"])
    if reached >= _STAGES.index("envelope"):
        if not params["mail_from"]:
            raise ProofError(
                f"mail_from is missing: the stage {stage} needs a sender at a verified identity. "
                "Give it, or stop at stage=auth."
            )
        message.check_addresses(params["mail_from"], tuple(params["recipients"]))
    if params["ca_path"] and not os.path.exists(params["ca_path"]):
        raise ProofError(f"ca_path {params['ca_path']} does not exist on this host. Give a PEM file or a directory.")


def _content(params: dict[str, Any]) -> message.Content:
    return message.Content(
        sender=params["mail_from"] or "",
        recipients=tuple(params["recipients"]),
        subject=params["subject"],
        body=params["body"],
        configuration_set=params["configuration_set"],
        headers={str(name): str(value) for name, value in params["headers"].items()},
    )


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
