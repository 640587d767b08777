"""Uploads that clients hand to the object store by themselves."""

from __future__ import annotations

import io
from functools import partial
from typing import Annotated

from litestar import Response, Router, post
from litestar.params import PathParameter

from pixellab.domain.use_cases import Upload
from pixellab.entrypoints.answers import InvitedUploadAnswer, UploadAnswer
from pixellab.entrypoints.api.docs.operations import CompleteOperation
from pixellab.entrypoints.api.http.error_answers import documented
from pixellab.entrypoints.api.http.prefer import prefers_async
from pixellab.entrypoints.api.http.request_bodies import read_fields
from pixellab.entrypoints.api.http.request_models import COMPLETE
from pixellab.entrypoints.api.routes.enhancing_v1 import ACCEPTED, REPLAYED, Prefer, uploaded
from pixellab.entrypoints.api.routes.images_v1 import PREFIX
from pixellab.entrypoints.api.services import AnyRequest, payer_of, services


@post(
    "/uploads",
    operation_id="inviteUpload",
    summary="Ask where to send a photo straight to the object store",
    description="Only where the store is S3. The answer's form takes one file, for 15 minutes.",
    responses=documented(409),
)
async def invite(request: AnyRequest) -> InvitedUploadAnswer:
    api = services(request)
    invite_upload = api.lab.invite_upload
    upload, invitation = await api.stores.run(partial(invite_upload, payer_of(request)))
    return InvitedUploadAnswer.of(upload, invitation, invite_upload)


@post(
    "/uploads/{upload_id:str}/complete",
    operation_class=CompleteOperation,
    operation_id="completeUpload",
    summary="Take in and enhance a photo that was sent to the object store",
    description="Repeated, it gives the first answer again.",
    responses={
        200: REPLAYED,
        202: ACCEPTED,
        **documented(404, 408, 409, 413, 415, 422, 502, 504),
    },
)
async def complete(
    request: AnyRequest,
    upload_id: Annotated[str, PathParameter(description="The id that the invitation gave.")],
    prefer: Prefer = None,
) -> Response[UploadAnswer]:
    api = services(request)
    fields = await api.filled_in(await read_fields(COMPLETE, request, api.pace))
    asked = fields.request()
    wanted = Upload(
        content=io.BytesIO(),
        filename=asked.filename,
        task=asked.task,
        backend=asked.backend,
        sku_id=asked.sku_id,
        payer=payer_of(request),
        webhook_url=asked.webhook_url,
    )
    with api.following() as track:
        observer = api.observer(new_image=True, track=track)
        lab = api.lab
        if prefers_async(prefer):
            later = partial(lab.complete_upload_later, upload_id, wanted, observer)
            return uploaded(*await api.accepting(later))
        take_in = partial(lab.complete_upload, upload_id, wanted, observer)
        return uploaded(*await api.working(wanted.task, wanted.backend, take_in))


direct_uploads = Router(PREFIX, route_handlers=[invite, complete], tags=["images"])
