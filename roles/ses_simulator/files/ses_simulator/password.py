# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SMTP password of an IAM key, implemented apart from the code that this simulator judges.

Source: "Obtaining your Amazon SES SMTP credentials" in the SES developer guide.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

_VERSION = b"\x04"
_LEGACY_VERSION = b"\x02"
_SCOPE = ("11111111", "{region}", "ses", "aws4_request", "SendRawEmail")


def smtp_password(secret_access_key: str, region: str) -> str:
    """Return the 44 characters that authenticate ``secret_access_key`` in ``region``."""
    digest = ("AWS4" + secret_access_key).encode()
    for part in _SCOPE:
        digest = hmac.new(digest, part.format(region=region).encode(), hashlib.sha256).digest()
    return base64.b64encode(_VERSION + digest).decode("ascii")


def legacy_smtp_password(secret_access_key: str) -> str:
    """Return the password of the kind that was derived before 2019: good in every region, and throttled."""
    digest = hmac.new(secret_access_key.encode(), b"SendRawEmail", hashlib.sha256).digest()
    return base64.b64encode(_LEGACY_VERSION + digest).decode("ascii")
