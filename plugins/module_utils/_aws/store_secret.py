# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials in AWS Secrets Manager."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

try:
    from botocore.exceptions import ClientError
except ImportError:
    pass  # AnsibleAWSModule and AWSLookupBase report a missing SDK.

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.document import Document, write_document
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import calling, error_code
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store import (
    DESCRIPTION,
    MarkedForDeletion,
    Store,
    Stored,
    StoreFacts,
    parsed,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.tags import TagChange, to_dict, to_list


class SecretsManager(Store):
    """One secret for each credential."""

    kind = "secretsmanager"

    def __init__(self, client: Any, kms_key_id: Optional[str] = None) -> None:
        self._client = client
        self._kms = {"KmsKeyId": kms_key_id} if kms_key_id else {}
        self.region = client.meta.region_name
        self.where = f"Secrets Manager in {self.region}"

    def read(self, name: str) -> Optional[Stored]:
        """Return what is stored, None when there is no such secret. Raises SesError."""
        with calling("secretsmanager:GetSecretValue", f"read the secret {name} from {self.where}"):
            try:
                answer = self._client.get_secret_value(aws_retry=True, SecretId=name)
            except ClientError as exc:
                if error_code(exc) == "ResourceNotFoundException":
                    return None
                if error_code(exc) == "InvalidRequestException" and "delet" in str(exc):
                    raise MarkedForDeletion(_marked(name, self.where), exc) from exc
                raise
        document = parsed(answer.get("SecretString") or "", name, self.where)
        return Stored(name=name, arn=answer["ARN"], document=document)

    def facts(self, stored: Stored, *, kms: bool, tags: bool) -> StoreFacts:
        """Return the KMS key and the tags, as far as asked for."""
        if not (kms or tags):
            return StoreFacts()
        with calling("secretsmanager:DescribeSecret", f"read KMS key and tags of the secret {stored.name}"):
            answer = self._client.describe_secret(aws_retry=True, SecretId=stored.arn)
        return StoreFacts(
            kms_key_id=str(answer.get("KmsKeyId") or "alias/aws/secretsmanager") if kms else None,
            tags=to_dict(answer.get("Tags")) if tags else None,
        )

    def write(
        self, name: str, document: Document, *, before: Optional[Stored], tags: Mapping[str, str], rekey: bool = False
    ) -> str:
        """Store ``document``, as a new version when there is one ``before``; return the secret's ARN."""
        text = write_document(document)
        if before is not None and rekey:
            with calling(
                "secretsmanager:UpdateSecret", f"encrypt the secret {name} of {self.where} with another KMS key"
            ):
                answer = self._client.update_secret(aws_retry=True, SecretId=before.arn, SecretString=text, **self._kms)
                return str(answer["ARN"])
        if before is not None:
            with calling("secretsmanager:PutSecretValue", f"store the credential in the secret {name} of {self.where}"):
                answer = self._client.put_secret_value(aws_retry=True, SecretId=before.arn, SecretString=text)
                return str(answer["ARN"])
        extra: Dict[str, Any] = {"Tags": to_list(tags)} if tags else {}
        with calling("secretsmanager:CreateSecret", f"store the credential as the secret {name} in {self.where}"):
            try:
                answer = self._client.create_secret(
                    aws_retry=True, Name=name, Description=DESCRIPTION, SecretString=text, **extra, **self._kms
                )
            except ClientError as exc:
                if error_code(exc) != "ResourceExistsException":
                    raise
                return self._created_already(name, document, exc)
            return str(answer["ARN"])

    def tag(self, stored: Stored, change: TagChange) -> None:
        """Set and remove tags."""
        if change.put:
            with calling("secretsmanager:TagResource", f"tag the secret {stored.name} in {self.where}"):
                self._client.tag_resource(aws_retry=True, SecretId=stored.arn, Tags=to_list(change.put))
        if change.remove:
            with calling("secretsmanager:UntagResource", f"remove tags of the secret {stored.name} in {self.where}"):
                self._client.untag_resource(aws_retry=True, SecretId=stored.arn, TagKeys=list(change.remove))

    def delete(self, name: str) -> None:
        """Delete the secret at once: its key is gone, and a name that waits for recovery cannot be used again."""
        with calling("secretsmanager:DeleteSecret", f"delete the secret {name} in {self.where}"):
            try:
                self._client.delete_secret(aws_retry=True, SecretId=name, ForceDeleteWithoutRecovery=True)
            except ClientError as exc:
                if error_code(exc) != "ResourceNotFoundException":
                    raise


def _marked(name: str, where: str) -> str:
    return (
        f"The secret {name} in {where} is marked for deletion. Restore it (aws secretsmanager restore-secret), "
        "delete it for good, or use another name."
    )
