"""How far uploads and enhancements have come: as JSON, or as server-sent events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Annotated

from litestar import Response, Router, get
from litestar.params import QueryParameter
from litestar.response import ServerSentEvent
from litestar.response.sse import ServerSentEventMessage

from pixellab.domain.errors import PixelLabError
from pixellab.domain.use_cases import owned_key
from pixellab.domain.use_cases.uploading.fingerprint import MAX_IDEMPOTENCY_KEY
from pixellab.entrypoints.answers import ProgressAnswer
from pixellab.entrypoints.api.docs.operations import EVENT_STREAM, ProgressOperation
from pixellab.entrypoints.api.http.error_answers import documented
from pixellab.entrypoints.api.http.request_bodies import JSON
from pixellab.entrypoints.api.routes.images_v1 import IMAGE, PREFIX, ImageId
from pixellab.entrypoints.api.services import AnyRequest, Services, payer_of, services
from pixellab.entrypoints.ids import stored_form

LOOK_SECONDS = 0.25
"""How often a stream looks at work of this process."""
LOOK_AT_RECORD_SECONDS = 2.0
"""How often it looks at the record, which costs the database a query."""
STREAM_SECONDS = 25.0
"""After which a stream ends, so that a server that is to stop need not wait for it for long."""
STREAMED = (
    f"With Accept: {EVENT_STREAM} it is told as server-sent events called progress, each with this "
    "answer as its data, whenever it has changed. The stream ends with the work, or after "
    f"{STREAM_SECONDS:g} seconds; then ask again."
)

Look = Callable[[], Awaitable[ProgressAnswer]]


@get(
    IMAGE + "/progress",
    operation_class=ProgressOperation,
    operation_id="getProgress",
    summary="How far the latest enhancement of an image has come",
    description=STREAMED,
    responses=documented(404),
)
async def get_progress(request: AnyRequest, image_id: ImageId) -> Response[ProgressAnswer]:
    api, known = services(request), stored_form(image_id)
    return await _answer(request, partial(_of_image, api, known))


@get(
    "/enhance/upload/progress",
    operation_class=ProgressOperation,
    operation_id="getUploadProgress",
    summary="How far an upload has come, before its answer is there",
    description="The upload is named by the Idempotency-Key that it was sent with, a random UUID "
    f"at best. Until it has begun to arrive the answer is 404. {STREAMED}",
    responses=documented(404),
)
async def get_upload_progress(
    request: AnyRequest,
    idempotency_key: Annotated[
        str,
        QueryParameter(
            min_length=1,
            max_length=MAX_IDEMPOTENCY_KEY,
            description="The key that the upload was sent with.",
        ),
    ],
) -> Response[ProgressAnswer]:
    key = owned_key(idempotency_key, payer_of(request))
    return await _answer(request, partial(_of_upload, services(request), key))


async def _of_image(api: Services, image_id: str) -> ProgressAnswer:
    if answer := api.board.of_image(image_id):
        return answer
    return ProgressAnswer.of_record(*await api.stores.run(partial(api.lab.get_progress, image_id)))


async def _of_upload(api: Services, key: str) -> ProgressAnswer:
    if answer := api.board.of_key(key):
        return answer
    find = partial(api.lab.get_progress.of_upload, key)
    return ProgressAnswer.of_record(*await api.stores.run(find))


async def _answer(request: AnyRequest, look: Look) -> Response[ProgressAnswer]:
    """One answer, or a stream of them, as the request accepts."""
    first = await look()
    if request.accept.best_match([JSON, EVENT_STREAM]) != EVENT_STREAM:
        return Response(first)
    return ServerSentEvent(_events(services(request).stream(), first, look))  # type: ignore[return-value]


async def _events(
    open_stream: AbstractAsyncContextManager[None], answer: ProgressAnswer, look: Look
) -> AsyncIterator[ServerSentEventMessage]:
    async with open_stream:
        ends = time.monotonic() + STREAM_SECONDS
        yield _event(answer)
        while not answer.is_over and time.monotonic() < ends:
            await asyncio.sleep(LOOK_SECONDS if answer.steps else LOOK_AT_RECORD_SECONDS)
            before = answer
            try:
                answer = await look()
            except PixelLabError:
                return  # The image is gone, or the database is; who asks again is told.
            if answer != before:
                yield _event(answer)


def _event(answer: ProgressAnswer) -> ServerSentEventMessage:
    return ServerSentEventMessage(event="progress", data=answer.model_dump_json())


progress = Router(PREFIX, route_handlers=[get_progress, get_upload_progress], tags=["images"])
