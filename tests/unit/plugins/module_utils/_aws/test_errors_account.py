# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS's errors in words, and the facts of an account."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from botocore.parsers import ResponseParserError

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.account import account_facts
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.errors import RETRY, SesError, calling
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.iam_user import PATIENT

DENIED = (
    "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: ses:TagResource on resource: "
    "arn:aws-us-gov:ses:us-gov-west-1:123456789012:identity/example.com because no identity-based policy allows it"
)


ACTION = "ses:CreateEmailIdentity"


def client_error(code: str, message: str = "no", *, status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "CreateEmailIdentity")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            client_error("AccessDeniedException", DENIED),
            r"lacks the permission ses:TagResource for arn:aws-us-gov:\S+identity/example.com\. Allow ses:TagResource",
        ),
        (
            client_error("AccessDenied"),
            r"lacks the permission ses:CreateEmailIdentity for the thing named here\. Allow ses:CreateEmailIdentity",
        ),
        (client_error("InvalidClientTokenId"), r"does not accept the credentials of this task .* Check access_key"),
        (client_error("ExpiredToken"), r"expired.* Check access_key"),
        (
            client_error("DeleteConflict"),
            r"still hangs on it, such as a console password.*Take that away, then run again",
        ),
        (client_error("SubscriptionRequiredException"), r"not signed up for .* Open Amazon SES in the AWS console"),
        (client_error("TooManyRequestsException"), r"throttles ses:CreateEmailIdentity .* Run again later"),
        (
            client_error("ConcurrentModificationException"),
            r"changing the same thing, .* refused ses:CreateEmailIdentity",
        ),
        (client_error("EntityTemporarilyUnmodifiable"), r"Find out who"),
        (client_error("LimitExceeded"), r"no more of what ses:CreateEmailIdentity makes .*Service Quotas"),
        (client_error("LimitExceededException"), r"Delete what nobody needs, or ask for a higher quota"),
        (client_error("BadRequestException"), r"did not take ses:CreateEmailIdentity .*Correct the option"),
        (client_error("NotFoundException", status=404), r"names is not there: make it first, or correct the name\."),
        (client_error("NoSuchEntity", status=404), r"names is not there: make it first"),
        (
            client_error("InternalServiceError", status=500),
            r"failed at ses:CreateEmailIdentity itself\. Run again later",
        ),
        (client_error("502", "Bad Gateway", status=502), r"or a proxy on the way, failed .*check endpoint_url"),
        (client_error("407", "<html>", status=407), r"is not one of AWS\. Check endpoint_url, and whether a proxy"),
        (NoCredentialsError(), r"No AWS credentials were found\. Set profile"),
        (EndpointConnectionError(endpoint_url="http://x"), r"cannot be reached\. Check region, endpoint_url"),
    ],
)
def test_words(error: Exception, text: str) -> None:
    start = r"^Could not create the identity example\.com\. .*"
    with pytest.raises(SesError, match=start + text) as caught, calling(ACTION, "create the identity example.com"):
        raise error
    assert caught.value.exception is error
    assert str(caught.value).endswith(f". {caught.value.source}: {error}")


def test_an_answer_that_cannot_be_read_is_not_quoted() -> None:
    """The answer to the creation of a key holds its secret."""
    with pytest.raises(SesError, match=r"not one of AWS\. Check endpoint_url") as caught, calling(ACTION, "x"):
        raise ResponseParserError("invalid XML received: <SecretAccessKey>hunter2</SecretAccessKey")
    shown = "".join(traceback.format_exception(caught.value))
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("code", "calls"),
    [
        ("ConcurrentModificationException", 2),
        ("ConcurrentModification", 2),
        ("EntityTemporarilyUnmodifiable", 2),
        ("TooManyRequestsException", 2),
        ("LimitExceeded", 1),
        ("LimitExceededException", 1),
    ],
)
@pytest.mark.parametrize("retry", [RETRY, PATIENT])
def test_what_is_repeated(monkeypatch: pytest.MonkeyPatch, retry: Any, code: str, calls: int) -> None:
    """What passes by itself is tried again; a full account does not get emptier."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    made = []

    def call() -> str:
        made.append(1)
        if len(made) == 1:
            raise client_error(code)
        return "done"

    if calls == 1:
        with pytest.raises(ClientError):
            retry(call)()
    else:
        assert retry(call)() == "done"
    assert len(made) == calls


def test_other_errors_are_not_aws_errors() -> None:
    with pytest.raises(KeyError), calling("ses:GetAccount", "x"):
        raise KeyError("x")


@pytest.mark.parametrize(
    ("quota", "remaining"),
    [
        ({"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 30.0}, 170.0),
        ({"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 201.0}, 0.0),
        ({"Max24HourSend": -1.0, "MaxSendRate": 500.0, "SentLast24Hours": 9e6}, None),
    ],
)
def test_what_is_left_of_the_quota(quota: dict[str, float], remaining: float | None) -> None:
    assert account_facts({"SendQuota": quota}, "eu-west-1")["remaining_24_hour_send"] == remaining


def test_account_in_review() -> None:
    answer: dict[str, Any] = {
        "ProductionAccessEnabled": False,
        "SendingEnabled": True,
        "EnforcementStatus": "HEALTHY",
        "Details": {"MailType": "TRANSACTIONAL", "ReviewDetails": {"Status": "PENDING", "CaseId": "42"}},
        "ResponseMetadata": {},
    }
    facts = account_facts(answer, "eu-west-1")
    assert (facts["sandbox"], facts["sending_enabled"], facts["enforcement_status"]) == (True, True, "HEALTHY")
    assert (facts["review_status"], facts["review_case_id"], facts["mail_type"]) == ("PENDING", "42", "TRANSACTIONAL")


def test_an_account_that_never_asked() -> None:
    facts = account_facts({}, "eu-west-1")
    assert (facts["sandbox"], facts["sending_enabled"], facts["review_status"]) == (True, False, None)
