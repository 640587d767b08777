"""The gains that make neutral what was tinted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.light.correct_light import Gains
from pixellab.adapters.enhancers.local.light.ground import log_chromaticity

Pixels = NDArray[np.uint8]

SPOT = 0.01
"""Radius of what is looked at around a place, as a share of the longest side."""
DARKEST, WHITE = 16.0, 254.0
"""8-bit levels: a darker spot has no colour to tell, and one with all channels lighter is white."""


def gains_of(tint: NDArray[np.float64], share: float = 1.0) -> Gains:
    """Factors of linear R, G, B, the smallest 1, that take off a share of a log-chromaticity."""
    red, green, blue = np.exp(share * (tint.max() - tint))
    return float(red), float(green), float(blue)


def tint_at(pixels: Pixels, place: tuple[float, float]) -> NDArray[np.float64] | None:
    """The log-chromaticity of what uint8 (H, W, 3) RGB shows around a place.

    ``place`` is x and y as shares of width and height, 0 to 1. The median of each channel counts.
    None where it is too dark to have a colour.
    """
    height, width = pixels.shape[:2]
    x, y = (
        min(int(share * side), side - 1) for share, side in zip(place, (width, height), strict=True)
    )
    radius = round(SPOT * max(height, width))
    spot = pixels[max(y - radius, 0) : y + radius + 1, max(x - radius, 0) : x + radius + 1]
    colour = np.median(spot.reshape(-1, 3), axis=0)
    if colour.max() < DARKEST:
        return None
    if colour.min() >= WHITE:
        return np.zeros(3)
    return np.asarray(log_chromaticity(colour), np.float64)
