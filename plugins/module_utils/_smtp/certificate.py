# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a certificate says of itself, read from its DER form (RFC 5280), for one that was not accepted.

Python's ssl module describes only certificates that it has verified.
"""

from __future__ import annotations

import calendar
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEQUENCE, _OID, _OCTETS, _UTC_TIME = 0x30, 0x06, 0x04, 0x17
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_DNS_NAME, _IP_ADDRESS = 0x82, 0x87
_SUBJECT_ALT_NAME = bytes([0x55, 0x1D, 0x11])
_ATTRIBUTES = {
    bytes([0x55, 0x04, 0x03]): "CN",
    bytes([0x55, 0x04, 0x06]): "C",
    bytes([0x55, 0x04, 0x07]): "L",
    bytes([0x55, 0x04, 0x08]): "ST",
    bytes([0x55, 0x04, 0x0A]): "O",
    bytes([0x55, 0x04, 0x0B]): "OU",
}
_UTF_16 = 0x1E


class CertificateError(ValueError):
    """Bytes that are no X.509 certificate."""


@dataclass(frozen=True)
class Certificate:
    """Names in the form ``CN=..., O=...``; times in seconds since the epoch."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: int
    not_after: int


def parse(der: bytes) -> Certificate:
    """Return what the certificate ``der`` says; raise CertificateError for anything else."""
    try:
        return _parse(der)
    except (IndexError, ValueError, StopIteration, OverflowError, OSError) as exc:
        raise CertificateError("not an X.509 certificate") from exc


def _parse(der: bytes) -> Certificate:
    _tag, outer = next(_values(der))
    tag, inner = next(_values(outer))
    if tag != _SEQUENCE:
        raise CertificateError("no TBSCertificate")
    fields = list(_values(inner))
    if fields[0][0] == _VERSION:
        fields.pop(0)
    # serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo, ...
    issuer, validity, subject = (fields[position][1] for position in (2, 3, 4))
    not_before, not_after = (_time(tag, value) for tag, value in _values(validity))
    extensions = next((value for tag, value in fields if tag == _EXTENSIONS), b"")
    return Certificate(
        subject=_name(subject),
        issuer=_name(issuer),
        names=tuple(_alternative_names(extensions)),
        not_before=not_before,
        not_after=not_after,
    )


def _values(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each value in ``data``; tags of more than one byte do not occur here."""
    position = 0
    while position < len(data):
        tag, size = data[position], data[position + 1]
        position += 2
        if size & 0x80:
            count = size & 0x7F
            size = int.from_bytes(data[position : position + count], "big")
            position += count
        if position + size > len(data):
            raise CertificateError("a value is cut off")
        yield tag, data[position : position + size]
        position += size


def _name(data: bytes) -> str:
    """Return a Name; a type of attribute that is not known is left out."""
    parts = []
    for _tag, rdn in _values(data):
        for _set, attribute in _values(rdn):
            (_oid, oid), (kind, value) = _values(attribute)
            if oid in _ATTRIBUTES:
                text = value.decode("utf-16-be" if kind == _UTF_16 else "utf-8", "replace")
                parts.append(f"{_ATTRIBUTES[oid]}={_printable(text)}")
    return ", ".join(parts)


def _alternative_names(data: bytes) -> Iterator[str]:
    for _sequence, extensions in _values(data):
        for _tag, extension in _values(extensions):
            parts = list(_values(extension))
            if parts[0] != (_OID, _SUBJECT_ALT_NAME) or parts[-1][0] != _OCTETS:
                continue
            for _names, names in _values(parts[-1][1]):
                for tag, value in _values(names):
                    if tag == _DNS_NAME:
                        yield _printable(value.decode("ascii", "replace"))
                    elif tag == _IP_ADDRESS:
                        yield socket.inet_ntop(socket.AF_INET if len(value) == 4 else socket.AF_INET6, value)


def _time(tag: int, value: bytes) -> int:
    text = value.decode("ascii")
    if tag == _UTC_TIME:
        # RFC 5280, section 4.1.2.5.1: two digits of a year, from 1950 to 2049
        text = ("19" if text >= "5" else "20") + text
    return calendar.timegm(time.strptime(text, "%Y%m%d%H%M%SZ"))


def _printable(text: str) -> str:
    # Somebody else's text goes into messages and logs: one line, no control characters.
    return "".join(letter if letter.isprintable() else "?" for letter in text)
