# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role does to a Debian host's trust store, with the system's own program on folders of the test."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import jinja2
import pytest
import yaml
from simulator_client import FILES

from ses_simulator.certificates import Authority

ROLE = FILES.parent
FOLDERS = ("certsdir", "localcertsdir", "etccertsdir", "hooksdir")
NAME = "email-smtp.eu-west-1.amazonaws.com"
PROGRAM = shutil.which("update-ca-certificates", path="/usr/sbin:/usr/bin")


@dataclass(frozen=True)
class Host:
    """A trust store, and the role's steps on it."""

    root: Path
    program: str

    @property
    def anchor(self) -> Path:
        return self.root / "localcertsdir" / "ses-simulator.crt"

    def step(self, name: str) -> str:
        """Run the command of a task as the role has it, on this store."""
        tasks = yaml.safe_load((ROLE / "tasks/trust.yml").read_text())[-1]["block"]
        [task] = [one for one in tasks if one["name"] == f"Trust | {name}"]
        template = task.get("ansible.builtin.shell") or task["ansible.builtin.command"]
        command = jinja2.Template(template).render(__ses_simulator_store=self._store())
        done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True, timeout=60)
        return done.stdout.strip()

    def _store(self) -> dict[str, str]:
        known = yaml.safe_load((ROLE / "vars/main.yml").read_text())["__ses_simulator_trust"]["Debian"]
        options = "".join(f" --{name} {self.root / name}" for name in ("certsconf", *FOLDERS))
        commands = {
            name: known[name].replace("update-ca-certificates", self.program) + options
            for name in ("refresh", "refresh_after_removal")
        }
        return {"anchor": str(self.anchor), "bundle": str(self.root / "etccertsdir/ca-certificates.crt"), **commands}

    def trusts(self, authority: Authority) -> tuple[bool, bool]:
        """Tell whether a server of the CA is trusted by the bundle, and by the folder that OpenSSL looks into."""
        store = self.root / "etccertsdir"
        return (
            _handshake(authority, ssl.create_default_context(cafile=str(store / "ca-certificates.crt"))),
            _handshake(authority, ssl.create_default_context(capath=str(store))),
        )


def _handshake(authority: Authority, client: ssl.SSLContext) -> bool:
    """Hold a TLS handshake in memory; tell whether the client verified the server."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=NAME)
    server = authority.context("eu-west-1").wrap_bio(to_server, to_client, server_side=True)
    for _unused in range(10):
        for side in (ours, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError:
                return False
            if side is ours:
                return True
    raise AssertionError("the handshake does not end")


@pytest.fixture
def host(tmp_path: Path) -> Host:
    assert PROGRAM, "there is no update-ca-certificates here: install the package ca-certificates"
    for name in FOLDERS:
        (tmp_path / name).mkdir()
    # An empty one would make every call of the program a fresh one.
    (tmp_path / "certsconf").write_text("# nothing of the distribution's\n")
    return Host(tmp_path, PROGRAM)


@pytest.fixture
def authorities(tmp_path: Path) -> list[Authority]:
    made = []
    for name in ("first", "second", "system"):
        (tmp_path / name).mkdir()
        made.append(Authority(tmp_path / name))
    return made


def test_a_ca_that_takes_the_place_of_another_is_trusted_and_goes_again(
    host: Host, authorities: list[Authority]
) -> None:
    first, second, system = authorities
    # A bundle is never empty on a real host.
    (host.root / "localcertsdir/system.crt").write_bytes(system.pem())
    host.anchor.write_bytes(first.pem())
    update = "Bring the bundle up to date"
    assert host.step(update) != "current"
    assert (host.trusts(first), host.trusts(second)) == ((True, True), (False, False))
    assert host.step(update) == "current"
    host.anchor.write_bytes(second.pem())
    assert host.step(update) != "current"
    assert (host.trusts(first), host.trusts(second)) == ((False, False), (True, True))
    assert host.step(update) == "current"
    host.anchor.unlink()
    host.step("Rebuild the bundle without the CA")
    assert (host.trusts(first), host.trusts(second)) == ((False, False), (False, False))
    assert host.trusts(system) == (True, True)
    assert [link for link in (host.root / "etccertsdir").iterdir() if not link.exists()] == []
