"""CIEDE2000, the difference of two colours as the eye sees it (CIE 142-2001).

After G. Sharma, W. Wu, E. Dalal, "The CIEDE2000 color-difference formula: implementation notes,
supplementary test data, and mathematical observations" (Color Research & Application 30(1), 2005);
the names are theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Floats


def ciede2000(first: Floats, second: Floats) -> Floats:
    """Differences of colours in CIELAB (..., 3), with all parametric factors 1."""
    l1, a1, b1 = np.moveaxis(np.asarray(first, np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(second, np.float64), -1, 0)
    mean_c = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - _of_grey(mean_c))
    c1, c2 = np.hypot((1 + g) * a1, b1), np.hypot((1 + g) * a2, b2)
    h1, h2 = (
        np.where((a == 0) & (b == 0), 0.0, np.arctan2(b, (1 + g) * a) % (2 * np.pi))
        for a, b in ((a1, b1), (a2, b2))
    )
    grey = c1 * c2 == 0
    apart = np.where(grey, 0.0, h2 - h1)
    dh = np.where(np.abs(apart) > np.pi, apart - np.sign(apart) * 2 * np.pi, apart)
    dl, dc, dh_ = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(dh / 2)
    light, c = (l1 + l2) / 2, (c1 + c2) / 2
    h = np.where(grey, h1 + h2, h1 + dh / 2) % (2 * np.pi)
    t = (
        1
        - 0.17 * np.cos(h - np.deg2rad(30))
        + 0.24 * np.cos(2 * h)
        + 0.32 * np.cos(3 * h + np.deg2rad(6))
        - 0.20 * np.cos(4 * h - np.deg2rad(63))
    )
    s_l = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    s_c, s_h = 1 + 0.045 * c, 1 + 0.015 * c * t
    blue = np.deg2rad(30) * np.exp(-(((np.rad2deg(h) - 275) / 25) ** 2))
    r_t = -2 * _of_grey(c) * np.sin(2 * blue)
    return np.asarray(
        np.sqrt(
            (dl / s_l) ** 2 + (dc / s_c) ** 2 + (dh_ / s_h) ** 2 + r_t * (dc / s_c) * (dh_ / s_h)
        )
    )


def _of_grey(c: Floats) -> Floats:
    return np.asarray(np.sqrt(c**7 / (c**7 + 25.0**7)))
