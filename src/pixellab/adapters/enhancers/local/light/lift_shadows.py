"""Lifts shadows by the brightness around each pixel, so that local contrast stays."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.pixels.tiles import map_tiles

Pixels = NDArray[np.uint8]
Plane = NDArray[Any]
"""float32, (H, W): the results of OpenCV are typed no closer."""

GUIDE_SIDE = 512
"""Longest side, in pixels, of the reduced picture on which surroundings are averaged."""
RADIUS_SHARE = 1 / 16
EDGE = 0.03
"""Contrast, of 1, across which surroundings are not mixed; halos would show."""
MAX_GAIN = 2.5
"""A shadow needs to stay one, and its noise grows by the same factor."""
DEEPEST = 0.02
"""Brightness, of 1, from which a shadow is not lifted more than a lighter one: it holds noise."""
BRIGHTEST = 250.0
"""8-bit level that lifting does not pass."""
TABLE = 1024


def lift_shadows(pixels: Pixels, exponent: float) -> Pixels:
    """uint8 (H, W, 3) RGB in and out; brightness b of the surroundings becomes b ** exponent.

    Each pixel's R, G and B are multiplied by the same gain, of 1 to MAX_GAIN, so hues and local
    contrast stay. Surroundings are those of the guided filter (K. He and J. Sun, "Fast guided
    filter", arXiv:1505.00996, 2015), whose coefficients are found on a reduced picture.
    """
    slope, offset = _guide(pixels)
    across, down = slope.shape[1] / pixels.shape[1], slope.shape[0] / pixels.shape[0]
    brightness = np.maximum(np.arange(TABLE, dtype=np.float32) / (TABLE - 1), DEEPEST)
    gains = np.minimum(brightness ** np.float32(exponent - 1), MAX_GAIN)
    limits = np.maximum(BRIGHTEST / np.arange(1, 257, dtype=np.float32), 1)

    def brighten(tile: Pixels, where: tuple[slice, slice]) -> Pixels:
        rows, columns = where
        # Where a tile's pixel lies on the reduced picture: centres on centres.
        place = np.array(
            [
                [across, 0, (columns.start + 0.5) * across - 0.5],
                [0, down, (rows.start + 0.5) * down - 0.5],
            ]
        )
        value = _value(tile)
        around = _enlarged(slope, place, value) * (value * np.float32(1 / 255))
        around += _enlarged(offset, place, value)
        index = (np.clip(around, 0, 1) * (TABLE - 1)).astype(np.int16)
        gain = np.minimum(gains[index], limits[value])
        return np.asarray(cv2.multiply(tile, cv2.merge([gain] * 3), dtype=cv2.CV_8U), np.uint8)

    return map_tiles(pixels, brighten, margin=0)


def _value(rgb: Pixels) -> Pixels:
    """The lightest channel of each pixel, (H, W)."""
    red, green, blue = cv2.split(rgb)
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)


def _enlarged(plane: Plane, place: NDArray[np.float64], like: Pixels) -> Plane:
    return np.asarray(
        cv2.warpAffine(
            plane,
            place,
            (like.shape[1], like.shape[0]),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
    )


def _guide(pixels: Pixels) -> tuple[Plane, Plane]:
    """Slope and offset, float32 (h, w), of surroundings = slope * value + offset."""
    height, width = pixels.shape[:2]
    scale = min(1.0, GUIDE_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    value = _value(np.asarray(small, np.uint8)).astype(np.float32) / 255
    side = 2 * round(max(size) * RADIUS_SHARE) + 1

    def mean(plane: Plane) -> Plane:
        return np.asarray(cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT))

    average = mean(value)
    variance = np.maximum(mean(value * value) - average * average, 0)
    slope = variance / (variance + EDGE**2)
    return mean(slope), mean(average - slope * average)
