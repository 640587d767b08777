"""Every error as RFC 9457 problem details: ours, the framework's, and the unforeseen."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from pydantic import BaseModel

from pixellab.domain.errors import InvalidFields, InvalidRequest, PixelLabError
from pixellab.entrypoints.api.http.middleware import request_id
from pixellab.entrypoints.api.http.request_models import ALLOWED
from pixellab.entrypoints.error_table import TYPE_PREFIX, problem_details
from pixellab.entrypoints.refusals import Busy, RateLimited, Unauthorized

MEDIA_TYPE = "application/problem+json"
UNAVAILABLE_RETRY_AFTER = 5
"""Seconds; sent with every 503 that does not know better."""

HTTP_DETAILS = {
    400: "The request is malformed.",
    404: "There is nothing at this address.",
    405: "This address does not take this method; Allow names those that it takes.",
    413: "The request is larger than is allowed.",
}
"""What to say about errors that the framework finds before any code of ours is reached."""
MISSING = re.compile("Missing required .* parameter '([^']+)'")
"""How the framework names what is not there; all else that is wrong it lists."""

log = structlog.get_logger("pixellab.api")


class FieldProblem(BaseModel):
    """A field that was refused."""

    field: str
    message: str


class ProblemAnswer(BaseModel):
    """An error, as RFC 9457 describes it."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    image_id: str | None = None
    """The image whose record tells how it ended, where there is one."""
    errors: list[FieldProblem] | None = None
    """The fields at fault, each with what is allowed."""


def documented(*statuses: int) -> dict[int, ResponseSpec]:
    """OpenAPI's description of the errors an operation may answer with."""
    return {
        status: ResponseSpec(
            data_container=ProblemAnswer,
            media_type=MEDIA_TYPE,
            description=HTTPStatus(status).phrase,
            generate_examples=False,
        )
        for status in (*statuses, 400, 401, 429, 500, 503)
    }


def answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """The exception handler for every exception."""
    instance = f"urn:request:{request_id(request.scope)}"
    headers: dict[str, str] = {}
    if isinstance(error, ValidationException):
        return answer_error(request, InvalidFields(_fields(error)))
    if isinstance(error, HTTPException) and error.status_code < 500:
        body = _http_problem(error, instance)
        headers = dict(error.headers or {})
    else:
        body = problem_details(error, instance)
        headers = _headers(error, body["status"])
        _log(error, body)
    return Response(body, status_code=body["status"], headers=headers, media_type=MEDIA_TYPE)


def _fields(error: ValidationException) -> list[InvalidRequest]:
    extra = error.extra if isinstance(error.extra, list) else []
    names = [str(each.get("key")) for each in extra if isinstance(each, dict)]
    names += MISSING.findall(error.detail)
    return [
        InvalidRequest(name, f"{name} must be {ALLOWED.get(name, 'something else')}.")
        for name in names
    ] or [InvalidRequest("request", HTTP_DETAILS[400])]


def _http_problem(error: HTTPException, instance: str) -> dict[str, Any]:
    status = HTTPStatus(error.status_code)
    return {
        "type": TYPE_PREFIX + status.phrase.lower().replace(" ", "-"),
        "title": status.phrase,
        "status": int(status),
        "detail": HTTP_DETAILS.get(status, f"{status.phrase}."),
        "instance": instance,
    }


def _headers(error: Exception, status: int) -> dict[str, str]:
    if isinstance(error, Unauthorized):
        return {"WWW-Authenticate": 'Bearer realm="pixellab"'}
    if status == HTTPStatus.REQUEST_TIMEOUT:
        return {"Connection": "close"}  # RFC 9110, 15.5.9; the rest of the body is not read.
    after = error.retry_after if isinstance(error, PixelLabError) else None
    if after is None and status == HTTPStatus.SERVICE_UNAVAILABLE:
        after = UNAVAILABLE_RETRY_AFTER
    return {} if after is None else {"Retry-After": str(after)}


def _log(error: Exception, body: dict[str, Any]) -> None:
    if body["status"] == HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("An unforeseen error occurred.", exc_info=error)
    elif body["status"] > HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, Busy):
        log.warning(body["detail"], type=body["type"], exc_info=error)
    elif not isinstance(error, RateLimited | Unauthorized):
        log.info(body["detail"], type=body["type"])
