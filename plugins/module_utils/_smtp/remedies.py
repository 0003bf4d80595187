# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do about what SES says at SMTP and ses_preflight finds before: one state, one text."""

from __future__ import annotations

SANDBOX_CAUSE = (
    "The account is in the sandbox in {region}, where recipients must be verified too, and these are not: {names}."
)
SANDBOX = (
    "Ask for production access with cloudmail.ses.ses_account, verify the recipient too, or send to "
    "success@simulator.amazonses.com."
)
DAILY_QUOTA = (
    "Wait until the oldest are more than 24 hours ago, send less, or ask for a higher quota with "
    "cloudmail.ses.ses_account (max_24_hour_send)."
)
RATE = "Send more slowly, or ask for a higher rate with cloudmail.ses.ses_account (max_send_rate)."
SHUTDOWN = (
    "Answer the support case that AWS has opened for it; its notice is in the mailbox of the AWS account and in the "
    "AWS Health Dashboard. Until then use another region or account."
)
PAUSED = "Switch it on again with cloudmail.ses.ses_account (sending_enabled), after finding out who has paused it."
MAIL_FROM_DOMAIN = (
    "Publish the MX record of the MAIL FROM domain (exactly one: 10 feedback-smtp.{region}.amazonses.com), or set "
    "mail_from_on_mx_failure to use_default_value with cloudmail.ses.ses_identity."
)
CONFIGURATION_SET = (
    "Create it there with cloudmail.ses.ses_configuration_set, or name another one: each region has its own."
)
CONFIGURATION_SET_PAUSED = (
    "Switch it on with cloudmail.ses.ses_configuration_set (sending_enabled), or use another one."
)
TOO_MANY_RECIPIENTS = "Split it into several messages."
ALLOW_SENDING = "Allow ses:SendRawEmail in a policy of the user, for example with cloudmail.ses.ses_smtp_credential."
