# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a simulator is started with."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

STARTTLS = "starttls"
WRAPPER = "tls"
_WRAPPER_PORTS = (465, 2465)


@dataclass(frozen=True)
class Port:
    """A TCP port and how TLS begins on it: ``starttls`` or ``tls``."""

    number: int
    encryption: str

    @classmethod
    def parse(cls, text: str) -> Port:
        """Read ``587`` or ``20465/tls``; 465 and 2465 are TLS wrappers unless told otherwise."""
        number, _separator, encryption = text.partition("/")
        if not number.isdigit() or not 0 < int(number) < 65536:
            raise ValueError(f"'{text}' is not a port: give a number from 1 to 65535, or for example 20465/tls")
        if encryption not in ("", STARTTLS, WRAPPER):
            raise ValueError(f"'{text}': after the slash comes 'starttls' or 'tls'")
        default = WRAPPER if int(number) in _WRAPPER_PORTS else STARTTLS
        return cls(int(number), encryption or default)

    def __str__(self) -> str:
        return f"{self.number}/{self.encryption}"


DEFAULT_PORTS = tuple(Port.parse(text) for text in ("25", "587", "2587", "465", "2465"))


@dataclass(frozen=True)
class Settings:
    """All options of one simulator; addresses are IP addresses of this machine."""

    state_dir: Path
    regions: tuple[tuple[str, str], ...]
    api_address: str = "127.0.0.1"
    api_port: int = 4579
    ports: tuple[Port, ...] = field(default=DEFAULT_PORTS)
    verify_identities: bool = False
    idle_timeout: float = 10.0
    dns: tuple[str, int] | None = None

    @property
    def api_url(self) -> str:
        """The endpoint URL for the AWS API and for ``/_simulator/``."""
        return f"http://{self.api_address}:{self.api_port}"

    def as_dict(self) -> dict[str, Any]:
        """Return a form that JSON can hold and that compares equal for equal settings."""
        plain = asdict(self)
        plain["state_dir"] = str(self.state_dir)
        plain["ports"] = [str(port) for port in self.ports]
        loaded: dict[str, Any] = json.loads(json.dumps(plain))
        return loaded
