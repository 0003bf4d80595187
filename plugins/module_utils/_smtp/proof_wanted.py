# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the options of a test want, checked as far as it can be without a connection."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import endpoint, password
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_address import (
    Envelope,
    MessageError,
    checked_envelope,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.shortfalls import ShortfallError, Shortfalls
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.stages import STAGES

_ONLY_SES = ("host", "port", "encryption", "username", "password", "passwords", "ca_path", "probe")
_TREATMENT = ("configuration_set", "tags", "tenant", "source_arn")
_ONLY_ONE_DOOR = ("port", "encryption")
_CERTIFICATE = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----")


class ProofError(ShortfallError):
    """A test that makes no sense as it is wanted; nothing was done."""


@dataclass(frozen=True)
class Straight:
    """A dialogue with SES: the endpoint, the credential and the addresses; empty what its stages do not need."""

    endpoint: endpoint.Endpoint
    port: int
    encryption: str
    envelope: Envelope
    username: str = ""
    password: str = field(default="", repr=False)
    content: Any = None
    warnings: tuple[str, ...] = ()


def wanted_straight(params: dict[str, Any], *, stage: str) -> Straight:
    """Return what a dialogue up to ``stage`` needs; raise ProofError with all that cannot be right."""
    findings = _findings()
    findings.check(_check_times, params)
    where = findings.check(endpoint.wanted_endpoint, params["region"], params["host"])
    port = 587 if params["port"] is None else params["port"]
    odd = findings.check(_check_door, where.host, port, params["encryption"]) if where else None
    region = where.region if where else ""
    findings.check(_check_ca_path, params["ca_path"])
    reached = STAGES.index(stage)
    secret = None
    if reached >= STAGES.index("auth"):
        secret = findings.check(_checked_password, params, region, stage)
    envelope, content = None, None
    if reached >= STAGES.index("envelope"):
        envelope = findings.check(_checked_sender, params, stage)
    if params["stage"] == "send":
        content = findings.check(wanted_content, params, envelope, region)
    if findings.found or where is None:
        raise ProofError(*findings.found)
    return Straight(
        endpoint=where,
        port=port,
        encryption=params["encryption"] or endpoint.encryption_at(port),
        envelope=envelope or Envelope("", ()),
        username=params["username"] if secret else "",
        password=secret or "",
        content=content,
        warnings=tuple(filter(None, (where.warning, odd))),
    )


def wanted_probe(params: dict[str, Any]) -> endpoint.Endpoint:
    """Return the endpoint whose doors are to be tried; raise ProofError with all that cannot be right."""
    findings = _findings()
    findings.check(_check_times, params)
    where = findings.check(endpoint.wanted_endpoint, params["region"], params["host"])
    findings.check(_check_ca_path, params["ca_path"])
    findings.found.extend(
        f"{option} is of no use with probe=true, which tries all five ports, each with its own encryption. Remove it."
        for option in _ONLY_ONE_DOOR
        if params[option]
    )
    if findings.found or where is None:
        raise ProofError(*findings.found)
    found: endpoint.Endpoint = where
    return found


def wanted_through_mta(params: dict[str, Any]) -> tuple[Envelope, Any]:
    """Return addresses and content of a message for the host's MTA; raise ProofError with all that cannot be right."""
    findings = _findings()
    findings.check(_check_times, params)
    findings.found.extend(
        f"{option} is of no use with through=mta: the MTA has its own. Remove it."
        for option in _ONLY_SES
        if params[option]
    )
    if params["stage"] != "send":
        findings.found.append(f"stage={params['stage']} is not possible with through=mta, only send.")
    envelope = findings.check(checked_envelope, params["mail_from"], tuple(params["recipients"]))
    content = findings.check(wanted_content, params, envelope, params["region"] or "")
    if findings.found:
        raise ProofError(*findings.found)
    return envelope, content


def wanted_content(params: dict[str, Any], envelope: Envelope | None, region: str) -> Any:
    """Return the message.Content that is wanted; raise MessageError with all that SES would refuse in it."""
    # Loaded here because most stages need no message.
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import message

    findings = Shortfalls(MessageError)
    asked = findings.check(_ses_headers, params, region)
    attachments = findings.check(_attachments, params["attachments"])
    content = message.Content(
        sender=envelope.sender if envelope else "",
        recipients=envelope.recipients if envelope else (),
        subject=params["subject"],
        body=params["body"],
        html=params["html"],
        attachments=attachments or (),
        headers=params["headers"],
        ses_headers=asked or {},
    )
    findings.check(message.check, content)
    if findings.found:
        raise MessageError(*findings.found)
    return content


def _ses_headers(params: dict[str, Any], region: str) -> dict[str, str]:
    if not any(params[option] for option in _TREATMENT):
        return {}
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_ses_headers import Treatment, ses_headers

    return ses_headers(
        Treatment(
            configuration_set=params["configuration_set"],
            tags={str(name): str(value) for name, value in params["tags"].items()},
            tenant=params["tenant"],
            source_arn=params["source_arn"],
            region=region,
        )
    )


def _attachments(wanted: list[dict[str, Any]]) -> Any:
    if not wanted:
        return ()
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_attachments import checked_attachments

    return checked_attachments(wanted)


def _findings() -> Shortfalls:
    return Shortfalls(ShortfallError, endpoint.RegionError, endpoint.HostError)


def _check_times(params: dict[str, Any]) -> None:
    found = []
    # Written so that "not a number" fails too.
    if not 0 < params["timeout"] <= 86400:
        found.append(f"timeout must be more than 0 seconds and at most 86400, not {params['timeout']:g}.")
    if params["retries"] < 0:
        found.append(f"retries must be 0 or more, not {params['retries']}.")
    if found:
        raise ProofError(*found)


def _check_door(host: str, port: int, encryption: str | None) -> str | None:
    return endpoint.check_door(host, port=port, encryption=encryption)


def _checked_password(params: dict[str, Any], region: str, stage: str) -> str:
    findings = _findings()
    secret = findings.check(_chosen, params, region)
    missing = [] if params["username"] is not None else ["username"]
    if secret is None and not findings.found:
        missing.append("password")
    findings.found.extend(
        f"{option} is missing: the stage {stage} needs it. Give it, or stop at stage=tls." for option in missing
    )
    if not findings.found:
        findings.check(password.check_credential, params["username"], secret)
    elif params["username"] is not None:
        findings.check(password.check_access_key_id, params["username"])
    if findings.found:
        raise ProofError(*findings.found)
    return str(secret)


def _chosen(params: dict[str, Any], region: str) -> str | None:
    if not params["passwords"]:
        given: str | None = params["password"]
        return given
    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password_choice import chosen_password

    return chosen_password(params["password"], params["passwords"], region)


def _checked_sender(params: dict[str, Any], stage: str) -> Envelope:
    findings = _findings()
    if not params["mail_from"]:
        findings.found.append(
            f"mail_from is missing: the stage {stage} needs a sender at a verified identity. "
            "Give it, or stop at stage=auth."
        )
    envelope: Envelope = findings.check(checked_envelope, params["mail_from"], tuple(params["recipients"]))
    if findings.found:
        raise ProofError(*findings.found)
    return envelope


def _check_ca_path(path: str | None) -> None:
    """Raise ProofError for a path in which OpenSSL would find nothing; its own complaint does not name the file."""
    if not path:
        return
    try:
        if os.path.isdir(path):
            usable = bool(os.listdir(path))
        else:
            with open(path, "rb") as file:
                usable = _CERTIFICATE.search(file.read()) is not None
    except FileNotFoundError:
        raise ProofError(f"ca_path {path} does not exist on this host. Give a PEM file or a directory.") from None
    except OSError as exc:
        raise ProofError(f"ca_path {path} cannot be read: {exc.strerror}. Run as a user who may (become).") from None
    if not usable:
        raise ProofError(
            f"ca_path {path} holds no certificate. Give a file in PEM form (-----BEGIN CERTIFICATE-----), or a directory of "
            "such files prepared with openssl rehash."
        )
