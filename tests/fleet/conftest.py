# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the tests on real hosts. `make fleet-test` makes the hosts and runs them all."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Iterator

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import (
    Ansible,
    Host,
    Simulator,
    fleet_hosts,
    make_hosts,
    make_key,
    relay_variables,
    start_simulator,
    trust,
)


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    simulator = start_simulator()
    yield simulator
    simulator.stop()


@pytest.fixture(scope="session")
def key(simulator: Simulator) -> dict[str, str]:
    return make_key()


@pytest.fixture(scope="session")
def credential(key: dict[str, str]) -> dict[str, Any]:
    return relay_variables(key)


@pytest.fixture
def ansible(tmp_path: Path) -> Ansible:
    return Ansible(tmp_path)


@pytest.fixture(scope="session")
def new_hosts(simulator: Simulator) -> list[Host]:
    """The hosts as they come out of the box: systemd and Python, no mail server, nothing left by an earlier run."""
    for host in fleet_hosts():
        host.remove()
    hosts = make_hosts()
    trust(hosts, simulator)
    return hosts


@pytest.fixture(scope="session")
def relaying(new_hosts: list[Host], credential: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> list[Host]:
    """Hosts that the role has set up."""
    run = Ansible(tmp_path_factory.mktemp("relay")).relay(credential)
    assert run.status == 0, run.output
    return new_hosts
