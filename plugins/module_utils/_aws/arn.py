# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ARNs of what SES has, which it never tells, and tags, which are set by ARN."""

from __future__ import annotations

from typing import Any, Callable, Dict

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import calling
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.tags import TagChange, to_list


class Arns:
    """Partition and account come from the caller's ARN, which is asked for once."""

    def __init__(self, open_sts: Callable[[str], Any]) -> None:
        """``open_sts`` returns a client of STS in a region."""
        self._open_sts = open_sts
        self._caller: Dict[str, Any] = {}

    def of(self, resource: str, region: str) -> str:
        """Return the ARN of ``resource``, such as ``identity/example.com``, in ``region``."""
        if not self._caller:
            with calling(
                "sts:GetCallerIdentity", f"find out the AWS account, whose number the ARN of {resource} needs"
            ):
                self._caller = self._open_sts(region).get_caller_identity(aws_retry=True)
        partition = self._caller["Arn"].split(":")[1]
        return f"arn:{partition}:ses:{region}:{self._caller['Account']}:{resource}"


def set_tags(client: Any, change: TagChange, *, arn: str, what: str) -> None:
    """Set and remove tags of ``what`` (in words), which has the ARN ``arn``."""
    if change.put:
        with calling("ses:TagResource", f"tag {what}"):
            client.tag_resource(aws_retry=True, ResourceArn=arn, Tags=to_list(change.put))
    if change.remove:
        with calling("ses:UntagResource", f"remove tags of {what}"):
            client.untag_resource(aws_retry=True, ResourceArn=arn, TagKeys=list(change.remove))
