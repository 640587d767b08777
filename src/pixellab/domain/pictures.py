"""Pictures, the files they come from and become, and how good they are."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from pixellab.domain.formats import Format

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BYTES_PER_KB = 1000


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
    may_be_handed_on: bool = False
    """Whether the file that was opened shows these pixels and holds nothing that is dropped: it is
    upright, has one frame, in sRGB, and no metadata beyond a profile."""

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


@frozen(kw_only=True, eq=False)
class SourceFile:
    """A file that a picture was made of, as it came."""

    data: bytes = field(repr=False)
    format: str
    """Pillow's name of its format."""
    digital_source_type: str | None = None
    """As ``Metadata`` has it."""


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
    reserved_bytes: int = 0
    """Of ``max_bytes``, those that are kept free for what is added to the file later."""
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
    """In a sentence each: why the target was missed, or what had to be given up to meet it, and
    what a signature lacks."""
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


FAITHFUL, DOUBTFUL = 80.0, 50.0
"""Faithfulness from which on a result shows the product that its photo shows, and below which that
is in doubt: colours may change on purpose."""
DOUBTS = {
    "colour": "The product's colours changed visibly; compare the result with the photo.",
    "detail": "Detail of the product was lost; compare the result with the photo.",
    "whole": "A part of the product may be missing; compare the result with the photo.",
}
"""By part."""


@frozen(kw_only=True)
class Faithfulness:
    """How well a result keeps the product of its photo; every figure from 0 to 100, 100 for the
    same. How it is measured is documented where that is done."""

    score: float
    colour: float
    """What the product's colours moved, other light allowed for where the photo shows it."""
    detail: float
    """What is to be seen on the product: weave, seams, print."""
    whole: float
    """Whether all of it is shown."""

    @property
    def parts(self) -> dict[str, float]:
        return {"colour": self.colour, "detail": self.detail, "whole": self.whole}

    @property
    def doubt(self) -> str | None:
        """What a user should look at, in a sentence; None where nothing is in doubt."""
        if self.score >= DOUBTFUL:
            return None
        if max(self.parts.values()) == 0:
            return "The product was not found again in the result; compare the two."
        return DOUBTS[min(self.parts, key=self.parts.__getitem__)]
