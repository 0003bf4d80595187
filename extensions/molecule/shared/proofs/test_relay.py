# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ses_relay promises, proved by the messages that SES received. The proofs build on each other, in this order.

``molecule converge`` has set the hosts up with all of base.yml: two regions, two accounts, headers.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from stage import AS_INSTALLED, FIRST, RECIPIENT, SECOND, Host, Stage, aws, delete, header, new_key, set_old, wait_for

pytestmark = pytest.mark.filterwarnings("ignore")
# EX_UNAVAILABLE and EX_TEMPFAIL of sysexits.h: what a mail server without a queue says of a message that SES has not taken
NOT_TAKEN = {69, 75}
CONFIGURATION_SET, TAGS = "X-SES-CONFIGURATION-SET", "X-SES-MESSAGE-TAGS"


@pytest.fixture(scope="module")
def credentials() -> list[dict[str, Any]]:
    """What the hosts have: both accounts' user names and passwords."""
    store = aws("secretsmanager")
    return [json.loads(store.get_secret_value(SecretId=name)["SecretString"]) for name in ("molecule", "molecule-b")]


@pytest.fixture(scope="module")
def sent(stage: Stage) -> dict[str, dict[str, Any]]:
    """Messages that programs on the hosts send in all ways there are, by host and way."""

    def send(host: Host) -> None:
        at = f"{{}} from {host.name}".format
        host.send(at("mail"), f"From: The root <root@{host.fqdn}>\n")
        # As Debian's cron does
        host.send(
            at("cron"), "From: root (Cron Daemon)\nTo: root\n", command="/usr/sbin/sendmail -i -FCronDaemon -oem root"
        )
        host.send(at("user"), command="runuser -u nobody -- /usr/sbin/sendmail -t")
        host.send(at("app"), "From: app@example.com\n", command="/usr/sbin/sendmail -t -f app@example.com")
        host.send(at("other"), "From: app@b.example\n", command="/usr/sbin/sendmail -t -f app@b.example")
        backup = f"backup@{host.fqdn}"
        host.send(at("except"), f"From: {backup}\n", command=f"/usr/sbin/sendmail -t -f {backup}")
        own = f"From: app@example.com\n{CONFIGURATION_SET}: transactional\n{TAGS}: team=own\n"
        host.send(at("own headers"), own, command="/usr/sbin/sendmail -t -f app@example.com")
        if listens(host):
            host.run(f"python3 - <<'END'\n{SUBMIT.format(subject=at('port 25'), recipient=RECIPIENT)}\nEND")

    stage.each(send)
    return {}


SUBMIT = """
import smtplib
with smtplib.SMTP("localhost", 25) as server:
    server.sendmail("root@localhost", ["{recipient}"], "From: root@localhost\\nSubject: {subject}\\n\\nHello.\\n")
"""


def listens(host: Host) -> bool:
    """Tell whether something takes mail on this host's own port."""
    return bool(host.run("ss -Hltn 'sport = 25'"))


def came(stage: Stage, host: Host, way: str) -> dict[str, Any]:
    return stage.arrived(host, f"{way} from {host.name}")


def sender(message: dict[str, Any]) -> tuple[str, str]:
    """Return the sender of the envelope and the address in the header From."""
    (author,) = header(message, "From")
    return message["envelope"]["mail_from"], author.rpartition("<")[2].rstrip(">").partition(" ")[0]


def came_as(stage: Stage, host: Host, way: str, address: str) -> None:
    assert sender(came(stage, host, way)) == (address,) * 2, way


@pytest.mark.proves("plain")
def test_all_ways_lead_to_ses(stage: Stage, sent: Any, credentials: list[dict[str, Any]]) -> None:
    def check(host: Host) -> None:
        root = "root@example.com" if "root alias" in stage.refused else "ops@example.com"
        expected = {"mail": "root", "cron": "root", "user": "nobody", "app": "app"}
        if listens(host):
            expected["port 25"] = "root"
        for way, name in expected.items():
            message = came(stage, host, way)
            assert sender(message) == (f"{name}@example.com",) * 2, way
            assert message["envelope"]["recipients"] == [root if way == "cron" else RECIPIENT], way
            assert (message["region"], message["access_key_id"]) == (FIRST, credentials[0]["username"]), way
        stage.empty(host)

    stage.each(check)


@pytest.mark.proves("senders")
def test_a_sender_has_its_own_account_and_region(stage: Stage, sent: Any, credentials: list[dict[str, Any]]) -> None:
    def check(host: Host) -> None:
        message = came(stage, host, "other")
        assert sender(message) == ("app@b.example",) * 2
        assert (message["region"], message["access_key_id"]) == (SECOND, credentials[1]["username"])

    stage.each(check)


@pytest.mark.proves("exceptions")
def test_an_exception_leaves_with_its_own_address(stage: Stage, sent: Any) -> None:
    stage.each(lambda host: came_as(stage, host, "except", "backups@example.com"))


@pytest.mark.proves("headers")
def test_headers_are_added_once(stage: Stage, sent: Any) -> None:
    def check(host: Host) -> None:
        for way in ("mail", "cron", "app"):
            message = came(stage, host, way)
            assert header(message, CONFIGURATION_SET) == ["transactional"], way
            assert message["tags"] == {"team": "operations", "service": "mail"}, way
        own = came(stage, host, "own headers")
        assert header(own, CONFIGURATION_SET) == ["transactional"]
        assert len(header(own, TAGS)) == 1

    stage.each(check)


@pytest.mark.proves("closed")
def test_no_more_doors_than_before(stage: Stage) -> None:
    """Nothing listens for others, and so nobody else's mail is relayed."""

    def check(host: Host) -> None:
        listening = host.run("ss -Hltn | awk '{print $4}'").split()
        assert [one for one in listening if not one.startswith(("127.", "[::1]"))] == []
        for port in (25, 465, 587):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((host.address(), port), timeout=5)

    stage.each(check)


@pytest.mark.proves("unchanged")
def test_a_second_run_changes_nothing(stage: Stage) -> None:
    before = stage.each(lambda host: host.etc(times=True))
    run = stage.relay({})
    assert run.status == 0, run.output
    assert set(run.changed.values()) == {0}, run.output
    assert stage.each(lambda host: host.etc(times=True)) == before


def test_refuses_what_it_cannot_do(stage: Stage) -> None:
    """It is an error that names the mail server and the variable, before anything is changed."""
    before = stage.each(lambda host: host.etc(times=True))
    for asked in rounds(stage.refused):
        variables = {name: value for one in asked.values() for name, value in one.items()}
        run = stage.relay(variables)
        assert run.status != 0
        assert set(run.changed.values()) == {0}
        (message,) = {run.failure(host.name) for host in stage.hosts}
        for what, wanted in asked.items():
            lines = [line for line in message.splitlines() if any(name in line for name in wanted)]
            assert lines and all(stage.mta in line for line in lines), message
            stage.refusals[what] = " ".join(lines).rpartition("relay_input' failed: ")[2]
            stage.done[what] = {host.release: "refused" for host in stage.hosts}
    assert stage.each(lambda host: host.etc(times=True)) == before


def rounds(refused: dict[str, dict[str, Any]]) -> list[dict[str, dict[str, Any]]]:
    """Return what is refused in as few groups as can be asked for at the same time."""
    groups: list[dict[str, dict[str, Any]]] = []
    for what, variables in refused.items():
        free = [group for group in groups if not any(set(variables) & set(one) for one in group.values())]
        group = free[0] if free else {}
        if not free:
            groups.append(group)
        group[what] = variables
    return groups


@pytest.mark.proves("fail-over")
def test_fails_over_and_back(stage: Stage, credentials: list[dict[str, Any]]) -> None:
    stage.begin_anew()
    stage.fault(FIRST, "reset")

    def over(host: Host) -> None:
        host.send(f"over from {host.name}")
        message = stage.arrived(host, f"over from {host.name}", seconds=40, flushing=True)
        assert (message["region"], message["access_key_id"]) == (SECOND, credentials[0]["username"])

    stage.each(over)
    stage.heal()

    def back(host: Host) -> None:
        def first() -> bool:
            subject = f"back at {time.monotonic()} from {host.name}"
            host.flush()
            host.send(subject)
            return bool(stage.arrived(host, subject)["region"] == FIRST)

        wait_for("message through the first region again", first, seconds=60)
        stage.empty(host)

    stage.each(back)


@pytest.mark.proves("throttled")
def test_what_is_throttled_waits(stage: Stage) -> None:
    stage.begin_anew()
    for region in (FIRST, SECOND):
        stage.fault(region, "throttle")

    def throttled(host: Host) -> None:
        assert host.send(f"throttled from {host.name}", check=False) in ({0} if stage.queues else NOT_TAKEN)

        def seen() -> bool:
            reached = any("DATA" in one["in_tls"] for one in stage.tried(host))
            if not reached:
                # One that is sent on a connection that was kept open, and is closed by now, has to be tried again.
                host.flush()
            return reached

        wait_for("message that SES saw", seen)
        if stage.queues:
            wait_for("message in the queue", host.queued, seconds=5)
            time.sleep(1)
            assert len(host.queued()) == 1
        assert stage.simulator.messages(subject=f"throttled from {host.name}") == []

    stage.each(throttled)
    stage.heal()

    def later(host: Host) -> None:
        if not stage.queues:
            # Who was told that it is a matter of time comes again.
            host.send(f"throttled from {host.name}")
        stage.arrived(host, f"throttled from {host.name}", flushing=True)
        stage.empty(host)

    stage.each(later)


IMPOSTORS = {
    "right name, wrong authority": ["unknown_ca"],
    "right authority, wrong name": ["wrong_name"],
    "no STARTTLS": ["plain_auth", "no_starttls", "no_auth"],
    "AUTH in plain text": ["plain_auth", "no_starttls"],
}


@pytest.mark.proves("impostors")
@pytest.mark.parametrize("impostor", IMPOSTORS)
def test_an_impostor_gets_nothing(stage: Stage, impostor: str) -> None:
    stage.begin_anew()
    for kind in IMPOSTORS[impostor]:
        for region in (FIRST, SECOND):
            stage.fault(region, kind)

    def deceive(host: Host) -> None:
        taken = host.send(f"{impostor} from {host.name}", check=False) == 0
        assert taken == stage.queues

        def asked() -> list[dict[str, Any]]:
            greeted = [one for one in stage.tried(host) if one["in_clear"]]
            if not greeted:
                host.flush()
            return greeted

        wait_for("connection to the impostor", asked)
        time.sleep(1)
        for connection in stage.tried(host):
            got = {**connection["in_clear"], **connection["in_tls"]}
            assert not {"AUTH", "MAIL", "RCPT", "DATA"} & set(got), connection

    stage.each(deceive)


@pytest.mark.proves("impostors")
def test_nothing_was_lost_on_impostors(stage: Stage) -> None:
    def check(host: Host) -> None:
        if stage.queues:
            for impostor in IMPOSTORS:
                stage.arrived(host, f"{impostor} from {host.name}", seconds=40, flushing=True)
        stage.empty(host)

    stage.each(check)


@pytest.mark.proves("bounces: root")
def test_bounces_reach_root(stage: Stage) -> None:
    """SES refuses the null sender. What has it comes to root, or to whom root's mail goes."""

    def check(host: Host) -> None:
        send_null(host, "to root")
        reached_root(stage, host, f"to root from {host.name}")

    stage.each(check)


@pytest.mark.proves("bounces: root")
def test_what_ses_refuses_is_told_to_root(stage: Stage) -> None:
    """The notice of the mail server itself has the null sender too."""

    def check(host: Host) -> None:
        recipient, sender = f"refused-{host.name}@example.org", "app@unverified.example"
        headers = f"From: {sender}\nTo: {recipient}\n"
        command = f"/usr/sbin/sendmail -t -f {sender}"
        if stage.queues:
            # Sendmail has tried it before its command ends, which says so.
            host.send(f"refused from {host.name}", headers, command=command, check=False)
            reached_root(stage, host, recipient)
        else:
            # Who sends is told at once.
            assert host.send(f"refused from {host.name}", headers, command=command, check=False) in NOT_TAKEN
        assert stage.simulator.messages(recipient=recipient) == []

    stage.each(check)


def reached_root(stage: Stage, host: Host, words: str) -> None:
    """Wait for a message with these words at root's, or at the address to which root's mail goes; none is left to send."""
    mailboxes = f"grep -rlF '{words}' /var/mail /root 2>/dev/null || true"

    def forwarded() -> list[dict[str, Any]]:
        sent = stage.simulator.messages(recipient="ops@example.com")
        return [one for one in sent if words in one["body"] or words in str(one["headers"])]

    wait_for(f"message of {words!r} at root's", lambda: forwarded() or host.run(mailboxes))
    for message in forwarded():
        assert message["envelope"]["recipients"] == ["ops@example.com"]
        assert message["envelope"]["mail_from"].endswith("@example.com")
    stage.empty(host)


def send_null(host: Host, way: str) -> None:
    host.send(f"{way} from {host.name}", "To: someone@example.org\n", command="/usr/sbin/sendmail -t -f '<>'")


@pytest.fixture(scope="module")
def rotated(stage: Stage, sent: Any, credentials: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """New keys for both accounts."""
    keys = [new_key(user, old=known["username"]) for user, known in zip(("molecule", "molecule-b"), credentials)]
    yield keys
    for key in keys:
        delete(key)


def secrets(*credentials: list[dict[str, Any]]) -> list[str]:
    return [password for known in credentials for one in known for password in one["passwords"].values()]


@pytest.mark.proves("check mode")
def test_check_mode_shows_all_and_changes_nothing(
    stage: Stage, credentials: list[dict[str, Any]], rotated: list[dict[str, Any]]
) -> None:
    before = stage.each(lambda host: host.etc(times=True))
    variable, value = ("ses_relay_root_alias", "ops2@example.com")
    if "root alias" in stage.refused:
        variable, value = ("ses_relay_sender_domain", "b.example")
    run = stage.relay({"molecule_credentials": rotated, variable: value}, "--check", "--diff")
    assert run.status == 0, run.output
    assert set(run.changed.values()) == {1}, run.output
    assert [line for line in run.output.splitlines() if line.startswith("+") and value in line], run.output
    assert [one for one in secrets(credentials, rotated) if one in run.output] == []
    assert stage.each(lambda host: host.etc(times=True)) == before


@pytest.mark.proves("rotation")
def test_a_new_password_takes_the_place_of_the_old(stage: Stage, rotated: list[dict[str, Any]]) -> None:
    others = {"bounces: sender": {"ses_relay_bounces": "bounces@example.com"}, "wrapper": {"ses_relay_port": 465}}
    run = stage.relay({"molecule_credentials": rotated, **stage.possible(others)}, "--diff")
    assert run.status == 0, run.output
    assert set(run.changed.values()) == {1}
    assert [one for one in secrets(rotated) if one in run.output] == []
    for key in rotated:
        set_old(key, "Inactive")

    def check(host: Host) -> None:
        host.send(f"new key from {host.name}")
        if "senders" not in stage.refused:
            host.send(
                f"other key from {host.name}", "From: app@b.example\n", command="/usr/sbin/sendmail -t -f app@b.example"
            )
        for number, way in enumerate(("new key",) if "senders" in stage.refused else ("new key", "other key")):
            message = came(stage, host, way)
            assert message["access_key_id"] == rotated[number]["username"]

    stage.each(check)


@pytest.mark.proves("wrapper")
def test_tls_from_the_first_byte(stage: Stage, rotated: list[dict[str, Any]]) -> None:
    def check(host: Host) -> None:
        host.send(f"wrapped from {host.name}")
        assert came(stage, host, "wrapped")["port"] == 465

    stage.each(check)


@pytest.mark.proves("bounces: sender")
def test_bounces_leave_with_a_sender(stage: Stage) -> None:
    def check(host: Host) -> None:
        send_null(host, "with sender")
        message = came(stage, host, "with sender")
        assert message["envelope"] == {"mail_from": "bounces@example.com", "recipients": ["someone@example.org"]}
        stage.empty(host)

    stage.each(check)


@pytest.fixture(scope="module")
def limited(stage: Stage, rotated: list[dict[str, Any]]) -> None:
    """The hosts as they are with a limit of messages a second, and without bounces."""
    others = {"bounces: discarded": {"ses_relay_bounces": "discard"}, "rate": {"ses_relay_rate": 1}}
    run = stage.relay({"molecule_credentials": rotated, "ses_relay_verify": False, **stage.possible(others)})
    assert run.status == 0, run.output


@pytest.mark.proves("bounces: discarded")
def test_bounces_are_discarded(stage: Stage, limited: None) -> None:
    def check(host: Host) -> None:
        send_null(host, "discard")
        stage.empty(host)
        host.send(f"after discard from {host.name}")
        came(stage, host, "after discard")
        found = stage.simulator.messages(subject=f"discard from {host.name}")
        assert len(found) == 1, found

    stage.each(check)


@pytest.mark.proves("rate")
def test_no_more_messages_a_second_than_wanted(stage: Stage, limited: None) -> None:
    """Five messages at once, of which one a second leaves."""
    count = 5

    def check(host: Host) -> None:
        for number in range(count):
            host.send(f"slow {number} from {host.name}")
        times = [
            datetime.fromisoformat(stage.arrived(host, f"slow {number} from {host.name}")["received"])
            for number in range(count)
        ]
        # A second is counted from the end of one message to the beginning of the next, or by a clock's seconds.
        assert max(times) - min(times) >= timedelta(seconds=count - 2.5), times

    stage.each(check)


@pytest.mark.proves("absent")
def test_absent_leaves_nothing(stage: Stage, credentials: list[dict[str, Any]], rotated: list[dict[str, Any]]) -> None:
    run = stage.relay({"molecule_credentials": rotated, "ses_relay_state": "absent"})
    assert run.status == 0, run.output
    assert set(run.changed.values()) == {1}
    known = "\n".join(secrets(credentials, rotated)) + "\n"

    def check(host: Host) -> None:
        places = " ".join(f"/{name}" for name in host.run("ls /").split() if name not in ("dev", "proc", "sys"))
        assert host.run(f"grep -rlsFf - --devices=skip {places} || true", stdin=known) == ""
        # Compressed, so that grep does not see what it holds.
        assert host.run("journalctl --no-pager -o cat | grep -Ff - || true", stdin=known) == ""
        before, now = host.run(f"cat {AS_INSTALLED}").splitlines(), host.etc()
        assert {"gone": sorted(set(before) - set(now)), "new": sorted(set(now) - set(before))} == {
            "gone": [],
            "new": [],
        }
        assert host.run("ls -A /var/lib/cloudmail-ses 2>/dev/null || true") == ""

    stage.each(check)
