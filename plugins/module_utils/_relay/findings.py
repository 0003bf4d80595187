# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with variables, collected; and the kinds of values that they may have."""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Dict, List, Mapping, Sequence, Set

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.password import holds_secret

#: How the variables that are no texts are written.
EXAMPLES: Mapping[str, Any] = {
    "ses_relay_endpoints": ["eu-west-1", "us-east-1"],
    "ses_relay_passwords": {"eu-west-1": "...", "us-east-1": "..."},
    "ses_relay_senders": [{"senders": ["app@example.net"], "region": "us-east-1"}],
    "ses_relay_sender_exceptions": {"backup@web1.internal": "backups@example.com"},
    "ses_relay_message_tags": {"team": "mail"},
    "ses_relay_settings": {"postfix": {"smtp_connect_timeout": "10s"}},
}
_SHORTEST_SECRET = 6


class RelayInputError(ValueError):
    """All that is wrong with the variables, a line each."""

    def __init__(self, lines: Sequence[str]) -> None:
        count = len(lines)
        start = "" if count == 1 else f"{count} things have to be corrected in the variables of the role ses_relay.\n"
        super().__init__(start + "\n".join(lines))
        self.lines = list(lines)


class Findings:
    """What was found wrong so far: the variable, its value, the reason and the next step. No line holds a secret."""

    def __init__(self) -> None:
        self._lines: List[str] = []
        self._secrets: List[str] = []
        self._of_wrong_kind: Set[str] = set()

    def add(self, variable: str, reason: str) -> None:
        """Keep what is wrong with a variable, unless it is of the wrong kind, from which the rest follows."""
        if variable not in self._of_wrong_kind:
            self._lines.append(f"{variable}: {reason}")

    def raise_all(self) -> None:
        """Raise RelayInputError when something is wrong."""
        if self._lines:
            raise RelayInputError(list(dict.fromkeys(self._masked(line) for line in self._lines)))

    def check(self, variable: str, check: Callable[..., Any], *arguments: Any) -> Any:
        """Return what ``check`` does; None, and its complaint kept, when it raises a ValueError."""
        try:
            return check(*arguments)
        except ValueError as exc:
            self.add(variable, str(exc))
        return None

    def text(self, variable: str, value: Any) -> str:
        """Return a text, empty for None."""
        if value is None or isinstance(value, str):
            return value or ""
        # Before ansible-core 2.19 a value in a vault is an object, whose text is what was in the vault.
        if type(value).__name__ == "AnsibleVaultEncryptedUnicode":
            return str(value)
        self._wrong_kind(variable, value, wanted="a text", written=" Give one value, in quotes.")
        return ""

    def secret(self, variable: str, value: Any) -> str:
        """Return a text that is shown nowhere."""
        text = self.text(variable, value)
        if len(text) >= _SHORTEST_SECRET:
            self._secrets.append(text)
        return text

    def entries(self, variable: str, value: Any) -> List[Any]:
        """Return a list, empty for None and an empty text."""
        if value is None or value == "":
            return []
        if isinstance(value, (list, tuple)):
            return list(value)
        self._wrong_kind(variable, value, wanted="a list", written=_written(variable, " Write [one, other]."))
        return []

    def table(self, variable: str, value: Any) -> Dict[Any, Any]:
        """Return a dictionary, empty for None and an empty text."""
        if value is None or value == "":
            return {}
        if isinstance(value, Mapping):
            return dict(value)
        self._wrong_kind(variable, value, wanted="a dictionary", written=_written(variable, " Write {name: value}."))
        return {}

    def fields(self, variable: str, value: Mapping[Any, Any], *, known: Sequence[str]) -> None:
        """Keep which names in an entry mean nothing."""
        unknown = [str(name) for name in value if name not in known]
        if unknown:
            self.add(variable, f"{', '.join(unknown)} means nothing here. An entry has {', '.join(known)}.")

    def _wrong_kind(self, variable: str, value: Any, *, wanted: str, written: str) -> None:
        self.add(variable, f"is {_kind(value)}, and {wanted} is wanted.{written}")
        self._of_wrong_kind.add(variable)

    def _masked(self, line: str) -> str:
        for secret in self._secrets:
            line = line.replace(secret, "(hidden)")
        # What looks like a secret may have been given as something else.
        return re.sub(r"[A-Za-z0-9+/]{40,}", _hidden, line)


def _hidden(match: re.Match[str]) -> str:
    return "(hidden: it looks like a secret)" if holds_secret(match.group()) else match.group()


def _written(variable: str, otherwise: str) -> str:
    if variable not in EXAMPLES:
        return otherwise
    return f" On the command line that is written: -e '{json.dumps({variable: EXAMPLES[variable]})}'."


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, Mapping):
        return "a dictionary"
    return "a list" if isinstance(value, (list, tuple)) else "not defined, or of no known kind"
