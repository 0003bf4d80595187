# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hand the message on standard input to this host's Postfix again, with another sender: resend.py SENDER RECIPIENT...

Not by the sendmail command, whose set-group-ID helper has no effect where Postfix runs without new privileges (Debian 13).
NOTIFY=NEVER (RFC 3461) asks for no bounce, should SES refuse this message too: it was a bounce, or an automatic reply.
"""

import smtplib
import sys

EX_TEMPFAIL = 75  # sysexits.h; Postfix keeps the message and tries again.


def main() -> None:
    sender, recipients = sys.argv[1], sys.argv[2:]
    message = sys.stdin.buffer.read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    try:
        with smtplib.SMTP("localhost", local_hostname="localhost", timeout=60) as server:
            server.sendmail(sender, recipients, message, mail_options=["BODY=8BITMIME"], rcpt_options=["NOTIFY=NEVER"])
    except (OSError, smtplib.SMTPException) as error:
        print(f"Postfix on localhost does not take the message again: {error}")
        sys.exit(EX_TEMPFAIL)


if __name__ == "__main__":
    main()
