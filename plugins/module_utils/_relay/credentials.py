# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which user name and password an endpoint gets. No message contains a secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Sequence, Tuple

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import (
    CredentialError,
    check_access_key_id,
    check_credential,
    check_smtp_password,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password_choice import chosen_password

if TYPE_CHECKING:
    from ansible_collections.cloudmail.ses.plugins.module_utils._relay.findings import Findings


@dataclass(frozen=True)
class Credential:
    """What one place of the variables says of the user name and the passwords; ``start`` is what their names begin with."""

    start: str
    username: str = ""
    password: str = field(default="", repr=False)
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_credential(found: Findings, start: str, given: Mapping[str, Any]) -> Credential:
    """Return what ``given`` says, each part of the right shape or empty."""
    username = found.text(f"{start}username", given.get("username"))
    password = found.secret(f"{start}password", given.get("password"))
    passwords = {
        region: found.secret(f"{start}passwords.{region}", value)
        for region, value in found.table(f"{start}passwords", given.get("passwords")).items()
    }
    try:
        if username and password:
            check_credential(username, password)
        elif username:
            check_access_key_id(username)
        elif password:
            check_smtp_password(password)
    except CredentialError as exc:
        for text in exc.shortfalls:
            found.add(f"{start}{'password' if text.startswith('The SMTP password') else 'username'}", text)
    try:
        chosen_password("", passwords, "")
    except CredentialError as exc:
        found.add(f"{start}passwords", _without_option(str(exc)))
        passwords = {}
    return Credential(start, username, password, passwords)


class Choice:
    """Chooses credentials for endpoints, and finds one password that would be used in several regions."""

    def __init__(self, found: Findings) -> None:
        self._found = found
        self._regions: Dict[str, Dict[str, None]] = {}

    def choose(self, variable: str, region: str, said: Sequence[Credential]) -> Tuple[str, str]:
        """Return user name and password for an endpoint. ``said`` goes from the endpoint's own to the whole host's."""
        username = next((one.username for one in said if one.username), "")
        if not username:
            self._found.add(
                f"{said[-1].start}username",
                "is empty. Give the ID of the access key (AKIA...), which is the user name.",
            )
        usable = _of_user(said, username)
        for one in usable:
            password = one.passwords.get(region, "")
            if password:
                return username, password
            if one.password:
                self._check_owner(one, region, usable)
                self._regions.setdefault(f"{one.start}password", {})[region] = None
                return username, one.password
        self._none(variable, region, said=said, usable=usable)
        return username, ""

    def check_regions(self) -> None:
        """Find passwords that endpoints in several regions would get."""
        for variable, regions in self._regions.items():
            several = [region for region in regions if region]
            if len(several) > 1:
                self._found.add(
                    variable,
                    f"would be used in {' and '.join(several)}, and a password belongs to one region. Give passwords instead: "
                    "those of each region, as the lookup cloudmail.ses.ses_smtp_credential returns them.",
                )

    def _check_owner(self, one: Credential, region: str, usable: Sequence[Credential]) -> None:
        for other in usable:
            try:
                chosen_password(one.password, other.passwords, region)
            except CredentialError as exc:
                self._found.add(f"{one.start}password", str(exc))

    def _none(self, variable: str, region: str, *, said: Sequence[Credential], usable: Sequence[Credential]) -> None:
        for one in usable:
            if one.passwords:
                try:
                    chosen_password(None, one.passwords, region)
                except CredentialError as exc:
                    self._found.add(f"{one.start}passwords", f"{_without_option(str(exc))} It is for {variable}.")
                return
        owner = usable[-1].start if usable else said[-1].start
        if len(usable) < len(said):
            self._found.add(
                f"{owner}username",
                "is another key than that of the whole host, and there is no password of it. Give passwords beside it (or "
                "password, that of the endpoint's region).",
            )
        else:
            self._found.add(
                f"{owner}password",
                "is empty. Give the SMTP password of the endpoint's region, or those of all regions in passwords, as the lookup "
                "cloudmail.ses.ses_smtp_credential returns them.",
            )


def _of_user(said: Sequence[Credential], username: str) -> List[Credential]:
    """Return what may hold passwords of this user: what is said further out is of another user, where it names one."""
    usable = []
    for one in said:
        if one.username and one.username != username:
            break
        usable.append(one)
    return usable


def _without_option(text: str) -> str:
    for start in ("passwords, ", "passwords "):
        if text.startswith(start):
            return text[len(start) :]
    return text
