"""Reading forms from messages that no server of ours sends, but that ASGI allows."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Request

from pixellab.domain.errors import FileTooLarge, InvalidRequest, StoreUnavailable
from pixellab.entrypoints.api.http.arriving import Pace
from pixellab.entrypoints.api.http.request_bodies import SPOOL_BYTES, UploadForm, read_upload
from pixellab.entrypoints.api.pool import Pool
from tests.e2e.api.test_bad_input import multipart

PACE = Pace(seconds=60, least_rate=1, patience=60)


@pytest.fixture
def disk() -> Iterator[Pool]:
    pool = Pool("disk", threads=1, queue=1)
    yield pool
    pool.close()


def read(disk: Pool, *messages: dict[str, Any], max_bytes: int = 100) -> UploadForm:
    """The form that these messages make."""
    waiting = iter(messages)

    async def receive() -> Any:
        return next(waiting)

    scope: Any = {
        "type": "http",
        "method": "POST",
        "headers": [(b"content-type", b"multipart/form-data; boundary=b")],
    }
    request: Request[Any, Any, Any] = Request(scope, receive)
    return asyncio.run(read_upload(request, max_bytes=max_bytes, pace=PACE, disk=disk))


def message(**parts: Any) -> dict[str, Any]:
    return {"type": "http.request", **parts}


def test_messages_may_leave_out_a_body_and_whether_there_is_more(disk: Pool) -> None:
    form = read(disk, message(more_body=True), message(body=multipart(b"photo")))
    assert form.content is not None
    with form.content:
        assert (form.filename, form.content.read()) == ("a.jpg", b"photo")


def test_an_error_is_not_its_own_cause(disk: Pool) -> None:
    with pytest.raises(FileTooLarge) as too_large:
        read(disk, message(body=multipart(b"x" * 101)))
    assert too_large.value.__cause__ is None


def test_a_body_that_ends_too_early_says_so_and_keeps_its_cause(disk: Pool) -> None:
    with pytest.raises(InvalidRequest, match="not well-formed") as malformed:
        read(disk, message(body=multipart(b"photo")[:-8]))
    assert malformed.value.__cause__ is not malformed.value
    assert malformed.value.__cause__ is not None


def test_a_disk_that_is_full_when_the_last_bytes_are_written(disk: Pool) -> None:
    whole = multipart(b"x" * (SPOOL_BYTES + 2000))
    messages = message(body=whole[:-1500], more_body=True), message(body=whole[-1500:])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SPOOL_BYTES + 1000, hard))
    try:
        with pytest.raises(StoreUnavailable, match="cannot take the upload"):
            read(disk, *messages, max_bytes=2 * SPOOL_BYTES)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
