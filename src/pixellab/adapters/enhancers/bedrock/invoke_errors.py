"""What boto3's errors mean for a picture that was sent, and whether it may have been billed."""

from __future__ import annotations

from attrs import frozen
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    HTTPClientError,
    IncompleteReadError,
    ReadTimeoutError,
)
from botocore.exceptions import ConnectionError as NotConnected

from pixellab.adapters.enhancers.bedrock.bedrock_client import NOT_AVAILABLE
from pixellab.domain.errors import (
    BackendError,
    BackendFailed,
    BackendRefused,
    BackendTimeout,
    BackendUnavailable,
)

RETRY_AFTER = 30
"""Seconds after which to ask again; Bedrock does not say, and its quotas are per minute."""
NOT_BEGUN = {"ThrottlingException", "TooManyRequestsException", "ModelNotReadyException"}
"""Error codes after which the same request may be sent again: nothing was done, nor billed."""


@frozen
class _Meaning:
    kind: type[BackendError]
    message: str
    may_be_billed: bool = False


_BUSY = _Meaning(BackendUnavailable, "BEDROCK has too much to do just now; try again later.")
_ABSENT = _Meaning(BackendUnavailable, NOT_AVAILABLE)
_REFUSED = _Meaning(BackendRefused, "BEDROCK does not take this picture.")
_TIMED_OUT = _Meaning(BackendTimeout, "BEDROCK did not answer in time.", may_be_billed=True)
_FAILED = _Meaning(BackendFailed, "BEDROCK failed on this picture.", may_be_billed=True)
_CUT_OFF = _Meaning(BackendFailed, "BEDROCK's answer broke off.", may_be_billed=True)

_BY_CODE = {
    **dict.fromkeys((*NOT_BEGUN, "ServiceQuotaExceededException"), _BUSY),
    "ServiceUnavailableException": _BUSY,
    "ValidationException": _REFUSED,
    "ModelTimeoutException": _TIMED_OUT,
    "ModelErrorException": _FAILED,
    "InternalServerException": _FAILED,
}
_BY_STATUS = {
    400: _REFUSED,
    408: _TIMED_OUT,
    413: _REFUSED,
    429: _BUSY,
    503: _BUSY,
    504: _TIMED_OUT,
}
"""For answers without a code, as of a proxy."""
_CREDENTIALS = {
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidSignatureException",
    "UnrecognizedClientException",
}


def not_begun(error: Exception) -> bool:
    """Whether the request was surely not worked on, and may soon be."""
    return isinstance(error, ClientError) and _code(error) in NOT_BEGUN


def may_be_billed(error: Exception) -> bool:
    """Whether the service may have worked on the request before that error."""
    return _meaning(error).may_be_billed


def our_error(error: Exception) -> BackendError:
    """The same in PixelLab's words, without anything that the service said."""
    meaning = _meaning(error)
    return meaning.kind(meaning.message, retry_after=RETRY_AFTER if meaning is _BUSY else None)


def _meaning(error: Exception) -> _Meaning:
    if isinstance(error, ClientError):
        return _meaning_of_answer(error)
    if isinstance(error, ReadTimeoutError):
        return _TIMED_OUT
    if isinstance(error, NotConnected | ConnectTimeoutError):
        return _Meaning(BackendUnavailable, "BEDROCK cannot be reached; try again later.")
    if isinstance(error, ConnectionClosedError | HTTPClientError | IncompleteReadError):
        return _CUT_OFF
    if isinstance(error, BotoCoreError):
        return _ABSENT  # no credentials, or a wrong configuration: nothing was sent
    return _FAILED  # botocore's parser stumbles over errors that are not written as Bedrock's are


def _meaning_of_answer(error: ClientError) -> _Meaning:
    code, status = _code(error), error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
    if meaning := _BY_CODE.get(code):
        return meaning
    if code in _CREDENTIALS or status in {401, 403, 404}:
        return _ABSENT
    return _BY_STATUS.get(status, _FAILED)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code"))
