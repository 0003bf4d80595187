# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What SES, TLS and the network say when mail does not go out, and what to do. Data only; first match wins.

Sources: SES developer guide "Troubleshooting SMTP", "SMTP response codes"; rows marked "observed" are what real
servers were seen to say. The texts of causes and fixes may hold {host}, {port} and {region}.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Retry within seconds; only after a longer while, which a mail queue does; or never without a fix.
SOON, LATER, NEVER = "soon", "later", "never"


@dataclass(frozen=True)
class Case:
    """A reply (with its code) or a failure without a reply (code 0), recognised by a pattern."""

    kind: str
    code: int
    pattern: str
    retry: str
    cause: str
    fix: str


_BACK_OFF = "Wait and try again with growing pauses."
_DERIVE = "Derive the password from the secret access key for {region} (filter cloudmail.ses.smtp_password)."
_OTHER_PORT = "Open it, or use another of the ports 587, 2587 (STARTTLS), 465, 2465 (TLS)."
_CLOCK = "Check the host's clock first; then check whether something between this host and SES replaces certificates."

REPLIES = (
    Case("accepted", 250, r"Ok\s+\S+", NEVER, "SES accepted the message. It is not delivered yet.", ""),
    Case("authenticated", 235, r"Authentication successful", NEVER, "SES accepted the credential.", ""),
    Case(
        "concurrency",
        421,
        r"Too many concurrent SMTP connections",
        SOON,
        "The account has too many SMTP connections open at once.",
        "Let the MTA open fewer connections at a time and reuse them.",
    ),
    Case(
        "idle",
        451,
        r"Timeout waiting for data from client",
        SOON,
        "SES closed a connection that was idle (it waits for about 10 seconds).",
        "Connect again. If it recurs, look for a slow content filter or a proxy between the MTA and SES.",
    ),
    Case("ses_trouble", 451, r"Temporary service failure", SOON, "SES has a temporary failure.", _BACK_OFF),
    Case(
        "daily_quota",
        454,
        r"Daily message quota exceeded",
        LATER,
        "The account's sending quota for 24 hours in {region} is used up.",
        "Wait until the rolling 24 hours free some of it, or request a higher quota (Service Quotas, L-804C8AE8). "
        "In the sandbox it is 200 messages a day.",
    ),
    Case(
        "sigv2_rate",
        454,
        r"Maximum SigV2 SMTP sending rate exceeded",
        NEVER,
        "The password is of the old kind (before 2019), and SES throttles those.",
        _DERIVE,
    ),
    Case(
        "rate",
        454,
        r"Maximum sending rate exceeded|Throttling failure",
        SOON,
        "The account sends more messages per second in {region} than it may.",
        "Lower the MTA's rate, shared over all hosts that use the account, or request a higher one (Service Quotas, "
        "L-CDEF9B6B). In the sandbox it is 1 per second.",
    ),
    Case(
        "auth_trouble",
        454,
        r"Temporary authentication failure",
        SOON,
        "SES could not check the credential just now.",
        "Try again. If it persists, check TLS between this host and SES, and the AWS health dashboard.",
    ),
    Case("ses_trouble", 454, r"Temporary service failure", SOON, "SES has a temporary failure.", _BACK_OFF),
    Case(
        "bad_sender",
        501,
        r"Invalid MAIL FROM address",
        NEVER,
        "SES refused the envelope sender. It takes no null sender <> either, so an MTA's own bounces cannot be relayed.",
        "Give an address at a verified identity as the envelope sender, and let the MTA deliver bounces locally.",
    ),
    Case(
        "starttls_first",
        530,
        r"STARTTLS",
        NEVER,
        "The client wanted to go on without TLS.",
        "Enable TLS in the client: STARTTLS on ports 25, 587 and 2587, TLS from the start on 465 and 2465.",
    ),
    Case(
        "no_auth",
        530,
        r"Authentication required",
        NEVER,
        "The client did not log in, so some path of the MTA bypasses SASL.",
        "Give the credential for exactly this relay host and port. In Postfix the key in the SASL map must equal the "
        "relayhost to the letter, and every transport that goes to SES needs it.",
    ),
    Case(
        "not_subscribed",
        535,
        r"not subscribed to SES",
        NEVER,
        "The AWS account of this credential does not use SES.",
        "Sign up for SES in that account, or use a credential of the right account.",
    ),
    Case(
        "credentials",
        535,
        r"Authentication Credentials Invalid|credentials|authentication",
        NEVER,
        "SES does not know this pair of user name and password in {region}: the password was derived for another "
        "region or from another secret, it is the IAM secret itself, or the key is inactive, deleted or seconds old.",
        _DERIVE + " Check that the user name is the access key ID and that the key is active in IAM. "
        "A key that was just created can take some seconds.",
    ),
    Case(
        "too_long",
        552,
        r"Message is too long|too large|size",
        NEVER,
        "The message is larger than 40 MB after its encoding (base64 adds 37 %).",
        "Send less, or a link to it.",
    ),
    Case(
        "sender_syntax",
        553,
        r"Invalid email address",
        NEVER,
        "The envelope sender is not a valid address.",
        "Correct the sender: local-part@domain, ASCII only, domains outside ASCII in punycode.",
    ),
    Case(
        "recipient_syntax",
        553,
        r"address unknown",
        NEVER,
        "A recipient is not a valid address.",
        "Correct the recipient: local-part@domain, ASCII only, domains outside ASCII in punycode.",
    ),
    Case(
        "access_denied",
        554,
        r"Access denied",
        NEVER,
        "The IAM policy of the user does not allow ses:SendRawEmail on a resource that SES checked.",
        "Allow ses:SendRawEmail for it. SES checks the sender's identity, the configuration set and, in the sandbox, "
        'the recipient\'s identity; the safe narrow policy is Resource "*" with a condition on ses:FromAddress.',
    ),
    Case(
        "not_verified",
        554,
        r"is not verified",
        NEVER,
        "An identity is not verified in {region}: the sender or, while the account is in the sandbox, the recipient.",
        "Verify it in {region} (identities are per region). For a recipient: leave the sandbox, or send to "
        "success@simulator.amazonses.com.",
    ),
    Case(
        "configuration_set_paused",
        554,
        r"Sending paused for configuration set",
        NEVER,
        "Sending is switched off for the configuration set that the message uses, in {region}.",
        "Switch it on with cloudmail.ses.ses_configuration_set (sending_enabled), or use another one. It comes from the "
        "header X-SES-CONFIGURATION-SET, or is the default of the sender's identity.",
    ),
    Case(
        "paused",
        554,
        r"Sending (?:is )?paused",
        NEVER,
        "AWS or an operator paused sending for the account in {region}.",
        "Look at EnforcementStatus and SendingEnabled of the account (SES console, Reputation metrics), and at the "
        "AWS Support case.",
    ),
    Case(
        "mail_from_domain",
        554,
        r"MAIL FROM domain not verified",
        NEVER,
        "The custom MAIL FROM domain has no right MX record, and its identity rejects messages in that case.",
        "Publish exactly one MX record for it: 10 feedback-smtp.{region}.amazonses.com.",
    ),
    Case(
        "configuration_set",
        554,
        r"Configuration Set does not exist",
        NEVER,
        "The configuration set that the message names does not exist in {region}.",
        "Create it in {region} (configuration sets are per region), or correct X-SES-CONFIGURATION-SET.",
    ),
    Case(
        "message",
        554,
        r"Transaction failed",
        NEVER,
        "SES found the message malformed: a header that may occur once occurs twice, or an address is incomplete.",
        "Correct what the reply names. From, Subject, Date, Message-ID, Reply-To, Sender, Return-Path, Content-Type "
        "and MIME-Version may occur once; every address needs its @domain.",
    ),
    Case("rejected", 554, r"Message rejected", NEVER, "SES rejected the message.", "Correct what the reply names."),
)

FAILURES = (
    Case(
        "tls_expired",
        0,
        r"certificate has expired",
        NEVER,
        "The certificate that {host} showed has expired, or this host's clock is wrong.",
        _CLOCK,
    ),
    Case(
        "tls_not_yet_valid",
        0,
        r"certificate is not yet valid",
        NEVER,
        "The certificate that {host} showed is not valid yet: this host's clock is behind.",
        _CLOCK,
    ),
    Case(
        "tls_wrong_name",
        0,
        r"hostname mismatch|IP address mismatch|doesn't match|Server certificate not verified|certificate is not valid for"
        r"|peername mismatch|subject .* does not match",
        NEVER,
        "The certificate is for another name than {host}: this host was led to another server.",
        "Check the host name, DNS and /etc/hosts. Use the endpoint's own name, never its address or an alias.",
    ),
    Case(
        "tls_unknown_ca",
        0,
        r"unable to get (?:local )?issuer certificate|self[- ]signed certificate|unknown ca|certificate verify failed"
        r"|Server certificate not trusted|untrusted issuer|certificate verification failed",
        NEVER,
        "Nobody whom this host trusts signed the certificate of {host}.",
        "Install the system's CA certificates (package ca-certificates). If a proxy inspects TLS on purpose, install "
        "its CA.",
    ),
    Case(
        "tls_protocol",
        0,
        r"unsupported[ _]protocol|protocol[ _]version|no protocols available|no shared cipher|VERSION_TOO_LOW",
        NEVER,
        "The server and this host share no TLS version; at least 1.2 is required, which SES serves.",
        "Check that {host} is SES and not an old proxy, and that this host's OpenSSL may use TLS 1.2.",
    ),
    Case(
        "tls_not_set_up",
        0,
        r"TLS engine is unavailable|no certificate or crl found|cannot load Certificat",
        LATER,
        "The MTA could not set up TLS: usually the file of CA certificates that it names is missing or empty.",
        "Install the system's CA certificates (package ca-certificates), and correct the path (Postfix: "
        "smtp_tls_CAfile).",
    ),
    Case(
        "tls_not_offered",
        0,
        r"STARTTLS (?:was|is) not offered|TLS is required, but was not offered",
        NEVER,
        "The server offers no STARTTLS. SES always does, so something between this host and SES removes it.",
        "Look for an SMTP proxy or a firewall with SMTP inspection, or use port 465 or 2465 (TLS from the start).",
    ),
    Case(
        "plain_on_wrapper",
        0,
        r"no greeting",
        NEVER,
        "The server on port {port} did not greet: it waits for TLS from the start, or it is not an SMTP server.",
        "Use encryption tls (wrapper mode) on ports 465 and 2465, and starttls on 25, 587 and 2587.",
    ),
    Case(
        "wrapper_on_plain",
        0,
        r"wrong[ _]version[ _]number|record[ _]layer[ _]failure|unknown protocol|http request|packet length too long",
        NEVER,
        "The server on port {port} speaks plain text first, while this host began with TLS.",
        "Use encryption starttls on ports 25, 587 and 2587, and tls (wrapper mode) on 465 and 2465.",
    ),
    Case(
        "sasl_missing",
        0,
        r"no worthy mechs|no mechanism available",
        NEVER,
        "The MTA's SASL library has no mechanism PLAIN or LOGIN.",
        "Install it: libsasl2-modules (Debian, Ubuntu), cyrus-sasl-plain (Red Hat, SUSE).",
    ),
    Case(
        "auth_not_offered",
        0,
        r"AUTH (?:was|is) not offered",
        NEVER,
        "The server offers no AUTH, so it is not SES, or a proxy removes it.",
        "Check the host name, and look for an SMTP proxy between this host and SES.",
    ),
    Case(
        "table_missing",
        0,
        r"open database \S+: No such file|unsupported dictionary type|is unavailable\. open|lookup table .* unavailable"
        r"|\.(?:db|lmdb|cdb)\b.*No such file",
        LATER,
        "The MTA cannot open one of its lookup tables.",
        "Build the table with the type that the MTA has (Postfix: postconf -m, then postmap).",
    ),
    Case(
        "no_such_name",
        0,
        r"name or service not known|no address associated|nodename nor servname|host not found|name service error"
        r"|name does not resolve|domain name not found|unable to look ?up host|getaddrinfo failed",
        LATER,
        "The name {host} does not resolve on this host.",
        "Check the region's spelling, and that DNS works here. Postfix asks DNS alone, not /etc/hosts.",
    ),
    Case(
        "dns_trouble",
        0,
        r"temporary failure in name resolution|host not found, try again|name resolution timed out",
        LATER,
        "The name servers of this host did not answer for {host}.",
        "Check /etc/resolv.conf and that the name servers can be reached.",
    ),
    Case(
        "refused",
        0,
        r"connection refused",
        LATER,
        "{host} refused the connection to port {port}: a firewall rejects it, or the name leads to another server.",
        "Check outgoing rules for port {port} and what the name resolves to. " + _OTHER_PORT,
    ),
    Case(
        "unreachable",
        0,
        r"network is unreachable|no route to host|cannot assign requested address",
        LATER,
        "This host has no route to {host}.",
        "Check its default route, NAT gateway or VPC endpoint, and IPv6 if only that fails.",
    ),
    Case(
        "reset",
        0,
        r"reset by peer|broken pipe|lost connection|unexpectedly closed|connection closed|EOF occurred|unexpected eof"
        r"|server dropped connection",
        SOON,
        "The connection was cut off in the middle of the dialogue.",
        "Try again. If it recurs, look for a firewall or a proxy that cuts connections to port {port}.",
    ),
    Case(
        "timed_out",
        0,
        r"timed? ?out|timeout",
        LATER,
        "{host} did not answer on port {port} in time: usually a firewall drops it. EC2 throttles port 25 by default.",
        "Check outgoing rules (security group, network ACL, provider) for port {port}. " + _OTHER_PORT,
    ),
)

#: What the first digit of an unknown reply says (RFC 5321, section 4.2.1).
CLASSES = {
    2: Case("ok", 0, "", NEVER, "The server accepted the command.", ""),
    3: Case("more", 0, "", NEVER, "The server waits for more.", ""),
    4: Case("temporary", 0, "", SOON, "The server cannot do it just now.", _BACK_OFF),
    5: Case("permanent", 0, "", NEVER, "The server refuses it for good.", "Correct what the reply names."),
}

UNKNOWN = Case("unknown", 0, "", NEVER, "The text holds no SMTP reply and no failure that is known.", "Read the text.")
