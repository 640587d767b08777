"""Listing images; showing and deleting one, and what may be done with its results."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from litestar import Router, delete, get, post
from litestar.params import FromQuery, PathParameter, QueryParameter

from pixellab.domain.images import Status
from pixellab.domain.ports import MAX_LIMIT, MAX_OFFSET, MAX_SEARCH
from pixellab.domain.request_fields import NAME_OF_A_BACKEND_OR_PROFILE
from pixellab.domain.requests import Mode
from pixellab.entrypoints.answers import (
    EnhancementAnswer,
    HistoryAnswer,
    ImageAnswer,
    ImageListAnswer,
    ReplayAnswer,
)
from pixellab.entrypoints.api.http.allowed_methods import allow
from pixellab.entrypoints.api.http.error_answers import documented
from pixellab.entrypoints.api.http.request_models import (
    MAX_CURSOR,
)
from pixellab.entrypoints.api.services import (
    AnyRequest,
    services,
)
from pixellab.entrypoints.ids import stored_form
from pixellab.entrypoints.image_queries import MOMENT, image_query

PREFIX = "/api/v1"
IMAGE = "/images/{image_id:str}"

A_MOMENT = {"pattern": MOMENT}
"""For the description alone: the framework would name a wrong one by the handler's own name."""
ImageId = Annotated[str, PathParameter(description="The id that the upload's answer gave.")]
Number = Annotated[int, PathParameter(description="1 for the first, enhancement_sequence.")]


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
    number: Number,
) -> EnhancementAnswer:
    api = services(request)
    find = partial(api.lab.get_enhancement, stored_form(image_id), number)
    return EnhancementAnswer.of(await api.stores.run(find))


@post(
    IMAGE + "/enhancements/{number:int}/replay",
    operation_id="replayEnhancement",
    summary="Make a result again, and say whether it is the same",
    description="From the original and the recorded request; nothing that is kept changes.",
    status_code=200,
    responses=documented(404, 409, 422, 502, 504),
)
async def replay(request: AnyRequest, image_id: ImageId, number: Number) -> ReplayAnswer:
    api = services(request)
    make_again = partial(api.lab.replay, stored_form(image_id), number)
    remade = await api.work.run(make_again, timeout=api.lab.settings.request_timeout)
    return ReplayAnswer.of(remade)


@post(
    IMAGE + "/enhancements/{number:int}/revert",
    operation_id="revertToEnhancement",
    summary="Make an earlier result the current one",
    description="The result of an enhancement with a higher number takes its place again once it "
    "is done.",
    status_code=200,
    responses=documented(404, 409),
)
async def revert(request: AnyRequest, image_id: ImageId, number: Number) -> ImageAnswer:
    api = services(request)
    reverted = partial(api.lab.revert, stored_form(image_id), number)
    return ImageAnswer.of(await api.stores.run(reverted))


images = Router(
    PREFIX,
    route_handlers=[
        list_images,
        allow(IMAGE, "GET", "DELETE"),
        get_image,
        delete_image,
        get_history,
        get_enhancement,
        replay,
        revert,
    ],
    tags=["images"],
)
