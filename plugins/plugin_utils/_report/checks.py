# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a test of the way to SES says, check by check: the cells of one host in the report. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What a check found: it is as it should be; it soon will not be; it is not; the test was told to stop before it;
#: nobody asked, or the test did not come so far.
OK, WARNING, FAILED, STOPPED, NONE = "ok", "warning", "failed", "stopped", "none"

#: The columns: the name in the data, and the title
CHECKS = (
    ("name", "Name"),
    ("port", "Port"),
    ("tls", "TLS"),
    ("certificate", "Certificate"),
    ("authentication", "Authentication"),
    ("identity", "Identity"),
    ("quota", "Quota"),
    ("straight", "Straight to SES"),
    ("through", "Through the mail server"),
)
_STAGES = ("connect", "tls", "auth", "envelope", "send")
# Kinds of the diagnosis whose meaning is more than the stage at which the dialogue ended
_NAME = ("no_such_name", "dns_trouble")
_PORT = ("refused", "unreachable", "timed_out", "no_connection", "reset", "silent", "proxy_answers", "not_ses")
_IDENTITY = ("not_verified", "mail_from_domain", "access_denied")
_QUOTA = ("daily_quota", "rate", "sigv2_rate", "concurrency", "paused")
_CERTIFICATE = ("tls_expired", "tls_not_yet_valid", "tls_wrong_name", "tls_unknown_ca", "tls_unverified")
#: All of them
KINDS = (*_NAME, *_PORT, *_IDENTITY, *_QUOTA, *_CERTIFICATE)


@dataclass(frozen=True)
class Check:
    """One cell: a state and, in a few words, what was found."""

    state: str
    text: str

    def as_dict(self) -> dict[str, str]:
        """Return it as the report's data."""
        return {"state": self.state, "text": self.text}


NOT_REACHED = Check(NONE, "not reached")
NOT_ASKED = Check(NONE, "not asked")


def checks_of_straight(result: Mapping[str, Any], *, certificate_days: int) -> dict[str, Check]:
    """Return the checks that the dialogue with SES answers; ``result`` is that of the module ses_smtp_test."""
    progress = _Progress(result)
    return {
        "name": _name(progress),
        "port": _port(progress),
        "tls": _tls(progress),
        "certificate": _certificate(progress, certificate_days),
        "authentication": _authentication(progress),
        "identity": _identity(progress),
        "quota": Check(FAILED, progress.said) if progress.kind in _QUOTA else NOT_ASKED,
        "straight": _straight(progress),
    }


def check_of_through(result: Mapping[str, Any]) -> Check:
    """Return the check of the way through the host's mail server."""
    if not result:
        return NOT_ASKED
    if result.get("skipped"):
        return NOT_ASKED
    progress = _Progress(result)
    mta = str(result.get("mta") or "")
    if result.get("accepted"):
        return Check(OK, ", ".join(part for part in (mta, seconds(progress.timings.get("total"))) if part))
    return Check(FAILED, f"{mta}: {progress.said}" if mta else progress.said)


def seconds(value: Any) -> str:
    """Return a duration for people: ``81 ms``, ``1.25 s``; empty when there is none."""
    if not isinstance(value, (int, float)):
        return ""
    return f"{value * 1000:.0f} ms" if value < 0.9995 else f"{value:.2f} s"


class _Progress:
    """How far a dialogue came."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        self.result = result
        diagnosis = result.get("diagnosis") or {}
        self.kind = str(diagnosis.get("kind") or "")
        self.code = diagnosis.get("code")
        self.timings: Mapping[str, Any] = result.get("timings") or {}
        self.tls: Mapping[str, Any] = result.get("tls") or {}
        stage = result.get("stage")
        self._reached = _STAGES.index(stage) if stage in _STAGES else -1
        self._failed = bool(diagnosis) or self._reached < 0

    @property
    def said(self) -> str:
        """Name the failure in a few words, with the reply's code if there was one."""
        words = self.kind.replace("_", " ").replace("tls ", "TLS ") or "could not be tested"
        return f"{self.code} {words}" if self.code else words

    def passed(self, stage: str) -> bool:
        """Tell whether the dialogue got over a stage."""
        index = _STAGES.index(stage)
        return index < self._reached or (index == self._reached and not self._failed)

    def failed_at(self, *stages: str) -> bool:
        """Tell whether the dialogue ended at one of these stages."""
        return self._failed and self._reached >= 0 and _STAGES[self._reached] in stages

    def at(self, stage: str, good: Check) -> Check:
        """Return ``good`` when the dialogue got over the stage, and otherwise how it did not."""
        if self.passed(stage):
            return good
        return Check(FAILED, self.said) if self.failed_at(stage) else NOT_REACHED


def _name(progress: _Progress) -> Check:
    if progress.kind in _NAME:
        return Check(FAILED, progress.said)
    if "dns" in progress.timings or progress.passed("connect") or _answered(progress):
        return Check(OK, seconds(progress.timings.get("dns")) or "resolves")
    return Check(FAILED, progress.said) if progress.failed_at("connect") else NOT_REACHED


def _port(progress: _Progress) -> Check:
    is_open = Check(OK, f"{progress.result.get('port') or ''} open".strip())
    if progress.failed_at("connect"):
        if _name(progress).state == FAILED:
            return NOT_REACHED
        # A reply, such as 421 instead of a greeting, comes through an open port.
        return is_open if progress.code else Check(FAILED, progress.said)
    return progress.at("connect", is_open)


def _answered(progress: _Progress) -> bool:
    """Tell whether what failed is the connection to an address, for which the name had to resolve first."""
    return progress.failed_at("connect") and bool(progress.code or progress.kind in _PORT)


def _tls(progress: _Progress) -> Check:
    if progress.kind in _CERTIFICATE and progress.failed_at("tls"):
        return Check(FAILED, "not verified")
    return progress.at("tls", Check(OK, f"{progress.tls.get('version') or 'TLS'}, verified"))


def _certificate(progress: _Progress, certificate_days: int) -> Check:
    days = progress.tls.get("days_left")
    left = f"{days:,} day{'' if days == 1 else 's'} left" if isinstance(days, int) else ""
    if progress.kind in _CERTIFICATE and progress.failed_at("tls"):
        return Check(FAILED, progress.kind.replace("tls_", "").replace("_", " "))
    if not left:
        return NOT_REACHED
    if not progress.passed("tls"):
        return Check(NONE, left)
    return Check(WARNING if int(days or 0) < certificate_days else OK, left)


def _authentication(progress: _Progress) -> Check:
    return progress.at("auth", Check(OK, "accepted"))


def _identity(progress: _Progress) -> Check:
    if progress.result.get("accepted"):
        return Check(OK, "message accepted")
    return Check(FAILED, progress.said) if progress.kind in _IDENTITY else NOT_ASKED


def _straight(progress: _Progress) -> Check:
    if progress.result.get("accepted"):
        return Check(OK, seconds(progress.timings.get("total")) or "accepted")
    if progress.passed("envelope") and not progress.failed_at("send"):
        return Check(STOPPED, "stopped after the envelope")
    return Check(FAILED, progress.said)
