"""Uploading, listing, enhancing again, deleting."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, cast

from litestar import Response, Router, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, HeaderParameter, PathParameter, QueryParameter

from pixellab.domain.images import Status
from pixellab.domain.ports import MAX_LIMIT, MAX_OFFSET, MAX_SEARCH
from pixellab.domain.request_fields import NAME_OF_A_BACKEND_OR_PROFILE
from pixellab.domain.requests import Mode, Task
from pixellab.domain.use_cases import Upload, WouldAsk
from pixellab.entrypoints.answers import (
    AcceptedAnswer,
    DryRunAnswer,
    EnhancementAnswer,
    HistoryAnswer,
    ImageAnswer,
    ImageListAnswer,
    UploadAnswer,
)
from pixellab.entrypoints.api.docs.operations import EnhanceOperation, UploadOperation
from pixellab.entrypoints.api.http.allowed_methods import allow
from pixellab.entrypoints.api.http.error_answers import documented
from pixellab.entrypoints.api.http.prefer import PREFER_ABOUT, RESPOND_ASYNC, prefers_async
from pixellab.entrypoints.api.http.request_bodies import read_fields, read_upload
from pixellab.entrypoints.api.http.request_models import (
    ENHANCE,
    MAX_CURSOR,
    MAX_KEY,
    UPLOAD,
    from_form,
)
from pixellab.entrypoints.api.services import AnyRequest, Services, payer_of, services
from pixellab.entrypoints.ids import stored_form
from pixellab.entrypoints.image_queries import MOMENT, image_query

PREFIX = "/api/v1"
IMAGE = "/images/{image_id:str}"

REPLAYED = ResponseSpec(
    data_container=cast("type[Any]", UploadAnswer | DryRunAnswer),
    description="The first answer again: the Idempotency-Key was seen before with this content. "
    "Or, with dry_run, what would be sent where, and what it would cost.",
    generate_examples=False,
)
ACCEPTED = ResponseSpec(
    data_container=AcceptedAnswer,
    description=f"With Prefer: {RESPOND_ASYNC}: the photo and its record are kept, and the "
    "enhancement is done later; Location tells how it went.",
    generate_examples=False,
)
REHEARSED = ResponseSpec(
    data_container=DryRunAnswer,
    description="With dry_run: what would be sent where, and what it would cost.",
    generate_examples=False,
)

PREFERRED = {"Preference-Applied": RESPOND_ASYNC}
A_MOMENT = {"pattern": MOMENT}
"""For the description alone: the framework would name a wrong one by the handler's own name."""
Prefer = Annotated[str | None, HeaderParameter(name="Prefer", description=PREFER_ABOUT)]
ImageId = Annotated[str, PathParameter(description="The id that the upload's answer gave.")]


@post(
    "/enhance/upload",
    operation_class=UploadOperation,
    operation_id="upload",
    summary="Upload a photo and enhance it",
    responses={200: REPLAYED, 202: ACCEPTED, **documented(409, 413, 415, 422, 502, 504)},
)
async def upload(
    request: AnyRequest,
    idempotency_key: Annotated[
        str | None,
        HeaderParameter(
            name="Idempotency-Key",
            min_length=1,
            max_length=MAX_KEY,
            description="The same key with the same content gives the first answer again.",
        ),
    ] = None,
    prefer: Prefer = None,
) -> Response[UploadAnswer]:
    api = services(request)
    with api.following(idempotency_key) as track:
        track.reach("receiving")
        wanted, dry_run = await _received(request, idempotency_key)
        if dry_run:
            track.fail("It was a dry run: nothing is uploaded.")
            rehearse = partial(
                api.lab.dry_run, wanted.content, wanted.task, wanted.backend, wanted.payer
            )
            name = wanted.filename or "image"
            return await _rehearsed(api, name, wanted.task, rehearse, wanted.content.close)
        track.reach("waiting")
        observer = api.observer(new_image=True, track=track)
        later = prefers_async(prefer)
        close = wanted.content.close
        if later:
            use_case = partial(api.lab.upload_later, wanted, observer)
            outcome, answer = await api.accepting(use_case, close)
        else:
            use_case = partial(api.lab.upload_and_enhance, wanted, observer)
            outcome, answer = await api.working(wanted.task, wanted.backend, use_case, close)
        if outcome.replayed:
            track.replayed(outcome.image.id, outcome.enhancement.sequence)
    location = f"{PREFIX}/images/{outcome.image.id}"
    if isinstance(answer, AcceptedAnswer):
        return _accepted(answer, location)
    return Response(
        answer,
        status_code=200 if outcome.replayed else 201,
        headers={"Location": location} | (PREFERRED if later else {}),
    )


async def _received(request: AnyRequest, idempotency_key: str | None) -> tuple[Upload, bool]:
    """The upload once it has arrived, which the caller closes, and whether it is a dry run."""
    api = services(request)
    async with api.receiving():
        form = await read_upload(
            request,
            max_bytes=api.lab.settings.max_bytes,
            timeout=api.lab.settings.request_timeout,
            disk=api.stores,
        )
        try:
            fields = from_form(UPLOAD, form.fields)
            asked = fields.request()
            upload = Upload(
                content=form.content,
                filename=form.filename,
                task=asked.task,
                backend=asked.backend,
                sku_id=asked.sku_id,
                idempotency_key=idempotency_key,
                payer=payer_of(request),
            )
        except BaseException:
            form.content.close()
            raise
        return upload, fields.dry_run


@get(
    "/images",
    operation_id="listImages",
    summary="List images, newest first",
    description="Filters may be combined at will; each page costs the same, however rare they are.",
    responses=documented(),
)
async def list_images(
    request: AnyRequest,
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT)] = 50,
    offset: Annotated[
        int, QueryParameter(ge=0, le=MAX_OFFSET, description="Not together with cursor.")
    ] = 0,
    status: FromQuery[Status | None] = None,
    mode: FromQuery[Mode | None] = None,
    backend: Annotated[
        str | None,
        QueryParameter(
            pattern=NAME_OF_A_BACKEND_OR_PROFILE, description="Who enhanced it, in any letter case."
        ),
    ] = None,
    since: Annotated[
        str | None,
        QueryParameter(
            name="from",
            schema_extra=A_MOMENT,
            description="Uploaded then or later: a date, which begins at midnight in UTC, or a "
            "moment of RFC 3339.",
        ),
    ] = None,
    before: Annotated[
        str | None,
        QueryParameter(name="to", schema_extra=A_MOMENT, description="Uploaded earlier than that."),
    ] = None,
    q: Annotated[
        str | None,
        QueryParameter(
            min_length=1,
            max_length=MAX_SEARCH,
            description="Words, each of which begins a word of the file name or of the sku_id, in "
            "any letter case; words are runs of letters and digits. 'mug blu' finds blue_mug.jpg.",
        ),
    ] = None,
    cursor: Annotated[
        str | None,
        QueryParameter(
            max_length=MAX_CURSOR,
            description="next_cursor of the answer before; costs the same at any depth.",
        ),
    ] = None,
) -> ImageListAnswer:
    api = services(request)
    query = image_query(
        limit=limit,
        offset=offset,
        cursor=cursor,
        status=status,
        mode=mode,
        backend=backend,
        since=since,
        before=before,
        search=q,
    )
    page = await api.stores.run(partial(api.lab.list_images, query))
    return ImageListAnswer.of(page, query)


@get(
    IMAGE,
    operation_id="getImage",
    summary="Show one image",
    responses=documented(404),
)
async def get_image(request: AnyRequest, image_id: ImageId) -> ImageAnswer:
    api = services(request)
    found = await api.stores.run(partial(api.lab.get_image, stored_form(image_id)))
    return ImageAnswer.of(found)


@delete(
    IMAGE,
    operation_id="deleteImage",
    summary="Delete an image, its enhancements and its objects",
    responses=documented(404, 409),
)
async def delete_image(request: AnyRequest, image_id: ImageId) -> None:
    api = services(request)
    await api.stores.run(partial(api.lab.delete_image, stored_form(image_id)))


@get(
    IMAGE + "/enhancement-history",
    operation_id="getEnhancementHistory",
    summary="Show all enhancements of an image, first one first",
    responses=documented(404),
)
async def get_history(request: AnyRequest, image_id: ImageId) -> HistoryAnswer:
    api = services(request)
    found = await api.stores.run(partial(api.lab.get_history, stored_form(image_id)))
    return HistoryAnswer.of(*found)


@get(
    IMAGE + "/enhancements/{number:int}",
    operation_id="getEnhancement",
    summary="Show one enhancement of an image",
    responses=documented(404),
)
async def get_enhancement(
    request: AnyRequest,
    image_id: ImageId,
    number: Annotated[int, PathParameter(description="1 for the first, enhancement_sequence.")],
) -> EnhancementAnswer:
    api = services(request)
    find = partial(api.lab.get_enhancement, stored_form(image_id), number)
    return EnhancementAnswer.of(await api.stores.run(find))


@post(
    IMAGE + "/enhance",
    operation_class=EnhanceOperation,
    operation_id="enhanceAgain",
    summary="Enhance a stored original again",
    description="No earlier result is overwritten.",
    responses={200: REHEARSED, 202: ACCEPTED, **documented(404, 409, 413, 422, 502, 504)},
)
async def enhance_again(
    request: AnyRequest, image_id: ImageId, prefer: Prefer = None
) -> Response[UploadAnswer]:
    api = services(request)
    known, payer = stored_form(image_id), payer_of(request)
    fields = await read_fields(ENHANCE, request)
    asked = fields.request()
    if fields.dry_run:
        image = await api.stores.run(partial(api.lab.repository.get, known))
        rehearse = partial(api.lab.dry_run.again, image, asked.task, asked.backend, payer)
        return await _rehearsed(api, image.filename, asked.task, rehearse)
    with api.following() as track:
        observer = api.observer(new_image=False, track=track)
        if prefers_async(prefer):
            use_case = partial(
                api.lab.enhance_later, known, asked.task, asked.backend, observer, payer
            )
            outcome, waiting = await api.accepting(use_case)
            number = outcome.enhancement.sequence
            return _accepted(waiting, f"{PREFIX}/images/{known}/enhancements/{number}")
        _, answer = await api.working(
            asked.task,
            asked.backend,
            partial(api.lab.enhance_again, known, asked.task, asked.backend, observer, payer),
        )
    return Response(
        answer,
        status_code=201,
        headers={"Location": f"{PREFIX}/images/{known}/enhancement-history"},
    )


def _accepted(answer: Any, location: str) -> Response[Any]:
    return Response(answer, status_code=202, headers={"Location": location, **PREFERRED})


async def _rehearsed(
    api: Services,
    filename: str,
    task: Task,
    rehearse: Callable[[], tuple[WouldAsk, ...]],
    close: Callable[[], object] = lambda: None,
) -> Response[Any]:
    return Response(await api.rehearsing(filename, task, rehearse, close), status_code=200)


images = Router(
    PREFIX,
    route_handlers=[
        upload,
        list_images,
        allow(IMAGE, "GET", "DELETE"),
        get_image,
        delete_image,
        get_history,
        get_enhancement,
        enhance_again,
    ],
    tags=["images"],
)
