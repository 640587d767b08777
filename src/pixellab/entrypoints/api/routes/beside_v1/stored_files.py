"""Serves the objects of the filesystem store under the addresses that it hands out.

These addresses are public, as a CDN's are: whoever has one may open it, without an API key. A store
whose objects open elsewhere is not served here.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, BinaryIO
from urllib.parse import unquote_to_bytes

from litestar import Response, get, head
from litestar.params import FromPath
from litestar.response import Stream

from pixellab.domain.errors import ObjectMissing
from pixellab.domain.formats import FORMAT_OF_EXTENSION, MEDIA_TYPES
from pixellab.entrypoints.api.http.allowed_methods import allow
from pixellab.entrypoints.api.http.byte_ranges import asked_range
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
async def get_file(request: AnyRequest, key: FromPath[str]) -> Response[Any] | Stream:
    api = services(request)
    content, headers = await api.stores.run(partial(_open, api, _exactly(request, key)))
    answer = _short_answer(request, headers)
    if answer is not None:
        content.close()
        return answer
    part = _part(request, headers)
    if part is None:
        whole = range(int(headers["Content-Length"]))
        return Stream(
            _chunks(content, api.stores, whole), headers=headers, media_type=headers["Content-Type"]
        )
    if not part:
        content.close()
        size = headers["Content-Length"]
        beyond = {"Content-Range": f"bytes */{size}"}
        return Response(b"", status_code=416, headers=beyond, media_type="text/plain")
    headers |= {
        "Content-Range": f"bytes {part[0]}-{part[-1]}/{headers['Content-Length']}",
        "Content-Length": str(len(part)),
    }
    return Stream(
        _chunks(content, api.stores, part),
        status_code=206,
        headers=headers,
        media_type=headers["Content-Type"],
    )


@head(FILE, opt=PUBLIC, include_in_schema=False)
async def head_file(request: AnyRequest, key: FromPath[str]) -> Response[None]:
    api = services(request)
    content, headers = await api.stores.run(partial(_open, api, _exactly(request, key)))
    content.close()
    return _short_answer(request, headers) or Response(None, headers=headers)


def _exactly(request: AnyRequest, key: str) -> str:
    """The key, at its one address: a slash more, which routing overlooks, is another one."""
    key = key.lstrip("/")
    raw: bytes = request.scope["raw_path"]
    if unquote_to_bytes(raw) != f"{PATH}/{key}".encode():
        raise _missing()
    return key


def _short_answer(request: AnyRequest, headers: dict[str, str]) -> Response[None] | None:
    """304 for whoever has the file."""
    if _is_known(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(None, status_code=304, headers=headers)
    return None


def _part(request: AnyRequest, headers: dict[str, str]) -> range | None:
    """The part that is asked for; None for the whole file, as where If-Range names another."""
    if request.headers.get("if-range", headers["ETag"]) != headers["ETag"]:
        return None
    return asked_range(request.headers.get("range"), int(headers["Content-Length"]))


def _open(api: Services, key: str) -> tuple[BinaryIO, dict[str, str]]:
    extension = key.rsplit(".", 1)[-1]
    try:
        if extension not in TYPES or not api.lab.store.locate(key)[1].startswith(
            f"{api.lab.settings.base_url}{PATH}/"
        ):
            raise _missing()
        content = api.lab.store.open(key)
    except (ObjectMissing, ValueError):
        raise _missing() from None
    size = content.seek(0, 2)
    content.seek(0)
    name = key.rsplit("/", 1)[-1]
    tag = hashlib.sha256(f"{key}:{size}".encode()).hexdigest()[:32]
    return content, {
        "Content-Type": TYPES[extension],
        "Content-Length": str(size),
        "Content-Disposition": f'inline; filename="{name}"',
        "Cache-Control": f"public, max-age={ONE_YEAR}, immutable",
        "Accept-Ranges": "bytes",
        "ETag": f'"{tag}"',
        "Cross-Origin-Resource-Policy": "cross-origin",
    }


def _missing() -> ObjectMissing:
    return ObjectMissing("There is no file at this address.")


def _is_known(tags: str, tag: str) -> bool:
    """Whether If-None-Match names the tag (RFC 9110, 13.1.2: weak tags match too)."""
    return tags.strip() == "*" or tag in (
        each.strip().removeprefix("W/") for each in tags.split(",")
    )


async def _chunks(content: BinaryIO, pool: Pool, part: range) -> AsyncIterator[bytes]:
    left = len(part)
    try:
        if part.start:
            await pool.run(partial(content.seek, part.start))
        while left and (chunk := await pool.run(partial(content.read, min(CHUNK, left)))):
            left -= len(chunk)
            yield chunk
    finally:
        # A client that went away ends this while a thread may still be reading, for which closing
        # waits: another thread's business.
        asyncio.get_running_loop().run_in_executor(None, content.close)


files = [allow(FILE, "GET", "HEAD", opt=PUBLIC), get_file, head_file]
