"""Planes as linear functions of a picture's colour, window by window: the guided filter.

K. He, J. Sun and X. Tang, "Guided Image Filtering", IEEE PAMI 35 (2013), with a guide in colour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.arrays import Floats
RADIUS = 3
EPSILON = 1e-5
"""Variance, of colours from 0 to 1, of what is noise."""


class LinearModels:
    """The windows of one guide, float32 (height, width, 3), 0 to 1."""

    def __init__(self, guide: Floats) -> None:
        self._guide = guide
        self._mean = _mean(guide)
        red, green, blue = cv2.split(guide)
        m_red, m_green, m_blue = cv2.split(self._mean)
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

    def fit(self, plane: Floats) -> tuple[Floats, Floats]:
        """(slope, offset), float32 (height, width, 3) and (height, width), of ``plane``.

        Each pixel's are the mean of those of the windows that it lies in.
        """
        mean = _mean(plane)
        common = _mean(self._guide * plane[..., None]) - self._mean * mean[..., None]
        red, green, blue = cv2.split(common)
        l_green, l_blue, l_last = self._l
        green = green - l_green * red
        blue = (blue - l_blue * red - l_last * green) / self._pivots[2]
        green = green / self._pivots[1] - l_last * blue
        red = red / self._pivots[0] - l_green * green - l_blue * blue
        slope = cv2.merge([red, green, blue])
        offset = mean - _dot(slope, self._mean)
        return _mean(slope), _mean(offset)

    def apply(self, slope: Floats, offset: Floats) -> Floats:
        """The plane, (height, width), that these make of the guide."""
        return _dot(slope, self._guide) + offset


def _mean(plane: Floats) -> Floats:
    side = 2 * RADIUS + 1
    return np.asarray(cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT))


def _dot(one: Floats, other: Floats) -> Floats:
    return np.asarray(cv2.transform(one * other, np.ones((1, 3), np.float32)))
