# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: serve, start, stop, status."""

from __future__ import annotations

import argparse
import ipaddress
import json
import logging
import sys
from pathlib import Path

from ses_simulator import daemon
from ses_simulator.binding import BindError
from ses_simulator.settings import DEFAULT_PORTS, Port, Settings


def _region(text: str) -> tuple[str, str]:
    region, _separator, address = text.partition("=")
    try:
        return region, str(ipaddress.ip_address(address))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}': give REGION=ADDRESS, for example eu-west-1=127.0.1.1") from None


def _api(text: str) -> tuple[str, int]:
    address, _separator, port = text.rpartition(":")
    try:
        return str(ipaddress.ip_address(address)), Port.parse(port).number
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}': give ADDRESS:PORT, for example 127.0.0.1:4579") from None


def _port(text: str) -> Port:
    try:
        return Port.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _seconds(text: str) -> float:
    if not text.replace(".", "", 1).isdigit() or float(text) <= 0:
        raise argparse.ArgumentTypeError(f"'{text}': give a number of seconds above 0")
    return float(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ses_simulator", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (("serve", "run in the foreground"), ("start", "run in the background, return when ready")):
        command = commands.add_parser(name, help=text)
        command.add_argument("--state-dir", type=Path, required=True, help="for the CA, the log and the pid file")
        command.add_argument(
            "--region", type=_region, action="append", required=True, metavar="REGION=ADDRESS", dest="regions"
        )
        command.add_argument("--api", type=_api, default=("127.0.0.1", 4579), metavar="ADDRESS:PORT")
        command.add_argument("--dns", type=_api, metavar="ADDRESS:PORT", help="answer DNS from Route 53 there")
        command.add_argument(
            "--port",
            type=_port,
            action="append",
            metavar="PORT[/starttls|/tls]",
            dest="ports",
            help="default: 25, 587, 2587, 465 and 2465",
        )
        command.add_argument("--verify-identities", action="store_true", help="new identities are verified at once")
        command.add_argument("--idle-timeout", type=_seconds, default=10.0, metavar="SECONDS")
        if name == "start":
            command.add_argument("--replace", action="store_true", help="restart one with other options or older files")
    for name in ("stop", "status"):
        command = commands.add_parser(name)
        command.add_argument("--state-dir", type=Path, required=True)
        if name == "status":
            command.add_argument("--json", action="store_true")
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(
        state_dir=options.state_dir.absolute(),
        regions=tuple(dict(options.regions).items()),
        api_address=options.api[0],
        api_port=options.api[1],
        ports=tuple(dict.fromkeys(options.ports or DEFAULT_PORTS)),
        verify_identities=options.verify_identities,
        idle_timeout=options.idle_timeout,
        dns=options.dns,
    )


def _arguments(settings: Settings) -> list[str]:
    arguments = ["--state-dir", str(settings.state_dir), "--api", f"{settings.api_address}:{settings.api_port}"]
    for region, address in settings.regions:
        arguments += ["--region", f"{region}={address}"]
    for port in settings.ports:
        arguments += ["--port", str(port)]
    arguments += ["--idle-timeout", str(settings.idle_timeout)]
    if settings.dns is not None:
        arguments += ["--dns", "{}:{}".format(*settings.dns)]
    return arguments + (["--verify-identities"] if settings.verify_identities else [])


def _tell(word: str, pid: int, settings: Settings) -> None:
    print(f"ses_simulator: {word} (pid {pid})")
    for region, address in settings.regions:
        print(f"  SMTP {region}: {address}, ports {', '.join(map(str, settings.ports))}")
    print(f"  API: {settings.api_url} (AWS_ENDPOINT_URL)")
    if settings.dns is not None:
        print("  DNS: {} port {}".format(*settings.dns))
    print(f"  messages: {settings.api_url}/_simulator/messages")
    print(f"  CA: {settings.state_dir / 'ca.pem'}")


def _serve(settings: Settings) -> None:
    # Here, so that stop and status work, and start explains itself, without the packages.
    from ses_simulator.server import serve

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    with daemon.claimed(settings):
        serve(settings)


def _start(settings: Settings, *, replace: bool) -> None:
    found = daemon.running(settings.state_dir)
    word = "started"
    if found is not None:
        differs = found.settings != settings.as_dict()
        if not differs and (found.code == daemon.code_digest() or not replace):
            _tell("already running", found.pid, settings)
            return
        if not replace:
            raise daemon.DaemonError(
                f"a simulator with other options runs with {settings.state_dir} (pid {found.pid}):"
                " run 'stop' first, or add --replace"
            )
        daemon.stop(settings.state_dir)
        word = "restarted"
    _tell(word, daemon.start(settings, _arguments(settings)), settings)


def _stop(directory: Path) -> None:
    pid = daemon.stop(directory)
    print("ses_simulator: not running" if pid is None else f"ses_simulator: stopped (pid {pid})")


def _status(directory: Path, *, as_json: bool) -> int:
    found = daemon.running(directory)
    if as_json:
        current = found is not None and found.code == daemon.code_digest()
        about = {"pid": found.pid, "settings": found.settings, "current": current} if found else {}
        print(json.dumps({"running": found is not None, **about}))
    elif found is None:
        print("ses_simulator: not running")
    else:
        print(f"ses_simulator: running (pid {found.pid})")
        for region, address in found.settings["regions"]:
            print(f"  SMTP {region}: {address}, ports {', '.join(found.settings['ports'])}")
        print(f"  API: http://{found.settings['api_address']}:{found.settings['api_port']}")
    return 0 if found else 3


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status: 0, 1 for an error, 3 for 'status' of none running."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "serve":
            _serve(_settings(options))
        elif options.command == "start":
            _start(_settings(options), replace=options.replace)
        elif options.command == "stop":
            _stop(options.state_dir.absolute())
        else:
            return _status(options.state_dir.absolute(), as_json=options.json)
    except ModuleNotFoundError as error:
        requirements = Path(__file__).resolve().parent.parent / "requirements.txt"
        print(
            f"ses_simulator: the Python package '{error.name}' is missing:"
            f" run '{sys.executable} -m pip install -r {requirements}'",
            file=sys.stderr,
        )
        return 1
    except (daemon.DaemonError, BindError, OSError) as error:
        print(f"ses_simulator: {error}", file=sys.stderr)
        return 1
    return 0
