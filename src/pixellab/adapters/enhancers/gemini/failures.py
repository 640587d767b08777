"""Failures of the SDK, its transport and the service, as PixelLab's errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
from google.genai import errors

from pixellab.domain.errors import (
    BackendError,
    BackendFailed,
    BackendRefused,
    BackendTimeout,
    BackendUnavailable,
)
from pixellab.domain.results import Usage

NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
PER_MINUTE = 60
"""Seconds over which Google counts requests, after which a refused one may be made again."""
OVERLOADED = {429, 503}
NO_ACCESS = {401, 403, 404}
GAVE_UP = {408, 499, 504}
RETRY_DELAY = re.compile(r"(\d+)(?:\.\d+)?s?")
"""google.rpc.RetryInfo's ``retryDelay``, ``30s``, or the header Retry-After in seconds."""


@contextmanager
def as_ours(model: str, unknown: Usage) -> Iterator[None]:
    """Raises PixelLab's errors in place of those raised inside.

    ``unknown`` is the usage of a request that may have been billed.
    """
    try:
        yield
    except errors.APIError as error:
        raise _of_status(error, model, unknown) from error
    except NEVER_SENT as error:
        raise BackendUnavailable("Gemini cannot be reached.", model_version=model) from error
    except (TimeoutError, httpx2.TimeoutException) as error:
        raise _too_late(model, unknown) from error
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise BackendFailed(
            "Gemini's answer was cut off, or is no answer of Gemini's.",
            usage=unknown,
            model_version=model,
        ) from error


def _of_status(error: errors.APIError, model: str, unknown: Usage) -> BackendError:
    code = error.code
    if code in OVERLOADED:
        why = "is asked more often than it allows" if code == 429 else "is overloaded"
        return BackendUnavailable(
            f"Gemini {why} just now.", retry_after=_retry_after(error), model_version=model
        )
    if code in NO_ACCESS or is_key_refused(error):
        return BackendUnavailable("Gemini is not available here.", model_version=model)
    if code in GAVE_UP:
        return _too_late(model, unknown)
    if 400 <= code < 500:
        return BackendRefused("Gemini does not take this picture.", model_version=model)
    return BackendFailed("Gemini failed on this picture.", usage=unknown, model_version=model)


def is_key_refused(error: errors.APIError) -> bool:
    """Whether a 400 is about the key or the account: Google does not always say 401 or 403."""
    return "API_KEY_INVALID" in str(error.details) or error.status == "FAILED_PRECONDITION"


def _too_late(model: str, unknown: Usage) -> BackendTimeout:
    return BackendTimeout(
        "Gemini did not answer in time; whether it bills for that is not known.",
        usage=unknown,
        model_version=model,
    )


def _retry_after(error: errors.APIError) -> int:
    headers = getattr(error.response, "headers", {})
    said = [headers.get("retry-after"), *_retry_delays(error.details)]
    found = (RETRY_DELAY.fullmatch(str(each)) for each in said if each)
    return max((int(each[1]) for each in found if each), default=PER_MINUTE) or 1


def _retry_delays(details: object) -> Iterator[str]:
    inner = details.get("error") if isinstance(details, dict) else None
    listed = inner.get("details") if isinstance(inner, dict) else None
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and isinstance(each.get("retryDelay"), str):
            yield each["retryDelay"]
