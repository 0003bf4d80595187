# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter cloudmail.ses.verify_report."""

from __future__ import annotations

DOCUMENTATION = r"""
name: verify_report
short_description: Which hosts can send through Amazon SES, and why others cannot
version_added: 0.1.0
author:
  - cloudmail.ses contributors (@cloudmail)
description:
  - Made for the role P(cloudmail.ses.ses_verify#role), and of no use outside of it. It may change with the role.
options:
  _input:
    description: C(hostvars), in which the role has left what M(cloudmail.ses.ses_smtp_test) returned on each host.
    type: dict
    required: true
  hosts:
    description: The names of the hosts that the report is about.
    type: list
    elements: str
    required: true
  active:
    description: Those of them that the run has not lost.
    type: list
    elements: str
    default: []
  made:
    description: When the report is made, in UTC.
    type: str
    default: ''
  check_mode:
    description: Whether nothing was sent.
    type: bool
    default: false
  certificate_days:
    description: A certificate that ends within so many days is a warning.
    type: int
    default: 14
  path:
    description: Where the page is written on the controller. Empty when it is not.
    type: str
    default: ''
  files:
    description: Whether RV(_value.files) is wanted, which takes longest.
    type: bool
    default: false
seealso:
  - module: cloudmail.ses.ses_smtp_test
"""

EXAMPLES = r"""
- name: Summary
  ansible.builtin.debug:
    msg: "{{ (hostvars | cloudmail.ses.verify_report(ansible_play_hosts_all, active=ansible_play_hosts)).summary }}"
"""

RETURN = r"""
_value:
  description: The report in its forms.
  type: dict
  contains:
    files:
      description: What is to be written; the report as an HTML page, and its data as JSON.
      type: list
      elements: dict
      contains:
        path:
          description: Where.
          type: str
          sample: /srv/ses-verify.html
        content:
          description: The text of the file.
          type: str
          sample: <!DOCTYPE html>... (shortened)
    summary:
      description: The report in lines for a terminal.
      type: list
      elements: str
      sample: ["3 of 3 hosts can send through Amazon SES."]
    failures:
      description: Why hosts cannot send, by host. Hosts that can are not in it.
      type: dict
      sample: {web1: "Straight to SES: 535 Authentication Credentials Invalid. Cause: ... Fix: ..."}
"""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleFilterError
from ansible.release import __version__

from ansible_collections.cloudmail.ses.plugins.plugin_utils._report import fleet, page, terminal
from ansible_collections.cloudmail.ses.plugins.plugin_utils._report.account import Account
from ansible_collections.cloudmail.ses.plugins.plugin_utils._report.host import Seen, explain, failures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_ROOT = Path(__file__).resolve().parent.parent.parent


def verify_report(  # One parameter for each of the documented options
    hostvars: Any,
    hosts: Sequence[str],
    active: Sequence[str] = (),
    *,
    made: str = "",
    check_mode: bool = False,
    certificate_days: int = 14,
    path: str = "",
    files: bool = False,
) -> dict[str, Any]:
    """Return the report in its forms."""
    try:
        variables = {name: hostvars[name] for name in hosts}
        alive = set(active)
        seen = [_seen(name, variables[name], active=name in alive) for name in hosts]
    except (AttributeError, KeyError, TypeError) as exc:
        raise AnsibleFilterError(f"verify_report is for the role ses_verify: {exc!r}") from exc
    versions = {"cloudmail.ses": _version(), "ansible-core": __version__}
    run = fleet.Run(
        hosts=seen,
        account=_account(list(variables.values())),
        made=made,
        check_mode=check_mode,
        certificate_days=int(certificate_days),
        versions={name: version for name, version in versions.items() if version},
    )
    data = fleet.report(run)
    texts = {one.name: " ".join(explain(failure) for failure in failures(one)) for one in seen}
    return {
        "files": _files(data, path) if files and path else [],
        "summary": terminal.summary(data, path),
        "failures": {name: text for name, text in texts.items() if text},
    }


def _files(data: Mapping[str, Any], path: str) -> list[dict[str, str]]:
    return [
        {"path": path, "content": page.page(data)},
        {
            "path": re.sub(r"\.html?$", "", path) + ".json",
            "content": json.dumps(data, ensure_ascii=False, indent=4) + "\n",
        },
    ]


def _seen(name: str, variables: Mapping[str, Any], *, active: bool) -> Seen:
    return Seen(
        name=str(name),
        about=variables.get("__ses_verify_about") or {},
        straight=variables.get("__ses_verify_straight") or {},
        through=variables.get("__ses_verify_through") or {},
        active=active,
    )


def _account(variables: Sequence[Mapping[str, Any]]) -> Account:
    """AWS is asked once, and what it said is with the hosts for which a task was run then."""
    info = next((one for one in _all(variables, "__ses_verify_account_info") if not one.get("skipped")), {})
    preflights = next((one for one in _all(variables, "__ses_verify_preflights") if not one.get("skipped")), {})
    return Account(info, [one for one in preflights.get("results") or () if not one.get("skipped")])


def _all(variables: Sequence[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    return [one[name] for one in variables if one.get(name)]


def _version() -> str:
    """Return the collection's version: an installed one has a manifest, a checkout its source."""
    manifest, source = _ROOT / "MANIFEST.json", _ROOT / "galaxy.yml"
    if manifest.is_file():
        return str(json.loads(manifest.read_text(encoding="utf-8"))["collection_info"]["version"])
    found = (
        re.search(r"^version: *(\S+)", source.read_text(encoding="utf-8"), re.MULTILINE) if source.is_file() else None
    )
    return found.group(1) if found else ""


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"verify_report": verify_report}
