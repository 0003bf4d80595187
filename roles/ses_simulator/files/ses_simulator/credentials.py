# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AUTH PLAIN and LOGIN, each with and without an initial response (RFC 4954)."""

from __future__ import annotations

import base64
import binascii

from aiosmtpd.smtp import MISSING, SMTP


async def read_credentials(connection: SMTP, arg: str) -> tuple[str, str] | None:
    """Return user name and password, None when the reply to a malformed command has been sent."""
    mechanism, _separator, initial = arg.partition(" ")
    if mechanism.upper() == "PLAIN":
        return await _plain(connection, initial.strip())
    if mechanism.upper() == "LOGIN":
        return await _login(connection, initial.strip())
    await connection.push("504 Unrecognized authentication type")
    return None


async def _plain(connection: SMTP, initial: str) -> tuple[str, str] | None:
    blob = await _answer(connection, "", initial)
    if blob is None:
        return None
    parts = blob.split("\0")
    return (parts[1], parts[2]) if len(parts) == 3 else ("", "")


async def _login(connection: SMTP, initial: str) -> tuple[str, str] | None:
    username = await _answer(connection, "Username:", initial)
    if username is None:
        return None
    password = await _answer(connection, "Password:", "")
    return None if password is None else (username, password)


async def _answer(connection: SMTP, challenge: str, initial: str) -> str | None:
    """Return the client's base64 answer decoded, None when a reply about it has been sent."""
    if not initial:
        answer = await connection.challenge_auth(challenge)
        return None if answer is MISSING else bytes(answer).decode("utf-8", "replace")
    try:
        # A lone "=" is an empty initial response.
        return base64.b64decode(initial if initial != "=" else "", validate=True).decode("utf-8", "replace")
    except binascii.Error:
        await connection.push("501 Can't decode base64")
        return None
