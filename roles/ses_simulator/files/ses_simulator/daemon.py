# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulator a state directory: start it in the background, find it, stop it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ses_simulator.settings import Settings

START_TIMEOUT = 60.0
STOP_TIMEOUT = 15.0
_PACKAGE = Path(__file__).resolve().parent


class DaemonError(Exception):
    """The process cannot be started or stopped; the text says why and what to do."""


@dataclass(frozen=True)
class Running:
    """What a running simulator wrote about itself."""

    pid: int
    settings: dict[str, Any]
    code: str


def code_digest() -> str:
    """Return a digest of the package's files: a process that began with others is out of date."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@contextmanager
def claimed(settings: Settings) -> Iterator[None]:
    """Hold the state directory for this process, with its pid and settings beside the lock."""
    directory = settings.state_dir
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / "lock", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DaemonError(
                f"another simulator runs with {directory}: stop it first, or use another directory"
            ) from error
        about = {"pid": os.getpid(), "settings": settings.as_dict(), "code": code_digest()}
        temporary = directory / "running.json.new"
        temporary.write_text(json.dumps(about), encoding="utf-8")
        temporary.replace(directory / "running.json")
        (directory / "simulator.pid").write_text(f"{os.getpid()}\n", encoding="ascii")
        try:
            yield
        finally:
            (directory / "running.json").unlink(missing_ok=True)
            (directory / "simulator.pid").unlink(missing_ok=True)


def running(directory: Path) -> Running | None:
    """Return the simulator that holds the directory, None when nothing does.

    The lock decides, not the pid file: a pid can be another program's after a crash.
    """
    # It takes the lock before it writes about itself, and removes that before it lets go of the
    # lock: for a moment at either end the directory is held and nothing says by whom.
    deadline = time.monotonic() + 2.0
    while _held(directory):
        with suppress(FileNotFoundError):
            about = json.loads((directory / "running.json").read_text(encoding="utf-8"))
            return Running(about["pid"], about["settings"], about["code"])
        if time.monotonic() > deadline:
            lock = directory / "lock"
            raise DaemonError(f"a process holds {lock} but does not say which: see 'fuser {lock}'")
        time.sleep(0.05)
    return None


def _held(directory: Path) -> bool:
    try:
        with open(directory / "lock", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def start(settings: Settings, arguments: list[str]) -> int:
    """Start a simulator in the background, wait until it answers, return its pid."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    log = settings.state_dir / "simulator.log"
    environment = {**os.environ, "PYTHONPATH": str(_PACKAGE.parent)}
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "ses_simulator", "serve", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=environment,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if _healthy(settings, process.pid):
            return process.pid
        if process.poll() is not None:
            raise DaemonError(f"the simulator did not start. {_last_words(log)}")
        time.sleep(0.1)
    process.terminate()
    raise DaemonError(f"the simulator was not ready within {START_TIMEOUT:.0f} s and was ended; see {log}")


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else f"It said nothing; see {log}"


def _healthy(settings: Settings, pid: int) -> bool:
    # Straight to the address: a proxy in the environment has no business here.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{settings.api_url}/_simulator/health", timeout=2) as answer:
            return bool(json.load(answer)["pid"] == pid)
    except (OSError, ValueError, KeyError):
        return False


def stop(directory: Path) -> int | None:
    """Stop the simulator of a directory and wait for its end; return its pid, None when none ran."""
    found = running(directory)
    if found is None:
        return None
    for number, patience in ((signal.SIGTERM, STOP_TIMEOUT), (signal.SIGKILL, 5.0)):
        try:
            os.kill(found.pid, number)
        except ProcessLookupError:
            return found.pid
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if not _held(directory):
                return found.pid
            time.sleep(0.05)
    raise DaemonError(f"process {found.pid} does not end: look at it with 'ps -fp {found.pid}'")
