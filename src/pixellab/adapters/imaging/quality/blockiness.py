"""How visible the 8 x 8 grid of JPEG is."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.imaging.quality.view import Tile, full_size_tiles, luma_of

GRID = 8
CEILING = 12.0
"""8-bit levels at which a step is cut off: larger ones are edges of what is shown."""
FAINT = 0.15
"""8-bit levels, added to the size of the steps off the grid: coarse compression leaves none."""


def blockiness(pixels: NDArray[np.uint8]) -> float:
    """Excess of the steps on an 8-pixel grid over those elsewhere, relative to the latter.

    0.0 is no grid; 1.0 means that steps on the grid are twice as large as others. ``pixels`` is
    uint8, (H, W, 3 or 4), R, G, B (and A, where transparent pixels do not count). The grid may
    begin anywhere, as after a crop; after a resize there is none, and none is found. After
    Z. Wang, H. Sheikh and A. Bovik, No-reference perceptual quality assessment of JPEG compressed
    images, ICIP 2002, with two changes: a step counts as far as it exceeds its neighbours, so
    that shading and texture do not, and the strongest of the eight phases of the grid as far as it
    exceeds the others, the opposite one above all: enlarging pixels to 2 x 2 or 4 x 4 is no JPEG.
    """
    return blockiness_of(full_size_tiles(pixels))


def blockiness_of(tiles: Iterable[Tile]) -> float:
    """``blockiness`` of tiles already taken."""
    lumas = [(tile.top, tile.left, luma_of(tile.rgb).astype(np.float32)) for tile in tiles]
    across = _excess((left, luma) for _, left, luma in lumas)
    down = _excess((top, np.ascontiguousarray(luma.T)) for top, _, luma in lumas)
    return (across + down) / 2


def _excess(tiles: Iterable[tuple[int, NDArray[np.float32]]]) -> float:
    """Of the steps from column to column; each tile comes with its first column's number."""
    excess, size, count = np.zeros(GRID), np.zeros(GRID), np.zeros(GRID)
    for start, luma in tiles:
        if luma.shape[1] < 4:
            continue
        steps = np.abs(np.diff(luma, axis=1))
        beside = (steps[:, :-2] + steps[:, 2:]) / 2
        steps = steps[:, 1:-1]
        phase = (start + np.arange(steps.shape[1])) % GRID
        each = np.clip(steps - beside, -CEILING, CEILING).mean(axis=0)
        excess += np.bincount(phase, each, GRID)
        size += np.bincount(phase, np.minimum(steps, CEILING).mean(axis=0), GRID)
        count += np.bincount(phase, minlength=GRID)
    if count.min() == 0:
        return 0.0
    by_phase = excess / count
    strongest = int(np.argmax(by_phase))
    opposite = by_phase[(strongest + GRID // 2) % GRID]
    others = max(opposite, np.median(by_phase))
    size_off_grid = np.delete(size, strongest).sum() / np.delete(count, strongest).sum()
    return float((by_phase[strongest] - others) / (size_off_grid + FAINT))
