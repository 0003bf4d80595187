# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many messages a second the simulator takes over kept-open TLS connections.

    python tests/benchmark/simulator_throughput.py --require 200

Starts a simulator of its own on a loopback address, sends from client processes on the same
machine, prints the figure, and fails when it is below the required one.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import smtplib
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

FILES = Path(__file__).resolve().parents[2] / "roles" / "ses_simulator" / "files"
sys.path.insert(0, str(FILES))

from ses_simulator.password import smtp_password

REGION = "eu-west-1"
ADDRESS = "127.0.61.1"
PORT = 20587
API = f"http://{ADDRESS}:24579"
UNLIMITED = 1e9
MESSAGE = (
    "From: Root <root@example.com>\r\nTo: success@simulator.amazonses.com\r\nSubject: throughput\r\n"
    "Message-ID: <1@example.com>\r\nDate: Mon, 05 Jan 2026 00:00:00 +0000\r\n\r\n" + 20 * (70 * "x" + "\r\n")
)


@dataclass(frozen=True)
class Load:
    """What one client process does."""

    username: str
    password: str
    ca_path: str
    connections: int
    messages: int


def simulator(command: str, directory: str, *options: str) -> None:
    """Run a command of the simulator."""
    subprocess.run(
        [sys.executable, "-m", "ses_simulator", command, "--state-dir", directory, *options],
        check=True,
        env={**os.environ, "PYTHONPATH": str(FILES)},
    )


def control(path: str, body: dict[str, Any]) -> None:
    """Change the simulation."""
    request = urllib.request.Request(f"{API}/_simulator/{path}", json.dumps(body).encode(), method="POST")
    urllib.request.urlopen(request).close()


def sent() -> int:
    """Return how many messages the simulator holds."""
    with urllib.request.urlopen(f"{API}/_simulator/health") as answer:
        return int(json.load(answer)["messages"])


def prepare() -> tuple[str, str]:
    """Make a user who may send, an identity, an account without limits; return the SMTP credential."""
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    iam = boto3.client("iam", region_name=REGION, endpoint_url=API, **keys)
    iam.create_user(UserName="sender")
    statement = {"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="sender", PolicyName="send", PolicyDocument=document)
    key = iam.create_access_key(UserName="sender")["AccessKey"]
    control("identities", {"region": REGION, "identity": "example.com", "status": "verified"})
    limits = {"max_send_rate": UNLIMITED, "max_24_hour_send": -1}
    control("account", {"region": REGION, "production_access": True, **limits})
    return key["AccessKeyId"], smtp_password(key["SecretAccessKey"], REGION)


def connect(load: Load) -> smtplib.SMTP:
    """Open one authenticated connection."""
    context = ssl.create_default_context(cafile=load.ca_path)
    # The name that production would dial; the address is the simulator's.
    connection = smtplib.SMTP(ADDRESS, PORT)
    vars(connection)["_host"] = f"email-smtp.{REGION}.amazonaws.com"
    connection.starttls(context=context)
    connection.login(load.username, load.password)
    return connection


def client(load: Load, start: Any) -> None:
    """Send the load over its connections in turn, as fast as the replies come."""
    connections = [connect(load) for _unused in range(load.connections)]
    start.wait()
    for number in range(load.messages):
        connection = connections[number % len(connections)]
        connection.sendmail("root@example.com", ["success@simulator.amazonses.com"], MESSAGE)
    for connection in connections:
        connection.close()


def measure(load: Load, *, processes: int) -> float:
    """Return messages a second over all client processes."""
    start = multiprocessing.Barrier(processes + 1)
    clients = [multiprocessing.Process(target=client, args=(load, start)) for _unused in range(processes)]
    for process in clients:
        process.start()
    start.wait()
    begin = time.monotonic()
    for process in clients:
        process.join()
    elapsed = time.monotonic() - begin
    wanted = load.messages * processes
    if sent() != wanted:
        raise SystemExit(f"{wanted} messages were sent and {sent()} arrived")
    return wanted / elapsed


def main() -> int:
    """Measure and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--require", type=float, default=200.0, help="messages a second")
    parser.add_argument("--messages", type=int, default=2000, help="messages a client process sends")
    parser.add_argument("--connections", type=int, default=4, help="connections a client process keeps open")
    parser.add_argument("--processes", type=int, default=2, help="client processes")
    options = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="ses-simulator-")
    where = ["--region", f"{REGION}={ADDRESS}", "--api", API.removeprefix("http://"), "--port", f"{PORT}/starttls"]
    try:
        simulator("start", directory, *where)
        username, password = prepare()
        load = Load(username, password, f"{directory}/ca.pem", options.connections, options.messages)
        rate = measure(load, processes=options.processes)
    finally:
        simulator("stop", directory)
        shutil.rmtree(directory)
    verdict = "reached" if rate >= options.require else "MISSED"
    print(f"{rate:.0f} messages a second; required: {options.require:.0f}, {verdict}")
    return 0 if rate >= options.require else 1


if __name__ == "__main__":
    sys.exit(main())
