"""A small stand-in for a large picture: tiles from all over it, side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

TILE = 128
"""Side in pixels; a multiple of every codec's block (JPEG 16, WEBP 16, AV1 128)."""
GRID = 6
"""Tiles per row and column."""


def mosaic(pixels: Pixels) -> Pixels:
    """GRID x GRID tiles taken at even distances; the picture itself where it is hardly larger.

    ``pixels`` and the answer are uint8 (height, width, channels); tiles begin at multiples of 16,
    so that a JPEG's own blocks stay in their places.
    """
    height, width = pixels.shape[:2]
    side = TILE * GRID
    if height * width <= 1.5 * side * side or min(height, width) < side:
        return pixels
    rows, columns = (_starts(length) for length in (height, width))
    bands = [
        np.concatenate([pixels[y : y + TILE, x : x + TILE] for x in columns], axis=1) for y in rows
    ]
    return np.concatenate(bands)


def _starts(length: int) -> list[int]:
    return [int(start) // 16 * 16 for start in np.linspace(0, length - TILE, GRID)]
