"""The description of the API at ``/schema/openapi.json``, and its interactive page.

The page is swagger-ui out of an installed package, so it works without a network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from litestar import Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import (
    Components,
    OpenAPIMediaType,
    Operation,
    Reference,
    RequestBody,
    Schema,
    SecurityScheme,
)

from pixellab.adapters.marketplaces.profiles import profile_names
from pixellab.entrypoints.api.fields import EnhanceFields, UploadFields
from pixellab.entrypoints.api.forms import JSON, MULTIPART, URLENCODED
from pixellab.entrypoints.api.security import PUBLIC
from pixellab.entrypoints.version import installed_version

PATH = "/schema"

ASSETS: Mapping[str, str] = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
"""Files of swagger-ui that the page needs, and their media types."""

PAGE_HEADERS = {
    # The page runs its own scripts only; swagger-ui sets styles on elements and draws with data:.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
}

PAGE = f"""<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>PixelLab API</title>
    <link rel="icon" type="image/png" href="{PATH}/favicon-32x32.png">
    <link rel="stylesheet" href="{PATH}/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="{PATH}/swagger-ui-bundle.js"></script>
    <script src="{PATH}/page.js"></script>
  </body>
</html>
"""

SCRIPT = f"""SwaggerUIBundle({{
  url: "{PATH}/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
}});
"""


@dataclass
class UploadOperation(Operation):
    """Documents the form that the handler reads by itself, as it arrives."""

    def __post_init__(self) -> None:
        schema = _body_schema(UploadFields, _field_of_form)
        schema["properties"] = {
            "file": {
                "type": "string",
                "format": "binary",
                "description": "JPEG, PNG, WEBP, TIFF, BMP, GIF, AVIF, or HEIC with an extra.",
            },
            **schema["properties"],
        }
        schema["required"] = ["file"]
        self.request_body = RequestBody(content={MULTIPART: _described(schema)}, required=True)


@dataclass
class EnhanceOperation(Operation):
    """Documents the body that the handler takes as JSON or as a form."""

    def __post_init__(self) -> None:
        json = _described(_body_schema(EnhanceFields, _field_of_json))
        form = _described(_body_schema(EnhanceFields, _field_of_form))
        self.request_body = RequestBody(
            content={JSON: json, MULTIPART: form, URLENCODED: form}, required=False
        )


def _body_schema(
    kind: type[EnhanceFields], described: Callable[[dict[str, Any]], dict[str, Any]]
) -> dict[str, Any]:
    schema = kind.model_json_schema(mode="validation")
    definitions = schema.pop("$defs", {})
    schema["properties"]["profile"]["enum"] = list(profile_names())
    for name, field in schema["properties"].items():
        reference = field.pop("$ref", "").rsplit("/", 1)[-1]
        schema["properties"][name] = described(definitions.get(reference, {}) | field)
    return schema


def _field_of_json(field: dict[str, Any]) -> dict[str, Any]:
    return field


def _field_of_form(field: dict[str, Any]) -> dict[str, Any]:
    """A form has no null: a field is left out instead."""
    for kind in field.pop("anyOf", []):
        if kind["type"] != "null":
            field = kind | field
    return {name: value for name, value in field.items() if (name, value) != ("default", None)}


def _described(schema: dict[str, Any]) -> OpenAPIMediaType:
    return OpenAPIMediaType(
        schema=Schema(
            type=schema["type"],
            title=schema["title"],
            properties=schema["properties"],
            required=schema.get("required"),
        )
    )


class SwaggerPage(OpenAPIRenderPlugin):
    """The interactive page."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(
        self,
        request: Request[Any, Any, Any],
        openapi_schema: dict[str, Any],
    ) -> bytes:
        return PAGE.encode()

    def receive_router(self, router: Router) -> None:
        router.register(page_script)
        router.register(page_asset)


@get("/page.js", media_type="text/javascript", include_in_schema=False, sync_to_thread=False)
def page_script() -> str:
    return SCRIPT


@get(
    [f"/{name}" for name in ASSETS],
    include_in_schema=False,
    sync_to_thread=False,
)
def page_asset(request: Request[Any, Any, Any]) -> Response[bytes]:
    name = request.url.path.rsplit("/", 1)[-1]
    return Response(
        _asset(name), media_type=ASSETS[name], headers={"Cache-Control": "max-age=3600"}
    )


@cache
def _asset(name: str) -> bytes:
    # Found without importing the package: its code, for other web frameworks, is not needed.
    package = find_spec("swagger_ui")
    if package is None or package.origin is None:
        raise NotFoundException
    return (Path(package.origin).parent / "static" / name).read_bytes()


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
