"""Photos freed of their noise for the search of the product; nobody gets to see these."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pixellab.adapters.enhancers.local.pixels.medians import medians

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats
FRAME_SHARE = 0.02
QUIET = 0.8
"""Standard deviation per CIELAB channel below which noise does not disturb the search."""
FINE = 2.0
"""Standard deviation, in pixels, of the blur that noise stands out against."""
PER_DEVIATION = 0.6745
"""The median distance from the mean of normal noise, in standard deviations."""
COARSE, APART = 6.0, 4
"""Standard deviation of the blur that grain stands out against, and how far along it is alike."""
MAX_AGREEMENT = 0.35
"""Correlation of pixels so far apart above which there is grain: wood, cloth, print."""
REACH, SIZE = 3.0, 11
"""Pixels over which is averaged: standard deviation of the weights, and the window's side."""
WIDTHS = (6.0, 3.5)
"""Differences, in standard deviations of the noise, that count as noise, from pass to pass."""


def smooth_noise(rgb: Bytes) -> tuple[Bytes, Floats]:
    """``rgb``, uint8 (height, width, 3), without strong noise, and the same in float32 CIELAB.

    Bilateral filter (Tomasi and Manduchi, "Bilateral filtering for gray and color images", ICCV
    1998), as wide as the noise of the frame asks for. Calm pictures stay as they are, and so do
    those with a grain, which is no noise.
    """
    lab: Floats = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    noise = _noise(lab)
    if noise < QUIET or _has_grain(lab[..., 0]):
        return rgb, lab
    for width in WIDTHS:
        lab = np.asarray(cv2.bilateralFilter(lab, SIZE, width * noise, REACH), np.float32)
    back = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
    return np.clip(np.rint(back * 255), 0, 255).astype(np.uint8), lab


def _noise(lab: Floats) -> float:
    """Standard deviation per channel in the frame, by the median: edges hardly count."""
    fine = np.abs(lab - cv2.GaussianBlur(lab, (0, 0), FINE))
    frame = np.concatenate([side.reshape(-1, 3) for side in _sides(fine)])
    return float(np.sqrt((medians(frame) ** 2).mean()) / PER_DEVIATION)


def _has_grain(lightness: Floats) -> bool:
    """Whether pixels of the frame are like those further along a row or a column.

    By the quadrant correlation, which counts signs only: edges don't outweigh the rest.
    """
    signs = np.sign(lightness - cv2.GaussianBlur(lightness, (0, 0), COARSE))
    along = np.sin(np.pi / 2 * _agreement([side.T for side in _sides(signs)]))
    down = np.sin(np.pi / 2 * _agreement(_sides(signs)))
    return bool(max(along, down) > MAX_AGREEMENT)


def _agreement(sides: list[Floats]) -> float:
    """Mean product of values in the same column, some rows apart."""
    pairs = [(side[APART:] * side[:-APART]).ravel() for side in sides]
    return float(np.concatenate(pairs).mean())


def _sides(values: Floats) -> list[Floats]:
    """The outermost parts of a picture."""
    band = max(APART + 1, round(FRAME_SHARE * min(values.shape[:2])))
    return [values[:band], values[-band:], values[:, :band], values[:, -band:]]
