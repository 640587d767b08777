"""What there is to know of a format."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import BinaryIO

import numpy as np
from attrs import Factory, field, frozen
from numpy.typing import NDArray
from PIL import features
from PIL.ImageFile import ImageFile

from pixellab.adapters.imaging.codecs.save import Settings

Pixels = NDArray[np.uint8]


@frozen(kw_only=True)
class Qualities:
    """An encoder's settings of quality, 1 to 100 in its own units."""

    faithful: int
    """Meant to be visually lossless."""
    least_faithful: int | None = None
    """A file from a source of the same format is no finer than that was, down to this; None where
    the quality of a source cannot be told."""
    floor: int
    """Below it, pixels are given up instead to meet a size."""
    smallest: tuple[int, int]
    """Between these the lowest is sought that looks the same."""
    likely: int
    """Where most photos look the same, about, and the search sets out."""
    likeness_slope: float
    """Rise of SSIMULACRA 2 per step, about, where a file looks the same."""
    size_slope: float
    """Rise of log(bytes) per step, before two encodes have shown the picture's own."""


@frozen(kw_only=True)
class Writing:
    """How files of a format are made."""

    encode: Callable[[Pixels, Settings], bytes]
    """Of uint8 (height, width, 3) RGB and, where ``Format.keeps_alpha``, straight RGBA."""
    max_side: int
    """Longest side in pixels."""
    qualities: Qualities | None
    """None where nothing is ever lost."""


@frozen(kw_only=True)
class Extra:
    """A package that is installed on request, for one format."""

    name: str
    module: str


@frozen(kw_only=True)
class ImageFormat:
    """All there is to know of a format."""

    name: str
    """As Pillow, ``Picture.format`` and, where it is written, ``Format`` have it."""
    title: str = field(default=Factory(lambda self: self.name, takes_self=True))
    """As users know it."""
    begins: Callable[[bytes], bool]
    """Whether a file is of this format, by its first HEAD bytes."""
    reader: Callable[[BinaryIO], ImageFile]
    """Pillow's reader of just this format, without Pillow's process-wide limits and guesses."""
    writing: Writing | None = None
    """None where files are only read."""
    codec: str | None = None
    """Pillow's name of the library that it has to be built with; None where it needs none."""
    extra: Extra | None = None

    @property
    def is_usable(self) -> bool:
        """Whether this installation has what the format needs."""
        if self.extra:
            return find_spec(self.extra.module) is not None
        return self.codec is None or bool(features.check(self.codec))
