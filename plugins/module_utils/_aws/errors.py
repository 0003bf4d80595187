# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of AWS in words: the thing, the cause, the next step."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import Any, Dict, Iterator, Optional

try:
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        EndpointConnectionError,
        HTTPClientError,
        NoCredentialsError,
    )
    from botocore.parsers import ResponseParserError
except ImportError:
    pass  # AnsibleAWSModule and AWSLookupBase report a missing SDK.

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

#: Too many calls: nothing was done.
THROTTLED = (
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
)
#: Somebody else changes the same thing at this moment: nothing was done.
BUSY = ("ConcurrentModification", "ConcurrentModificationException", "EntityTemporarilyUnmodifiable", "TooManyUpdates")
#: Too many things: waiting does not help.
_FULL = ("LimitExceeded", "LimitExceededException", "ParameterLimitExceeded")
#: What a repeated creation gets when the first attempt was carried out and its answer lost.
_EXISTS = ("ParameterAlreadyExists", "ResourceExistsException")
#: The caller lacks a permission.
DENIED = ("AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation")
_BAD_CREDENTIALS = (
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)
#: What a call names does not exist.
_MISSING = (
    "NoSuchEntity",
    "NoSuchHostedZone",
    "NoSuchResourceException",
    "NotFoundException",
    "ParameterNotFound",
    "ResourceNotFoundException",
)
_NOT_SUBSCRIBED = ("OptInRequired", "SubscriptionRequiredException")
_WHO_ANSWERS = "Check endpoint_url, and whether a proxy on the way answers instead."
_DENIED_TEXT = re.compile(
    r"perform: (?P<action>[a-z0-9-]+:[A-Za-z]+)(?: on resource: (?P<resource>(?:user |role |access key )?\S+))?"
)

#: SES takes one call a second from an account, whoever makes it: be patient, and not in step with others.
RETRY: Any = AWSRetry.jittered_backoff(retries=10, delay=1, max_delay=20, catch_extra_error_codes=[*THROTTLED, *BUSY])


class SesError(AnsibleAWSError):
    """What went wrong in AWS; ``message`` is for people, ``exception`` is botocore's when there is one."""

    def __init__(self, message: str, exception: Optional[BaseException] = None) -> None:
        super().__init__(message=message, exception=exception)

    def __str__(self) -> str:
        """Return the message, and what botocore says."""
        return f"{self.message} {self.source}: {self.exception}" if self.exception else str(self.message)

    @property
    def source(self) -> str:
        """Whose words those of ``exception`` are."""
        return "AWS says" if isinstance(self.exception, ClientError) else "In detail"


class PlanError(SesError):
    """What is wanted contradicts what is there; nothing was changed."""


def error_code(exc: BaseException) -> str:
    """Return the AWS error code of a botocore ClientError, else an empty text."""
    response: Dict[str, Any] = getattr(exc, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def may_have_happened(exc: BaseException) -> bool:
    """Return whether the call that failed with ``exc`` (a SesError of ``calling``) may have been carried out.

    A refusal says that nothing was done. A server's failure, a lost or an unreadable answer says nothing.
    """
    if not isinstance(exc, SesError) or isinstance(exc, PlanError):
        return False
    if isinstance(exc.exception, HTTPClientError):
        return True
    if not isinstance(exc.exception, ClientError):
        # Without a cause the answer could not be read; botocore's other errors come before the call.
        return exc.exception is None
    response: Dict[str, Any] = {**exc.exception.response}
    status = int((response.get("ResponseMetadata") or {}).get("HTTPStatusCode", 500))
    return status >= 500 or error_code(exc.exception) in _EXISTS


@contextmanager
def calling(action: str, doing: str) -> Iterator[None]:
    """Turn botocore's errors inside the block into SesError.

    ``action`` is the IAM action of the call, such as ``ses:GetAccount``; ``doing`` completes "Could not ...".
    """
    try:
        yield
    except (ClientError, BotoCoreError) as exc:
        raise SesError(f"Could not {doing}. {_advice(exc, action)}", exc) from exc
    except ResponseParserError:
        # Its text quotes the answer, which may hold a new secret: none of it goes further.
        raise SesError(f"Could not {doing}. The answer to {action} is not one of AWS. {_WHO_ANSWERS}") from None


def _advice(exc: BaseException, action: str) -> str:
    code = error_code(exc)
    if code in DENIED:
        return _denied(str(exc), action)
    if code in _BAD_CREDENTIALS:
        return (
            "AWS does not accept the credentials of this task (expired, inactive, or of another account or endpoint). "
            "Check access_key, secret_key, session_token, profile, or their environment variables."
        )
    if code in _NOT_SUBSCRIBED:
        return (
            "This AWS account is not signed up for the service in this region. Open Amazon SES in the AWS console "
            "in this region once, then run again."
        )
    if code in THROTTLED:
        return (
            f"AWS still throttles {action} after several retries; most SES calls are limited to one a second "
            "for the whole account. Run again later, with fewer things at once, or ask AWS for a higher limit."
        )
    if code in BUSY:
        return (
            f"Somebody else was changing the same thing, and AWS still refused {action} after several retries. Find out "
            "who (another run, a console, another tool), and run again when that has ended."
        )
    if code in _FULL:
        return (
            f"AWS allows no more of what {action} makes in this account and region, or for this user. Delete what nobody "
            "needs, or ask for a higher quota (Service Quotas in the AWS console), then run again."
        )
    if code == "DeleteConflict":
        return (
            "Something of others still hangs on it, such as a console password, an MFA device, a certificate, or an SSH key. "
            "Take that away, then run again."
        )
    if isinstance(exc, NoCredentialsError):
        return "No AWS credentials were found. Set profile, or access_key and secret_key, or run under a role."
    if isinstance(exc, EndpointConnectionError):
        return "The endpoint cannot be reached. Check region, endpoint_url, and the way to it (proxy, firewall)."
    if code in _MISSING:
        return f"What {action} names is not there: make it first, or correct the name."
    if _status(exc) >= 500:
        return (
            f"AWS, or a proxy on the way, failed at {action} itself. Run again later; if that lasts, look at the AWS Health "
            "Dashboard, and check endpoint_url and the proxy."
        )
    if code.isdigit():
        return f"The answer to {action} is not one of AWS. {_WHO_ANSWERS}"
    return f"AWS did not take {action} in this form. Correct the option that its reason is about, then run again."


def _status(exc: BaseException) -> int:
    response: Dict[str, Any] = getattr(exc, "response", None) or {}
    return int((response.get("ResponseMetadata") or {}).get("HTTPStatusCode", 0))


def _denied(text: str, action: str) -> str:
    match = _DENIED_TEXT.search(text)
    missing = match.group("action") if match else action
    resource = match.group("resource") if match and match.group("resource") else "the thing named here"
    return (
        f"The caller lacks the permission {missing} for {resource.rstrip('.,')}. "
        f"Allow {missing} in the caller's IAM policy (and in the boundary or organisation policy above it), "
        "or run with other credentials."
    )
