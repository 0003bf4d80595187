# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's own certificate authority, and the certificates of its endpoints, good and bad."""

from __future__ import annotations

import datetime
import os
import ssl
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trustme

_ORGANIZATION = "cloudmail.ses simulator"
_WRONG_NAME = "wrong-name.example.net"

# As long as Amazon's own certificates are valid; made anew at each start.
_VALID_DAYS = 395


def smtp_names(region: str) -> tuple[str, ...]:
    """Return every host name under which SES serves SMTP in a region."""
    return (
        f"email-smtp.{region}.amazonaws.com",
        f"email-smtp-fips.{region}.amazonaws.com",
        f"email-smtp.{region}.api.aws",
    )


class AlertingObject(ssl.SSLObject):
    """TLS over buffers, of which a client learns why its handshake failed, as of any real server.

    asyncio closes the connection at the first error and drops the alert that OpenSSL has ready. So the error is kept
    back until the client answers the alert, which it does by closing the connection.
    """

    _failure: ssl.SSLError | None = None

    def do_handshake(self) -> None:
        """Go on with the handshake; raise SSLError when it has failed and the client knows."""
        if self._failure is not None:
            raise self._failure
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLSyscallError):
            raise
        except ssl.SSLError as error:
            self._failure = error
            raise ssl.SSLWantReadError from error


class ChoosingContext(ssl.SSLContext):
    """A server context that asks for each connection whether another one shall serve it."""

    sslobject_class = AlertingObject
    choose: Callable[[], ssl.SSLContext | None] = staticmethod(lambda: None)

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """Begin TLS over two buffers, which is how asyncio does it."""
        other = self.choose()
        return super().wrap_bio(*args, **kwargs) if other is None else other.wrap_bio(*args, **kwargs)


class Authority:
    """A CA that is made once and then read from its directory."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "ca.pem"
        self._key_path = directory / "ca.key"
        self._ca = self._load() if self._key_path.exists() and self.path.exists() else self._make()

    def _load(self) -> trustme.CA:
        return trustme.CA.from_pem(self.path.read_bytes(), self._key_path.read_bytes())

    def _make(self) -> trustme.CA:
        authority = trustme.CA(organization_name=_ORGANIZATION)
        _write(self._key_path, authority.private_key_pem.bytes(), mode=0o600)
        _write(self.path, authority.cert_pem.bytes(), mode=0o644)
        return authority

    def pem(self) -> bytes:
        """Return the CA's certificate."""
        return self._ca.cert_pem.bytes()

    def context(self, region: str, *, flaw: str = "") -> ChoosingContext:
        """Return a server context for a region; ``flaw`` is the kind of a fault of certificates or TLS, or empty."""
        names = smtp_names(region)
        if flaw == "wrong_name":
            leaf = self._ca.issue_cert(_WRONG_NAME, common_name=_WRONG_NAME)
        elif flaw == "expired":
            leaf = self._issue(names, last_day=-1)
        elif flaw == "unknown_ca":
            leaf = trustme.CA(organization_name="unknown").issue_cert(*names, common_name=names[0])
        else:
            leaf = self._issue(names, last_day=_VALID_DAYS)
        context = ChoosingContext(ssl.PROTOCOL_TLS_SERVER)
        if flaw == "old_tls":
            _limit_to_tls_1_1(context)
        else:
            context.minimum_version = ssl.TLSVersion.TLSv1_2
        # A resumed session shows no certificate, and a certificate fault must be seen.
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
        leaf.configure_cert(context)
        return context

    def _issue(self, names: tuple[str, ...], *, last_day: int) -> trustme.LeafCert:
        """Issue a certificate that ends so many days from now."""
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=last_day)
        begin = end - datetime.timedelta(days=_VALID_DAYS + 1)
        # SES's have a common name too, and Sendmail compares nothing else with the name that it wants.
        return self._ca.issue_cert(*names, common_name=names[0], not_before=begin, not_after=end)


def _limit_to_tls_1_1(context: ssl.SSLContext) -> None:
    # OpenSSL 3 has it at security level 0 only; Python warns of it, which is what this is for.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1


def _write(path: Path, content: bytes, *, mode: int) -> None:
    # The final mode from the first byte, and never a half-written file under the final name.
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as handle:
        os.fchmod(handle.fileno(), mode)
        handle.write(content)
    temporary.replace(path)
