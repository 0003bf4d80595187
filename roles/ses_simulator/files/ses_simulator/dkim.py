# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DKIM of an identity: Easy DKIM, deterministic Easy DKIM, and keys of the owner's own."""

from __future__ import annotations

import base64
import binascii
import secrets
import string
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

from ses_simulator.services import bad_request

EASY, OWN_KEY = "AWS_SES", "EXTERNAL"
REPLICA = "AWS_SES_"
DEFAULT_LENGTH = "RSA_2048_BIT"
_TOKEN_CHARACTERS = string.ascii_lowercase + string.digits


def _tokens() -> list[str]:
    return ["".join(secrets.choice(_TOKEN_CHARACTERS) for _character in range(32)) for _unused in range(3)]


def origin_of_region(region: str) -> str:
    """Return how SES names the region that keys are replicated from, such as ``AWS_SES_EU_WEST_1``."""
    return REPLICA + region.upper().replace("-", "_")


def region_of_origin(origin: str) -> str:
    """Return the region of ``AWS_SES_EU_WEST_1``; an empty text for the two other origins."""
    return origin.removeprefix(REPLICA).lower().replace("_", "-") if origin.startswith(REPLICA) else ""


def origin_of(signing: Mapping[str, Any]) -> str:
    """Return the origin that the signing attributes of a new identity ask for."""
    named = signing.get("DomainSigningAttributesOrigin")
    return str(named or (OWN_KEY if "DomainSigningPrivateKey" in signing else EASY))


def signing_zone(region: str) -> str:
    """Return where SES publishes a region's keys."""
    # The zone differs by region: whoever hard-codes one finds out here.
    return "dkim.amazonses.com" if region == "us-east-1" else f"dkim.{region}.amazonses.com"


def public_key(private_key: str) -> str:
    """Return what stands after ``p=`` in DNS for a private key as SES takes it: DER in base64, without PEM lines."""
    try:
        key = load_der_private_key(base64.b64decode(private_key, validate=True), password=None)
    except (binascii.Error, ValueError, TypeError) as error:
        raise bad_request("The DKIM private key is not a base64 encoded RSA key without headers.") from error
    if not isinstance(key, RSAPrivateKey) or not 1024 <= key.key_size <= 2048:
        raise bad_request("The DKIM private key must be an RSA key of 1024 to 2048 bits.")
    written = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(written).decode()


@dataclass
class Dkim:
    """The settings and the status. ``tokens`` are Easy DKIM's and outlast a time with another origin."""

    origin: str = EASY
    signing_enabled: bool = True
    status: str = "PENDING"
    tokens: list[str] = field(default_factory=_tokens)
    selector: str = ""
    public_key: str = ""
    current_length: str = DEFAULT_LENGTH
    next_length: str = DEFAULT_LENGTH
    generated: float = field(default_factory=time.time)

    @classmethod
    def begin(cls, signing: Mapping[str, Any]) -> Dkim:
        """Return the settings of a new domain identity."""
        made = cls()
        made.change(origin_of(signing), signing)
        made.current_length = made.next_length
        return made

    @property
    def parent_region(self) -> str:
        """The region that the keys are replicated from; empty where they are the identity's own."""
        return region_of_origin(self.origin)

    def change(self, origin: str, signing: Mapping[str, Any]) -> None:
        """Change where keys come from and how long they are. Other keys begin anew with PENDING.

        Another length is for the next key: SES goes on with the current one until it has rotated.
        """
        if origin == OWN_KEY:
            self.public_key = public_key(str(signing["DomainSigningPrivateKey"]))
            self.selector = str(signing["DomainSigningSelector"])
            self.status = "PENDING"
        elif origin != self.origin:
            self.status = "PENDING"
        if origin == EASY:
            self.next_length = str(signing.get("NextSigningKeyLength") or self.next_length)
            if self.origin != EASY:
                self.current_length, self.generated = self.next_length, time.time()
        self.origin = origin

    def shown(self) -> dict[str, Any]:
        """Return the members that GetEmailIdentity shows, but for the tokens."""
        members = {
            "SigningEnabled": self.signing_enabled,
            "Status": self.status,
            "SigningAttributesOrigin": self.origin,
        }
        if self.origin != OWN_KEY:
            members["NextSigningKeyLength"] = self.next_length
            members["CurrentSigningKeyLength"] = self.current_length
            members["LastKeyGenerationTimestamp"] = self.generated
        return members


def check_signing(signing: Mapping[str, Any], *, region: str, origin: str) -> None:
    """Raise BadRequestException for settings that contradict each other or the region."""
    own_key = {"DomainSigningPrivateKey", "DomainSigningSelector"} & set(signing)
    if len(own_key) == 1:
        raise bad_request("DomainSigningPrivateKey and DomainSigningSelector must be given together.")
    if origin == OWN_KEY and not own_key:
        raise bad_request("EXTERNAL needs DomainSigningPrivateKey and DomainSigningSelector.")
    if origin == OWN_KEY:
        public_key(str(signing["DomainSigningPrivateKey"]))
    elif own_key:
        raise bad_request(f"A private key and a selector cannot be given with {origin}.")
    if origin.startswith(REPLICA) and "NextSigningKeyLength" in signing:
        raise bad_request("The key length of a replica is its parent's: NextSigningKeyLength cannot be given.")
    if origin == origin_of_region(region):
        raise bad_request(f"{origin} is this region: an identity cannot be a replica of itself.")
