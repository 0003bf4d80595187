# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ses_smtp_test costs beyond smtplib alone, and what a hundred sends cost as tasks.

    python tests/benchmark/smtp_test.py                  (root: it gives the simulator a name in a mount namespace)

Everything goes to a simulator of its own on a loopback address. Printed, and judged by --require-*:

    session   one send by the module's session, against one by smtplib in the same process
    module    the module as a process from this checkout, against a process of smtplib alone; on a host, Ansible's
              unpacking comes on top, as for every module
    sends     a hundred sends as one task in a loop, against as many pings; and on a hundred hosts

smtplib gets the option TCP_NODELAY that it does not set itself; without, it loses 40 ms to Nagle's algorithm.
The first two are medians, the runs in turn, so that a busy machine slows both alike; a loop takes long, so it runs once,
between two of pings.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import smtplib
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from conftest import IMPORT_ROOT, link_checkout
from simulator_throughput import ADDRESS, API, MESSAGE, REGION, prepare, sent, simulator

link_checkout()

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import session

PORT = 2587
HOST = f"email-smtp.{REGION}.amazonaws.com"
SENDER, RECIPIENT = "root@example.com", "success@simulator.amazonses.com"
INSIDE = "SES_BENCHMARK_INSIDE"
ALONE = f"""
import smtplib, socket, ssl, sys
name, word, ca = sys.argv[1:]
with smtplib.SMTP({HOST!r}, {PORT}, local_hostname="client.example.com") as connection:
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.starttls(context=ssl.create_default_context(cafile=ca))
    connection.login(name, word)
    connection.sendmail({SENDER!r}, [{RECIPIENT!r}], {MESSAGE!r})
"""


class Benchmark:
    """One simulator, one credential, and what is measured against them."""

    def __init__(self, directory: str) -> None:
        self.folder = Path(directory)
        self.ca = f"{directory}/ca.pem"
        self.username, self.password = prepare()

    def send_by_smtplib(self) -> None:
        with smtplib.SMTP(HOST, PORT, local_hostname="client.example.com") as connection:
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.starttls(context=ssl.create_default_context(cafile=self.ca))
            connection.login(self.username, self.password)
            connection.sendmail(SENDER, [RECIPIENT], MESSAGE)

    def send_by_session(self) -> None:
        target = session.Target(HOST, PORT, "starttls", 30.0, self.ca)
        mail = session.Mail(self.username, self.password, SENDER, (RECIPIENT,), MESSAGE.encode())
        outcome = session.run_session(target, mail)
        if not outcome.accepted:
            sys.exit(f"not accepted: {outcome.reply}")

    def process_of_smtplib(self) -> None:
        subprocess.run([sys.executable, "-c", ALONE, self.username, self.password, self.ca], check=True)

    def process_of_module(self) -> None:
        """Run the module as its process on a host runs, without what Ansible does to bring it there."""
        arguments = self.folder / "arguments.json"
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": self.options()}))
        done = subprocess.run(
            check=False,
            args=[
                sys.executable,
                "-m",
                "ansible_collections.cloudmail.ses.plugins.modules.ses_smtp_test",
                str(arguments),
            ],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(IMPORT_ROOT)},
        )
        if done.returncode:
            sys.exit(done.stdout + done.stderr)

    def options(self) -> dict[str, Any]:
        return {
            "region": REGION,
            "port": PORT,
            "encryption": "starttls",
            "username": self.username,
            "password": self.password,
            "mail_from": SENDER,
            "ca_path": self.ca,
        }

    def play(self, task: dict[str, Any], *, hosts: int = 1, forks: int = 5) -> None:
        """Run one task on this machine, under as many names as ``hosts`` says."""
        names = [f"host{number}" for number in range(hosts)]
        here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory = self.folder / "inventory.json"
        inventory.write_text(json.dumps({"all": {"hosts": dict.fromkeys(names), "vars": here}}))
        playbook = self.folder / "play.json"
        playbook.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
        done = subprocess.run(
            check=False,
            args=["ansible-playbook", "-i", str(inventory), "-f", str(forks), str(playbook)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "ANSIBLE_PIPELINING": "true", "ANSIBLE_COLLECTIONS_PATH": str(IMPORT_ROOT)},
        )
        if done.returncode:
            sys.exit(done.stdout)


def seconds(run: Callable[[], None]) -> float:
    begun = time.monotonic()
    run()
    return time.monotonic() - begun


def compare(one: Callable[[], None], other: Callable[[], None], *, times: int) -> tuple[float, float]:
    """Return the medians of both, run in turn; the first round, which fills caches, is not counted."""
    rounds = [(seconds(one), seconds(other)) for _round in range(times + 1)][1:]
    return statistics.median(first for first, _second in rounds), statistics.median(second for _first, second in rounds)


def judge(what: str, value: float, most: float, text: str) -> bool:
    good = value <= most
    print(f"{what:8} {text}; at most {most:g}: {'reached' if good else 'MISSED'}", flush=True)
    return good


def measure(bench: Benchmark, options: argparse.Namespace) -> bool:
    alone, ours = compare(bench.send_by_smtplib, bench.send_by_session, times=options.runs)
    extra = 1000 * (ours - alone)
    good = judge(
        "session",
        extra,
        options.require_session,
        f"smtplib {1000 * alone:.1f} ms, session {1000 * ours:.1f} ms: {extra:+.1f} ms",
    )
    alone, ours = compare(bench.process_of_smtplib, bench.process_of_module, times=max(options.runs // 5, 3))
    extra = 1000 * (ours - alone)
    good &= judge(
        "module",
        extra,
        options.require_module,
        f"process of smtplib {1000 * alone:.0f} ms, of the module {1000 * ours:.0f} ms: {extra:+.0f} ms",
    )
    return sends(bench, options) and good


def sends(bench: Benchmark, options: argparse.Namespace) -> bool:
    """Measure a hundred sends: a loop of one task, and many hosts at once."""
    number = options.sends
    ping: dict[str, Any] = {"ansible.builtin.ping": {}}
    send: dict[str, Any] = {"cloudmail.ses.ses_smtp_test": bench.options()}
    loop = {"loop": list(range(number)), "loop_control": {"label": "{{ item }}"}}
    before = sent()
    earlier = seconds(lambda: bench.play({**ping, **loop}))
    looped = seconds(lambda: bench.play({**send, **loop}))
    pings = (earlier + seconds(lambda: bench.play({**ping, **loop}))) / 2
    print(f"sends    {number} in a loop: {looped:.1f} s; as many pings in a loop: {pings:.1f} s", flush=True)
    side = seconds(lambda: bench.play(send, hosts=number, forks=options.forks))
    pinged = seconds(lambda: bench.play(ping, hosts=number, forks=options.forks))
    print(f"sends    {number} hosts, {options.forks} forks: {side:.1f} s; as many pings: {pinged:.1f} s", flush=True)
    if sent() - before != 2 * number:
        sys.exit(f"{2 * number} messages were sent and {sent() - before} arrived")
    ratio = looped / pings
    return judge("sends", ratio, options.require_loop, f"the loop takes {ratio:.2f} times as long as that of the pings")


def give_name(folder: Path) -> None:
    """Let the endpoint's name lead to the simulator, for this process and what it starts."""
    hosts = folder / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{ADDRESS} {HOST}\n")
    subprocess.run(["mount", "--bind", str(hosts), "/etc/hosts"], check=True)


def main() -> int:
    """Measure and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=40, help="sends of each kind in this process")
    parser.add_argument("--sends", type=int, default=100, help="sends as tasks")
    parser.add_argument("--forks", type=int, default=8, help="hosts at once")
    parser.add_argument("--require-session", type=float, default=5.0, help="milliseconds beyond smtplib")
    parser.add_argument("--require-module", type=float, default=250.0, help="milliseconds beyond a process of smtplib")
    parser.add_argument("--require-loop", type=float, default=2.0, help="times as long as a loop of pings")
    options = parser.parse_args()
    if INSIDE not in os.environ:
        os.environ[INSIDE] = "1"
        return subprocess.run(["unshare", "--mount", sys.executable, *sys.argv], check=False).returncode
    directory = tempfile.mkdtemp(prefix="ses-simulator-")
    where = ["--region", f"{REGION}={ADDRESS}", "--api", API.removeprefix("http://"), "--port", f"{PORT}/starttls"]
    try:
        give_name(Path(directory))
        simulator("start", directory, *where)
        return 0 if measure(Benchmark(directory), options) else 1
    finally:
        simulator("stop", directory)
        subprocess.run(["umount", "/etc/hosts"], check=True)
        shutil.rmtree(directory)


if __name__ == "__main__":
    sys.exit(main())
