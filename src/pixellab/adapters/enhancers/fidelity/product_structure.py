"""Whether what is seen on the product is still there, and nothing else, whatever the light.

The structural similarity (Z. Wang et al., "Image quality assessment: from error visibility to
structural similarity", IEEE TIP 13(4), 2004) without its terms of brightness and contrast, which
may change. Detail as weak as noise or compression counts as none, and each place is compared with
those one pixel around it, since no alignment is exact.
"""

from __future__ import annotations

from itertools import product as pairs
from typing import TYPE_CHECKING

import cv2
import numpy as np
from attrs import frozen

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats, Mask
WINDOW = 2.0
"""Standard deviation, in pixels, of the window in which two places are compared."""
PART = 3.0
"""The same of the smallest part of which it is said that it changed."""
FAINT = 6.0
"""Standard deviation, in 8-bit levels, of detail that may get lost in any case."""
NOISES = 2.5
"""The same in standard deviations of the photo's noise."""
WITHIN = 0.012
"""Share of the longest side at the product's outline that is left out."""
PER_DEVIATION = 0.6745
"""The median distance from the mean of normal noise, in standard deviations."""


@frozen(eq=False)
class Structure:
    """How alike two pictures are where the product is; 1 for the same, 0 for nothing in common."""

    mean: float
    worst: float
    """Of the part that is least alike."""
    parts: Floats
    """float32 (height, width): how alike the part around each pixel is, also beside the product."""


def compare_structure(photo: Bytes, drawn: Bytes, product: Mask) -> Structure:
    """Of two pictures that lie on each other, uint8 (height, width, 3), where ``product`` is."""
    before, after = _luma(photo), _luma(drawn)
    lost = max(FAINT, NOISES * _noise(before)) ** 2
    alike = _alike(before, after, lost)
    parts = cv2.GaussianBlur(alike, (0, 0), PART)
    inside = _within(product)
    if not inside.any():
        inside = product
    return Structure(float(alike[inside].mean()), float(parts[inside].min()), parts)


def _luma(rgb: Bytes) -> Floats:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32)


def _within(product: Mask) -> Mask:
    width = 2 * max(2, round(WITHIN * max(product.shape))) + 1
    padded = np.pad(product.astype(np.uint8), 1)
    return np.asarray(cv2.erode(padded, np.ones((width, width), np.uint8))[1:-1, 1:-1] > 0)


def _noise(luma: Floats) -> float:
    """Standard deviation of the noise, from the finest diagonal detail of the picture.

    J. Immerkær, "Fast noise variance estimation" (CVIU 64(2), 1996), with the median.
    """
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    return float(np.median(np.abs(cv2.filter2D(luma, -1, mask))) / 6 / PER_DEVIATION)


def _alike(before: Floats, after: Floats, lost: float) -> Floats:
    mean, spread = _statistics(before)
    mean_after, spread_after = _statistics(after)
    best = np.full(before.shape, -1.0, np.float32)
    for x, y in pairs((-1, 0, 1), (-1, 0, 1)):
        move = np.array([[1, 0, x], [0, 1, y]], np.float32)
        moved, moved_mean, moved_spread = (
            cv2.warpAffine(each, move, before.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
            for each in (after, mean_after, spread_after)
        )
        common = _window(before * moved) - mean * moved_mean
        share = (common + lost) / np.sqrt((spread + lost) * (moved_spread + lost))
        best = np.maximum(best, share)
    return best


def _statistics(luma: Floats) -> tuple[Floats, Floats]:
    mean = _window(luma)
    return mean, np.maximum(_window(luma * luma) - mean * mean, 0)


def _window(plane: Floats) -> Floats:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), WINDOW))
