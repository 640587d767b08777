"""Pictures and what a request asks of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Self, TypeVar

from attrs import evolve, field, frozen

from pixellab.domain.errors import InvalidRequest
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
        return _parse(cls, "output_format", "JPEG" if text.upper() == "JPG" else text)

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


EXTENSIONS: Mapping[str, str] = {
    "JPEG": "jpg",
    "PNG": "png",
    "WEBP": "webp",
    "AVIF": "avif",
    "TIFF": "tif",
    "BMP": "bmp",
    "GIF": "gif",
    "HEIF": "heic",
}
"""Extension, without the dot, of every format that is read or written."""

MEDIA_TYPES: Mapping[str, str] = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
    "TIFF": "image/tiff",
    "BMP": "image/bmp",
    "GIF": "image/gif",
    "HEIF": "image/heic",
}


def _plainly(text: str) -> str:
    return text.strip().lower()


@frozen(kw_only=True)
class Task:
    """What a request asks for. Out-of-range values raise InvalidRequest naming the field."""

    mode: Mode = Mode.AUTO
    output_format: Format = Format.JPEG
    target_size_kb: int | None = None
    """The enhanced file is at most this many KB (1 KB = 1000 bytes), 50 to 2000."""
    scale: int = 2
    """Enlargement by UPSCALE and UPSCALE_DENOISE, per side, 2 to 4."""
    profile: str = "generic"
    """The marketplace whose rules STANDARDIZE follows."""
    background: str = field(default=TRANSPARENT, converter=_plainly)
    """What BACKGROUND_REMOVE and FULL put behind the product: ``transparent``, which a JPEG shows
    as white, ``white``, or a colour of sRGB as CSS writes it, ``#rrggbb`` or ``#rgb``."""
    keep_shadow: bool = False
    """Whether these modes keep the shadow that the product casts on a plain background."""

    def __attrs_post_init__(self) -> None:
        target = self.target_size_kb
        if target is not None and not MIN_TARGET_KB <= target <= MAX_TARGET_KB:
            raise InvalidRequest(
                "target_size_kb",
                f"target_size_kb is {target}; allowed are {MIN_TARGET_KB} to {MAX_TARGET_KB}.",
            )
        if not MIN_SCALE <= self.scale <= MAX_SCALE:
            raise InvalidRequest(
                "scale", f"scale is {self.scale}; allowed are {MIN_SCALE} to {MAX_SCALE}."
            )
        if self.background not in (TRANSPARENT, WHITE) and not COLOUR.fullmatch(self.background):
            raise InvalidRequest(
                "background",
                f"background is {self.background[:40]!r}; allowed are {TRANSPARENT}, {WHITE} and "
                "colours such as #f2f2f2.",
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
