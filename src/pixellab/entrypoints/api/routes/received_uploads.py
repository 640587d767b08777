"""An upload as it arrives: a form with a file, or the address of one."""

from __future__ import annotations

from typing import Any, BinaryIO

from attrs import field, frozen

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.use_cases import Upload
from pixellab.entrypoints.api.http.request_bodies import carries_a_file, read_fields, read_upload
from pixellab.entrypoints.api.http.request_models import UPLOAD, UploadModel, from_form, refused
from pixellab.entrypoints.api.services import (
    AnyRequest,
    Services,
    client_of,
    payer_of,
    services,
)


@frozen(kw_only=True)
class _Photo:
    """Where the bytes are; whoever has it closes ``content``."""

    content: BinaryIO = field(repr=False)
    filename: str | None
    source: str | None = None


async def received(request: AnyRequest, idempotency_key: str | None) -> tuple[Upload, bool]:
    """The upload once it has arrived, which the caller closes, and whether it is a dry run."""
    api = services(request)
    async with api.slots.receiving(client_of(request)):
        if carries_a_file(request):
            photo, fields = await _sent(request, api)
        else:
            photo = None
            fields = await api.filled_in(await read_fields(UPLOAD, request, api.pace))
        if photo is None:
            photo = await _fetched(api, fields)
    try:
        return _upload(photo, fields, idempotency_key, payer_of(request)), fields.dry_run
    except BaseException:
        photo.content.close()
        raise


async def _sent(request: AnyRequest, api: Services) -> tuple[_Photo | None, UploadModel]:
    form = await read_upload(
        request, max_bytes=api.lab.settings.max_bytes, pace=api.pace, disk=api.stores
    )
    try:
        fields = await api.filled_in(from_form(UPLOAD, form.fields))
        if form.files and fields.image_url is not None:
            raise InvalidRequest("image_url", "image_url must be left out where a file is sent.")
    except BaseException:
        form.content.close()
        raise
    if not form.files:
        form.content.close()
        return None, fields
    return _Photo(content=form.content, filename=form.filename), fields


async def _fetched(api: Services, fields: UploadModel) -> _Photo:
    if fields.image_url is None:
        raise refused("file")
    file = await api.fetching(fields.image_url)
    return _Photo(content=file.content, filename=file.name, source=file.source)


def _upload(photo: _Photo, fields: UploadModel, key: str | None, payer: Any) -> Upload:
    asked = fields.request()
    return Upload(
        content=photo.content,
        filename=photo.filename,
        task=asked.task,
        backend=asked.backend,
        sku_id=asked.sku_id,
        idempotency_key=key,
        payer=payer,
        source_url=photo.source,
        webhook_url=asked.webhook_url,
    )
