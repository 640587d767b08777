"""How much of what is to be seen on a product is still there, and nothing in its place."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.imaging.blocks import block_means
from pixellab.adapters.imaging.likeness.shown_product import ShownProduct
from pixellab.adapters.imaging.quality.blockiness import blockiness

Plane = NDArray[np.float32]
Floats = NDArray[Any]

BLOCK = 16
BANDS = ((0.0, 1.6), (1.2, 3.2))
"""Sigmas, in pixels, between which a band's detail lies: fibres and print, and seams and folds."""
BEYOND_BLOCKS = ((2.4, 6.4),)
GRID = 0.25
"""The band that is asked where JPEG's blocks went, and the loss of ``blockiness`` from which on
they did: their edges, and what was left inside them, are no detail of the product."""
FAR_ABOVE, LEAST = 6.0, 36.0
"""Energy over the noise's own, and in squared 8-bit levels, from which on a block shows detail."""
FAINT = 6.0
"""Energy of what a block may lack of it unseen: 2.4 levels, as in a JPEG of quality 92, whose
SSIMULACRA 2 is 85 or more."""
FEWEST = 6
"""Blocks that say anything about a product."""
WORST = 0.25
"""Share of the blocks, the ones that kept least, that speak for a product: a print is small."""


def detail_kept(laid: ShownProduct) -> float:
    """0 to 1, of the blocks that kept least of what stands out from noise.

    What a block kept is the part of its detail that is in the result as well, by least squares,
    1 at most, times their correlation: weaker, displaced or doubled detail counts less,
    and stronger as much. Noise, as measured in the photo, is not expected to stay, nor what is too
    faint to be seen amid detail, which every lossy format leaves out.
    """
    before, after = (_luma(each) for each in (laid.before, laid.after))
    bands = BANDS[1:] if laid.is_moved else BANDS
    if blockiness(laid.before) > blockiness(laid.after) + GRID:
        bands = BEYOND_BLOCKS
    kept = [
        _kept(
            _band(before, *band), _band(after, *band), laid.seen, _left_of_noise(laid.noise, *band)
        )
        for band in bands
    ]
    return min(kept)


def _kept(before: Plane, after: Plane, seen: NDArray[np.bool_], of_noise: float) -> float:
    if min(before.shape) < BLOCK:
        return 1.0
    inside = block_means(seen.astype(np.float32), BLOCK) >= 1
    had = block_means(before * before, BLOCK)
    told = inside & (had > np.maximum(FAR_ABOVE * of_noise, LEAST))
    if told.sum() < FEWEST:
        return 1.0
    signal = had[told] - of_noise
    common = np.maximum(block_means(before * after, BLOCK)[told], 0) + FAINT
    has = block_means(after * after, BLOCK)[told] + FAINT
    part = np.minimum(common / signal, 1)
    alike = np.minimum(common / np.sqrt(signal * has), 1)
    by_block = np.sort(part * alike)
    return float(by_block[: max(FEWEST, round(WORST * by_block.size))].mean())


def _left_of_noise(noise: float, fine: float, coarse: float) -> float:
    """Energy that white noise of this sigma has in a band."""
    narrow = 1.0 if fine == 0 else 1 / (4 * np.pi * fine**2)
    both = 1 / (2 * np.pi * (fine**2 + coarse**2))
    wide = 1 / (4 * np.pi * coarse**2)
    return float(noise**2 * (narrow - 2 * both + wide))


def _band(luma: Plane, fine: float, coarse: float) -> Plane:
    narrow = luma if fine == 0 else cv2.GaussianBlur(luma, (0, 0), fine)
    return np.asarray(narrow - cv2.GaussianBlur(luma, (0, 0), coarse), np.float32)


def _luma(rgb: NDArray[np.uint8]) -> Plane:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32)
