# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where AWS sees a client: at an address, the client's own unless told otherwise, or at a VPC endpoint."""

from __future__ import annotations

import ipaddress
import threading
from dataclasses import dataclass
from typing import Any

Context = dict[str, tuple[str, ...]]
_FIELDS = ("network", "source_ip", "vpc_endpoint", "vpc")


@dataclass(frozen=True)
class Origin:
    """How clients of a network arrive: from a public address (NAT), or through an endpoint in a VPC."""

    network: str
    source_ip: str = ""
    vpc_endpoint: str = ""
    vpc: str = ""

    @classmethod
    def parse(cls, wanted: dict[str, Any]) -> Origin:
        """Read ``POST /_simulator/origins``; raise ValueError for what cannot be."""
        unknown = sorted(set(wanted) - set(_FIELDS))
        if unknown:
            raise ValueError(f"unknown field {unknown[0]!r}: an origin has {', '.join(_FIELDS)}")
        texts = {name: str(value) for name, value in wanted.items()}
        if not texts.get("network"):
            raise ValueError("network is missing: give an address or a network such as 127.0.0.0/8")
        if bool(texts.get("source_ip")) == bool(texts.get("vpc_endpoint")):
            raise ValueError(
                "give either source_ip (a public address) or vpc_endpoint (such as vpce-0123456789abcdef0)"
            )
        if texts.get("source_ip"):
            ipaddress.ip_address(texts["source_ip"])
        return cls(**{**texts, "network": str(ipaddress.ip_network(texts["network"], strict=False))})

    def context(self) -> Context:
        """Return the condition keys; a request through a VPC endpoint has no aws:SourceIp."""
        keys = {"aws:SourceIp": self.source_ip, "aws:SourceVpce": self.vpc_endpoint, "aws:SourceVpc": self.vpc}
        return {key: (value,) for key, value in keys.items() if value}


class Origins:
    """The origins told so far; the newest one that fits counts."""

    def __init__(self) -> None:
        self._known: tuple[Origin, ...] = ()
        self._lock = threading.Lock()

    def add(self, wanted: dict[str, Any]) -> Origin:
        """Add one; return it as it was understood."""
        origin = Origin.parse(wanted)
        with self._lock:
            self._known = (origin, *self._known)
        return origin

    def known(self) -> tuple[Origin, ...]:
        """Return all of them, the newest first."""
        return self._known

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._known = ()

    def context(self, peer: str) -> Context:
        """Return the condition keys that tell where a client is."""
        for origin in self._known:
            if ipaddress.ip_address(peer) in ipaddress.ip_network(origin.network):
                return origin.context()
        return {"aws:SourceIp": (peer,)}
