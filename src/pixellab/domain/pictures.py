"""Pictures and what a request asks of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Self, TypeVar

from attrs import Attribute, evolve, field, frozen

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.request_fields import (
    NAME_OF_A_BACKEND_OR_PROFILE,
    check_range,
    declare,
    one_of,
    whole_number,
)
from pixellab.domain.results import Usage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_TARGET_KB, MAX_TARGET_KB = 50, 2000
MIN_SCALE, MAX_SCALE = 2, 4
BYTES_PER_KB = 1000
TRANSPARENT, WHITE = "transparent", "white"
COLOUR = re.compile("#(?:[0-9a-f]{3}|[0-9a-f]{6})")


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
        return _parse(cls, "mode", text)


class Format(StrEnum):
    """A format that PixelLab writes."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    AVIF = "AVIF"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The format named by ``text`` in any letter case (JPG is JPEG), or InvalidRequest."""
        return _parse(cls, "output_format", "JPEG" if text.strip().upper() == "JPG" else text)

    @property
    def keeps_alpha(self) -> bool:
        return self is not Format.JPEG


E = TypeVar("E", bound=StrEnum)


def _parse(kind: type[E], name: str, text: str) -> E:
    try:
        return kind(text.strip().upper())
    except ValueError:
        allowed = ", ".join(kind)
        raise InvalidRequest(name, f"{name} is {text[:40]!r}; allowed are {allowed}.") from None


@frozen
class FileType:
    """What files of a format are called."""

    name: str
    """Pillow's name of the format."""
    media_type: str
    extensions: tuple[str, ...]
    """Without the dot; the first is the one that results and keys have."""


_FILE_TYPES = (
    FileType("JPEG", "image/jpeg", ("jpg", "jpeg", "jpe")),
    FileType("PNG", "image/png", ("png",)),
    FileType("WEBP", "image/webp", ("webp",)),
    FileType("AVIF", "image/avif", ("avif",)),
    FileType("TIFF", "image/tiff", ("tif", "tiff")),
    FileType("BMP", "image/bmp", ("bmp",)),
    FileType("GIF", "image/gif", ("gif",)),
    FileType("HEIF", "image/heic", ("heic", "heif")),
)
FILE_TYPES: Mapping[str, FileType] = {each.name: each for each in _FILE_TYPES}
"""Of every format that is read or written; ``adapters/imaging/formats`` reads and writes them."""
EXTENSIONS: Mapping[str, str] = {each.name: each.extensions[0] for each in _FILE_TYPES}
MEDIA_TYPES: Mapping[str, str] = {each.name: each.media_type for each in _FILE_TYPES}
FORMAT_OF_EXTENSION: Mapping[str, str] = {
    extension: each.name for each in _FILE_TYPES for extension in each.extensions
}
"""The format that each extension, without the dot and in lower case, stands for."""


def _mode(text: str) -> Mode:
    return Mode.parse(text)


def _output_format(text: str) -> Format:
    return Format.parse(text)


def _plainly(text: str) -> str:
    return text.strip().lower()


def _check_background(_request: object, attribute: Attribute[str], value: str) -> None:
    if value not in (TRANSPARENT, WHITE) and not COLOUR.fullmatch(value):
        raise InvalidRequest(
            attribute.name,
            f"{attribute.name} is {value[:40]!r}; allowed are {TRANSPARENT}, {WHITE} and "
            "colours such as #f2f2f2.",
        )


@frozen(kw_only=True)
class Task:
    """What a request asks for, each field declared once for every edge.

    Modes and formats may be given by their names. Out-of-range values raise InvalidRequest naming
    the field.
    """

    mode: Mode = field(
        default=Mode.AUTO,
        converter=_mode,
        metadata=one_of("What to do, in any letter case.", Mode),
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
        ),
    )
    scale: int = field(
        default=2,
        validator=check_range,
        metadata=whole_number("Enlargement per side, for the UPSCALE modes.", MIN_SCALE, MAX_SCALE),
    )
    profile: str = field(
        default="generic",
        metadata=declare(
            "The marketplace whose rules STANDARDIZE follows.",
            allowed="the name of a marketplace profile such as generic or amazon",
            choices="generic, amazon and others",
            pattern=NAME_OF_A_BACKEND_OR_PROFILE,
        ),
    )
    background: str = field(
        default=TRANSPARENT,
        converter=_plainly,
        validator=_check_background,
        metadata=declare(
            "What is put behind a product that is cut out: transparent (white in JPEG), white, "
            "or a colour of sRGB such as #f2f2f2.",
            allowed=f"{TRANSPARENT}, {WHITE} or a colour such as #f2f2f2",
            pattern=f"^(?:{TRANSPARENT}|{WHITE}|{COLOUR.pattern})$",
        ),
    )
    """As CSS writes it, ``#rrggbb`` or ``#rgb``, if it is a colour."""
    keep_shadow: bool = field(
        default=False,
        metadata=declare(
            "Keep the shadow that the product casts on a plain background.",
            allowed="true or false",
        ),
    )

    @property
    def max_bytes(self) -> int | None:
        return None if self.target_size_kb is None else self.target_size_kb * BYTES_PER_KB

    @property
    def behind(self) -> tuple[int, int, int] | None:
        """The background's R, G and B, 0 to 255; None if it is to be transparent."""
        if self.background == TRANSPARENT:
            return None
        digits = "ffffff" if self.background == WHITE else self.background[1:]
        if len(digits) == 3:
            digits = "".join(2 * digit for digit in digits)
        red, green, blue = bytes.fromhex(digits)
        return red, green, blue


@frozen(kw_only=True)
class Metadata:
    """What is kept of a file's metadata; everything else, GPS first, is dropped."""

    copyright: str | None = None
    author: str | None = None
    digital_source_type: str | None = None
    """IPTC DigitalSourceType term, such as ``trainedAlgorithmicMedia``, if the file carried one."""


@frozen(kw_only=True, eq=False)
class Picture:
    """A decoded picture.

    ``pixels`` is uint8, shape (height, width, 3) or (height, width, 4), C-contiguous, channels in
    the order R, G, B and straight (not premultiplied) A, colours in sRGB, upright. Nobody changes
    ``pixels`` in place after construction: a step makes a new picture with ``with_pixels``.
    """

    pixels: NDArray[np.uint8] = field(repr=False)
    format: str
    """Pillow's name of the format that the bytes had: JPEG, PNG, TIFF, ..."""
    metadata: Metadata = Metadata()
    source_quality: int | None = None
    """Estimated libjpeg quality, 1 to 100, of a JPEG source; None for other formats."""
    warnings: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def has_alpha(self) -> bool:
        return int(self.pixels.shape[2]) == 4

    def with_pixels(self, pixels: NDArray[np.uint8]) -> Picture:
        return evolve(self, pixels=pixels)


class Effort(StrEnum):
    """How an encoder chooses quality when no target size is given."""

    FAITHFUL = "faithful"
    """Visually lossless: a high, fixed quality."""
    SMALLEST = "smallest"
    """The fewest bytes that still look the same."""


@frozen(kw_only=True)
class EncodeSpec:
    """How to turn pixels into a file."""

    format: Format
    max_bytes: int | None = None
    effort: Effort = Effort.FAITHFUL


@frozen(kw_only=True)
class EncodedImage:
    """A finished file and what it took to make it."""

    data: bytes = field(repr=False)
    format: Format
    width: int
    height: int
    quality: int | None = None
    """The encoder's quality setting, or None for a lossless file."""
    target_met: bool | None = None
    """Whether ``max_bytes`` was reached; None if none was asked for."""
    reason: str | None = None
    """One sentence: why the target was missed, or what had to be given up to meet it."""
    encodes: int = 1
    """How many times an encoder ran."""

    @property
    def size_bytes(self) -> int:
        return len(self.data)


@frozen(kw_only=True)
class QualityReport:
    """How good a picture is technically; every figure from 0 to 100, 100 meaning no defect.

    ``score`` sums the parts up; how, and each part's source, is documented where they are
    measured. The figures mean the same at 1 and at 20 megapixels.
    """

    score: float
    blur: float
    noise: float
    exposure: float
    contrast: float
    colour_cast: float
    blockiness: float
    measurements: Mapping[str, float] = field(factory=dict)
    """The raw figures behind the parts, in physical units (``noise_sigma`` in 8-bit levels)."""
    measured_by: str = ""
    """Names the method and its version; reports of different ones do not compare."""

    @property
    def parts(self) -> dict[str, float]:
        names = ("blur", "noise", "exposure", "contrast", "colour_cast", "blockiness")
        return {name: getattr(self, name) for name in names}


@frozen(kw_only=True)
class Step:
    """One thing a backend did, or decided not to do, and why, in words a seller understands."""

    name: str
    applied: bool
    why: str
    figures: Mapping[str, float] = field(factory=dict)


@frozen(kw_only=True)
class Rule:
    """One line of a marketplace's rules, held against the result."""

    name: str
    required: str
    measured: str
    passed: bool
    official: bool
    """True where the marketplace itself says so, False for a second-hand source."""


@frozen(kw_only=True)
class FileRules:
    """What a marketplace asks of the finished file."""

    max_bytes: int
    max_bytes_official: bool
    formats: tuple[str, ...]
    formats_official: bool

    def check(self, encoded: EncodedImage) -> tuple[Rule, ...]:
        """The two rules on the file: its size and its format."""
        size = Rule(
            name="file_size",
            required=f"at most {self.max_bytes / BYTES_PER_KB:.0f} KB",
            measured=f"{encoded.size_bytes / BYTES_PER_KB:.1f} KB",
            passed=encoded.size_bytes <= self.max_bytes,
            official=self.max_bytes_official,
        )
        kind = Rule(
            name="format",
            required=" or ".join(self.formats),
            measured=encoded.format,
            passed=encoded.format in self.formats,
            official=self.formats_official,
        )
        return (size, kind)


@frozen(kw_only=True, eq=False)
class Enhanced:
    """What a backend answers."""

    picture: Picture
    backend: str
    steps: tuple[Step, ...] = ()
    rules: tuple[Rule, ...] = ()
    """Rules on the pixels, already checked (STANDARDIZE)."""
    file_rules: FileRules | None = None
    """Rules on the file, to be kept and checked by whoever encodes it."""
    effort: Effort = Effort.FAITHFUL
    warnings: tuple[str, ...] = ()
    model_version: str | None = None
    response_id: str | None = None
    usage: Usage | None = None
    """What it used, if that has to be paid."""
