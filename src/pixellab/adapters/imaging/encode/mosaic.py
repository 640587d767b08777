"""A small stand-in for a large picture: tiles from all over it, side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

BLOCK = 16
"""Tiles begin at multiples of it, so that a JPEG's own blocks stay in their places."""


def mosaic(pixels: Pixels, *, tile: int, grid: int) -> Pixels:
    """``grid`` x ``grid`` tiles of side ``tile`` (a multiple of BLOCK), taken at even distances.

    ``pixels`` and the answer are uint8 (height, width, channels). A picture that is hardly larger
    than its mosaic is returned as it is.
    """
    height, width = pixels.shape[:2]
    side = tile * grid
    if 2 * height * width <= 3 * side * side or min(height, width) < side:
        return pixels
    rows, columns = (
        [int(start) // BLOCK * BLOCK for start in np.linspace(0, length - tile, grid)]
        for length in (height, width)
    )
    bands = [
        np.concatenate([pixels[y : y + tile, x : x + tile] for x in columns], axis=1) for y in rows
    ]
    return np.concatenate(bands)
