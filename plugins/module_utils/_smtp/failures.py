# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failures on the way to SES that come without a reply: the network, and what the client lacks. First match wins.

The texts are those of Python, Node.js, Go, Java, PHP, Ruby, .NET, curl and of the MTAs.
"""

from __future__ import annotations

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.case import LATER, NEVER, OTHER_PORT, SOON, Case
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.failures_tls import TLS_FAILURES

FAILURES = (
    Case(
        "proxy_answers",
        (),
        "not an smtp reply|greeting*http/1.|response*http/1.|reply*http/1.|received http/0.9|malformed smtp response|"
        "bad http request",
        NEVER,
        "What answers at {host} on port {port} does not speak SMTP: a proxy, a captive portal or another service.",
        "Have the network let port {port} through as it is, without a proxy, or use another of the ports 587, 2587 (STARTTLS), "
        "465, 2465 (TLS).",
        (
            "not an SMTP reply: b'HTTP/1.1 400 Bad Request'",
            "Error: Invalid greeting. response=HTTP/1.1 400 Bad Request: HTTP/1.1 400 Bad Request",
        ),
    ),
    Case(
        "not_ses",
        (),
        "the greeting is not of ses",
        NEVER,
        "What answers as {host} is another mail server than SES.",
        "Check the host name, what it resolves to on this host (DNS, /etc/hosts), and whether the network redirects SMTP to "
        "a mail server of its own, as many providers do on port 25.",
        ("the greeting is not of SES: 220 mail.example.net ESMTP Postfix",),
    ),
    *TLS_FAILURES,
    Case(
        "sasl_missing",
        (),
        "no worthy mechs|no mechanism available|no authentication mechanism available",
        NEVER,
        "The MTA's SASL library has no mechanism PLAIN or LOGIN.",
        "Install it: libsasl2-modules (Debian, Ubuntu), cyrus-sasl-plain (Red Hat, SUSE).",
        (
            (
                "SASL authentication failed; cannot authenticate to server email-smtp.eu-west-1.amazonaws.com[192.0.2.7]: no "
                "mechanism available"
            ),
        ),
    ),
    Case(
        "auth_not_offered",
        (),
        "auth was not offered|auth is not offered|auth extension not supported|server doesn't support auth|"
        "server does not support auth|server does not support smtp auth|does not support authentication|"
        "no authentication type found|no supported authenticator|no supported authentication|"
        "not support any authentication",
        NEVER,
        "The server offers no AUTH, so it is not SES, or a proxy removes it.",
        "Check the host name, and look for an SMTP proxy between this host and SES. SES offers AUTH after STARTTLS only: the "
        "client must start TLS first.",
        ("AUTH is not offered", "smtplib.SMTPNotSupportedError: SMTP AUTH extension not supported by server."),
    ),
    Case(
        "login_failed",
        (),
        "could not authenticate|login denied|unable to authenticate|failed to authenticate|authentication failed",
        NEVER,
        "The log-in failed, and the text does not hold what SES said; usually that is 535 Authentication Credentials Invalid.",
        "Test the credential with cloudmail.ses.ses_smtp_test (stage auth), or have the program log the whole dialogue. The "
        "user name is the access key ID (AKIA...), the password is derived for one region, and TLS comes first.",
        ("SMTP Error: Could not authenticate.", "curl: (67) Login denied"),
    ),
    Case(
        "table_missing",
        (),
        "open database *: no such file|unsupported dictionary type|is unavailable. open|lookup table * unavailable|"
        ".db*no such file|.lmdb*no such file|.cdb*no such file",
        NEVER,
        "The MTA cannot open one of its lookup tables.",
        "Build the table with a type that the MTA has (Postfix: postconf -m lists them, postmap builds it).",
        ("error: open database /etc/postfix/sasl_passwd.db: No such file or directory",),
    ),
    Case(
        "dns_trouble",
        (),
        "temporary failure in name resolution|host not found, try again|name resolution timed out|eai_again|"
        "host name lookup failure|host lookup did not complete|lookup *i/o timeout|server misbehaving|temporary dns |"
        "temporary lookup failure|resolving timed out|servfail|lookup timed out",
        LATER,
        "The name servers of this host did not answer for {host}.",
        "Check /etc/resolv.conf and that the name servers in it can be reached.",
        (
            "[Errno -3] Temporary failure in name resolution",
            "Error: getaddrinfo EAI_AGAIN email-smtp.eu-west-1.amazonaws.com",
            (
                "Host or domain name not found. Name service error for name=email-smtp.eu-west-1.amazonaws.com type=A: Host not "
                "found, try again"
            ),
        ),
    ),
    Case(
        "no_such_name",
        (),
        "name or service not known|no address associated|nodename nor servname|host not found|name service error|"
        "name does not resolve|domain name not found|unable to look up host|unable to lookup host|getaddrinfo failed|"
        "enotfound|no such host|unknownhostexception|unknown smtp host|could not be resolved|could not resolve host|"
        "host unknown|bad hostname|cannot locate host|domain does not exist|nxdomain|lookup of host *failed",
        NEVER,
        "The name {host} does not resolve on this host.",
        "Check the region's spelling, and that DNS works here. Postfix asks DNS alone, not /etc/hosts.",
        (
            "[Errno -2] Name or service not known",
            "Error: getaddrinfo ENOTFOUND email-smtp.eu-west-9.amazonaws.com",
            "dial tcp: lookup email-smtp.eu-west-9.amazonaws.com: no such host",
        ),
    ),
    Case(
        "refused",
        (),
        "connection refused|econnrefused|actively refused",
        LATER,
        "{host} refused the connection to port {port}: a firewall rejects it, or the name leads to another server.",
        "Check outgoing rules for port {port} and what the name resolves to. " + OTHER_PORT,
        ("[Errno 111] Connection refused", "Error: connect ECONNREFUSED 192.0.2.7:587"),
    ),
    Case(
        "unreachable",
        (),
        "network is unreachable|host is unreachable|no route to host|cannot assign requested address|ehostunreach|"
        "enetunreach|unreachable network|unreachable host|network unreachable",
        LATER,
        "This host has no route to {host}.",
        "Check its default route, NAT gateway or VPC endpoint, and IPv6 if only that fails.",
        ("[Errno 101] Network is unreachable", "[Errno 113] No route to host"),
    ),
    Case(
        "reset",
        (),
        "dsn=4.4.2, stat=deferred\n|read error from|server sent an empty reply|sending failed: protocol error|"
        "connection reset|reset by peer|broken pipe|lost connection|unexpectedly closed|closed unexpectedly|connection closed by|"
        "connection was closed|connection lost|connection was lost|connection dropped|connection aborted|"
        "connection died|eof occurred|has been closed (eof)|unexpected eof|end of file reached|econnreset|epipe|socket hang up|"
        "forcibly closed|server dropped connection|closed connection in response|non-properly terminated|"
        "could not read from smtp host|[eof]|: eof",
        SOON,
        "The connection was cut off in the middle of the dialogue.",
        "Try again. If it recurs, look for a firewall or a proxy that cuts connections to port {port}.",
        (
            "[Errno 104] Connection reset by peer",
            "smtplib.SMTPServerDisconnected: Connection unexpectedly closed",
            "Error: read ECONNRESET",
        ),
    ),
    Case(
        "silent",
        (),
        "timed out waiting for the reply|conversation with * timed out|smtp timeout after|read timed out|readtimeout|"
        "timed out while|read operation timed out|timeout while waiting",
        LATER,
        "{host} took the connection to port {port}, and then did not answer in time.",
        "Try again. If it recurs, look for a proxy or a firewall that holds SMTP back, and at the AWS Health Dashboard. A "
        "message whose last reply was lost may have been sent.",
        (
            "timed out waiting for the reply to DATA",
            (
                "conversation with email-smtp.eu-west-1.amazonaws.com[192.0.2.7] timed out while sending end of data -- message "
                "may be sent more than once"
            ),
        ),
    ),
    Case(
        "timed_out",
        (),
        "\ntimed out\n|error: timed out|socket.timeout: timed out|connection timed out|operation timed out|"
        "operation has timed out|connect timed out|handshake timed out|attempt timed out|timed out connecting|"
        "timed out waiting for server|connection time out|etimedout|connection timeout|smtp timeout|i/o timeout|opentimeout|"
        "timeouterror|timeoutexception|timeout was reached|socket timeout|socket.timeout|timeout waiting|"
        "timeout exceeded|timeout expired|connect timeout|read timeout",
        LATER,
        "{host} did not answer on port {port} in time: usually a firewall drops it. EC2 throttles port 25 by default.",
        "Check outgoing rules (security group, network ACL, provider) for port {port}. " + OTHER_PORT,
        (
            "timed out",
            "connect to email-smtp.eu-west-1.amazonaws.com[192.0.2.7]:587: Connection timed out",
            "Error: connect ETIMEDOUT 192.0.2.7:587",
        ),
    ),
    Case(
        "no_connection",
        (),
        "failed: connect failed|network error on destination mxs|smtp connect() failed|"
        "could not connect to smtp host|couldn't connect to host|failed to connect to|"
        "unable to connect to smtp|connection could not be established with host|failure sending mail",
        LATER,
        "The program could not connect to {host}, and the text does not say why.",
        "Test the way with cloudmail.ses.ses_smtp_test (probe), or have the program log the whole dialogue.",
        ("SMTP Error: Could not connect to SMTP host.", "SMTP connect() failed."),
    ),
)
