"""The modes, and the steps of each that a user can leave out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Self

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.request_fields import parse_choice


class Mode(StrEnum):
    """What to do with a photo."""

    AUTO = "AUTO"
    BACKGROUND_REMOVE = "BACKGROUND_REMOVE"
    LIGHT_CORRECTION = "LIGHT_CORRECTION"
    UPSCALE_DENOISE = "UPSCALE_DENOISE"
    STANDARDIZE = "STANDARDIZE"
    SHARPEN = "SHARPEN"
    DENOISE = "DENOISE"
    UPSCALE = "UPSCALE"
    OPTIMIZE = "OPTIMIZE"
    FULL = "FULL"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The mode named by ``text`` in any letter case; InvalidRequest if there is none."""
        return parse_choice(cls, "mode", text)


MEASURED = ("deblock", "light", "denoise", "sharpen")
OPTIONAL_STEPS: Mapping[Mode, tuple[str, ...]] = {
    Mode.AUTO: MEASURED,
    Mode.FULL: (*MEASURED, "upscale", "background", "optimize"),
    Mode.DENOISE: ("deblock", "denoise"),
    Mode.UPSCALE_DENOISE: ("deblock", "denoise"),
    Mode.SHARPEN: ("deblock",),
}
"""The steps that can be left out of a mode, as answers name them; of other modes none can."""
STEPS = OPTIONAL_STEPS[Mode.FULL]
"""All of them."""


def parse_steps(name: str, given: str | Iterable[str] | None) -> str | None:
    """The steps that ``given`` names, each once, in the order of ``STEPS``, comma-separated.

    In any letter case, as text or one by one. Raises InvalidRequest, naming the field ``name``, for
    a step that no mode leaves out, and where there is none.
    """
    if given is None:
        return None
    names = given.split(",") if isinstance(given, str) else given
    asked = {each.strip().lower() for each in names}
    unknown = sorted(asked - {*STEPS})
    if unknown or not asked:
        shown = unknown[0][:40] if unknown else ""
        raise InvalidRequest(name, f"{name} names {shown!r}; allowed are {', '.join(STEPS)}.")
    return ",".join(step for step in STEPS if step in asked)
