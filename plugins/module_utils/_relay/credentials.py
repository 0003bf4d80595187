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

_LOOKUP = "as the lookup cloudmail.ses.ses_smtp_credential returns them"


@dataclass(frozen=True)
class Credential:
    """What is said at one place of the variables, whose names begin with ``start``."""

    start: str
    username: str = ""
    password: str = field(default="", repr=False)
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        return bool(self.username or self.password or self.passwords)


def read_credential(found: Findings, start: str, given: Mapping[str, Any]) -> Credential:
    """Return what ``given`` says, after a look at the shape of each part."""
    username = found.text(f"{start}username", given.get("username"))
    password = found.secret(f"{start}password", given.get("password"))
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
    return Credential(start, username, password, _passwords(found, f"{start}passwords", given.get("passwords")))


def _passwords(found: Findings, variable: str, given: Any) -> Dict[str, str]:
    """Return the passwords by region."""
    table = found.table(variable, given)
    if _find_in_all(found, variable, dict.fromkeys(table, "")):
        return {}
    by_region = {region: found.secret(f"{variable}.{region}", value) for region, value in table.items()}
    for region, password in by_region.items():
        found.check(f"{variable}.{region}", check_smtp_password, password)
    _find_in_all(found, variable, by_region)
    return by_region


def _find_in_all(found: Findings, variable: str, passwords: Mapping[str, str]) -> bool:
    """Return whether there is something wrong with them as a whole, not with one of them."""
    try:
        chosen_password("", passwords, "")
    except CredentialError as exc:
        text = str(exc)
        if text.startswith("passwords has"):
            found.add(variable, _without_option(text))
            return True
    return False


class Choice:
    """Chooses credentials for endpoints, and finds a password that several regions would get."""

    def __init__(self, found: Findings) -> None:
        self._found = found
        #: By password, the variable that says it for a region
        self._uses: Dict[str, Dict[str, str]] = {}

    def choose(self, variable: str, region: str, said: Sequence[Credential]) -> Tuple[str, str]:
        """Return user name and password for the endpoint that ``variable`` names.

        ``said`` is what holds for it, from the nearest to that of the whole host.
        """
        username = next((one.username for one in said if one.username), "")
        if not username:
            self._found.add(
                f"{said[-1].start}username",
                "is empty. Give the ID of the access key (AKIA...), which is the user name.",
            )
        usable = _of_user(said, username)
        for one in usable:
            if one.passwords.get(region):
                return username, self._used(f"{one.start}passwords.{region}", region, one.passwords[region])
            if one.password:
                self._check_owner(one, region, usable)
                return username, self._used(f"{one.start}password", region, one.password)
        self._find_none(variable, region, said=said, usable=usable)
        return username, ""

    def check_regions(self) -> None:
        """Find passwords that endpoints in several regions would get."""
        for uses in self._uses.values():
            regions = [region for region in uses if region]
            variables = list(dict.fromkeys(uses.values()))
            if len(regions) > 1:
                others = f" (in {' and '.join(variables[:-1])} too)" if len(variables) > 1 else ""
                self._found.add(
                    variables[-1],
                    f"would be used in {' and '.join(regions)}{others}, and a password belongs to one region. Give passwords "
                    f"instead: those of each region, {_LOOKUP}.",
                )

    def _used(self, variable: str, region: str, password: str) -> str:
        self._uses.setdefault(password, {}).setdefault(region, variable)
        return password

    def _check_owner(self, one: Credential, region: str, usable: Sequence[Credential]) -> None:
        for other in usable:
            try:
                chosen_password(one.password, other.passwords, region)
            except CredentialError as exc:
                self._found.add(f"{one.start}password", str(exc))

    def _find_none(
        self, variable: str, region: str, *, said: Sequence[Credential], usable: Sequence[Credential]
    ) -> None:
        """Find why there is no password."""
        for one in usable:
            if one.passwords:
                try:
                    chosen_password(None, one.passwords, region)
                except CredentialError as exc:
                    self._found.add(f"{one.start}passwords", f"for {variable}: it {_without_option(str(exc))}")
                return
        if len(usable) < len(said):
            owner = next(one for one in said if one.username)
            self._found.add(
                f"{owner.start}username",
                f"{owner.username} is a key of its own, and there is no password of it for {variable}. Give it beside the user "
                f"name: password, or passwords by region, {_LOOKUP}.",
            )
            return
        self._found.add(
            f"{said[-1].start}password",
            f"is empty. Give the SMTP password of the region, or passwords by region, {_LOOKUP}.",
        )


def _of_user(said: Sequence[Credential], username: str) -> List[Credential]:
    """Return what may hold passwords of this user: beyond another user's name, all is that one's."""
    usable = []
    for one in said:
        if one.username and one.username != username:
            break
        usable.append(one)
    return usable


def _without_option(text: str) -> str:
    start = "passwords "
    return text[len(start) :] if text.startswith(start) else text
