"""What this installation can do."""

from __future__ import annotations

from functools import partial

from litestar import get

from pixellab.entrypoints.answers import CapabilitiesAnswer
from pixellab.entrypoints.api.http.error_answers import documented
from pixellab.entrypoints.api.services import AnyRequest, services


@get(
    "/api/v1/capabilities",
    operation_id="getCapabilities",
    summary="Show modes, backends, marketplaces, formats and limits",
    tags=["images"],
    responses=documented(),
)
async def capabilities(request: AnyRequest) -> CapabilitiesAnswer:
    api = services(request)
    lab = api.lab
    find = partial(CapabilitiesAnswer.of, lab.enhancers, lab.settings.max_upload_mb)
    return await api.stores.run(find)
