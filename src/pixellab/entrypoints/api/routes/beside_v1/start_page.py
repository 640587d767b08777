"""What a browser finds at the server's address: what this is, and where it is documented."""

from __future__ import annotations

from html import escape
from http import HTTPStatus

from litestar import MediaType, Response, get, head
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from pixellab.entrypoints.api.docs.page import PATH as DOCUMENTATION
from pixellab.entrypoints.api.http.allowed_methods import allow
from pixellab.entrypoints.api.http.security import PUBLIC
from pixellab.entrypoints.api.services import AnyRequest, services
from pixellab.entrypoints.version import installed_version

START, SHORT = "/", "/docs"

PAGE = """<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>PixelLab</title>
  </head>
  <body>
    <h1>PixelLab {version}</h1>
    <p>This server makes product photos better, keeps both versions, and records what was done.</p>
    <ul>
      <li><a href="{documentation}">Interactive documentation</a>: every address, to be tried out
        in the browser</li>
      <li><a href="{documentation}/openapi.json">The same as an OpenAPI document</a></li>
      <li><a href="/health/ready">Whether the stores can be reached</a></li>
    </ul>
    <p>Send a photo:</p>
    <pre>curl -F file=@photo.jpg {address}/api/v1/enhance/upload</pre>
  </body>
</html>
"""


@get(START, opt=PUBLIC, include_in_schema=False, sync_to_thread=False)
def start_page(request: AnyRequest) -> Response[str]:
    page = PAGE.format(
        version=installed_version(),
        documentation=DOCUMENTATION,
        address=escape(services(request).lab.settings.base_url),
    )
    return Response(page, media_type=MediaType.HTML)


@head(START, opt=PUBLIC, include_in_schema=False, sync_to_thread=False)
def start_page_head() -> Response[None]:
    return Response(None, media_type=MediaType.HTML)


@get(SHORT, opt=PUBLIC, include_in_schema=False, sync_to_thread=False)
def documentation() -> Redirect:
    return Redirect(DOCUMENTATION)


@head(SHORT, opt=PUBLIC, include_in_schema=False, sync_to_thread=False)
def documentation_head() -> Response[None]:
    return Response(None, status_code=HTTPStatus.FOUND, headers={"Location": DOCUMENTATION})


start: list[HTTPRouteHandler] = [
    allow(START, "GET", "HEAD", opt=PUBLIC),
    start_page,
    start_page_head,
    allow(SHORT, "GET", "HEAD", opt=PUBLIC),
    documentation,
    documentation_head,
]
