"""Lifts shadows by the brightness around each pixel, so that local contrast stays."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.tiles import map_tiles

Plane = NDArray[np.floating[Any]]

GUIDE_SIDE = 512
"""Longest side, in pixels, of the reduced picture on which surroundings are averaged."""
RADIUS_SHARE = 1 / 16
EDGE = 0.03
"""Contrast, of 1, across which surroundings are not mixed; halos would show."""
MAX_GAIN = 2.5
"""A shadow needs to stay one, and its noise grows by the same factor."""
DEEPEST = 0.02
"""Brightness, of 1, from which a shadow is not lifted more than a darker one: it holds noise."""
BRIGHTEST = 0.98


def lift_shadows(pixels: NDArray[np.uint8], exponent: float) -> NDArray[np.uint8]:
    """uint8 (H, W, 3) RGB in and out; brightness b of the surroundings becomes b ** exponent.

    Each pixel's R, G and B are multiplied by the same gain, of 1 to MAX_GAIN, so hues and local
    contrast stay. Surroundings are those of the guided filter (K. He and J. Sun, "Fast guided
    filter", arXiv:1505.00996, 2015), whose coefficients are found on a reduced picture.
    """
    slope, offset = _guide(pixels)
    height, width = pixels.shape[:2]
    across, down = slope.shape[1] / width, slope.shape[0] / height

    def brighten(tile: NDArray[np.uint8], where: tuple[slice, slice]) -> NDArray[np.uint8]:
        rows, columns = where
        # Where a tile's pixel lies on the reduced picture: centres on centres.
        place = np.array(
            [
                [across, 0, (columns.start + 0.5) * across - 0.5],
                [0, down, (rows.start + 0.5) * down - 0.5],
            ]
        )
        size = (columns.stop - columns.start, rows.stop - rows.start)
        here = [
            cv2.warpAffine(
                plane,
                place,
                size,
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )
            for plane in (slope, offset)
        ]
        value = tile.max(axis=2).astype(np.float32) / 255
        around = np.clip(here[0] * value + here[1], DEEPEST, 1)
        gain = np.minimum(around ** np.float32(exponent - 1), MAX_GAIN)
        gain = np.clip(np.minimum(gain, BRIGHTEST / np.maximum(value, 1e-3)), 1, None)
        return np.clip(np.rint(tile * gain[..., None]), 0, 255).astype(np.uint8)

    return map_tiles(pixels, brighten, margin=0)


def _guide(pixels: NDArray[np.uint8]) -> tuple[Plane, Plane]:
    """Slope and offset, float32 (h, w), of surroundings = slope * value + offset."""
    height, width = pixels.shape[:2]
    scale = min(1.0, GUIDE_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    value = small.max(axis=2).astype(np.float32) / 255
    side = 2 * round(max(size) * RADIUS_SHARE) + 1

    def mean(plane: Plane) -> Plane:
        return cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT)

    average = mean(value)
    variance = np.maximum(mean(value * value) - average * average, 0)
    slope = variance / (variance + EDGE**2)
    return mean(slope), mean(average - slope * average)
