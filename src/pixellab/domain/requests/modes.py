"""The modes, several of them one after the other, and the steps that can be left out of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Self

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.request_fields import parse_choice

MAX_MODES = 4
"""So many are done one after the other at most."""


class Mode(StrEnum):
    """What to do with a photo.

    Several, one after the other, are a mode, too: ``Mode("DENOISE,STANDARDIZE")``. Who iterates
    over ``Mode`` is given the single ones.
    """

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
        """The mode or modes named by ``text``, in any letter case, comma-separated.

        Raises InvalidRequest for a name that there is not, and for modes that cannot follow one
        another.
        """
        modes = [parse_choice(cls, "mode", name) for name in text.split(",")]
        if why := _why_not(modes):
            raise InvalidRequest("mode", why)
        return cls(",".join(modes))

    @classmethod
    def _missing_(cls, value: object) -> Mode | None:
        """Makes, once, the member for several modes."""
        if not isinstance(value, str) or "," not in value:
            return None
        if _why_not([cls(name) for name in value.split(",")]):
            return None
        made = str.__new__(cls, value)
        made._name_ = made._value_ = value
        return cls._value2member_map_.setdefault(value, made)  # type: ignore[return-value]


def in_turn(mode: Mode) -> tuple[Mode, ...]:
    """The single modes, first one first; what only a newer version knows stays as it is."""
    return tuple(map(Mode, mode.split(","))) if isinstance(mode, Mode) else (mode,)


ORDER = (
    f"at most {MAX_MODES}, each once, {Mode.OPTIMIZE} and {Mode.FULL} last, and after "
    f"{Mode.STANDARDIZE} {Mode.OPTIMIZE} alone"
)
"""Which modes can follow one another, in words."""


def _why_not(modes: Sequence[Mode]) -> str | None:
    """Why ``modes`` cannot follow one another, in a sentence; None if they can."""
    if len(modes) > MAX_MODES:
        return f"mode names {len(modes)} modes; allowed are {MAX_MODES}."
    for mode in modes:
        if modes.count(mode) > 1:
            return f"mode names {mode} more than once; each is allowed once."
    for before, after in pairwise(modes):
        if before in (Mode.OPTIMIZE, Mode.FULL):
            return f"mode has {after} after {before}, which is only allowed last."
        # Its rules are measured on the canvas that it makes.
        if before is Mode.STANDARDIZE and after is not Mode.OPTIMIZE:
            return f"mode has {after} after {before}, where only {Mode.OPTIMIZE} is allowed."
    return None


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


PURPOSES: Mapping[Mode, str] = {
    Mode.BACKGROUND_REMOVE: "background",
    Mode.LIGHT_CORRECTION: "light",
    Mode.UPSCALE_DENOISE: "upscale",
    Mode.STANDARDIZE: "background",
    Mode.SHARPEN: "sharpen",
    Mode.UPSCALE: "upscale",
    Mode.OPTIMIZE: "optimize",
}
"""The step that a mode is for, so that leaving it out cannot be meant."""


def optional_steps(mode: Mode) -> tuple[str, ...]:
    """The steps that can be left out of ``mode``, or of one of those that it names."""
    of_any = {step for each in in_turn(mode) for step in OPTIONAL_STEPS.get(each, ())}
    return tuple(step for step in STEPS if step in of_any)


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
