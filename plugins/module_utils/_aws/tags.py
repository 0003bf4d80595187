# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tags: what has to be set and removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple


@dataclass(frozen=True)
class TagChange:
    """Tags to set and the names of tags to remove."""

    put: Mapping[str, str]
    remove: Tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.put or self.remove)


def to_dict(tags: Optional[Sequence[Mapping[str, Any]]]) -> Dict[str, str]:
    """Return the API's list of Key and Value as a dictionary."""
    return {str(tag["Key"]): str(tag.get("Value") or "") for tag in tags or ()}


def to_list(tags: Mapping[str, str]) -> List[Dict[str, str]]:
    """Return a dictionary of tags as the API's list of Key and Value."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def wanted_tags(before: Mapping[str, str], tags: Optional[Mapping[str, Any]], *, purge: bool) -> Dict[str, str]:
    """Return the tags that should be there; ``tags`` None leaves all as they are."""
    if tags is None:
        return dict(before)
    wanted = {str(key): str(value) for key, value in tags.items()}
    # AWS sets these itself (aws:cloudformation:...) and lets nobody remove them.
    reserved = {key: value for key, value in before.items() if key.startswith("aws:")}
    return {**reserved, **wanted} if purge else {**before, **wanted}


def tag_change(before: Mapping[str, str], after: Mapping[str, str]) -> TagChange:
    """Return what turns the tags ``before`` into ``after``."""
    return TagChange(
        put={key: value for key, value in after.items() if before.get(key) != value},
        remove=tuple(sorted(set(before) - set(after))),
    )
