# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host side on each Python that this machine has: nothing but the standard library, 3.7 and newer.

PYTHONS adds commands, separated by colons, for example "chroot /srv/sid python3"; one of them that cannot be run fails.
Which versions of 3.7 to 3.14 were run, and which this machine does not have, is shown with -rA.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from .fault_server import FaultServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Server

PROGRAM = Path(__file__).with_name("on_any_python.py")
ROOT = PROGRAM.parents[5] / ".cache" / "import"
USERNAME = "AKIAIOSFODNN7EXAMPLE"
PASSWORD = "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"
WRONG = "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"
OLDEST, NEWEST = 7, 14


def pythons() -> dict[str, list[str]]:
    """Return the commands by version: of PYTHONS, of pyenv, of the path, and this one."""
    found = {f"3.{sys.version_info[1]}": [sys.executable]}
    for number in range(OLDEST, NEWEST + 1):
        for path in sorted(Path.home().glob(f".pyenv/versions/3.{number}.*/bin/python")):
            found.setdefault(f"3.{number}", [str(path)])
        path_of = shutil.which(f"python3.{number}")
        if path_of:
            found.setdefault(f"3.{number}", [path_of])
    for command in filter(None, os.environ.get("PYTHONS", "").split(":")):
        found[command] = shlex.split(command)
    return found


PYTHONS = pythons()


def bare_authority(folder: Path) -> tuple[str, trustme.LeafCert]:
    """Return the file of an authority without the extensions that Python 3.13 began to ask for, and a certificate."""
    begin, end = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=day) for day in (-1, 1))
    keys = [ec.generate_private_key(ec.SECP256R1()) for _unused in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("Company CA", "localhost")]
    extensions: tuple[x509.ExtensionType, ...] = (
        x509.BasicConstraints(ca=True, path_length=None),
        x509.SubjectAlternativeName([x509.DNSName("localhost")]),
    )
    top, leaf = (
        x509.CertificateBuilder(names[0], name, key.public_key(), number, begin, end)
        .add_extension(extension, critical=False)
        .sign(keys[0], hashes.SHA256())
        .public_bytes(Encoding.PEM)
        for number, (name, key, extension) in enumerate(zip(names, keys, extensions), start=1)
    )
    path = folder / "company.pem"
    path.write_bytes(top)
    secret = keys[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return str(path), trustme.LeafCert(secret, leaf, [])


def test_which_versions_are_run() -> None:
    commands = list(filter(None, os.environ.get("PYTHONS", "").split(":")))
    asked = 'import sys; print("%d.%d" % sys.version_info[:2])'
    run = {}
    for name, command in PYTHONS.items():
        if shutil.which(command[0]) is None:
            run[name] = ""
            continue
        done = subprocess.run([*command, "-c", asked], capture_output=True, text=True, check=False, timeout=60)
        run[name] = done.stdout.strip()
    missing = {f"3.{number}" for number in range(OLDEST, NEWEST + 1)} - set(run.values())
    print("run:", ", ".join(sorted(filter(None, run.values()))), "missing:", ", ".join(sorted(missing)) or "none")
    assert [name for name in commands if not run[name]] == [], "a command in PYTHONS cannot be run"


@pytest.mark.parametrize("version", PYTHONS)
def test_a_host_needs_its_own_python_only(
    version: str, serve: Callable[..., Server], authority: trustme.CA, ca_path: str, tmp_path: Path
) -> None:
    yesterday = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    good = serve()
    expired = serve(certificate=authority.issue_cert("localhost", not_after=yesterday))
    company_ca, company = bare_authority(tmp_path)
    behind_company = serve(certificate=company)
    silent = FaultServer(lambda peer: None)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        given = {
            "root": str(ROOT),
            "ca_path": ca_path,
            "company_ca": company_ca,
            "username": USERNAME,
            "password": PASSWORD,
            "wrong": WRONG,
            "ports": {
                "good": good.port,
                "expired": expired.port,
                "silent": silent.port,
                "company": behind_company.port,
                "nobody": nobody.getsockname()[1],
            },
        }
        # -I: nothing of the user's; -B: no files in the checkout
        command = [*PYTHONS[version], "-I", "-B", "-W", "error", str(PROGRAM), json.dumps(given)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    silent.stop()
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    major, minor = results.pop("version")
    assert (major, re.match(r"3\.\d+$", version) and f"3.{minor}") in ((3, version), (3, None))
    assert results.pop("doors") == {"port": good.port, "encryption": "starttls"}
    failures = {name: result.pop("failure") for name, result in results.items()}
    assert results == {
        "send": {"accepted": True, "kind": None, "tls": True},
        "company's authority": {"accepted": True, "kind": None, "tls": True},
        "check mode": {"accepted": False, "kind": None, "tls": True},
        "wrong password": {"accepted": False, "kind": "credentials", "tls": True},
        "unknown authority": {"accepted": False, "kind": "tls_unknown_ca", "tls": False},
        "expired": {"accepted": False, "kind": "tls_expired", "tls": False},
        "silent": {"accepted": False, "kind": "plain_on_wrapper", "tls": None},
        "refused": {"accepted": False, "kind": "refused", "tls": None},
        "plain": {"accepted": False, "kind": "wrapper_on_plain", "tls": None},
    }
    assert (failures["send"], failures["check mode"]) == (None, None)
    (envelope,) = good.behaviour.messages
    assert envelope.mail_from == "Root@xn--bcher-kva.example"
    assert b"X-SES-MESSAGE-TAGS: from=host" in envelope.content and b"bytes.bin" in envelope.content
