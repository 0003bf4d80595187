# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's process: HTTP in threads, SMTP in the event loop."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import threading
from pathlib import Path

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from ses_simulator import identities, name_server
from ses_simulator.api import Application
from ses_simulator.binding import BindError, explain_bind_error
from ses_simulator.certificates import Authority
from ses_simulator.control import Control
from ses_simulator.listeners import listen
from ses_simulator.settings import Settings
from ses_simulator.simulation import Simulation


class _RequestHandler(MotoRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing: GET /_simulator/calls has it."""


def _http_server(simulation: Simulation) -> BaseWSGIServer:
    settings = simulation.settings
    application = Application(simulation, Control(simulation))
    try:
        return make_server(
            settings.api_address, settings.api_port, application, threaded=True, request_handler=_RequestHandler
        )
    except OSError as error:
        raise BindError(explain_bind_error(error, address=settings.api_address, port=settings.api_port)) from error
    except SystemExit as error:
        # werkzeug exits by itself when the port is taken; it has printed nothing that tells what to do.
        taken = OSError(98, "Address already in use")
        raise BindError(explain_bind_error(taken, address=settings.api_address, port=settings.api_port)) from error


async def _serve(simulation: Simulation) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    servers = await listen(simulation)
    names = await name_server.listen(simulation.settings)
    http = _http_server(simulation)
    thread = threading.Thread(target=http.serve_forever, name="http", daemon=True)
    thread.start()
    logging.getLogger(__name__).info("ready: API %s", simulation.settings.api_url)
    await stopped.wait()
    for server in [*servers, *([names] if names else [])]:
        server.close()
    http.shutdown()


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; raise BindError when an address cannot be had."""
    # aiosmtpd logs whole commands at INFO, and an AUTH command holds a password.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    # A fleet opens more connections than the usual soft limit allows.
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    Path(settings.state_dir).mkdir(parents=True, exist_ok=True)
    identities.install(verify_at_once=settings.verify_identities)
    simulation = Simulation(settings, Authority(settings.state_dir))
    asyncio.run(_serve(simulation))
