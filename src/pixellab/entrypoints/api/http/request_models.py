"""The fields of requests: what they may hold, checked all at once and documented in OpenAPI."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pixellab.adapters.marketplaces.profiles import find_profile
from pixellab.domain.errors import InvalidRequest
from pixellab.domain.images import MAX_SKU_LENGTH, Status
from pixellab.domain.pictures import (
    COLOUR,
    MAX_SCALE,
    MAX_TARGET_KB,
    MIN_SCALE,
    MIN_TARGET_KB,
    TRANSPARENT,
    WHITE,
    Format,
    Mode,
    Task,
)
from pixellab.domain.ports import MAX_LIMIT, MAX_OFFSET

MAX_CURSOR = 200
MAX_KEY = 255
NAME = r"^[A-Za-z][A-Za-z0-9_-]{0,31}$"
WHOLE = re.compile("[0-9]{1,9}")

ALLOWED: Mapping[str, str] = {
    "mode": f"one of {', '.join(Mode)}, in any letter case",
    "backend": "the name of a backend: LOCAL, GEMINI, BEDROCK or a plug-in's",
    "target_size_kb": f"a whole number from {MIN_TARGET_KB} to {MAX_TARGET_KB}",
    "output_format": f"one of {', '.join(Format)}, in any letter case",
    "scale": f"a whole number from {MIN_SCALE} to {MAX_SCALE}",
    "profile": "the name of a marketplace profile such as generic or amazon",
    "background": f"{TRANSPARENT}, {WHITE} or a colour such as #f2f2f2",
    "keep_shadow": "true or false",
    "sku_id": f"1 to {MAX_SKU_LENGTH} printable characters",
    "limit": f"a whole number from 1 to {MAX_LIMIT}",
    "offset": f"a whole number from 0 to {MAX_OFFSET}",
    "status": f"one of {', '.join(Status)}",
    "cursor": "what an answer gave as next_cursor",
    "idempotency_key": f"1 to {MAX_KEY} printable characters",
    "file": "exactly one file",
}
"""Completes the sentence "<field> must be ..."."""


class InvalidFields(Exception):
    """Fields of one request are wrong."""

    def __init__(self, errors: Sequence[InvalidRequest]) -> None:
        super().__init__(" ".join(error.message for error in errors))
        self.errors = errors


def _upper(value: object) -> object:
    return value.strip().upper() if isinstance(value, str) and value.isascii() else value


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _format(value: object) -> object:
    upper = _upper(value)
    return "JPEG" if upper == "JPG" else upper


def _whole(value: object) -> object:
    if isinstance(value, str) and not WHOLE.fullmatch(value):
        raise ValueError("not digits alone")
    return value


class EnhanceFields(BaseModel):
    """What to do with a photo."""

    model_config = ConfigDict(extra="ignore", title="Enhance")

    mode: Annotated[Mode, BeforeValidator(_upper)] = Field(
        Mode.AUTO, description="What to do, in any letter case."
    )
    backend: str | None = Field(
        None, pattern=NAME, description="Who does it; without it, the routing table decides."
    )
    target_size_kb: Annotated[int | None, BeforeValidator(_whole)] = Field(
        None,
        ge=MIN_TARGET_KB,
        le=MAX_TARGET_KB,
        description="The enhanced file is at most this many KB (1 KB = 1000 bytes).",
    )
    output_format: Annotated[Format, BeforeValidator(_format)] = Field(
        Format.JPEG, description="Format of the enhanced file, in any letter case."
    )
    scale: Annotated[int, BeforeValidator(_whole)] = Field(
        2, ge=MIN_SCALE, le=MAX_SCALE, description="Enlargement per side, for the UPSCALE modes."
    )
    profile: str = Field(
        "generic",
        pattern=NAME,
        description="The marketplace whose rules STANDARDIZE follows.",
    )
    background: Annotated[str, BeforeValidator(_lower)] = Field(
        TRANSPARENT,
        pattern=f"^(?:{TRANSPARENT}|{WHITE}|{COLOUR.pattern})$",
        description="What is put behind a product that is cut out: transparent (white in JPEG), "
        "white, or a colour of sRGB such as #f2f2f2.",
    )
    keep_shadow: bool = Field(
        False, description="Keep the shadow that the product casts on a plain background."
    )

    def task(self) -> Task:
        """Raises InvalidRequest for a profile that does not exist."""
        find_profile(self.profile)
        return Task(
            mode=self.mode,
            output_format=self.output_format,
            target_size_kb=self.target_size_kb,
            scale=self.scale,
            profile=self.profile.lower(),
            background=self.background,
            keep_shadow=self.keep_shadow,
        )


class UploadFields(EnhanceFields):
    """What to do with a photo, and what to call it."""

    model_config = ConfigDict(extra="ignore", title="Upload")

    sku_id: str | None = Field(
        None,
        min_length=1,
        max_length=MAX_SKU_LENGTH,
        description="Your own identifier; by default upload_ and the first 8 digits of the id.",
    )


Fields = TypeVar("Fields", bound=BaseModel)


def from_form(kind: type[Fields], form: Mapping[str, str]) -> Fields:
    """The fields of a form, whose values are all text; InvalidFields names every wrong one."""
    try:
        return kind.model_validate(form)
    except ValidationError as error:
        raise _refusals(error) from None


def from_json(kind: type[Fields], body: bytes) -> Fields:
    """The fields of a JSON object with JSON's own types; InvalidFields names every wrong one."""
    try:
        return kind.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise _refusals(error) from None


def _refusals(error: ValidationError) -> InvalidFields:
    wrong = {str(each["loc"][0]) if each["loc"] else "" for each in error.errors()}
    return InvalidFields([refused(name) for name in sorted(wrong)])


def refused(name: str) -> InvalidRequest:
    """The error for a field with a value that is not allowed."""
    if name in ALLOWED:
        return InvalidRequest(name, f"{name} must be {ALLOWED[name]}.")
    return InvalidRequest("request", "The body must be one JSON object.")
