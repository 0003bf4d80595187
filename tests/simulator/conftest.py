# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running simulator for all tests here."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from simulator_client import ADDRESSES, SEND, Sender, Simulator, run_command, start_options


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    directory = tmp_path_factory.mktemp("simulator")
    started = run_command("start", directory, *start_options())
    assert started.returncode == 0, started.stderr
    yield Simulator(directory)
    stopped = run_command("stop", directory)
    assert "stopped" in stopped.stdout, stopped.stderr


@pytest.fixture
def simulator(running: Simulator) -> Simulator:
    """The session's simulator, without messages, calls and faults, with roomy production accounts."""
    for what in ("messages", "calls", "faults"):
        running.control("DELETE", what)
    for region in ADDRESSES:
        account: dict[str, object] = {
            "production_access": True,
            "sending_enabled": True,
            "enforcement_status": "HEALTHY",
            "key_delay": 0,
        }
        account.update({"subscribed": True, "max_connections": None})
        limits = {"max_send_rate": 10000, "max_24_hour_send": 1000000}
        running.control("POST", "account", {"region": region, **account, **limits})
    return running


@pytest.fixture
def sender(simulator: Simulator) -> Sender:
    """A user who may send anything."""
    return simulator.sender(SEND)
