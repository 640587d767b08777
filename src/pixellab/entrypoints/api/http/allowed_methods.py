"""Which methods an address takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Response, route
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler


def allow(path: str, *methods: str, opt: Mapping[str, Any] | None = None) -> HTTPRouteHandler:
    """Answers OPTIONS for an address with several methods.

    Litestar's own answer names only the first of them. To be registered before them.
    """
    headers = {"Allow": ", ".join(sorted((*methods, "OPTIONS")))}

    @route(path, http_method=[HttpMethod.OPTIONS], opt=opt, include_in_schema=False)
    async def options() -> Response[None]:
        return Response(None, status_code=204, headers=headers)

    return options
