# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/smtp-errors.md: what SES and the way to it say, why, and what to do.

    scripts/smtp_errors.py [--check]

It comes from the tables that the module and the filter work with. With --check nothing is written, and a document that is
out of date is an error.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterable
from typing import Any

from checkout import CHECKOUT

DOCUMENT = CHECKOUT / "docs/smtp-errors.md"
_COLLECTION = "ansible_collections.cloudmail.ses"
#: What takes the places in causes and fixes, the longer ones first.
_PLACES = {
    "feedback-smtp.{region}.amazonses.com": "`feedback-smtp.<region>.amazonses.com`",
    "The name {host}": "the server's name",
    "name than {host}": "name than the server's",
    "port {port}": "that port",
    "{host}": "the server",
    "{region}": "the region",
    "<>": "`<>`",
}
_RETRY = {
    "soon": "yes: the same attempt can succeed within seconds. Try again after 1, 2, 4, ... seconds, at most 15 between two.",
    "later": "later: it can succeed without a change to the message, the credential or the client, in minutes or hours: when a "
    "quota frees, or once a firewall, a route or a server has been mended. Leave it in the MTA's queue.",
    "never": "no: it fails until the message, the credential or the client is changed.",
}


def tables() -> types.SimpleNamespace:
    """Return the tables of this checkout, whatever collection is installed."""
    for name, folders in (
        ("ansible_collections", []),
        ("ansible_collections.cloudmail", []),
        (_COLLECTION, [CHECKOUT]),
    ):
        package = types.ModuleType(name)
        package.__path__ = [str(folder) for folder in folders]
        sys.modules[name] = package
    replies, failures, failures_tls = (
        importlib.import_module(f"{_COLLECTION}.plugins.module_utils._smtp.{name}")
        for name in ("replies", "failures", "failures_tls")
    )
    return types.SimpleNamespace(
        replies=replies.REPLIES,
        others=replies.OTHER_SERVERS,
        tls=failures_tls.TLS_FAILURES,
        failures=[case for case in failures.FAILURES if case not in failures_tls.TLS_FAILURES],
        classes=replies.CLASSES,
    )


def document(table: Any) -> str:
    """Return the text of the page."""
    groups = (
        ("What SES replies", _REPLIES, table.replies),
        ("TLS", _TLS, table.tls),
        ("What other servers reply", _OTHER_SERVERS, table.others),
        ("Network, names and the client", _FAILURES, table.failures),
    )
    parts = [_INTRODUCTION, "## All of them", *(f"### {title}\n\n{_contents(cases)}" for title, _text, cases in groups)]
    for title, text, cases in groups:
        parts += [f"## {title}: why, and what to do", text, *(_entry(case, table.others) for case in cases)]
    return (
        "\n\n".join([*parts, _OTHERS.format(**{f"class{digit}": one.cause for digit, one in table.classes.items()})])
        + "\n"
    )


def _contents(cases: Iterable[Any]) -> str:
    rows = ["| Text | Cause | Retry |", "|---|---|---|"]
    for case in cases:
        cause = _filled(case.cause).replace("|", "\\|").split(": ")[0].split("; ")[0].rstrip(".")
        rows.append(
            f"| [{_heading(case, cell=True)}](#{case.kind}) | {cause} | {_WORDS['' if _is_good(case) else case.retry]} |"
        )
    return "\n".join(rows)


def _entry(case: Any, others: Iterable[Any]) -> str:
    seen = "; seen at real servers, not documented by AWS" if case.observed else ""
    seen = "; inferred from what SES's API says, not yet seen over SMTP" if case.inferred else seen
    seen = "; not of SES" if case in others else seen
    lines = [f'<a id="{case.kind}"></a>', "", f"### {_heading(case)}", "", f"Kind `{case.kind}`{seen}.", ""]
    lines += [f"- **Cause**: {_filled(case.cause)}", f"- **Fix**: {_filled(case.fix)}"]
    lines += [] if _is_good(case) else [f"- **Retry**: {_RETRY[case.retry]}"]
    lines += [f"- **In logs**: {case.note}"] if case.note else []
    if len(case.examples) > 1 or _is_cut(case):
        lines += ["", "```text", *case.examples, "```"]
    return "\n".join(lines)


def _is_good(case: Any) -> bool:
    return bool(case.codes) and min(case.codes) < 400


def _is_cut(case: Any) -> bool:
    return _title(case) != case.examples[0]


def _title(case: Any) -> str:
    """Return the first example without what differs from case to case, short enough for a heading."""
    first = case.examples[0].split(" (_ssl.c")[0]
    for end in (
        " The following",
        ": User `",
        " For more",
        " [2",
        ": current time",
        ", certificate is not valid",
        ", CAfile",
    ):
        first = first.split(end)[0]
    return first if len(first) <= 110 else first[:107].rstrip() + "..."


def _heading(case: Any, *, cell: bool = False) -> str:
    title = _title(case).replace("<", "&lt;").replace(">", "&gt;").replace("[", "\\[").replace("]", "\\]")
    return title.replace("|", "\\|") if cell else title


def _filled(text: str) -> str:
    for name, words in _PLACES.items():
        text = text.replace(name, words)
    return text[0].upper() + text[1:]


_WORDS = {"": "-", "soon": "yes", "later": "later", "never": "no"}
_INTRODUCTION = """\
<!-- Written by scripts/smtp_errors.py from plugins/module_utils/_smtp/replies.py and failures.py: change those. -->

# SMTP errors of Amazon SES, and what to do

Every error that Amazon SES and the way to it are known to give: cause, fix, and whether to try again. The page is written
from the tables that the collection itself works with, which say the same on the terminal.

**Ask the filter** about any text that holds the error, be it a line of a mail log (Postfix, Exim, Sendmail, OpenSMTPD,
msmtp, nullmailer), a bounce, or the exception of a program:

```shell
ansible localhost -m ansible.builtin.debug -a "msg={{ lookup('file', '/tmp/error.txt') | cloudmail.ses.smtp_diagnosis }}"
```

**Ask the module** to test the way from a host to SES. It ends at the stage that fails, and says why:

```shell
ansible mailhost -m cloudmail.ses.ses_smtp_test -a "region=eu-west-1 stage=tls"
```

A reply counts by its code and its words: SES may add a full stop, an enhanced code such as `5.7.1`, or more words."""
_REPLIES = """\
The rule of AWS for retries: those that begin with 4 may be tried again, with growing pauses; those that begin with 5 need a
change first."""
_TLS = """\
SES serves TLS 1.2 and 1.3 and nothing without TLS: by STARTTLS on the ports 25, 587 and 2587, from the start (wrapper mode)
on 465 and 2465. The texts are those of OpenSSL, GnuTLS, Go and Node.js; the filter knows those of LibreSSL, Java and .NET
too."""
_OTHER_SERVERS = """\
What SES is not known to say: the host name leads to another server, or the text is about one."""
_FAILURES = """\
What programs and MTAs say when SES has not said anything."""
_OTHERS = """\
## Everything else

What is in none of the tables gets what the first digit of its code says (RFC 5321):

| Code | Meaning |
|---|---|
| 2 | {class2} |
| 3 | {class3} |
| 4 | {class4} Try again later. |
| 5 | {class5} Correct what the reply names. |"""


def main() -> int:
    text = document(tables())
    name = DOCUMENT.relative_to(CHECKOUT)
    if "--check" not in sys.argv[1:]:
        DOCUMENT.write_text(text, encoding="utf-8")
        print(f"wrote {name}")
        return 0
    current = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
    if current != text:
        print(f"{name} is out of date: run scripts/smtp_errors.py")
    return int(current != text)


if __name__ == "__main__":
    sys.exit(main())
