"""Whether what should be neutral has a tint."""

from __future__ import annotations

from math import hypot

import cv2
import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from pixellab.adapters.imaging.quality.view import View

SAMPLES = 16_000
"""The view is shrunk, by a whole number, to about so many pixels."""
DARKEST = 20
"""Largest channel value up to which a pixel's colour is noise."""
WHITE = 253
"""Smallest channel value from which on a pixel is plain white."""
WHITE_WEIGHT = 0.3
"""What a plain white pixel has to say: it is neutral, but may be clipped."""
BANDWIDTH = 11.0
"""CIELAB units, of the kernel with which the neutral is sought: colours two or three times as far
from neutral belong to things, not to the light."""
STEPS = 12
NOTHING = 1e-9
"""Share of the picture within the kernel's reach below which there is nothing to move towards."""
NEAR = 7.0
"""CIELAB distance within which pixels belong to the neutral that was found."""
ENOUGH = 0.12
"""Share of the picture, by weight, that suffices to be sure."""

NEUTRAL = 5.0
"""CIELAB chroma up to which a pixel is neutral as it is."""
CONTRADICTION = 6.0
"""How much more such pixels say against a cast than the crowd elsewhere says for it: under a cast
hardly anything is neutral, while a large product is easily taken for one."""

PLAUSIBLE, PLAUSIBLE_STEEPNESS = 0.75, 12.0
"""Chroma over lightness at which a crowd is as likely a product that fills the frame as a cast:
nobody photographs goods in light as strongly coloured."""


@frozen
class ColourCast:
    """The estimated colour of a neutral grey."""

    a: float
    """CIELAB a*; 0 where there is no cast, positive towards magenta."""
    b: float
    """CIELAB b*; positive towards yellow."""
    confidence: float
    """0 to 1: how much of the picture speaks for it."""

    @property
    def strength(self) -> float:
        """Chroma of the cast in CIELAB units."""
        return hypot(self.a, self.b)


def colour_cast(pixels: NDArray[np.uint8]) -> ColourCast:
    """Estimate the cast of ``pixels``: uint8, (H, W, 3 or 4), R, G, B, straight A.

    Neutral things crowd around one point of the a*, b* plane, which a cast moves away from the
    origin (F. Gasparini and R. Schettini, Color balancing of digital photos using simple image
    statistics, Pattern Recognition 37(6), 2004). The crowd nearest to neutral is found by mean
    shift (D. Comaniciu and P. Meer, IEEE PAMI 24(5), 2002) from the origin, lighter pixels
    weighing more; a product's own strong colour is too far away to draw it.
    """
    return colour_cast_of(View.of(pixels))


def colour_cast_of(view: View) -> ColourCast:
    """``colour_cast`` of a view already taken."""
    lightness, ab, weight = _samples(view)
    if not weight.sum():
        return ColourCast(0.0, 0.0, 0.0)
    centre = np.zeros(2)
    for _ in range(STEPS):
        kernel = weight * np.exp(((ab - centre) ** 2).sum(axis=1) / (-2 * BANDWIDTH**2))
        if kernel.sum() < NOTHING * weight.sum():
            return ColourCast(0.0, 0.0, 0.0)
        centre = kernel @ ab / kernel.sum()
    near = ((ab - centre) ** 2).sum(axis=1) < NEAR**2
    neutral = ((ab**2).sum(axis=1) < NEUTRAL**2) & ~near
    speaking, against = (float(weight[each].sum() / weight.sum()) for each in (near, neutral))
    if not speaking:
        return ColourCast(0.0, 0.0, 0.0)
    confidence = min(1.0, speaking / ENOUGH) * speaking / (speaking + CONTRADICTION * against)
    cast_lightness = max(1.0, float(weight[near] @ lightness[near] / weight[near].sum()))
    saturation = float(np.hypot(*centre)) / cast_lightness
    confidence /= 1 + (saturation / PLAUSIBLE) ** PLAUSIBLE_STEEPNESS
    return ColourCast(float(centre[0]), float(centre[1]), confidence)


def _samples(
    view: View,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """L* (n), a* and b* (n, 2) of pixels that have a colour to tell, and the weight of each (n)."""
    # Means over some pixels each, as noise would scatter the crowd.
    by = max(1, round((view.luma.size / SAMPLES) ** 0.5))
    rgb, opaque = _shrunk(view.rgb, by), _shrunk(view.opaque.astype(np.uint8) * 255, by) == 255
    rgb = rgb[opaque]
    rgb = rgb[rgb.max(axis=1, initial=0) > DARKEST]
    if not rgb.size:
        return np.empty(0), np.empty((0, 2)), np.empty(0)
    lab = cv2.cvtColor((rgb / np.float32(255))[:, None, :], cv2.COLOR_RGB2LAB)[:, 0]
    lab = lab.astype(np.float64)
    weight = (lab[:, 0] / 100) ** 2
    weight[rgb.min(axis=1) >= WHITE] *= WHITE_WEIGHT
    return lab[:, 0], lab[:, 1:], weight


def _shrunk(plane: NDArray[np.uint8], by: int) -> NDArray[np.uint8]:
    size = (max(1, plane.shape[1] // by), max(1, plane.shape[0] // by))
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
