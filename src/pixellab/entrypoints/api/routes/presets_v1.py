"""Presets: the configuration's, and those that are stored by name."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from litestar import Response, Router, delete, get, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter

from pixellab.entrypoints.answers import PresetAnswer, PresetListAnswer
from pixellab.entrypoints.api.docs.operations import PresetOperation
from pixellab.entrypoints.api.http.allowed_methods import allow
from pixellab.entrypoints.api.http.error_answers import documented
from pixellab.entrypoints.api.http.request_bodies import read_fields
from pixellab.entrypoints.api.http.request_models import PRESET
from pixellab.entrypoints.api.routes.images_v1 import PREFIX
from pixellab.entrypoints.api.services import AnyRequest, services

PRESETS = "/presets"
ONE = f"{PRESETS}/{{name:str}}"
Name = Annotated[str, PathParameter(description="1 to 64 characters: a-z, 0-9, - and _.")]
CREATED = ResponseSpec(
    data_container=PresetAnswer, description="It is new.", generate_examples=False
)


@get(
    PRESETS,
    operation_id="listPresets",
    summary="All presets, by name",
    responses=documented(),
)
async def list_presets(request: AnyRequest) -> PresetListAnswer:
    api = services(request)
    return PresetListAnswer.of(await api.stores.run(api.lab.presets.all))


@get(ONE, operation_id="getPreset", summary="One preset", responses=documented(404))
async def get_preset(request: AnyRequest, name: Name) -> PresetAnswer:
    api = services(request)
    return PresetAnswer.of(await api.stores.run(partial(api.lab.presets.get, name)))


@put(
    ONE,
    operation_class=PresetOperation,
    operation_id="savePreset",
    summary="Store a preset, in place of one of the same name",
    description="Its fields are those of a request; requests that name it as preset are filled in.",
    responses={201: CREATED, **documented(408, 409, 413)},
)
async def save_preset(request: AnyRequest, name: Name) -> Response[PresetAnswer]:
    api = services(request)
    fields = await read_fields(PRESET, request, api.pace)
    given = fields.model_dump(include=fields.model_fields_set)
    preset, is_new = await api.stores.run(partial(api.lab.presets.save, name, given))
    return Response(PresetAnswer.of(preset), status_code=201 if is_new else 200)


@delete(
    ONE,
    operation_id="removePreset",
    summary="Remove a stored preset",
    description="What was enhanced with it stays as it is.",
    responses=documented(404, 409),
)
async def remove_preset(request: AnyRequest, name: Name) -> None:
    api = services(request)
    await api.stores.run(partial(api.lab.presets.remove, name))


presets = Router(
    PREFIX,
    route_handlers=[
        list_presets,
        allow(ONE, "GET", "PUT", "DELETE"),
        get_preset,
        save_preset,
        remove_preset,
    ],
    tags=["presets"],
)
