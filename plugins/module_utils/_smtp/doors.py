# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the doors that were tried add up to: the port to use, and why the others do not work. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import reply
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.case import OTHER_PORT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply import Diagnosis

_FAMILY_NAMES = {"ipv4": "IPv4", "ipv6": "IPv6"}


@dataclass(frozen=True)
class Door:
    """One address and port; ``diagnosis`` is set when it does not lead to a verified SES."""

    address: str
    family: str
    port: int
    encryption: str
    seconds: float
    diagnosis: Diagnosis | None = None
    tls: dict[str, Any] | None = None
    #: What is odd about it although it is verified.
    warning: str | None = None

    @property
    def works(self) -> bool:
        """Whether SES was reached, its certificate verified."""
        return self.diagnosis is None

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as plain data."""
        found = self.diagnosis
        return {
            "address": self.address,
            "family": self.family,
            "port": self.port,
            "encryption": self.encryption,
            "works": self.works,
            "seconds": self.seconds,
            "kind": found.kind if found else None,
            "cause": found.cause if found else None,
            "fix": found.fix if found else None,
            "tls": self.tls,
        }


@dataclass(frozen=True)
class Doors:
    """All doors of a host. ``recommended`` is None, and ``diagnosis`` says why, when none works."""

    msg: str
    doors: tuple[Door, ...] = ()
    recommended: Door | None = None
    diagnosis: Diagnosis | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is odd about doors that work, each once."""
        return tuple(_once(door.warning for door in self.doors if door.works and door.warning))

    @property
    def failure(self) -> str | None:
        """The message when no door works."""
        return None if self.recommended else self.msg

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as plain data."""
        best = self.recommended
        return {
            "doors": [door.as_dict() for door in self.doors],
            "recommended": {"port": best.port, "encryption": best.encryption} if best else None,
            "msg": self.msg,
        }


def without_doors(host: str, error: str) -> Doors:
    """Return what to say when there was not even an address to try."""
    found = reply.diagnose(error, reply.Context(host=host))
    return Doors(f"No door to {host} could be tried: {error}. Cause: {found.cause} Fix: {found.fix}", diagnosis=found)


def summarize(host: str, doors: tuple[Door, ...]) -> Doors:
    """Return the doors with what they add up to; their order is that of preference."""
    best = _recommended(doors)
    if best is None:
        groups = _groups(doors)
        return Doors(f"No port of {host} works. {' '.join(groups)}", doors, diagnosis=_commonest(doors))
    words = "TLS from the start" if best.encryption == "tls" else "STARTTLS"
    at = [door for door in doors if door.port == best.port]
    parts = [f"Use port {best.port} ({words}) of {host}: it works{_at_how_many(at)}."]
    others = _working_ports(doors, but=best.port)
    if others:
        parts.append(f"{_ports(others).capitalize()} {'work' if len(others) > 1 else 'works'} too.")
    parts += _once(door.warning for door in doors if door.works and door.warning)
    parts += _families(doors)
    parts += _groups(doors)
    return Doors(" ".join(parts), doors, recommended=best)


def _recommended(doors: tuple[Door, ...]) -> Door | None:
    """Return the first door of a port that works at all addresses, else of the one that works at most."""
    working = [door for door in doors if door.works]
    return max(working, key=lambda door: _share(doors, door.port), default=None)


def _share(doors: tuple[Door, ...], port: int) -> float:
    tried = [door.works for door in doors if door.port == port]
    return sum(tried) / len(tried)


def _at_how_many(doors: list[Door]) -> str:
    works = sum(door.works for door in doors)
    if len(doors) == 1:
        return f" at its address {doors[0].address}"
    return f" at all {len(doors)} addresses" if works == len(doors) else f" at {works} of {len(doors)} addresses"


def _working_ports(doors: tuple[Door, ...], *, but: int) -> list[int]:
    return _once(door.port for door in doors if door.port != but and _share(doors, door.port) == 1)


def _families(doors: tuple[Door, ...]) -> list[str]:
    """Return a sentence when one family does not work at all and the other does."""
    families = _once(door.family for door in doors)
    dead = [family for family in families if not any(door.works for door in doors if door.family == family)]
    if len(families) < 2 or not dead:
        return []
    alive = next(family for family in families if family not in dead)
    return [f"Only {_FAMILY_NAMES[alive]} works, {_FAMILY_NAMES[dead[0]]} does not."]


def _groups(doors: tuple[Door, ...]) -> list[str]:
    """Return a sentence on each kind of failure: where, the cause, the fix."""
    failed = [door for door in doors if door.diagnosis]
    kinds = _once(door.diagnosis.kind for door in failed if door.diagnosis)
    return [_group([d for d in failed if d.diagnosis and d.diagnosis.kind == kind], doors) for kind in kinds]


def _group(failed: list[Door], doors: tuple[Door, ...]) -> str:
    found = failed[0].diagnosis
    if found is None:
        return ""
    ports = _once(door.port for door in failed)
    whole = all(not door.works for door in doors if door.port in ports) and len(failed) == sum(
        door.port in ports for door in doors
    )
    addresses = _once(door.address for door in failed)
    where = "" if whole else f" at {_some(addresses)}"
    said = f"{found.cause} {found.fix}".strip()
    if len(ports) > 1:
        said = re.sub(rf"\bport {failed[0].port}\b", "these ports", said)
    # The others have been tried.
    said = said.replace(OTHER_PORT, "Open them." if len(ports) > 1 else "Open it.")
    return f"{_ports(ports).capitalize()}{where}: {said}"


def _commonest(doors: tuple[Door, ...]) -> Diagnosis | None:
    found = [door.diagnosis for door in doors if door.diagnosis]
    kinds = [diagnosis.kind for diagnosis in found]
    return max(found, key=lambda diagnosis: kinds.count(diagnosis.kind), default=None)


def _ports(ports: list[int]) -> str:
    return ("ports " if len(ports) > 1 else "port ") + ", ".join(str(port) for port in ports)


def _some(addresses: list[str]) -> str:
    rest = len(addresses) - 3
    return ", ".join(addresses[:3]) + (f" and {rest} more" if rest > 0 else "")


def _once(items: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(items))
