"""Writes AVIF."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.imaging.codecs.save import LARGE, Settings, save

TILE_PIXELS = 2_000_000


def write_avif(pixels: NDArray[np.uint8], settings: Settings) -> bytes:
    """The file of uint8 (height, width, 3 or 4), RGB or straight RGBA."""
    size = pixels[..., 0].size
    # Tiles by size, not by the number of cores, so that every machine writes the same bytes.
    tiles = 1 if size > TILE_PIXELS else 0
    options = {
        "quality": settings.quality,
        "speed": 9 if size >= LARGE else 7 if settings.thorough else 8,
        "subsampling": "4:4:4" if settings.full_chroma else "4:2:0",
        "autotiling": False,
        "tile_rows": tiles,
        "tile_cols": tiles,
    }
    return save(Image.fromarray(pixels), settings, options)
