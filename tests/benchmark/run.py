# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an unchanged run of ses_relay with its proof costs on a fleet, against a play of one ping.

`make benchmark` makes eight hosts and runs this. It prints the seconds of each run, their medians and the ratio, and fails
when the ratio is above --require (default 3).
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable

HERE = Path(__file__).resolve().parent
os.environ["INVENTORY"] = "tests/benchmark/inventory.yml"
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "fleet")]

from conftest import link_checkout
from harness import Ansible, Run, make_hosts, make_key, relay_variables, start_simulator, trust

link_checkout()

PING = "[{name: Ping, ansible.builtin.ping: {}}]"


def timed(what: str, run: Callable[[], Run]) -> float:
    """Call a run, check that it changed nothing, print and return its seconds."""
    begun = time.monotonic()
    done = run()
    seconds = time.monotonic() - begun
    if done.status != 0 or any(done.counts("changed").values()):
        sys.exit(f"{what} failed, or changed something:\n{done.output}")
    print(f"  {what:6} {seconds:6.2f} s  {sum(done.counts('ok').values())} tasks done", flush=True)
    return seconds


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=5, help="how often each is run")
    arguments.add_argument("--require", type=float, default=3.0, help="the highest ratio that is good enough")
    options = arguments.parse_args()
    simulator = start_simulator()
    try:
        hosts = make_hosts()
        trust(hosts, simulator)
        with tempfile.TemporaryDirectory() as folder:
            ansible, variables = Ansible(Path(folder)), relay_variables(make_key())
            print(f"Setting up {len(hosts)} hosts", flush=True)
            first = ansible.relay(variables)
            if first.status != 0:
                sys.exit(first.output)
            pings, relays = [], []
            for _run in range(options.runs):
                pings.append(timed("ping", lambda: ansible.play(PING, {})))
                relays.append(timed("relay", lambda: ansible.relay(variables)))
    finally:
        simulator.stop()
    ratio = statistics.median(relays) / statistics.median(pings)
    print(
        f"{len(hosts)} hosts, medians of {options.runs} runs: ping {statistics.median(pings):.2f} s, unchanged relay with "
        f"its proof {statistics.median(relays):.2f} s, {ratio:.2f} times as long (at most {options.require:g})"
    )
    return 0 if ratio <= options.require else 1


if __name__ == "__main__":
    sys.exit(main())
