"""Uploading a photo and enhancing it, and enhancing it again: at once, later, or dry."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, cast

from litestar import Response, Router, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter

from pixellab.domain.requests import Task
from pixellab.domain.use_cases import Outcome, WouldAsk, owned_key
from pixellab.domain.use_cases.uploading.fingerprint import MAX_IDEMPOTENCY_KEY
from pixellab.entrypoints.answers import AcceptedAnswer, DryRunAnswer, UploadAnswer
from pixellab.entrypoints.api.docs.operations import EnhanceOperation, UploadOperation
from pixellab.entrypoints.api.http.error_answers import documented
from pixellab.entrypoints.api.http.prefer import PREFER_ABOUT, RESPOND_ASYNC, prefers_async
from pixellab.entrypoints.api.http.request_bodies import read_fields
from pixellab.entrypoints.api.http.request_models import ENHANCE
from pixellab.entrypoints.api.routes.images_v1 import IMAGE, PREFIX, ImageId
from pixellab.entrypoints.api.routes.received_uploads import received
from pixellab.entrypoints.api.services import (
    AnyRequest,
    Services,
    payer_of,
    services,
)
from pixellab.entrypoints.ids import stored_form

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
Prefer = Annotated[str | None, HeaderParameter(name="Prefer", description=PREFER_ABOUT)]


@post(
    "/enhance/upload",
    operation_class=UploadOperation,
    operation_id="upload",
    summary="Upload a photo and enhance it",
    responses={200: REPLAYED, 202: ACCEPTED, **documented(408, 409, 413, 415, 422, 502, 504)},
)
async def upload(
    request: AnyRequest,
    idempotency_key: Annotated[
        str | None,
        HeaderParameter(
            name="Idempotency-Key",
            min_length=1,
            max_length=MAX_IDEMPOTENCY_KEY,
            description="The same key with the same content gives the first answer again. Each API "
            "key has keys of its own.",
        ),
    ] = None,
    prefer: Prefer = None,
) -> Response[UploadAnswer]:
    api = services(request)
    key = idempotency_key and owned_key(idempotency_key, payer_of(request))
    with api.following(key) as track:
        track.reach("receiving")
        wanted, dry_run = await received(request, idempotency_key)
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
        if outcome.replayed and not isinstance(answer, AcceptedAnswer):
            track.replayed(outcome.image.id, outcome.enhancement.sequence)
    return uploaded(outcome, answer)


def uploaded(outcome: Outcome, answer: UploadAnswer | AcceptedAnswer) -> Response[Any]:
    """The answer to an upload: done, done before, or to be done later."""
    location = f"{PREFIX}/images/{outcome.image.id}"
    if isinstance(answer, AcceptedAnswer):
        return _accepted(answer, location)
    return Response(
        answer,
        status_code=200 if outcome.replayed else 201,
        headers={"Location": location},
    )


@post(
    IMAGE + "/enhance",
    operation_class=EnhanceOperation,
    operation_id="enhanceAgain",
    summary="Enhance a stored original again",
    description="No earlier result is overwritten.",
    responses={200: REHEARSED, 202: ACCEPTED, **documented(404, 408, 409, 413, 422, 502, 504)},
)
async def enhance_again(
    request: AnyRequest, image_id: ImageId, prefer: Prefer = None
) -> Response[UploadAnswer]:
    api = services(request)
    known, payer = stored_form(image_id), payer_of(request)
    fields = await api.filled_in(await read_fields(ENHANCE, request, api.pace))
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


enhancing = Router(PREFIX, route_handlers=[upload, enhance_again], tags=["images"])
