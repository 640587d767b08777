"""White behind a product, made out of a background that is nearly white."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pixellab.adapters.imaging.compositing import on_white

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Mask
    from pixellab.adapters.enhancers.local.segmentation.ground.plain_background import (
        PlainBackground,
    )


WHITE = 255
NOISE_WIDTHS = 3.0
"""Levels within this many standard deviations of the background's noise become white."""
LEVELS_PER_LIGHTNESS = 2.7
"""8-bit sRGB levels per unit of CIELAB lightness, near white."""
RIM, FADE = 0.015, 0.02
"""Shares of the picture's longest side: its rim is white, and over the next part it fades in."""


def whitened(rgb: Bytes, plain: PlainBackground, product: Mask) -> Bytes:
    """``rgb`` (height, width, 3), uint8, with its background ``plain`` lifted to exactly white.

    ``plain`` and the mask ``product`` are of a smaller copy. Every pixel is divided by the
    background's colour at its place, so soft shadows stay and the product keeps its shading; what
    differs from white by no more than the background's noise becomes white, without a step; the
    edges of the picture fade to white where there is no product.
    """
    size = rgb.shape[1::-1]
    colour = cv2.cvtColor(plain.surface, cv2.COLOR_LAB2RGB).clip(0.5, 1)
    gain = cv2.resize(1 / colour, size, interpolation=cv2.INTER_LINEAR)
    lifted = cv2.multiply(rgb, gain, dtype=cv2.CV_8U)
    noise = max(1.0, NOISE_WIDTHS * plain.noise * LEVELS_PER_LIGHTNESS)
    lifted = cv2.LUT(lifted, _noise_to_white(noise))
    fade = _fade(product)
    return on_white(lifted, cv2.resize(fade, size, interpolation=cv2.INTER_LINEAR))


def _noise_to_white(noise: float) -> Bytes:
    """A table: levels within ``noise`` of white to white, those four times as far unchanged."""
    distance = WHITE - np.arange(WHITE + 1, dtype=np.float32)
    t = np.clip((distance - noise) / (3 * noise), 0, 1)
    return np.asarray(np.round(WHITE - distance * t * t * (3 - 2 * t)), np.uint8)


def _fade(product: Mask) -> Bytes:
    """0 at the picture's edge to 255 inside and around the product."""
    height, width = product.shape
    reach = max(2, round(FADE * max(height, width)))
    inside = np.zeros((height + 2, width + 2), np.uint8)
    inside[1:-1, 1:-1] = 1
    from_edge = cv2.distanceTransform(inside, cv2.DIST_C, 3)[1:-1, 1:-1] - 1
    from_product = cv2.distanceTransform((~product).astype(np.uint8), cv2.DIST_L2, 3)
    rim = 1 + RIM * max(height, width)
    keep = np.maximum((from_edge - rim) / reach, 1 - from_product / reach).clip(0, 1)
    return np.asarray(np.round(keep * WHITE), np.uint8)
