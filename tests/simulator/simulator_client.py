# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client of a running simulator needs."""

from __future__ import annotations

import base64
import json
import os
import smtplib
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ses_simulator.password import smtp_password

FILES = Path(__file__).resolve().parents[2] / "roles" / "ses_simulator" / "files"
# Every test process has addresses of its own, so that several can run side by side.
_NET = f"127.{20 + os.getpid() % 200}.{os.getpid() // 200 % 250}"
ADDRESSES = {"eu-west-1": f"{_NET}.1", "us-east-1": f"{_NET}.2"}
STARTTLS, WRAPPER, API_PORT, DNS_PORT = 20587, 20465, 24579, 20053
IDLE_TIMEOUT = 2
_NUMBERS = count(1)

SEND = {"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*"}


def dkim_key(bits: int = 1024) -> tuple[str, str]:
    """Return a private key as SES takes it, and the public one as it stands in DNS after ``p=``."""
    key = rsa.generate_private_key(65537, bits)
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(private).decode(), base64.b64encode(public).decode()


@dataclass(frozen=True)
class Sender:
    """An IAM user with a key."""

    name: str
    access_key_id: str
    secret: str

    def password(self, region: str = "eu-west-1") -> str:
        """Return the SMTP password for a region."""
        return smtp_password(self.secret, region)


def run_command(command: str, directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the simulator's command line."""
    return subprocess.run(
        [sys.executable, "-m", "ses_simulator", command, "--state-dir", str(directory), *options],
        env={**os.environ, "PYTHONPATH": str(FILES)},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


@dataclass(frozen=True)
class Simulator:
    """A running simulator as its clients see it."""

    directory: Path
    api: str = f"http://{_NET}.1:{API_PORT}"

    @property
    def ca(self) -> str:
        """The path of its CA."""
        return str(self.directory / "ca.pem")

    def client(self, service: str, region: str = "eu-west-1") -> Any:
        """Return a boto3 client that talks to the simulator and does not retry."""
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.api,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def http(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """Call /_simulator/ and return status and body."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.api}/_simulator/{path}", data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Call /_simulator/, which must succeed, and return the JSON value."""
        status, answer = self.http(method, path, body)
        assert status == 200, answer
        return json.loads(answer)

    def messages(self, **query: str) -> list[dict[str, Any]]:
        """Return the messages that match."""
        filters = "&".join(f"{name}={value}" for name, value in query.items())
        found: list[dict[str, Any]] = self.control("GET", f"messages?{filters}")
        return found

    def zone(self, name: str, *records: tuple[str, str, str]) -> str:
        """Make a hosted zone with records, each a name, a type and a value; return its ID."""
        made = self.client("route53").create_hosted_zone(Name=name, CallerReference=f"{name}-{next(_NUMBERS)}")
        identifier = str(made["HostedZone"]["Id"])
        self.records(identifier, *records)
        return identifier

    def records(self, zone: str, *records: tuple[str, str, str]) -> None:
        """Put records into a hosted zone, in the place of what the name has of that type."""
        changes = [
            {
                "Action": "UPSERT",
                "ResourceRecordSet": {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]},
            }
            for name, kind, value in records
        ]
        if changes:
            self.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})

    def sender(self, *statements: dict[str, Any]) -> Sender:
        """Make an IAM user with these statements and a key."""
        iam = self.client("iam")
        name = f"sender-{next(_NUMBERS)}"
        iam.create_user(UserName=name)
        if statements:
            document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            iam.put_user_policy(UserName=name, PolicyName="send", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Sender(name, key["AccessKeyId"], key["SecretAccessKey"])

    def verified(self, identity: str, region: str = "eu-west-1") -> str:
        """Make a verified identity."""
        self.control("POST", "identities", {"region": region, "identity": identity, "status": "verified"})
        return identity

    def context(self) -> ssl.SSLContext:
        """Return a client context that trusts the simulator's CA alone."""
        return ssl.create_default_context(cafile=self.ca)

    def socket(self, region: str = "eu-west-1", port: int = STARTTLS) -> socket.socket:
        """Open a connection."""
        return socket.create_connection((ADDRESSES[region], port), timeout=10)

    def wrapped(self, region: str = "eu-west-1", context: ssl.SSLContext | None = None) -> ssl.SSLSocket:
        """Open a connection on the wrapper port, with the server's name and chain verified."""
        name = f"email-smtp.{region}.amazonaws.com"
        return (context or self.context()).wrap_socket(self.socket(region, WRAPPER), server_hostname=name)

    def smtp(self, region: str = "eu-west-1", *, tls: bool = True) -> smtplib.SMTP:
        """Return a connected client, on STARTTLS with TLS begun when asked for."""
        connection = smtplib.SMTP(ADDRESSES[region], STARTTLS, timeout=10)
        vars(connection)["_host"] = f"email-smtp.{region}.amazonaws.com"
        if tls:
            connection.starttls(context=self.context())
            connection.ehlo("client.example.com")
        return connection

    def logged_in(self, sender: Sender, region: str = "eu-west-1") -> smtplib.SMTP:
        """Return an authenticated client."""
        connection = self.smtp(region)
        connection.login(sender.access_key_id, sender.password(region))
        return connection


def start_options(*, api_port: int = API_PORT, offset: int = 0) -> list[str]:
    """Return the options for a simulator on this process's addresses."""
    options = [
        "--api",
        f"{_NET}.1:{api_port}",
        "--dns",
        f"{_NET}.1:{DNS_PORT + offset}",
        "--idle-timeout",
        str(IDLE_TIMEOUT),
    ]
    for region, address in ADDRESSES.items():
        options += ["--region", f"{region}={address}"]
    return [*options, "--port", f"{STARTTLS + offset}/starttls", "--port", f"{WRAPPER + offset}/tls"]
