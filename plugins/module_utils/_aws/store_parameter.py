# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials in the SSM Parameter Store."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, Mapping, Optional

try:
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError
except ImportError:
    pass  # AnsibleAWSModule and AWSLookupBase report a missing SDK.

from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.document import Document, write_document
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import THROTTLED, PlanError, calling, error_code
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store import (
    DESCRIPTION,
    Store,
    Stored,
    StoreFacts,
    parsed,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.tags import TagChange, to_dict, to_list

# A parameter that was just written, some servers do not know for a moment.
_READ_BACK: Any = AWSRetry.jittered_backoff(
    retries=4, delay=1, max_delay=3, catch_extra_error_codes=[*THROTTLED, "ParameterNotFound"]
)


class ParameterStore(Store):
    """One SecureString parameter for each credential."""

    kind = "ssm"

    def __init__(self, client: Any, kms_key_id: Optional[str] = None) -> None:
        self._client = client
        self._kms = {"KeyId": kms_key_id} if kms_key_id else {}
        self.region = client.meta.region_name
        self.where = f"the SSM Parameter Store in {self.region}"

    def read(self, name: str) -> Optional[Stored]:
        """Return what is stored, None when there is no such parameter. Raises SesError."""
        with calling("ssm:GetParameter", f"read the parameter {name} from {self.where}"):
            try:
                answer = self._client.get_parameter(aws_retry=True, Name=name, WithDecryption=True)["Parameter"]
            except ClientError as exc:
                if error_code(exc) == "ParameterNotFound":
                    return None
                raise
        document = parsed(answer.get("Value") or "", name, self.where)
        return Stored(name=name, arn=answer["ARN"], document=document)

    def facts(self, stored: Stored, *, kms: bool, tags: bool) -> StoreFacts:
        """Return the KMS key and the tags, as far as asked for."""
        return StoreFacts(
            kms_key_id=self._kms_key(stored.name) if kms else None, tags=self._tags(stored.name) if tags else None
        )

    def prepared(self, stored: Stored) -> Stored:
        """Return ``stored`` with its KMS key: SSM takes its default one for a write that names none."""
        return stored if self._kms else replace(stored, kms_key_id=self._kms_key(stored.name))

    def _kms_key(self, name: str) -> str:
        ask: Dict[str, Any] = {"ParameterFilters": [{"Key": "Name", "Option": "Equals", "Values": [name]}]}
        while True:
            with calling("ssm:DescribeParameters", f"read the KMS key of the parameter {name}"):
                answer = self._client.describe_parameters(aws_retry=True, **ask)
            if answer["Parameters"]:
                return str(answer["Parameters"][0].get("KeyId") or "alias/aws/ssm")
            if not answer.get("NextToken"):
                raise PlanError(
                    f"The parameter {name} of {self.where} is there, but ssm:DescribeParameters does not show it, so nobody "
                    "knows its KMS key, and a write would replace that by the default one. Nothing was written. If the "
                    "parameter was made just now, run again in a minute; otherwise give kms_key_id."
                )
            # A page may be empty and not be the last one.
            ask["NextToken"] = answer["NextToken"]

    def _tags(self, name: str) -> Dict[str, str]:
        with calling("ssm:ListTagsForResource", f"read the tags of the parameter {name}"):
            answer = self._client.list_tags_for_resource(aws_retry=True, ResourceType="Parameter", ResourceId=name)
        return to_dict(answer.get("TagList"))

    def write(
        self, name: str, document: Document, *, before: Optional[Stored], tags: Mapping[str, str], rekey: bool = False
    ) -> str:
        """Store ``document``; return the parameter's ARN, empty when it cannot be found out."""
        # SSM refuses tags together with Overwrite.
        extra: Dict[str, Any] = {"Tags": to_list(tags)} if tags and before is None else {}
        if before:
            before = before if before.kms_key_id else self.prepared(before)
            extra = {"KeyId": before.kms_key_id} if before.kms_key_id else {}
        with calling("ssm:PutParameter", f"store the credential as the parameter {name} in {self.where}"):
            try:
                self._client.put_parameter(
                    aws_retry=True,
                    Name=name,
                    Description=DESCRIPTION,
                    Type="SecureString",
                    Value=write_document(document),
                    Overwrite=before is not None,
                    **{**extra, **self._kms},
                )
            except ClientError as exc:
                if error_code(exc) != "ParameterAlreadyExists":
                    raise
                return self._created_already(name, document, exc)
        return before.arn if before else self._arn(name)

    def _arn(self, name: str) -> str:
        # PutParameter does not tell the ARN; asked without decryption, so no secret travels.
        try:
            return str(_READ_BACK(self._client.get_parameter)(Name=name, WithDecryption=False)["Parameter"]["ARN"])
        except (BotoCoreError, ClientError, ResponseParserError):
            # The credential is stored: an ARN for people to read is no reason to undo that. The next run finds it.
            return ""

    def tag(self, stored: Stored, change: TagChange) -> None:
        """Set and remove tags."""
        thing = {"ResourceType": "Parameter", "ResourceId": stored.name}
        if change.put:
            with calling("ssm:AddTagsToResource", f"tag the parameter {stored.name} in {self.where}"):
                self._client.add_tags_to_resource(aws_retry=True, Tags=to_list(change.put), **thing)
        if change.remove:
            with calling("ssm:RemoveTagsFromResource", f"remove tags of the parameter {stored.name} in {self.where}"):
                self._client.remove_tags_from_resource(aws_retry=True, TagKeys=list(change.remove), **thing)

    def delete(self, name: str) -> None:
        """Delete the parameter."""
        with calling("ssm:DeleteParameter", f"delete the parameter {name} in {self.where}"):
            try:
                self._client.delete_parameter(aws_retry=True, Name=name)
            except ClientError as exc:
                if error_code(exc) != "ParameterNotFound":
                    raise
