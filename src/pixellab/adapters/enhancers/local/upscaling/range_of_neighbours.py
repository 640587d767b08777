"""The range of the old pixels around each new one: what an enlargement may hardly leave."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Plane = NDArray[Any]
"""float32, (H, W, 3): the results of OpenCV are typed no closer."""

SLACK = 0.4
"""How far a new pixel may pass that range, as a share of it, over the scale: doubled, a picture
loses detail from below 0.3 on; doubled twice, edges without any blur, as drawings have, ring
twice as far unless they are held."""
BAND = 256
"""Rows of the old picture that are worked on at a time."""
MARGIN = 4


def range_around(small: Plane, scale: int, slack: float) -> tuple[Plane, Plane]:
    """The least and the greatest of the 3 x 3 old pixels around each new one, with ``slack``.

    float32 (H, W, 3) in, twice (H * scale, W * scale, 3) out.
    """
    around = np.ones((3, 3), np.uint8)
    low, high = cv2.erode(small, around), cv2.dilate(small, around)
    spare = slack * (high - low)
    size = (small.shape[1] * scale, small.shape[0] * scale)
    least, most = (cv2.resize(plane, size) for plane in (low - spare, high + spare))
    return least, most


def hold(large: Pixels, pixels: Pixels, scale: int) -> Pixels:
    """``large``, uint8 (H * scale, W * scale, 3), held near the range of ``pixels``, (H, W, 3)."""
    out = np.empty_like(large)
    height = pixels.shape[0]
    for top in range(0, height, BAND):
        bottom = min(top + BAND, height)
        first, last = max(top - MARGIN, 0), min(bottom + MARGIN, height)
        low, high = range_around(pixels[first:last].astype(np.float32), scale, SLACK / scale)
        rows = slice((top - first) * scale, (bottom - first) * scale)
        band = slice(top * scale, bottom * scale)
        # Rounded outwards, so that what is inside of the range is not touched.
        np.clip(
            large[band], np.floor(low[rows]), np.ceil(high[rows]), out=out[band], casting="unsafe"
        )
    return out
