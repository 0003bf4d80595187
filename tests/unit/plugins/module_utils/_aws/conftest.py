# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An AWS account in this process (moto), and clients that can be killed before any call."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.retries import RetryingBotoClientWrapper
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends

from ansible_collections.cloudmail.ses.plugins.module_utils._aws import credential
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.credential_state import Wanted
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import RETRY
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.iam_user import IamUser
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.ledger import TAG, read_ledger, write_ledger
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.send_policy import send_policy
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.store_open import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "eu-west-1"
READING = ("Get", "List", "Describe")


class Killed(BaseException):
    """The process was killed: no handler of our own may notice."""


@dataclass
class Wire:
    """Watches every call of a run; ``kill_at`` and ``fail_at`` count from 0."""

    kill_at: int | None = None
    fail_at: int | None = None
    calls: list[str] = field(default_factory=list)

    def before_call(self, model: Any, **_kwargs: Any) -> None:
        number = len(self.calls)
        if self.kill_at is not None and number >= self.kill_at:
            raise Killed
        self.calls.append(model.name)
        if number == self.fail_at:
            error = {"Error": {"Code": "InternalServiceError", "Message": "out of order"}}
            raise ClientError(error, model.name)

    @property
    def writes(self) -> list[str]:
        return [call for call in self.calls if not call.startswith(READING)]

    def client(self, service: str) -> Any:
        ACTIVE[:] = [self]
        return RetryingBotoClientWrapper(watched_client(service), RETRY)


ACTIVE: list[Wire] = []


@functools.lru_cache(maxsize=None)
def watched_client(service: str) -> Any:
    """Return a client whose calls the latest Wire sees. Making a client takes longer than all calls of a run."""
    client = boto3.client(service, region_name=REGION)
    client.meta.events.register("before-call", _tell_active)
    return client


def _tell_active(model: Any, **kwargs: Any) -> None:
    ACTIVE[0].before_call(model, **kwargs)


@dataclass
class Account:
    """An AWS account, and the module's work on it."""

    kind: str = "secretsmanager"

    def wanted(self, **changes: Any) -> Wanted:
        start = Wanted(
            name="fleet",
            user_name="ses-fleet",
            store_kind=self.kind,
            store_region="" if self.kind == "none" else REGION,
            where=f"the store {self.kind}",
            policy_name="cloudmail-ses-send",
            policy=send_policy(["*@example.com"]),
            regions=(REGION, "us-east-1"),
        )
        return replace(start, **changes)

    def _parts(self, wire: Wire) -> tuple[IamUser, Any]:
        client = None if self.kind == "none" else wire.client(self.kind)
        iam = wire.client("iam")
        return IamUser("ses-fleet", client=iam, once=iam), open_store(self.kind, client)

    def present(self, wire: Wire | None = None, *, check_mode: bool = False, **changes: Any) -> Any:
        iam, store = self._parts(wire or Wire())
        return credential.ensure_present(iam, store, self.wanted(**changes), check_mode=check_mode)

    def absent(self, wire: Wire | None = None, *, check_mode: bool = False, **changes: Any) -> Any:
        iam, store = self._parts(wire or Wire())
        return credential.ensure_absent(iam, store, self.wanted(**changes), check_mode=check_mode)

    def recover(self, **changes: Any) -> Any:
        """Run again after a kill; a run that waits for a key that may be on its way to the store lets time pass."""
        with pytest.MonkeyPatch.context() as clock:
            clock.setattr("time.sleep", lambda seconds: self.later() if seconds > 60 else None)
            return self.present(**changes)

    def later(self, minutes: int = 4) -> None:
        """Let time pass: put what IAM and its tags know back into the past."""
        back = timedelta(minutes=minutes)
        backend = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
        for user in backend.users.values():
            for key in user.access_keys:
                key.create_date -= back
        note = read_ledger(self.tags())
        if note and note.pending:
            value = write_ledger(replace(note, pending=note.pending - back))
            backend.tag_user("ses-fleet", [{"Key": TAG, "Value": value}])

    def tags(self) -> dict[str, str]:
        """The tags of the user, as AWS keeps them."""
        backend = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
        if "ses-fleet" not in backend.users:
            return {}
        return {tag["Key"]: tag["Value"] for tag in backend.list_user_tags("ses-fleet")}

    def stored(self) -> Any:
        """What is in the store, read as any user would."""
        return open_store(self.kind, Wire().client(self.kind)).read("fleet")

    def keys(self, younger_than: timedelta | None = None) -> dict[str, str]:
        """The secrets of all access keys, or of the young ones, by id, as AWS keeps them."""
        # Moto's times have no zone.
        since = datetime.now(timezone.utc).replace(tzinfo=None) - (younger_than or timedelta(days=9999))
        users = iam_backends[DEFAULT_ACCOUNT_ID]["aws"].users.values()
        return {
            key.access_key_id: key.secret_access_key
            for user in users
            if user.name == "ses-fleet"
            for key in user.access_keys
            if key.create_date > since
        }


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Credentials that are of no use, and moto in front of botocore."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    # The pauses between attempts are not what these tests are about.
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with mock_aws():
        yield


@pytest.fixture
def fresh_account(aws: None) -> Any:
    """Return a function that empties AWS and returns an account."""

    def make(kind: str) -> Account:
        from moto.backends import get_backend

        for service in ("iam", "secretsmanager", "ssm"):
            get_backend(service).reset()
        return Account(kind)

    return make


@pytest.fixture
def wire() -> type[Wire]:
    return Wire


@pytest.fixture
def killed() -> type[Killed]:
    return Killed
