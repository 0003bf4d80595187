# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every reply of SES that the collection knows, and how the simulator is brought to say it.

Standard library only: the tests of the simulator, of the module and of the mail servers on real hosts share these rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

#: Stages at which the simulator knows the envelope's sender, so that a fault can be aimed at it.
_WITH_SENDER = ("mail", "rcpt", "data", "message")

SENDER = "app@rows.example.com"
RECIPIENT = "success@simulator.amazonses.com"
STRANGER = "bob@example.net"


@dataclass(frozen=True)
class Mail:
    """The message that meets the reply. ``headers`` take the place of what a client writes; ``size`` is in bytes."""

    sender: str = SENDER
    recipients: tuple[str, ...] = (RECIPIENT,)
    headers: tuple[tuple[str, str], ...] = ()
    body: str = "Hello.\r\n"
    size: int = 0


@dataclass(frozen=True)
class Produce:
    """What brings SES itself to the reply, beside a verified domain rows.example.com and a key that may send.

    ``account`` is a body of ``POST /_simulator/account``; ``identities`` of ``POST /_simulator/identities``; ``calls`` are
    AWS calls as service, method of boto3's client, arguments. ``password`` is good, legacy or other_region. ``client`` is
    how it talks: session (all stages), plain (no TLS), anonymous (no AUTH), silent (says nothing any more), crowd (while
    another connection is open) or second (after a message that went out). ``policy`` is the statements of the key's user.
    """

    account: dict[str, Any] = field(default_factory=dict)
    identities: tuple[dict[str, Any], ...] = ()
    calls: tuple[tuple[str, str, dict[str, Any]], ...] = ()
    policy: tuple[dict[str, Any], ...] = ()
    password: str = "good"
    client: str = "session"
    mail: Mail = Mail()


@dataclass(frozen=True)
class Row:
    """One reply: ``said`` as it is forced, ``reply`` a pattern of all of it as SES says it by itself.

    ``kind`` is the diagnosis; ``stage`` the simulator's stage at which it comes; ``produce`` None where only a fault leads
    to it: SES has trouble of its own then, or what it minds is not known well enough.
    """

    name: str
    kind: str
    stage: str
    said: str
    reply: str
    produce: Produce | None = None
    identities: tuple[str, ...] = ()

    @property
    def code(self) -> int:
        """The reply's code."""
        return int(self.said[:3])

    @property
    def forced(self) -> dict[str, Any]:
        """A body of ``POST /_simulator/faults``, without its region: this reply, once. Empty where all went well."""
        if self.code < 400:
            return {}
        return {"kind": "reply", "stage": self.stage, "reply": self.said, "count": 1}

    def fault(self, region: str, *, sender: str = "", client: str = "", count: int | None = 1) -> dict[str, Any]:
        """Return ``forced`` for one region, aimed at a sender where its stage knows one, else at a client's address."""
        aim = {"sender": sender} if self.stage in _WITH_SENDER else {"client": client}
        return {**self.forced, "region": region, "count": count, **{name: text for name, text in aim.items() if text}}


def _transaction(name: str, kind: str, ending: str, produce: Produce | None = None) -> Row:
    said = f"554 Transaction failed: {ending}"
    return Row(name, kind, "message", said, _literal(said), produce)


def _literal(text: str) -> str:
    return "".join(character if character.isalnum() or character == " " else "\\" + character for character in text)


def _simple(
    kind: str, stage: str, said: str, produce: Produce | None = None, *, name: str = "", reply: str = ""
) -> Row:
    return Row(name or kind, kind, stage, said, reply or _literal(said) + r"\.?", produce)


_UNVERIFIED = "554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: "


def _unverified(name: str, *identities: str, produce: Produce) -> Row:
    said = _UNVERIFIED + ", ".join(identities)
    return Row(name, "not_verified", "message", said, _literal(said), produce, identities)


_DENIED = (
    "554 Access denied: User `arn:aws:iam::123456789012:user/{user}' is not authorized to perform"
    " `ses:SendRawEmail' on resource `arn:aws:ses:eu-west-1:123456789012:{resource}'"
)


def _denied(name: str, resource: str, produce: Produce) -> Row:
    said = _DENIED.format(user="mail", resource=resource)
    reply = _literal(_DENIED.format(user="USER", resource=resource)).replace("USER", r"[\w-]+")
    identity = resource.partition("identity/")[2]
    return Row(name, "access_denied", "message", said, reply, produce, (identity,) if identity else ())


_SANDBOX = {"production_access": False}
_IDENTITY_ONLY = {
    "Effect": "Allow",
    "Action": "ses:SendRawEmail",
    "Resource": "arn:aws:ses:eu-west-1:123456789012:identity/rows.example.com",
}
_MAIL_FROM = {
    "EmailIdentity": "rows.example.com",
    "MailFromDomain": "mail.rows.example.com",
    "BehaviorOnMxFailure": "REJECT_MESSAGE",
}


def _with(*headers: tuple[str, str], **fields: Any) -> Produce:
    return Produce(mail=Mail(headers=headers, **fields))


ROWS: tuple[Row, ...] = (
    _simple("authenticated", "auth", "235 Authentication successful.", Produce()),
    _simple(
        "accepted",
        "message",
        "250 Ok 0102018f2a5b7c1d-6f1c2a3b-4d5e-6f70-8192-a3b4c5d6e7f8-000000",
        Produce(),
        reply=r"250 Ok 0102[0-9a-f]{12}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-000000",
    ),
    _simple(
        "concurrency",
        "connect",
        "421 Too many concurrent SMTP connections",
        Produce(account={"max_connections": 1}, client="crowd"),
    ),
    _simple("idle", "mail", "451 Timeout waiting for data from client.", Produce(client="silent")),
    _simple("idle", "mail", "451 4.4.2 Timeout waiting for data from client.", name="idle_enhanced"),
    _simple("ses_trouble", "message", "451 Temporary service failure", name="ses_trouble_451"),
    _simple("ses_trouble", "message", "454 Temporary service failure", name="ses_trouble_454"),
    _simple(
        "daily_quota",
        "message",
        "454 Throttling failure: Daily message quota exceeded.",
        Produce(account={"max_24_hour_send": 0}, mail=Mail(recipients=(STRANGER,))),
    ),
    _simple(
        "rate",
        "message",
        "454 Throttling failure: Maximum sending rate exceeded.",
        Produce(account={"max_send_rate": 0.001}, client="second"),
    ),
    _simple(
        "sigv2_rate",
        "message",
        "454 Throttling failure: Maximum SigV2 SMTP sending rate exceeded.",
        Produce(password="legacy"),
    ),
    _simple("auth_trouble", "auth", "454 Temporary authentication failure"),
    _simple("bad_sender", "mail", "501 Invalid MAIL FROM address provided", Produce(mail=Mail(sender=""))),
    _simple("starttls_first", "mail", "530 Must issue a STARTTLS command first", Produce(client="plain")),
    _simple("no_auth", "mail", "530 Authentication required", Produce(client="anonymous")),
    _simple("credentials", "auth", "535 Authentication Credentials Invalid", Produce(password="other_region")),
    _simple("not_subscribed", "auth", "535 Account not subscribed to SES", Produce(account={"subscribed": False})),
    _simple("too_long", "message", "552 Message is too long.", Produce(mail=Mail(size=41 * 1024 * 1024))),
    _simple("sender_syntax", "mail", "553 <root@> Invalid email address", Produce(mail=Mail(sender="root@"))),
    _simple("recipient_syntax", "rcpt", "553 <bob@> address unknown", Produce(mail=Mail(recipients=("bob@",)))),
    _denied(
        "access_denied_sender",
        "identity/rows.example.com",
        Produce(policy=({**_IDENTITY_ONLY, "Action": "ses:SendEmail"},)),
    ),
    _denied(
        "access_denied_recipient",
        f"identity/{STRANGER}",
        Produce(
            account=_SANDBOX,
            identities=({"identity": STRANGER, "status": "verified"},),
            policy=(_IDENTITY_ONLY,),
            mail=Mail(recipients=(STRANGER,)),
        ),
    ),
    _denied(
        "access_denied_configuration_set",
        "configuration-set/fleet",
        Produce(
            calls=(("sesv2", "create_configuration_set", {"ConfigurationSetName": "fleet"}),),
            policy=(_IDENTITY_ONLY,),
            mail=Mail(headers=(("X-SES-CONFIGURATION-SET", "fleet"),)),
        ),
    ),
    _unverified(
        "not_verified_sender",
        "alice@unverified.example.com",
        produce=Produce(mail=Mail(sender="alice@unverified.example.com")),
    ),
    _unverified(
        "not_verified_recipient",
        "carol@example.net",
        produce=Produce(account=_SANDBOX, mail=Mail(recipients=("carol@example.net",))),
    ),
    _unverified(
        "not_verified_several",
        "alice@unverified.example.com",
        "carol@example.net",
        produce=Produce(
            account=_SANDBOX,
            mail=Mail(sender="alice@unverified.example.com", recipients=("carol@example.net", RECIPIENT)),
        ),
    ),
    _simple(
        "paused",
        "message",
        "554 Message rejected: Sending paused for this account. For more information, please check the inbox of the"
        " email address associated with your AWS account.",
        Produce(account={"sending_enabled": False}),
    ),
    _simple(
        "paused",
        "message",
        "554 Message rejected: Sending paused for this account. For more information, please check the inbox of the"
        " email address associated with your AWS account.",
        Produce(account={"enforcement_status": "SHUTDOWN"}),
        name="paused_by_aws",
    ),
    _simple(
        "configuration_set_paused",
        "message",
        "554 Message rejected: Sending paused for configuration set <silenced>.",
        Produce(
            calls=(
                (
                    "sesv2",
                    "create_configuration_set",
                    {"ConfigurationSetName": "silenced", "SendingOptions": {"SendingEnabled": False}},
                ),
            ),
            mail=Mail(headers=(("X-SES-CONFIGURATION-SET", "silenced"),)),
        ),
    ),
    _simple(
        "configuration_set",
        "message",
        "554 Configuration Set does not exist: Configuration set <nowhere> does not exist.",
        _with(("X-SES-CONFIGURATION-SET", "nowhere")),
    ),
    _simple(
        "mail_from_domain",
        "message",
        "554 MAIL FROM domain not verified: mail.rows.example.com",
        Produce(calls=(("sesv2", "put_email_identity_mail_from_attributes", _MAIL_FROM),)),
    ),
    _simple("rejected", "message", "554 Message rejected: Address blacklisted."),
    _transaction(
        "too_many_recipients",
        "too_many_recipients",
        "Recipient count exceeds 50.",
        Produce(mail=Mail(recipients=tuple(f"success+{n}@simulator.amazonses.com" for n in range(51)))),
    ),
    _transaction(
        "duplicate_header",
        "duplicate_header",
        "Duplicate header 'Subject'.",
        _with(("Subject", "one"), ("Subject", "two")),
    ),
    _transaction(
        "address_without_domain", "address_without_domain", "Missing final '@domain'", _with(("From", "root"))
    ),
    _transaction("user_name_missing", "address_without_domain", "User name is missing: 'AKIAIOSFODNN7EXAMPLE'"),
    _transaction(
        "domain_characters",
        "address_characters",
        "Domain contains illegal character",
        _with(("From", "app@rows.example.com?=")),
    ),
    _transaction(
        "local_part_characters",
        "address_characters",
        "Local address contains control or whitespace",
        _with(("From", "the app@rows.example.com")),
    ),
    _transaction(
        "address_list",
        "address_list",
        "Illegal semicolon, not in group",
        _with(("To", "a@example.net; b@example.net")),
    ),
    _transaction(
        "content_type", "message_parts", "Expected '/', got ;", _with(("Content-Type", "text; charset=utf-8"))
    ),
    _transaction(
        "content_disposition",
        "message_parts",
        "Expected disposition, got =",
        _with(("Content-Disposition", "=?utf-8?Q?inline?=")),
    ),
    _transaction(
        "boundary",
        "message_parts",
        "Missing start boundary",
        _with(("Content-Type", 'multipart/mixed; boundary="never"')),
    ),
    _transaction(
        "message_tags",
        "message_tags",
        "Invalid tag value <a b>: only alphanumeric ASCII characters, '_', and '-' are allowed.",
        _with(("X-SES-MESSAGE-TAGS", "fleet=a b")),
    ),
    _transaction("message", "message", "Invalid header found"),
)

#: The rows that end an attempt; the others are what all goes well with.
REFUSALS: tuple[Row, ...] = tuple(row for row in ROWS if row.forced)
