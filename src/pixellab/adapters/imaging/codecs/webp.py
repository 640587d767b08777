"""Writes WEBP."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.imaging.codecs.save import LARGE, Settings, save


def write_webp(pixels: NDArray[np.uint8], settings: Settings) -> bytes:
    """The file of uint8 (height, width, 3 or 4), RGB or straight RGBA."""
    # Methods 0 and 1 fail where a large, rich picture overflows libwebp's first partition.
    method = 4 if pixels[..., 0].size < LARGE else 2
    options = {"quality": settings.quality, "method": method}
    return save(Image.fromarray(pixels), settings, options)
