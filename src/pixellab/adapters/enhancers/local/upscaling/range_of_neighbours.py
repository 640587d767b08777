"""The range of the old pixels around each new one: what an enlargement may hardly leave."""

from __future__ import annotations

from collections.abc import Iterator
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
LUMA = np.array([[0.299, 0.587, 0.114]], np.float32)
"""ITU-R BT.601."""


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
    for band, around, rows in _bands(pixels.shape[0], scale):
        low, high = range_around(pixels[around].astype(np.float32), scale, SLACK / scale)
        # Rounded outwards, so that what is inside of the range is not touched.
        np.clip(
            large[band], np.floor(low[rows]), np.ceil(high[rows]), out=out[band], casting="unsafe"
        )
    return out


def lit_by(large: Pixels, other: Pixels, share: float, pixels: Pixels, scale: int) -> Pixels:
    """``large`` with a ``share`` of the lightness of ``other``, 0 to 1; all as in ``hold``.

    Its colours, as what R, G and B have over luma, are held to the range of those of ``pixels``,
    so that grey stays grey.
    """
    out = np.empty_like(large)
    for band, around, rows in _bands(pixels.shape[0], scale):
        low, high = range_around(_split(pixels[around])[1], scale, 0.0)
        luma, colour = _split(large[band])
        luma += share * (_split(other[band])[0] - luma)
        merged = np.rint(luma + np.clip(colour, low[rows], high[rows]))
        np.clip(merged, 0, 255, out=out[band], casting="unsafe")
    return out


def _split(pixels: Pixels) -> tuple[Plane, Plane]:
    """Luma, float32 (H, W, 1), and what R, G and B have over it, (H, W, 3)."""
    rgb: Plane = pixels.astype(np.float32)
    luma = cv2.transform(rgb, LUMA)[..., None]
    return luma, rgb - luma


def _bands(height: int, scale: int) -> Iterator[tuple[slice, slice, slice]]:
    """Rows of the new picture, those of the old one with some around, and the former in these."""
    for top in range(0, height, BAND):
        bottom = min(top + BAND, height)
        first, last = max(top - MARGIN, 0), min(bottom + MARGIN, height)
        rows = slice((top - first) * scale, (bottom - first) * scale)
        yield slice(top * scale, bottom * scale), slice(first, last), rows
