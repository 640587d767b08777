"""The description of the API at ``/schema/openapi.json``, and its interactive page."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router
from litestar.exceptions import NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, Reference, SecurityScheme

from pixellab.entrypoints.api.docs.page import PAGE_HEADERS, PATH, SwaggerPage
from pixellab.entrypoints.api.docs.webhook_events import described_webhooks
from pixellab.entrypoints.api.http.security import PUBLIC
from pixellab.entrypoints.version import installed_version


async def _plain_not_found(response: Response[Any]) -> Response[Any]:
    """Litestar answers unknown addresses below the schema with a page of its own."""
    if response.status_code == 404:
        raise NotFoundException
    return response


def describe(*, keys_required: bool) -> OpenAPIConfig:
    """OpenAPI 3.1 and the page, at ``/schema``."""
    scheme: dict[str, SecurityScheme | Reference] = {
        "bearer": SecurityScheme(type="http", scheme="bearer", description="An API key."),
        "key": SecurityScheme(
            type="apiKey", name="X-API-Key", security_scheme_in="header", description="An API key."
        ),
    }
    return OpenAPIConfig(
        title="PixelLab",
        version=installed_version(),
        description="Makes product photos better, keeps both versions, records what it did.",
        webhooks=described_webhooks(),
        render_plugins=[SwaggerPage()],
        components=Components(security_schemes=scheme if keys_required else None),
        security=[{name: []} for name in scheme] if keys_required else None,
        openapi_router=Router(
            PATH,
            route_handlers=[],
            include_in_schema=False,
            opt=PUBLIC,
            after_request=_plain_not_found,
            response_headers=PAGE_HEADERS,
        ),
    )
