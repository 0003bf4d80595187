# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a module fails: what went wrong, what AWS says, and what was changed before that."""

from __future__ import annotations

from typing import Any, List

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import SesError

_READS = ("Get", "List", "Describe")
#: The writing calls that AWS has carried out, in their order. A process runs one module.
_done: List[str] = []


def note_writes(client: Any) -> Any:
    """Return ``client``, of whose writing calls a failure will tell."""
    # IAM is one for all regions.
    where = "" if client.meta.service_model.service_name == "iam" else f" in {client.meta.region_name}"

    def note(http_response: Any, model: Any, **_others: Any) -> None:
        if http_response.status_code < 300 and not model.name.startswith(_READS):
            _done.append(f"{model.name}{where}")

    client.meta.events.register("after-call", note)
    return client


def fail(module: Any, exc: SesError) -> None:
    """Let the module fail with ``exc``."""
    done = f" Done before that: {', '.join(dict.fromkeys(_done))}." if _done else ""
    message = f"{exc.message}{done}"
    if exc.exception is None:
        module.fail_json(msg=message, changed=bool(_done))
    module.fail_json_aws(exc.exception, msg=f"{message} {exc.source}", changed=bool(_done))
