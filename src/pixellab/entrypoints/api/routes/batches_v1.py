"""Batches: taken in, looked at, cancelled, tried again, and their results as a table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import Annotated, BinaryIO, cast

from attrs import evolve, frozen
from litestar import Response, Router, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, PathParameter, QueryParameter
from litestar.response import Stream
from multipart import parse_options_header  # type: ignore[import-untyped]

from pixellab.domain.batches import SHOWN_STATES, ItemState
from pixellab.domain.errors import InvalidRequest
from pixellab.domain.ports import MAX_LIMIT
from pixellab.domain.requests import BatchRequest
from pixellab.domain.use_cases.uploading.fingerprint import MAX_IDEMPOTENCY_KEY
from pixellab.entrypoints.answers import (
    BatchAnswer,
    BatchItemListAnswer,
    BatchListAnswer,
    BatchRetryAnswer,
    read_cursor,
    read_number,
    results_csv,
)
from pixellab.entrypoints.api.docs.operations import BatchOperation
from pixellab.entrypoints.api.http.allowed_methods import allow
from pixellab.entrypoints.api.http.error_answers import documented
from pixellab.entrypoints.api.http.request_bodies import (
    JSON,
    MULTIPART,
    read_fields,
    read_form,
)
from pixellab.entrypoints.api.http.request_models import (
    BATCH,
    MAX_CURSOR,
    BatchModel,
    from_form,
    refused,
)
from pixellab.entrypoints.api.pool import Pool
from pixellab.entrypoints.api.routes.images_v1 import PREFIX
from pixellab.entrypoints.api.services import AnyRequest, client_of, payer_of, services
from pixellab.entrypoints.ids import batch_id as stored_id
from pixellab.entrypoints.new_batches import Photos, accept, new_batch

BATCH_PATH = "/batches/{batch_id:str}"
MAX_MANIFEST_BYTES = 100_000_000
MAX_JSON_BYTES = 1_000_000
STATES = [*map(str, SHOWN_STATES)]

BatchId = Annotated[str, PathParameter(description="The id that the batch's answer gave.")]
Limit = Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT)]
Cursor = Annotated[
    str | None,
    QueryParameter(
        max_length=MAX_CURSOR,
        description="next_cursor of the answer before; costs the same at any depth.",
    ),
]
REPLAYED = ResponseSpec(
    data_container=BatchAnswer,
    description="The batch as it is now: the Idempotency-Key was seen before with this content.",
    generate_examples=False,
)
TABLE = ResponseSpec(
    data_container=str,
    media_type="text/csv",
    description="A line for each line of the batch.",
    generate_examples=False,
)


@frozen
class _Received:
    """A batch as it came."""

    asked: BatchRequest
    photos: Photos
    manifest: BinaryIO

    def close(self) -> None:
        self.manifest.close()


@post(
    "/batches",
    operation_class=BatchOperation,
    operation_id="addBatch",
    summary="Enhance many photos, named by a manifest or a prefix",
    description="All lines are on record before the answer, and are then done in turns with other "
    "batches. A line that is wrong has failed, with its sentence; the others go on.",
    status_code=202,
    responses={200: REPLAYED, **documented(408, 409, 413)},
)
async def add_batch(
    request: AnyRequest,
    idempotency_key: Annotated[
        str | None,
        HeaderParameter(
            name="Idempotency-Key",
            min_length=1,
            max_length=MAX_IDEMPOTENCY_KEY,
            description="The same key with the same content gives the same batch again.",
        ),
    ] = None,
) -> Response[BatchAnswer]:
    api = services(request)
    received = await _received(request)
    payer, asked = payer_of(request), received.asked

    def work() -> tuple[BatchAnswer, bool]:
        wanted = evolve(new_batch(asked), payer=payer, idempotency_key=idempotency_key)
        keys = api.lab.settings.source_prefix
        accepted = accept(api.lab, wanted, received.photos, keys=keys)
        progress = api.lab.batches.progress(accepted.batch.id)
        return BatchAnswer.of(progress), accepted.replayed

    answer, replayed = await api.accepting_batches.run(work, finally_=received.close)
    location = f"{PREFIX}/batches/{answer.batch_id}"
    return Response(answer, status_code=200 if replayed else 202, headers={"Location": location})


async def _received(request: AnyRequest) -> _Received:
    api = services(request)
    media_type, _ = parse_options_header(request.headers.get("content-type", ""))
    if media_type == MULTIPART:
        async with api.slots.receiving(client_of(request)):
            form = await read_form(
                BATCH,
                "manifest",
                request,
                max_bytes=MAX_MANIFEST_BYTES,
                pace=api.pace,
                disk=api.stores,
            )
        try:
            if "items" in form.fields:
                raise refused("items")
            fields = await api.filled_in(from_form(BATCH, form.fields))
            return _of(fields, form.content, form.files > 0)
        except BaseException:
            form.content.close()
            raise
    if media_type == JSON:
        fields = await api.filled_in(await read_fields(BATCH, request, api.pace, MAX_JSON_BYTES))
        return _of(fields, cast("BinaryIO", SpooledTemporaryFile()), False)
    raise InvalidRequest("request", f"The body must be {MULTIPART} or {JSON}.")


def _of(fields: BatchModel, manifest: BinaryIO, came: bool) -> _Received:
    asked = fields.request()
    photos = Photos(manifest=manifest if came else None, items=fields.items, prefix=asked.prefix)
    return _Received(asked, photos, manifest)


@get(
    "/batches",
    operation_id="listBatches",
    summary="List batches, newest first",
    responses=documented(),
)
async def list_batches(
    request: AnyRequest, limit: Limit = 50, cursor: Cursor = None
) -> BatchListAnswer:
    api = services(request)
    after = None if cursor is None else read_cursor(cursor)
    page = await api.stores.run(partial(api.lab.batches.page, limit, after))
    return BatchListAnswer.of(page, limit)


@get(
    BATCH_PATH,
    operation_id="getBatch",
    summary="Show how far a batch has come",
    responses=documented(404),
)
async def get_batch(request: AnyRequest, batch_id: BatchId) -> BatchAnswer:
    api = services(request)
    known = stored_id(batch_id)
    return BatchAnswer.of(await api.stores.run(partial(api.lab.batches.progress, known)))


@get(
    BATCH_PATH + "/items",
    operation_id="listBatchItems",
    summary="List the lines of a batch, by number",
    responses=documented(404),
)
async def list_items(
    request: AnyRequest,
    batch_id: BatchId,
    limit: Limit = 50,
    only: Annotated[
        str | None,
        # Checked by hand: the framework would name a wrong one by the handler's own name.
        QueryParameter(
            name="state", schema_extra={"enum": STATES}, description="Only lines in it."
        ),
    ] = None,
    cursor: Cursor = None,
) -> BatchItemListAnswer:
    api = services(request)
    known, after = stored_id(batch_id), read_number(cursor)
    if only not in (None, *STATES):
        raise refused("state")
    state = None if only is None else ItemState(only)
    find = partial(api.lab.batches.items, known, state=state, after=after, limit=limit)
    return BatchItemListAnswer.of(known, await api.stores.run(find), limit)


@post(
    BATCH_PATH + "/cancel",
    operation_id="cancelBatch",
    summary="Begin no other line of a batch",
    description="What is at work is finished. A batch that has ended stays as it is.",
    status_code=200,
    responses=documented(404, 409),
)
async def cancel_batch(request: AnyRequest, batch_id: BatchId) -> BatchAnswer:
    api = services(request)
    cancel = partial(api.lab.batches.cancel, stored_id(batch_id))
    return BatchAnswer.of(await api.accepting_batches.run(cancel))


@post(
    BATCH_PATH + "/retry",
    operation_id="retryBatch",
    summary="Do the lines that failed again",
    description="Lines that were wrong in the manifest stay as they are.",
    status_code=200,
    responses=documented(404),
)
async def retry_batch(request: AnyRequest, batch_id: BatchId) -> BatchRetryAnswer:
    api = services(request)
    retry = partial(api.lab.batches.retry, stored_id(batch_id))
    progress, retried = await api.accepting_batches.run(retry)
    return BatchRetryAnswer(**dict(BatchAnswer.of(progress)), retried=retried)


@get(
    BATCH_PATH + "/results.csv",
    operation_id="getBatchResults",
    summary="All lines of a batch and what became of them, as CSV",
    media_type="text/csv",
    responses={200: TABLE, **documented(404)},
)
async def get_results(request: AnyRequest, batch_id: BatchId) -> Stream:
    api = services(request)
    known = stored_id(batch_id)
    pieces = results_csv(await api.stores.run(partial(api.lab.batches.all_results, known)))
    headers = {"Content-Disposition": f'attachment; filename="{known}.csv"'}
    return Stream(
        _pieces(pieces, api.stores), headers=headers, media_type="text/csv; charset=utf-8"
    )


async def _pieces(pieces: Iterator[str], pool: Pool) -> AsyncIterator[str]:
    while (piece := await pool.run(partial(next, pieces, None))) is not None:
        yield piece


batches = Router(
    PREFIX,
    route_handlers=[
        allow("/batches", "GET", "POST"),
        add_batch,
        list_batches,
        get_batch,
        list_items,
        cancel_batch,
        retry_batch,
        get_results,
    ],
    tags=["batches"],
)
