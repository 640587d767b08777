"""Stretches contrast without touching hue or saturation."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.pixels.tiles import map_tiles

Pixels = NDArray[np.uint8]

SHOULDER = 246.0
"""8-bit level from which values bend instead of clipping."""
MOST = 4 * 255
"""What a stretched channel is looked up to; no stretch goes so far."""


def stretch_lightness(pixels: Pixels, black: float, stretch: float) -> Pixels:
    """uint8 (H, W, 3) RGB in and out; the luma v of a pixel becomes (v - black) * stretch.

    R, G and B of a pixel are multiplied by the same factor, so hue and saturation stay, but for
    what bends instead of clipping.
    """
    luma = np.arange(256, dtype=np.float32)
    gains = np.maximum((luma - black) * stretch, 0) / np.maximum(luma, 1)
    gains = gains.astype(np.float32)
    levels = np.rint(shouldered(np.arange(MOST + 1.0))).astype(np.uint8)

    def work(tile: Pixels, _: tuple[slice, slice]) -> Pixels:
        gain = gains[cv2.cvtColor(tile, cv2.COLOR_RGB2GRAY)]
        grown = cv2.multiply(tile, cv2.merge([gain] * 3), dtype=cv2.CV_16U)
        return np.asarray(levels[np.minimum(grown, MOST)], np.uint8)

    return map_tiles(pixels, work, margin=0)


def shouldered(levels: NDArray[Any]) -> NDArray[Any]:
    """8-bit levels, those above SHOULDER bent so that they stay below 255."""
    room = 255 - SHOULDER
    bent = SHOULDER + room * -np.expm1(-np.maximum(levels - SHOULDER, 0) / room)
    return np.asarray(np.where(levels > SHOULDER, bent, levels))
