# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs commands in a test host by entering its namespaces.

A module takes about five commands through containers.podman.podman, each of them a third of a second for podman alone.
Here it is one command, of some milliseconds.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = """
name: entered
short_description: Run tasks in the test hosts of this collection, much faster than through podman
description: Enters the namespaces of a container on this machine, whose process podman wrote down with C(--pidfile).
author: cloudmail.ses contributors
options:
  pidfile:
    description: The file with the number of the container's first process.
    type: path
    vars:
      - name: ansible_entered_pidfile
"""


def command_in(pidfile: str | Path) -> list[str]:
    """Return the beginning of a command that runs in the host, with the environment that podman would give to it."""
    variables = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "container=podman"]
    return ["nsenter", "--all", "--target", Path(pidfile).read_text().strip(), "env", "-i", *variables]


class Connection(ConnectionBase):
    """A connection to a container on this machine."""

    transport = "entered"
    has_pipelining = True

    def _connect(self) -> Connection:
        self._connected = True
        return self

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run a command line of the shell."""
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        command = [*command_in(self.get_option("pidfile")), "/bin/sh", "-c", cmd]
        done = subprocess.run(command, input=in_data or b"", capture_output=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def put_file(self, in_path: str, out_path: str) -> None:
        """Copy a file to the host."""
        shutil.copyfile(in_path, self._below(out_path))

    def fetch_file(self, in_path: str, out_path: str) -> None:
        """Copy a file from the host."""
        shutil.copyfile(self._below(in_path), out_path)

    def _below(self, path: str) -> Path:
        number = Path(self.get_option("pidfile")).read_text().strip()
        return Path(f"/proc/{number}/root") / path.lstrip("/")

    def close(self) -> None:
        """There is nothing to close."""
        self._connected = False
