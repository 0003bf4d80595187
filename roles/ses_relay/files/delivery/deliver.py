# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hand one message to SES for a mail server that cannot do all that it takes: nullmailer, msmtp.

nullmailer-send starts it as the protocol "ses": options on standard input, the message on descriptor 3. For msmtp systemd
starts it for each connection to a local socket, of which it is the SMTP server; so who sends needs no password. The
configuration is a JSON file, and one with the credentials. Standard library alone, Python 3.7 and newer.
"""

from __future__ import annotations

import json
import os
import re
import smtplib
import socket
import ssl
import struct
import sys
import time
from email.utils import formataddr, getaddresses
from typing import Any, BinaryIO, Dict, List, NamedTuple, Tuple

TIMEOUT = 60
ENCODING = ("utf-8", "surrogateescape")
#: Fields in which bare names, and the host's own addresses, become those of the verified domain.
REWRITTEN = ("from", "sender", "reply-to", "to", "cc")
#: What SES takes at most, and more than a line of SMTP's dialogue may have.
MAX_MESSAGE, MAX_LINE = 40 * 1024 * 1024, 4096

SENT, LATER, NEVER = "sent", "later", "never"
#: Exit statuses of nullmailer's protocols (errcodes.h): taken, try again, give up.
NULLMAILER_STATUS = {SENT: 0, LATER: 16, NEVER: 35}

_FIELD = re.compile(r"([!-9;-~]+)[ \t]*:")
_ADDRESS = re.compile(r"([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+)@([A-Za-z0-9.-]+)")


class Outcome(NamedTuple):
    """What became of a message: C(reply) begins with SES's code where SES said it."""

    status: str
    reply: str
    host: str = ""


class Letter(NamedTuple):
    """A message with its envelope."""

    sender: str
    recipients: List[str]
    data: bytes


class Configuration:
    """What the files say: C(credentials) has user name and password by relay and endpoint."""

    def __init__(self, given: Dict[str, Any], credentials: Dict[str, Dict[str, Dict[str, str]]]) -> None:
        self.relays: List[Dict[str, Any]] = given["relays"]
        self._credentials = credentials
        self.port: int = given["port"]
        self.wrapper: bool = given["wrapper"]
        self.ca_file: str = given["ca_file"]
        self.domain: str = given["sender_domain"]
        self.exceptions: Dict[str, str] = {key.lower(): value for key, value in given["sender_exceptions"].items()}
        self.headers: List[Dict[str, str]] = given["headers"]
        self.bounces: Dict[str, str] = given["bounces"]
        self.postmaster: List[str] = [name.strip() for name in given["postmaster"].split(",")]
        self.rate: float = given["rate"] or 0
        own = {name.strip().lower() for name in given["local_domains"].split(",")} - {""}
        # What nullmailer makes of a name without a domain.
        own |= {f"{name}.{self.domain}".lower() for name in own if "." not in name}
        self.own = own - {self.domain.lower()}

    def as_it_leaves(self, address: str) -> str:
        """Return a sender's address as it leaves this host."""
        known = self.exceptions.get(address.lower())
        if known is not None:
            return known
        name, _at, domain = address.rpartition("@")
        if not name:
            return f"{domain}@{self.domain}"
        return f"{name}@{self.domain}" if domain.lower() in self.own else address

    def endpoints(self, sender: str) -> List[Dict[str, str]]:
        """Return the endpoints of a sender, by its address or else its domain, in order of preference."""
        address = sender.lower()
        for wanted in (address, "@" + address.rpartition("@")[2]):
            for relay in self.relays[1:]:
                if wanted in map(str.lower, relay["senders"]):
                    return self._endpoints(relay)
        return self._endpoints(self.relays[0])

    def _endpoints(self, relay: Dict[str, Any]) -> List[Dict[str, str]]:
        return [{"host": host, **self._credentials[relay["name"]][host]} for host in relay["endpoints"]]


def rewrite_field(value: str, wanted: Configuration) -> str:
    """Return a field's value: names without a domain get one, and addresses of this host another."""
    if "<>" in value and not _ADDRESS.search(value):
        # What nullmailer makes of the null sender ("<> <<>@web1.internal>"). SES wants an address.
        return f" MAILER-DAEMON@{wanted.domain}"
    pairs = getaddresses([value])
    bare = [address for _name, address in pairs if address and "@" not in address]
    if bare and all(address and " " not in address for _name, address in pairs):
        # "root (Cron Daemon)", "root": SES refuses both.
        named = [(text, address if "@" in address else f"{address}@{wanted.domain}") for text, address in pairs]
        try:
            value = " " + ", ".join(map(formataddr, named))
        except UnicodeError:
            return value
    return _ADDRESS.sub(lambda match: wanted.as_it_leaves(match.group(0)), value)


def rewrite_header(lines: List[str], wanted: Configuration) -> List[str]:
    """Return the lines of a message's header as they leave the host."""
    fields: List[List[str]] = []
    for line in lines:
        if line[:1] in (" ", "\t") and fields:
            fields[-1].append(line)
        else:
            fields.append([line])
    ours = {header["name"].lower() for header in wanted.headers}
    changed = [f"{header['name']}: {header['value']}" for header in wanted.headers]
    for field in fields:
        match = _FIELD.match(field[0])
        name = match.group(1).lower() if match else ""
        if match and name in REWRITTEN:
            text = "\n".join(field)
            changed += (text[: match.end()] + rewrite_field(text[match.end() :], wanted)).split("\n")
        elif name not in ours:
            changed += field
    return changed


def rewrite(data: bytes, wanted: Configuration) -> bytes:
    """Return a message, with the line ends of SMTP, as it leaves the host."""
    lines = data.replace(b"\r\n", b"\n").split(b"\n")
    end = lines.index(b"") if b"" in lines else len(lines)
    header = rewrite_header([line.decode(*ENCODING) for line in lines[:end]], wanted)
    return b"\r\n".join([line.encode(*ENCODING) for line in header] + lines[end:])


def address(letter: Letter, wanted: Configuration) -> Letter:
    """Return the message with the envelope that it leaves with; without recipients where it goes nowhere.

    SES refuses the null sender, which bounces and automatic replies have. The host has no mailboxes: what is for its users
    goes to its postmaster.
    """
    data = rewrite(letter.data, wanted)
    sender, recipients = wanted.as_it_leaves(letter.sender), letter.recipients
    if not letter.sender:
        sender = wanted.bounces["address"] if wanted.bounces["to"] == "sender" else f"root@{wanted.domain}"
        recipients = {"discard": [], "mailbox": wanted.postmaster}.get(wanted.bounces["to"], recipients)
    leaving: List[str] = []
    for recipient in recipients:
        _name, at, domain = recipient.rpartition("@")
        stays = not at or domain.lower() in wanted.own
        leaving += [one for one in (wanted.postmaster if stays else [recipient]) if one not in leaving]
    return Letter(sender, leaving, data)


def deliver(letter: Letter, wanted: Configuration) -> Outcome:
    """Hand a message to the first endpoint of its sender that takes it."""
    leaving = address(letter, wanted)
    if not leaving.recipients:
        return Outcome(SENT, "Mail with the null sender is discarded")
    if not all(one.isascii() for one in [leaving.sender, *leaving.recipients]):
        return Outcome(NEVER, "553 5.6.7 SES takes no address with other letters than those of ASCII")
    outcome = Outcome(LATER, "No endpoint is configured")
    for endpoint in wanted.endpoints(letter.sender or leaving.sender):
        outcome = attempt(leaving, endpoint, wanted)
        if outcome.status != LATER:
            break
    return outcome


def attempt(letter: Letter, endpoint: Dict[str, str], wanted: Configuration) -> Outcome:
    """Hand a message to one endpoint. Nothing that goes wrong before the message itself is the message's fault."""
    host = endpoint["host"]
    try:
        server = connect(endpoint, wanted)
    except smtplib.SMTPResponseException as error:
        return Outcome(LATER, _line(error.smtp_code, error.smtp_error), host)
    except (OSError, ValueError) as error:
        return Outcome(LATER, f"{host} port {wanted.port}: {_reason(error)}", host)
    try:
        outcome = transact(server, letter)
    except (OSError, ValueError) as error:
        outcome = Outcome(LATER, f"{host} port {wanted.port}: {_reason(error)}")
    try:
        server.quit()
    except OSError:
        server.close()
    return outcome._replace(host=host)


def connect(endpoint: Dict[str, str], wanted: Configuration) -> smtplib.SMTP:
    """Return an authenticated session; the password is only given over TLS, to whom the certificate is for."""
    context = ssl.create_default_context(cafile=wanted.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    name = os.environ.get("HELOHOST") or wanted.domain
    server: smtplib.SMTP
    if wanted.wrapper:
        server = smtplib.SMTP_SSL(endpoint["host"], wanted.port, name, timeout=TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(endpoint["host"], wanted.port, name, timeout=TIMEOUT)
    try:
        server.ehlo_or_helo_if_needed()
        if not wanted.wrapper:
            code, said = server.starttls(context=context)
            if code != 220:
                raise smtplib.SMTPResponseException(code, said)
            server.ehlo_or_helo_if_needed()
        if not isinstance(server.sock, ssl.SSLSocket):
            raise OSError("no TLS")
        server.user, server.password = endpoint["username"], endpoint["password"]
        server.auth("PLAIN", server.auth_plain)
    except BaseException:
        server.close()
        raise
    return server


def transact(server: smtplib.SMTP, letter: Letter) -> Outcome:
    """Send a message in a session; to all of its recipients or to none."""
    code, said = server.mail(letter.sender, ["BODY=8BITMIME"] if server.has_extn("8bitmime") else [])
    for recipient in letter.recipients:
        if code != 250:
            break
        code, said = server.rcpt(recipient)
        code = 250 if code == 251 else code
    if code == 250:
        try:
            code, said = server.data(letter.data)
        except smtplib.SMTPDataError as error:
            return _outcome(error.smtp_code, error.smtp_error)
    return _outcome(code, said)


def _outcome(code: int, said: Any) -> Outcome:
    status = SENT if code == 250 else NEVER if 500 <= code < 600 else LATER
    return Outcome(status, _line(code, said))


def _line(code: int, said: Any) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return f"{code} {' '.join(text.split())}"


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def as_protocol(options: BinaryIO, message: BinaryIO) -> Tuple[str, Letter]:
    """Return what nullmailer-send gives to a protocol: the configuration's path and the message."""
    path = ""
    for line in options.read().decode(*ENCODING).splitlines():
        name, _sign, value = line.partition("=")
        if name == "config":
            path = value
    envelope: List[str] = []
    for read in iter(message.readline, b""):
        line = read.decode(*ENCODING).rstrip("\n")
        if envelope and not line:
            break
        envelope.append(line)
    return path, Letter(envelope[0], envelope[1:], message.read())


def run_protocol() -> int:
    with os.fdopen(3, "rb") as message:
        path, letter = as_protocol(sys.stdin.buffer, message)
    wanted = read_configuration(path)
    if wanted.rate:
        # nullmailer sends one message after another; SES counts recipients.
        time.sleep(max(1, len(letter.recipients)) / wanted.rate)
    outcome = deliver(letter, wanted)
    print(outcome.reply)
    word = "Succeeded" if outcome.status == SENT else "Failed"
    sys.stderr.write(f"ses: {word}: {outcome.reply}\n")
    return NULLMAILER_STATUS[outcome.status]


class Server:
    """An SMTP server's side of one connection of a program on this host. It says what SES says."""

    def __init__(self, wanted: Configuration, read: BinaryIO, write: BinaryIO) -> None:
        self._wanted = wanted
        self._read = read
        self._write = write
        self._reset()

    def _reset(self) -> None:
        self._sender = ""
        self._known = False
        self._recipients: List[str] = []

    def serve(self) -> None:
        """Answer until the other side has had enough."""
        self._say("220 localhost ESMTP cloudmail.ses")
        for line in iter(lambda: self._read.readline(MAX_LINE), b""):
            word, _space, rest = line.decode(*ENCODING).strip().partition(" ")
            if word.upper() == "QUIT":
                self._say("221 Bye")
                return
            self._say(self._answer(word.upper(), rest))

    def _say(self, text: str) -> None:
        self._write.write(f"{text}\r\n".encode(*ENCODING))
        self._write.flush()

    def _answer(self, word: str, rest: str) -> str:
        if word == "EHLO":
            return f"250-localhost\r\n250-8BITMIME\r\n250 SIZE {MAX_MESSAGE}"
        if word == "MAIL":
            self._reset()
            self._sender, self._known = _path(rest), True
            return "250 Ok"
        if word == "RCPT" and self._known:
            self._recipients.append(_path(rest))
            return "250 Ok"
        if word == "DATA" and self._recipients:
            return self._take()
        if word in ("HELO", "NOOP", "RSET"):
            self._reset()
            return "250 Ok"
        return "503 Not now" if word in ("RCPT", "DATA") else "500 Unknown command"

    def _take(self) -> str:
        self._say("354 Go on")
        lines, size = [], 0
        for line in iter(self._read.readline, b""):
            if line.rstrip(b"\r\n") == b".":
                break
            size += len(line)
            if size <= MAX_MESSAGE:
                lines.append(line[1:] if line.startswith(b".") else line)
        else:
            return "451 Incomplete"
        if size > MAX_MESSAGE:
            return "552 SES takes no message of that size"
        letter = Letter(self._sender, self._recipients, b"".join(lines))
        self._reset()
        outcome = deliver(letter, self._wanted)
        envelope = f"from=<{letter.sender}> to=<{'>,<'.join(letter.recipients)}>"
        sys.stderr.write(f"{envelope} uid={_peer()} relay={outcome.host} status={outcome.status} ({outcome.reply})\n")
        if outcome.status == SENT:
            return outcome.reply if outcome.reply[:3].isdigit() else f"250 {outcome.reply}"
        return outcome.reply if outcome.reply[:3].isdigit() else f"451 4.3.0 {outcome.reply}"


def _path(text: str) -> str:
    """Return the address of a MAIL or RCPT command."""
    found = re.match(r"(?:FROM|TO):\s*<([^>\s]*)>", text, re.IGNORECASE)
    # msmtp -f '<>' says <<>>.
    return found.group(1).strip("<") if found else ""


def _peer() -> int:
    """Return the number of the user at the other end of standard input."""
    with socket.socket(fileno=os.dup(0)) as connection:
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])


def read_configuration(path: str) -> Configuration:
    with open(path, encoding="utf-8") as stream:
        settings = json.load(stream)
    with open(settings["credentials"], encoding="utf-8") as stream:
        return Configuration(settings, json.load(stream))


def main() -> int:
    if len(sys.argv) < 2:
        return run_protocol()
    Server(read_configuration(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
