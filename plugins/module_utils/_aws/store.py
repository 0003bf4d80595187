# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where credentials are kept: AWS Secrets Manager, the SSM Parameter Store, or nowhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional

try:
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError
except ImportError:
    pass  # AnsibleAWSModule and AWSLookupBase report a missing SDK.

from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.document import (
    Document,
    DocumentError,
    read_document,
    write_document,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import (
    THROTTLED,
    SesError,
    calling,
    error_code,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.tags import to_list

#: The boto3 service of each store, and what people call it.
SERVICES = {"secretsmanager": "secretsmanager", "ssm": "ssm"}
TITLES = {"secretsmanager": "Secrets Manager", "ssm": "the SSM Parameter Store", "none": "no store"}
# A parameter that was just written, some servers do not know for a moment.
_READ_BACK: Any = AWSRetry.jittered_backoff(
    retries=4, delay=1, max_delay=3, catch_extra_error_codes=[*THROTTLED, "ParameterNotFound"]
)
_DESCRIPTION = "SMTP credential of Amazon SES"


@dataclass(frozen=True)
class Stored:
    """A credential as found in its store."""

    name: str
    arn: str
    document: Document = field(repr=False)
    version: str = ""


class NoStore:
    """Keeps nothing: whoever creates the credential has to keep it."""

    kind = "none"
    region = ""
    where = "no store"

    def read(self, name: str) -> Optional[Stored]:
        """Return None: nothing is ever kept."""
        return None

    def write(self, name: str, document: Document, *, before: Optional[Stored], tags: Mapping[str, str]) -> str:
        """Return an empty ARN."""
        return ""

    def delete(self, name: str) -> None:
        """Do nothing."""


class SecretsManager(NoStore):
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
                    raise SesError(_marked(name, self.where), exc) from exc
                raise
        document = _parsed(answer.get("SecretString") or "", name, self.where)
        return Stored(name=name, arn=answer["ARN"], document=document, version=answer.get("VersionId", ""))

    def write(self, name: str, document: Document, *, before: Optional[Stored], tags: Mapping[str, str]) -> str:
        """Store ``document``, as a new version when there is one ``before``; return the secret's ARN."""
        text = write_document(document)
        if before is not None:
            with calling("secretsmanager:PutSecretValue", f"store the credential in the secret {name} of {self.where}"):
                answer = self._client.put_secret_value(aws_retry=True, SecretId=before.arn, SecretString=text)
                return str(answer["ARN"])
        extra: Dict[str, Any] = {"Tags": to_list(tags)} if tags else {}
        with calling("secretsmanager:CreateSecret", f"store the credential as the secret {name} in {self.where}"):
            answer = self._client.create_secret(
                aws_retry=True, Name=name, Description=_DESCRIPTION, SecretString=text, **extra, **self._kms
            )
            return str(answer["ARN"])

    def delete(self, name: str) -> None:
        """Delete the secret at once: its key is gone, and a name that waits for recovery cannot be used again."""
        with calling("secretsmanager:DeleteSecret", f"delete the secret {name} in {self.where}"):
            try:
                self._client.delete_secret(aws_retry=True, SecretId=name, ForceDeleteWithoutRecovery=True)
            except ClientError as exc:
                if error_code(exc) != "ResourceNotFoundException":
                    raise


class ParameterStore(NoStore):
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
        document = _parsed(answer.get("Value") or "", name, self.where)
        return Stored(name=name, arn=answer["ARN"], document=document, version=str(answer.get("Version", "")))

    def write(self, name: str, document: Document, *, before: Optional[Stored], tags: Mapping[str, str]) -> str:
        """Store ``document``; return the parameter's ARN, empty when it cannot be found out."""
        # SSM refuses tags together with Overwrite.
        extra: Dict[str, Any] = {"Tags": to_list(tags)} if tags and before is None else {}
        with calling("ssm:PutParameter", f"store the credential as the parameter {name} in {self.where}"):
            self._client.put_parameter(
                aws_retry=True,
                Name=name,
                Description=_DESCRIPTION,
                Type="SecureString",
                Value=write_document(document),
                Overwrite=before is not None,
                **extra,
                **self._kms,
            )
        return before.arn if before else self._arn(name)

    def _arn(self, name: str) -> str:
        # PutParameter does not tell the ARN; asked without decryption, so no secret travels.
        try:
            return str(_READ_BACK(self._client.get_parameter)(Name=name, WithDecryption=False)["Parameter"]["ARN"])
        except (BotoCoreError, ClientError, ResponseParserError):
            # The credential is stored: an ARN for people to read is no reason to undo that. The next run finds it.
            return ""

    def delete(self, name: str) -> None:
        """Delete the parameter."""
        with calling("ssm:DeleteParameter", f"delete the parameter {name} in {self.where}"):
            try:
                self._client.delete_parameter(aws_retry=True, Name=name)
            except ClientError as exc:
                if error_code(exc) != "ParameterNotFound":
                    raise


def open_store(kind: str, client: Any, kms_key_id: Optional[str] = None) -> NoStore:
    """Return the store of this kind; ``client`` is a boto3 client of its service, None for no store."""
    if kind == "none":
        return NoStore()
    return SecretsManager(client, kms_key_id) if kind == "secretsmanager" else ParameterStore(client, kms_key_id)


def _parsed(text: str, name: str, where: str) -> Document:
    try:
        return read_document(text)
    except DocumentError as exc:
        raise SesError(
            f"{name} exists in {where}, but {exc}. It was left alone: use another name for the credential."
        ) from None


def _marked(name: str, where: str) -> str:
    return (
        f"The secret {name} in {where} is marked for deletion. Restore it (aws secretsmanager restore-secret), "
        "delete it for good, or use another name."
    )
