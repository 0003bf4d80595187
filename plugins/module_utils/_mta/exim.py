# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exim as Debian packages it: fragments in conf.d, from which its own tool makes the configuration.

The service runs that tool whenever it starts or reloads; here it makes the same of a copy first, for Exim to check.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from contextlib import suppress
from typing import Callable, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._mta import exim_files, postfix_files
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.errors import MtaError
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.files import FileChange, WantedFile, read_state
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.host import Outcome, run
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.journal import Edit
from ansible_collections.cloudmail.ses.plugins.module_utils._mta.mail_server import MailServer, Request

CONFIG = "/etc/exim4"
EXIM = "/usr/sbin/exim4"
# Where there is this file, Exim reads it and nothing of what Debian makes.
WHOLE = CONFIG + "/exim4.conf"
MADE_FROM = CONFIG + "/update-exim4.conf.conf"
TEMPLATE = CONFIG + "/exim4.conf.template"
LOCAL_MACROS = CONFIG + "/exim4.conf.localmacros"
# Debian's authenticators, and the file that its tool takes in place of that one where it is there.
AUTHENTICATORS = CONFIG + "/conf.d/auth/30_exim4-config_examples"
RULING = AUTHENTICATORS + ".rul"
DAEMON = "/etc/default/exim4"
ALIASES = "/etc/aliases"
PID = "/run/exim4/exim.pid"
PROC = "/proc"
UNITS = ("/usr/lib/systemd/system/exim4.service", "/lib/systemd/system/exim4.service")

# With what Debian's own service starts the daemon where nobody says otherwise.
DAEMON_OPTIONS = "-bdf -q30m"

# Of our settings the one that is the daemon's; Debian's name for it up to Debian 12.
QUEUE_INTERVAL = "QUEUEINTERVAL"


class Exim(MailServer):
    """The one Exim of a host, in /etc/exim4."""

    name = "exim"
    config = CONFIG

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        if request.files and os.path.isdir("/etc/exim") and not os.path.isdir(CONFIG):
            raise MtaError(
                "Exim on this host is packaged with its whole configuration in /etc/exim/exim.conf. Here only Debian's "
                "packages of Exim (with fragments in /etc/exim4/conf.d) can be configured. Set ses_relay_mta: postfix."
            )

    @property
    def installed(self) -> bool:
        return os.path.exists(EXIM) and os.path.exists(MADE_FROM)

    @property
    def version(self) -> str:
        if not os.path.exists(EXIM):
            return ""
        found = re.search(r"Exim version (\S+)", run([EXIM, "--version"]).output)
        return found.group(1) if found else ""

    # What is wanted

    def edits(self) -> list[Edit]:
        """Return the edits of Debian's files; those that Exim's configuration is made from last."""
        aliases = {name: _text(to) for name, to in self.request.aliases.items()}
        made_from = {name: _text(value) for name, value in self.request.settings.items() if name != QUEUE_INTERVAL}
        return [
            Edit(
                os.path.realpath(ALIASES),
                postfix_files.write_aliases(aliases),
                postfix_files.alias_lines,
                postfix_files.edit_aliases,
            ),
            self._assignments(DAEMON, self._daemon_options()),
            self._assignments(MADE_FROM, made_from),
        ]

    @staticmethod
    def _assignments(path: str, values: dict[str, str]) -> Edit:
        wanted = exim_files.write_assignments(values)
        return Edit(os.path.realpath(path), wanted, exim_files.assignment_lines, exim_files.edit_assignments)

    def _daemon_options(self) -> dict[str, str]:
        """Return what sets the time between two queue runs, which is named one way in a script, another in a unit."""
        interval = self.request.settings.get(QUEUE_INTERVAL)
        if interval is None:
            return {}
        if not any(map(os.path.exists, UNITS)):
            return {QUEUE_INTERVAL: _text(interval)}
        options = exim_files.read_assignments(_read(DAEMON)).get("EXIMSERVICE", DAEMON_OPTIONS)
        return {"EXIMSERVICE": exim_files.with_queue_runs(options, _text(interval))}

    def own_files(self) -> list[WantedFile]:
        """Return the fragments, and one that takes the place of Debian's authenticators.

        Those would send what somebody has put into passwd.client, if only for *, to SES.
        """
        files = super().own_files()
        if files and os.path.exists(WHOLE):
            # Only with take_over: it is a conflict.
            files.append(WantedFile(path=WHOLE, content=b"", secret=True, absent=True))
        before = self.journal.files.get(RULING, read_state(RULING))
        if files and os.path.exists(AUTHENTICATORS):
            text = before.content if before and before.content is not None else read_state(AUTHENTICATORS).content
            kept = exim_files.without_clients((text or b"").decode("utf-8", "surrogateescape"))
            files.append(WantedFile(path=RULING, content=kept.encode("utf-8", "surrogateescape"), mode=0o644))
        return files

    def conflicts(self) -> list[str]:
        """Return what of somebody else's configuration would be lost, or would hide ours."""
        found = []
        if os.path.exists(WHOLE):
            found.append(f"{WHOLE} was made by somebody else, and Exim reads it instead of all that Debian has.")
        have = exim_files.read_assignments(_read(MADE_FROM))
        if have.get("dc_eximconfig_configtype") in ("smarthost", "satellite") and have.get("dc_smarthost"):
            found.append(
                f"dc_smarthost is {have['dc_smarthost']} in {MADE_FROM}, set by somebody else; wanted is none, as mail "
                "leaves through SES."
            )
        if have.get("dc_use_split_config") != "true":
            found += self._lost_with_the_template()
        return found

    @staticmethod
    def _lost_with_the_template() -> list[str]:
        """dc_use_split_config is not true, and wanted is true: what is in the files that are read now is read no more."""
        found = []
        wanted = f"dc_use_split_config is false in {MADE_FROM}; wanted is true, and then Exim would not read"
        if TEMPLATE in run(["dpkg", "--verify", "exim4-config"]).output:
            found.append(f"{wanted} {TEMPLATE}, which somebody has changed.")
        if exim_files.filled(_read(LOCAL_MACROS)):
            found.append(
                f"{wanted} {LOCAL_MACROS}, which somebody has made. With true, {CONFIG}/conf.d/main has its place."
            )
        return found

    # What a transaction asks for

    def validate(self, changes: Sequence[FileChange]) -> None:
        """Let Debian make a configuration of a copy of the new files, and Exim read it."""
        if not self.installed:
            return
        folder = CONFIG + "/.ses-check"
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder, 0o700)
        try:
            _copy_sources(folder)
            for change in changes:
                _put(change.wanted, folder)
            made = folder + "/made"
            _refuse(run(["update-exim4.conf", "--confdir", folder, "--output", made]), folder)
            _refuse(run([EXIM, "-C", made, "-bV"]), folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def queued(self) -> int:
        counted = run([EXIM, "-bpc"]).output.strip()
        return int(counted) if counted.isdigit() else 0

    def flush(self) -> None:
        """Start a queue run for all messages, those whose time has not come included, and do not wait for its end."""
        run([EXIM, "-odb", "-qff"])

    def running(self) -> bool:
        return _daemon() is not None

    def load(self, changes: Sequence[FileChange]) -> None:
        """Let the daemon read a configuration made anew; its own options need a new daemon."""
        daemon = _daemon()
        options_changed = any(change.wanted.path == os.path.realpath(DAEMON) for change in changes)
        if daemon is None or options_changed or not _may_become_root(daemon):
            # To the service manager a script's daemon that has died still runs.
            _service("stop")
            if daemon is None:
                _service("enable")
            else:
                _end(daemon)
            _service("start")
        else:
            _refuse(run(["update-exim4.conf"]), "")
            os.kill(daemon, signal.SIGHUP)
            # It keeps its number, and is gone a moment later where it cannot go on.
            time.sleep(0.3)
        # A new one writes its number down when it has opened its sockets, which is after the command has ended.
        if not _within(10, lambda: _daemon() is not None):
            raise MtaError(
                "Exim's daemon is not there after it was started. See 'journalctl -u exim4', /var/log/exim4/paniclog, "
                f"and whether {DAEMON} lets it start."
            )


def _daemon() -> int | None:
    """Return the number of the daemon's process; None where it does not run."""
    with suppress(OSError, ValueError):
        with open(PID, encoding="ascii") as stream:
            pid = int(stream.read())
        with open(f"{PROC}/{pid}/comm", encoding="ascii") as stream:
            return pid if stream.read().strip() == "exim4" else None
    return None


def _may_become_root(daemon: int) -> bool:
    """Tell whether a daemon can open its sockets anew: it is root no more, and only its program makes it that again.

    systemd takes that from a service with some of its restrictions, also where it cannot apply the rest of them.
    """
    with suppress(OSError), open(f"{PROC}/{daemon}/status", encoding="utf-8") as stream:
        return re.search(r"^NoNewPrivs:\s*1$", stream.read(), re.MULTILINE) is None
    return True


def _end(daemon: int) -> None:
    """End a daemon that the service's script has lost sight of: it looks for a program that it may not be allowed to see."""
    if _within(1, lambda: not os.path.exists(f"/proc/{daemon}")):
        return
    with suppress(ProcessLookupError):
        os.kill(daemon, signal.SIGTERM)
    if not _within(10, lambda: not os.path.exists(f"/proc/{daemon}")):
        raise MtaError(f"Exim's daemon (process {daemon}) does not end. Look at what it does, end it, and run again.")


def _within(seconds: float, seen: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not seen():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _service(verb: str) -> None:
    if os.path.isdir("/run/systemd/system"):
        command = ["systemctl", verb, "exim4"]
    elif verb == "enable":
        return
    else:
        command = ["service", "exim4", verb]
    done = run(command)
    if done.status != 0:
        raise MtaError(f"'{' '.join(command)}' failed: {done.said}")


def _copy_sources(folder: str) -> None:
    """Copy what Debian makes the configuration from; nothing that holds a secret is read for that."""
    shutil.copytree(CONFIG + "/conf.d", folder + "/conf.d")
    for path in (MADE_FROM, TEMPLATE):
        if os.path.exists(path):
            shutil.copy(path, folder)


def _put(wanted: WantedFile, folder: str) -> None:
    if not wanted.path.startswith(CONFIG + "/") or (wanted.secret and not wanted.absent):
        return
    target = os.path.join(folder, os.path.relpath(wanted.path, CONFIG))
    if wanted.absent:
        with suppress(FileNotFoundError):
            os.unlink(target)
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copy(wanted.staged_path, target)


def _refuse(checked: Outcome, folder: str) -> None:
    if checked.status == 0:
        return
    said = checked.said.replace(folder, "the new " + CONFIG) if folder else checked.said
    if "for the second time" in said:
        said += (
            f"\nExim takes an option once, and a fragment in {CONFIG}/conf.d/main sets this one already. Set the macro "
            "that it takes its value from (in capital letters), or change that fragment."
        )
    raise MtaError(f"Exim refuses the new configuration: {said}\nNothing was changed.")


def _read(path: str) -> str:
    return (read_state(path).content or b"").decode("utf-8", "replace")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return " ".join(str(value).split())
