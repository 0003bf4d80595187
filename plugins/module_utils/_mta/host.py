# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to a host that do not depend on its MTA: commands, packages, what sends its mail."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import tempfile
import threading
from contextlib import suppress
from typing import IO, Collection, Mapping, NamedTuple, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._mta.errors import MtaError

SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

SENDMAIL = "/usr/sbin/sendmail"

# Where Debian, the Red Hat family, SUSE and Alpine keep the bundle of trusted certificate authorities.
CA_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


class Outcome(NamedTuple):
    """What a command returned and printed."""

    status: int
    output: str
    errors: str

    @property
    def said(self) -> str:
        return (self.errors.strip() or self.output.strip())[:2000]


def run(command: Sequence[str], *, timeout: float = 60) -> Outcome:
    """Run a command in the C locale; a missing program or a time-out is an error with its name."""
    with tempfile.TemporaryFile() as errors:
        status, output = _run(command, errors, timeout)
        errors.seek(0)
        return Outcome(status, output, errors.read().decode("utf-8", "replace"))


def run_on_terminal(command: Sequence[str], *, timeout: float = 60) -> Outcome:
    """Run a command whose standard error is a terminal: Postfix's own commands tell nothing but syslog otherwise."""
    master, slave = pty.openpty()
    said: list[bytes] = []
    # Read while it runs: a terminal holds a few kilobytes, then its writer waits.
    reader = threading.Thread(target=_drain, args=(master, said), daemon=True)
    reader.start()
    try:
        status, output = _run(command, slave, timeout)
    finally:
        os.close(slave)
        reader.join(1)
        os.close(master)
    return Outcome(status, output, b"".join(said).decode("utf-8", "replace").replace("\r\n", "\n"))


def _drain(master: int, said: list[bytes]) -> None:
    """Collect what a terminal shows until its other end is closed, which Linux reports as EIO."""
    with suppress(OSError):
        while True:
            said.append(os.read(master, 4096))


def _run(command: Sequence[str], errors: IO[bytes] | int, timeout: float) -> tuple[int, str]:
    environment = {**os.environ, "LC_ALL": "C", "PATH": SEARCH_PATH}
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError:
        raise MtaError(f"{command[0]}: not found on this host. Install the package that brings it.") from None
    except subprocess.TimeoutExpired:
        raise MtaError(f"{' '.join(command[:2])}: no answer within {timeout:.0f} s, so it was stopped.") from None
    return done.returncode, done.stdout.decode("utf-8", "replace")


def system_ca_file() -> str:
    """Return the bundle of the certificate authorities that this host trusts, the first place's name where none is."""
    return next(filter(os.path.exists, CA_FILES), CA_FILES[0])


def sendmail_program() -> str | None:
    """Return the program behind the sendmail command, which every MTA brings: C(/usr/sbin/exim4); None without one."""
    return os.path.realpath(SENDMAIL) if os.path.exists(SENDMAIL) else None


def missing_packages(wanted: Mapping[str, Sequence[str]]) -> tuple[str, list[str]]:
    """Return this host's package manager (C(apt), C(dnf)), and those of its packages that are not installed.

    "exim4-daemon-light | exim4-daemon-heavy" is there with either of them; where none is, the first one is missing.
    """
    if not wanted:
        return "", []
    for manager, program, query in (("apt", "dpkg-query", _missing_deb), ("dnf", "rpm", _missing_rpm)):
        if manager in wanted and shutil.which(program, path=SEARCH_PATH):
            return manager, query(wanted[manager])
    raise MtaError(
        f"This host has no package manager that is known here ({', '.join(sorted(wanted))}). "
        "Install the mail server yourself and give an empty list of packages."
    )


def _missing(wanted: Sequence[str], present: Collection[str]) -> list[str]:
    alternatives = [[name.strip() for name in entry.split("|")] for entry in wanted]
    return [names[0] for names in alternatives if not any(name in present for name in names)]


def _missing_deb(wanted: Sequence[str]) -> list[str]:
    names = [name.strip() for entry in wanted for name in entry.split("|")]
    shown = run(["dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\\n", *names])
    return _missing(wanted, {line.split()[0] for line in shown.output.splitlines() if line.endswith(" installed")})


def _missing_rpm(wanted: Sequence[str]) -> list[str]:
    names = [name.strip() for entry in wanted for name in entry.split("|")]
    return _missing(wanted, {name for name in names if run(["rpm", "-q", "--quiet", name]).status == 0})
