"""What boto3's errors mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
)

from pixellab.domain.errors import StoreUnavailable

RETRY_AFTER = 10
CREDENTIAL_ERRORS = {
    "AuthorizationHeaderMalformed",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
}
_OVERLOADED = {"503", "RequestLimitExceeded", "ServiceUnavailable", "SlowDown", "Throttling"}


@contextmanager
def our_errors() -> Iterator[None]:
    """boto3's errors as StoreUnavailable; nothing of what the server said is passed on."""
    try:
        yield
    except ClientError as error:
        raise _unavailable(_reason(error)) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise _unavailable("has been given no credentials, or not all") from error
    except BotoCoreError as error:
        raise _unavailable("cannot be reached") from error
    except OSError as error:
        # Of the temporary file; the network's come as BotoCoreError.
        raise _unavailable(
            "lacks a temporary file on this machine, whose disk may be full"
        ) from error


def _unavailable(reason: str) -> StoreUnavailable:
    message = f"The object store {reason}; try again later."
    return StoreUnavailable(message, retry_after=RETRY_AFTER)


def _reason(error: ClientError) -> str:
    code = str(error.response.get("Error", {}).get("Code"))
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code in CREDENTIAL_ERRORS:
        return "refuses the credentials it was given"
    if code in _OVERLOADED or status == 503:
        return "is overloaded or restarting"
    if status == 403:
        return "refuses access"
    if code in {"NoSuchBucket", "PermanentRedirect"} or status in {301, 404}:
        return "has no such bucket"
    return "could not do what was asked of it"
