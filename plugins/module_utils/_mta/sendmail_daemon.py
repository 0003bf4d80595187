# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sendmail's daemon: whether it runs, and how it reads its configuration anew.

The service manager is of little help. Sendmail is a script there (a unit of the type C(forking) without a pid file), which
counts as active when the daemon has long gone. A daemon that gets SIGHUP starts its program anew under another process
number, and is gone when it does not like its configuration.

So its pid file is what tells. On a host of containers a number of a file that was left behind can be a container's daemon
by now, which is left alone.
"""

from __future__ import annotations

import glob
import os
import re
import signal
import time
from contextlib import suppress
from typing import Mapping

from ansible_collections.cloudmail.ses.plugins.module_utils._mta.errors import MtaError
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.host import run
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.sendmail_files import pid_of

PID_FILES = ("/run/sendmail/mta/sendmail.pid", "/run/sendmail.pid")
SERVICE = "sendmail"
UNIT_FOLDERS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")

# A file of ours in place of "systemctl enable", so that it goes when the relay does.
BOOT_PATH = "/etc/systemd/system/multi-user.target.d/ses-sendmail.conf"
BOOT = f"""\
# Managed by Ansible (role cloudmail.ses.ses_relay). The package has not enabled its service.
[Unit]
Wants={SERVICE}.service
"""
SECONDS_TO_START = 20.0

# It has a number in a namespace below this one too (proc_pid_status(5)).
_IN_CONTAINER = re.compile(r"^NSpid:\s+[0-9]+\s+[0-9]", re.MULTILINE)


def pid(options: Mapping[str, str]) -> int:
    """Return the process number of the daemon, 0 when it does not run; C(options) are those of sendmail.cf."""
    for path in (options.get("PidFile", PID_FILES[0]), *PID_FILES):
        number = pid_of(_read(path))
        if number and _is_sendmail(number):
            return number
    return 0


def _is_sendmail(number: int) -> bool:
    """Tell a Sendmail of this host from another program that has got the number, and from that of a container."""
    program = _read(f"/proc/{number}/comm")
    return program.startswith("sendmail") and not _IN_CONTAINER.search(_read(f"/proc/{number}/status"))


def _read(path: str) -> str:
    with suppress(OSError), open(path, encoding="utf-8", errors="replace") as stream:
        return stream.read()
    return ""


def starts_at_boot(root: str = "") -> bool:
    """Tell whether this host starts the daemon at boot without us.

    Debian 13 has a unit and a script, and enables the script alone, which the unit hides.
    """
    if glob.glob(f"{root}/etc/systemd/system/*.wants/{SERVICE}.service"):
        return True
    hidden = any(os.path.exists(f"{root}{folder}/{SERVICE}.service") for folder in UNIT_FOLDERS)
    return not hidden and bool(glob.glob(f"{root}/etc/rc[2-5].d/S[0-9]*{SERVICE}"))


def load(options: Mapping[str, str]) -> None:
    """Let the daemon read its configuration: by SIGHUP when it runs, by the service when it does not.

    Raises MtaError with the end of its log when there is no daemon after that.
    """
    before = pid(options)
    if before:
        how = "SIGHUP"
        os.kill(before, signal.SIGHUP)
    else:
        how = _start()
    if not _came(options, before):
        raise MtaError(f"Sendmail's daemon does not run after {how}: {_why()}")


def _start() -> str:
    """Start the service, which may count as running."""
    command = (
        ["systemctl", "restart", SERVICE] if os.path.isdir("/run/systemd/system") else ["service", SERVICE, "restart"]
    )
    run(command, timeout=120)
    return f"'{' '.join(command)}'"


def _came(options: Mapping[str, str], before: int) -> bool:
    """Wait until another process than before is the daemon, and goes on to be it."""
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end:
        now = pid(options)
        if now and now != before:
            time.sleep(0.3)
            return pid(options) == now
        time.sleep(0.05)
    return False


def _why() -> str:
    """Return what the daemon wrote to its log last."""
    log = run(
        [
            "journalctl",
            "--identifier",
            "sm-mta",
            "--identifier",
            "sendmail",
            "--lines",
            "5",
            "--output",
            "cat",
            "--no-pager",
        ]
    )
    return log.output.strip()[-1000:] or "its log (journalctl, /var/log/mail.log or /var/log/maillog) says why"
