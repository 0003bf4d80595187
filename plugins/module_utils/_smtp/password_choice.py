# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which SMTP password is meant, where those of several regions are known. No message contains a secret."""

from __future__ import annotations

import re
from typing import Any, Mapping

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import (
    CredentialError,
    check_smtp_password,
    holds_secret,
)

_REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-[0-9]{1,2}")


def chosen_password(password: str | None, passwords: Mapping[str, Any] | None, region: str) -> str | None:
    """Return ``password``, or what ``passwords`` (by region) has for ``region``, empty when that is not known.

    Raises CredentialError for a password that is known to be of another region, and when there is none to choose.
    """
    if not passwords:
        return password
    _check_all(passwords)
    known = ", ".join(sorted(passwords))
    if password is not None:
        owners = owners_of(password, passwords)
        if region and owners and region not in owners:
            raise CredentialError(
                f"The SMTP password is that of {' and '.join(owners)}, but the endpoint is in {region}, and each region has "
                f"its own. {_instead(passwords, region)}"
            )
        return password
    if not region:
        raise CredentialError(
            f"passwords has those of {known}, and the name of the host does not tell which of them is meant. Give region too."
        )
    if region not in passwords:
        raise CredentialError(f"passwords has none of {region}, only of {known}. {_instead(passwords, region)}")
    chosen: str = passwords[region]
    return chosen


def owners_of(password: str, passwords: Mapping[str, str]) -> list[str]:
    """Return the regions that have this password."""
    return sorted(region for region, other in passwords.items() if other == password)


def why_refused(
    password: str, passwords: Mapping[str, str] | None, region: str, *, username: str
) -> tuple[str, str] | None:
    """Return cause and fix of a 535 as far as ``passwords`` tells them, or None when it tells nothing."""
    if not passwords:
        return None
    owners = owners_of(password, passwords)
    if region in owners:
        return (
            (
                f"SES does not know this pair of user name and password, although the password is the one of {region} in "
                f"passwords: so the key {username} is inactive, deleted or seconds old, or the passwords are those of another key."
            ),
            (
                f"Look at the key {username} in IAM (cloudmail.ses.ses_smtp_credential_info shows its state). If it was made just "
                "now, give new_credential; if it is another key's, give that one's ID as username."
            ),
        )
    if owners:
        return (
            (
                "SES does not know this pair of user name and password. According to passwords the password is that of "
                f"{' and '.join(owners)}, which need not be the region of this endpoint."
            ),
            "Give region, and leave password out: the one of that region in passwords is used then.",
        )
    if region in passwords:
        return (
            (
                f"SES does not know this pair of user name and password. The password is not the one of {region} in passwords, so "
                "it is that of another key or was derived for another region."
            ),
            _instead(passwords, region),
        )
    return None


def _check_all(passwords: Mapping[str, Any]) -> None:
    odd = [str(key) for key in passwords if not _REGION.fullmatch(str(key))]
    if any(holds_secret(key) for key in odd):
        raise CredentialError(
            "passwords has a password or a secret as a key: keys and values are swapped. Give the region as the key, its "
            "password as the value, as the lookup ses_smtp_credential returns them in its part passwords."
        )
    if odd:
        raise CredentialError(
            f"passwords has {', '.join(sorted(odd))}, which is no region. Give the dictionary whose keys are regions: of what "
            "the lookup ses_smtp_credential returns, that is its part passwords."
        )
    for region, password in sorted(passwords.items()):
        try:
            check_smtp_password(password)
        except CredentialError as exc:
            raise CredentialError(f"passwords, {region}: {exc}") from None
    for password in passwords.values():
        owners = owners_of(password, passwords)
        if len(owners) > 1:
            raise CredentialError(
                f"passwords has the same for {' and '.join(owners)}. Each region has its own, so at least one of them would be "
                "refused. Derive them again with the filter cloudmail.ses.smtp_password."
            )


def _instead(passwords: Mapping[str, Any], region: str) -> str:
    if region in passwords:
        return f"Leave password out, and the one of {region} in passwords is used."
    return (
        f"Add {region} to the regions of the credential (cloudmail.ses.ses_smtp_credential), or derive its password with the "
        "filter cloudmail.ses.smtp_password."
    )
