"""The bodies of requests in OpenAPI, which the handlers read by themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
)
from pydantic import BaseModel

from pixellab.adapters.imaging.formats import ACCEPTED
from pixellab.adapters.marketplaces.profiles import profile_names
from pixellab.domain.batches import MAX_LINES
from pixellab.domain.requests.modes import MAX_MODES, Mode
from pixellab.domain.use_cases.batches.manifest import COLUMNS
from pixellab.entrypoints.api.http.request_bodies import ADDRESS, JSON, MULTIPART, URLENCODED
from pixellab.entrypoints.api.http.request_models import BATCH, COMPLETE, ENHANCE, PRESET, UPLOAD

EVENT_STREAM = "text/event-stream"
MODE = f"(?:{'|'.join(Mode)})"
MODES = f"^{MODE}(?:,{MODE}){{0,{MAX_MODES - 1}}}$"
"""One mode or several."""


@dataclass
class UploadOperation(Operation):
    """Documents the form that the handler reads by itself, as it arrives."""

    def __post_init__(self) -> None:
        schema = _body_schema(UPLOAD, _field_of_form)
        schema["properties"] = {
            "file": {
                "type": "string",
                "format": "binary",
                "description": f"{ACCEPTED}.",
            },
            **schema["properties"],
        }
        either = [Schema(required=["file"]), Schema(required=[ADDRESS])]
        self.request_body = RequestBody(
            content={
                MULTIPART: _described(schema, one_of=either),
                JSON: _described(_by_address(_field_of_json)),
                URLENCODED: _described(_by_address(_field_of_form)),
            },
            required=True,
        )


@dataclass
class BatchOperation(Operation):
    """Documents the body that the handler takes as JSON or as a form with a manifest."""

    def __post_init__(self) -> None:
        json = _body_schema(BATCH, _field_of_json)
        form = _body_schema(BATCH, _field_of_form)
        del form["properties"]["items"]
        form["properties"] = {
            "manifest": {
                "type": "string",
                "format": "binary",
                "description": "CSV whose first line names its columns, JSON lines, or a JSON "
                f"array, of {', '.join(COLUMNS)}; at most {MAX_LINES} lines.",
            },
            **form["properties"],
        }
        self.request_body = RequestBody(
            content={JSON: _described(json), MULTIPART: _described(form)}, required=True
        )


@dataclass
class EnhanceOperation(Operation):
    """Documents the body that the handler takes as JSON or as a form."""

    def __post_init__(self) -> None:
        self.request_body = _without_file(ENHANCE)


@dataclass
class CompleteOperation(Operation):
    """Documents the body that the handler takes as JSON or as a form."""

    def __post_init__(self) -> None:
        self.request_body = _without_file(COMPLETE)


@dataclass
class PresetOperation(Operation):
    """Documents the body that the handler takes as JSON or as a form."""

    def __post_init__(self) -> None:
        self.request_body = _without_file(PRESET)


@dataclass
class ProgressOperation(Operation):
    """Documents that the answer may also come as server-sent events."""

    def __post_init__(self) -> None:
        answer = (self.responses or {}).get("200")
        if isinstance(answer, OpenAPIResponse) and answer.content is not None:
            answer.content[EVENT_STREAM] = OpenAPIMediaType(
                schema=Schema(
                    type=OpenAPIType.STRING,
                    description="Events called progress, whose data are the JSON answer.",
                )
            )


def _without_file(kind: type[BaseModel]) -> RequestBody:
    json = _described(_body_schema(kind, _field_of_json))
    form = _described(_body_schema(kind, _field_of_form))
    return RequestBody(content={JSON: json, MULTIPART: form, URLENCODED: form}, required=False)


def _body_schema(
    kind: type[BaseModel], described: Callable[[dict[str, Any]], dict[str, Any]]
) -> dict[str, Any]:
    schema = kind.model_json_schema(mode="validation")
    definitions = schema.pop("$defs", {})
    schema["properties"]["profile"]["enum"] = list(profile_names())
    definitions["Mode"] = {"type": "string", "pattern": MODES}
    for name, field in schema["properties"].items():
        reference = field.pop("$ref", "").rsplit("/", 1)[-1]
        schema["properties"][name] = described(definitions.get(reference, {}) | field)
    return schema


def _by_address(described: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    return _body_schema(UPLOAD, described) | {"required": [ADDRESS]}


def _field_of_json(field: dict[str, Any]) -> dict[str, Any]:
    return field


def _field_of_form(field: dict[str, Any]) -> dict[str, Any]:
    """A form has no null: a field is left out instead."""
    for kind in field.pop("anyOf", []):
        if kind["type"] != "null":
            field = kind | field
    return {name: value for name, value in field.items() if (name, value) != ("default", None)}


def _described(schema: dict[str, Any], one_of: Sequence[Schema] | None = None) -> OpenAPIMediaType:
    return OpenAPIMediaType(
        schema=Schema(
            type=schema["type"],
            title=schema["title"],
            properties=schema["properties"],
            required=schema.get("required"),
            additional_properties=False,
            one_of=one_of,
        )
    )
