# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where credentials are kept: AWS Secrets Manager, the SSM Parameter Store, or nowhere."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import Any, Dict, Mapping, Optional, Tuple

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
    PlanError,
    SesError,
    calling,
    error_code,
)
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.tags import (
    TagChange,
    tag_change,
    to_dict,
    to_list,
    wanted_tags,
)

# A parameter that was just written, some servers do not know for a moment.
_READ_BACK: Any = AWSRetry.jittered_backoff(
    retries=4, delay=1, max_delay=3, catch_extra_error_codes=[*THROTTLED, "ParameterNotFound"]
)
#: Seconds between the looks for what is said to exist.
_PAUSES = (1, 2, 4)
_DESCRIPTION = "SMTP credential of Amazon SES"


@dataclass(frozen=True)
class Stored:
    """A credential as found in its store. ``kms_key_id`` is filled only where a write has to name it again."""

    name: str
    arn: str
    document: Document = field(repr=False)
    kms_key_id: str = ""


@dataclass(frozen=True)
class StoreFacts:
    """What protects and marks a stored credential; None was not asked for."""

    kms_key_id: Optional[str] = None
    tags: Optional[Mapping[str, str]] = None

    def visible(self) -> Dict[str, Any]:
        """Return what is known, as people may see it."""
        facts = {"kms_key_id": self.kms_key_id, "tags": None if self.tags is None else dict(self.tags)}
        return {name: value for name, value in facts.items() if value is not None}

    def after(self, change: StoreChange) -> StoreFacts:
        """Return the facts after a change."""
        tags = None if self.tags is None else {k: v for k, v in self.tags.items() if k not in change.tags.remove}
        return StoreFacts(change.rekey or self.kms_key_id, tags if tags is None else {**tags, **change.tags.put})


@dataclass(frozen=True)
class StoreChange:
    """What has to change about a stored credential, apart from its document; ``rekey`` names the KMS key."""

    tags: TagChange
    rekey: str = ""

    def __bool__(self) -> bool:
        return bool(self.tags or self.rekey)


def store_change(
    facts: StoreFacts, *, tags: Optional[Mapping[str, Any]], purge: bool, kms_key_id: Optional[str]
) -> StoreChange:
    """Return what turns ``facts`` into what is wanted; what is None on either side is left alone."""
    before = facts.tags or {}
    after = before if facts.tags is None else wanted_tags(before, tags, purge=purge)
    rekey = kms_key_id if kms_key_id and facts.kms_key_id and _another_key(kms_key_id, facts.kms_key_id) else ""
    return StoreChange(tag_change(before, after), rekey)


def _another_key(wanted: str, found: str) -> bool:
    """Return whether another key is wanted, as far as the names tell.

    Whether an alias of one's own belongs to a key that is named by its id, only KMS knows. Who asks for it again and again
    would never be done, so that counts as the same. The alias of a service's default key names no key of one's own.
    """
    name, other = _key_name(wanted), _key_name(found)
    unknown = name.startswith("alias/") and not name.startswith("alias/aws/") and not other.startswith("alias/")
    return name != other and not unknown


def _key_name(key_id: str) -> str:
    """Return the id of a KMS key, or its alias, from that or from an ARN."""
    name = key_id.rpartition(":")[2] if key_id.startswith("arn:") else key_id
    return name[4:] if name.startswith("key/") else name


class MarkedForDeletion(SesError):
    """The secret is marked for deletion: it cannot be read, and its name cannot be used yet."""


class Store(ABC):
    """What every store can do. ``kind`` is the value of the option store and the boto3 service, ``where`` is for people."""

    kind: str
    region: str
    where: str

    @abstractmethod
    def read(self, name: str) -> Optional[Stored]:
        """Return what is stored, None when there is nothing of this name. Raises SesError."""

    @abstractmethod
    def facts(self, stored: Stored, *, kms: bool, tags: bool) -> StoreFacts:
        """Return the KMS key and the tags, as far as asked for."""

    def prepared(self, stored: Stored) -> Stored:
        """Return ``stored`` with what a write over it has to name. Raises SesError."""
        return stored

    @abstractmethod
    def write(
        self, name: str, document: Document, *, before: Optional[Stored], tags: Mapping[str, str], rekey: bool = False
    ) -> str:
        """Store ``document``, over what there was ``before``; return its ARN, empty when there is none to be known."""

    @abstractmethod
    def tag(self, stored: Stored, change: TagChange) -> None:
        """Set and remove tags."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """Delete what is stored; nothing there is no error."""

    def _created_already(self, name: str, document: Document, refused: ClientError) -> str:
        """Return the ARN of what a creation found in its place, when that is ``document``.

        When the answer to a creation is lost, botocore repeats it, and is told that there is something of this name. Raises
        PlanError when somebody else has stored that, and ``refused`` when nobody can tell.
        """
        stored = self.read(name)
        for pause in _PAUSES:
            if stored:
                break
            time.sleep(pause)
            stored = self.read(name)
        if stored is None:
            raise refused
        if stored.document == document:
            return stored.arn
        raise PlanError(
            f"Meanwhile somebody else (another run?) has stored a credential as {name} in {self.where}: the access key "
            f"{stored.document.username}. It was left alone."
        ) from None


class NoStore(Store):
    """Keeps nothing: whoever creates the credential has to keep it."""

    kind = "none"
    region = ""
    where = "no store"

    def read(self, name: str) -> Optional[Stored]:
        """Return None: nothing is ever kept."""
        return None

    def facts(self, stored: Stored, *, kms: bool, tags: bool) -> StoreFacts:
        """Return nothing."""
        return StoreFacts()

    def write(
        self, name: str, document: Document, *, before: Optional[Stored], tags: Mapping[str, str], rekey: bool = False
    ) -> str:
        """Return an empty ARN."""
        return ""

    def tag(self, stored: Stored, change: TagChange) -> None:
        """Do nothing."""

    def delete(self, name: str) -> None:
        """Do nothing."""


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
        document = _parsed(answer.get("SecretString") or "", name, self.where)
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
                    aws_retry=True, Name=name, Description=_DESCRIPTION, SecretString=text, **extra, **self._kms
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
        document = _parsed(answer.get("Value") or "", name, self.where)
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
                    Description=_DESCRIPTION,
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


def open_store(kind: str, client: Any, kms_key_id: Optional[str] = None) -> Store:
    """Return the store of this kind; ``client`` is a boto3 client of the service of that name, None for no store."""
    if kind == "none":
        return NoStore()
    return SecretsManager(client, kms_key_id) if kind == "secretsmanager" else ParameterStore(client, kms_key_id)


def read_unmarked(store: Store, name: str) -> Tuple[Optional[Stored], Optional[MarkedForDeletion]]:
    """Return what is stored, and the error of a secret that is marked for deletion: that is as good as gone."""
    try:
        return store.read(name), None
    except MarkedForDeletion as exc:
        return None, exc


def _parsed(text: str, name: str, where: str) -> Document:
    try:
        return read_document(text)
    except DocumentError as exc:
        raise PlanError(
            f"{name} exists in {where}, but {exc}. It was left alone: use another name for the credential."
        ) from None


def _marked(name: str, where: str) -> str:
    return (
        f"The secret {name} in {where} is marked for deletion. Restore it (aws secretsmanager restore-secret), "
        "delete it for good, or use another name."
    )
