"""What is to be done with a photo, as users ask for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import asdict, field, frozen
from attrs.converters import optional

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.formats import Format
from pixellab.domain.pictures import BYTES_PER_KB
from pixellab.domain.request_fields import (
    NAME_OF_A_BACKEND_OR_PROFILE,
    PRESET_NAME,
    check_range,
    declare,
    one_of,
    request_fields,
    whole_number,
)
from pixellab.domain.requests.framing import (
    MAX_SIDE,
    MIN_SIDE,
    PADDING,
    PADDING_ALLOWED,
    Fit,
    Frame,
)
from pixellab.domain.requests.modes import (
    OPTIONAL_STEPS,
    ORDER,
    PURPOSES,
    STEPS,
    Mode,
    in_turn,
    optional_steps,
    parse_steps,
)
from pixellab.domain.requests.places import (
    ALLOWED_BOX,
    ALLOWED_PLACES,
    BOX,
    PLACES,
    Hints,
    check_box,
    check_places,
    read_box,
    read_places,
)
from pixellab.domain.requests.written_values import (
    COLOUR,
    FOUND,
    TRANSPARENT,
    WHITE,
    WHITE_POINT,
    check_background,
    check_white_point,
    colour_of,
    place_of,
    plainly,
)

MIN_TARGET_KB, MAX_TARGET_KB = 50, 2000
MIN_SCALE, MAX_SCALE = 2, 4
ANY_MARKETPLACE = "generic"
CUTS = (Mode.BACKGROUND_REMOVE, Mode.STANDARDIZE, Mode.FULL)


def _mode(text: str) -> Mode:
    return Mode.parse(text)


def _output_format(text: str) -> Format:
    return Format.parse(text)


def _without(steps: str | Iterable[str] | None) -> str | None:
    return parse_steps("without", steps)


def _fit(text: str) -> Fit:
    return Fit.parse(text)


def _padding(given: str | int) -> str:
    return str(given).strip()


@frozen(kw_only=True)
class Task:
    """What a request asks for, each field declared once for every entry point.

    Modes and formats may be given by their names. Out-of-range values raise InvalidRequest naming
    the field.
    """

    mode: Mode = field(
        default=Mode.AUTO,
        converter=_mode,
        metadata=declare(
            f"What to do: {', '.join(Mode)}, in any letter case; or several, comma-separated, "
            f"which are done one after the other: {ORDER}.",
            allowed=f"one of {', '.join(Mode)}, in any letter case, or several, comma-separated: "
            f"{ORDER}",
            example="DENOISE,STANDARDIZE",
        ),
    )
    output_format: Format = field(
        default=Format.JPEG,
        converter=_output_format,
        metadata=one_of(
            "Format of the enhanced file, in any letter case.", Format, option="--format"
        ),
    )
    target_size_kb: int | None = field(
        default=None,
        validator=check_range,
        metadata=whole_number(
            "The enhanced file is at most this many KB (1 KB = 1000 bytes).",
            MIN_TARGET_KB,
            MAX_TARGET_KB,
            option="--target-kb",
            example=500,
        ),
    )
    scale: int = field(
        default=2,
        validator=check_range,
        metadata=whole_number(
            "Enlargement per side, for the UPSCALE modes and FULL.",
            MIN_SCALE,
            MAX_SCALE,
            used_by=(Mode.UPSCALE, Mode.UPSCALE_DENOISE, Mode.FULL),
            example=4,
        ),
    )
    profile: str = field(
        default=ANY_MARKETPLACE,
        metadata=declare(
            "The marketplace whose rules STANDARDIZE follows, and FULL where it is another than "
            "generic.",
            allowed="the name of a marketplace profile such as generic or amazon",
            choices="generic, amazon, ebay, etsy, shopify, google",
            pattern=NAME_OF_A_BACKEND_OR_PROFILE,
            used_by=(Mode.STANDARDIZE, Mode.FULL),
            example="amazon",
        ),
    )
    background: str = field(
        default=TRANSPARENT,
        converter=plainly,
        validator=check_background,
        metadata=declare(
            "What is put behind a product that is cut out, and around a picture that is padded: "
            "transparent (white in JPEG), white, or a colour of sRGB such as #f2f2f2.",
            allowed=f"{TRANSPARENT}, {WHITE} or a colour such as #f2f2f2",
            pattern=f"^(?:{TRANSPARENT}|{WHITE}|{COLOUR.pattern})$",
            used_by=(Mode.BACKGROUND_REMOVE, Mode.FULL),
            example="#f2f2f2",
        ),
    )
    """As CSS writes it, ``#rrggbb`` or ``#rgb``, if it is a colour."""
    keep_shadow: bool = field(
        default=False,
        metadata=declare(
            "Keep the shadow that the product casts on a plain background.",
            allowed="true or false",
            used_by=(Mode.BACKGROUND_REMOVE, Mode.FULL),
        ),
    )

    white_at: str | None = field(
        default=None,
        converter=optional(plainly),
        validator=check_white_point,
        metadata=declare(
            "Where the photo shows something white or grey, by which LIGHT_CORRECTION, AUTO and "
            "FULL judge its colours: x,y as shares of width and height, or auto.",
            allowed=f"{FOUND}, or a place such as 0.5,0.25: shares of the width and of the height, "
            "from 0 to 1",
            pattern=f"^(?:{FOUND}|{WHITE_POINT.pattern})$",
            used_by=(Mode.LIGHT_CORRECTION, Mode.AUTO, Mode.FULL),
            example="0.5,0.25",
        ),
    )
    """``x,y`` counts from the left and from the top; ``auto`` takes what is likeliest neutral."""
    product_box: str | None = field(
        default=None,
        converter=optional(plainly),
        validator=check_box,
        metadata=declare(
            "The box in which the product is, where the cut-out goes wrong without.",
            allowed=ALLOWED_BOX,
            choices="left,top,right,bottom as shares, such as 0.1,0.2,0.9,0.8",
            pattern=f"^{BOX.pattern}$",
            used_by=CUTS,
            example="0.1,0.2,0.9,0.8",
        ),
    )
    product_at: str | None = field(
        default=None,
        converter=optional(plainly),
        validator=check_places,
        metadata=declare(
            "Places of the product that a cut-out is to keep.",
            allowed=ALLOWED_PLACES,
            choices="x,y;x,y as shares, such as 0.5,0.25;0.5,0.75",
            pattern=f"^{PLACES.pattern}$",
            used_by=CUTS,
            example="0.5,0.25;0.5,0.75",
        ),
    )
    background_at: str | None = field(
        default=None,
        converter=optional(plainly),
        validator=check_places,
        metadata=declare(
            "Places that are not the product, for a cut-out to leave out.",
            allowed=ALLOWED_PLACES,
            choices="x,y;x,y as shares, such as 0.5,0.25;0.5,0.75",
            pattern=f"^{PLACES.pattern}$",
            used_by=CUTS,
            example="0.1,0.9",
        ),
    )
    without: str | None = field(
        default=None,
        converter=_without,
        metadata=declare(
            "Steps of the mode to leave out, comma-separated, as answers name them.",
            allowed=f"one or more of {', '.join(STEPS)}, comma-separated",
            choices=", ".join(STEPS),
            pattern=f"^(?:{'|'.join(STEPS)})(?:,(?:{'|'.join(STEPS)}))*$",
            used_by=tuple(OPTIONAL_STEPS),
            example="denoise,sharpen",
        ),
    )
    """Each step once, in the order in which FULL takes them."""
    width: int | None = field(
        default=None,
        validator=check_range,
        metadata=whole_number(
            "Width of the result in pixels; no picture is enlarged to it.",
            MIN_SIDE,
            MAX_SIDE,
            example=1200,
        ),
    )
    height: int | None = field(
        default=None,
        validator=check_range,
        metadata=whole_number(
            "Height of the result in pixels; no picture is enlarged to it.",
            MIN_SIDE,
            MAX_SIDE,
            example=1200,
        ),
    )
    fit: Fit = field(
        default=Fit.CONTAIN,
        converter=_fit,
        metadata=declare(
            "contain: the whole picture within width and height; cover: both filled, and cropped "
            "about the product; pad: the whole picture, and the background around it.",
            allowed=f"one of {', '.join(Fit)}, in any letter case",
            example="pad",
        ),
    )
    padding: str | None = field(
        default=None,
        converter=optional(_padding),
        metadata=declare(
            "Free space on each side, part of width and height, in pixels or in percent of the "
            "shorter side.",
            allowed=PADDING_ALLOWED,
            choices="such as 40 or 5%",
            pattern=f"^(?:{PADDING.pattern})$",
            example="5%",
        ),
    )
    preset: str | None = field(
        default=None,
        metadata=declare(
            "A named set of fields, which fill in what the request leaves out.",
            allowed="the name of a preset, 1 to 64 characters: a-z, 0-9, - and _",
            pattern=f"^{PRESET_NAME}$",
        ),
    )
    """Where fields came from: entry points have filled them in."""

    def __attrs_post_init__(self) -> None:
        self.frame.check()
        self._check_without()

    def _check_without(self) -> None:
        """Raise InvalidRequest where the very step that a mode is for is to be left out."""
        for mode in in_turn(self.mode):
            step = PURPOSES.get(mode)
            if step in self._steps_named:
                has = ", ".join(optional_steps(self.mode)) or "nothing"
                told = f"without names {step}, which is what {mode} is for"
                raise InvalidRequest("without", f"{told}; {has} can be left out of {self.mode}.")

    @property
    def orders(self) -> dict[str, Any]:
        """What is to be done, by field; wherever the fields came from."""
        return {name: value for name, value in asdict(self).items() if name != "preset"}

    @property
    def frame(self) -> Frame:
        """The size that the result is brought to."""
        return Frame(width=self.width, height=self.height, fit=self.fit, padding=self.padding)

    @property
    def left_out(self) -> frozenset[str]:
        """The steps of ``without`` that the mode can leave out."""
        return self._steps_named & {*optional_steps(self.mode)}

    @property
    def _steps_named(self) -> frozenset[str]:
        return frozenset(self.without.split(",") if self.without else ())

    @property
    def hints(self) -> Hints:
        """What ``product_box``, ``product_at`` and ``background_at`` say."""
        return Hints(
            box=read_box(self.product_box),
            product=read_places(self.product_at),
            background=read_places(self.background_at),
        )

    @property
    def neutral_place(self) -> tuple[float, float] | None:
        """``white_at`` as shares of width and height, 0 to 1; None if it names no place."""
        return place_of(self.white_at)

    @property
    def names_marketplace(self) -> bool:
        """Whether ``profile`` is a marketplace and not the default."""
        return self.profile.strip().lower() != ANY_MARKETPLACE

    @property
    def ignored(self) -> tuple[str, ...]:
        """A warning for each field that was asked for and that the mode does not use."""
        unused = tuple(
            f"{name} was ignored, since {self.mode} does not use it: it is for "
            f"{', '.join(each.used_by)}."
            for name, each in request_fields(Task).items()
            if each.used_by is not None
            and not {*in_turn(self.mode)} & {*each.used_by}
            and getattr(self, name) != each.default
            and not (name == "background" and self.frame.fills)
        )
        return (*unused, *self._no_steps, *self.frame.ignored())

    @property
    def _no_steps(self) -> tuple[str, ...]:
        has = optional_steps(self.mode)
        others = [step for step in STEPS if step in self._steps_named - {*has}]
        if not has or not others:
            return ()
        names = f"without names {', '.join(others)}, which {self.mode} does not do"
        return (f"{names}; {', '.join(has)} can be left out of it.",)

    @property
    def max_bytes(self) -> int | None:
        return None if self.target_size_kb is None else self.target_size_kb * BYTES_PER_KB

    @property
    def behind(self) -> tuple[int, int, int] | None:
        """The background's R, G and B, 0 to 255; None if it is to be transparent."""
        return colour_of(self.background)
