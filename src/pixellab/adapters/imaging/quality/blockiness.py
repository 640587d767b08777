"""How far the 8 x 8 grid of JPEG stands out, and how far it is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.imaging.quality.view import Tile, full_size_tiles, luma_of

Floats = NDArray[Any]
"""float32."""
Lumas = Iterable[tuple[int, Floats]]
"""Luma of tiles, and the number of the first column of each."""

GRID = 8
CEILING = 12.0
"""8-bit levels at which a step is cut off: larger ones are edges of what is shown."""
FAINT = 0.15
"""8-bit levels, added to the size of the steps off the grid: coarse compression leaves none."""
ALONG, ACROSS = 17, 4
"""Pixels along an edge and across it in which the texture that hides it is measured."""
AS_EDGE = 0.5
"""Of the difference of single pixels that is just seen, what is seen of an edge of eight pixels."""
PLAINEST = 2.0
"""How far beyond the limit, on average along a tile, a column of steps counts at most: one that
goes farther is an edge of what is shown, as of print."""
FULLY = 0.04
"""Mean of what goes beyond the limit, in units of that limit, from which on blocks count in whole.
Where they are plain on smooth parts it is 0.1, and less where the ground about a product is white.
"""
TRIFLE = 0.05
"""Blockiness that costs no tenth of a point, seen or not, and is not looked into."""


def blockiness(pixels: NDArray[np.uint8]) -> float:
    """Excess of the steps on an 8-pixel grid over those elsewhere, relative to the latter.

    0.0 is no grid; 1.0 means that steps on the grid are twice as large as others, seen or not.
    ``pixels`` is uint8, (H, W, 3 or 4), R, G, B (and A, where transparent pixels do not count). The
    grid may begin anywhere, as after a crop; after a resize there is none, and none is found. After
    Z. Wang, H. Sheikh and A. Bovik, No-reference perceptual quality assessment of JPEG compressed
    images, ICIP 2002, with two changes: a step counts as far as it exceeds its neighbours, so
    that shading and texture do not, and the strongest of the eight phases of the grid as far as it
    exceeds the others, the opposite one above all: enlarging pixels to 2 x 2 or 4 x 4 is no JPEG.
    """
    return _both_ways(_relative, full_size_tiles(pixels))


def blocks_seen(tiles: Iterable[Tile], trifle: float = TRIFLE) -> float:
    """``blockiness`` of tiles already taken, as far as it is seen; 0.0 is none that is, or less
    than ``trifle`` in all.

    It counts in whole where the steps go beyond the limit of visibility by ``FULLY`` on average,
    and in proportion below: what nobody sees is none, and what is plain grows with compression.

    The limit depends on the luma around (C.-H. Chou and Y.-C. Li, A perceptually tuned subband
    image coder based on the measure of just-noticeable-distortion profile, IEEE Transactions on
    Circuits and Systems for Video Technology 5(6), 1995), and where there is texture it is as large
    as that (contrast masking by noise: S. Daly, The visible differences predictor, in Digital
    Images and Human Vision, 1993). Texture is measured along the edge, so that the edge itself is
    none (S. Karunasekera and N. Kingsbury, A distortion measure for blocking artifacts in images
    based on human visual sensitivity, IEEE Transactions on Image Processing 4(6), 1995).
    """
    tiles = list(tiles)
    relative = _both_ways(_relative, tiles)
    if relative < trifle:
        return 0.0
    return relative * min(1.0, _both_ways(_visible, tiles) / FULLY)


def _both_ways(measure: Callable[[Lumas], float], tiles: Iterable[Tile]) -> float:
    """The mean of ``measure`` for the steps from column to column and from row to row."""
    lumas = [(tile.top, tile.left, luma_of(tile.rgb).astype(np.float32)) for tile in tiles]
    across = measure((left, luma) for _, left, luma in lumas)
    down = measure((top, np.ascontiguousarray(luma.T)) for top, _, luma in lumas)
    return (across + down) / 2


def _relative(lumas: Lumas) -> float:
    excess, size, count = np.zeros(GRID), np.zeros(GRID), np.zeros(GRID)
    for phase, steps, beside, _ in _steps(lumas):
        excess += np.bincount(phase, _excess(steps, beside).mean(axis=0), GRID)
        size += np.bincount(phase, np.minimum(steps, CEILING).mean(axis=0), GRID)
        count += np.bincount(phase, minlength=GRID)
    if count.min() == 0:
        return 0.0
    strongest, standing_out = _standing_out(excess / count)
    size_off_grid = np.delete(size, strongest).sum() / np.delete(count, strongest).sum()
    return float(standing_out / (size_off_grid + FAINT))


def _visible(lumas: Lumas) -> float:
    excess, count = np.zeros(GRID), np.zeros(GRID)
    for phase, steps, beside, luma in _steps(lumas):
        seen = _excess(steps, beside) / _limit(luma)
        beyond = seen - np.clip(seen, -1, 1)
        column = np.clip(beyond.mean(axis=0), -PLAINEST, PLAINEST)
        excess += np.bincount(phase, column, GRID)
        count += np.bincount(phase, minlength=GRID)
    if count.min() == 0:
        return 0.0
    return max(0.0, _standing_out(excess / count)[1])


def _steps(lumas: Lumas) -> Iterable[tuple[NDArray[Any], Floats, Floats, Floats]]:
    """Of each tile the phase of its columns on the grid, its steps, those beside them, its luma."""
    for start, luma in lumas:
        if luma.shape[1] < 4:
            continue
        steps = np.abs(np.diff(luma, axis=1))
        beside = (steps[:, :-2] + steps[:, 2:]) / 2
        yield (start + np.arange(beside.shape[1])) % GRID, steps[:, 1:-1], beside, luma


def _excess(steps: Floats, beside: Floats) -> Floats:
    return np.asarray(np.clip(steps - beside, -CEILING, CEILING))


def _standing_out(by_phase: NDArray[Any]) -> tuple[int, float]:
    """The strongest phase, and how far it exceeds the others."""
    strongest = int(np.argmax(by_phase))
    opposite = by_phase[(strongest + GRID // 2) % GRID]
    return strongest, float(by_phase[strongest] - max(opposite, np.median(by_phase)))


def _limit(luma: Floats) -> Floats:
    """The size, in 8-bit levels, of the step after each inner column that is just seen."""
    mean = cv2.blur(luma, (1, ALONG))
    variance = np.maximum(cv2.blur(luma * luma, (1, ALONG)) - mean * mean, 0)
    texture = cv2.blur(variance, (ACROSS, 1))[:, 2:-1]
    # The blocks above and below are no texture: they are on one side of a pixel alone.
    texture = cv2.sqrt(cv2.erode(texture, np.ones((ALONG, 1), np.uint8)))
    plain = cv2.LUT(np.ascontiguousarray(mean[:, 1:-2].astype(np.uint8)), _JUST_SEEN_OF_EDGE)
    return np.asarray(cv2.max(plain, texture), np.float32)


def _just_seen() -> Floats:
    """For each 8-bit luma the difference that is just seen on it, as Chou and Li measured it."""
    luma = np.arange(256)
    dark = 17 * (1 - np.sqrt(luma / 127)) + 3
    return np.where(luma <= 127, dark, 3 / 128 * (luma - 127) + 3).astype(np.float32)


_JUST_SEEN_OF_EDGE = (AS_EDGE * _just_seen()).astype(np.float32)
