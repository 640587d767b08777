"""The options that several commands share, first of all what is to be done with a photo."""

from __future__ import annotations

from dataclasses import field, make_dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from cyclopts import Group, Parameter

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.formats import FORMAT_OF_EXTENSION, Format
from pixellab.domain.request_fields import RequestField, request_fields
from pixellab.domain.requests import EnhanceRequest, Rehearsal, Task

Options = TypeVar("Options")

WHAT = Group("What to do", sort_key=1)
FORMATS = {
    f".{each}": Format(name)
    for each, name in FORMAT_OF_EXTENSION.items()
    if name in Format.__members__
}
"""The format that each file extension stands for."""

Json = Annotated[
    bool,
    Parameter(
        name="--json", negative="", show_default=False, help="Print JSON, one line per answer."
    ),
]
Flag = Parameter(negative="", show_default=False)


def _with_declared_fields(kind: type[Options]) -> type[Options]:
    """``kind`` as a dataclass with an option for each declared field."""
    declared = request_fields(EnhanceRequest) | request_fields(Rehearsal)
    options = [_option(each) for each in declared.values()]
    # Without its module Python 3.11 says it is one of its own types, which cyclopts does not open.
    names = {"__module__": kind.__module__}
    return make_dataclass(kind.__name__, options, bases=(kind,), namespace=names, frozen=True)


def _option(declared: RequestField) -> tuple[str, Any, Any]:
    kind, default = declared.type, declared.default
    told = declared.about.removesuffix(".")
    if declared.choices:
        told += f": {declared.choices}"
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        kind, default = str, str(default)
    if declared.name == "output_format":
        kind, default = str | None, None
        told += "; else as -o's extension says, else JPEG"
    option = declared.option or f"--{declared.name.replace('_', '-')}"
    about = Parameter(name=option, negative="", help=f"{told}.")
    return declared.name, Annotated[kind, about], field(default=default)


@Parameter(name="*", group=WHAT)
@_with_declared_fields
class TaskOptions:
    """What a user asks for on the command line."""

    if TYPE_CHECKING:
        backend: str | None
        dry_run: bool
        output_format: str | None

    def task(self, extension: str | None = None) -> Task:
        """The same as a Task. ``extension`` (``.png``) is that of the file the user named.

        Raises InvalidRequest for a value out of range, and where the extension is another
        format's than the one asked for.
        """
        asked = {**vars(self), "output_format": self._format(extension)}
        del asked["dry_run"]
        return EnhanceRequest(**asked).task

    def _format(self, extension: str | None) -> Format:
        asked = Format.parse(self.output_format) if self.output_format is not None else None
        if extension is None:
            return asked or Format.JPEG
        named = FORMATS.get(extension.lower())
        if named is None:
            allowed = ", ".join(sorted(FORMATS))
            raise InvalidRequest(
                "out", f"out has the extension {extension!r}; allowed are {allowed}."
            )
        if asked is not None and asked is not named:
            raise InvalidRequest(
                "out", f"out has the extension {extension!r}, but format is {asked}; make them one."
            )
        return named


AS_SET = TaskOptions()
"""Nothing asked for in particular."""
