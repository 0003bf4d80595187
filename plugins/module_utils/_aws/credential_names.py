# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names that AWS takes for the parts of an SMTP credential. Pure: no calls.

AWS checks each of them in the call that uses it, so a wrong one would fail half way, and check mode would not see it.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, Mapping

_USER = re.compile(r"[A-Za-z0-9_+=,.@-]{1,64}")
_POLICY = re.compile(r"[A-Za-z0-9_+=,.@-]{1,128}")
_PATH = re.compile(r"/([!-~]+/)?")
_SECRET = re.compile(r"[A-Za-z0-9_/+=.@-]{1,512}")
_PARAMETER = re.compile(r"[A-Za-z0-9_.-]+|(/[A-Za-z0-9_.-]+)+")
_BOUNDARY = re.compile(r"arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/[!-~]+")
_LONGEST_PATH = 512
#: SSM takes 1011 characters together with the beginning of the ARN, which has 44 at least.
_LONGEST_PARAMETER, _LEVELS = 967, 15


def name_problems(params: Mapping[str, Any], *, user_name: str) -> List[str]:
    """Return what AWS would refuse among the names in the options of a module, one text each."""
    name, path = params["name"], params.get("path")
    policy_name, boundary = params["policy_name"], params.get("permissions_boundary")
    found = _STORES[params["store"]](name) if params["store"] in _STORES else []
    if not _USER.fullmatch(user_name):
        found.append(
            f"IAM takes no user of the name {user_name!r}: use 1 to 64 letters, digits and any of +=,.@_- in user_name, "
            "which is made from name when it is not given."
        )
    if not _POLICY.fullmatch(policy_name):
        found.append(
            f"IAM takes no policy of the name {policy_name!r}: use 1 to 128 letters, digits and any of +=,.@_- in "
            "policy_name."
        )
    if path is not None and (not _PATH.fullmatch(path) or len(path) > _LONGEST_PATH):
        found.append(
            f"The path {path!r} is not one of IAM: use / alone, or a text such as /mail/ that begins and ends with a slash "
            f"and has no space, at most {_LONGEST_PATH} characters."
        )
    if boundary and not _BOUNDARY.fullmatch(boundary):
        found.append(
            f"permissions_boundary is {boundary!r}, which is not the ARN of a managed policy. Use one such as "
            "arn:aws:iam::123456789012:policy/mail-boundary, or an empty text for none."
        )
    return found


def _secret_problems(name: str) -> List[str]:
    if _SECRET.fullmatch(name):
        return []
    return [
        f"Secrets Manager takes no secret of the name {name!r}: use 1 to 512 letters, digits and any of /_+=.@- in name."
    ]


def _parameter_problems(name: str) -> List[str]:
    found = []
    if not _PARAMETER.fullmatch(name):
        found.append(
            f"SSM takes no parameter of the name {name!r}: use letters, digits and any of _.- in name, and with levels "
            "begin with a slash, as in /mail/app, and end without one."
        )
    if name.lstrip("/").lower().startswith(("aws", "ssm")):
        found.append(f"The name {name!r} begins with aws or ssm, which SSM keeps for AWS itself. Use another name.")
    if len(name) > _LONGEST_PARAMETER or name.count("/") > _LEVELS:
        found.append(
            f"The name of the parameter has {len(name)} characters and {name.count('/')} levels, and SSM takes "
            f"{_LONGEST_PARAMETER} and {_LEVELS}. Use a shorter name."
        )
    return found


_STORES: Dict[str, Callable[[str], List[str]]] = {"secretsmanager": _secret_problems, "ssm": _parameter_problems}
