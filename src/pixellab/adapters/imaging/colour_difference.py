"""How far apart two colours look: CIEDE2000."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]
"""float32 or float64."""

POWER = 25.0**7
"""Chroma, to the seventh power, about which G and R_C turn."""


def colour_change(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> Floats:
    """CIEDE2000, (height, width), between uint8 (height, width, 3) sRGB pictures of one size.

    About 1 is just noticeable, and 2 is seen by anyone who compares.
    """
    one, other = (cv2.cvtColor(_of_one(each), cv2.COLOR_RGB2LAB) for each in (before, after))
    return ciede2000(one, other)


def ciede2000(one: Floats, other: Floats) -> Floats:
    """(...) from CIELAB (..., 3) under one white, with k_L = k_C = k_H = 1.

    ISO/CIE 11664-6:2014, as G. Sharma, W. Wu and E. N. Dalal write it (The CIEDE2000
    color-difference formula: implementation notes, Color Research and Application 30(1), 2005).
    """
    l1, l2 = one[..., 0], other[..., 0]
    stretch = 1.5 - 0.5 * _share_of_power((_chroma(one) + _chroma(other)) / 2)
    a1, a2 = stretch * one[..., 1], stretch * other[..., 1]
    b1, b2 = one[..., 2], other[..., 2]
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.arctan2(b1, a1) % (2 * np.pi), np.arctan2(b2, a2) % (2 * np.pi)
    turn = h2 - h1
    # The shorter way round; of opposite hues the one that is the same from both.
    turn = np.where(np.abs(turn) > np.pi, turn - np.sign(turn) * 2 * np.pi, turn)
    turn = np.where(c1 * c2 == 0, 0, turn)
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    hue = np.where(c1 * c2 == 0, h1 + h2, h1 + turn / 2)
    s_l = 1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2)
    s_c = 1 + 0.045 * chroma
    s_h = 1 + 0.015 * chroma * _hue_weight(hue)
    blue = (np.degrees(hue) % 360 - 275) / 25
    rotation = -2 * _share_of_power(chroma) * np.sin(np.radians(60 * np.exp(-(blue**2))))
    d_l, d_c = (l2 - l1) / s_l, (c2 - c1) / s_c
    d_h = 2 * np.sqrt(c1 * c2) * np.sin(turn / 2) / s_h
    return np.asarray(np.sqrt(np.maximum(d_l**2 + d_c**2 + d_h**2 + rotation * d_c * d_h, 0)))


def _of_one(pixels: NDArray[np.uint8]) -> Floats:
    return np.asarray(pixels, np.float32) / 255


def _chroma(lab: Floats) -> Floats:
    return np.asarray(np.hypot(lab[..., 1], lab[..., 2]))


def _share_of_power(chroma: Floats) -> Floats:
    power = np.asarray(chroma, np.float64) ** 7
    return np.asarray(np.sqrt(power / (power + POWER)))


def _hue_weight(hue: Floats) -> Floats:
    """T, of a hue in radians."""
    return np.asarray(
        1
        - 0.17 * np.cos(hue - np.radians(30))
        + 0.24 * np.cos(2 * hue)
        + 0.32 * np.cos(3 * hue + np.radians(6))
        - 0.20 * np.cos(4 * hue - np.radians(63))
    )
