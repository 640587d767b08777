"""Whether the process lives, whether its stores can be reached, and its figures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from pydantic import BaseModel

from pixellab.domain.errors import PixelLabError, StoreUnavailable
from pixellab.entrypoints.api.edge import request_id
from pixellab.entrypoints.api.pool import Pool
from pixellab.entrypoints.api.problems import MEDIA_TYPE, UNAVAILABLE_RETRY_AFTER, documented
from pixellab.entrypoints.api.security import PUBLIC
from pixellab.entrypoints.api.services import AnyRequest, services
from pixellab.entrypoints.metrics import CONTENT_TYPE
from pixellab.entrypoints.problems import problem_details

CHECK_SECONDS = 2.0
"""A store that takes longer to answer counts as unavailable."""
OK, UNAVAILABLE = "ok", "unavailable"


class LiveAnswer(BaseModel):
    status: str = OK


class ReadyAnswer(BaseModel):
    status: str
    checks: dict[str, str]
    """"ok" or "unavailable" for each configured store."""


READY = ResponseSpec(ReadyAnswer, description="All can be reached.", generate_examples=False)


@get("/health/live", operation_id="live", opt=PUBLIC, summary="The process lives", tags=["health"])
async def live() -> LiveAnswer:
    return LiveAnswer()


@get(
    "/health/ready",
    operation_id="ready",
    opt=PUBLIC,
    summary="All stores can be reached",
    tags=["health"],
    responses={200: READY, 503: documented()[503]},
)
async def ready(request: AnyRequest) -> Response[Any]:
    api = services(request)
    names = ("objects", "database")
    states = await asyncio.gather(
        _check(api.checks, api.lab.store.check), _check(api.checks, api.lab.repository.check)
    )
    checks = dict(zip(names, states, strict=True))
    failing = [name for name, state in checks.items() if state != OK]
    if not failing:
        return Response(ReadyAnswer(status="ready", checks=checks))
    error = StoreUnavailable(f"Unavailable: {', '.join(failing)}.")
    body = problem_details(error, f"urn:request:{request_id(request.scope)}")
    return Response(
        {**body, "checks": checks},
        status_code=body["status"],
        media_type=MEDIA_TYPE,
        headers={"Retry-After": str(UNAVAILABLE_RETRY_AFTER)},
    )


async def _check(pool: Pool, check: Callable[[], None]) -> str:
    try:
        await pool.run(check, timeout=CHECK_SECONDS)
    except PixelLabError:
        return UNAVAILABLE
    return OK


@get("/metrics", include_in_schema=False)
async def metrics(request: AnyRequest) -> Response[bytes]:
    api = services(request)
    figures = await api.checks.run(api.metrics.render)
    return Response(figures, media_type=CONTENT_TYPE)
