"""Writes PNG, with nothing lost or, on request, with few colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.imaging import metadata
from pixellab.adapters.imaging.codecs.palette import all_colours, nearest_colours
from pixellab.adapters.imaging.codecs.save import LARGE, Settings, save

Pixels = NDArray[np.uint8]

LEVEL, QUICK_LEVEL = 6, 3
"""zlib's levels; above 6 photos shrink by less than 1% in twice the time."""


def write_png(pixels: Pixels, settings: Settings) -> bytes:
    """The file of uint8 (height, width, 3 or 4), RGB or straight RGBA."""
    image = _without_redundancy(pixels)
    if settings.palette and image.mode in ("RGB", "RGBA"):
        image = nearest_colours(pixels)
    quick = pixels[..., 0].size >= LARGE and not settings.thorough
    options = {"compress_level": QUICK_LEVEL if quick else LEVEL}
    return save(image, settings, options, metadata.png_xmp)


def _without_redundancy(pixels: Pixels) -> Image.Image:
    """Grey where all colours are grey, a palette where 256 colours are enough; nothing is lost."""
    if pixels.shape[2] == 3 and _is_grey(pixels):
        return Image.fromarray(np.ascontiguousarray(pixels[..., 0]))
    return all_colours(pixels) or Image.fromarray(pixels)


def _is_grey(pixels: Pixels) -> bool:
    red, green, blue = (pixels[..., channel] for channel in range(3))
    return bool(np.array_equal(red, green) and np.array_equal(red, blue))
