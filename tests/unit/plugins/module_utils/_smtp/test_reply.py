# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What replies mean: SES's own, TLS's, the network's, and inside the lines of logs."""

from __future__ import annotations

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import replies
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.failures import FAILURES
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.reply import Context, diagnose

USER = "arn:aws:iam::123456789012:user/mail"
UNVERIFIED = (
    "554 Message rejected: Email address is not verified. "
    "The following identities failed the check in region EU-WEST-1: "
)
HOST = "email-smtp.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("reply", "kind", "retry"),
    [
        ("235 Authentication successful.", "authenticated", "never"),
        ("250 Ok 0102018f2a5b7c1d-6f1c2a3b-000000", "accepted", "never"),
        ("421 Too many concurrent SMTP connections", "concurrency", "soon"),
        ("451 Temporary service failure", "ses_trouble", "soon"),
        ("451 Timeout waiting for data from client", "idle", "soon"),
        ("451 4.4.2 Timeout waiting for data from client.", "idle", "soon"),
        ("454 Throttling failure: Daily message quota exceeded", "daily_quota", "later"),
        ("454 Throttling failure: Maximum sending rate exceeded", "rate", "soon"),
        (
            "454 Throttling failure: Maximum SigV2 SMTP sending rate exceeded",
            "sigv2_rate",
            "never",
        ),
        ("454 Temporary authentication failure", "auth_trouble", "soon"),
        ("454 Temporary service failure", "ses_trouble", "soon"),
        ("501 Invalid MAIL FROM address provided", "bad_sender", "never"),
        ("530 Authentication required", "no_auth", "never"),
        ("530 Must issue a STARTTLS command first", "starttls_first", "never"),
        ("535 Authentication Credentials Invalid", "credentials", "never"),
        ("535 Account not subscribed to SES", "not_subscribed", "never"),
        ("552 Message is too long.", "too_long", "never"),
        ("553 <a@> Invalid email address", "sender_syntax", "never"),
        ("553 <b@> address unknown", "recipient_syntax", "never"),
        (UNVERIFIED + "a@example.com", "not_verified", "never"),
        (
            "554 Message rejected: Sending paused for this account. For more information",
            "paused",
            "never",
        ),
        (
            "554 Message rejected: Sending paused for configuration set <fleet>.",
            "configuration_set_paused",
            "never",
        ),
        (
            "554 MAIL FROM domain not verified: mail.example.com",
            "mail_from_domain",
            "never",
        ),
        ("554 Configuration Set does not exist: x", "configuration_set", "never"),
        ("554 Transaction failed: Missing final '@domain'", "address_without_domain", "never"),
        ("554 Transaction failed: Duplicate header 'From'.", "duplicate_header", "never"),
        ("432 a new thing", "temporary", "soon"),
        ("559 a new thing", "permanent", "never"),
        ("250 2.0.0 Ok: queued as 4WbX2k", "ok", "never"),
    ],
)
def test_replies(reply: str, kind: str, retry: str) -> None:
    for text in (
        reply,
        reply + "\n",
        f"server {HOST}[192.0.2.7]:587 said: {reply}",
        f"status=bounced (host {HOST}[192.0.2.7] said: {reply} (in reply to end of DATA command))",
        f'smtplib.SMTPResponseException: ({reply[:3]}, b"{reply[4:]}")',
        f'result="PermFail" stat="{reply}"',
    ):
        found = diagnose(text)
        assert (found.kind, found.code, found.retry) == (kind, int(reply[:3]), retry), text
        assert found.reply == reply.strip(), text
        assert found.retriable == (retry != "never")
        assert found.cause and "{" not in found.cause + found.fix


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)",
            "tls_expired",
        ),
        (
            (
                "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, "
                f"certificate is not valid for '{HOST}'. (_ssl.c:1006)"
            ),
            "tls_wrong_name",
        ),
        (
            (
                "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
                "unable to get local issuer certificate (_ssl.c:1006)"
            ),
            "tls_unknown_ca",
        ),
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate is not yet valid (_ssl.c:1006)",
            "tls_not_yet_valid",
        ),
        ("[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version", "tls_protocol"),
        ("[SSL: UNSUPPORTED_PROTOCOL] unsupported protocol (_ssl.c:1006)", "tls_protocol"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)", "wrapper_on_plain"),
        ("[SSL: RECORD_LAYER_FAILURE] record layer failure (_ssl.c:1029)", "wrapper_on_plain"),
        ("no greeting: timed out", "plain_on_wrapper"),
        ("[Errno -2] Name or service not known", "no_such_name"),
        ("[Errno -3] Temporary failure in name resolution", "dns_trouble"),
        ("[Errno 111] Connection refused", "refused"),
        ("[Errno 113] No route to host", "unreachable"),
        ("[Errno 104] Connection reset by peer", "reset"),
        ("timed out", "timed_out"),
        ("The read operation timed out", "silent"),
        ("status=deferred (Server certificate not trusted)", "tls_unknown_ca"),
        ("status=deferred (Server certificate not verified)", "tls_wrong_name"),
        (
            f"status=deferred (TLS is required, but was not offered by host {HOST}[192.0.2.7])",
            "tls_not_offered",
        ),
        (
            f"status=deferred (connect to {HOST}[192.0.2.7]:587: Connection timed out)",
            "timed_out",
        ),
        (
            (
                f"status=deferred (Host or domain name not found. Name service error for name={HOST}"
                " type=A: Host not found)"
            ),
            "no_such_name",
        ),
        (
            (
                f"status=deferred (SASL authentication failed; cannot authenticate to server {HOST}"
                "[192.0.2.7]: no mechanism available)"
            ),
            "sasl_missing",
        ),
        ("all is well", "unknown"),
        ("it took 300 ms for 250 messages", "unknown"),
        ("", "unknown"),
    ],
)
def test_failures_without_a_reply(text: str, kind: str) -> None:
    found = diagnose(text, Context(host=HOST, port=587))
    assert (found.kind, found.code) == (kind, None)
    assert found.region == "eu-west-1"
    assert "{" not in found.cause + found.fix


def test_every_case_has_cause_and_fix() -> None:
    for case in (*replies.REPLIES, *replies.OTHER_SERVERS, *FAILURES, *replies.CLASSES.values(), replies.UNKNOWN):
        assert case.cause.endswith((".", "..")), case.kind
        assert case.fix.endswith("."), case.kind


@pytest.mark.parametrize(
    ("example", "kind"),
    [(each, case.kind) for case in (*replies.REPLIES, *replies.OTHER_SERVERS, *FAILURES) for each in case.examples],
)
def test_every_case_recognises_its_own_examples(example: str, kind: str) -> None:
    assert diagnose(example).kind == kind


def test_every_case_has_a_kind_of_its_own_and_examples_of_its_codes() -> None:
    kinds = [
        case.kind
        for case in (*replies.REPLIES, *replies.OTHER_SERVERS, *FAILURES, *replies.CLASSES.values(), replies.UNKNOWN)
    ]
    assert len(kinds) == len(set(kinds))
    for case in replies.REPLIES:
        assert {int(each[:3]) for each in case.examples} <= set(case.codes), case.kind
        assert case.examples


def test_identities_and_region() -> None:
    found = diagnose(UNVERIFIED + "a@example.com, example.net.")
    assert found.identities == ("a@example.com", "example.net")
    assert found.region == "eu-west-1"
    assert "a@example.com, example.net" in found.cause


@pytest.mark.parametrize(
    ("sender", "recipients", "identity", "words"),
    [
        (
            "a@example.com",
            ("b@example.net",),
            "b@example.net",
            "The account is in the sandbox in eu-west-1, where recipients must be verified",
        ),
        (
            "a@example.com",
            ("b@example.net",),
            "example.net",
            "The account is in the sandbox in eu-west-1, where recipients must be verified",
        ),
        ("a@example.com", ("b@example.net",), "a@example.com", "The sender a@example.com is not"),
        ("a@example.com", ("a@example.com",), "a@example.com", "The sender a@example.com is not"),
        ("", (), "a@example.com", "Not verified in eu-west-1: a@example.com"),
    ],
)
def test_who_is_not_verified(sender: str, recipients: tuple[str, ...], identity: str, words: str) -> None:
    context = Context(sender=sender, recipients=recipients)
    assert words in diagnose(UNVERIFIED + identity, context).cause


@pytest.mark.parametrize(
    ("resource", "region", "identities"),
    [
        ("arn:aws:ses:us-east-1:123456789012:identity/example.com", "us-east-1", ("example.com",)),
        ("arn:aws-us-gov:ses:us-gov-west-1:123456789012:identity/a@b.c", "us-gov-west-1", ("a@b.c",)),
        ("arn:aws:ses:us-east-1:123456789012:configuration-set/x", "us-east-1", ()),
    ],
)
@pytest.mark.parametrize("quotes", ["", "`'", "''"])
def test_access_denied(resource: str, region: str, identities: tuple[str, ...], quotes: str) -> None:
    left, right = quotes[:1], quotes[1:]
    found = diagnose(
        f"554 Access denied: User {left}{USER}{right} is not authorized to perform "
        f"{left}ses:SendRawEmail{right} on resource {left}{resource}{right}"
    )
    assert (found.kind, found.user_arn, found.resource_arn) == ("access_denied", USER, resource)
    assert (found.region, found.identities) == (region, identities)


def test_a_recipient_in_a_log_line_is_known() -> None:
    line = (
        f"postfix/smtp[554]: 4Wb: to=<b@example.net>, relay={HOST}[192.0.2.7]:587, delay=0.5, "
        f"dsn=5.0.0, status=bounced (host {HOST}[192.0.2.7] said: {UNVERIFIED}b@example.net "
        "(in reply to end of DATA command))"
    )
    assert (
        "in eu-west-1, where recipients must be verified too, and these are not: b@example.net" in diagnose(line).cause
    )


def test_multi_line_replies_are_joined() -> None:
    assert diagnose("554-Message rejected:\n554 Sending paused for this account").kind == "paused"


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        # Exim writes a line end as \n; Postfix puts the lines of a reply one behind the other.
        ("end of data: 554-Message rejected:\\n554 Sending paused", "554 Message rejected: Sending paused"),
        (
            "said: 554-Message rejected: 554 Sending paused (in reply to end of DATA command)",
            "554 Message rejected: Sending paused",
        ),
        ("554-Message rejected:\r\n554 Sending paused\r\n221 Bye", "554 Message rejected: Sending paused"),
        ("said: 554 Message rejected: Sending=\r\n paused", "554 Message rejected: Sending paused"),
        ("said: 554 Message rejected:=\n Sending paused", "554 Message rejected: Sending paused"),
        (r"'554 Transaction failed: Missing final \'@domain\'',", "554 Transaction failed: Missing final '@domain'"),
        ("(554 Transaction failed: Duplicate header 'To'.)", "554 Transaction failed: Duplicate header 'To'."),
        ("stat=Sent (Ok 0102018f2a5b7c1d-6f1c2a3b)", "250 Ok 0102018f2a5b7c1d-6f1c2a3b"),
        ("The server response was: Authentication required", "530 Authentication required"),
    ],
)
def test_the_reply_alone_is_returned(text: str, reply: str) -> None:
    assert diagnose(text).reply == reply


@pytest.mark.parametrize(
    "text", ["ticket #554 Message rejected by the moderator", "v2.554 Message rejected", "a554 Message rejected"]
)
def test_a_part_of_a_word_is_no_code(text: str) -> None:
    assert diagnose(text).kind == "unknown"


def test_a_failure_comes_with_the_line_that_names_it() -> None:
    assert (
        diagnose("first\n  dial tcp 192.0.2.7:587: i/o timeout \nlast").reply == "dial tcp 192.0.2.7:587: i/o timeout"
    )
    assert diagnose("a: no such host\nb: getaddrinfo ENOTFOUND x").reply == "a: no such host"
    assert 500 < len(diagnose("x" * 5000 + " connection refused " + "y" * 5000).reply) <= 1000


@pytest.mark.parametrize(
    ("listed", "identities"),
    [
        ("Shop <a@example.com>, a@example.com, b@example.net", ("a@example.com", "b@example.net")),
        ('"Doe, Jane" <jane@example.com>', ("jane@example.com",)),
        ("=?utf-8?Q?J=C3=B6rg?= <j@example.com>.", ("j@example.com",)),
    ],
)
def test_identities_are_addresses_without_names_each_once(listed: str, identities: tuple[str, ...]) -> None:
    assert diagnose(UNVERIFIED + listed).identities == identities


@pytest.mark.parametrize(
    ("port", "kind"), [(587, "reset"), (25, "reset"), (465, "plain_on_wrapper"), (0, "plain_on_wrapper")]
)
def test_a_cut_before_the_greeting_depends_on_the_port(port: int, kind: str) -> None:
    text = "Remote host closed connection in response to initial connection"
    assert diagnose(text, Context(port=port)).kind == kind
    assert diagnose(f"H=mail [192.0.2.7]:{port}: {text}" if port else text).kind == kind


def test_a_dialogue_that_went_no_further_than_the_log_in_says_so() -> None:
    assert (
        diagnose("<-  220 email-smtp.amazonaws.com ESMTP\n<~  235 Authentication successful.").kind == "authenticated"
    )


@pytest.mark.parametrize(
    ("text", "code", "kind", "retriable"),
    [
        ("550 5.7.26 From header doesn't match SPF record", 550, "permanent", False),
        ("454 4.7.0 TLS not available: alert handshake failure", 454, "temporary", True),
        ("454 4.7.0 authentication failed", 454, "temporary", True),
        ("550 5.1.1 User unknown; domain does not exist", 550, "permanent", False),
        ("421 4.4.2 mail.example.net Error: timeout exceeded", 421, "temporary", True),
        ("554 connection refused", 554, "permanent", False),
        ("535 Authentication Credentials Invalid", 535, "credentials", False),
        ("535 5.7.8 Error: authentication failed", 535, "login_refused", False),
        ("502", 502, "permanent", False),
    ],
)
def test_a_reply_in_a_dialogue_is_a_reply(text: str, code: int, kind: str, retriable: bool) -> None:
    found = diagnose(text, Context(host=HOST, port=587, code=code))
    assert (found.kind, found.code, found.retriable) == (kind, code, retriable)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("stat=Deferred: 454 4.7.0 authentication failed", "tls_unverified"),
        ("said: 450 4.1.8 Domain not found; no such host\nconnect: Connection refused", "refused"),
        ("said: 550 5.7.1 Authentication failed\nSMTP Error: Could not authenticate.", "permanent"),
    ],
)
def test_a_failure_beside_a_reply(text: str, kind: str) -> None:
    assert diagnose(text).kind == kind


@pytest.mark.parametrize("kind", ["table_missing", "tls_not_set_up", "no_such_name"])
def test_what_cannot_pass_by_itself_is_not_tried_again(kind: str) -> None:
    assert [case.retry for case in FAILURES if case.kind == kind] == ["never"]


def test_a_refused_log_in_names_the_server() -> None:
    line = "server mx.example.net[192.0.2.1] said: 535 5.7.8 Error: authentication failed"
    assert diagnose(line).cause.startswith("mx.example.net refused ")
    assert diagnose("535 5.7.8 Error: authentication failed").cause.startswith("The server refused ")
