# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What molecule's verifier starts: the stage, and the record of what was proved on which Debian."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import stage as stages
from stage import CHECKOUT, FailedOnHostsError, Stage

SCENARIO = os.environ["MOLECULE_SCENARIO_NAME"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take what molecule gives to pytest."""
    parser.addoption("--connection", help="how Testinfra would reach the hosts; not used here")
    parser.addoption("--ansible-inventory", help="molecule's inventory")


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark of the proofs known."""
    config.addinivalue_line("markers", "proves(word): what holds when the test passes, a column of docs/mta-matrix.md")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the proofs of what the scenario's mail server refuses: test_refuses_what_it_cannot_do has them."""
    refused = stages.refused(SCENARIO)
    left = [
        item for item in items if {word for mark in item.iter_markers("proves") for word in mark.args} & set(refused)
    ]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


@pytest.fixture(scope="session")
def stage(pytestconfig: pytest.Config) -> Iterator[Stage]:
    made = stages.make(SCENARIO, pytestconfig.getoption("--ansible-inventory"))
    made.heal()
    made.simulator.ask("DELETE", "messages")
    yield made
    record = {"mta": made.mta, "versions": versions(made), "proofs": made.done, "refusals": made.refusals}
    path = CHECKOUT / f".cache/molecule/{made.mta}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n")


def versions(stage: Stage) -> dict[str, str]:
    """Return the version of the mail server's package, by Debian's release."""
    question = "dpkg-query --show --showformat '${source:Upstream-Version}' "
    found = stage.each(lambda host: host.run(question + host.mail_server.package))
    return {host.release: version for host, version in found.items()}


@pytest.fixture(autouse=True)
def healthy(stage: Stage) -> Iterator[None]:
    """Let no misbehaviour of SES outlast the proof that asked for it."""
    yield
    stage.heal()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Note a proof that has succeeded, and the hosts on which one failed, by the word that it is marked with."""
    report = yield
    marked = item.get_closest_marker("proves")
    # A set-up that fails is a proof that fails.
    if marked and "stage" in item.funcargs and (report.when == "call" or report.failed):
        stage: Stage = item.funcargs["stage"]
        error = call.excinfo.value if call.excinfo else None
        failed = stage.hosts if error else []
        if isinstance(error, FailedOnHostsError):
            failed = error.hosts
        for word in marked.args:
            # A proof of two tests holds when both do.
            results = stage.done.setdefault(word, {})
            results.update({host.release: "proved" for host in stage.hosts if host.release not in results})
            results.update({host.release: "failed" for host in failed})
    return report
