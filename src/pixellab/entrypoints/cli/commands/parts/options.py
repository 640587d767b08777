"""The options that several commands share, first of all what is to be done with a photo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, make_dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from cyclopts import Group, Parameter

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.formats import FORMAT_OF_EXTENSION, Format
from pixellab.domain.request_fields import RequestField, request_fields
from pixellab.domain.requests import EnhanceRequest, Rehearsal
from pixellab.domain.requests.presets import FIELDS
from pixellab.entrypoints.cli.configured import filled_in

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


def _with_options(
    declared: Mapping[str, RequestField],
) -> Callable[[type[Options]], type[Options]]:
    """Makes a class a dataclass with an option for each declared field."""
    options = [_option(each) for each in declared.values()]

    def made(kind: type[Options]) -> type[Options]:
        # Without its module Python 3.11 says it is one of its own types, which cyclopts does not
        # open.
        names = {"__module__": kind.__module__}
        return make_dataclass(kind.__name__, options, bases=(kind,), namespace=names, frozen=True)

    return made


def _option(declared: RequestField) -> tuple[str, Any, Any]:
    kind, default = declared.type, declared.default
    usual = None if default is None or default is False else str(default)
    told = declared.about.removesuffix(".")
    if declared.choices:
        told += f": {declared.choices}"
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        kind = str
    option = declared.option or f"--{declared.name.replace('_', '-')}"
    about = Parameter(name=option, negative="", help=f"{told}.", show_default=usual or False)
    # None is what was not asked for: it is for a preset to say.
    return declared.name, Annotated[kind | None, about], field(default=None)


class _Asked:
    """What a user asks for on the command line."""

    if TYPE_CHECKING:
        output_format: str | None

    def request(self, extension: str | None = None) -> EnhanceRequest:
        """What is asked for, and what the preset says where nothing is.

        ``extension`` (``.png``) is that of the file the user named. Raises InvalidRequest for a
        value out of range, for a preset that there is not, and where the extension is another
        format's than the one asked for.
        """
        asked = {**vars(self), "output_format": self._format(extension)}
        return EnhanceRequest(**filled_in(_given(asked)))

    @property
    def fields(self) -> dict[str, Any]:
        """What is asked for, by field."""
        return _given(vars(self))

    def _format(self, extension: str | None) -> Format | None:
        asked = Format.parse(self.output_format) if self.output_format is not None else None
        if extension is None:
            return asked
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


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in options.items() if value is not None and name != "dry_run"
    }


@Parameter(name="*", group=WHAT)
@_with_options(request_fields(EnhanceRequest) | request_fields(Rehearsal))
class TaskOptions(_Asked):
    """What is asked for photos."""

    if TYPE_CHECKING:
        dry_run: bool | None


@Parameter(name="*", group=WHAT)
@_with_options(request_fields(EnhanceRequest))
class ManifestOptions(_Asked):
    """What is asked for the photos that a manifest names, which nobody has opened yet."""


@Parameter(name="*", group=WHAT)
@_with_options(FIELDS)
class PresetOptions(_Asked):
    """What a preset may hold."""


AS_SET = TaskOptions()
"""Nothing asked for in particular."""
