# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store that is meant by its kind."""

from __future__ import annotations

from typing import Any, Optional

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store import NoStore, Store
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store_parameter import ParameterStore
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store_secret import SecretsManager


def open_store(kind: str, client: Any, kms_key_id: Optional[str] = None) -> Store:
    """Return the store of this kind; ``client`` is a boto3 client of the service of that name, None for no store."""
    if kind == "none":
        return NoStore()
    return SecretsManager(client, kms_key_id) if kind == "secretsmanager" else ParameterStore(client, kms_key_id)
