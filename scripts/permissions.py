# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/permissions.md: the least IAM policy for the AWS side, from what the plugins call.

    scripts/permissions.py [--check]

The actions come from the code. permission_groups.py says for each of them what it is needed for and on which resources;
an action without such a place is an error here, and so is a place whose action nothing calls. With --check nothing is
written, and a document that is out of date is an error.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable

import yaml
from called_actions import PLUGINS, UnknownActionError, actions_of_plugins, all_actions
from checkout import CHECKOUT
from permission_groups import AMAZON_AWS, BESIDES, BOUND, BOUNDARY, FREE, GROUPS, UNBOUND, Group

DOCUMENT = CHECKOUT / "docs/permissions.md"
_ACTION = re.compile(r"C\(([a-z0-9]+:[A-Z]\w+)\)")
_ROLES = ("roles", "playbooks")


def policy(groups: Iterable[Group]) -> dict[str, object]:
    """Return a policy document with the statements of some groups."""
    return {"Version": "2012-10-17", "Statement": [one for group in groups for one in group.statements()]}


def amazon_aws_modules() -> set[str]:
    """Return the modules of amazon.aws that roles and playbooks use."""
    files = [path for folder in _ROLES for path in (CHECKOUT / folder).rglob("*.yml")]
    found = set[str]()
    for path in files:
        found |= set(re.findall(r"^ *(?:- )?(amazon\.aws\.\w+):", path.read_text(encoding="utf-8"), re.MULTILINE))
    return found


def documented(plugin: str) -> set[str]:
    """Return the actions that the documentation of a plugin names, options aside."""
    name, _separator, kind = plugin.partition(" ")
    path = PLUGINS / ("lookup" if kind else "modules") / f"{name}.py"
    block = re.search(r'DOCUMENTATION = r?"""(.*?)"""', path.read_text(encoding="utf-8"), re.DOTALL)
    fields = yaml.safe_load(block.group(1)) if block else {}
    return set(_ACTION.findall(str({name: value for name, value in fields.items() if name != "options"})))


def complaints() -> list[str]:
    """Return what in code, groups and documentation does not fit together."""
    called = all_actions()
    placed = {action for group in GROUPS for action in group.actions()}
    wanted = {action for actions in AMAZON_AWS.values() for action in actions} | set(BESIDES)
    found = [
        f"{action} is called in {', '.join(sorted(set(files)))} and has no place in scripts/permission_groups.py"
        for action, files in sorted(called.items())
        if action not in placed | set(FREE)
    ]
    found += [f"{one} has a place, and nothing calls it" for one in sorted(placed - set(called) - wanted)]
    used = amazon_aws_modules()
    found += [
        f"{module} is used in a role, and AMAZON_AWS does not know it" for module in sorted(used - set(AMAZON_AWS))
    ]
    found += [f"{module} is in AMAZON_AWS, and no role uses it" for module in sorted(set(AMAZON_AWS) - used)]
    reached = actions_of_plugins()
    for plugin, actions in reached.items():
        named = documented(plugin)
        found += [f"{plugin} names {one}, which it does not call" for one in sorted(named - actions - set(BESIDES))]
        found += [] if named else [f"{plugin} does not document the IAM permissions that it needs"]
    named_anywhere = {action for plugin in reached for action in documented(plugin)}
    found += [f"{one} is called, and no plugin documents it" for one in sorted(set(called) - named_anywhere)]
    return found


def document() -> str:
    """Return the text of docs/permissions.md."""
    base, *others = GROUPS
    parts = [_INTRODUCTION, f"## {base.title}\n\n{base.text}\n\n{_json(policy([base]))}"]
    parts += [_ADDITIONS, *(f"### {one.title}\n\n{one.text}\n\n{_json(one.statements())}" for one in others)]
    return "\n\n".join([*parts, _BOUNDARY, _modules()]) + "\n"


def _json(value: object) -> str:
    return f"```json\n{json.dumps(value, indent=2)}\n```"


def _modules() -> str:
    rows = ["## By plugin", "", _BY_PLUGIN, "", "| Plugin | Permissions |", "|---|---|"]
    for plugin in sorted(actions_of_plugins()):
        actions = sorted(documented(plugin) - set(FREE))
        rows.append(
            f"| `{plugin.split()[0]}`{' (lookup)' if ' ' in plugin else ''} | {', '.join(map('`{}`'.format, actions))} |"
        )
    return "\n".join(rows)


def _listed(names: Iterable[str]) -> str:
    *first, last = [f"`{name}`" for name in names]
    return f"{', '.join(first)} and {last}"


_INTRODUCTION = """\
<!-- Written by scripts/permissions.py from the code: change that, or scripts/permission_groups.py. -->

# Permissions

What the AWS credentials of a run have to be allowed. A test runs the role `ses_provision` and the modules as an IAM user
with exactly these policies: with one permission less something fails, and none is never used.

The resources are those that the role makes by default, where the names of users, secrets and parameters begin with
`ses-smtp-`. Put other names, your regions, your account number and your hosted zone in their places: the narrower, the
better. In AWS GovCloud every ARN begins with `arn:aws-us-gov:`.

Hosts need none of this. They get an SMTP password, which is not known to IAM."""
_ADDITIONS = """\
## What more is needed for more

Add the statements of what you use to the policy above."""
_BOUNDARY = f"""\
## Who may write policies may do anything

Whoever may make users, their policies and their keys, could make a user with more rights than their own, within the
names that the policy allows. A permissions boundary ends that:

1. Let an administrator make a managed policy that allows `ses:SendRawEmail` and nothing else, and set
   `ses_provision_permissions_boundary` to its ARN.
2. Add the condition below to {_listed(BOUND)}, as far as you use them. IAM then refuses users
   without that boundary, policies of such users, and any other boundary.
3. Leave out the statement `{UNBOUND}`, with which the boundary could be taken away again.

```json
{json.dumps({"Condition": {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}}}, indent=2)}
```

Access keys cannot be bound in this way: `iam:CreateAccessKey`, `iam:DeleteAccessKey` and `iam:UpdateAccessKey` know no
such condition, and with it would always be refused. Whoever may make keys can act as every user whose name or path the
resource covers: keep all other users out of it, or give the users of this collection a path of their own."""
_BY_PLUGIN = """\
Everything that a plugin may call, with all of its options. `sts:GetCallerIdentity` is missing because everybody may."""


def main() -> int:
    try:
        problems = complaints()
        text = document()
    except UnknownActionError as error:
        problems, text = [str(error)], ""
    name = DOCUMENT.relative_to(CHECKOUT)
    if not problems and "--check" in sys.argv[1:]:
        current = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
        problems = [] if current == text else [f"{name} is out of date: run scripts/permissions.py"]
    elif not problems:
        DOCUMENT.write_text(text, encoding="utf-8")
        print(f"wrote {name}")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
