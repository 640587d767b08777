"""Reading the bodies of requests as they arrive.

A file is spooled: above 1 MB it lies on disk, never whole in memory. Limits hold while reading, so
that neither a lying Content-Length nor a chunked body gets past them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast
from urllib.parse import parse_qsl

from attrs import define, field, frozen
from litestar import Request
from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from pixellab.domain.errors import FileTooLarge, InvalidRequest, StoreUnavailable
from pixellab.entrypoints.api.http.arriving import Pace, chunks
from pixellab.entrypoints.api.http.request_models import (
    UPLOAD,
    Model,
    form_fields,
    from_form,
    from_json,
    refused,
    unknown_field,
)
from pixellab.entrypoints.api.pool import Pool

JSON = "application/json"
MULTIPART = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"
ADDRESS = "image_url"
"""The field that names a file in place of sending it."""

SPOOL_BYTES = 1_000_000
"""Larger files go to disk, in writes of about this size."""
MAX_FIELD_BYTES = 4096
MAX_FIELDS_BYTES = 64 * 1024
"""Largest body of a request that carries no file."""
MAX_PARTS = 64
MAX_OVERHEAD_BYTES = 512 * 1024
"""What a body may hold beside its file: boundaries, headers and the other fields."""

AnyRequest = Request[Any, Any, Any]


@frozen(kw_only=True)
class UploadForm:
    """A form as it came; the caller closes ``content``, which is empty where no file came."""

    fields: dict[str, str]
    filename: str | None
    content: BinaryIO = field(repr=False)
    files: int = 1


async def read_upload(request: AnyRequest, *, max_bytes: int, pace: Pace, disk: Pool) -> UploadForm:
    """The form of this request with one file, at most ``max_bytes`` large, or an address.

    Raises as ``read_form``.
    """
    form = await read_form(UPLOAD, "file", request, max_bytes=max_bytes, pace=pace, disk=disk)
    by_address = not form.files and ADDRESS in form.fields
    if form.files != 1 and not by_address:
        form.content.close()
        raise refused("file")
    return form


async def read_form(
    kind: type[Model],
    file: str,
    request: AnyRequest,
    *,
    max_bytes: int,
    pace: Pace,
    disk: Pool,
) -> UploadForm:
    """The form of this request, whose field ``file`` is at most ``max_bytes`` large.

    Raises InvalidRequest for what is no such form; TooSlow; FileTooLarge; StoreUnavailable if the
    disk cannot take the file.
    """
    boundary = _boundary(request)
    length = request.content_length
    if length is not None and length > max_bytes + MAX_OVERHEAD_BYTES:
        raise _too_large(max_bytes)
    content = cast("BinaryIO", SpooledTemporaryFile(max_size=SPOOL_BYTES))  # noqa: SIM115
    parts = _Parts(form_fields(kind), max_bytes=max_bytes, file=file)
    try:
        with _our_errors():
            await _spool(chunks(request, pace), boundary, parts, content, disk)
            if parts.files > 1:
                raise refused(file)
            content.seek(0)
    except BaseException:
        with suppress(OSError):  # A full disk refuses what is left in the buffer once more.
            content.close()
        raise
    return UploadForm(
        fields=parts.fields, filename=parts.filename, content=content, files=parts.files
    )


def carries_a_file(request: AnyRequest) -> bool:
    """Whether its body is a kind that may have a file, or none that is read at all."""
    media_type, _ = parse_options_header(request.headers.get("content-type", ""))
    return media_type not in (JSON, URLENCODED)


async def read_fields(
    kind: type[Model], request: AnyRequest, pace: Pace, max_bytes: int = MAX_FIELDS_BYTES
) -> Model:
    """The fields of a body without a file: a JSON object, a form of either kind, or nothing.

    Raises InvalidRequest, InvalidFields, FileTooLarge, TooSlow.
    """
    body = bytearray()
    async for chunk in chunks(request, pace):
        body += chunk
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
    media_type, _ = parse_options_header(request.headers.get("content-type", ""))
    if media_type == MULTIPART:
        parts = _Parts(form_fields(kind))
        with (
            _our_errors(),
            PushMultipartParser(_boundary(request), max_segment_count=MAX_PARTS) as parser,
        ):
            for event in parser.parse(body):
                parts.take(event)
        return from_form(kind, parts.fields)
    if media_type == URLENCODED:
        return from_form(kind, _urlencoded(body))
    if media_type == JSON or not body:
        return from_json(kind, bytes(body) or b"{}")
    raise InvalidRequest("request", f"The body must be {JSON}, {URLENCODED} or {MULTIPART}.")


async def _spool(
    body: AsyncIterator[bytes], boundary: str, parts: _Parts, content: BinaryIO, disk: Pool
) -> None:
    total = 0
    with PushMultipartParser(boundary, max_segment_count=MAX_PARTS) as parser:
        async for chunk in body:
            total += len(chunk)
            if total > parts.max_bytes + MAX_OVERHEAD_BYTES:
                raise _too_large(parts.max_bytes)
            for event in parser.parse(chunk):
                parts.take(event)
            if len(parts.pending) >= SPOOL_BYTES:
                data, parts.pending = parts.pending, bytearray()
                await disk.run(partial(content.write, data))
    content.write(parts.pending)


@define
class _Parts:
    """What has been read of a multipart form."""

    allowed: Sequence[str]
    max_bytes: int = 0
    file: str = "file"
    fields: dict[str, str] = field(factory=dict)
    filename: str | None = None
    files: int = 0
    pending: bytearray = field(factory=bytearray)
    """Bytes of the file that are not yet written anywhere."""
    _name: str = ""
    _size: int = 0
    _text: bytearray = field(factory=bytearray)

    def take(self, event: MultipartSegment | bytes | bytearray | None) -> None:
        """A part's head, some of its body, or its end (None)."""
        if isinstance(event, MultipartSegment):
            self._begin(event)
        elif self._name == self.file:
            self._take_file(event or b"")
        else:
            self._take_text(event)

    def _begin(self, segment: MultipartSegment) -> None:
        self._name = segment.name
        self._text.clear()
        if self._name not in self.allowed:
            raise unknown_field(self._name, self.allowed)
        if self._name == self.file:
            self.files += 1
            self.filename = segment.filename or None
        elif self._name in self.fields:
            raise _repeated(self._name)

    def _take_file(self, data: bytes | bytearray) -> None:
        self._size += len(data)
        if self._size > self.max_bytes:
            raise _too_large(self.max_bytes)
        self.pending += data

    def _take_text(self, data: bytes | bytearray | None) -> None:
        self._text += data or b""
        if len(self._text) > MAX_FIELD_BYTES:
            raise refused(self._name)
        if not data:
            try:
                self.fields[self._name] = self._text.decode("utf-8")
            except UnicodeDecodeError:
                raise refused(self._name) from None


def _urlencoded(body: bytearray) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in parse_qsl(body.decode("latin-1"), keep_blank_values=True):
        if name in fields:
            raise _repeated(name)
        fields[name] = value
    return fields


def _boundary(request: AnyRequest) -> str:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get("boundary")
    if kind != MULTIPART or not boundary or not boundary.isascii():
        raise InvalidRequest("request", f"The body must be {MULTIPART} with a boundary.")
    return str(boundary)


@contextmanager
def _our_errors() -> Iterator[None]:
    """Turn what goes wrong while a form is read into our words; other errors pass."""
    try:
        yield
    except MultipartError as error:
        raise InvalidRequest("request", f"The body is not well-formed {MULTIPART}.") from error
    except OSError as error:
        raise StoreUnavailable("The server's disk cannot take the upload.") from error


def _repeated(name: str) -> InvalidRequest:
    return InvalidRequest(name, f"{name} is given more than once.")


def _too_large(max_bytes: int) -> FileTooLarge:
    return FileTooLarge(f"The upload is too large; at most {max_bytes} bytes are allowed.")
