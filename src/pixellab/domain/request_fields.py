"""What every entry point needs to know of a request's field, said once, where the field is.

The attribute has the type, the default, the converter and ``metadata=declare(...)``; the form, the
JSON body, OpenAPI, the command line and the library are made from these.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from numbers import Integral
from typing import Any, TypeVar, get_type_hints

from attrs import Attribute, evolve, fields, frozen

from pixellab.domain.errors import InvalidRequest

NAME_OF_A_BACKEND_OR_PROFILE = r"^[A-Za-z][A-Za-z0-9_-]{0,31}$"
PRESET_NAME = "[a-z0-9_-]{1,64}"
KEY = "request field"


@frozen(kw_only=True)
class RequestField:
    """A field of a request as entry points describe and limit it."""

    name: str = ""
    type: Any = None
    default: Any = None
    read: Callable[[str], Any] | None = None
    """Makes the value of text that may be written in several ways, else raises InvalidRequest."""
    about: str
    """One sentence."""
    allowed: str
    """Completes the sentence "<field> must be ..."."""
    example: Any = None
    """A value that is allowed."""
    choices: str | None = None
    """The values there are, or the range, where ``about`` does not say them."""
    option: str | None = None
    """The command line's name, where it is another."""
    used_by: tuple[str, ...] | None = None
    """The modes that look at it; None where all do."""
    least: int | None = None
    most: int | None = None
    shortest: int | None = None
    longest: int | None = None
    pattern: str | None = None


def declare(about: str, **others: Any) -> dict[str, RequestField]:
    """Metadata that make an attribute a field of requests; ``others`` as RequestField has them."""
    return {KEY: RequestField(about=about, **others)}


def one_of(about: str, kind: type[StrEnum], **others: Any) -> dict[str, Any]:
    """Metadata of a field that takes one of a few names."""
    names = ", ".join(kind)
    allowed = f"one of {names}, in any letter case"
    return declare(about, allowed=allowed, choices=names, example=str(next(iter(kind))), **others)


def whole_number(about: str, least: int, most: int, **others: Any) -> dict[str, Any]:
    """Metadata of a field that takes a whole number; ``check_range`` holds it to the range."""
    return declare(
        about,
        allowed=f"a whole number from {least} to {most}",
        choices=f"{least} to {most}",
        least=least,
        most=most,
        **others,
    )


def check_range(_request: object, attribute: Attribute[Any], value: int | None) -> None:
    """A validator for ``whole_number``: InvalidRequest for a value out of the range."""
    declared: RequestField = attribute.metadata[KEY]
    assert declared.least is not None
    assert declared.most is not None
    if value is None:
        return
    if not isinstance(value, Integral) or not declared.least <= value <= declared.most:
        raise InvalidRequest(
            attribute.name, f"{attribute.name} is {value!r}; allowed are {declared.choices}."
        )


def request_fields(kind: type[Any]) -> dict[str, RequestField]:
    """The declared fields of a class, by name, those of the classes it derives from first."""
    hints = get_type_hints(kind)
    return {
        each.name: evolve(
            each.metadata[KEY],
            name=each.name,
            type=hints[each.name],
            default=each.default,
            read=each.converter,
        )
        for each in fields(kind)
        if KEY in each.metadata
    }


E = TypeVar("E", bound=StrEnum)


def parse_choice(kind: type[E], name: str, text: str) -> E:
    """The member of ``kind`` called ``text``, in any letter case, or InvalidRequest."""
    try:
        return kind(text.strip().upper())
    except ValueError:
        allowed = ", ".join(kind)
        raise InvalidRequest(name, f"{name} is {text[:40]!r}; allowed are {allowed}.") from None
