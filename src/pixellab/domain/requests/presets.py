"""Presets: named sets of fields that fill in what a request leaves out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from pixellab.domain.errors import InvalidFields, InvalidRequest
from pixellab.domain.request_fields import PRESET_NAME, RequestField, request_fields
from pixellab.domain.requests.asked import EnhanceRequest

FIELDS: Mapping[str, RequestField] = {
    name: each for name, each in request_fields(EnhanceRequest).items() if name != "preset"
}
"""What a preset may hold: all that says what is done, and who does it."""

Available = Mapping[str, Callable[[str], object]]
"""By field, what raises InvalidRequest for a value that this installation does not know."""


@frozen(kw_only=True)
class Preset:
    """A named set of fields."""

    name: str
    """1 to 64 characters: a-z, 0-9, - and _."""
    fields: Mapping[str, Any]
    """Values of JSON, one at least, as requests hold them."""
    updated_at: datetime | None = None
    """When it was stored, UTC, with tzinfo; None for one of the configuration's file."""


def is_preset_name(name: object) -> bool:
    """Whether a preset may be called so."""
    return isinstance(name, str) and re.fullmatch(PRESET_NAME, name) is not None


def checked_preset(name: str, fields: Mapping[str, Any], available: Available) -> Preset:
    """The preset of these ``fields``, which are a request of their own; None is a field left out.

    Raises InvalidRequest for the name and for values that do not go together, InvalidFields that
    names each wrong field.
    """
    if not is_preset_name(name):
        shown = str(name)[:40]
        raise InvalidRequest(
            "name", f"name is {shown!r}; allowed are 1 to 64 characters: a-z, 0-9, - and _."
        )
    given = {field: value for field, value in fields.items() if value is not None}
    if not given:
        raise InvalidRequest(
            "fields", f"A preset needs at least one field; allowed are {', '.join(FIELDS)}."
        )
    if wrong := [*_wrong(given, available)]:
        raise InvalidFields(wrong)
    asked = EnhanceRequest(**given)
    return Preset(name=name, fields={field: _plain(getattr(asked, field)) for field in given})


def _wrong(given: Mapping[str, Any], available: Available) -> Iterator[InvalidRequest]:
    for name, value in given.items():
        declared = FIELDS.get(name)
        if declared is None:
            shown = str(name)[:40]
            told = f"A preset takes no field {shown!r}; allowed are {', '.join(FIELDS)}."
            yield InvalidRequest(shown, told)
        elif not _fits(declared, value):
            yield InvalidRequest(name, f"{name} must be {declared.allowed}.")
        elif name in available:
            try:
                available[name](value)
            except InvalidRequest as error:
                yield error


def _fits(declared: RequestField, value: object) -> bool:
    """Whether ``value`` is of the field's kind, in its range, and written as it is to be."""
    kind = bool if declared.type is bool else int if declared.least is not None else str
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        return False
    if isinstance(value, str) and not value.isascii():
        return False
    try:
        given: dict[str, Any] = {declared.name: value}
        held = getattr(EnhanceRequest(**given), declared.name)
    except InvalidRequest:
        return False
    return declared.pattern is None or re.search(declared.pattern, str(held)) is not None


def _plain(value: object) -> object:
    """The value as JSON and TOML write it: a mode is text."""
    return str(value) if isinstance(value, str) else value
