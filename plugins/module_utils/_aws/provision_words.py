# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules say, with the names that their options have in the role ses_provision. Pure: no calls."""

from __future__ import annotations

import re

_NAMES = (
    "production_access",
    "keep_secret_access_key",
    "user_name",
    "permissions_boundary",
    "kms_key_id",
    "dkim_key_length",
    "dkim_origin_region",
    "dkim_private_key",
    "dkim_selector",
    "mail_from_domain",
)
#: These are words of the language too, so they are options only where a value follows.
_WORDS = ("rotation=", "store=", "dkim: ")
_OPTION = re.compile(rf"(?<![\w.])(?=(?:(?:{'|'.join(_NAMES)})\b|{'|'.join(_WORDS)}))")
_OF_ACCOUNT = re.compile(r"([a-z0-9_]+) of cloudmail[.]ses[.]ses_account")
_CONFIGURATION_SET = (
    "ses_provision_configuration_set and one of its settings, such as ses_provision_configuration_set_tls_policy"
)


def in_words_of_role(text: str) -> str:
    """Return what a module has said, with the role's variables in place of its options."""
    text = _OF_ACCOUNT.sub(r"ses_provision_\1", text)
    text = text.replace("cloudmail.ses.ses_configuration_set", _CONFIGURATION_SET)
    return _OPTION.sub("ses_provision_", text)
