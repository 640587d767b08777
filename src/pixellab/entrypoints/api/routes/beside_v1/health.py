"""Whether the process lives, whether its stores can be written, and its figures."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, head
from litestar.openapi.datastructures import ResponseSpec
from pydantic import BaseModel

from pixellab.domain.errors import StoreUnavailable
from pixellab.entrypoints.api.http.error_answers import (
    MEDIA_TYPE,
    UNAVAILABLE_RETRY_AFTER,
    documented,
)
from pixellab.entrypoints.api.http.middleware import request_id
from pixellab.entrypoints.api.http.security import PUBLIC
from pixellab.entrypoints.api.metrics import CONTENT_TYPE
from pixellab.entrypoints.api.readiness import BROKER, OK
from pixellab.entrypoints.api.services import AnyRequest, services
from pixellab.entrypoints.error_table import problem_details


class LiveAnswer(BaseModel):
    status: str = OK


class ReadyAnswer(BaseModel):
    status: str
    checks: dict[str, str]
    """"ok", "read-only" or "unavailable" for each configured store; also for the broker, without
    which the server is ready, too."""


@head("/health/live", opt=PUBLIC, include_in_schema=False)
async def live_head() -> Response[None]:
    return Response(None)


READY = ResponseSpec(
    ReadyAnswer, description="All can be reached and take changes.", generate_examples=False
)


@get("/health/live", operation_id="live", opt=PUBLIC, summary="The process lives", tags=["health"])
async def live() -> LiveAnswer:
    return LiveAnswer()


@get(
    "/health/ready",
    operation_id="ready",
    opt=PUBLIC,
    summary="All stores can be reached and take changes",
    tags=["health"],
    responses={200: READY, 503: documented()[503]},
)
async def ready(request: AnyRequest) -> Response[Any]:
    return await _ready(request)


@head("/health/ready", opt=PUBLIC, include_in_schema=False)
async def ready_head(request: AnyRequest) -> Response[None]:
    """Those who watch servers often ask so."""
    told = await _ready(request)
    return Response(
        None, status_code=told.status_code, media_type=told.media_type, headers=told.headers
    )


async def _ready(request: AnyRequest) -> Response[Any]:
    checks = await services(request).readiness.states()
    failing = [
        f"{name} is {state}" for name, state in checks.items() if state != OK and name != BROKER
    ]
    if not failing:
        return Response(ReadyAnswer(status="ready", checks=dict(checks)))
    error = StoreUnavailable(f"Not ready: {', '.join(failing)}.")
    body = problem_details(error, f"urn:request:{request_id(request.scope)}")
    return Response(
        {**body, "checks": checks},
        status_code=body["status"],
        media_type=MEDIA_TYPE,
        headers={"Retry-After": str(UNAVAILABLE_RETRY_AFTER)},
    )


@get("/metrics", include_in_schema=False)
async def metrics(request: AnyRequest) -> Response[bytes]:
    api = services(request)
    figures = await api.checks.run(api.metrics.render)
    return Response(figures, media_type=CONTENT_TYPE)


health = [live, live_head, ready, ready_head, metrics]
