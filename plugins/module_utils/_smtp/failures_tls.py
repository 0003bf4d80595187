# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong with TLS on the way to SES, in the words of OpenSSL, GnuTLS, LibreSSL, Go, Java and .NET.

The first match wins, so that the reason in a text comes before its "certificate verify failed".
"""

from __future__ import annotations

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.case import CLOCK, LATER, NEVER, Case

TLS_FAILURES = (
    Case(
        "tls_broken",
        (),
        "no tls after starttls",
        NEVER,
        "{host} agreed to STARTTLS on port {port} and then did not speak TLS: a proxy or a firewall that inspects SMTP is in "
        "between.",
        "Have the network let the port through as it is, or use port 465 or 2465 (TLS from the start).",
        ("no TLS after STARTTLS: [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)",),
    ),
    Case(
        "tls_timed_out",
        (),
        "the tls handshake timed out|handshake operation timed out|tls handshake timeout|ssl connection timeout",
        LATER,
        "{host} took the connection to port {port}, and the TLS handshake was not answered in time.",
        "Look for a firewall that inspects TLS, and for packets that are too large for a tunnel or VPN on the way (MTU).",
        ("the TLS handshake timed out", "_ssl.c:1006: The handshake operation timed out"),
    ),
    Case(
        "tls_not_yet_valid",
        (),
        "certificate is not yet valid|not yet valid certificate|not yet activated|certificatenotyetvalid|"
        "not yet valid: current time *is before|num=9:",
        NEVER,
        "The certificate that {host} showed is not valid yet: this host's clock is behind.",
        CLOCK,
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate is not yet valid (_ssl.c:1006)",
            "The certificate is NOT trusted. The certificate chain uses not yet valid certificate.",
        ),
    ),
    Case(
        "tls_expired",
        (),
        "certificate has expired|certificate expired|expired certificate|certificate is expired|cert_has_expired|"
        "nottimevalid|certificateexpired|num=10:",
        NEVER,
        "The certificate that {host} showed has expired, or this host's clock is wrong.",
        CLOCK,
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)",
            "The certificate is NOT trusted. The certificate chain uses expired certificate.",
            (
                "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time "
                "2026-11-23T20:00:00Z is after 2026-11-01T00:00:00Z"
            ),
        ),
    ),
    Case(
        "tls_wrong_name",
        (),
        "hostname mismatch|ip address mismatch|hostname *doesn't match|certificate *doesn't match|server certificate not verified|"
        "certificate is not valid for|peername mismatch|subject *does not match|"
        "does not match certificate's altnames|does not match the server certificate|does not match hostname|"
        "4.7.0 cn *does not match|"
        "does not match target host name|certificate is valid for *, not |altname_invalid|did not match expected cn|"
        "certificate name mismatch|namemismatch|no subject alternative * found|no name matching * found|"
        "can't verify identity of server|not present in server certificate|name in the certificate does not match|"
        "owner does not match|num=62:",
        NEVER,
        "The certificate is for another name than {host}: this host was led to another server, or connects by another name.",
        "Check the host name, DNS and /etc/hosts. Use the endpoint's own name, never its address or an alias.",
        (
            (
                "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, certificate is not valid for "
                "'email-smtp.eu-west-1.amazonaws.com'. (_ssl.c:1006)"
            ),
            "x509: certificate is valid for proxy.example.net, not email-smtp.eu-west-1.amazonaws.com",
            (
                "Hostname/IP does not match certificate's altnames: Host: email-smtp.eu-west-1.amazonaws.com. is not in the cert's "
                "altnames: DNS:proxy.example.net"
            ),
        ),
    ),
    Case(
        "tls_unverified",
        (),
        "tls session: (certificate verification failed|is untrusted|ssl certificate check failed|verify=fail|"
        "4.7.0 authentication failed|ruleset=tls_server, arg1=fail",
        NEVER,
        "The certificate of {host} was not accepted, and the program does not say why: expired, for another name, or signed "
        "by nobody whom this host trusts.",
        "Run cloudmail.ses.ses_smtp_test with stage tls on this host: it says which.",
        (
            "stat=Deferred: 454 4.7.0 authentication failed",
            "STARTTLS=client, relay=email-smtp.eu-west-1.amazonaws.com., version=TLSv1.3, verify=FAIL",
            "mta error reason=SSL certificate check failed",
            "smtp: Failed: Server SSL/TLS certificate is untrusted",
            "TLS session: (certificate verification failed): certificate invalid",
        ),
    ),
    Case(
        "tls_unknown_ca",
        (),
        "unable to get issuer certificate|unable to get local issuer certificate|"
        "unable to verify the first certificate|self-signed cert|self signed cert|alert unknown ca|unknown_ca|"
        "certificate verify failed|server certificate not trusted|untrusted issuer|certificate verification failed|"
        "self_signed_cert|unable_to_verify|unable_to_get|signed by unknown authority|pkix path building failed|"
        "valid certification path|remote certificate is invalid|remote certificate was rejected|untrustedroot|"
        "partialchain|certificate issuer is unknown|certificate is not trusted|issuer is not trusted|got a known issuer|ssl certificate problem|"
        "error in the certificate verification|num=18:|num=19:|num=20:|num=21:",
        NEVER,
        "Nobody whom this host trusts signed the certificate of {host}.",
        "Install the system's CA certificates (package ca-certificates). If a proxy inspects TLS on purpose, install "
        "its CA.",
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:1006)",
            (
                "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain "
                "(_ssl.c:1006)"
            ),
            "status=deferred (Server certificate not trusted)",
            "The certificate is NOT trusted. The certificate issuer is unknown.",
            "x509: certificate signed by unknown authority",
        ),
    ),
    Case(
        "starttls_failed",
        (),
        "4.7.0 authentication failure|ruleset=tls_server, arg1=temp|starttls failed|starttls command failed",
        LATER,
        "TLS could not be started: {host} took STARTTLS back, or the handshake broke off.",
        "Try again. If it lasts, run cloudmail.ses.ses_smtp_test with stage tls on this host, and look for a proxy or a firewall "
        "that inspects SMTP.",
        ("stat=Deferred: 454 4.7.0 authentication failure",),
    ),
    Case(
        "tls_protocol",
        (),
        ":unsupported protocol|unsupported_protocol|alert protocol version|error in protocol version|"
        "protocol version not supported|alert_protocol_version|alert: protocol_version|no protocols available|"
        "no shared cipher|version_too_low|:version too low|alert handshake failure|tls: handshake failure|"
        "handshake_failure|"
        "no supported cipher suites|illegal or unsupported version|no appropriate protocol|dh key too small|"
        "ca md too weak|inappropriate fallback|no ciphers available|insufficient security",
        NEVER,
        "The server and this host share no TLS version or cipher; at least TLS 1.2 is required, which SES serves.",
        "Check that {host} is SES and not an old proxy, and that this host's TLS library and its policy allow TLS 1.2.",
        (
            "[SSL: UNSUPPORTED_PROTOCOL] unsupported protocol (_ssl.c:1006)",
            "[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version (_ssl.c:1006)",
            "A packet with illegal or unsupported version was received.",
        ),
    ),
    Case(
        "tls_not_set_up",
        (),
        "cannot load certificates of cas|tls engine is unavailable|no certificate or crl found|"
        "cannot load certificat|error loading ca|"
        "error loading trust|unable to load ca|unable to load trust|error setting certificate|"
        "trustanchors parameter must be non-empty",
        NEVER,
        "The client could not set up TLS: usually the file of CA certificates that it names is missing, empty or damaged.",
        "Install the system's CA certificates (package ca-certificates), and correct the path (Postfix: "
        "smtp_tls_CAfile; ses_smtp_test: ca_path).",
        ('cannot load Certification Authority data, CAfile="/etc/ssl/ca.pem": disabling TLS support',),
    ),
    Case(
        "tls_not_offered",
        (),
        "starttls was not offered|starttls is not offered|tls is required, but was not offered|"
        "starttls extension not supported|starttls is required but|doesn't support tls|does not support tls|"
        "doesn't support starttls|does not support starttls|does not support secure connections|"
        "a tls session is required|tls required but not supported|does not advertise starttls|"
        "starttls not supported|starttls not advertised",
        NEVER,
        "The server offers no STARTTLS. SES always does, so something between this host and SES removes it.",
        "Look for an SMTP proxy or a firewall with SMTP inspection, or use port 465 or 2465 (TLS from the start).",
        (
            "TLS is required, but was not offered by host email-smtp.eu-west-1.amazonaws.com[192.0.2.7]",
            "smtplib.SMTPNotSupportedError: STARTTLS extension not supported by server.",
            "a TLS session is required, but the server did not offer TLS support",
        ),
    ),
    Case(
        "plain_on_wrapper",
        (),
        "no greeting|greeting never received|initial server greeting|wrappermode*unimplemented|got bad greeting|"
        "after initial connection|in response to initial connection|waiting for greeting|waiting for initial greeting",
        NEVER,
        "The server on port {port} did not greet: it waits for TLS from the start, or it is not an SMTP server.",
        "Use TLS from the start (wrapper mode, SMTPS, implicit TLS) on ports 465 and 2465, and STARTTLS on 25, 587 and 2587.",
        (
            "no greeting: timed out",
            "Error: Greeting never received",
            "lost connection with email-smtp.eu-west-1.amazonaws.com[192.0.2.7] while receiving the initial server greeting",
        ),
    ),
    Case(
        "wrapper_on_plain",
        (),
        "wrong version number|wrong_version_number|record layer failure|record_layer_failure|unknown protocol|"
        "ssl routines*http request|ssl: http_request|packet length too long|unexpected tls packet|does not look like a tls handshake|"
        "unrecognized ssl message|frame size or a corrupted frame|unexpected packet format",
        NEVER,
        "The server on port {port} speaks plain text first, while the client began with TLS.",
        "Use STARTTLS on ports 25, 587 and 2587, and TLS from the start (wrapper mode) on 465 and 2465.",
        (
            "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)",
            "[SSL: RECORD_LAYER_FAILURE] record layer failure (_ssl.c:1029)",
            "tls: first record does not look like a TLS handshake",
            "An unexpected TLS packet was received.",
        ),
    ),
)
