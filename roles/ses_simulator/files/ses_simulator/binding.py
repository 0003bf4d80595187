# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why an address cannot be listened on, and what to do about it."""

from __future__ import annotations

import errno


class BindError(Exception):
    """An address cannot be listened on; the text says what to do."""


def explain_bind_error(error: OSError, *, address: str, port: int) -> str:
    """Return the thing, the cause and the next step for a failed bind."""
    place = f"cannot listen on {address} port {port}"
    if error.errno == errno.EADDRNOTAVAIL:
        return (
            f"{place}: this machine has no such address. Add it to an interface, for example"
            f" 'ip address add {address}/32 dev lo', or let the role ses_simulator make one (ses_simulator_interface)."
        )
    if error.errno == errno.EADDRINUSE:
        return (
            f"{place}: another program listens there. Find it with \"ss -ltnp 'sport = :{port}'\" and stop it,"
            " or choose another address."
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{place}: ports below 1024 need root. Run as root, or give --port with numbers from 1024 up."
    return f"{place}: {error.strerror}. Check the address and the port."
