"""The interactive page: swagger-ui out of an installed package, so it works without a network."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from litestar import Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.openapi.plugins import OpenAPIRenderPlugin

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
