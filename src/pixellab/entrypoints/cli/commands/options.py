"""The options that several commands share, first of all what is to be done with a photo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Group, Parameter

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.pictures import EXTENSIONS, TRANSPARENT, Format, Mode, Task

WHAT = Group("What to do", sort_key=1)
FORMATS = {f".{EXTENSIONS[each]}": each for each in Format} | {".jpeg": Format.JPEG}
"""The format that each file extension stands for."""

Json = Annotated[
    bool,
    Parameter(
        name="--json", negative="", show_default=False, help="Print JSON, one line per answer."
    ),
]
Flag = Parameter(negative="", show_default=False)


@Parameter(name="*", group=WHAT)
@dataclass(frozen=True)
class TaskOptions:
    """What a user asks for on the command line."""

    mode: Annotated[str, Parameter(help=f"One of {', '.join(Mode)}, any letter case.")] = "AUTO"
    backend: Annotated[
        str | None, Parameter(help="LOCAL or another backend's name; else the routing table says.")
    ] = None
    target_kb: Annotated[
        int | None,
        Parameter(name="--target-kb", help="Largest size of the result, 50 to 2000 KB."),
    ] = None
    format: Annotated[
        str | None,
        Parameter(
            name="--format",
            help=f"One of {', '.join(Format)}; else as -o's extension says, else JPEG.",
        ),
    ] = None
    scale: Annotated[int, Parameter(help="Enlargement by UPSCALE and UPSCALE_DENOISE, 2 to 4.")] = 2
    profile: Annotated[
        str, Parameter(help="Whose rules STANDARDIZE follows: generic, amazon, ebay, etsy, ...")
    ] = "generic"
    background: Annotated[
        str,
        Parameter(
            help="What is put behind a product that is cut out: transparent (white in JPEG), "
            "white, or a colour such as #f2f2f2."
        ),
    ] = TRANSPARENT
    keep_shadow: Annotated[
        bool,
        Parameter(
            negative="", help="Keep the shadow that a product which is cut out casts on its ground."
        ),
    ] = False

    def task(self, extension: str | None = None) -> Task:
        """The same as a Task. ``extension`` (``.png``) is that of the file the user named.

        Raises InvalidRequest for a value out of range, and where the extension is another
        format's than the one asked for.
        """
        return Task(
            mode=Mode.parse(self.mode),
            output_format=self._format(extension),
            target_size_kb=self.target_kb,
            scale=self.scale,
            profile=self.profile,
            background=self.background,
            keep_shadow=self.keep_shadow,
        )

    def _format(self, extension: str | None) -> Format:
        asked = Format.parse(self.format) if self.format is not None else None
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
