"""Planes as linear functions of a picture's colour, window by window: the guided filter.

K. He, J. Sun and X. Tang, "Guided Image Filtering", IEEE PAMI 35 (2013), with a guide in colour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats
RADIUS = 3
EPSILON = 1e-5
"""Variance, of colours from 0 to 1, of what is noise."""


class LinearModels:
    """The windows of one guide: float32 (height, width, 4), R, G, B from 0 to 1, and 1."""

    def __init__(self, guide: Floats) -> None:
        self._guide = guide
        self._mean = _mean(guide)
        red, green, blue = planes(guide)
        m_red, m_green, m_blue = planes(self._mean)
        rr = np.maximum(_mean(red * red) - m_red * m_red, 0) + EPSILON
        gg = _mean(green * green) - m_green * m_green + EPSILON
        bb = _mean(blue * blue) - m_blue * m_blue + EPSILON
        rg = _mean(red * green) - m_red * m_green
        rb = _mean(red * blue) - m_red * m_blue
        gb = _mean(green * blue) - m_green * m_blue
        # Each window's covariance matrix as L D L', whose pivots stay above the noise in float32.
        l_green, l_blue = rg / rr, rb / rr
        second = np.maximum(gg - l_green * rg, EPSILON)
        crossed = gb - l_green * rb
        l_last = crossed / second
        third = np.maximum(bb - l_blue * rb - l_last * crossed, EPSILON)
        self._l = l_green, l_blue, l_last
        self._pivots = rr, second, third

    def fit(self, plane: Floats) -> Floats:
        """The functions, float32 (height, width, 4), whose ``values`` are nearest to ``plane``.

        Each pixel's is the mean of those of the windows that it lies in.
        """
        products = _mean(weighted(self._guide, plane))
        mean = np.ascontiguousarray(products[..., 3])
        products -= weighted(self._mean, mean)
        red, green, blue = planes(products)
        l_green, l_blue, l_last = self._l
        green = green - l_green * red
        blue = (blue - l_blue * red - l_last * green) / self._pivots[2]
        green = green / self._pivots[1] - l_last * blue
        red = red / self._pivots[0] - l_green * green - l_blue * blue
        functions = np.zeros_like(products)
        functions[..., 0], functions[..., 1], functions[..., 2] = red, green, blue
        functions[..., 3] = mean - values(functions, self._mean)
        return _mean(functions)


def with_ones(rgb: Bytes) -> Floats:
    """``rgb``, uint8 (height, width, 3), as a guide."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA) * np.float32(1 / 255))


def planes(guide: Floats) -> tuple[Floats, Floats, Floats]:
    """The three colours of ``guide``, each (height, width)."""
    red, green, blue = (np.ascontiguousarray(guide[..., each]) for each in range(3))
    return red, green, blue


def values(functions: Floats, guide: Floats) -> Floats:
    """The plane, (height, width), that ``functions`` make of ``guide``."""
    # As a product of matrices the sum over channels takes a fifth of what additions do.
    return np.asarray((functions * guide) @ np.ones(guide.shape[2], np.float32))


def weighted(guide: Floats, plane: Floats) -> Floats:
    """Each channel of ``guide`` multiplied by ``plane``."""
    shares = np.asarray(cv2.cvtColor(plane, cv2.COLOR_GRAY2RGBA))
    shares[..., 3] = plane
    # Not by cv2.merge, which writes past the cache, so that what follows has to wait for memory.
    return np.asarray(cv2.multiply(guide, shares, dst=shares))


def _mean(plane: Floats) -> Floats:
    side = 2 * RADIUS + 1
    return np.asarray(cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT))
