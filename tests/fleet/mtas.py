# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The MTAs that relay through SES, each as an administrator with its manual would set it up by hand.

Another MTA is a function that returns its files, a line in MTAS, and its host in mtas.yml.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Mapping, NamedTuple

from harness import CHECKOUT, DOMAIN, FLEET, Host, Simulator, trust

INVENTORY = FLEET / "mtas.yml"
DRIVER = FLEET / "mta_driver.py"
ON_HOST = "/opt/follow"
CA_FILE = "/etc/ssl/certs/ca-certificates.crt"


@dataclass(frozen=True)
class Relay:
    """The way to SES: endpoint, port, credential."""

    host: str
    port: int
    username: str
    password: str


class File(NamedTuple):
    """A file of a host: ``owner`` as chown takes it."""

    path: str
    content: str
    mode: str = "0644"
    owner: str = "root:root"


@dataclass(frozen=True)
class Mta:
    """An MTA and how it is set up: ``load`` makes it read its files, ``queue`` prints a line for each message it has.

    ``afresh`` makes it forget its connections to SES and what it knows of their failures. ``hides`` are kinds of diagnosis
    that its log cannot tell, and what it is taken for instead.
    """

    name: str
    packages: tuple[str, ...]
    files: Callable[[Relay], list[File]]
    load: str
    queue: str
    afresh: str = ""
    clear: str = ""
    hides: Mapping[str, str] = field(default_factory=dict)

    @property
    def host(self) -> Host:
        return Host(f"ses-{self.name}")

    def install(self) -> None:
        """Install the packages, which a host that is used again has."""
        names = " ".join(self.packages)
        self.host.run(
            # Debian's descriptions in other languages, and waiting for the disk, cost most of the time.
            f"dpkg-query -s {names} >/dev/null 2>&1 && exit; export DEBIAN_FRONTEND=noninteractive; "
            "apt-get -qq -o Acquire::Languages=none update && apt-get -qq -o Dpkg::Options::=--force-unsafe-io "
            f"install --yes --no-install-recommends {names} >/dev/null"
        )

    def configure(self, relay: Relay) -> None:
        """Write the files, and let the MTA read them."""
        for file in self.files(relay):
            self.host.run(f"install -D -m 0600 /dev/null {file.path}")
            self.host.write(file.path, file.content)
            self.host.run(f"chown {file.owner} {file.path} && chmod {file.mode} {file.path}")
        self.host.run(self.load)

    def start_afresh(self) -> None:
        """Let the next message go over a connection of its own."""
        if self.afresh:
            self.host.run(self.afresh)

    def queued(self) -> list[str]:
        """Return what says of each message in the queue that it is there; one that is removed may take a moment to go."""
        for _try in range(10):
            left = self.host.run(self.queue).splitlines() if self.queue else []
            if not left:
                break
            time.sleep(0.3)
        return left


def _postfix(relay: Relay) -> list[File]:
    settings = f"""
compatibility_level = 3.5
myorigin = {DOMAIN}
mydestination =
inet_interfaces = loopback-only
relayhost = [{relay.host}]:{relay.port}
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = texthash:/etc/postfix/sasl_passwd
smtp_sasl_security_options = noanonymous
smtp_tls_security_level = secure
smtp_tls_CAfile = {CA_FILE}
smtp_tls_loglevel = 1
smtp_use_tls = yes
"""
    credential = f"[{relay.host}]:{relay.port} {relay.username}:{relay.password}\n"
    return [File("/etc/postfix/main.cf", settings), File("/etc/postfix/sasl_passwd", credential, "0600")]


def _exim(relay: Relay) -> list[File]:
    settings = f"""
qualify_domain = {DOMAIN}
domainlist local_domains = @ : localhost
local_interfaces = 127.0.0.1
never_users = root
keep_environment =
acl_smtp_rcpt = check_rcpt

begin acl
check_rcpt:
  accept hosts = :
  deny message = relay not permitted

begin routers
ses:
  driver = manualroute
  domains = ! +local_domains
  transport = ses
  route_list = * {relay.host}::{relay.port} byname
  host_find_failed = defer
  no_more
aliases:
  driver = redirect
  data = root@{DOMAIN}

begin transports
ses:
  driver = smtp
  hosts_require_auth = *
  hosts_require_tls = *
  tls_verify_hosts = *
  tls_verify_certificates = {CA_FILE}
  tls_verify_cert_hostnames = *
  tls_sni = {relay.host}

begin retry
*  *  F,2h,15m; G,16h,1h,1.5; F,4d,6h

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  client_send = ^{relay.username}^{relay.password}
"""
    return [File("/etc/exim4/exim4.conf", settings, "0640", "root:Debian-exim")]


def _msmtp(relay: Relay) -> list[File]:
    settings = f"""
defaults
auth on
tls on
tls_trust_file {CA_FILE}
account ses
host {relay.host}
port {relay.port}
user {relay.username}
password {relay.password}
from root@{DOMAIN}
account default : ses
"""
    return [File("/etc/msmtprc", settings, "0600")]


def _sendmail(relay: Relay) -> list[File]:
    settings = f"""
define(`_USE_ETC_MAIL_')dnl
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
DOMAIN(`debian-mta')dnl
undefine(`confHOST_STATUS_DIRECTORY')dnl
FEATURE(`no_default_msa')dnl
DAEMON_OPTIONS(`Family=inet, Name=MTA-v4, Port=smtp, Addr=127.0.0.1')dnl
FEATURE(`access_db')dnl
FEATURE(`accept_unresolvable_domains')dnl
define(`SMART_HOST', `[{relay.host}]')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {relay.port}')dnl
FEATURE(`authinfo', `hash /etc/mail/authinfo')dnl
define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl
define(`confCACERT', `{CA_FILE}')dnl
define(`confCACERT_PATH', `/etc/ssl/certs')dnl
define(`confDOUBLE_BOUNCE_ADDRESS', `')dnl
MASQUERADE_AS(`{DOMAIN}')dnl
FEATURE(`masquerade_envelope')dnl
MAILER_DEFINITIONS
MAILER(`local')dnl
MAILER(`smtp')dnl
"""
    user, password = f'"U:{relay.username}" "I:{relay.username}"', f'"P:{relay.password}"'
    return [
        File("/etc/mail/sendmail.mc", settings),
        File("/etc/mail/authinfo", f'AuthInfo:{relay.host} {user} {password} "M:PLAIN"\n', "0600"),
        File("/etc/mail/access", f"TLS_Srv:{relay.host} VERIFY:112+CN:{relay.host}\n", "0600"),
    ]


def _opensmtpd(relay: Relay) -> list[File]:
    settings = f"""
table secrets file:/etc/smtpd-secrets
listen on localhost
action "ses" relay host smtp+tls://ses@{relay.host}:{relay.port} auth <secrets>
match from local for any action "ses"
"""
    return [
        File("/etc/smtpd.conf", settings),
        File("/etc/smtpd-secrets", f"ses {relay.username}:{relay.password}\n", "0640", "root:opensmtpd"),
    ]


def _nullmailer(relay: Relay) -> list[File]:
    options = f"--port={relay.port} --starttls --auth-login --user={relay.username} --pass={relay.password}"
    remote = f"{relay.host} smtp {options} --x509cafile={CA_FILE}\n"
    return [
        File("/etc/nullmailer/remotes", remote, "0600", "mail:mail"),
        File("/etc/nullmailer/helohost", f"nullmailer.{DOMAIN}\n"),
    ]


MTAS = (
    Mta(
        "postfix",
        ("postfix", "libsasl2-modules"),
        _postfix,
        "systemctl restart postfix",
        "postqueue -j | grep -v MAILER-DAEMON || true",
        clear="postsuper -d ALL 2>/dev/null",
    ),
    Mta(
        "exim",
        ("exim4-daemon-light",),
        _exim,
        "systemctl restart exim4",
        "exim4 -bpr | grep -v '<>' | grep '<' || true",
        clear="systemctl stop exim4; pkill exim4; rm -rf /var/spool/exim4/input/* /var/spool/exim4/db/*; systemctl start exim4",
    ),
    Mta(
        "sendmail",
        ("sendmail-bin", "sendmail-cf", "sensible-mda", "libsasl2-modules"),
        _sendmail,
        "cd /etc/mail && m4 sendmail.mc >sendmail.cf && makemap hash authinfo <authinfo && makemap hash access <access && "
        # What the service manager starts and stops is a script that may lose sight of the daemon.
        "kill -HUP $(head -1 /run/sendmail/mta/sendmail.pid) && sleep 1 && "
        "for try in $(seq 100); do (: </dev/tcp/127.0.0.1/25) 2>/dev/null && exit; sleep 0.1; done; exit 1",
        "grep -Lsx 'S<>' /var/spool/mqueue/qf* /var/spool/mqueue-client/qf* || true",
        clear="rm -f /var/spool/mqueue/* /var/spool/mqueue-client/*",
        hides={"credentials": "no_auth", "not_subscribed": "no_auth"},
    ),
    Mta(
        "opensmtpd",
        ("opensmtpd",),
        _opensmtpd,
        "smtpd -n && systemctl restart opensmtpd",
        # All but its bounces, those that it still writes and those without a sender.
        "smtpctl show queue | grep -vE '[|](bounce[|]auth|auth[|]@?)[|]' || true",
        # It keeps a connection for ten seconds, and leaves a server alone after a failure, such as that of a bounce.
        afresh="systemctl stop opensmtpd; rm -rf /var/spool/smtpd/queue/*; systemctl reset-failed opensmtpd; "
        "systemctl start opensmtpd && until smtpctl show status >/dev/null 2>&1; do sleep 0.05; done",
    ),
    Mta(
        "nullmailer",
        ("nullmailer",),
        _nullmailer,
        "systemctl restart nullmailer",
        "ls /var/spool/nullmailer/queue",
        clear="systemctl stop nullmailer; rm -f /var/spool/nullmailer/queue/*; systemctl start nullmailer",
    ),
    Mta("msmtp", ("msmtp", "msmtp-mta"), _msmtp, "true", ""),
)
BY_NAME = {mta.name: mta for mta in MTAS}


def make(simulator: Simulator, relay: Relay, *, anew: bool) -> None:
    """Make the hosts and set up their MTAs, all hosts at the same time; C(anew) without what an earlier run left."""
    if anew:
        in_parallel(lambda mta: mta.host.remove())
    subprocess.run(["ansible-playbook", "-i", str(INVENTORY), str(FLEET / "create.yml")], check=True)

    def set_up(mta: Mta) -> None:
        trust([mta.host], simulator)
        mta.install()
        mta.configure(relay)

    in_parallel(set_up)


def in_parallel(do: Callable[[Mta], Any], mtas: tuple[Mta, ...] = MTAS) -> dict[str, Any]:
    """Return what ``do`` returns for each MTA, by its name; the first failure is raised."""
    with ThreadPoolExecutor(len(mtas)) as pool:
        return dict(zip([mta.name for mta in mtas], pool.map(do, mtas)))


class Driver(AbstractContextManager["Driver"]):
    """A process on a host that submits and follows messages with the collection's own code.

    Unlike a run of the module each, it starts once for all messages.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        package = f"{ON_HOST}/ansible_collections/cloudmail/ses/plugins"
        host.run(f"rm -rf {ON_HOST} && mkdir -p {package}")
        for source, target in ((CHECKOUT / "plugins/module_utils", package), (DRIVER, ON_HOST)):
            subprocess.run(["podman", "cp", str(source), f"{host.name}:{target}/"], check=True)
        self._process = subprocess.Popen(
            ["podman", "exec", "-i", host.name, "python3", f"{ON_HOST}/{DRIVER.name}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def send(self, **wanted: Any) -> dict[str, Any]:
        """Return the module's result for a message; see mta_driver.py."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(wanted) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"{self._host.name}: {DRIVER.name} has ended"
        result: dict[str, Any] = json.loads(answer)
        return result

    def __exit__(self, *_error: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        assert self._process.wait(20) == 0


def address(host: Host) -> str:
    """Return the address that a host's connections come from."""
    return host.run("hostname -I").split()[0]


def write_corpus(path: Path, rows: list[tuple[str, list[str]]]) -> None:
    """Write the lines of a log by the kind that they are to be diagnosed as; SES has an example's address."""
    rows = [
        (kind, [re.sub(r"\b10\.86\.[0-9]+\.[0-9]+\b", "192.0.2.25", line) for line in lines]) for kind, lines in rows
    ]
    path.write_text("".join(f"# kind: {kind}\n" + "".join(line + "\n" for line in lines) for kind, lines in rows))
