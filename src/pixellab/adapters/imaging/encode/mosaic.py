"""A small stand-in for a large picture: tiles from all over it, side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

FLAT, PROBE = 6, 8
"""Range of green, in 8-bit levels, of every 8th pixel, up to which a tile shows nothing."""
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


def telling_mosaic(pixels: Pixels, *, tile: int, grid: int) -> Pixels:
    """The same of the tiles that show something, since on a canvas or a plain ground nothing is
    ever lost; fewer where there are not so many."""
    rows, columns = pixels.shape[0] // tile, pixels.shape[1] // tile
    probes = pixels[: rows * tile : PROBE, : columns * tile : PROBE, 1]
    side = tile // PROBE
    blocks = probes.reshape(rows, side, columns, side)
    told = np.argwhere(blocks.max(axis=(1, 3)).astype(int) - blocks.min(axis=(1, 3)) > FLAT)
    across = min(grid, int(np.sqrt(len(told))))
    if across < 2 or len(told) == rows * columns:
        return mosaic(pixels, tile=tile, grid=grid)
    chosen = told[np.linspace(0, len(told) - 1, across * across).astype(int)] * tile
    tiles = [pixels[y : y + tile, x : x + tile] for y, x in chosen]
    bands = [np.concatenate(tiles[at : at + across], axis=1) for at in range(0, len(tiles), across)]
    return np.concatenate(bands)
