"""Serves the objects of the filesystem store under the addresses that it hands out.

These addresses are public, as a CDN's are: whoever has one may open it, without an API key. A store
whose objects open elsewhere is not served here.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from functools import partial
from typing import BinaryIO

from litestar import Response, get, head
from litestar.params import FromPath
from litestar.response import Stream

from pixellab.domain.errors import ObjectMissing
from pixellab.domain.formats import FORMAT_OF_EXTENSION, MEDIA_TYPES
from pixellab.entrypoints.api.http.allowed_methods import allow
from pixellab.entrypoints.api.http.security import PUBLIC
from pixellab.entrypoints.api.pool import Pool
from pixellab.entrypoints.api.services import AnyRequest, Services, services

PATH = "/files"
FILE = PATH + "/{key:path}"
CHUNK = 256 * 1024
TYPES = {extension: MEDIA_TYPES[name] for extension, name in FORMAT_OF_EXTENSION.items()}
ONE_YEAR = 31_536_000
"""Seconds; what is under a key never changes."""


@get(FILE, opt=PUBLIC, include_in_schema=False)
async def get_file(request: AnyRequest, key: FromPath[str]) -> Response[None] | Stream:
    api = services(request)
    content, headers = await api.stores.run(partial(_open, api, key.lstrip("/")))
    if _is_known(request.headers.get("if-none-match", ""), headers["ETag"]):
        content.close()
        return Response(None, status_code=304, headers=headers)
    return Stream(_chunks(content, api.stores), headers=headers, media_type=headers["Content-Type"])


@head(FILE, opt=PUBLIC, include_in_schema=False)
async def head_file(request: AnyRequest, key: FromPath[str]) -> Response[None]:
    api = services(request)
    content, headers = await api.stores.run(partial(_open, api, key.lstrip("/")))
    content.close()
    return Response(None, headers=headers)


def _open(api: Services, key: str) -> tuple[BinaryIO, dict[str, str]]:
    missing = ObjectMissing("There is no file at this address.")
    extension = key.rsplit(".", 1)[-1]
    try:
        if extension not in TYPES or not api.lab.store.locate(key)[1].startswith(
            f"{api.lab.settings.base_url}{PATH}/"
        ):
            raise missing
        content = api.lab.store.open(key)
    except (ObjectMissing, ValueError):
        raise missing from None
    size = content.seek(0, 2)
    content.seek(0)
    name = key.rsplit("/", 1)[-1]
    tag = hashlib.sha256(f"{key}:{size}".encode()).hexdigest()[:32]
    return content, {
        "Content-Type": TYPES[extension],
        "Content-Length": str(size),
        "Content-Disposition": f'inline; filename="{name}"',
        "Cache-Control": f"public, max-age={ONE_YEAR}, immutable",
        "ETag": f'"{tag}"',
        "Cross-Origin-Resource-Policy": "cross-origin",
    }


def _is_known(tags: str, tag: str) -> bool:
    """Whether If-None-Match names the tag (RFC 9110, 13.1.2: weak tags match too)."""
    return tags.strip() == "*" or tag in (
        each.strip().removeprefix("W/") for each in tags.split(",")
    )


async def _chunks(content: BinaryIO, pool: Pool) -> AsyncIterator[bytes]:
    try:
        while chunk := await pool.run(partial(content.read, CHUNK)):
            yield chunk
    finally:
        content.close()


files = [allow(FILE, "GET", "HEAD", opt=PUBLIC), get_file, head_file]
