# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What SES replies, why, and what to do. Data only; the first match wins.

Source: SES developer guide, "Amazon SES SMTP issues" and "SMTP response codes returned by Amazon SES"; the rest is marked
as observed.
"""

from __future__ import annotations

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import remedies
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.case import (
    BACK_OFF,
    DERIVE,
    LATER,
    NEVER,
    SOON,
    Case,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.replies_message import MESSAGE_REPLIES

_UNVERIFIED = (
    "554 Message rejected: Email address is not verified. "
    "The following identities failed the check in region EU-WEST-1: "
)
_ADDRESS = "Correct it: local-part@domain, ASCII only, domains outside ASCII in punycode."

REPLIES = (
    Case(
        "accepted",
        (250,),
        r"Ok\s+[0-9A-Za-z-]{16,}",
        NEVER,
        "SES accepted the message. It is not delivered yet.",
        "Nothing. Keep the message ID: SES uses it in its events and in the headers of bounces.",
        ("250 Ok 0102018f2a5b7c1d-6f1c2a3b-4d5e-6f70-8192-a3b4c5d6e7f8-000000",),
    ),
    Case(
        "authenticated",
        (235,),
        r"Authentication successful",
        NEVER,
        "SES accepted the credential.",
        "Nothing. What SES thinks of sender and recipients, it says later in the dialogue.",
        ("235 Authentication successful.",),
    ),
    Case(
        "concurrency",
        (421,),
        r"Too many concurrent SMTP connections",
        SOON,
        "The account has too many SMTP connections open at once.",
        "Let the MTA open fewer connections at a time and send several messages over each (Postfix: "
        "smtp_destination_concurrency_limit). All hosts that use the account count together.",
        ("421 Too many concurrent SMTP connections",),
    ),
    Case(
        "idle",
        (451, 421),
        r"Timeout waiting for data from client",
        SOON,
        "The client was silent for too long, and SES closed the connection (it waits for about 10 seconds).",
        "Connect again. If it recurs, look for what slows the client down: a content filter, a proxy between it and SES, a "
        "large message on a slow line.",
        ("451 Timeout waiting for data from client.", "451 4.4.2 Timeout waiting for data from client."),
    ),
    Case(
        "ses_trouble",
        (451, 454),
        r"Temporary service failure",
        SOON,
        "SES has a temporary failure of its own.",
        BACK_OFF + " If it lasts for minutes, look at the AWS Health Dashboard for {region}.",
        ("451 Temporary service failure", "454 Temporary service failure"),
    ),
    Case(
        "daily_quota",
        (454,),
        r"Throttling failure: Daily message quota exceeded|Daily (?:message|sending) quota exceeded",
        LATER,
        "The account's sending quota for 24 hours in {region} is used up.",
        remedies.DAILY_QUOTA + " (Service Quotas: L-804C8AE8.) In the sandbox it is 200 recipients a day.",
        ("454 Throttling failure: Daily message quota exceeded",),
    ),
    Case(
        "sigv2_rate",
        (454,),
        r"Throttling failure: Maximum SigV2 SMTP sending rate exceeded|Maximum SigV2",
        NEVER,
        "The password is of the old kind (before 2019), which is bound to no region, and SES throttles those.",
        DERIVE,
        ("454 Throttling failure: Maximum SigV2 SMTP sending rate exceeded",),
    ),
    Case(
        "rate",
        (454,),
        r"Throttling failure|Maximum sending rate exceeded",
        SOON,
        "The account sends more recipients a second in {region} than it may.",
        remedies.RATE
        + " (Service Quotas: L-CDEF9B6B.) All hosts that use the account share it. In the sandbox it is 1 a second.",
        ("454 Throttling failure: Maximum sending rate exceeded",),
    ),
    Case(
        "auth_trouble",
        (454,),
        r"Temporary auth(?:entication)? failure|temporary failure, connection abort",
        SOON,
        "SES could not check the credential just now.",
        "Try again. If it lasts for minutes, check TLS between this host and SES, and the AWS Health Dashboard for {region}.",
        ("454 Temporary authentication failure",),
    ),
    Case(
        "bad_sender",
        (501,),
        r"Invalid MAIL FROM address",
        NEVER,
        "SES refused the envelope sender. It takes no null sender <> either, so an MTA's own bounces cannot be relayed.",
        "Give an address at a verified identity as the envelope sender, and let the MTA deliver its bounces locally.",
        ("501 Invalid MAIL FROM address provided",),
        observed=True,
    ),
    Case(
        "starttls_first",
        (530,),
        r"(?:Error: )?Must issue a STARTTLS command first",
        NEVER,
        "The client went on without TLS.",
        "Enable TLS in the client: STARTTLS on ports 25, 587 and 2587, TLS from the start on 465 and 2465.",
        ("530 Must issue a STARTTLS command first",),
        observed=True,
    ),
    Case(
        "no_auth",
        (530,),
        r"(?:Error: )?Authentication required",
        NEVER,
        "The client did not log in: it has no credential for this server, or some path of the MTA passes by it.",
        "Give the credential for exactly this relay host and port. In Postfix the key in the SASL map must equal the "
        "relayhost to the letter, and every transport that goes to SES needs it.",
        ("530 Authentication required",),
        note="In a log of Sendmail this may also stand for a refused login (535), which Sendmail does not log.",
    ),
    Case(
        "not_subscribed",
        (535,),
        r"Account not subscribed to SES|.{0,40}not subscribed to SES",
        NEVER,
        "The AWS account of this credential does not use SES.",
        "Sign up for SES in that account, or use a credential of the right account.",
        ("535 Account not subscribed to SES",),
    ),
    Case(
        "credentials",
        (535,),
        r"Authentication Credentials Invalid",
        NEVER,
        "SES does not know this pair of user name and password in {region}: the password was derived for another "
        "region or from another secret, it is the IAM secret itself, or the key is inactive, deleted or seconds old.",
        DERIVE + " Check that the user name is the access key ID (AKIA...) and that the key is active in IAM. "
        "A key that was just created can take some seconds (ses_smtp_test: new_credential).",
        ("535 Authentication Credentials Invalid",),
        note="Sendmail does not log this reply: it goes on without a login, and logs 530 Authentication required.",
    ),
    Case(
        "too_long",
        (552,),
        r"Message is too long|.{0,60}(?:too (?:large|big|long)|size)",
        NEVER,
        "The message is larger than 40 MB after its encoding (base64 adds 37 %).",
        "Send less, or a link to it.",
        ("552 Message is too long.",),
    ),
    Case(
        "sender_syntax",
        (553,),
        r"(?:<[^>\n]*>)? *Invalid email address",
        NEVER,
        "The envelope sender is not a valid address.",
        _ADDRESS,
        ("553 <root@> Invalid email address",),
    ),
    Case(
        "recipient_syntax",
        (553, 501),
        r"(?:<[^>\n]*>)? *address unknown|Invalid RCPT TO address",
        NEVER,
        "A recipient is not a valid address.",
        _ADDRESS,
        ("553 <bob@> address unknown", "501 Invalid RCPT TO address provided"),
    ),
    Case(
        "access_denied",
        (554,),
        r"Access denied",
        NEVER,
        "The IAM policy of the user does not allow ses:SendRawEmail on a resource that SES checked.",
        remedies.ALLOW_SENDING
        + " SES checks the sender's identity, the configuration set and, in the sandbox, the recipients' identities; the safe "
        'narrow policy is Resource "*" with a condition on ses:FromAddress.',
        (
            (
                "554 Access denied: User `arn:aws:iam::123456789012:user/mail' is not authorized to perform "
                "`ses:SendRawEmail' on resource `arn:aws:ses:eu-west-1:123456789012:identity/example.com'"
            ),
        ),
    ),
    Case(
        "not_verified",
        (554,),
        r"Message rejected: Email address is not verified|Email address is not verified",
        NEVER,
        "An identity is not verified in {region}: the sender or, while the account is in the sandbox, the recipient.",
        "Verify it in {region} (a verification counts in one region only). For a recipient: " + remedies.SANDBOX,
        (_UNVERIFIED + "bob@example.net", _UNVERIFIED + "alice@example.com, bob@example.net"),
    ),
    Case(
        "configuration_set_paused",
        (554,),
        r"Message rejected: Sending (?:is )?paused for configuration set|Sending (?:is )?paused for configuration set",
        NEVER,
        "Sending is switched off for the configuration set that the message uses, in {region}.",
        remedies.CONFIGURATION_SET_PAUSED
        + " It comes from the header X-SES-CONFIGURATION-SET, or is the default of the sender's identity.",
        ("554 Message rejected: Sending paused for configuration set <fleet>.",),
        observed=True,
    ),
    Case(
        "paused",
        (554,),
        r"(?:Message rejected: )?Sending (?:is |has been )?(?:paused|suspended)",
        NEVER,
        "AWS or an operator paused sending for the account in {region}.",
        "Look at enforcement_status and sending_enabled of the account (cloudmail.ses.ses_account_info). Status SHUTDOWN: "
        + remedies.SHUTDOWN
        + " Otherwise: "
        + remedies.PAUSED,
        (
            (
                "554 Message rejected: Sending paused for this account. For more information, please check the inbox of the "
                "email address associated with your AWS account."
            ),
            (
                "554 Message rejected: Sending suspended for this account. For more information, please check the inbox of the "
                "email address associated with your AWS account."
            ),
        ),
        observed=True,
    ),
    Case(
        "mail_from_domain",
        (554,),
        r"(?:Message rejected: )?MAIL FROM domain (?:is )?not verified",
        NEVER,
        "The custom MAIL FROM domain has no right MX record, and its identity rejects messages in that case.",
        remedies.MAIL_FROM_DOMAIN,
        ("554 MAIL FROM domain not verified: mail.example.com",),
        observed=True,
    ),
    Case(
        "configuration_set",
        (554,),
        r"(?:Message rejected: )?Configuration Set (?:<[^>\n]*> )?does not exist",
        NEVER,
        "The configuration set that the message names does not exist in {region}.",
        remedies.CONFIGURATION_SET + " It stands in the header X-SES-CONFIGURATION-SET.",
        ("554 Configuration Set does not exist: Configuration set <fleet> does not exist.",),
        observed=True,
    ),
    *MESSAGE_REPLIES,
    Case(
        "rejected",
        (554,),
        r"Message rejected",
        NEVER,
        "SES rejected the message.",
        "Correct what the reply names.",
        ("554 Message rejected: Address blacklisted.",),
        observed=True,
    ),
)

#: What other servers than SES reply; looked at when SES is not known to say it.
OTHER_SERVERS = (
    Case(
        "login_refused",
        (535,),
        r".{0,120}(?:authenticat|credential|log-?in|user ?name|password)",
        NEVER,
        "{host} refused user name and password, in other words than those of SES: it is another mail server, or a proxy.",
        "Check the host name and what it resolves to. If that server is the one meant, give the credential that it knows.",
        (
            "535 5.7.8 Error: authentication failed: authentication failure",
            "535 5.7.8 Username and Password not accepted.",
        ),
    ),
)

#: What the first digit of an unknown reply says (RFC 5321, section 4.2.1).
CLASSES = {
    2: Case("ok", (), "", NEVER, "The server accepted the command.", "Nothing.", ("250 2.0.0 Ok: queued as 4WbX2k",)),
    3: Case("more", (), "", NEVER, "The server waits for more.", "Nothing.", ("354 End data with <CR><LF>.<CR><LF>",)),
    4: Case(
        "temporary",
        (),
        "",
        SOON,
        "The server cannot do it just now.",
        BACK_OFF,
        ("450 4.2.0 Greylisted, try again later",),
    ),
    5: Case(
        "permanent",
        (),
        "",
        NEVER,
        "The server refuses it for good.",
        "Correct what the reply names.",
        ("550 5.7.1 Relaying denied",),
    ),
}

UNKNOWN = Case(
    "unknown",
    (),
    "",
    NEVER,
    "The text holds no SMTP reply and no failure that is known.",
    "Read the text. The module cloudmail.ses.ses_smtp_test tests the way to SES stage by stage.",
    (),
)
