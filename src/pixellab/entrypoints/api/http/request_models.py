"""The fields of requests: what they may hold, checked all at once and documented in OpenAPI."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
)

from pixellab.adapters.marketplaces.profiles import find_profile
from pixellab.domain.batches import SHOWN_STATES
from pixellab.domain.errors import InvalidFields, InvalidRequest
from pixellab.domain.images import Status
from pixellab.domain.ports import MAX_LIMIT, MAX_OFFSET, MAX_SEARCH
from pixellab.domain.request_fields import RequestField, request_fields
from pixellab.domain.requests import (
    BatchRequest,
    ByAddress,
    EnhanceRequest,
    Rehearsal,
    UploadRequest,
)
from pixellab.domain.requests.presets import FIELDS as PRESET_FIELDS
from pixellab.domain.statistics import MAX_DAYS
from pixellab.domain.use_cases.uploading.fingerprint import KEY_ALLOWED

MAX_CURSOR = 200
MAX_FILENAME = 255
MAX_SHOWN = 40
"""Characters of a stranger's text that are repeated to them."""
WHOLE = re.compile("[0-9]{1,9}")


def _fields(*kinds: type) -> dict[str, RequestField]:
    return {name: each for kind in kinds for name, each in request_fields(kind).items()}


ALLOWED: Mapping[str, str] = {
    **{
        name: each.allowed
        for name, each in _fields(BatchRequest, UploadRequest, ByAddress, Rehearsal).items()
    },
    "limit": f"a whole number from 1 to {MAX_LIMIT}",
    "offset": f"a whole number from 0 to {MAX_OFFSET}",
    "status": f"one of {', '.join(Status)}",
    "from": "a date such as 2026-01-31, or a moment such as 2026-01-31T12:00:00Z",
    "to": "a date such as 2026-01-31, or a moment such as 2026-01-31T12:00:00Z",
    "q": f"1 to {MAX_SEARCH} characters with a letter or a digit among them",
    "days": f"a whole number from 1 to {MAX_DAYS}",
    "cursor": "what an answer gave as next_cursor",
    "idempotency_key": KEY_ALLOWED,
    "file": "exactly one file, or left out where image_url names one",
    "filename": f"1 to {MAX_FILENAME} characters",
    "manifest": "one file, where there is neither a prefix nor items",
    "items": "a list of objects, each with an image_url or a key",
    "state": f"one of {', '.join(SHOWN_STATES)}",
}
"""Completes the sentence "<field> must be ..."."""

Model = TypeVar("Model", bound=BaseModel)


class TaskModel(BaseModel):
    """The fields of any request, as they come."""

    model_config = ConfigDict(extra="forbid")

    preset: str | None = None

    @property
    def given(self) -> dict[str, Any]:
        """What was sent, by field."""
        return {name: value for name, value in self if name in self.model_fields_set}

    def _values(self) -> dict[str, Any]:
        beside = {*_fields(ByAddress, Rehearsal), "items"}
        values = {name: value for name, value in self if name not in beside}
        find_profile(values["profile"])
        return values | {"profile": values["profile"].lower()}


class EnhanceModel(TaskModel):
    """The fields of an EnhanceRequest, as they come."""

    model_config = ConfigDict(extra="forbid", title="Enhance")

    dry_run: bool = False

    def request(self) -> EnhanceRequest:
        """Raises InvalidRequest for a profile that does not exist."""
        return EnhanceRequest(**self._values())


class UploadModel(EnhanceModel):
    """The fields of an UploadRequest, as they come."""

    model_config = ConfigDict(extra="forbid", title="Upload")

    image_url: str | None = None

    def request(self) -> UploadRequest:
        """Raises InvalidRequest for a profile that does not exist."""
        return UploadRequest(**self._values())


class CompleteModel(EnhanceModel):
    """The fields of an UploadRequest whose file is in the store, as they come."""

    model_config = ConfigDict(extra="forbid", title="Complete")

    filename: str | None = Field(
        None,
        description="The file's name; results are called after it.",
        examples=["mug.jpg"],
        min_length=1,
        max_length=MAX_FILENAME,
    )

    def request(self) -> UploadRequest:
        """Raises InvalidRequest for a profile that does not exist, and for a dry run."""
        if self.dry_run:
            raise InvalidRequest("dry_run", "dry_run must be left out: the file has been sent.")
        return UploadRequest(**self._values())


class PresetModel(BaseModel):
    """The fields of a preset, as they come."""

    model_config = ConfigDict(extra="forbid", title="Preset")


class BatchModel(TaskModel):
    """The fields of a BatchRequest, as they come, and in JSON the lines of a short batch."""

    model_config = ConfigDict(extra="forbid", title="Batch")

    items: list[dict[str, Any]] | None = Field(
        None,
        description="The photos, each an object with an image_url or a key, and a sku_id if it is "
        "to have one. A long list is sent as a file, in a form.",
        examples=[[{"key": "incoming/mug.jpg", "sku_id": "MUG-1"}]],
    )

    def request(self) -> BatchRequest:
        """Raises InvalidRequest for a profile that does not exist."""
        return BatchRequest(**self._values())


def _model(base: type[Model], declared: Mapping[str, RequestField]) -> type[Model]:
    """``base`` with the ``declared`` fields."""
    described: dict[str, Any] = {
        name: (
            Annotated[each.type, BeforeValidator(partial(_read, each))],
            Field(
                each.default,
                description=each.about,
                examples=None if each.example is None else [each.example],
                ge=each.least,
                le=each.most,
                min_length=each.shortest,
                max_length=each.longest,
                pattern=each.pattern,
            ),
        )
        for name, each in declared.items()
    }
    return create_model(base.__name__, __base__=base, **described)


def _read(declared: RequestField, value: object) -> object:
    """What the text stands for; pydantic refuses what it cannot stand for."""
    if not isinstance(value, str):
        return value
    if declared.least is not None and not WHOLE.fullmatch(value):
        raise ValueError("not digits alone")
    if declared.type is bool and value.lower() not in ("true", "false"):
        raise ValueError("pydantic takes yes, 1 and others")
    if declared.read and value.isascii():
        with suppress(InvalidRequest):
            return declared.read(value)
    return value


ENHANCE = _model(EnhanceModel, _fields(EnhanceRequest, Rehearsal))
UPLOAD = _model(UploadModel, _fields(UploadRequest, ByAddress, Rehearsal))
COMPLETE = _model(CompleteModel, _fields(UploadRequest, Rehearsal))
BATCH = _model(BatchModel, _fields(BatchRequest))
PRESET = _model(PresetModel, PRESET_FIELDS)


def from_form(kind: type[Model], form: Mapping[str, str]) -> Model:
    """The fields of a form, whose values are all text; InvalidFields names every wrong one."""
    try:
        return kind.model_validate(form)
    except ValidationError as error:
        raise _refusals(kind, error) from None


def from_json(kind: type[Model], body: bytes) -> Model:
    """The fields of a JSON object with JSON's own types; InvalidFields names every wrong one."""
    try:
        return kind.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise _refusals(kind, error) from None


def _refusals(kind: type[BaseModel], error: ValidationError) -> InvalidFields:
    wrong = {str(each["loc"][0]) if each["loc"] else "" for each in error.errors()}
    names = form_fields(kind)
    return InvalidFields(
        [
            refused(name) if name in names or not name else unknown_field(name, names)
            for name in sorted(wrong)
        ]
    )


def form_fields(kind: type[BaseModel]) -> tuple[str, ...]:
    """The names of the fields that a request takes, its file first."""
    files: dict[type[BaseModel], list[str]] = {UPLOAD: ["file"], BATCH: ["manifest"]}
    return (*files.get(kind, []), *kind.model_fields)


def unknown_field(name: str, allowed: Sequence[str]) -> InvalidRequest:
    """The error for a field that nobody reads."""
    shown = name[:MAX_SHOWN]
    return InvalidRequest(
        shown, f"The request takes no field {shown!r}; allowed are {', '.join(allowed)}."
    )


def refused(name: str) -> InvalidRequest:
    """The error for a field with a value that is not allowed."""
    if name in ALLOWED:
        return InvalidRequest(name, f"{name} must be {ALLOWED[name]}.")
    return InvalidRequest("request", "The body must be one JSON object.")
