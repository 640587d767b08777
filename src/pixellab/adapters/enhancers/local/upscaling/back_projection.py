"""Enlarges a picture so that, seen small again, it is the picture that came in."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.pixels.tiles import map_tiles
from pixellab.adapters.enhancers.local.upscaling.range_of_neighbours import range_around

Plane = NDArray[Any]
"""float32, (H, W): the results of OpenCV are typed no closer."""

BACK_PROJECTIONS = 3
MARGIN = 16
TILE = 256
SLACK = 0.1
"""How far a new pixel may pass the range of the old ones around it, as a share of that range."""


def upscale(pixels: NDArray[np.uint8], scale: int) -> NDArray[np.uint8]:
    """uint8 (H, W, 3) RGB to (H * scale, W * scale, 3); ``scale`` 2, 3 or 4.

    Lanczos interpolation, then iterative back-projection (M. Irani and S. Peleg, "Improving
    resolution by image registration", CVGIP 53(3), 1991): what the enlargement, averaged down,
    lacks of the original is enlarged and added. Every pixel is held near the range of the old
    pixels around it, so that no edge rings and nothing appears that was not there.
    """

    def enlarge(tile: NDArray[np.uint8], _: tuple[slice, slice]) -> NDArray[np.uint8]:
        small = tile.astype(np.float32)
        large = _resized(small, scale, cv2.INTER_LANCZOS4)
        low, high = range_around(small, scale, SLACK)
        for _round in range(BACK_PROJECTIONS):
            lacking = small - _reduced(large, small)
            large += _resized(lacking, scale, cv2.INTER_CUBIC)
            large = np.clip(large, low, high, out=large)
        inner = slice(MARGIN * scale, -MARGIN * scale)
        out = large[inner, inner]
        return np.clip(np.rint(out, out=out), 0, 255, out=out).astype(np.uint8)

    return map_tiles(pixels, enlarge, margin=MARGIN, scale=scale, tile=TILE)


def _resized(plane: Plane, scale: int, how: int) -> Plane:
    size = (plane.shape[1] * scale, plane.shape[0] * scale)
    return np.asarray(cv2.resize(plane, size, interpolation=how))


def _reduced(large: Plane, like: Plane) -> Plane:
    size = (like.shape[1], like.shape[0])
    return np.asarray(cv2.resize(large, size, interpolation=cv2.INTER_AREA))
