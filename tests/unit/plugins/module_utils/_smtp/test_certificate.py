# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates read from their DER form, against those that cryptography makes."""

from __future__ import annotations

import datetime
import ipaddress
import random
from collections.abc import Sequence

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import certificate

UTC = datetime.timezone.utc
BEGIN, END = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime.datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
SAN = [
    x509.DNSName("email-smtp.eu-west-1.amazonaws.com"),
    x509.RFC822Name("root@example.com"),
    x509.DNSName("*.example.com"),
    x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
    x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
    x509.UniformResourceIdentifier("https://example.com/"),
]
Names = Sequence[tuple[x509.ObjectIdentifier, str]]
EXAMPLE = ((NameOID.COUNTRY_NAME, "US"), (NameOID.ORGANIZATION_NAME, "Amazon"), (NameOID.COMMON_NAME, "proxy.corp"))


def make(
    subject: Names = EXAMPLE,
    issuer: Names = EXAMPLE,
    *,
    validity: tuple[datetime.datetime, datetime.datetime] = (BEGIN, END),
    extensions: tuple[x509.ExtensionType, ...] = (),
    key: object = None,
    serial: int = 1,
    kind: _ASN1Type | None = None,
) -> bytes:
    secret = key or ec.generate_private_key(ec.SECP256R1())
    subject_name, issuer_name = (
        x509.Name([x509.NameAttribute(oid, text, kind) for oid, text in name]) for name in (subject, issuer)
    )
    builder = x509.CertificateBuilder(issuer_name, subject_name, secret.public_key(), serial, *validity)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(secret, hashes.SHA256()).public_bytes(Encoding.DER)


def test_names_issuer_and_times() -> None:
    found = certificate.parse(make(issuer=[(NameOID.COMMON_NAME, "Corp Proxy CA")]))
    assert found == certificate.Certificate(
        subject="C=US, O=Amazon, CN=proxy.corp",
        issuer="CN=Corp Proxy CA",
        names=(),
        not_before=int(BEGIN.timestamp()),
        not_after=int(END.timestamp()),
    )


@pytest.mark.parametrize(
    "extensions",
    [
        (x509.SubjectAlternativeName(SAN),),
        (x509.BasicConstraints(ca=True, path_length=None), x509.SubjectAlternativeName(SAN)),
        (x509.SubjectAlternativeName(SAN), x509.KeyUsage(*[True] * 9)),
    ],
)
def test_alternative_names(extensions: tuple[x509.ExtensionType, ...]) -> None:
    assert certificate.parse(make(extensions=extensions)).names == (
        "email-smtp.eu-west-1.amazonaws.com",
        "*.example.com",
        "192.0.2.1",
        "2001:db8::1",
    )


@pytest.mark.parametrize("year", [1950, 1999, 2000, 2049, 2050, 9999])
def test_both_forms_of_a_time(year: int) -> None:
    end = datetime.datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    begin = datetime.datetime(1950, 1, 1, tzinfo=UTC)
    assert certificate.parse(make(validity=(begin, end))).not_after == int(end.timestamp())


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ([], ""),
        ([(NameOID.COMMON_NAME, "Bücher 書")], "CN=Bücher 書"),
        ([(NameOID.COMMON_NAME, "a\r\n554 Access denied\x1b[2J")], "CN=a??554 Access denied?[2J"),
        ([(NameOID.EMAIL_ADDRESS, "root@example.com"), (NameOID.COMMON_NAME, "a")], "CN=a"),
        ([(NameOID.LOCALITY_NAME, "Ulm"), (NameOID.STATE_OR_PROVINCE_NAME, "BW")], "L=Ulm, ST=BW"),
        ([(NameOID.COMMON_NAME, "a"), (NameOID.COMMON_NAME, "b")], "CN=a, CN=b"),
    ],
)
def test_subjects(subject: Names, expected: str) -> None:
    assert certificate.parse(make(subject)).subject == expected


@pytest.mark.parametrize("kind", [_ASN1Type.BMPString, _ASN1Type.UTF8String, _ASN1Type.T61String])
def test_forms_of_a_text(kind: _ASN1Type) -> None:
    assert certificate.parse(make([(NameOID.COMMON_NAME, "proxy")], kind=kind)).subject == "CN=proxy"


def test_long_values() -> None:
    key = rsa.generate_private_key(65537, 2048)
    names = [x509.DNSName(f"host{number}.example.com") for number in range(5000)]
    der = make(key=key, extensions=(x509.SubjectAlternativeName(names),), serial=2**158)
    assert certificate.parse(der).names[-1] == "host4999.example.com"


@pytest.mark.parametrize("junk", [b"", b"\x30", b"\x30\x80", b"\x30\x00", b"220 hi\r\n", bytes(100), b"\xff" * 100])
def test_what_is_no_certificate(junk: bytes) -> None:
    with pytest.raises(certificate.CertificateError):
        certificate.parse(junk)


@pytest.mark.parametrize("cut", [1, 10, 100, 200])
def test_a_certificate_that_is_cut_off(cut: int) -> None:
    with pytest.raises(certificate.CertificateError):
        certificate.parse(make()[:-cut])


def test_no_other_error_comes_out_of_damaged_certificates() -> None:
    whole = make(extensions=(x509.SubjectAlternativeName(SAN),))
    chance = random.Random(1)
    for _round in range(3000):
        der = bytearray(whole[: chance.randrange(len(whole))] if chance.random() < 0.3 else whole)
        for _byte in range(chance.randrange(1, 4)):
            if der:
                der[chance.randrange(len(der))] = chance.randrange(256)
        try:
            certificate.parse(bytes(der))
        except certificate.CertificateError:
            pass
